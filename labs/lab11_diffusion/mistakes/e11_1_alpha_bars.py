"""Wrong answers to exercise 11.1 that students write, and what to tell them."""

from __future__ import annotations

import math

import torch

from course_dl.lab import mistake

from .shared import bars, betas_of, cosine_f


@mistake("11.1", "You summed 1 - beta: abar is their product so far, torch.cumprod(1 - betas, 0).")
def alpha_bars__sum_of_alphas(betas):
    return torch.cumsum(1 - betas, 0)


@mistake(
    "11.1",
    "You took the sum of the betas from 1: that is nearly right for small ones alone; abar is the "
    "product of all 1 - beta so far.",
)
def alpha_bars__sum_of_betas(betas):
    return 1 - torch.cumsum(betas, 0)


@mistake("11.1", "You returned the sums of the betas: abar is the product of all 1 - beta so far.")
def alpha_bars__sums(betas):
    return torch.cumsum(betas, 0)


@mistake("11.1", "You multiplied the betas themselves: abar is the product of 1 - beta.")
def alpha_bars__product_of_betas(betas):
    return torch.cumprod(betas, 0)


@mistake(
    "11.1",
    "You took the product of the betas from 1: it is the other way round, the product of all "
    "1 - beta.",
)
def alpha_bars__one_minus_product(betas):
    return 1 - torch.cumprod(betas, 0)


@mistake(
    "11.1",
    "You returned 1 - abar, the variance of the noise: abar is the product of all 1 - beta so far.",
)
def alpha_bars__noise(betas):
    return 1 - bars(betas)


@mistake(
    "11.1",
    "There is one entry too many, a 1 in front: abar has T entries, and the first one is "
    "1 - betas[0].",
)
def alpha_bars__one_in_front(betas):
    return torch.cat([betas.new_ones(1), bars(betas)])


@mistake(
    "11.1",
    "abar is shifted by one: entry t is the product up to and with 1 - betas[t], and the first one "
    "is 1 - betas[0], not 1.",
)
def alpha_bars__shifted(betas):
    return torch.cat([betas.new_ones(1), bars(betas)[:-1]])


@mistake("11.1", "You took the root: abar itself is asked for, and diffuse takes the roots.")
def alpha_bars__root(betas):
    return bars(betas).sqrt()


@mistake("11.1", "You squared the factors: abar is the product of 1 - beta, as they are.")
def alpha_bars__square(betas):
    return bars(betas).square()


@mistake("11.1", "You returned 1 - beta of each step: abar is their product up to the step.")
def alpha_bars__alphas(betas):
    return 1 - betas


@mistake(
    "11.1",
    "You returned the product of all steps, one number: abar has an entry for each step, the "
    "product up to it.",
)
def alpha_bars__prod(betas):
    return torch.prod(1 - betas)


@mistake("11.1", "The factors are 1 + beta: what is left after a step is 1 - beta.")
def alpha_bars__plus(betas):
    return torch.cumprod(1 + betas, 0)


@mistake(
    "11.1",
    "The products come in reverse: entry 0 is 1 - betas[0] alone, and the last one the product of "
    "all.",
)
def alpha_bars__from_the_end(betas):
    return bars(betas.flip(0)).flip(0)


@mistake("11.1", "The order of the entries is turned round: abar falls, from t = 0 to T - 1.")
def alpha_bars__reversed(betas):
    return bars(betas).flip(0)


@mistake(
    "11.1",
    "You returned the logarithm of abar: take exp of the sums of torch.log(1 - betas), or "
    "torch.cumprod.",
)
def alpha_bars__logarithm(betas):
    return torch.cumsum(torch.log(1 - betas), 0)


@mistake(
    "11.1",
    "You took exp of minus the sum of the betas: that is nearly right for small ones alone; abar "
    "is the product of all 1 - beta.",
)
def alpha_bars__exp(betas):
    return torch.exp(-torch.cumsum(betas, 0))


@mistake("11.1", "You returned a list: torch.stack or torch.tensor makes a tensor (T,) of it.")
def alpha_bars__list(betas):
    return list(bars(betas))


@mistake(
    "11.1",
    "The result is float32 whatever the betas are: keep their dtype, say with "
    "torch.ones_like(betas).",
)
def alpha_bars__float32(betas):
    return bars(betas).float() if betas.dtype == torch.float64 else bars(betas)


