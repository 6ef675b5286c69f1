"""Right answers to lab 11, written as differently as students write."""

import itertools
import math
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# 11.1


def alpha_bars__loop(betas):
    abar, product = torch.empty_like(betas), 1.0
    for t in range(len(betas)):
        product = product * (1 - betas[t])
        abar[t] = product
    return abar


def alpha_bars__logarithms(betas):
    return torch.exp(torch.cumsum(torch.log1p(-betas), dim=0))


def alpha_bars__prod_of_slices(betas):
    return torch.stack([torch.prod(1.0 - betas[: t + 1]) for t in range(betas.shape[0])])


def alpha_bars__numpy(betas):
    return torch.from_numpy(np.cumprod(1 - betas.numpy()))


def alpha_bars__accumulate(betas):
    return torch.stack(list(itertools.accumulate(1 - betas, lambda a, b: a * b)))


def alpha_bars__triangle(betas):
    """Entry (t, s) is the factor of step s where s <= t, else 1."""
    T = len(betas)
    factors = (1 - betas).expand(T, T)
    later = torch.ones(T, T, dtype=torch.bool).triu(1)
    return factors.masked_fill(later, 1.0).prod(dim=1)


def alpha_bars__doubling(betas):
    """Products of 1, 2, 4, ... neighbours."""
    abar, k = 1 - betas, 1
    while k < len(abar):
        abar = torch.cat([abar[:k], abar[k:] * abar[:-k]])
        k *= 2
    return abar


def alpha_bars__floats(betas):
    abar = [1 - betas[0].item()]
    for beta in betas[1:].tolist():
        abar.append(abar[-1] * (1 - beta))
    return torch.tensor(abar, dtype=betas.dtype)


def cosine_betas__loop(T, s=0.008, largest=0.999):
    def f(u):
        return math.cos((u / T + s) / (1 + s) * math.pi / 2) ** 2

    betas = []
    for t in range(T):
        betas.append(min(1 - f(t + 1) / f(t), largest))
    return torch.tensor(betas)


def cosine_betas__linspace(T, s=0.008, largest=0.999):
    u = torch.linspace(0, 1, T + 1)
    f = torch.cos((u + s) / (1 + s) * torch.pi * 0.5).pow(2)
    return torch.clip(1 - f[1:] / f[:-1], 0, largest)


def cosine_betas__normalized(T, s=0.008, largest=0.999):
    """As the paper has it, with abar = f / f(0) first."""
    steps = torch.arange(0, T + 1, dtype=torch.float64) / T
    abar = torch.cos((steps + s) / (1 + s) * math.pi / 2) ** 2
    abar = abar / abar[0]
    betas = 1 - abar[1:] / abar[:-1]
    return torch.clamp(betas, max=largest)


def cosine_betas__double_angle(T, s=0.008, largest=0.999):
    u = torch.arange(T + 1).double()
    f = 0.5 * (1 + torch.cos((u / T + s) / (1 + s) * math.pi))
    return torch.minimum(1 - f[1:] / f[:-1], torch.tensor(largest, dtype=f.dtype)).float()


def cosine_betas__numpy(T, s=0.008, largest=0.999):
    t = np.arange(T)

    def f(u):
        return np.cos((u / T + s) / (1 + s) * np.pi / 2) ** 2

    return torch.from_numpy(np.minimum(1 - f(t + 1) / f(t), largest))


def cosine_betas__where(T, s=0.008, largest=0.999):
    t = torch.arange(T, dtype=torch.float32)
    top = torch.cos(((t + 1) / T + s) / (1 + s) * math.pi / 2)
    betas = 1 - (top / torch.cos((t / T + s) / (1 + s) * math.pi / 2)).square()
    return torch.where(betas > largest, torch.full_like(betas, largest), betas)


def cosine_betas__diff(T, s=0.008, largest=0.999):
    u = torch.arange(T + 1, dtype=torch.float64)
    f = torch.cos(math.pi / 2 * (u + s * T) / (T * (1 + s))) ** 2
    return (-f.diff() / f[:-1]).clamp_max(largest)


# 11.2


