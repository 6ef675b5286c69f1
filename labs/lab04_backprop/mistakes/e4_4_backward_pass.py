"""Wrong answers to exercise 4.4 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake

from .shared import go_back


@mistake("4.4", "You collected the gradients on the way back: turn both lists round at the end.")
def backward_pass__reversed(grad_y, a, h, weights, dg):
    grad_weights, grad_biases = go_back(grad_y, a, h, weights, dg)
    return grad_weights[::-1], grad_biases[::-1]


@mistake("4.4", "You multiplied by g' in the output layer too; it is linear, so delta_L = grad_y.")
def backward_pass__output_activated(grad_y, a, h, weights, dg):
    return go_back(grad_y * dg(a[-1]), a, h, weights, dg)


@mistake("4.4", "In grad_{W_k} stands the layer's input h_{k-1}, not its output h_k.")
def backward_pass__h_after(grad_y, a, h, weights, dg):
    return go_back(grad_y, a, h[1:], weights, dg)


@mistake(
    "4.4", "The derivative of the hidden activations is missing: delta_k = grad_{h_k} * g'(a_k)."
)
def backward_pass__no_dg(grad_y, a, h, weights, dg):
    return go_back(grad_y, a, h, weights, torch.ones_like)


@mistake("4.4", "g' stands at the wrong layer: with delta_k goes g'(a_k), and a_k is a[k-1].")
def backward_pass__a_of_next_layer(grad_y, a, h, weights, dg):
    return go_back(grad_y, a[1:] + a[:1], h, weights, dg)


@mistake("4.4", "You took g' at h_k = g(a_k); dg is a function of a_k.")
def backward_pass__dg_of_h(grad_y, a, h, weights, dg):
    return go_back(grad_y, h[1:], h, weights, dg)


@mistake("4.4", "You went back through W_k; the gradient goes back through its transpose.")
def backward_pass__not_transposed(grad_y, a, h, weights, dg):
    return go_back(grad_y, a, h, [W.T for W in weights], dg)


@mistake(
    "4.4", "Going back from layer k you used W_{k-1}: a layer's error goes through its own W_k."
)
def backward_pass__weights_of_layer_before(grad_y, a, h, weights, dg):
    return go_back(grad_y, a, h, weights[-1:] + weights[:-1], dg)


@mistake(
    "4.4", "Every layer got the gradient of the output; each is handed that of the layer after."
)
def backward_pass__always_grad_y(grad_y, a, h, weights, dg):
    deltas = [grad_y * dg(a_k) for a_k in a[:-1]] + [grad_y]
    return [torch.outer(delta, h_k) for delta, h_k in zip(deltas, h, strict=False)], deltas


@mistake("4.4", "g' stands at the wrong layer: with delta_k goes g'(a_k), and a_k is a[k-1].")
def backward_pass__dg_before_weights(grad_y, a, h, weights, dg):
    deltas = [grad_y]
    for k in reversed(range(1, len(weights))):
        deltas.insert(0, weights[k].T @ (deltas[0] * dg(a[k])))
    return [torch.outer(delta, h_k) for delta, h_k in zip(deltas, h, strict=False)], deltas


@mistake("4.4", "Where h_{k-1} should stand there is a_{k-1}: the layer's input is activated.")
def backward_pass__a_for_h(grad_y, a, h, weights, dg):
    return go_back(grad_y, a, h[:1] + a[:-1], weights, dg)


@mistake("4.4", "The sign is the other way: these are the steps downhill, not the gradients.")
def backward_pass__sign(grad_y, a, h, weights, dg):
    return go_back(-grad_y, a, h, weights, dg)


ONE_LIST = "Only one of your two lists is in the order of the layers: both begin with layer 1."


@mistake("4.4", ONE_LIST)
def backward_pass__biases_reversed(grad_y, a, h, weights, dg):
    grad_weights, grad_biases = go_back(grad_y, a, h, weights, dg)
    return grad_weights, grad_biases[::-1]


@mistake("4.4", ONE_LIST)
def backward_pass__weights_reversed(grad_y, a, h, weights, dg):
    grad_weights, grad_biases = go_back(grad_y, a, h, weights, dg)
    return grad_weights[::-1], grad_biases


@mistake(
    "4.4",
    "grad_y goes back through every layer in place of delta: each layer is to hand its delta on to "
    "the one before.",
)
def backward_pass__delta_not_handed_on(grad_y, a, h, weights, dg):
    deltas = [(W.T @ grad_y) * dg(a_k) for W, a_k in zip(weights[1:], a[:-1])] + [grad_y]
    return [torch.outer(delta, h_k) for delta, h_k in zip(deltas, h, strict=False)], deltas


@mistake("4.4", "The two lists come in the other order: first grad_weights, then grad_biases.")
def backward_pass__lists_swapped(grad_y, a, h, weights, dg):
    return go_back(grad_y, a, h, weights, dg)[::-1]


@mistake("4.4", "The first layer is missing: it has gradients too.")
def backward_pass__first_layer_missing(grad_y, a, h, weights, dg):
    grad_weights, grad_biases = go_back(grad_y, a, h, weights, dg)
    return grad_weights[1:], grad_biases[1:]


@mistake("4.4", "You took g' at h, the output of a layer; dg is a function of a_k.")
def backward_pass__dg_of_h_before(grad_y, a, h, weights, dg):
    return go_back(grad_y, h[:-1], h, weights, dg)
