"""Wrong answers to exercise 11.3 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake

from .shared import for_each

FIRST = "All samples get the level of the first one: each has a t of its own, abar[t] is (N,)."
COLUMNS = (
    "abar[t] is (N,) and goes along the last axis, the columns: make it (N, 1, ...), by "
    "abar[t].reshape(-1, *[1] * (dim - 1))."
)
FOR_POINTS = (
    "abar[t] has the shape (N, 1), which is right for points (N, D) alone: for pictures it has to "
    "be (N, 1, 1, 1), abar[t].reshape(-1, *[1] * (dim - 1))."
)
FOR_PICTURES = (
    "abar[t] has the shape (N, 1, 1, 1), which is right for pictures alone: there may be points "
    "(N, D) too, abar[t].reshape(-1, *[1] * (dim - 1))."
)


@mistake("11.3", "The noise is multiplied by 1 - abar_t: it has a root, as in diffuse.")
def x0_from_eps__no_root_on_the_noise(x_t, t, eps, abar):
    a = for_each(abar[t], x_t)
    return (x_t - (1 - a) * eps) / a.sqrt()


@mistake("11.3", "You divide by abar_t: diffuse multiplied by its root, so divide by sqrt(abar_t).")
def x0_from_eps__by_abar(x_t, t, eps, abar):
    a = for_each(abar[t], x_t)
    return (x_t - (1 - a).sqrt() * eps) / a


@mistake("11.3", "There is no root at all: diffuse has sqrt(abar_t) and sqrt(1 - abar_t).")
def x0_from_eps__no_roots(x_t, t, eps, abar):
    a = for_each(abar[t], x_t)
    return (x_t - (1 - a) * eps) / a


@mistake("11.3", "You multiply by sqrt(abar_t): to undo a product, divide.")
def x0_from_eps__product(x_t, t, eps, abar):
    a = for_each(abar[t], x_t)
    return (x_t - (1 - a).sqrt() * eps) * a.sqrt()


@mistake("11.3", "The noise is added: diffuse has added it, so subtract it.")
def x0_from_eps__plus(x_t, t, eps, abar):
    a = for_each(abar[t], x_t)
    return (x_t + (1 - a).sqrt() * eps) / a.sqrt()


@mistake("11.3", "The noise is taken away, but the picture stays faded: divide by sqrt(abar_t).")
def x0_from_eps__not_divided(x_t, t, eps, abar):
    a = for_each(abar[t], x_t)
    return x_t - (1 - a).sqrt() * eps


@mistake(
    "11.3",
    "You divide before you subtract: take the noise away first, and divide the whole by "
    "sqrt(abar_t).",
)
def x0_from_eps__brackets(x_t, t, eps, abar):
    a = for_each(abar[t], x_t)
    return x_t / a.sqrt() - (1 - a).sqrt() * eps


@mistake(
    "11.3",
    "Brackets are missing: x_t, too, has to be divided by sqrt(abar_t), not the noise alone.",
)
def x0_from_eps__brackets_missing(x_t, t, eps, abar):
    a = for_each(abar[t], x_t)
    return x_t - (1 - a).sqrt() * eps / a.sqrt()


@mistake("11.3", "The noise is not scaled: subtract sqrt(1 - abar_t) * eps.")
def x0_from_eps__noise_unscaled(x_t, t, eps, abar):
    return (x_t - eps) / for_each(abar[t], x_t).sqrt()


@mistake("11.3", "The levels are exchanged: subtract sqrt(1 - abar_t) eps, divide by sqrt(abar_t).")
def x0_from_eps__exchanged(x_t, t, eps, abar):
    a = for_each(abar[t], x_t)
    return (x_t - a.sqrt() * eps) / (1 - a).sqrt()


@mistake("11.3", "You noise once more: undo it, (x_t - sqrt(1 - abar_t) eps) / sqrt(abar_t).")
def x0_from_eps__diffused(x_t, t, eps, abar):
    a = for_each(abar[t], x_t)
    return a.sqrt() * x_t + (1 - a).sqrt() * eps


@mistake(
    "11.3", "You divide by sqrt(1 - abar_t), the noise's factor: the picture's is sqrt(abar_t)."
)
def x0_from_eps__by_noise(x_t, t, eps, abar):
    a = for_each(abar[t], x_t)
    return (x_t - (1 - a).sqrt() * eps) / (1 - a).sqrt()


@mistake("11.3", "It is sqrt(1 - abar_t), the root of the whole, not 1 - sqrt(abar_t).")
def x0_from_eps__root_first(x_t, t, eps, abar):
    a = for_each(abar[t], x_t)
    return (x_t - (1 - a.sqrt()) * eps) / a.sqrt()


@mistake("11.3", "The result is clamped to [-1, 1]: leave it as it is, points go beyond.")
def x0_from_eps__clamped(x_t, t, eps, abar):
    a = for_each(abar[t], x_t)
    return ((x_t - (1 - a).sqrt() * eps) / a.sqrt()).clamp(-1, 1)


@mistake("11.3", FIRST)
def x0_from_eps__first_t(x_t, t, eps, abar):
    a = abar[t[0]]
    return (x_t - (1 - a).sqrt() * eps) / a.sqrt()


@mistake("11.3", COLUMNS)
def x0_from_eps__columns(x_t, t, eps, abar):
    a = abar[t]
    return (x_t - (1 - a).sqrt() * eps) / a.sqrt()


@mistake("11.3", FOR_POINTS)
def x0_from_eps__for_points_alone(x_t, t, eps, abar):
    a = abar[t][:, None]
    return (x_t - (1 - a).sqrt() * eps) / a.sqrt()


@mistake("11.3", FOR_PICTURES)
def x0_from_eps__for_pictures_alone(x_t, t, eps, abar):
    a = abar[t].view(-1, 1, 1, 1)
    return (x_t - (1 - a).sqrt() * eps) / a.sqrt()


@mistake("11.3", "The level is that of the step before, abar[t - 1]: take abar[t].")
def x0_from_eps__step_before(x_t, t, eps, abar):
    a = for_each(abar[t - 1], x_t)
    return (x_t - (1 - a).sqrt() * eps) / a.sqrt()


@mistake("11.3", "abar is multiplied up once more: it holds the products already.")
def x0_from_eps__cumprod_again(x_t, t, eps, abar):
    a = for_each(torch.cumprod(abar, 0)[t], x_t)
    return (x_t - (1 - a).sqrt() * eps) / a.sqrt()


# eps_from_x0


@mistake(
    "11.3", "You divide by 1 - abar_t: the noise was multiplied by its root, sqrt(1 - abar_t)."
)
def eps_from_x0__by_variance(x_t, t, x0, abar):
    a = for_each(abar[t], x_t)
    return (x_t - a.sqrt() * x0) / (1 - a)


@mistake("11.3", "The picture is multiplied by abar_t: it has a root, as in diffuse.")
def eps_from_x0__no_root_on_the_picture(x_t, t, x0, abar):
    a = for_each(abar[t], x_t)
    return (x_t - a * x0) / (1 - a).sqrt()


@mistake("11.3", "There is no root at all: diffuse has sqrt(abar_t) and sqrt(1 - abar_t).")
def eps_from_x0__no_roots(x_t, t, x0, abar):
    a = for_each(abar[t], x_t)
    return (x_t - a * x0) / (1 - a)


@mistake("11.3", "You multiply by sqrt(1 - abar_t): to undo a product, divide.")
def eps_from_x0__product(x_t, t, x0, abar):
    a = for_each(abar[t], x_t)
    return (x_t - a.sqrt() * x0) * (1 - a).sqrt()


@mistake(
    "11.3", "The difference is the wrong way round: eps is what x_t has *more* than the picture."
)
def eps_from_x0__sign(x_t, t, x0, abar):
    a = for_each(abar[t], x_t)
    return (a.sqrt() * x0 - x_t) / (1 - a).sqrt()


@mistake("11.3", "The picture is added: subtract sqrt(abar_t) x0, and the noise is left.")
def eps_from_x0__plus(x_t, t, x0, abar):
    a = for_each(abar[t], x_t)
    return (x_t + a.sqrt() * x0) / (1 - a).sqrt()


@mistake("11.3", "The picture is not faded before it is subtracted: x_t - sqrt(abar_t) x0.")
def eps_from_x0__picture_unscaled(x_t, t, x0, abar):
    return (x_t - x0) / (1 - for_each(abar[t], x_t)).sqrt()


@mistake(
    "11.3", "The noise keeps its factor: divide by sqrt(1 - abar_t), so that eps has variance 1."
)
def eps_from_x0__not_divided(x_t, t, x0, abar):
    return x_t - for_each(abar[t], x_t).sqrt() * x0


@mistake("11.3", "You return x_t - x0: the picture is faded, and the noise has a factor.")
def eps_from_x0__difference(x_t, t, x0, abar):
    return x_t - x0


@mistake("11.3", "The levels are exchanged: subtract sqrt(abar_t) x0, divide by sqrt(1 - abar_t).")
def eps_from_x0__exchanged(x_t, t, x0, abar):
    a = for_each(abar[t], x_t)
    return (x_t - (1 - a).sqrt() * x0) / a.sqrt()


@mistake(
    "11.3", "You divide by sqrt(abar_t), the picture's factor: the noise's is sqrt(1 - abar_t)."
)
def eps_from_x0__by_picture(x_t, t, x0, abar):
    a = for_each(abar[t], x_t)
    return (x_t - a.sqrt() * x0) / a.sqrt()


@mistake("11.3", "Brackets are missing: the whole difference is divided by sqrt(1 - abar_t).")
def eps_from_x0__brackets(x_t, t, x0, abar):
    a = for_each(abar[t], x_t)
    return x_t - a.sqrt() * x0 / (1 - a).sqrt()


@mistake("11.3", "It is sqrt(1 - abar_t), the root of the whole, not 1 - sqrt(abar_t).")
def eps_from_x0__root_first(x_t, t, x0, abar):
    a = for_each(abar[t], x_t)
    return (x_t - a.sqrt() * x0) / (1 - a.sqrt())


@mistake("11.3", FIRST)
def eps_from_x0__first_t(x_t, t, x0, abar):
    a = abar[t[0]]
    return (x_t - a.sqrt() * x0) / (1 - a).sqrt()


@mistake("11.3", COLUMNS)
def eps_from_x0__columns(x_t, t, x0, abar):
    a = abar[t]
    return (x_t - a.sqrt() * x0) / (1 - a).sqrt()


@mistake("11.3", FOR_POINTS)
def eps_from_x0__for_points_alone(x_t, t, x0, abar):
    a = abar[t][:, None]
    return (x_t - a.sqrt() * x0) / (1 - a).sqrt()


@mistake("11.3", FOR_PICTURES)
def eps_from_x0__for_pictures_alone(x_t, t, x0, abar):
    a = abar[t].view(-1, 1, 1, 1)
    return (x_t - a.sqrt() * x0) / (1 - a).sqrt()


@mistake("11.3", "New noise is drawn: eps is what is in x_t already, and can be computed.")
def eps_from_x0__drawn(x_t, t, x0, abar):
    return torch.randn_like(x0)


# score_from_eps


@mistake("11.3", "The sign is missing: the score points from the noisy picture back, against eps.")
def score_from_eps__sign(t, eps, abar):
    return eps / (1 - for_each(abar[t], eps)).sqrt()


@mistake(
    "11.3",
    "You divide by 1 - abar_t: of the noise in x_t one root cancels, sqrt(1 - abar_t) is left.",
)
def score_from_eps__by_variance(t, eps, abar):
    return -eps / (1 - for_each(abar[t], eps))


@mistake(
    "11.3", "You multiply by sqrt(1 - abar_t): the less noise, the steeper the density, so divide."
)
def score_from_eps__product(t, eps, abar):
    return -eps * (1 - for_each(abar[t], eps)).sqrt()


@mistake(
    "11.3", "You divide by sqrt(abar_t), the picture's factor: the noise's is sqrt(1 - abar_t)."
)
def score_from_eps__by_picture(t, eps, abar):
    return -eps / for_each(abar[t], eps).sqrt()


@mistake("11.3", "You divide by abar_t: the noise has the standard deviation sqrt(1 - abar_t).")
def score_from_eps__by_abar(t, eps, abar):
    return -eps / for_each(abar[t], eps)


@mistake(
    "11.3",
    "You return -eps, the score of x_t with noise of variance 1: divide by sqrt(1 - abar_t).",
)
def score_from_eps__minus_eps(t, eps, abar):
    return -eps


@mistake("11.3", "Sign and root are missing: the score is -eps / sqrt(1 - abar_t).")
def score_from_eps__sign_and_root(t, eps, abar):
    return eps / (1 - for_each(abar[t], eps))


@mistake("11.3", "You return the log density, not its gradient: -eps / sqrt(1 - abar_t).")
def score_from_eps__log_density(t, eps, abar):
    return -0.5 * eps.square() - 0.5 * torch.log(2 * torch.pi * (1 - for_each(abar[t], eps)))


@mistake("11.3", "It is sqrt(1 - abar_t), the root of the whole, not 1 - sqrt(abar_t).")
def score_from_eps__root_first(t, eps, abar):
    return -eps / (1 - for_each(abar[t], eps).sqrt())


@mistake("11.3", "A factor 1/2 is left: the derivative of a square brings a 2, which cancels it.")
def score_from_eps__half(t, eps, abar):
    return -0.5 * eps / (1 - for_each(abar[t], eps)).sqrt()


@mistake("11.3", FIRST)
def score_from_eps__first_t(t, eps, abar):
    return -eps / (1 - abar[t[0]]).sqrt()


@mistake("11.3", COLUMNS)
def score_from_eps__columns(t, eps, abar):
    return -eps / (1 - abar[t]).sqrt()


@mistake("11.3", FOR_POINTS)
def score_from_eps__for_points_alone(t, eps, abar):
    return -eps / (1 - abar[t][:, None]).sqrt()


@mistake("11.3", FOR_PICTURES)
def score_from_eps__for_pictures_alone(t, eps, abar):
    return -eps / (1 - abar[t].view(-1, 1, 1, 1)).sqrt()
