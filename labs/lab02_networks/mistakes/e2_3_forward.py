"""Wrong answers to exercise 2.3 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake("2.3", "You left the last layer without its activation; here every layer has its own g_k.")
def forward__linear_output(X, weights, biases, activations):
    H = X
    for k in range(len(weights)):
        H = H @ weights[k].T + biases[k]
        if k < len(weights) - 1:
            H = activations[k](H)
    return H


@mistake("2.3", "You use the first activation in all layers; each layer has one of its own.")
def forward__one_activation(X, weights, biases, activations):
    H = X
    for W, b in zip(weights, biases):
        H = activations[0](H @ W.T + b)
    return H


@mistake("2.3", "Your activations come in the wrong order: the first belongs to the first layer.")
def forward__activations_reversed(X, weights, biases, activations):
    H = X
    for W, b, g in zip(weights, biases, activations[::-1]):
        H = g(H @ W.T + b)
    return H


@mistake("2.3", "You go through the layers from the last to the first; begin with the first.")
def forward__reversed(X, weights, biases, activations):
    H = X
    for W, b, g in zip(weights[::-1], biases[::-1], activations[::-1]):
        H = g(H @ W.T + b)
    return H


@mistake("2.3", "The biases are missing.")
def forward__no_biases(X, weights, biases, activations):
    H = X
    for W, g in zip(weights, activations):
        H = g(H @ W.T)
    return H


@mistake("2.3", "The activations are missing: without them all layers together are a linear map.")
def forward__no_activations(X, weights, biases, activations):
    H = X
    for W, b in zip(weights, biases):
        H = H @ W.T + b
    return H


@mistake("2.3", "Every layer gets X in your loop; each should get the output of the one before it.")
def forward__always_from_X(X, weights, biases, activations):
    for W, b, g in zip(weights, biases, activations):
        H = g(X @ W.T + b)
    return H


@mistake("2.3", "You leave the loop after the first layer: return stands inside of it.")
def forward__first_layer(X, weights, biases, activations):
    H = X
    for W, b, g in zip(weights, biases, activations):
        H = g(H @ W.T + b)
        return H


@mistake("2.3", "Your loop ends before the last layer: range(L - 1) leaves it out.")
def forward__last_layer_missing(X, weights, biases, activations):
    H = X
    for k in range(len(weights) - 1):
        H = activations[k](H @ weights[k].T + biases[k])
    return H


@mistake("2.3", "You activate before each layer; the activation comes after W and b.")
def forward__activation_first(X, weights, biases, activations):
    H = X
    for W, b, g in zip(weights, biases, activations):
        H = g(H) @ W.T + b
    return H


@mistake("2.3", "You multiplied by W_k; one neuron a row means H W_k^T: transpose W_k.")
def forward__not_transposed(X, weights, biases, activations):
    H = X
    for W, b, g in zip(weights, biases, activations):
        H = g(H @ W + b)
    return H


@mistake("2.3", "You returned the outputs of all layers; asked for is the last one.")
def forward__all_layers(X, weights, biases, activations):
    H = [X]
    for W, b, g in zip(weights, biases, activations):
        H.append(g(H[-1] @ W.T + b))
    return H


@mistake("2.3", "You count on two layers; there may be any number: go through the lists in a loop.")
def forward__two_layers(X, weights, biases, activations):
    H = activations[0](X @ weights[0].T + biases[0])
    return activations[1](H @ weights[1].T + biases[1])


@mistake("2.3", "pop takes the weights out of your caller's lists: read them and leave them there.")
def forward__pops(X, weights, biases, activations):
    H = X
    while weights:
        H = activations.pop(0)(H @ weights.pop(0).T + biases.pop(0))
    return H


@mistake("2.3", "You added each bias after the activation; it belongs inside, g_k(H W_k^T + b_k).")
def forward__bias_outside(X, weights, biases, activations):
    H = X
    for W, b, g in zip(weights, biases, activations):
        H = g(H @ W.T) + b
    return H


@mistake("2.3", "You use ReLU in every layer; each layer brings its own activation.")
def forward__relu(X, weights, biases, activations):
    for W, b in zip(weights, biases):
        X = torch.relu(X @ W.T + b)
    return X


@mistake(
    "2.3", "Your loop leaves the first layer out: W_1 is weights[0], so range(L), not range(1, L)."
)
def forward__first_layer_missing(X, weights, biases, activations):
    for k in range(1, len(weights)):
        X = activations[k](X @ weights[k].T + biases[k])
    return X


@mistake("2.3", "You use the sigmoid in every layer; each layer brings its own activation.")
def forward__sigmoid(X, weights, biases, activations):
    for W, b in zip(weights, biases):
        X = torch.sigmoid(X @ W.T + b)
    return X


@mistake("2.3", "You use tanh in every layer; each layer brings its own activation.")
def forward__tanh(X, weights, biases, activations):
    for W, b in zip(weights, biases):
        X = torch.tanh(X @ W.T + b)
    return X


@mistake("2.3", "You use the last activation in all layers; each layer has one of its own.")
def forward__last_activation(X, weights, biases, activations):
    for W, b in zip(weights, biases):
        X = activations[-1](X @ W.T + b)
    return X


@mistake("2.3", "You use ReLU, and none in the last layer; each layer brings its own activation.")
def forward__relu_but_in_the_last(X, weights, biases, activations):
    for W, b in zip(weights[:-1], biases[:-1]):
        X = torch.relu(X @ W.T + b)
    return X @ weights[-1].T + biases[-1]
