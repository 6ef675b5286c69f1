"""Wrong answers to exercise 2.4 that students write, and what to tell them."""

from __future__ import annotations

import math

import numpy as np
import torch

from course_dl.lab import mistake


def _sigmoid(a):
    """A right one, for mistakes in what is made from it."""
    e = torch.exp(torch.where(a >= 0, -a, a))
    return torch.where(a >= 0, 1 / (1 + e), e / (1 + e))


# These first: on the test that they fail, many of the others below are wrong in the same way.
FLAT = (
    "Your slope at 0 is not that of {0}, {1}: |a| has the slope 0 there, clamp and where 0 or 1. A "
    "network that starts with all weights 0 learns nothing with it. {2}"
)


@mistake(
    "2.4",
    FLAT.format(
        "sigmoid", "1/4", "Put torch.where(a >= 0, -a, a) in place of -|a| in the exponent."
    ),
)
def sigmoid__flat_at_0(a):
    e = torch.exp(-a.abs())
    return torch.where(a >= 0, 1 / (1 + e), e / (1 + e))


MAXIMUM = "With torch.maximum(a, torch.zeros_like(a)) for max(0, a) it is right."


@mistake("2.4", FLAT.format("softplus", "1/2", MAXIMUM))
def softplus__flat_at_0(a):
    return torch.where(a > 0, a, 0.0) + torch.log1p(torch.exp(-a.abs()))


@mistake("2.4", FLAT.format("softplus", "1/2", MAXIMUM))
def softplus__steep_at_0(a):
    return torch.where(a >= 0, a, 0.0) + torch.log1p(torch.exp(-a.abs()))


@mistake("2.4", FLAT.format("softplus", "1/2", MAXIMUM))
def softplus__by_clamp(a):
    return a.clamp(min=0) + torch.log1p(torch.exp(-a.abs()))


@mistake("2.4", FLAT.format("softplus", "1/2", MAXIMUM))
def softplus__by_cases(a):
    e = torch.exp(-a.abs())
    return torch.where(a > 0, a + torch.log1p(e), torch.log1p(e))


@mistake(
    "2.4",
    "This is the formula as it stands, and its gradient at -1e4 is NaN: exp(-a) is infinite there. "
    "The value 1 / infinity is 0 as it should be, but the chain rule multiplies 0 by infinity.",
)
def sigmoid__naive(a):
    return 1 / (1 + torch.exp(-a))


@mistake(
    "2.4",
    "exp(a) / (1 + exp(a)) is infinity / infinity, NaN, where a is large; for a >= 0 divide above "
    "and below by exp(a).",
)
def sigmoid__exp_over_exp(a):
    return torch.exp(a) / (1 + torch.exp(a))


@mistake(
    "2.4",
    "torch.where computes both branches. The one that it does not take overflows, and the gradient "
    "of that, 0 times infinity, is NaN: put torch.where(a >= 0, -a, a) in both exponents.",
)
def sigmoid__where(a):
    return torch.where(a >= 0, 1 / (1 + torch.exp(-a)), torch.exp(a) / (1 + torch.exp(a)))


@mistake(
    "2.4",
    "Cutting a off with clamp makes all values beyond the same, so that sigmoid(-700) is as large "
    "as at the cut. Nothing overflows if the exponent is torch.where(a >= 0, -a, a).",
)
def sigmoid__clamped(a):
    return 1 / (1 + torch.exp(-a.clamp(-30, 30)))


@mistake(
    "2.4",
    "Cutting a off with clamp makes all values beyond the same, so that sigmoid(-700) is as large "
    "as at the cut. Nothing overflows if the exponent is torch.where(a >= 0, -a, a).",
)
def sigmoid__clamped_later(a):
    return 1 / (1 + torch.exp(-a.clamp(-50, 50)))


@mistake(
    "2.4",
    "1 minus a number that is nearly 1 leaves no digits: sigmoid(-40) is 4e-18, and you get 0. For "
    "a < 0 write exp(a) / (1 + exp(a)).",
)
def sigmoid__complement(a):
    return 1 - 1 / (1 + torch.exp(a))


@mistake(
    "2.4",
    "1 minus a number that is nearly 1 leaves no digits: sigmoid(-40) is 4e-18, and you get 0. For "
    "a < 0 write exp(a) / (1 + exp(a)).",
)
def sigmoid__safe_complement(a):
    s = 1 / (1 + torch.exp(-a.abs()))
    return torch.where(a >= 0, s, 1 - s)


@mistake("2.4", "A minus is missing: this is sigmoid(-a), which falls where sigmoid rises.")
def sigmoid__no_minus(a):
    return 1 / (1 + torch.exp(a))


@mistake("2.4", "You forgot the case a < 0: with -|a| alone, sigmoid(-a) is equal to sigmoid(a).")
def sigmoid__one_case(a):
    return 1 / (1 + torch.exp(-a.abs()))


@mistake(
    "2.4",
    "Through numpy, math or .tolist() the graph of autograd is cut: compute with the functions of "
    "torch.",
)
def sigmoid__numpy(a):
    x = a.detach().numpy()
    e = np.exp(-np.abs(x))
    return torch.from_numpy(np.where(x >= 0, 1 / (1 + e), e / (1 + e)))


@mistake("2.4", "Your sigmoid gives float32 whatever a is; keep the dtype of a.")
def sigmoid__float32(a):
    return _sigmoid(a.float())


@mistake(
    "2.4", "This is tanh(a/2), as the formula has it on its left; put 2 a in place of a in it."
)
def tanh_from_sigmoid__of_half(a):
    return 2 * _sigmoid(a) - 1


