"""Wrong answers to exercise 2.5 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake("2.5", "The product is the other way round: x meets W_1 first, so W = W_L ... W_2 W_1.")
def collapse__other_order(weights, biases):
    W, b = weights[0], biases[0]
    for W_k, b_k in zip(weights[1:], biases[1:]):
        W, b = W @ W_k, W_k @ b + b_k
    return W, b


@mistake("2.5", "The biases go through the later layers too: W_2 (W_1 x + b_1) has W_2 b_1 in it.")
def collapse__biases_added(weights, biases):
    W = weights[0]
    for W_k in weights[1:]:
        W = W_k @ W
    return W, sum(biases[1:], biases[0])


@mistake("2.5", "You kept the last bias alone; those before it go through the later layers.")
def collapse__last_bias(weights, biases):
    W = weights[0]
    for W_k in weights[1:]:
        W = W_k @ W
    return W, biases[-1]


@mistake(
    "2.5",
    "You changed W first, and then used the new W for b: b goes through W_k alone, W_k b + b_k.",
)
def collapse__new_W(weights, biases):
    W, b = weights[0], biases[0]
    for W_k, b_k in zip(weights[1:], biases[1:]):
        W = W_k @ W
        b = W @ b + b_k
    return W, b


@mistake("2.5", "You added b_k before W_k; layer k multiplies by W_k first: W_k b + b_k.")
def collapse__bias_too_early(weights, biases):
    W, b = weights[0], biases[0]
    for W_k, b_k in zip(weights[1:], biases[1:]):
        W, b = W_k @ W, W_k @ (b + b_k)
    return W, b


@mistake("2.5", "You returned W^T; W is (N_L, N_0), so that W x is the output.")
def collapse__transposed(weights, biases):
    W, b = weights[0], biases[0]
    for W_k, b_k in zip(weights[1:], biases[1:]):
        W, b = W_k @ W, W_k @ b + b_k
    return W.T, b


@mistake("2.5", "You added the weights up; layers one after another multiply.")
def collapse__sum(weights, biases):
    W, b = weights[0], biases[0]
    for W_k, b_k in zip(weights[1:], biases[1:]):
        W, b = W + W_k, b + b_k
    return W, b


@mistake("2.5", "W * W multiplies entry by entry; layers need the product of matrices, W_k @ W.")
def collapse__entry_by_entry(weights, biases):
    W, b = weights[0], biases[0]
    for W_k, b_k in zip(weights[1:], biases[1:]):
        W, b = W_k * W, W_k @ b + b_k
    return W, b


@mistake("2.5", "The last layer is missing from your loop.")
def collapse__last_layer_missing(weights, biases):
    W, b = weights[0], biases[0]
    for k in range(1, len(weights) - 1):
        W, b = weights[k] @ W, weights[k] @ b + biases[k]
    return W, b


@mistake("2.5", "You count on two layers; there may be one, or many: use a loop.")
def collapse__two_layers(weights, biases):
    W1, W2 = weights[0], weights[1]
    return W2 @ W1, W2 @ biases[0] + biases[1]


@mistake("2.5", "The biases are lost: the map is affine, W x + b.")
def collapse__no_biases(weights, biases):
    W = weights[0]
    for W_k in weights[1:]:
        W = W_k @ W
    return W, torch.zeros_like(biases[-1])


@mistake("2.5", "The two results come in the other order: first W, then b.")
def collapse__swapped(weights, biases):
    W, b = weights[0], biases[0]
    for W_k, b_k in zip(weights[1:], biases[1:]):
        W, b = W_k @ W, W_k @ b + b_k
    return b, W


@mistake("2.5", "b @ W_k is W_k^T b: the bias goes through W_k itself, W_k @ b.")
def collapse__bias_through_the_transpose(weights, biases):
    W, b = weights[0], biases[0]
    for W_k, b_k in zip(weights[1:], biases[1:]):
        W, b = W_k @ W, b @ W_k + b_k
    return W, b


@mistake("2.5", "The biases of the later layers are missing: each layer adds its own b_k.")
def collapse__first_bias_alone(weights, biases):
    W, b = weights[0], biases[0]
    for W_k in weights[1:]:
        W, b = W_k @ W, W_k @ b
    return W, b


@mistake("2.5", "You go through the layers from the last to the first; x meets W_1 first.")
def collapse__from_the_last(weights, biases):
    W, b = weights[-1], biases[-1]
    for W_k, b_k in zip(weights[-2::-1], biases[-2::-1]):
        W, b = W_k @ W, W_k @ b + b_k
    return W, b