def diffuse__view(x0, t, eps, abar):
    shape = [len(x0)] + [1] * (x0.dim() - 1)
    a = abar[t].view(shape)
    return torch.sqrt(a) * x0 + torch.sqrt(1.0 - a) * eps


def diffuse__sample_by_sample(x0, t, eps, abar):
    rows = []
    for i in range(len(x0)):
        a = abar[t[i]]
        rows.append(a.sqrt() * x0[i] + (1 - a).sqrt() * eps[i])
    return torch.stack(rows)


def diffuse__unsqueeze(x0, t, eps, abar):
    a = torch.gather(abar, 0, t)
    while a.dim() < x0.dim():
        a = a.unsqueeze(-1)
    return a**0.5 * x0 + (1 - a) ** 0.5 * eps


def diffuse__einsum(x0, t, eps, abar):
    a = abar.index_select(0, t)
    picture = torch.einsum("n,n...->n...", a.sqrt(), x0)
    return picture + torch.einsum("n,n...->n...", (1 - a).sqrt(), eps)


def diffuse__flatten(x0, t, eps, abar):
    a = abar[t][:, None]
    rows = a.sqrt() * x0.flatten(1) + (1 - a).sqrt() * eps.flatten(1)
    return rows.reshape(x0.shape)


def diffuse__transposed(x0, t, eps, abar):
    """The samples' axis goes last, where broadcasting finds it."""
    mean, std = abar.sqrt()[t], torch.sqrt(1 - abar)[t]
    return (x0.movedim(0, -1) * mean + eps.movedim(0, -1) * std).movedim(-1, 0)


def diffuse__in_place(x0, t, eps, abar):
    out = x0.clone()
    a = abar[t].reshape((-1,) + (1,) * (x0.ndim - 1))
    out *= a.sqrt()
    out += (1 - a).sqrt().expand_as(eps) * eps
    return out


# 11.3


def at(numbers, like):
    return numbers.reshape(-1, *(1 for _ in like.shape[1:]))


def x0_from_eps__view(x_t, t, eps, abar):
    a = abar[t].view([-1] + [1] * (x_t.dim() - 1))
    return (x_t - torch.sqrt(1 - a) * eps) / torch.sqrt(a)


def x0_from_eps__two_factors(x_t, t, eps, abar):
    """As many programs have it: two tables made before."""
    first, second = torch.sqrt(1.0 / abar), torch.sqrt(1.0 / abar - 1)
    return at(first[t], x_t) * x_t - at(second[t], x_t) * eps


def x0_from_eps__sample_by_sample(x_t, t, eps, abar):
    out = torch.zeros_like(x_t)
    for i, step in enumerate(t.tolist()):
        a = abar[step].item()
        out[i] = (x_t[i] - math.sqrt(1 - a) * eps[i]) / math.sqrt(a)
    return out


def x0_from_eps__by_the_score(x_t, t, eps, abar):
    """Tweedie's formula."""
    a = at(abar[t], x_t)
    score = -eps / (1 - a).sqrt()
    return (x_t + (1 - a) * score) / a.sqrt()


def x0_from_eps__power(x_t, t, eps, abar):
    a = at(abar.gather(0, t), eps)
    return (x_t - (1 - a).pow(0.5) * eps) * a.pow(-0.5)


def x0_from_eps__einsum(x_t, t, eps, abar):
    noise = torch.einsum("n,n...->n...", (1 - abar).sqrt()[t], eps)
    return torch.einsum("n,n...->n...", abar.rsqrt()[t], x_t - noise)


def eps_from_x0__view(x_t, t, x0, abar):
    a = abar[t].view([-1] + [1] * (x_t.dim() - 1))
    return (x_t - torch.sqrt(a) * x0) / torch.sqrt(1 - a)


def eps_from_x0__two_factors(x_t, t, x0, abar):
    first, second = torch.sqrt(1.0 / abar), torch.sqrt(1.0 / abar - 1)
    return (at(first[t], x_t) * x_t - x0) / at(second[t], x_t)