@mistake("2.4", "You divided a by 2 where it is to be multiplied: tanh(a) = 2 sigmoid(2 a) - 1.")
def tanh_from_sigmoid__halved(a):
    return 2 * _sigmoid(a / 2) - 1


@mistake("2.4", "The - 1 is missing: your values lie between 0 and 2, those of tanh in (-1, 1).")
def tanh_from_sigmoid__not_shifted(a):
    return 2 * _sigmoid(2 * a)


@mistake("2.4", "The factor 2 before sigmoid is missing: your values lie between -1 and 0.")
def tanh_from_sigmoid__not_stretched(a):
    return _sigmoid(2 * a) - 1


@mistake("2.4", "The sign is the other way: tanh(a) = 2 sigmoid(2 a) - 1 rises.")
def tanh_from_sigmoid__falls(a):
    return 1 - 2 * _sigmoid(2 * a)


@mistake(
    "2.4",
    "exp(1e4) is infinite, and infinity / infinity is NaN. Your sigmoid has solved this already: "
    "2 sigmoid(2 a) - 1.",
)
def tanh_from_sigmoid__exponentials(a):
    return (torch.exp(a) - torch.exp(-a)) / (torch.exp(a) + torch.exp(-a))


@mistake("2.4", "You kept the negative side: min(0, a). ReLU keeps the positive one, max(0, a).")
def relu__minimum(a):
    return a.clamp(max=0)


@mistake("2.4", "This is |a|; ReLU is 0 for a < 0.")
def relu__absolute(a):
    return a.abs()


@mistake("2.4", "This is Heaviside's step; ReLU is a itself for a > 0, not 1.")
def relu__step(a):
    return (a > 0).to(a.dtype)


@mistake("2.4", "This is the leaky ReLU; the plain one is 0 for a < 0.")
def relu__leaky(a):
    return torch.where(a > 0, a, 0.01 * a)


@mistake("2.4", "You dropped the negative entries; they become 0 and stay in their places.")
def relu__dropped(a):
    return a[a > 0]


@mistake("2.4", "a[a < 0] = 0 writes into the caller's tensor: work on a copy, or use torch.where.")
def relu__in_place(a):
    a[a < 0] = 0
    return a


@mistake(
    "2.4",
    "This is the formula as it stands: it is infinite for large a, and 0 at -40, where 1 + exp(a) "
    "is rounded to 1. Take max(0, a) out of it, and use torch.log1p.",
)
def softplus__naive(a):
    return torch.log(1 + torch.exp(a))


@mistake("2.4", "exp(a) overflows for large a: log(1 + exp(a)) = max(0, a) + log1p(exp(-|a|)).")
def softplus__log1p(a):
    return torch.log1p(torch.exp(a))


@mistake(
    "2.4",
    "torch.where computes both branches. exp(a) overflows in the one that it does not take, and "
    "the gradient of that, 0 times infinity, is NaN: put -|a| in the exponent.",
)
def softplus__where(a):
    return torch.where(a > 20, a, torch.log1p(torch.exp(a)))


@mistake(
    "2.4",
    "1 + exp(-40) is rounded to 1, and its logarithm is 0: torch.log1p(t) is log(1 + t) with all "
    "its digits.",
)
def softplus__log(a):
    return a.clamp(min=0) + torch.log(1 + torch.exp(-a.abs()))


@mistake(
    "2.4",
    "1 + exp(-40) is rounded to 1, and its logarithm is 0: torch.log1p(t) is log(1 + t) with all "
    "its digits.",
)
def softplus__logsumexp(a):
    return torch.logsumexp(torch.stack([a, torch.zeros_like(a)]), dim=0)


@mistake("2.4", "This is softplus(-a): a minus too many.")
def softplus__mirrored(a):
    return (-a).clamp(min=0) + torch.log1p(torch.exp(-a.abs()))


@mistake("2.4", "You forgot max(0, a): log1p(exp(-|a|)) alone falls again for a > 0.")
def softplus__one_side(a):
    return torch.log1p(torch.exp(-a.abs()))


@mistake("2.4", "detach() cuts the graph of autograd, and your relu cannot be trained through.")
def relu__detached(a):
    return a.detach().clamp(min=0)


@mistake("2.4", "Your logarithm has another base: log is the natural one, torch.log1p.")
def softplus__base_two(a):
    return a.clamp(min=0) + torch.log2(1 + torch.exp(-a.abs()))


HARD = "This is the hard sigmoid, made of straight pieces; asked for is 1 / (1 + exp(-a))."


@mistake("2.4", HARD)
def sigmoid__hard(a):
    return (0.2 * a + 0.5).clamp(0, 1)


@mistake("2.4", HARD)
def sigmoid__hard_by_sixths(a):
    return (a / 6 + 0.5).clamp(0, 1)


@mistake("2.4", "math.exp(1e4) raises an error, where torch.exp gives infinity. Take torch's.")
def sigmoid__math_of_a_list(a):
    return torch.tensor([1 / (1 + math.exp(-x)) for x in a.flatten().tolist()], dtype=a.dtype)


@mistake("2.4", "This is relu; softplus is smooth, with log(2) at 0.")
def softplus__relu(a):
    return a.clamp(min=0)


@mistake("2.4", "torch.max(a, 0) is the maximum along dimension 0: clamp(min=0) compares with 0.")
def relu__maximum_of_a_dimension(a):
    return tuple(torch.max(a, 0))
