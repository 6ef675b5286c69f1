"""Wrong answers to exercise 11.6 that students write, and what to tell them."""

from __future__ import annotations

import math

import torch

from course_dl.lab import mistake

from .shared import at_level, picture


@mistake("11.6", "eps has no factor in the new x: it is sqrt(1 - abar_s) eps.")
def ddim_step__eps_unscaled(x_t, eps, abar_t, abar_s):
    return abar_s**0.5 * picture(x_t, eps, abar_t) + eps


@mistake("11.6", "The noise stays that of level t: at the level s it is sqrt(1 - abar_s) eps.")
def ddim_step__noise_of_t(x_t, eps, abar_t, abar_s):
    return abar_s**0.5 * picture(x_t, eps, abar_t) + (1 - abar_t) ** 0.5 * eps


FADED = (
    "The picture keeps the factor that it has in x_t: divide by sqrt(abar_t), which gives x0, and "
    "multiply by sqrt(abar_s)."
)


@mistake("11.6", FADED)
def ddim_step__picture_of_t(x_t, eps, abar_t, abar_s):
    return abar_t**0.5 * picture(x_t, eps, abar_t) + (1 - abar_s) ** 0.5 * eps


SAME = "That is x_t again: x0 follows from x_t by abar_t, and goes to the other level by abar_s."


@mistake("11.6", SAME)
def ddim_step__abar_t_again(x_t, eps, abar_t, abar_s):
    return at_level(picture(x_t, eps, abar_t), eps, abar_t)


@mistake("11.6", "abar_t and abar_s are exchanged: x_t is at abar_t, the result at abar_s.")
def ddim_step__exchanged(x_t, eps, abar_t, abar_s):
    return at_level(picture(x_t, eps, abar_s), eps, abar_t)


@mistake("11.6", SAME)
def ddim_step__picture_by_abar_s(x_t, eps, abar_t, abar_s):
    return at_level(picture(x_t, eps, abar_s), eps, abar_s)


@mistake("11.6", FADED)
def ddim_step__divided_by_s(x_t, eps, abar_t, abar_s):
    x0 = (x_t - (1 - abar_t) ** 0.5 * eps) / abar_s**0.5
    return at_level(x0, eps, abar_s)


@mistake("11.6", "x0 is not divided by sqrt(abar_t): the picture in x_t has faded.")
def ddim_step__not_divided(x_t, eps, abar_t, abar_s):
    return at_level(x_t - (1 - abar_t) ** 0.5 * eps, eps, abar_s)


@mistake(
    "11.6", "x_t itself is taken for the picture: first take the noise off, then go to level s."
)
def ddim_step__x_t_for_x0(x_t, eps, abar_t, abar_s):
    return at_level(x_t, eps, abar_s)


@mistake("11.6", "You return x0: put it at the level s, with the same eps.")
def ddim_step__x0(x_t, eps, abar_t, abar_s):
    return picture(x_t, eps, abar_t)


@mistake("11.6", "The noise is missing at the level s: add sqrt(1 - abar_s) eps.")
def ddim_step__no_noise(x_t, eps, abar_t, abar_s):
    return abar_s**0.5 * picture(x_t, eps, abar_t)


@mistake("11.6", "New noise is drawn: DDIM keeps eps, the noise that is in x_t.")
def ddim_step__new_noise(x_t, eps, abar_t, abar_s):
    return at_level(picture(x_t, eps, abar_t), torch.randn_like(eps), abar_s)


@mistake("11.6", "Noise is added at the end, as in DDPM: a step of DDIM draws nothing.")
def ddim_step__noise_added(x_t, eps, abar_t, abar_s):
    x_s = at_level(picture(x_t, eps, abar_t), eps, abar_s)
    return x_s + (1 - abar_t / abar_s) ** 0.5 * torch.randn_like(eps)


@mistake("11.6", "There is no root in x0: (x_t - sqrt(1 - abar_t) eps) / sqrt(abar_t).")
def ddim_step__no_roots_in_x0(x_t, eps, abar_t, abar_s):
    return at_level((x_t - (1 - abar_t) * eps) / abar_t, eps, abar_s)


@mistake("11.6", "There is no root at the level s: sqrt(abar_s) x0 + sqrt(1 - abar_s) eps.")
def ddim_step__no_roots_at_s(x_t, eps, abar_t, abar_s):
    return abar_s * picture(x_t, eps, abar_t) + (1 - abar_s) * eps


@mistake("11.6", "There are no roots: both levels have sqrt(abar) and sqrt(1 - abar).")
def ddim_step__no_roots(x_t, eps, abar_t, abar_s):
    return abar_s * (x_t - (1 - abar_t) * eps) / abar_t + (1 - abar_s) * eps


@mistake("11.6", "The noise lacks its root at the level s: sqrt(1 - abar_s) eps.")
def ddim_step__no_root_on_noise_at_s(x_t, eps, abar_t, abar_s):
    return abar_s**0.5 * picture(x_t, eps, abar_t) + (1 - abar_s) * eps


@mistake("11.6", "The picture lacks its root at the level s: sqrt(abar_s) x0.")
def ddim_step__no_root_on_picture_at_s(x_t, eps, abar_t, abar_s):
    return abar_s * picture(x_t, eps, abar_t) + (1 - abar_s) ** 0.5 * eps