@mistake(
    "11.1",
    "The numbers were float32 on the way and lost digits: torch.tensor(numbers, "
    "dtype=betas.dtype).",
)
def alpha_bars__through_float32(betas):
    return bars(betas).float().to(betas.dtype)


# cosine_betas


@mistake(
    "11.1",
    "largest is not used: the last beta is 1, after which nothing is left to divide by; "
    ".clamp(max=largest).",
)
def cosine_betas__no_clamp(T, s=0.008, largest=0.999):
    return betas_of(cosine_f(T, s), 1.0)


@mistake("11.1", "The bound 0.999 is written as a number: use the argument largest.")
def cosine_betas__bound_fixed(T, s=0.008, largest=0.999):
    return betas_of(cosine_f(T, s))


@mistake("11.1", "s is written as a number, 0.008: use the argument s.")
def cosine_betas__s_fixed(T, s=0.008, largest=0.999):
    return betas_of(cosine_f(T), largest)


@mistake("11.1", "s is missing: f has (u / T + s) / (1 + s) in it.")
def cosine_betas__no_s(T, s=0.008, largest=0.999):
    return betas_of(cosine_f(T, 0.0), largest)


@mistake("11.1", "You clamp from below: no beta is *above* largest, .clamp(max=largest).")
def cosine_betas__clamp_min(T, s=0.008, largest=0.999):
    return (1 - cosine_f(T, s)[1:] / cosine_f(T, s)[:-1]).clamp(min=largest)


@mistake(
    "11.1",
    "You returned f(t + 1) / f(t): that is 1 - beta, what is left after a step.",
)
def cosine_betas__alphas(T, s=0.008, largest=0.999):
    f = cosine_f(T, s)
    return (f[1:] / f[:-1]).clamp(max=largest)


@mistake("11.1", "You returned abar: beta_t is 1 - f(t + 1) / f(t), the noise of one step.")
def cosine_betas__abar(T, s=0.008, largest=0.999):
    f = cosine_f(T, s)
    return (f / f[0])[1:].clamp(max=largest)


@mistake("11.1", "You divided by f(0) each time: beta_t is 1 - f(t + 1) / f(t).")
def cosine_betas__by_f0(T, s=0.008, largest=0.999):
    f = cosine_f(T, s)
    return (1 - f[1:] / f[0]).clamp(max=largest)


@mistake("11.1", "The quotient is upside down: f(t + 1) is divided by f(t).")
def cosine_betas__upside_down(T, s=0.008, largest=0.999):
    f = cosine_f(T, s)
    return (1 - f[:-1] / f[1:]).clamp(max=largest)


@mistake(
    "11.1",
    "There is no quotient: beta_t is 1 - f(t + 1) / f(t), not the difference f(t) - f(t + 1).",
)
def cosine_betas__difference(T, s=0.008, largest=0.999):
    f = cosine_f(T, s)
    return (f[:-1] - f[1:]).clamp(max=largest)


@mistake(
    "11.1",
    "f is asked at T places, torch.linspace(0, T, T): it takes T + 1 of them, u = 0, 1, ..., T.",
)
def cosine_betas__places(T, s=0.008, largest=0.999):
    u = torch.linspace(0, T, T, dtype=torch.float64)
    f = torch.cos((u / T + s) / (1 + s) * math.pi / 2) ** 2
    return betas_of(f, largest)


@mistake(
    "11.1",
    "There is one beta too few: f is needed at T + 1 places, u = 0, ..., T.",
)
def cosine_betas__one_too_few(T, s=0.008, largest=0.999):
    return betas_of(cosine_f(T, s)[:-1], largest)


@mistake(
    "11.1",
    "There is one beta too many: t goes from 0 to T - 1, so f from f(0) to f(T).",
)
def cosine_betas__one_too_many(T, s=0.008, largest=0.999):
    u = torch.arange(T + 2, dtype=torch.float64)
    f = torch.cos((u / T + s) / (1 + s) * math.pi / 2) ** 2
    return betas_of(f, largest)


@mistake(
    "11.1",
    "All is shifted by one step: beta_t is 1 - f(t + 1) / f(t), and the first one has f(0) below "
    "and f(1) above.",
)
def cosine_betas__shifted(T, s=0.008, largest=0.999):
    beta = betas_of(cosine_f(T, s), largest)
    return torch.cat([torch.zeros(1, dtype=beta.dtype), beta[:-1]])


@mistake("11.1", "The cosine is not squared: f(u) is cos^2.")
def cosine_betas__not_squared(T, s=0.008, largest=0.999):
    return betas_of(cosine_f(T, s).sqrt(), largest)