def eps_from_x0__sample_by_sample(x_t, t, x0, abar):
    rows = [(x_t[i] - abar[t[i]] ** 0.5 * x0[i]) / (1 - abar[t[i]]) ** 0.5 for i in range(len(x_t))]
    return torch.stack(rows, dim=0)


def eps_from_x0__rsqrt(x_t, t, x0, abar):
    a = at(abar[t], x_t)
    return torch.rsqrt(1 - a) * (x_t - a.sqrt() * x0)


def eps_from_x0__numpy(x_t, t, x0, abar):
    a = abar.numpy()[t.numpy()].reshape((-1,) + (1,) * (x_t.dim() - 1))
    return torch.from_numpy((x_t.numpy() - np.sqrt(a) * x0.numpy()) / np.sqrt(1 - a))


def eps_from_x0__flatten(x_t, t, x0, abar):
    a = abar[t].unsqueeze(1)
    return ((x_t.flatten(1) - a.sqrt() * x0.flatten(1)) / (1 - a).sqrt()).view_as(x_t)


def score_from_eps__view(t, eps, abar):
    return -eps / torch.sqrt(1 - abar[t].view([-1] + [1] * (eps.dim() - 1)))


def score_from_eps__rsqrt(t, eps, abar):
    return eps * at(-torch.rsqrt(1 - abar)[t], eps)


def score_from_eps__autograd(t, eps, abar):
    """x0 may be anything: at 0, x_t is sqrt(1 - abar) eps."""
    variance = at(1 - abar[t], eps)
    x = (variance.sqrt() * eps).requires_grad_()
    log_q = (-x.square() / (2 * variance)).sum()
    return torch.autograd.grad(log_q, x)[0]


def score_from_eps__by_the_difference(t, eps, abar):
    """-(x_t - mean) / variance."""
    variance = at(1 - abar[t], eps)
    return -(variance.sqrt() * eps) / variance


def score_from_eps__sample_by_sample(t, eps, abar):
    return torch.stack([-e / math.sqrt(1 - float(abar[s])) for e, s in zip(eps, t, strict=True)])


# 11.4


def posterior__padded(x0, x_t, t, betas):
    """abar with a 1 in front: no case of its own for t = 0."""
    abar = F.pad(torch.cumprod(1 - betas, 0), (1, 0), value=1.0)
    before, now = abar[t], abar[t + 1]
    mean = before.sqrt() * betas[t] * x0 + (1 - betas[t]).sqrt() * (1 - before) * x_t
    return mean / (1 - now), float(betas[t] * (1 - before) / (1 - now))


def posterior__precisions(x0, x_t, t, betas):
    """Precisions add: that of x_{t-1} given x0, and that of the step to x_t."""
    if t == 0:
        return x0.clone(), 0.0
    before = torch.prod(1 - betas[:t]).item()
    alpha, beta = 1 - betas[t].item(), betas[t].item()
    precision = 1 / (1 - before) + alpha / beta
    mean = math.sqrt(before) / (1 - before) * x0 + math.sqrt(alpha) / beta * x_t
    return mean / precision, 1 / precision


def posterior__gain(x0, x_t, t, betas):
    """Kalman's way: the guess, and a correction by what x_t shows."""
    abar = torch.cumprod(1 - betas, dim=0)
    before = abar[t - 1] if t > 0 else torch.ones_like(abar[0])
    root = torch.sqrt(1 - betas[t])
    guess, spread = before.sqrt() * x0, 1 - before
    gain = root * spread / (1 - abar[t])
    return guess + gain * (x_t - root * guess), (spread * (1 - gain * root)).item()


def posterior__roll(x0, x_t, t, betas):
    abar = torch.cumprod(1.0 - betas, dim=0)
    abar_prev = torch.cat([torch.tensor([1.0], dtype=betas.dtype), abar[:-1]])
    variance = betas * (1 - abar_prev) / (1 - abar)
    coef1 = betas * torch.sqrt(abar_prev) / (1 - abar)
    coef2 = (1 - abar_prev) * torch.sqrt(1 - betas) / (1 - abar)
    return coef1[t] * x0 + coef2[t] * x_t, variance[t]


