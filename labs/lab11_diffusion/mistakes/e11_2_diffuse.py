"""Wrong answers to exercise 11.2 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake

from .shared import for_each


@mistake(
    "11.2",
    "The noise is multiplied by 1 - abar_t, without a root: only with roots do the variances, "
    "abar_t and 1 - abar_t, sum to 1.",
)
def diffuse__no_root_on_the_noise(x0, t, eps, abar):
    a = for_each(abar[t], x0)
    return a.sqrt() * x0 + (1 - a) * eps


@mistake(
    "11.2",
    "The picture is multiplied by abar_t, without a root: only with roots do the variances, "
    "abar_t and 1 - abar_t, sum to 1.",
)
def diffuse__no_root_on_the_picture(x0, t, eps, abar):
    a = for_each(abar[t], x0)
    return a * x0 + (1 - a).sqrt() * eps


@mistake(
    "11.2",
    "There is no root at all: the factors are sqrt(abar_t) and sqrt(1 - abar_t), whose squares sum "
    "to 1.",
)
def diffuse__no_roots(x0, t, eps, abar):
    a = for_each(abar[t], x0)
    return a * x0 + (1 - a) * eps


@mistake(
    "11.2",
    "The noise is multiplied by 1 - sqrt(abar_t): it is sqrt(1 - abar_t), the root of the whole.",
)
def diffuse__root_first(x0, t, eps, abar):
    a = for_each(abar[t], x0)
    return a.sqrt() * x0 + (1 - a.sqrt()) * eps


@mistake(
    "11.2",
    "The factors are exchanged: the picture has sqrt(abar_t), the noise sqrt(1 - abar_t).",
)
def diffuse__exchanged(x0, t, eps, abar):
    a = for_each(abar[t], x0)
    return (1 - a).sqrt() * x0 + a.sqrt() * eps


@mistake(
    "11.2",
    "The noise is subtracted: it is added, so that the network learns to tell eps itself.",
)
def diffuse__minus(x0, t, eps, abar):
    a = for_each(abar[t], x0)
    return a.sqrt() * x0 - (1 - a).sqrt() * eps


@mistake(
    "11.2",
    "All samples get the level of the first one: each has a t of its own, abar[t] is (N,).",
)
def diffuse__first_t(x0, t, eps, abar):
    a = abar[t[0]]
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@mistake(
    "11.2",
    "All samples get the same level, a mean: each has a t of its own, abar[t] is (N,).",
)
def diffuse__mean_level(x0, t, eps, abar):
    a = abar[t].mean()
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@mistake(
    "11.2",
    "abar[t] is (N,) and goes along the last axis, the columns: make it (N, 1, ...), by "
    "abar[t].reshape(-1, *[1] * (x0.dim() - 1)).",
)
def diffuse__along_the_columns(x0, t, eps, abar):
    a = abar[t]
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@mistake(
    "11.2",
    "abar[t] has the shape (N, 1), which is right for points (N, D) alone: for pictures it has to "
    "be (N, 1, 1, 1), abar[t].reshape(-1, *[1] * (x0.dim() - 1)).",
)
def diffuse__for_points_alone(x0, t, eps, abar):
    a = abar[t][:, None]
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@mistake(
    "11.2",
    "abar[t] has the shape (N, 1, 1, 1), which is right for pictures alone: x0 may be points "
    "(N, D) too, abar[t].reshape(-1, *[1] * (x0.dim() - 1)).",
)
def diffuse__for_pictures_alone(x0, t, eps, abar):
    a = abar[t].view(-1, 1, 1, 1)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@mistake(
    "11.2",
    "You made alpha_t of abar, the factor of one step: diffuse goes all steps up to t at once, "
    "with abar[t].",
)
def diffuse__alpha_t(x0, t, eps, abar):
    alphas = torch.cat([abar[:1], abar[1:] / abar[:-1]])
    a = for_each(alphas[t], x0)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@mistake(
    "11.2",
    "abar is multiplied up once more: it holds the products already, take abar[t].",
)
def diffuse__cumprod_again(x0, t, eps, abar):
    a = for_each(torch.cumprod(abar, 0)[t], x0)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@mistake("11.2", "abar is taken for the betas: it holds abar_t already, use abar[t] as it is.")
def diffuse__abar_for_betas(x0, t, eps, abar):
    a = for_each(torch.cumprod(1 - abar, 0)[t], x0)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@mistake(
    "11.2",
    "The level is that of the step before, abar[t - 1], which is the last one for t = 0: t counts "
    "from 0, so take abar[t].",
)
def diffuse__step_before(x0, t, eps, abar):
    a = for_each(abar[t - 1], x0)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@mistake(
    "11.2",
    "The level is that of the step after, abar[t + 1]: t counts from 0, so take abar[t].",
)
def diffuse__step_after(x0, t, eps, abar):
    a = for_each(abar[(t + 1).clamp(max=len(abar) - 1)], x0)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


@mistake(
    "11.2",
    "The noise is drawn anew: use eps, since it is what the network will have to tell.",
)
def diffuse__own_noise(x0, t, eps, abar):
    a = for_each(abar[t], x0)
    return a.sqrt() * x0 + (1 - a).sqrt() * torch.randn_like(x0)


@mistake("11.2", "The noise is missing: add sqrt(1 - abar_t) * eps.")
def diffuse__no_noise(x0, t, eps, abar):
    return for_each(abar[t], x0).sqrt() * x0


@mistake("11.2", "The noise is not scaled: it is multiplied by sqrt(1 - abar_t).")
def diffuse__noise_unscaled(x0, t, eps, abar):
    return for_each(abar[t], x0).sqrt() * x0 + eps


@mistake("11.2", "The picture is not scaled: it is multiplied by sqrt(abar_t), and fades.")
def diffuse__picture_unscaled(x0, t, eps, abar):
    return x0 + (1 - for_each(abar[t], x0)).sqrt() * eps


@mistake(
    "11.2",
    "The factors sum to 1: it is their *squares* that do, sqrt(abar_t) and sqrt(1 - abar_t).",
)
def diffuse__squares(x0, t, eps, abar):
    a = for_each(abar[t], x0)
    return a * x0 + (1 - a.square()).sqrt() * eps


@mistake(
    "11.2",
    "You divide by sqrt(abar_t), which is the way back: noising multiplies by it.",
)
def diffuse__divided(x0, t, eps, abar):
    a = for_each(abar[t], x0)
    return x0 / a.sqrt() + (1 - a).sqrt() * eps


@mistake(
    "11.2",
    "One root goes over everything: each factor has its own, sqrt(abar_t) x0 + sqrt(1 - abar_t) "
    "eps.",
)
def diffuse__one_root(x0, t, eps, abar):
    a = for_each(abar[t], x0)
    return (a * x0 + (1 - a) * eps).abs().sqrt()


@mistake(
    "11.2",
    "You return the noise as well: x_t alone is asked for.",
)
def diffuse__with_the_noise(x0, t, eps, abar):
    a = for_each(abar[t], x0)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps, eps


@mistake(
    "11.2",
    "The result is clamped to [-1, 1]: noise goes beyond, leave it as it is.",
)
def diffuse__clamped(x0, t, eps, abar):
    a = for_each(abar[t], x0)
    return (a.sqrt() * x0 + (1 - a).sqrt() * eps).clamp(-1, 1)


@mistake(
    "11.2",
    "x0 and eps are in each other's place: the picture fades with sqrt(abar_t), the noise grows.",
)
def diffuse__minus_exchanged(x0, t, eps, abar):
    a = for_each(abar[t], x0)
    return a.sqrt() * eps - (1 - a).sqrt() * x0


@mistake(
    "11.2",
    "The level comes from t itself, as t / T: it is abar[t].",
)
def diffuse__linear_in_t(x0, t, eps, abar):
    a = for_each(1 - (t + 1) / len(abar), x0).to(x0.dtype)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps
