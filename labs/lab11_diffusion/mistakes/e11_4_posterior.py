"""Wrong answers to exercise 11.4 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake

from .shared import bars


def right_x0(b, a, p):
    """Of beta_t, abar_t and abar_{t-1}, as the next two."""
    return p.sqrt() * b / (1 - a)


def right_x_t(b, a, p):
    return (1 - b).sqrt() * (1 - p) / (1 - a)


def right_variance(b, a, p):
    return b * (1 - p) / (1 - a)


def changed(x0, x_t, t, betas, *, of_x0=right_x0, of_x_t=right_x_t, variance=right_variance):
    """The right posterior, but for the parts given."""
    if t == 0:
        return x0, 0.0
    abar = bars(betas)
    return parts(x0, x_t, betas[t], abar[t], abar[t - 1], of_x0, of_x_t, variance)


def parts(x0, x_t, b, a, p, of_x0=right_x0, of_x_t=right_x_t, variance=right_variance):
    return of_x0(b, a, p) * x0 + of_x_t(b, a, p) * x_t, float(variance(b, a, p))


@mistake(
    "11.4",
    "At t = 0, abar[t - 1] is abar[-1]: in Python that is the *last* entry, without a warning. "
    "Before step 0 abar is 1, so the mean is x0 and the variance 0.",
)
def posterior__last_entry(x0, x_t, t, betas):
    abar = bars(betas)
    return parts(x0, x_t, betas[t], abar[t], abar[t - 1])


# The mean


@mistake("11.4", "The weights are exchanged: x0 has sqrt(abar_{t-1}) beta_t, the rest is x_t's.")
def posterior__exchanged(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, of_x0=right_x_t, of_x_t=right_x0)


@mistake("11.4", "abar_t stands everywhere: in the numerators it is abar_{t-1}, abar[t - 1].")
def posterior__abar_t(x0, x_t, t, betas):
    abar = bars(betas)
    return (x0, 0.0) if t == 0 else parts(x0, x_t, betas[t], abar[t], abar[t])


@mistake("11.4", "The weight of x0 has sqrt(abar_t): it is sqrt(abar_{t-1}), abar[t - 1].")
def posterior__abar_t_for_x0(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, of_x0=lambda b, a, p: a.sqrt() * b / (1 - a))


@mistake("11.4", "The weight of x_t has 1 - abar_t, which cancels: it is 1 - abar_{t-1}.")
def posterior__abar_t_for_x_t(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, of_x_t=lambda b, a, p: (1 - b).sqrt())


@mistake(
    "11.4", "The weight of x_t has sqrt(abar_t): it is the root of one step, sqrt(1 - beta_t)."
)
def posterior__abar_for_alpha(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, of_x_t=lambda b, a, p: a.sqrt() * (1 - p) / (1 - a))


@mistake("11.4", "The weight of x_t has sqrt(abar_{t-1}): it is one step's root, sqrt(1 - beta_t).")
def posterior__before_for_alpha(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, of_x_t=lambda b, a, p: p.sqrt() * (1 - p) / (1 - a))


@mistake(
    "11.4",
    "The weight of x0 has sqrt(1 - beta_t), the root of one step: it is sqrt(abar_{t-1}), of all "
    "steps before.",
)
def posterior__alpha_for_abar(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, of_x0=lambda b, a, p: (1 - b).sqrt() * b / (1 - a))


@mistake("11.4", "The weights lack their roots: sqrt(abar_{t-1}) and sqrt(1 - beta_t).")
def posterior__no_roots(x0, x_t, t, betas):
    def of_x_t(b, a, p):
        return (1 - b) * (1 - p) / (1 - a)

    return changed(x0, x_t, t, betas, of_x0=lambda b, a, p: p * b / (1 - a), of_x_t=of_x_t)


@mistake("11.4", "The weight of x0 lacks its root: sqrt(abar_{t-1}).")
def posterior__no_root_for_x0(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, of_x0=lambda b, a, p: p * b / (1 - a))


@mistake("11.4", "The weight of x_t lacks its root: sqrt(1 - beta_t).")
def posterior__no_root_for_x_t(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, of_x_t=lambda b, a, p: (1 - b) * (1 - p) / (1 - a))


@mistake("11.4", "The weights are not divided by 1 - abar_t.")
def posterior__not_divided(x0, x_t, t, betas):
    def of_x_t(b, a, p):
        return (1 - b).sqrt() * (1 - p)

    return changed(x0, x_t, t, betas, of_x0=lambda b, a, p: p.sqrt() * b, of_x_t=of_x_t)


@mistake("11.4", "Nothing is divided by 1 - abar_t: both weights and the variance are.")
def posterior__nothing_divided(x0, x_t, t, betas):
    mean, variance = changed(x0, x_t, t, betas)
    level = 1 - bars(betas)[t] if t > 0 else 1
    return mean * level, float(variance * level)


@mistake("11.4", "You divide by 1 - abar_{t-1}, the level before: it is 1 - abar_t.")
def posterior__divided_by_the_level_before(x0, x_t, t, betas):
    if t == 0:
        return x0, 0.0
    abar = bars(betas)
    mean, variance = changed(x0, x_t, t, betas)
    ratio = (1 - abar[t]) / (1 - abar[t - 1])
    return mean * ratio, float(variance * ratio)


@mistake("11.4", "You divide by abar_t: it is 1 - abar_t.")
def posterior__divided_by_abar(x0, x_t, t, betas):
    mean, variance = changed(x0, x_t, t, betas)
    ratio = (1 - bars(betas)[t]) / bars(betas)[t] if t > 0 else 1
    return mean * ratio, float(variance * ratio)


@mistake("11.4", "You divide by the root of 1 - abar_t: it is 1 - abar_t itself.")
def posterior__divided_by_root(x0, x_t, t, betas):
    mean, variance = changed(x0, x_t, t, betas)
    ratio = (1 - bars(betas)[t]) ** 0.5 if t > 0 else 1
    return mean * ratio, float(variance * ratio)


@mistake("11.4", "The weight of x0 has no beta_t: sqrt(abar_{t-1}) beta_t / (1 - abar_t).")
def posterior__no_beta(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, of_x0=lambda b, a, p: p.sqrt() / (1 - a))


@mistake("11.4", "The weight of x0 has the root of beta_t: it is beta_t.")
def posterior__root_of_beta(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, of_x0=lambda b, a, p: (p * b).sqrt() / (1 - a))


@mistake("11.4", "1 - abar_{t-1} is missing in the weight of x_t.")
def posterior__no_level_for_x_t(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, of_x_t=lambda b, a, p: (1 - b).sqrt() / (1 - a))


@mistake("11.4", "The weight of x_t has abar_{t-1}: it is 1 - abar_{t-1}, how noisy x_{t-1} is.")
def posterior__abar_for_level(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, of_x_t=lambda b, a, p: (1 - b).sqrt() * p / (1 - a))


@mistake("11.4", "The weight of x_t has sqrt(beta_t): it is sqrt(1 - beta_t).")
def posterior__beta_for_alpha(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, of_x_t=lambda b, a, p: b.sqrt() * (1 - p) / (1 - a))


@mistake("11.4", "The part of x_t is subtracted: both parts are added.")
def posterior__minus(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, of_x_t=lambda b, a, p: -right_x_t(b, a, p))


@mistake("11.4", "x_t is missing in the mean: x0 and x_t both tell of x_{t-1}.")
def posterior__x0_alone(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, of_x_t=lambda b, a, p: 0)


@mistake(
    "11.4",
    "You returned mean and variance of q(x_{t-1} | x0), as if x_t were not known: both tell of "
    "x_{t-1}.",
)
def posterior__prior(x0, x_t, t, betas):
    before = bars(betas)[t - 1] if t > 0 else 1.0
    return before**0.5 * x0, float(1 - before)


# The variance


@mistake(
    "11.4",
    "The variance is beta_t: who knows x0 as well doubts less, beta_t (1 - abar_{t-1}) / "
    "(1 - abar_t).",
)
def posterior__variance_beta(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, variance=lambda b, a, p: b)


@mistake(
    "11.4",
    "The variance is beta_t at t = 0 too: who knows x0 doubts less, beta_t (1 - abar_{t-1}) / "
    "(1 - abar_t), and at t = 0 not at all.",
)
def posterior__variance_beta_always(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas)[0], betas[t].item()


@mistake("11.4", "You returned the standard deviation: the variance is asked for, without a root.")
def posterior__standard_deviation(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, variance=lambda b, a, p: right_variance(b, a, p).sqrt())


@mistake("11.4", "You returned the logarithm of the variance: the variance itself is asked for.")
def posterior__log_variance(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, variance=lambda b, a, p: right_variance(b, a, p).log())


@mistake(
    "11.4",
    "The variance has 1 - beta_t for beta_t: it is beta_t (1 - abar_{t-1}) / (1 - abar_t).",
)
def posterior__variance_alpha(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, variance=lambda b, a, p: (1 - b) * (1 - p) / (1 - a))


@mistake("11.4", "The variance lacks the factor beta_t: beta_t (1 - abar_{t-1}) / (1 - abar_t).")
def posterior__variance_no_beta(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, variance=lambda b, a, p: (1 - p) / (1 - a))


@mistake("11.4", "The variance lacks 1 - abar_{t-1}: beta_t (1 - abar_{t-1}) / (1 - abar_t).")
def posterior__variance_no_level(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, variance=lambda b, a, p: b / (1 - a))


@mistake("11.4", "The variance is not divided by 1 - abar_t.")
def posterior__variance_not_divided(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, variance=lambda b, a, p: b * (1 - p))


@mistake(
    "11.4",
    "The quotient of the variance is upside down: beta_t (1 - abar_{t-1}) / (1 - abar_t).",
)
def posterior__variance_upside_down(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, variance=lambda b, a, p: b * (1 - a) / (1 - p))


@mistake("11.4", "The variance has abar for 1 - abar: beta_t (1 - abar_{t-1}) / (1 - abar_t).")
def posterior__variance_of_abar(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, variance=lambda b, a, p: b * p / a)


@mistake("11.4", "The variance is that of x_{t-1} given x0 alone: x_t is known too.")
def posterior__variance_prior(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, variance=lambda b, a, p: 1 - p)


@mistake("11.4", "The variance is always 0: that is so at t = 0 alone.")
def posterior__variance_zero(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas, variance=lambda b, a, p: 0)


@mistake("11.4", "The mean alone is returned: return the mean and the variance.")
def posterior__mean_alone(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas)[0]


@mistake("11.4", "The variance comes first: return (mean, variance).")
def posterior__order(x0, x_t, t, betas):
    return changed(x0, x_t, t, betas)[::-1]


@mistake("11.4", "The variance has the shape of the pictures: it is one number, the same for all.")
def posterior__variance_like_x0(x0, x_t, t, betas):
    mean, variance = changed(x0, x_t, t, betas)
    return mean, x0 * 0 + variance


# The ends of time


@mistake("11.4", "At t = 0 the mean is x_t: there it is x0, the picture, which is known.")
def posterior__x_t_at_0(x0, x_t, t, betas):
    return (x_t, 0.0) if t == 0 else changed(x0, x_t, t, betas)


@mistake("11.4", "At t = 0 the variance is beta_0: there x_{t-1} is x0, which is known, so 0.")
def posterior__beta_at_0(x0, x_t, t, betas):
    return (x0, betas[0].item()) if t == 0 else changed(x0, x_t, t, betas)


@mistake("11.4", "At t = 0 the variance is 1: there x_{t-1} is x0, which is known, so 0.")
def posterior__one_at_0(x0, x_t, t, betas):
    return (x0, 1.0) if t == 0 else changed(x0, x_t, t, betas)


@mistake("11.4", "Before step 0 you took abar for 0: nothing is lost there, abar is 1.")
def posterior__zero_before(x0, x_t, t, betas):
    if t == 0:
        return parts(x0, x_t, betas[0], 1 - betas[0], 0 * betas[0])
    return changed(x0, x_t, t, betas)


@mistake("11.4", "Before step 0 you took abar[0]: nothing is lost there, abar is 1.")
def posterior__first_before(x0, x_t, t, betas):
    if t == 0:
        return parts(x0, x_t, betas[0], 1 - betas[0], 1 - betas[0])
    return changed(x0, x_t, t, betas)


@mistake(
    "11.4",
    "betas[t] is taken for abar_t: abar is the product of all 1 - beta so far, alpha_bars(betas).",
)
def posterior__betas_for_abar(x0, x_t, t, betas):
    return (x0, 0.0) if t == 0 else parts(x0, x_t, betas[t], betas[t], betas[t - 1])


@mistake(
    "11.4",
    "1 - betas[t] is taken for abar_t: that is one step alone, alpha_bars(betas) has all.",
)
def posterior__alpha_for_abar_everywhere(x0, x_t, t, betas):
    return (x0, 0.0) if t == 0 else parts(x0, x_t, betas[t], 1 - betas[t], 1 - betas[t - 1])


@mistake("11.4", "The step is off by one: at step t, abar[t] and abar[t - 1] and betas[t] count.")
def posterior__off_by_one(x0, x_t, t, betas):
    return changed(x0, x_t, max(t - 1, 0), betas)


@mistake("11.4", "beta is that of the step before: the step from t - 1 to t has betas[t].")
def posterior__beta_before(x0, x_t, t, betas):
    abar = bars(betas)
    return (x0, 0.0) if t == 0 else parts(x0, x_t, betas[t - 1], abar[t], abar[t - 1])


@mistake("11.4", "The level before is abar[t + 1]: abar falls with t, and before t comes t - 1.")
def posterior__after_for_before(x0, x_t, t, betas):
    abar = bars(betas)
    after = abar[min(t + 1, len(betas) - 1)]
    return (x0, 0.0) if t == 0 else parts(x0, x_t, betas[t], abar[t], after)


@mistake("11.4", "At t = 1 you return x0 as well: only at t = 0 is x_{t-1} the picture.")
def posterior__x0_at_1(x0, x_t, t, betas):
    return (x0, 0.0) if t <= 1 else changed(x0, x_t, t, betas)


@mistake(
    "11.4",
    "abar is shifted by one: abar_t is alpha_bars(betas)[t], with all factors up to 1 - betas[t].",
)
def posterior__abar_shifted(x0, x_t, t, betas):
    abar = torch.cat([betas.new_ones(1), bars(betas)])
    return (x0, 0.0) if t == 0 else parts(x0, x_t, betas[t], abar[t], abar[t - 1])
