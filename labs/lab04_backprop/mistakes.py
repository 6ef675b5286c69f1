"""Wrong answers to the exercises of lab 4 that students write, and what to tell them."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch.nn import functional as F

from course_dl.lab import mistake

# 4.1


@mistake("4.1", "You applied g in the last layer too; the output is linear, h_L = a_L.")
def forward_pass__output_activated(x, weights, biases, g):
    a, h = [], [x]
    for W, b in zip(weights, biases, strict=True):
        a.append(W @ h[-1] + b)
        h.append(g(a[-1]))
    return a, h


@mistake("4.1", "The biases play no part: a_k = W_k h_{k-1} + b_k.")
def forward_pass__no_bias(x, weights, biases, g):
    a, h = [], [x]
    for W in weights:
        a.append(W @ h[-1])
        h.append(g(a[-1]))
    return a, [*h[:-1], a[-1]]


@mistake("4.1", "h should begin with the input: h[0] is h_0 = x.")
def forward_pass__input_left_out(x, weights, biases, g):
    a, h = forward_pass__right(x, weights, biases, g)
    return a, h[1:]


@mistake("4.1", "You multiplied by the transpose of W_k; for one sample a_k = W_k h_{k-1} + b_k.")
def forward_pass__transposed(x, weights, biases, g):
    return forward_pass__right(x, [W.T for W in weights], biases, g)


@mistake("4.1", "The two lists come in the other order: first a, then h.")
def forward_pass__swapped(x, weights, biases, g):
    a, h = forward_pass__right(x, weights, biases, g)
    return h, a


@mistake("4.1", "You kept h_k in the list a; a_k is what goes into g, before the activation.")
def forward_pass__h_for_a(x, weights, biases, g):
    _, h = forward_pass__right(x, weights, biases, g)
    return h[1:], h


@mistake(
    "4.1", "Every layer reads the input x; layer k reads h_{k-1}, the output of the one before."
)
def forward_pass__always_x(x, weights, biases, g):
    a = [W @ x + b for W, b in zip(weights, biases, strict=True)]
    return a, [x, *(g(a_k) for a_k in a[:-1]), a[-1]]


@mistake("4.1", "The next layer reads a_k in place of h_k = g(a_k): g has to act in between.")
def forward_pass__a_handed_on(x, weights, biases, g):
    a, h = [], [x]
    for W, b in zip(weights, biases, strict=True):
        a.append(W @ (a[-1] if a else x) + b)
        h.append(g(a[-1]))
    return a, [*h[:-1], a[-1]]


def forward_pass__right(x, weights, biases, g):
    a, h = [], [x]
    for W, b in zip(weights, biases, strict=True):
        a.append(W @ h[-1] + b)
        h.append(g(a[-1]))
    return a, [*h[:-1], a[-1]]


@mistake("4.1", "The list a should begin with a_1 = W_1 x + b_1; x itself belongs to h.")
def forward_pass__input_in_a(x, weights, biases, g):
    a, h = forward_pass__right(x, weights, biases, g)
    return [x, *a], h


# 4.2


@mistake("4.2", "The sign is the other way: it is prediction less desired output.")
def output_gradient__sign(y, d, loss):
    if loss == "square":
        return d - y
    return F.one_hot(d, len(y)) - torch.softmax(y, 0)


@mistake("4.2", "The factor 1/2 of the square error cancels the 2 of its derivative: y - d.")
def output_gradient__factor_two(y, d, loss):
    if loss == "square":
        return 2 * (y - d)
    return torch.softmax(y, 0) - F.one_hot(d, len(y))


@mistake("4.2", "You took the mean over the outputs; the course's square error is a sum over them.")
def output_gradient__mean(y, d, loss):
    if loss == "square":
        return (y - d) / len(y)
    return torch.softmax(y, 0) - F.one_hot(d, len(y))


@mistake("4.2", "This is softmax(y) alone; 1 has to be taken off at the desired class.")
def output_gradient__softmax_alone(y, d, loss):
    if loss == "square":
        return y - d
    return torch.softmax(y, 0)


@mistake("4.2", "You compared the scores with the one-hot vector; they go through softmax first.")
def output_gradient__no_softmax(y, d, loss):
    if loss == "square":
        return y - d
    return y - F.one_hot(d, len(y))


@mistake(
    "4.2",
    "exp overflows for large scores: take the largest score off all of them first, or use "
    "torch.softmax.",
)
def output_gradient__overflow(y, d, loss):
    if loss == "square":
        return y - d
    return torch.exp(y) / torch.exp(y).sum() - F.one_hot(d, len(y))


@mistake(
    "4.2", "This is the loss itself; asked for is its gradient, with one entry for each output."
)
def output_gradient__loss(y, d, loss):
    if loss == "square":
        return (y - d).square().sum() / 2
    return F.cross_entropy(y, d)


@mistake("4.2", "You counted the classes from 1; they are 0, ..., K-1.")
def output_gradient__classes_from_one(y, d, loss):
    if loss == "square":
        return y - d
    grad = torch.softmax(y, 0)
    grad[d - 1] -= 1
    return grad


@mistake(
    "4.2", "You subtracted the number of the class from all scores; 1 is taken off at d alone."
)
def output_gradient__class_number(y, d, loss):
    if loss == "square":
        return y - d
    return torch.softmax(y, dim=0) - d


@mistake(
    "4.2", "You do not look at loss: for cross-entropy it is softmax(y) less a one-hot vector."
)
def output_gradient__always_square(y, d, loss):
    return y - d


# 4.3


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


# 4.4


def _back(delta, a, h, weights, dg):
    grad_weights, grad_biases = [], []
    for k in reversed(range(len(weights))):
        grad_weights.insert(0, torch.outer(delta, h[k]))
        grad_biases.insert(0, delta)
        if k > 0:
            delta = (weights[k].T @ delta) * dg(a[k - 1])
    return grad_weights, grad_biases


@mistake("4.4", "You collected the gradients on the way back: turn both lists round at the end.")
def backward_pass__reversed(grad_y, a, h, weights, dg):
    grad_weights, grad_biases = _back(grad_y, a, h, weights, dg)
    return grad_weights[::-1], grad_biases[::-1]


@mistake("4.4", "You multiplied by g' in the output layer too; it is linear, so delta_L = grad_y.")
def backward_pass__output_activated(grad_y, a, h, weights, dg):
    return _back(grad_y * dg(a[-1]), a, h, weights, dg)


@mistake("4.4", "In grad_{W_k} stands the layer's input h_{k-1}, not its output h_k.")
def backward_pass__h_after(grad_y, a, h, weights, dg):
    return _back(grad_y, a, h[1:], weights, dg)


@mistake(
    "4.4", "The derivative of the hidden activations is missing: delta_k = grad_{h_k} * g'(a_k)."
)
def backward_pass__no_dg(grad_y, a, h, weights, dg):
    return _back(grad_y, a, h, weights, torch.ones_like)


@mistake("4.4", "g' stands at the wrong layer: with delta_k goes g'(a_k), and a_k is a[k-1].")
def backward_pass__a_of_next_layer(grad_y, a, h, weights, dg):
    return _back(grad_y, a[1:] + a[:1], h, weights, dg)


@mistake("4.4", "You took g' at h_k = g(a_k); dg is a function of a_k.")
def backward_pass__dg_of_h(grad_y, a, h, weights, dg):
    return _back(grad_y, h[1:], h, weights, dg)


@mistake("4.4", "You went back through W_k; the gradient goes back through its transpose.")
def backward_pass__not_transposed(grad_y, a, h, weights, dg):
    return _back(grad_y, a, h, [W.T for W in weights], dg)


@mistake(
    "4.4", "Going back from layer k you used W_{k-1}: a layer's error goes through its own W_k."
)
def backward_pass__weights_of_layer_before(grad_y, a, h, weights, dg):
    return _back(grad_y, a, h, weights[-1:] + weights[:-1], dg)


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
    return _back(grad_y, a, h[:1] + a[:-1], weights, dg)


@mistake("4.4", "The sign is the other way: these are the steps downhill, not the gradients.")
def backward_pass__sign(grad_y, a, h, weights, dg):
    return _back(-grad_y, a, h, weights, dg)


# 4.5


def _back_batch(delta, A, H, weights, dg):
    grad_weights, grad_biases = [], []
    for k in reversed(range(len(weights))):
        grad_weights.insert(0, delta.T @ H[k])
        grad_biases.insert(0, delta.sum(0))
        if k > 0:
            delta = (delta @ weights[k]) * dg(A[k - 1])
    return grad_weights, grad_biases


@mistake("4.5", "You took the mean over the samples; the course's gradient is their sum.")
def backward_pass_batch__mean(grad_Y, A, H, weights, dg):
    return _back_batch(grad_Y / len(grad_Y), A, H, weights, dg)


@mistake("4.5", "The weights are summed over the samples, but of the biases you took the mean.")
def backward_pass_batch__biases_mean(grad_Y, A, H, weights, dg):
    grad_weights, grad_biases = _back_batch(grad_Y, A, H, weights, dg)
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
    grad_weights, grad_biases = _back_batch(grad_Y, A, H, weights, dg)
    return [grad_W.T for grad_W in grad_weights], grad_biases


@mistake("4.5", "With a sample a row, delta goes back by delta @ W, without a transpose.")
def backward_pass_batch__back_through_transpose(grad_Y, A, H, weights, dg):
    return _back_batch(grad_Y, A, H, [W.T for W in weights], dg)


@mistake("4.5", "You multiplied by g' in the output layer too; it is linear.")
def backward_pass_batch__output_activated(grad_Y, A, H, weights, dg):
    return _back_batch(grad_Y * dg(A[-1]), A, H, weights, dg)


@mistake(
    "4.5",
    "Both lists are in the order of the way back; turn them round, the first layer comes first.",
)
def backward_pass_batch__reversed(grad_Y, A, H, weights, dg):
    grad_weights, grad_biases = _back_batch(grad_Y, A, H, weights, dg)
    return grad_weights[::-1], grad_biases[::-1]


@mistake(
    "4.5",
    "The derivative of the hidden activations is missing: each row of delta is times g'(A_k).",
)
def backward_pass_batch__no_dg(grad_Y, A, H, weights, dg):
    return _back_batch(grad_Y, A, H, weights, torch.ones_like)


@mistake(
    "4.5", "Your gradients are right; now do without the loop over samples: delta.T @ H adds up."
)
def backward_pass_batch__loop(grad_Y, A, H, weights, dg):
    total = None
    for i in range(len(grad_Y)):
        new = _back(grad_Y[i], [a[i] for a in A], [h[i] for h in H], weights, dg)
        if total is None:
            total = new
        else:
            total = [[t + n for t, n in zip(*both, strict=True)] for both in zip(total, new)]
    return total


@mistake("4.5", "In grad_{W_k} stands the layer's input H_{k-1}, not its output H_k.")
def backward_pass_batch__h_after(grad_Y, A, H, weights, dg):
    return _back_batch(grad_Y, A, H[1:], weights, dg)


@mistake("4.5", "You took g' at H_k = g(A_k); dg is a function of A_k.")
def backward_pass_batch__dg_of_h(grad_Y, A, H, weights, dg):
    return _back_batch(grad_Y, H[1:], H, weights, dg)


@mistake(
    "4.5",
    "You added the samples up first; a sum of products is not the product of the sums.",
)
def backward_pass_batch__samples_added_first(grad_Y, A, H, weights, dg):
    A, H = [a.sum(0, keepdim=True) for a in A], [h.sum(0, keepdim=True) for h in H]
    return _back_batch(grad_Y.sum(0, keepdim=True), A, H, weights, dg)


# 4.6


def _pairs(grad_weights, grad_biases, weights, biases, g, x, d, loss, last=None):
    """Each gradient given, and autograd's."""
    W = [w.detach().clone().requires_grad_() for w in weights]
    b = [w.detach().clone().requires_grad_() for w in biases]
    h = x
    for k in range(len(W)):
        a = F.linear(h, W[k], b[k])
        h = g(a)
    y = last(a) if last else a
    E = (y - d).square().sum() / 2 if loss == "square" else F.cross_entropy(y, d)
    return list(zip([*grad_weights, *grad_biases], torch.autograd.grad(E, W + b), strict=True))


