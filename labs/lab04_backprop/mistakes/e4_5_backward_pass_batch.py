"""Wrong answers to exercise 4.5 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake

from .shared import go_back, go_back_batch


@mistake("4.5", "You took the mean over the samples; the course's gradient is their sum.")
def backward_pass_batch__mean(grad_Y, A, H, weights, dg):
    return go_back_batch(grad_Y / len(grad_Y), A, H, weights, dg)


@mistake("4.5", "The weights are summed over the samples, but of the biases you took the mean.")
def backward_pass_batch__biases_mean(grad_Y, A, H, weights, dg):
    grad_weights, grad_biases = go_back_batch(grad_Y, A, H, weights, dg)
    return grad_weights, [grad_b / len(grad_Y) for grad_b in grad_biases]


def _back_with_biases(delta, A, H, weights, dg, of_biases):
    grad_weights, grad_biases = [], []
    for k in reversed(range(len(weights))):
        grad_weights.insert(0, delta.T @ H[k])
        grad_biases.insert(0, of_biases(delta))
        if k > 0:
            delta = (delta @ weights[k]) * dg(A[k - 1])
    return grad_weights, grad_biases


@mistake("4.5", "The gradients of the biases still have a row for each sample: sum over them.")
def backward_pass_batch__biases_not_summed(grad_Y, A, H, weights, dg):
    return _back_with_biases(grad_Y, A, H, weights, dg, lambda delta: delta)


@mistake(
    "4.5", "You summed delta over the units; the samples are the rows, so sum over dimension 0."
)
def backward_pass_batch__biases_wrong_axis(grad_Y, A, H, weights, dg):
    return _back_with_biases(grad_Y, A, H, weights, dg, lambda delta: delta.sum(1))


@mistake("4.5", "grad_W is transposed: it is delta^T H, of the shape of W.")
def backward_pass_batch__transposed(grad_Y, A, H, weights, dg):
    grad_weights, grad_biases = go_back_batch(grad_Y, A, H, weights, dg)
    return [grad_W.T for grad_W in grad_weights], grad_biases


@mistake("4.5", "With a sample a row, delta goes back by delta @ W, without a transpose.")
def backward_pass_batch__back_through_transpose(grad_Y, A, H, weights, dg):
    return go_back_batch(grad_Y, A, H, [W.T for W in weights], dg)


@mistake("4.5", "You multiplied by g' in the output layer too; it is linear.")
def backward_pass_batch__output_activated(grad_Y, A, H, weights, dg):
    return go_back_batch(grad_Y * dg(A[-1]), A, H, weights, dg)


@mistake(
    "4.5",
    "Both lists are in the order of the way back; turn them round, the first layer comes first.",
)
def backward_pass_batch__reversed(grad_Y, A, H, weights, dg):
    grad_weights, grad_biases = go_back_batch(grad_Y, A, H, weights, dg)
    return grad_weights[::-1], grad_biases[::-1]


@mistake(
    "4.5",
    "The derivative of the hidden activations is missing: each row of delta is times g'(A_k).",
)
def backward_pass_batch__no_dg(grad_Y, A, H, weights, dg):
    return go_back_batch(grad_Y, A, H, weights, torch.ones_like)


@mistake(
    "4.5", "Your gradients are right; now do without the loop over samples: delta.T @ H adds up."
)
def backward_pass_batch__loop(grad_Y, A, H, weights, dg):
    total = None
    for i in range(len(grad_Y)):
        new = go_back(grad_Y[i], [a[i] for a in A], [h[i] for h in H], weights, dg)
        if total is None:
            total = new
        else:
            total = [[t + n for t, n in zip(*both, strict=True)] for both in zip(total, new)]
    return total


@mistake("4.5", "In grad_{W_k} stands the layer's input H_{k-1}, not its output H_k.")
def backward_pass_batch__h_after(grad_Y, A, H, weights, dg):
    return go_back_batch(grad_Y, A, H[1:], weights, dg)


@mistake("4.5", "You took g' at H_k = g(A_k); dg is a function of A_k.")
def backward_pass_batch__dg_of_h(grad_Y, A, H, weights, dg):
    return go_back_batch(grad_Y, H[1:], H, weights, dg)


@mistake(
    "4.5",
    "You added the samples up first; a sum of products is not the product of the sums.",
)
def backward_pass_batch__samples_added_first(grad_Y, A, H, weights, dg):
    A, H = [a.sum(0, keepdim=True) for a in A], [h.sum(0, keepdim=True) for h in H]
    return go_back_batch(grad_Y.sum(0, keepdim=True), A, H, weights, dg)


@mistake("4.5", "You summed delta over samples and units; grad_b has an entry for each unit.")
def backward_pass_batch__biases_summed_over_all(grad_Y, A, H, weights, dg):
    return _back_with_biases(grad_Y, A, H, weights, dg, lambda delta: delta.sum())


@mistake(
    "4.5", "Of the weights you took the mean over the samples; the course's gradient is a sum."
)
def backward_pass_batch__weights_mean(grad_Y, A, H, weights, dg):
    grad_weights, grad_biases = go_back_batch(grad_Y, A, H, weights, dg)
    return [grad_W / len(grad_Y) for grad_W in grad_weights], grad_biases