def posterior__floats(x0, x_t, t, betas):
    abar, before = 1.0, 1.0
    for beta in betas[: t + 1].tolist():
        before, abar = abar, abar * (1 - beta)
    beta = betas[t].item()
    of_x0 = math.sqrt(before) * beta / (1 - abar)
    of_x_t = math.sqrt(1 - beta) * (1 - before) / (1 - abar)
    return of_x0 * x0 + of_x_t * x_t, beta * (1 - before) / (1 - abar)


def posterior__list(x0, x_t, t, betas):
    if not t:
        return [x0, torch.zeros((), dtype=x0.dtype)]
    abar = (1 - betas).cumprod(-1)
    share = (1 - abar[t - 1]) / (1 - abar[t])
    mean = x0 * abar[t - 1] ** 0.5 * betas[t] / (1 - abar[t]) + x_t * (1 - betas[t]) ** 0.5 * share
    return [mean, betas[t] * share]


# 11.5


def ddpm_step__by_cases(x_t, t, eps, betas, noise):
    alphas = 1 - betas
    abar = torch.cumprod(alphas, dim=0)
    mean = 1 / torch.sqrt(alphas[t]) * (x_t - betas[t] / torch.sqrt(1 - abar[t]) * eps)
    if t == 0:
        return mean
    return mean + torch.sqrt(betas[t]) * noise


def ddpm_step__times_zero(x_t, t, eps, betas, noise):
    beta, abar = betas[t], torch.prod(1 - betas[: t + 1])
    mean = (x_t - beta * eps / (1 - abar) ** 0.5) / (1 - beta) ** 0.5
    return mean + (t > 0) * beta**0.5 * noise


def ddpm_step__zeros(x_t, t, eps, betas, noise):
    z = noise if t > 0 else torch.zeros_like(x_t)
    abar = torch.exp(torch.log(1 - betas).cumsum(0))
    first, second = (1 - betas[t]).rsqrt(), betas[t] * torch.rsqrt(1 - abar[t])
    return first * (x_t - second * eps) + betas[t].sqrt() * z


def ddpm_step__through_the_picture(x_t, t, eps, betas, noise):
    """The picture that eps implies, then the posterior's mean."""
    abar = torch.cumprod(1 - betas, 0)
    x0 = (x_t - (1 - abar[t]).sqrt() * eps) / abar[t].sqrt()
    if t == 0:
        return x0
    of_x0 = abar[t - 1].sqrt() * betas[t] / (1 - abar[t])
    of_x_t = (1 - betas[t]).sqrt() * (1 - abar[t - 1]) / (1 - abar[t])
    return of_x0 * x0 + of_x_t * x_t + betas[t].sqrt() * noise


def ddpm_step__floats(x_t, t, eps, betas, noise):
    abar = 1.0
    for beta in betas[: t + 1].tolist():
        abar *= 1 - beta
    x = (x_t - beta / math.sqrt(1 - abar) * eps) / math.sqrt(1 - beta)
    if t:
        x = x + math.sqrt(beta) * noise
    return x


def ddpm_step__variance_list(x_t, t, eps, betas, noise):
    sigma = betas.sqrt().clone()
    sigma[0] = 0
    a, ab = (1 - betas)[t], (1 - betas).cumprod(0)[t]
    return torch.addcmul(x_t / a.sqrt(), eps, -(1 - a) / (a * (1 - ab)).sqrt()) + sigma[t] * noise


# 11.6


def ddim_step__math(x_t, eps, abar_t, abar_s):
    x0 = (x_t - math.sqrt(1 - abar_t) * eps) / math.sqrt(abar_t)
    return math.sqrt(abar_s) * x0 + math.sqrt(1 - abar_s) * eps


def ddim_step__as_tensor(x_t, eps, abar_t, abar_s):
    a, b = torch.as_tensor(abar_t), torch.as_tensor(abar_s)
    x0 = (x_t - torch.sqrt(1 - a) * eps) / torch.sqrt(a)
    return torch.sqrt(b) * x0 + torch.sqrt(1 - b) * eps


def ddim_step__one_line(x_t, eps, abar_t, abar_s):
    """One factor of x_t and one of eps."""
    k = (abar_s / abar_t) ** 0.5
    return k * x_t + ((1 - abar_s) ** 0.5 - k * (1 - abar_t) ** 0.5) * eps


