"""Wrong answers to exercise 4.3 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake("4.3", "You went back through W; the gradient goes back through its transpose.")
def backward_layer__not_transposed(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(a)
    return torch.outer(delta, h_prev), delta, W @ delta


@mistake("4.3", "The derivative of the activation is missing: delta = grad_h * dg(a).")
def backward_layer__no_dg(grad_h, a, h_prev, W, dg):
    return torch.outer(grad_h, h_prev), grad_h, W.T @ grad_h


@mistake("4.3", "delta is right, but you sent grad_h back through W^T; it is delta that goes back.")
def backward_layer__grad_h_sent_back(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(a)
    return torch.outer(delta, h_prev), delta, W.T @ grad_h


@mistake("4.3", "grad_b is delta, with the derivative of the activation, not grad_h.")
def backward_layer__grad_b_without_dg(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(a)
    return torch.outer(delta, h_prev), grad_h, W.T @ delta


@mistake(
    "4.3", "grad_W is transposed: it has the shape of W, so delta comes first in the outer product."
)
def backward_layer__outer_swapped(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(a)
    return torch.outer(h_prev, delta), delta, W.T @ delta


@mistake("4.3", "You put a into grad_W; there stands the layer's input, grad_W = delta h_prev^T.")
def backward_layer__a_for_h_prev(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(a)
    return torch.outer(delta, a), delta, W.T @ delta


@mistake("4.3", "You took g' at h_prev; it is taken at a, where the activation was applied.")
def backward_layer__dg_of_h_prev(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(h_prev)
    return torch.outer(delta, h_prev), delta, W.T @ delta


@mistake("4.3", "These are the steps downhill; the gradients themselves have the other sign.")
def backward_layer__sign(grad_h, a, h_prev, W, dg):
    delta = -grad_h * dg(a)
    return torch.outer(delta, h_prev), delta, W.T @ delta


@mistake("4.3", "grad_b has one entry for each unit: it is delta itself, not the sum of delta.")
def backward_layer__grad_b_summed(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(a)
    return torch.outer(delta, h_prev), delta.sum(), W.T @ delta


@mistake(
    "4.3",
    "You computed delta in the place of grad_h; your caller still needs that: use grad_h * dg(a).",
)
def backward_layer__in_place(grad_h, a, h_prev, W, dg):
    grad_h *= dg(a)
    return torch.outer(grad_h, h_prev), grad_h, W.T @ grad_h


@mistake(
    "4.3", "grad_h_prev has no derivative of the activation before: that is for the next layer."
)
def backward_layer__dg_twice(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(a)
    return torch.outer(delta, h_prev), delta, W.T @ (delta * dg(a))


@mistake("4.3", "The results come in the order grad_W, grad_b, grad_h_prev.")
def backward_layer__order(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(a)
    return W.T @ delta, torch.outer(delta, h_prev), delta


OF_H = "You put g(a) into dg; it is a function of a itself, whatever g is."


@mistake("4.3", OF_H)
def backward_layer__dg_of_tanh(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(torch.tanh(a))
    return torch.outer(delta, h_prev), delta, W.T @ delta


@mistake("4.3", OF_H)
def backward_layer__dg_of_sigmoid(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(torch.sigmoid(a))
    return torch.outer(delta, h_prev), delta, W.T @ delta


@mistake("4.3", OF_H)
def backward_layer__dg_of_relu(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(torch.relu(a))
    return torch.outer(delta, h_prev), delta, W.T @ delta


DOT = "grad_h @ dg(a), torch.dot and sum make one number: delta = grad_h * dg(a), entry by entry."


@mistake("4.3", DOT)
def backward_layer__dot(grad_h, a, h_prev, W, dg):
    delta = torch.dot(grad_h, dg(a))
    return torch.outer(delta, h_prev), delta, W.T @ delta


@mistake("4.3", DOT)
def backward_layer__dot_times(grad_h, a, h_prev, W, dg):
    delta = grad_h @ dg(a)
    return delta * h_prev, delta, W.T * delta


@mistake("4.3", DOT)
def backward_layer__dot_for_each_unit(grad_h, a, h_prev, W, dg):
    delta = (grad_h @ dg(a)).expand_as(a).clone()
    return torch.outer(delta, h_prev), delta, W.T @ delta


@mistake("4.3", "delta has g'(a) in it, not a: call dg.")
def backward_layer__a_for_dg(grad_h, a, h_prev, W, dg):
    delta = grad_h * a
    return torch.outer(delta, h_prev), delta, W.T @ delta


@mistake("4.3", "g' is taken at a, and multiplied by grad_h; you took it at grad_h.")
def backward_layer__dg_of_grad_h(grad_h, a, h_prev, W, dg):
    delta = dg(grad_h)
    return torch.outer(delta, h_prev), delta, W.T @ delta


@mistake("4.3", "You added grad_h and g'(a): by the chain rule they are multiplied.")
def backward_layer__plus(grad_h, a, h_prev, W, dg):
    delta = grad_h + dg(a)
    return torch.outer(delta, h_prev), delta, W.T @ delta


OUTER = "For vectors @ makes one number, and * goes entry by entry; grad_W has a row for each unit."


@mistake("4.3", OUTER)
def backward_layer__product_for_outer(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(a)
    return delta * h_prev, delta, W.T @ delta


@mistake("4.3", OUTER)
def backward_layer__scalar_product_for_outer(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(a)
    return delta @ h_prev, delta, W.T @ delta


@mistake("4.3", "The results come in the order grad_W, grad_b, grad_h_prev.")
def backward_layer__bias_last(grad_h, a, h_prev, W, dg):
    delta = grad_h * dg(a)
    return torch.outer(delta, h_prev), W.T @ delta, delta
