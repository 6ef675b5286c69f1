"""Wrong answers to exercise 2.2 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake("2.2", "You multiplied by W; one neuron a row means X W^T: transpose W.")
def layer__not_transposed(X, W, b, g):
    return g(X @ W + b)


@mistake("2.2", "Your result has one neuron a row; samples belong in the rows: X W^T, not W X^T.")
def layer__transposed_result(X, W, b, g):
    return g(W @ X.T + b[:, None])


@mistake("2.2", "Your result has one neuron a row; samples belong in the rows: X W^T, not W X^T.")
def layer__transposed_result_and_bias(X, W, b, g):
    return g(W @ X.T + b)


@mistake("2.2", "The bias is missing: b_m is added to every output of neuron m.")
def layer__no_bias(X, W, b, g):
    return g(X @ W.T)


@mistake("2.2", "The activation is missing: put g around X W^T + b.")
def layer__no_activation(X, W, b, g):
    return X @ W.T + b


@mistake("2.2", "You added the bias after the activation; it belongs inside, g(X W^T + b).")
def layer__bias_outside(X, W, b, g):
    return g(X @ W.T) + b


@mistake(
    "2.2", "Your bias goes down the samples; b has one entry a neuron, the same for all samples."
)
def layer__bias_per_sample(X, W, b, g):
    return g(X @ W.T + b[:, None])


@mistake("2.2", "You subtracted the bias; it is added.")
def layer__minus_bias(X, W, b, g):
    return g(X @ W.T - b)


@mistake("2.2", "You put g on the inputs; it comes last, on X W^T + b.")
def layer__activation_first(X, W, b, g):
    return g(X) @ W.T + b


@mistake("2.2", "X * W multiplies entry by entry; a layer needs the product of matrices, X @ W.T.")
def layer__entry_by_entry(X, W, b, g):
    return g(X * W + b)


@mistake("2.2", "squeeze() drops a dimension where there is one sample or one neuron; leave it.")
def layer__squeezed(X, W, b, g):
    return g(X @ W.T + b).squeeze()


@mistake("2.2", "You turn everything into float32; keep the dtype that you were given.")
def layer__float32(X, W, b, g):
    return g(X.float() @ W.float().T + b.float())


@mistake("2.2", "You always use ReLU; use the activation g that you are given.")
def layer__own_activation(X, W, b, g):
    return torch.relu(X @ W.T + b)


@mistake("2.2", "You added the sum of all biases to each output; neuron m has b_m.")
def layer__sum_of_biases(X, W, b, g):
    return g(X @ W.T + b.sum())


@mistake(
    "2.2",
    "zip pairs sample n with neuron n: every sample meets every neuron, and there are N x M "
    "outputs.",
)
def layer__zipped(X, W, b, g):
    return g(torch.stack([w @ x + c for x, w, c in zip(X, W, b)]))


@mistake(
    "2.2",
    "Sample n meets neuron n alone: every sample meets every neuron, so there are N x M outputs.",
)
def layer__row_by_row(X, W, b, g):
    return g((X * W).sum(1) + b)