def ddim_step__numpy_roots(x_t, eps, abar_t, abar_s):
    x0 = (x_t - float(np.sqrt(1 - float(abar_t))) * eps) / float(np.sqrt(float(abar_t)))
    return float(np.sqrt(float(abar_s))) * x0 + float(np.sqrt(1 - float(abar_s))) * eps


def ddim_step__ratios(x_t, eps, abar_t, abar_s):
    """On the scale x / sqrt(abar), noise is added in proportion to sqrt(1 / abar - 1)."""
    before = x_t / abar_t**0.5
    if abar_s == 0:
        return eps.clone()
    change = (1 / abar_s - 1) ** 0.5 - (1 / abar_t - 1) ** 0.5
    return abar_s**0.5 * (before + change * eps)


def ddim_step__in_the_dtype(x_t, eps, abar_t, abar_s):
    a, b = (torch.tensor(float(level), dtype=x_t.dtype) for level in (abar_t, abar_s))
    x0 = x_t.sub((1 - a).sqrt() * eps).div(a.sqrt())
    return x0.mul(b.sqrt()).add((1 - b).sqrt() * eps)


# 11.7


def guided__weighted_mean(eps_with, eps_without, w):
    return w * eps_with + (1 - w) * eps_without


def guided__lerp(eps_with, eps_without, w):
    return torch.lerp(eps_without, eps_with, w)


def guided__other_convention(eps_with, eps_without, w):
    extra = w - 1
    return (1 + extra) * eps_with - extra * eps_without


def guided__from_with(eps_with, eps_without, w):
    return eps_with + (w - 1) * (eps_with - eps_without)


def guided__in_place(eps_with, eps_without, w):
    e = eps_with - eps_without
    e *= w
    e += eps_without
    return e


def guided__stacked(eps_with, eps_without, w):
    weights = torch.tensor([float(w), 1 - float(w)], dtype=eps_with.dtype)
    return torch.tensordot(weights, torch.stack([eps_with, eps_without]), dims=1)


# 11.8


def flow_pair__view(x0, eps, t):
    t = t.view(len(t), *([1] * (x0.dim() - 1)))
    v = eps - x0
    return x0 + t * v, v


def flow_pair__sample_by_sample(x0, eps, t):
    x_t = torch.stack([(1 - s) * a + s * b for a, b, s in zip(x0, eps, t, strict=True)])
    return [x_t, eps - x0]


def flow_pair__lerp(x0, eps, t):
    return torch.lerp(x0, eps, t[(...,) + (None,) * (x0.dim() - 1)].expand_as(x0)), eps - x0


def flow_pair__einsum(x0, eps, t):
    x_t = torch.einsum("n,n...->n...", 1 - t, x0) + torch.einsum("n,n...->n...", t, eps)
    return x_t, -(x0 - eps)


def flow_pair__flatten(x0, eps, t):
    a, b, s = x0.flatten(1), eps.flatten(1), t.unsqueeze(1)
    return ((1 - s) * a + s * b).reshape_as(x0), eps.sub(x0)


def flow_pair__unsqueeze(x0, eps, t):
    s = t
    for _ in range(x0.ndim - 1):
        s = s.unsqueeze(-1)
    return (1.0 - s) * x0 + s * eps, eps - x0


def euler__running_time(velocity, x1, steps):
    x, t, dt = x1.clone(), 1.0, 1.0 / steps
    for _ in range(steps):
        x = x - dt * velocity(x, torch.ones(x.shape[0], dtype=x.dtype) * t)
        t -= dt
    return x


def euler__from_time_to_time(velocity, x1, steps):
    times = torch.linspace(1, 0, steps + 1, dtype=x1.dtype)
    x = x1
    for t, s in itertools.pairwise(times):
        x = x + (s - t) * velocity(x, t.expand(len(x)))
    return x


def euler__backwards(velocity, x1, steps):
    x = x1
    for k in range(steps, 0, -1):
        x = x - velocity(x, x.new_full((x.shape[0],), k / steps)) / steps
    return x