@mistake("11.6", "The noise lacks its root in x0: x_t - sqrt(1 - abar_t) eps.")
def ddim_step__no_root_on_noise_in_x0(x_t, eps, abar_t, abar_s):
    return at_level((x_t - (1 - abar_t) * eps) / abar_t**0.5, eps, abar_s)


@mistake("11.6", "You divide by abar_t in x0: it is its root, sqrt(abar_t).")
def ddim_step__no_root_on_abar_in_x0(x_t, eps, abar_t, abar_s):
    return at_level((x_t - (1 - abar_t) ** 0.5 * eps) / abar_t, eps, abar_s)


@mistake("11.6", "eps is added in x0: subtract it, it is the noise that x_t has too much.")
def ddim_step__plus_in_x0(x_t, eps, abar_t, abar_s):
    return at_level((x_t + (1 - abar_t) ** 0.5 * eps) / abar_t**0.5, eps, abar_s)


@mistake("11.6", "The noise is subtracted at the level s: it is added there.")
def ddim_step__minus_at_s(x_t, eps, abar_t, abar_s):
    return at_level(picture(x_t, eps, abar_t), -eps, abar_s)


@mistake(
    "11.6", "The factors at the level s are exchanged: sqrt(abar_s) x0 + sqrt(1 - abar_s) eps."
)
def ddim_step__factors_exchanged(x_t, eps, abar_t, abar_s):
    return at_level(picture(x_t, eps, abar_t), eps, 1 - abar_s)


@mistake("11.6", "You divide before you subtract: take the noise off first, and divide the whole.")
def ddim_step__brackets(x_t, eps, abar_t, abar_s):
    return at_level(x_t / abar_t**0.5 - (1 - abar_t) ** 0.5 * eps, eps, abar_s)


@mistake("11.6", "Brackets are missing in x0: x_t is divided by sqrt(abar_t) as well.")
def ddim_step__brackets_missing(x_t, eps, abar_t, abar_s):
    return at_level(x_t - (1 - abar_t) ** 0.5 * eps / abar_t**0.5, eps, abar_s)


@mistake("11.6", "1 - sqrt(abar) is not sqrt(1 - abar): the root goes over the whole.")
def ddim_step__root_first(x_t, eps, abar_t, abar_s):
    x0 = (x_t - (1 - abar_t**0.5) * eps) / abar_t**0.5
    return abar_s**0.5 * x0 + (1 - abar_s**0.5) * eps


@mistake("11.6", "1 - sqrt(abar_s) is not sqrt(1 - abar_s): the root goes over the whole.")
def ddim_step__root_first_at_s(x_t, eps, abar_t, abar_s):
    return abar_s**0.5 * picture(x_t, eps, abar_t) + (1 - abar_s**0.5) * eps


@mistake(
    "11.6", "x_t is scaled as a whole by sqrt(abar_s / abar_t): the noise in it has another factor."
)
def ddim_step__scaled_as_a_whole(x_t, eps, abar_t, abar_s):
    return (abar_s / abar_t) ** 0.5 * x_t


@mistake("11.6", "x0 is clamped to [-1, 1]: leave it as it is, points go beyond.")
def ddim_step__clamped(x_t, eps, abar_t, abar_s):
    return at_level(picture(x_t, eps, abar_t).clamp(-1, 1), eps, abar_s)


@mistake(
    "11.6",
    "This is a step of DDPM without its noise: DDIM puts the picture that x_t and eps imply at the "
    "level s, with the same eps.",
)
def ddim_step__ddpm_mean(x_t, eps, abar_t, abar_s):
    alpha = abar_t / abar_s if abar_s > 0 else 1.0
    spread = (1 - abar_t) ** 0.5 if abar_t < 1 else 1.0
    return (x_t - (1 - alpha) / spread * eps) / alpha**0.5


TENSORS = (
    "torch.sqrt takes tensors alone, and abar_t or abar_s may be a Python float: abar_t ** 0.5 "
    "takes both."
)


@mistake("11.6", TENSORS)
def ddim_step__torch_sqrt(x_t, eps, abar_t, abar_s):
    x0 = (x_t - torch.sqrt(1 - abar_t) * eps) / torch.sqrt(abar_t)
    return torch.sqrt(abar_s) * x0 + torch.sqrt(1 - abar_s) * eps


@mistake("11.6", TENSORS)
def ddim_step__torch_sqrt_of_abar_first(x_t, eps, abar_t, abar_s):
    a, b = torch.sqrt(abar_t), torch.sqrt(abar_s)
    return b * (x_t - math.sqrt(1 - abar_t) * eps) / a + math.sqrt(1 - abar_s) * eps


@mistake("11.6", "A Python float has no .sqrt(): abar_t ** 0.5 takes floats and tensors.")
def ddim_step__method_sqrt(x_t, eps, abar_t, abar_s):
    x0 = (x_t - (1 - abar_t).sqrt() * eps) / abar_t.sqrt()
    return abar_s.sqrt() * x0 + (1 - abar_s).sqrt() * eps


@mistake("11.6", "You return x0 as well: x_s alone is asked for.")
def ddim_step__pair(x_t, eps, abar_t, abar_s):
    x0 = picture(x_t, eps, abar_t)
    return at_level(x0, eps, abar_s), x0


@mistake(
    "11.6", "A Python float has no .item(): abar_t ** 0.5 takes floats and tensors as they are."
)
def ddim_step__item(x_t, eps, abar_t, abar_s):
    return at_level(picture(x_t, eps, abar_t.item()), eps, abar_s.item())