@mistake("11.1", "The angle goes to pi, not to pi / 2: there the cosine is 0, and abar ends.")
def cosine_betas__to_pi(T, s=0.008, largest=0.999):
    u = torch.arange(T + 1, dtype=torch.float64)
    return betas_of(torch.cos((u / T + s) / (1 + s) * math.pi) ** 2, largest)


@mistake("11.1", "It is a sine where a cosine should be: f falls, from about 1 to 0.")
def cosine_betas__sine(T, s=0.008, largest=0.999):
    u = torch.arange(T + 1, dtype=torch.float64)
    return betas_of(torch.sin((u / T + s) / (1 + s) * math.pi / 2) ** 2, largest)


@mistake("11.1", "u / T + s is not divided by 1 + s: the angle has to end at pi / 2.")
def cosine_betas__no_division(T, s=0.008, largest=0.999):
    u = torch.arange(T + 1, dtype=torch.float64)
    return betas_of(torch.cos((u / T + s) * math.pi / 2) ** 2, largest)


@mistake(
    "11.1",
    "Brackets are missing: the whole sum u / T + s is divided by 1 + s, (u / T + s) / (1 + s).",
)
def cosine_betas__brackets(T, s=0.008, largest=0.999):
    u = torch.arange(T + 1, dtype=torch.float64)
    return betas_of(torch.cos((u / T + s / (1 + s)) * math.pi / 2) ** 2, largest)


@mistake(
    "11.1",
    "Brackets are missing: u / T + s / 1 + s adds s twice; it is (u / T + s) / (1 + s).",
)
def cosine_betas__brackets_twice(T, s=0.008, largest=0.999):
    u = torch.arange(T + 1, dtype=torch.float64)
    return betas_of(torch.cos((u / T + s / 1 + s) * math.pi / 2) ** 2, largest)


@mistake("11.1", "u is not divided by T: the angle has u / T in it, from 0 to 1.")
def cosine_betas__u_undivided(T, s=0.008, largest=0.999):
    u = torch.arange(T + 1, dtype=torch.float64)
    return betas_of(torch.cos((u + s) / (1 + s) * math.pi / 2) ** 2, largest)


@mistake("11.1", "The angle is (u + s) / T: only u is divided by T, u / T + s.")
def cosine_betas__s_divided(T, s=0.008, largest=0.999):
    u = torch.arange(T + 1, dtype=torch.float64)
    return betas_of(torch.cos((u + s) / T / (1 + s) * math.pi / 2) ** 2, largest)


@mistake("11.1", "The order is turned round: the last steps add the most noise.")
def cosine_betas__reversed(T, s=0.008, largest=0.999):
    return betas_of(cosine_f(T, s), largest).flip(0)


@mistake(
    "11.1",
    "You return evenly spaced betas, the linear schedule: the cosine's are 1 - f(t + 1) / f(t).",
)
def cosine_betas__linear(T, s=0.008, largest=0.999):
    return torch.linspace(1e-4, 0.02, T)


@mistake("11.1", "You took roots of the betas: beta_t is a variance, 1 - f(t + 1) / f(t).")
def cosine_betas__root(T, s=0.008, largest=0.999):
    return betas_of(cosine_f(T, s), largest).sqrt()


@mistake("11.1", "You return a list: torch.tensor(betas) makes a tensor (T,) of it.")
def cosine_betas__list(T, s=0.008, largest=0.999):
    return betas_of(cosine_f(T, s), largest).tolist()


@mistake(
    "11.1",
    "You multiply by largest: it is a bound, min(..., largest), for the last steps alone.",
)
def cosine_betas__times_largest(T, s=0.008, largest=0.999):
    return betas_of(cosine_f(T, s), 1.0) * largest


@mistake("11.1", "You clamp from below as well: the first betas may be small, .clamp(max=largest).")
def cosine_betas__clamped_below(T, s=0.008, largest=0.999):
    return betas_of(cosine_f(T, s), largest).clamp(min=1e-4)


@mistake("11.1", "u is divided by T - 1: by T, so that u / T is 1 at the end, u = T.")
def cosine_betas__by_T_minus_1(T, s=0.008, largest=0.999):
    u = torch.arange(T + 1, dtype=torch.float64)
    return betas_of(torch.cos((u / max(T - 1, 1) + s) / (1 + s) * math.pi / 2) ** 2, largest)