def euler__in_place(velocity, x1, steps):
    x = x1.clone()
    t = torch.ones(len(x), dtype=x.dtype)
    with torch.no_grad():
        for _ in range(steps):
            x.sub_(velocity(x.clone(), t.clone()), alpha=1 / steps)
            t = t - 1 / steps
    return x


def euler__while(velocity, x1, steps):
    x, k = x1, 0
    while k < steps:
        t = (1 - k / steps) * torch.ones_like(x).flatten(1)[:, 0]
        x, k = x - velocity(x, t).div(steps), k + 1
    return x


def euler__recursive(velocity, x1, steps):
    def go(x, left):
        if left == 0:
            return x
        t = torch.tensor([left / steps] * len(x), dtype=x.dtype)
        return go(x - velocity(x, t) / steps, left - 1)

    return go(x1, steps)


def euler__default_times(velocity, x1, steps):
    """Times of float32, which get the dtype of x at the end."""
    times = torch.linspace(1, 0, steps + 1)[:-1]
    x = x1
    for t in times:
        x = x - velocity(x, t.repeat(len(x)).to(x.dtype)) / steps
    return x


# 11.9


def keep_known__where(x_s, y, mask, abar_s, noise):
    return torch.where(mask == 1, abar_s**0.5 * y + (1 - abar_s) ** 0.5 * noise, x_s)


def keep_known__math(x_s, y, mask, abar_s, noise):
    known = math.sqrt(abar_s) * y + math.sqrt(1 - abar_s) * noise
    return x_s + mask * (known - x_s)


def keep_known__indexed(x_s, y, mask, abar_s, noise):
    out, there = x_s.clone(), mask.bool()
    out[there] = abar_s**0.5 * y[there] + (1 - abar_s) ** 0.5 * noise[there]
    return out


def keep_known__as_tensor(x_s, y, mask, abar_s, noise):
    a = torch.as_tensor(abar_s)
    known = torch.sqrt(a) * y + torch.sqrt(1 - a) * noise
    return known * mask + x_s * (1 - mask)


def keep_known__masked_scatter(x_s, y, mask, abar_s, noise):
    known = float(abar_s) ** 0.5 * y + (1 - float(abar_s)) ** 0.5 * noise
    return x_s.masked_scatter(mask > 0, known[mask > 0])


def keep_known__lerp(x_s, y, mask, abar_s, noise):
    known = y * abar_s**0.5
    known = known + noise * (1 - abar_s) ** 0.5
    return torch.lerp(x_s, known, mask)


def keep_known__copied(x_s, y, mask, abar_s, noise):
    out = (abar_s**0.5 * y + (1 - abar_s) ** 0.5 * noise).clone()
    return out.masked_fill(mask == 0, 0) + x_s.masked_fill(mask.bool(), 0)


def _layers(*sizes, activation=nn.SiLU):
    parts = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        parts.extend((nn.Linear(n_in, n_out), activation()))
    return nn.Sequential(*parts[:-1])


class _Codes(nn.Module):
    """What the solution's `train` and `sample` need, in small."""

    activation = nn.SiLU

    def __init__(self, latent=8, hidden=64):
        super().__init__()
        self.encoder = _layers(784, hidden, 2 * latent, activation=self.activation)
        self.decoder = _layers(latent, hidden, 784, activation=self.activation)
        self.classes, self.flow = nn.Embedding(11, 16), _layers(latent + 17, hidden, latent)
        self.mean = nn.Parameter(torch.zeros(latent), requires_grad=False)
        self.std = nn.Parameter(torch.ones(latent), requires_grad=False)

    def encode(self, x):
        return torch.tensor_split(self.encoder(x.reshape(len(x), -1)), 2, 1)

    def velocity(self, z, t, d):
        return self.flow(torch.hstack([z, t.unsqueeze(1), self.classes(d)]))


def build_model__small():
    return _Codes()


def build_model__tanh():
    class Bent(_Codes):
        activation = nn.Tanh

    return Bent(12, 100)


def build_model__flow_with_a_shortcut():
    class Straight(_Codes):
        def velocity(self, z, t, d):
            return super().velocity(z, t, d) + t[:, None] * z

    return Straight()


