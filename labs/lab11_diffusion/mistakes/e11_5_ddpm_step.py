"""Wrong answers to exercise 11.5 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake

from .shared import bars


def stepped(x_t, t, eps, betas, noise, *, of_eps=None, over=None, spread=None, noiseless=True):
    """The right step, but for the parts given: functions of beta and abar_t."""
    beta, abar = betas[t], bars(betas)[t]
    of_eps = (lambda b, a: b / (1 - a).sqrt()) if of_eps is None else of_eps
    over = (lambda b, a: (1 - b).sqrt()) if over is None else over
    spread = (lambda b, a: b.sqrt()) if spread is None else spread
    mean = (x_t - of_eps(beta, abar) * eps) / over(beta, abar)
    return mean if noiseless and t == 0 else mean + spread(beta, abar) * noise


@mistake(
    "11.5",
    "Noise is added at t = 0 too: the last step gives the picture, return the mean there.",
)
def ddpm_step__noise_at_0(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, noiseless=False)


@mistake(
    "11.5",
    "Noise is added at t = 0 and not at the others: it is the other way round.",
)
def ddpm_step__noise_at_0_alone(x_t, t, eps, betas, noise):
    mean = stepped(x_t, t, eps, betas, 0 * noise)
    return mean + betas[0].sqrt() * noise if t == 0 else mean


@mistake(
    "11.5",
    "The noise is left out at t = T - 1: t = 0 is the last step, since t goes backwards.",
)
def ddpm_step__no_noise_at_the_end(x_t, t, eps, betas, noise):
    drawn = 0 * noise if t == len(betas) - 1 else noise
    return stepped(x_t, t, eps, betas, drawn, noiseless=False)


@mistake("11.5", "The noise is left out at t = 1 too: at t = 0 alone.")
def ddpm_step__no_noise_at_1(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise if t > 1 else 0 * noise)


@mistake("11.5", "The noise is missing: for t > 0 add sqrt(beta_t) * noise.")
def ddpm_step__no_noise(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, 0 * noise)


@mistake(
    "11.5",
    "You divide by sqrt(abar_t): one step back undoes one step, so it is sqrt(alpha_t), "
    "alpha_t = 1 - beta_t.",
)
def ddpm_step__abar_for_alpha(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, over=lambda b, a: a.sqrt())


@mistake("11.5", "You divide by alpha_t: it is its root, sqrt(1 - beta_t).")
def ddpm_step__no_root_on_alpha(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, over=lambda b, a: 1 - b)


@mistake("11.5", "You divide by sqrt(beta_t): it is sqrt(alpha_t), alpha_t = 1 - beta_t.")
def ddpm_step__by_beta(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, over=lambda b, a: b.sqrt())


@mistake("11.5", "You multiply by sqrt(alpha_t), as noising does: to undo it, divide.")
def ddpm_step__multiplied(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, over=lambda b, a: 1 / (1 - b).sqrt())


@mistake("11.5", "You do not divide by sqrt(alpha_t), by which the step has faded the picture.")
def ddpm_step__not_divided(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, over=lambda b, a: 1)


@mistake(
    "11.5",
    "Brackets are missing: x_t, too, is divided by sqrt(alpha_t), not eps alone.",
)
def ddpm_step__brackets_missing(x_t, t, eps, betas, noise):
    def of_eps(b, a):
        return b / (1 - a).sqrt() / (1 - b).sqrt()

    return stepped(x_t, t, eps, betas, noise, of_eps=of_eps, over=lambda b, a: 1)


@mistake("11.5", "You divide x_t alone by sqrt(alpha_t): the difference as a whole is divided.")
def ddpm_step__x_t_alone_divided(x_t, t, eps, betas, noise):
    return stepped(
        x_t, t, eps, betas, noise, of_eps=lambda b, a: b / (1 - a).sqrt() * (1 - b).sqrt()
    )


@mistake("11.5", "eps is divided by 1 - abar_t: it is the root, sqrt(1 - abar_t).")
def ddpm_step__no_root_on_level(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, of_eps=lambda b, a: b / (1 - a))


@mistake("11.5", "eps is divided by sqrt(abar_t): it is sqrt(1 - abar_t).")
def ddpm_step__by_abar(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, of_eps=lambda b, a: b / a.sqrt())


@mistake("11.5", "1 - sqrt(abar_t) is not sqrt(1 - abar_t): the root goes over the whole.")
def ddpm_step__root_first(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, of_eps=lambda b, a: b / (1 - a.sqrt()))


@mistake("11.5", "eps is not divided by sqrt(1 - abar_t).")
def ddpm_step__eps_undivided(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, of_eps=lambda b, a: b)


@mistake("11.5", "eps is multiplied by sqrt(1 - abar_t): it is divided by it.")
def ddpm_step__eps_multiplied(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, of_eps=lambda b, a: b * (1 - a).sqrt())


@mistake("11.5", "eps has the factor alpha_t = 1 - beta_t: it is beta_t, the noise of one step.")
def ddpm_step__alpha_for_beta(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, of_eps=lambda b, a: (1 - b) / (1 - a).sqrt())


@mistake("11.5", "eps has the factor sqrt(beta_t): it is beta_t itself.")
def ddpm_step__root_of_beta_on_eps(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, of_eps=lambda b, a: b.sqrt() / (1 - a).sqrt())


@mistake("11.5", "The factor beta_t of eps is missing: beta_t / sqrt(1 - abar_t).")
def ddpm_step__no_beta(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, of_eps=lambda b, a: 1 / (1 - a).sqrt())


@mistake("11.5", "eps is added: the step takes noise away, so subtract it.")
def ddpm_step__plus(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, of_eps=lambda b, a: -b / (1 - a).sqrt())


@mistake(
    "11.5",
    "All the noise is taken away at once, which gives the picture: one step takes beta_t / "
    "sqrt(1 - abar_t) eps.",
)
def ddpm_step__to_the_picture(x_t, t, eps, betas, noise):
    def of_eps(b, a):
        return (1 - a).sqrt()

    return stepped(x_t, t, eps, betas, noise, of_eps=of_eps, over=lambda b, a: a.sqrt())


@mistake(
    "11.5",
    "All the noise is taken away, sqrt(1 - abar_t) eps: one step takes beta_t / sqrt(1 - abar_t) "
    "eps.",
)
def ddpm_step__all_noise(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, of_eps=lambda b, a: (1 - a).sqrt())


@mistake("11.5", "The noise is multiplied by beta_t: beta_t is a variance, so its root.")
def ddpm_step__beta_for_root(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, spread=lambda b, a: b)


@mistake("11.5", "The noise is not scaled: multiply it by sqrt(beta_t).")
def ddpm_step__noise_unscaled(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, spread=lambda b, a: 1)


@mistake("11.5", "The noise is multiplied by sqrt(1 - beta_t): it is sqrt(beta_t).")
def ddpm_step__spread_alpha(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, spread=lambda b, a: (1 - b).sqrt())


@mistake(
    "11.5", "The noise is multiplied by sqrt(1 - abar_t), all steps' noise: it is sqrt(beta_t)."
)
def ddpm_step__spread_of_all(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, spread=lambda b, a: (1 - a).sqrt())


@mistake(
    "11.5",
    "The noise has the spread of the posterior, which works too, but the exercise asks for "
    "sqrt(beta_t).",
)
def ddpm_step__posterior_spread(x_t, t, eps, betas, noise):
    before = bars(betas)[t - 1] if t > 0 else 1.0
    return stepped(
        x_t, t, eps, betas, noise, spread=lambda b, a: (b * (1 - before) / (1 - a)).sqrt()
    )


@mistake(
    "11.5",
    "The noise has the posterior's variance as its factor: it is multiplied by sqrt(beta_t).",
)
def ddpm_step__posterior_variance(x_t, t, eps, betas, noise):
    before = bars(betas)[t - 1] if t > 0 else 1.0
    return stepped(x_t, t, eps, betas, noise, spread=lambda b, a: b * (1 - before) / (1 - a))


@mistake("11.5", "The noise is divided by sqrt(alpha_t) as well: it is added after the division.")
def ddpm_step__noise_divided(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, spread=lambda b, a: (b / (1 - b)).sqrt())


@mistake("11.5", "The noise is subtracted: add it. (Its law is the same, but not these pictures.)")
def ddpm_step__noise_minus(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, -noise)


@mistake(
    "11.5",
    "The noise is drawn by torch.randn_like: use the noise that is given, so that a picture can be "
    "drawn again.",
)
def ddpm_step__own_noise(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, torch.randn_like(x_t))


@mistake("11.5", "eps is taken for the new noise: that is the argument noise.")
def ddpm_step__eps_for_noise(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, eps)


@mistake("11.5", "noise and eps are exchanged: eps is subtracted, and noise is added.")
def ddpm_step__noise_for_eps(x_t, t, eps, betas, noise):
    return stepped(x_t, t, noise, betas, eps)


@mistake("11.5", "abar is that of the step before: it is alpha_bars(betas)[t].")
def ddpm_step__abar_before(x_t, t, eps, betas, noise):
    abar = bars(betas)[t - 1]
    return stepped(x_t, t, eps, betas, noise, of_eps=lambda b, a: b / (1 - abar).sqrt())


@mistake("11.5", "The step is off by one: at step t, betas[t] and alpha_bars(betas)[t] count.")
def ddpm_step__off_by_one(x_t, t, eps, betas, noise):
    shifted = stepped(x_t, max(t - 1, 0), eps, betas, 0 * noise)
    return shifted if t == 0 else shifted + betas[t - 1].sqrt() * noise


@mistake(
    "11.5",
    "1 - betas[t] is taken for abar_t: that is one step alone, alpha_bars(betas)[t] has all.",
)
def ddpm_step__alpha_for_abar(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, of_eps=lambda b, a: b / (1 - (1 - b)).sqrt())


@mistake("11.5", "betas[t] is taken for abar_t: abar_t is alpha_bars(betas)[t].")
def ddpm_step__beta_for_abar(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise, of_eps=lambda b, a: b / (1 - b).sqrt())


@mistake("11.5", "At t = 0 you return x_t as it is: the last step takes the noise of eps away too.")
def ddpm_step__nothing_at_0(x_t, t, eps, betas, noise):
    return x_t if t == 0 else stepped(x_t, t, eps, betas, noise)


@mistake("11.5", "The result is clamped to [-1, 1]: noise goes beyond, leave it as it is.")
def ddpm_step__clamped(x_t, t, eps, betas, noise):
    return stepped(x_t, t, eps, betas, noise).clamp(-1, 1)


@mistake("11.5", "You return the mean and the noise apart: return their sum.")
def ddpm_step__pair(x_t, t, eps, betas, noise):
    mean = stepped(x_t, t, eps, betas, 0 * noise)
    return mean, (betas[t].sqrt() if t > 0 else 0) * noise
