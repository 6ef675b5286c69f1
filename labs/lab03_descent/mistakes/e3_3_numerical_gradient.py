"""Wrong answers to exercise 3.3 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


def _differences(f, x, eps, of):
    """``of(f(x + e), f(x), f(x - e))`` for every coordinate."""
    g = torch.zeros_like(x)
    for i in range(len(x)):
        e = torch.zeros_like(x)
        e[i] = eps
        g[i] = of(f(x + e), f(x), f(x - e))
    return g


@mistake(
    "3.3",
    "These are forward differences: their error is of order eps. Central ones look to both sides, "
    "f(x + e) - f(x - e) over 2 eps, and err by eps^2.",
)
def numerical_gradient__forward(f, x, eps=1e-5):
    return _differences(f, x, eps, lambda up, here, down: (up - here) / eps)


@mistake(
    "3.3",
    "These are backward differences: their error is of order eps. Central ones look to both sides, "
    "f(x + e) - f(x - e) over 2 eps, and err by eps^2.",
)
def numerical_gradient__backward(f, x, eps=1e-5):
    return _differences(f, x, eps, lambda up, here, down: (here - down) / eps)


@mistake("3.3", "From x - e to x + e it is 2 eps: you divided by eps.")
def numerical_gradient__over_eps(f, x, eps=1e-5):
    return _differences(f, x, eps, lambda up, here, down: (up - down) / eps)


@mistake("3.3", "The division by 2 eps is missing: this is the difference, not the slope.")
def numerical_gradient__not_divided(f, x, eps=1e-5):
    return _differences(f, x, eps, lambda up, here, down: up - down)


@mistake("3.3", "/ 2 * eps divides by 2 and multiplies by eps: put brackets, / (2 * eps).")
def numerical_gradient__brackets(f, x, eps=1e-5):
    return _differences(f, x, eps, lambda up, here, down: (up - down) / 2 * eps)


@mistake("3.3", "The sign is the other way: it is f(x + e) - f(x - e).")
def numerical_gradient__sign(f, x, eps=1e-5):
    return _differences(f, x, eps, lambda up, here, down: (down - up) / (2 * eps))


@mistake(
    "3.3",
    "Your result lacks the error of (f(x + e) - f(x - e)) / (2 eps): go by the argument eps, not "
    "by a step of your own, and ask f at these two points alone.",
)
def numerical_gradient__eps_unused(f, x, eps=1e-5):
    h = 1e-5
    return _differences(f, x, h, lambda up, here, down: (up - down) / (2 * h))


@mistake("3.3", "You go eps / 2 to either side; here it is eps, and 2 eps from end to end.")
def numerical_gradient__half(f, x, eps=1e-5):
    return _differences(f, x, eps / 2, lambda up, here, down: (up - down) / eps)


@mistake(
    "3.3",
    "You change x itself and put it back; whoever else holds x sees it change. Work on a copy, or "
    "with new tensors, x + e and x - e.",
)
def numerical_gradient__in_place(f, x, eps=1e-5):
    g = torch.zeros_like(x)
    for i in range(len(x)):
        kept = x[i].item()
        x[i] = kept + eps
        up = f(x)
        x[i] = kept - eps
        down = f(x)
        x[i] = kept
        g[i] = (up - down) / (2 * eps)
    return g


@mistake(
    "3.3",
    "You change x through x.data (or its numpy array) and put it back: it is still x itself, and f "
    "is called while it is changed. Work on a copy.",
)
def numerical_gradient__in_place_unseen(f, x, eps=1e-5):
    g = torch.zeros_like(x)
    for i in range(len(x)):
        kept = x[i].item()
        x.data[i] = kept + eps
        up = f(x)
        x.data[i] = kept - eps
        down = f(x)
        x.data[i] = kept
        g[i] = (up - down) / (2 * eps)
    return g


@mistake(
    "3.3", "You do not go back to x_i before the next coordinate: all but the first are shifted."
)
def numerical_gradient__not_put_back(f, x, eps=1e-5):
    g, z = torch.zeros_like(x), x.clone()
    for i in range(len(x)):
        z[i] += eps
        up = f(z)
        z[i] -= 2 * eps
        g[i] = (up - f(z)) / (2 * eps)
    return g


@mistake("3.3", "x + eps moves all coordinates at once; move one at a time.")
def numerical_gradient__all_at_once(f, x, eps=1e-5):
    g = torch.zeros_like(x)
    for i in range(len(x)):
        g[i] = (f(x + eps) - f(x - eps)) / (2 * eps)
    return g


@mistake(
    "3.3",
    "float32 keeps 7 digits, and the difference of two nearly equal numbers few of them: keep x in "
    "float64.",
)
def numerical_gradient__float32_inside(f, x, eps=1e-5):
    return _differences(f, x.float(), eps, lambda up, here, down: (up - down) / (2 * eps)).double()


@mistake(
    "3.3",
    "Your result is float32, which torch.zeros and torch.tensor make of themselves: add "
    "dtype=x.dtype, or use torch.zeros_like(x).",
)
def numerical_gradient__float32(f, x, eps=1e-5):
    return _differences(f, x, eps, lambda up, here, down: (up - down) / (2 * eps)).float()


@mistake("3.3", "f may return a Python float, which has no .item(): float(...) takes both kinds.")
def numerical_gradient__item(f, x, eps=1e-5):
    return _differences(f, x, eps, lambda up, here, down: (up.item() - down.item()) / (2 * eps))


@mistake("3.3", "This is a list of slopes; make a tensor (D,) of it, float64 as x is.")
def numerical_gradient__list(f, x, eps=1e-5):
    g = _differences(f, x, eps, lambda up, here, down: (up - down) / (2 * eps))
    return g.tolist()


@mistake(
    "3.3",
    "x[i] of a tensor is a view, which changes with x, so that x is put back to a wrong value: "
    "keep x[i].item(), or x[i].clone().",
)
def numerical_gradient__view(f, x, eps=1e-5):
    x, g = x.clone(), torch.zeros_like(x)
    for i in range(len(x)):
        old = x[i]
        x[i] = old + eps
        up = f(x)
        x[i] = old - eps
        down = f(x)
        x[i] = old
        g[i] = (up - down) / (2 * eps)
    return g