def _apart(own, true):
    size = max(own.abs().max().item(), true.abs().max().item())
    return (own - true).abs().max().item() / (size or 1.0)


@mistake("4.6", "You looked at the weights alone; the biases have gradients as well.")
def gradients_agree__weights_only(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    pairs = _pairs(grad_weights, grad_biases, weights, biases, g, x, d, loss)
    return max(_apart(own, true) for own, true in pairs[: len(weights)])


@mistake("4.6", "You returned absolute differences: small gradients would agree with anything.")
def gradients_agree__absolute(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    pairs = _pairs(grad_weights, grad_biases, weights, biases, g, x, d, loss)
    return max((own - true).abs().max().item() for own, true in pairs)


@mistake(
    "4.6",
    "You divided by the largest gradient of the whole network; a layer with small gradients could "
    "be wrong unseen, so divide by the largest entry of each.",
)
def gradients_agree__one_scale(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    pairs = _pairs(grad_weights, grad_biases, weights, biases, g, x, d, loss)
    size = max(true.abs().max().item() for _, true in pairs)
    return max((own - true).abs().max().item() for own, true in pairs) / size


@mistake("4.6", "You took differences with their sign; take their absolute values before the max.")
def gradients_agree__signed(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    pairs = _pairs(grad_weights, grad_biases, weights, biases, g, x, d, loss)
    return max((own - true).max().item() / (true.abs().max().item() or 1.0) for own, true in pairs)


@mistake("4.6", "Where a gradient is wholly 0 you divide by 0: return the difference itself there.")
def gradients_agree__zero_by_zero(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    pairs = _pairs(grad_weights, grad_biases, weights, biases, g, x, d, loss)
    apart = [(own - true).abs().max() / true.abs().max() for own, true in pairs]
    return torch.stack(apart).max().item()


@mistake("4.6", "You applied g to the output as well; the output is linear.")
def gradients_agree__output_activated(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    pairs = _pairs(grad_weights, grad_biases, weights, biases, g, x, d, loss, last=g)
    return max(_apart(own, true) for own, true in pairs)


@mistake("4.6", "You returned whether they agree; asked for is how far they are apart, a float.")
def gradients_agree__bool(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    pairs = _pairs(grad_weights, grad_biases, weights, biases, g, x, d, loss)
    return all(torch.allclose(own, true) for own, true in pairs)


@mistake(
    "4.6",
    "You turned requires_grad on for the caller's own tensors: ask for gradients of detached "
    "copies, w.detach().clone().requires_grad_().",
)
def gradients_agree__requires_grad_left_on(
    grad_weights, grad_biases, weights, biases, g, x, d, loss
):
    for parameter in (*weights, *biases):
        parameter.requires_grad_()
    pairs = _pairs(grad_weights, grad_biases, weights, biases, g, x, d, loss)
    return max(_apart(own, true) for own, true in pairs)


@mistake(
    "4.6",
    "You turned requires_grad off at the end, but it may have been on before: work on copies, and "
    "there is nothing to put back.",
)
def gradients_agree__requires_grad_turned_off(
    grad_weights, grad_biases, weights, biases, g, x, d, loss
):
    pairs = _pairs(grad_weights, grad_biases, weights, biases, g, x, d, loss)
    for parameter in (*weights, *biases):
        parameter.requires_grad_(False)
    return max(_apart(own, true) for own, true in pairs)


@mistake("4.6", "You returned whether they agree; asked for is how far they are apart, a float.")
def gradients_agree__yes_or_no(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    pairs = _pairs(grad_weights, grad_biases, weights, biases, g, x, d, loss)
    return float(not all(torch.allclose(own, true) for own, true in pairs))


@mistake("4.6", "You compared the lengths of the gradients; compare them entry by entry.")
def gradients_agree__lengths(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    pairs = _pairs(grad_weights, grad_biases, weights, biases, g, x, d, loss)
    return max(
        abs(own.norm() - true.norm()).item() / (true.norm().item() or 1.0) for own, true in pairs
    )


@mistake("4.6", "You took the smallest difference; one wrong layer is enough, so take the largest.")
def gradients_agree__smallest(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    pairs = _pairs(grad_weights, grad_biases, weights, biases, g, x, d, loss)
    return min(_apart(own, true) for own, true in pairs)


@mistake(
    "4.6",
    "You averaged over the parameters, and one that is wrong counts for less the more there are; "
    "take the largest.",
)
def gradients_agree__average(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    pairs = _pairs(grad_weights, grad_biases, weights, biases, g, x, d, loss)
    return sum(_apart(own, true) for own, true in pairs) / len(pairs)


@mistake("4.6", "The half is missing from your square error: E = 1/2 ||y - d||^2.")
def gradients_agree__no_half(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    pairs = _pairs(grad_weights, grad_biases, weights, biases, g, x, d, loss)
    factor = 2 if loss == "square" else 1
    return max(_apart(own, factor * true) for own, true in pairs)


# 4.7


@mistake("4.7", "You changed total in place; make new tensors, in a new list: t + n.")
def accumulate__in_place(total, new):
    for t, n in zip(total, new, strict=True):
        t += n
    return total


@mistake("4.7", "For lists, + joins them end to end; add the tensors, pair by pair.")
def accumulate__joined(total, new):
    return total + new


@mistake("4.7", "The new gradients replace the old ones; they are to be added to them.")
def accumulate__overwritten(total, new):
    return [n.clone() for n in new]


@mistake("4.7", "You took the mean of the two; gradients are summed.")
def accumulate__mean(total, new):
    return [(t + n) / 2 for t, n in zip(total, new, strict=True)]


@mistake("4.7", "You subtracted the new gradients; the minus sign belongs to the descent step.")
def accumulate__subtracted(total, new):
    return [t - n for t, n in zip(total, new, strict=True)]


# 4.8


class _Network:
    """A right answer, for the wrong ones to differ from."""

    def __init__(self, sizes, g, dg, generator):
        self.g, self.dg = g, dg
        self.weights = [
            torch.randn(m, n, generator=generator) * (2 / n) ** 0.5 for n, m in pairwise(sizes)
        ]
        self.biases = [torch.zeros(m) for m in sizes[1:]]
        self.zero_grad()

    def forward(self, X):
        self.A, self.H = [], [X]
        for W, b in zip(self.weights, self.biases, strict=True):
            self.A.append(self.H[-1] @ W.T + b)
            self.H.append(self.g(self.A[-1]))
        return self.A[-1]

    def new_gradients(self, grad_Y):
        return _back_batch(grad_Y, self.A, self.H, self.weights, self.dg)

    def backward(self, grad_Y):
        new = self.new_gradients(grad_Y)
        self.grad_weights = [t + n for t, n in zip(self.grad_weights, new[0], strict=True)]
        self.grad_biases = [t + n for t, n in zip(self.grad_biases, new[1], strict=True)]

    def step(self, lr):
        self.weights = [W - lr * G for W, G in zip(self.weights, self.grad_weights, strict=True)]
        self.biases = [b - lr * G for b, G in zip(self.biases, self.grad_biases, strict=True)]

    def zero_grad(self):
        self.grad_weights = [torch.zeros_like(W) for W in self.weights]
        self.grad_biases = [torch.zeros_like(b) for b in self.biases]


@mistake("4.8", "backward overwrites the gradients; it adds to them, until zero_grad.")
class ManualMLP__overwrites(_Network):
    def backward(self, grad_Y):
        self.grad_weights, self.grad_biases = self.new_gradients(grad_Y)


@mistake("4.8", "The step goes uphill: the gradient is subtracted.")
class ManualMLP__uphill(_Network):
    def step(self, lr):
        super().step(-lr)


@mistake("4.8", "step moves the weights only; the biases learn as well.")
class ManualMLP__biases_stay(_Network):
    def step(self, lr):
        biases = self.biases
        super().step(lr)
        self.biases = biases


@mistake("4.8", "step makes no use of lr.")
class ManualMLP__lr_unused(_Network):
    def step(self, lr):
        super().step(1.0)


@mistake("4.8", "step clears the gradients; that is left to zero_grad.")
class ManualMLP__step_clears(_Network):
    def step(self, lr):
        super().step(lr)
        self.zero_grad()


@mistake("4.8", "zero_grad forgets the biases: their gradients go on adding up.")
class ManualMLP__biases_not_cleared(_Network):
    grad_biases = None

    def zero_grad(self):
        kept = self.grad_biases
        super().zero_grad()
        self.grad_biases = kept or self.grad_biases


@mistake("4.8", "The gradients are None at the start and after zero_grad; they should be zeros.")
class ManualMLP__none(_Network):
    def backward(self, grad_Y):
        if self.grad_weights[0] is None:
            super().zero_grad()
        super().backward(grad_Y)

    def zero_grad(self):
        self.grad_weights = [None for _ in self.weights]
        self.grad_biases = [None for _ in self.biases]


@mistake("4.8", "backward divides by the number of samples; the course's gradients are summed.")
class ManualMLP__mean(_Network):
    def new_gradients(self, grad_Y):
        return super().new_gradients(grad_Y / len(grad_Y))


@mistake("4.8", "forward applies g to the output as well; the output is linear.")
class ManualMLP__output_activated(_Network):
    def forward(self, X):
        return self.g(super().forward(X))


@mistake("4.8", "backward multiplies by g' in the output layer too; the output is linear.")
class ManualMLP__output_derivative(_Network):
    def new_gradients(self, grad_Y):
        return super().new_gradients(grad_Y * self.dg(self.A[-1]))


@mistake(
    "4.8",
    "backward takes g' at h_k = g(a_k); dg is a function of a_k, so forward has to keep that too.",
)
class ManualMLP__dg_of_h(_Network):
    def new_gradients(self, grad_Y):
        return _back_batch(grad_Y, self.H[1:], self.H, self.weights, self.dg)


@mistake(
    "4.8", "The weights come from the global generator: hand generator=generator to torch.randn."
)
class ManualMLP__global_generator(_Network):
    def __init__(self, sizes, g, dg, generator):
        super().__init__(sizes, g, dg, None)


@mistake(
    "4.8",
    "All weights start at 0: then all units of a layer get the same gradient, for ever. Draw them "
    "at random.",
)
class ManualMLP__zeros(_Network):
    def __init__(self, sizes, g, dg, generator):
        super().__init__(sizes, g, dg, generator)
        self.weights = [torch.zeros_like(W) for W in self.weights]


@mistake(
    "4.8",
    "The lists belong to the class, so all networks share them: make them in __init__, as "
    "attributes of self.",
)
class ManualMLP__shared(_Network):
    weights, biases = [], []

    def __init__(self, sizes, g, dg, generator):
        self.g, self.dg = g, dg
        new = _Network(sizes, g, dg, generator)
        self.weights[:], self.biases[:] = new.weights, new.biases
        self.zero_grad()

    def step(self, lr):
        self.weights[:] = [W - lr * G for W, G in zip(self.weights, self.grad_weights, strict=True)]
        self.biases[:] = [b - lr * G for b, G in zip(self.biases, self.grad_biases, strict=True)]


@mistake(
    "4.8",
    "forward adds to the lists that it kept the last time: start them anew, so that backward finds "
    "those of the last batch.",
)
class ManualMLP__old_batch(_Network):
    def __init__(self, sizes, g, dg, generator):
        super().__init__(sizes, g, dg, generator)
        self.A, self.H = [], []

    def forward(self, X):
        self.H.append(X)
        for W, b in zip(self.weights, self.biases, strict=True):
            self.A.append(self.H[-1] @ W.T + b)
            self.H.append(self.g(self.A[-1]))
        return self.A[-1]


@mistake("4.8", "The network's tensors are float64; they should be float32.")
class ManualMLP__float64(_Network):
    def __init__(self, sizes, g, dg, generator):
        super().__init__(sizes, g, dg, generator)
        self.weights = [W.double() for W in self.weights]
        self.biases = [b.double() for b in self.biases]
        self.zero_grad()


@mistake(
    "4.8",
    "You seed a generator yourself, so that all networks start the same: use the one that you are "
    "given.",
)
class ManualMLP__own_seed(_Network):
    def __init__(self, sizes, g, dg, generator):
        super().__init__(sizes, g, dg, torch.Generator().manual_seed(0))


@mistake("4.8", "forward computes the output and forgets to return it.")
class ManualMLP__output_not_returned(_Network):
    def forward(self, X):
        super().forward(X)
