"""Wrong answers to exercise 2.1 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake("2.1", "The bias is missing: it is added to the weighted sum, before the activation.")
def neuron__no_bias(x, w, b, g):
    return g(w @ x)


@mistake("2.1", "The activation is missing: put g around the weighted sum and the bias.")
def neuron__no_activation(x, w, b, g):
    return w @ x + b


@mistake("2.1", "You added the bias after the activation; it belongs inside, g(<w, x> + b).")
def neuron__bias_outside(x, w, b, g):
    return g(w @ x) + b


@mistake(
    "2.1",
    "You subtracted b, as if it were the threshold of McCulloch and Pitts; the bias is added.",
)
def neuron__threshold(x, w, b, g):
    return g(w @ x - b)


@mistake("2.1", "You did not add the products w_k x_k up: w * x is a vector, w @ x is their sum.")
def neuron__not_summed(x, w, b, g):
    return g(w * x + b)


@mistake(
    "2.1",
    "You added the bias to every product, so that it counts D times; it is added once.",
)
def neuron__bias_to_each(x, w, b, g):
    return g((w * x + b).sum())


@mistake("2.1", "You put g on the inputs; it comes last, on <w, x> + b.")
def neuron__activation_first(x, w, b, g):
    return w @ g(x) + b


@mistake("2.1", "You activated every product before adding them up; first the sum, then g.")
def neuron__activates_each(x, w, b, g):
    return g(w * x + b).sum()


@mistake("2.1", "You took the mean of the products w_k x_k; a neuron takes their sum.")
def neuron__mean(x, w, b, g):
    return g((w * x).mean() + b)


@mistake("2.1", "You always use the sigmoid; use the activation g that you are given.")
def neuron__own_activation(x, w, b, g):
    return torch.sigmoid(w @ x + b)


@mistake("2.1", "b may be a plain float, and a float has no .item(); w @ x + b takes both kinds.")
def neuron__item(x, w, b, g):
    return g(w @ x + b.item())


@mistake("2.1", "Your result is a vector with one entry; a neuron has a single number as output.")
def neuron__one_entry(x, w, b, g):
    return g(w[None] @ x + b)