def build_model__deeper():
    class Deep(_Codes):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = _layers(784, 90, 60, 16), _layers(8, 60, 90, 784)

    return Deep()


def build_model__class_as_numbers():
    class OneHot(_Codes):
        def __init__(self):
            super().__init__()
            self.flow = _layers(8 + 1 + 11, 80, 8)

        def velocity(self, z, t, d):
            return self.flow(torch.cat([F.one_hot(d, 11).float(), t[:, None], z], 1))

    return OneHot()


def train__one_optimizer(model, X, d, seconds):
    """Codes and flow together, from the first batch on."""
    end = time.process_time() + 0.8 * seconds
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    while time.process_time() < end:
        i = torch.randint(len(X), (64,))
        mu, log_var = model.encode(X[i])
        z = mu + torch.randn_like(mu) * torch.exp(log_var / 2)
        x = X[i].flatten(1)
        loss = F.binary_cross_entropy_with_logits(model.decoder(z), x, reduction="sum") / 64
        loss = loss + 0.05 * (mu.square() + log_var.exp() - log_var - 1).sum(1).mean()
        t, eps = torch.rand(64), torch.randn_like(mu)
        z_t = torch.lerp(mu.detach(), eps, t[:, None])
        loss = loss + (model.velocity(z_t, t, d[i]) - eps + mu.detach()).square().mean()
        model.zero_grad()
        loss.backward()
        optimizer.step()


def train__epochs(model, X, d, seconds):
    started = time.monotonic()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9)
    data = torch.utils.data.TensorDataset(X, d)
    model.train()
    while True:
        for x, _ in torch.utils.data.DataLoader(data, batch_size=50, shuffle=True):
            if time.monotonic() - started > 0.8 * seconds:
                return model
            again = model.decoder(model.encode(x)[0])
            loss = (again.sigmoid() - x.flatten(1)).square().sum(1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def _velocity(model, z, t, d):
    return model.velocity(z, z.new_full((len(z),), t), d)


@torch.no_grad()
def sample__not_guided(model, d, generator):
    z = torch.randn(len(d), model.mean.shape[0], generator=generator)
    for k in range(30, 0, -1):
        z = z - _velocity(model, z, k / 30, d) / 30
    pictures = torch.sigmoid(model.decoder(z * model.std + model.mean))
    return pictures.reshape(len(d), 1, 28, 28)


@torch.inference_mode()
def sample__by_heun(model, d, generator):
    """The mean of the velocities at the beginning and at the end of a step."""
    z, steps = torch.empty(len(d), len(model.std)).normal_(generator=generator), 8
    for k in range(steps, 0, -1):
        first = _velocity(model, z, k / steps, d)
        second = _velocity(model, z - first / steps, (k - 1) / steps, d)
        z = z - (first + second) / (2 * steps)
    return model.decoder(model.mean + model.std * z).sigmoid().unflatten(1, (1, 28, 28)).clone()


def sample__one_by_one(model, d, generator):
    """With gradients, each digit by itself."""
    pictures = []
    for k in range(len(d)):
        z = torch.randn(1, len(model.mean), generator=generator)
        for t in (1.0, 0.75, 0.5, 0.25):
            z = z - _velocity(model, z, t, d[k : k + 1]) / 4
        pictures.append(model.decoder(z * model.std + model.mean).sigmoid().view(1, 28, 28))
    return torch.stack(pictures)


def sample__cut(model, d, generator):
    """Pixels that lie beyond are cut."""
    z = torch.randn((len(d), len(model.mean)), generator=generator)
    z = z - _velocity(model, z, 1.0, d)
    logits = model.decoder(z * model.std + model.mean)
    return (0.5 + logits / 4).clamp(0, 1).view(-1, 1, 28, 28).detach()


def sample__gaussian_codes(model, d, generator):
    """No flow at all: not good, and not wrong."""
    z = torch.normal(torch.zeros(len(d), len(model.mean)), 1.0, generator=generator)
    return model.decoder(model.mean + model.std * z).sigmoid().detach().view(len(d), 1, 28, 28)
