"""Wrong answers to exercise 4.6 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import mistake


def _pairs(grad_weights, grad_biases, weights, biases, g, x, d, loss, last=None):
    """Each gradient given, and autograd's."""
    W = [w.detach().clone().requires_grad_() for w in weights]
    b = [w.detach().clone().requires_grad_() for w in biases]
    E = _energy(W, b, g, x, d, loss, last)
    return list(zip([*grad_weights, *grad_biases], torch.autograd.grad(E, W + b), strict=True))


def _energy(W, b, g, x, d, loss, last=None):
    """The loss of the sample."""
    h = x
    for k in range(len(W)):
        a = F.linear(h, W[k], b[k])
        h = g(a)
    y = last(a) if last else a
    return (y - d).square().sum() / 2 if loss == "square" else F.cross_entropy(y, d)


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


@mistake(
    "4.6",
    "backward leaves gradients in the tensors of your caller: differentiate copies, or take "
    "torch.autograd.grad, which leaves none.",
)
def gradients_agree__left_in_grad(grad_weights, grad_biases, weights, biases, g, x, d, loss):
    E = _energy(weights, biases, g, x, d, loss)
    if not E.requires_grad:
        pairs = _pairs(grad_weights, grad_biases, weights, biases, g, x, d, loss)
        return max(_apart(own, true) for own, true in pairs)
    E.backward()
    pairs = zip([*grad_weights, *grad_biases], [*weights, *biases], strict=True)
    return max(_apart(own, parameter.grad) for own, parameter in pairs)
