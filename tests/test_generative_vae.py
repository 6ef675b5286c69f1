"""Bounds against known evidence: of a linear Gaussian model, and by an integral over codes."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, MultivariateNormal, Normal, kl_divergence

from course_dl.generative import VAE, elbo, importance_bound, kl_to_normal, reparametrize
from tests.exact import FLOAT64, close, drawn, seeded

# The parts of a bound


def test_reparametrized_noise_and_its_gradients_are_in_closed_form() -> None:
    mu, log_var, eps = drawn(4, 3), 2 * drawn(4, 3, seed=1), drawn(4, 3, seed=2)
    mu.requires_grad_(), log_var.requires_grad_()
    z = reparametrize(mu, log_var, eps)
    close(z, mu + log_var.exp().sqrt() * eps)
    of_mu, of_log_var = torch.autograd.grad(z.sum(), (mu, log_var))
    close(of_mu, torch.ones_like(mu))
    close(of_log_var, (log_var / 2).exp() * eps / 2)


def test_kl_to_normal_is_torchs_and_is_0_at_the_standard_normal_alone() -> None:
    mu, log_var = drawn(5, 3), 2 * drawn(5, 3, seed=1)
    truth = kl_divergence(Normal(mu, (log_var / 2).exp()), Normal(0.0, 1.0)).sum(1)
    close(kl_to_normal(mu, log_var), truth)
    assert torch.equal(kl_to_normal(0 * mu, 0 * mu), torch.zeros(5, dtype=FLOAT64))
    assert bool((truth > 0).all())


@pytest.mark.parametrize("dtype", [torch.float32, FLOAT64])
def test_a_small_kl_keeps_its_digits(dtype: torch.dtype) -> None:
    log_var = torch.tensor([[1e-3, -1e-3]], dtype=dtype)
    kl = kl_to_normal(torch.zeros_like(log_var), log_var)
    assert kl.item() == pytest.approx(0.5 * 1e-6, rel=1e-3)  # log_var^2 / 4 for each


def test_the_elbo_is_the_sum_over_pixels_of_a_bernoulli_minus_kl() -> None:
    x, logits = drawn(3, 2, 4, 5).sigmoid(), 3 * drawn(3, 2, 4, 5, seed=1)
    mu, log_var = drawn(3, 6), drawn(3, 6, seed=1)
    log_p = x * logits.sigmoid().log() + (1 - x) * (-logits).sigmoid().log()
    kl = kl_divergence(Normal(mu, (log_var / 2).exp()), Normal(0.0, 1.0)).sum(1)
    close(elbo(x, logits, mu, log_var), log_p.sum((1, 2, 3)) - kl)
    black_and_white = x.round()
    log_p = Bernoulli(logits=logits).log_prob(black_and_white).sum((1, 2, 3))
    close(elbo(black_and_white, logits, mu, log_var), log_p - kl)


def test_the_elbo_of_two_pixels_by_hand_and_for_certain_logits() -> None:
    zero = torch.zeros(1, 2)
    x = torch.tensor([[1.0, 0.0]])
    assert elbo(x, zero, zero, zero).item() == pytest.approx(-2 * math.log(2))
    sure = torch.tensor([[1e4, -1e4]])
    assert elbo(x, sure, zero, zero).item() == 0
    assert elbo(1 - x, sure, zero, zero).item() == -2e4


# Bounds and evidence


class LinearGaussian:
    """``z ~ N(0, I)``, ``x | z ~ N(W z, s^2 I)``: ``x ~ N(0, W W^T + s^2 I)``."""

    def __init__(self, W: Tensor, s: float) -> None:
        self.W, self.s = W, s
        D = len(W)
        noise = s**2 * torch.eye(D, dtype=FLOAT64)
        self.of_x = MultivariateNormal(torch.zeros(D, dtype=FLOAT64), W @ W.T + noise)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Its mean (N, latent) and covariance."""
        V = torch.linalg.inv(
            torch.eye(self.W.shape[1], dtype=FLOAT64) + self.W.T @ self.W / self.s**2
        )
        return x @ self.W @ V / self.s**2, V

    def log_weights(
        self, x: Tensor, mu: Tensor, log_var: Tensor, eps: Tensor
    ) -> tuple[Tensor, Tensor]:
        z = mu + (log_var / 2).exp() * eps
        log_q = Normal(mu, (log_var / 2).exp()).log_prob(z).sum(-1)
        log_x = Normal(z @ self.W.T, self.s).log_prob(x).sum(-1)
        return log_x + Normal(0.0, 1.0).log_prob(z).sum(-1), log_q


def test_with_the_true_posterior_every_single_draw_gives_the_evidence() -> None:
    W = torch.linalg.qr(drawn(5, 2)).Q * torch.tensor([2.0, 0.5], dtype=FLOAT64)
    model, x = LinearGaussian(W, 0.7), drawn(4, 5, seed=2)
    mean, V = model.posterior(x)  # the columns of W are orthogonal: V is diagonal
    log_var = V.diagonal().log().expand_as(mean)
    for K in (1, 3):
        weights = model.log_weights(x, mean, log_var, drawn(K, 4, 2, seed=K))
        close(importance_bound(*weights), model.of_x.log_prob(x))


def test_one_draw_gives_the_elbo_and_many_give_the_evidence() -> None:
    model, x = LinearGaussian(drawn(3, 2), 0.8), drawn(4, 3, seed=2)
    mean, V = model.posterior(x)
    mu, log_var = mean + 0.3, V.diagonal().log().expand_as(mean) + 0.4
    evidence = model.of_x.log_prob(x)
    log_joint, log_q = model.log_weights(x, mu, log_var, drawn(60_000, 4, 2))
    close(importance_bound(log_joint, log_q), evidence, 0.02)

    def mean_bound(K: int) -> Tensor:
        each = importance_bound(log_joint.reshape(K, -1), log_q.reshape(K, -1))
        return each.view(-1, 4).mean(0)

    guess = MultivariateNormal(mu, torch.diag_embed(log_var.exp()))
    gap = kl_divergence(guess, MultivariateNormal(mean, V))
    close(mean_bound(1), evidence - gap, 0.02)
    assert bool((mean_bound(1) < mean_bound(10)).all() and (mean_bound(10) < evidence).all())


def test_weights_of_a_thousand_nats_do_not_overflow() -> None:
    weights = torch.tensor([[1000.0, -1000.0, 0.0], [1000.0, -1000.0, -2000.0]])
    expected = torch.tensor([1000.0, -1000.0, -math.log(2)])
    close(importance_bound(weights, torch.zeros_like(weights)), expected, 1e-6)


def small_vae() -> tuple[VAE, Tensor]:
    """One latent and six pixels: the evidence is an integral over one number."""
    vae = VAE(1, 5, (1, 2, 3), generator=seeded(0)).double()
    for k, p in enumerate(vae.parameters()):
        p.data.copy_(0.5 * drawn(*p.shape, seed=k))
    return vae, (drawn(4, 1, 2, 3) > 0).double()


def test_the_bounds_of_a_vae_lie_below_its_evidence_and_reach_it() -> None:
    vae, x = small_vae()
    with torch.no_grad():
        z = torch.linspace(-9, 9, 4001, dtype=FLOAT64)[:, None]
        log_p = Bernoulli(logits=vae.decode(z)).log_prob(x[:, None]).sum((2, 3, 4))
        log_joint = log_p + Normal(0.0, 1.0).log_prob(z).T
        evidence = (log_joint.logsumexp(1) + math.log(18 / 4000)).squeeze()
        eps = drawn(4000, 4, 1)
        log_joint, log_q = vae.log_weights(x, eps)
        bound = importance_bound(log_joint, log_q)
        close(bound, evidence, 0.05)
        # of the same draws: the elbo with its KL in closed form is the mean log weight
        elbos = torch.stack([elbo(x, *vae(x, one)) for one in eps[:500]]).mean(0)
        close(elbos, (log_joint - log_q).mean(0), 0.15)
        assert bool((elbos < evidence).all())


def test_a_vae_takes_images_and_hands_back_their_shape() -> None:
    vae = VAE(3, 4, generator=seeded(0))
    x, eps = torch.rand(2, 1, 28, 28, generator=seeded(1)), torch.zeros(2, 3)
    logits, mu, log_var = vae(x, eps)
    assert logits.shape == x.shape and mu.shape == log_var.shape == (2, 3)
    close(logits, vae.decode(mu))
    assert sum(p.numel() for p in VAE().parameters()) == 968_816
    one, other = vae.sample(5, seeded(2)), vae.sample(5, seeded(2))
    assert torch.equal(one, other) and one.shape == (5, 1, 28, 28)
    assert one.min() >= 0 and one.max() <= 1


CODE, X = torch.zeros(3, 2), torch.zeros(3, 1, 2, 2)
BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: reparametrize(CODE, CODE[:, :1], CODE), ValueError, "mu and log_var must have"),
    (lambda: reparametrize(CODE, CODE, CODE[:, :1]), ValueError, "eps must have a number"),
    (lambda: kl_to_normal(CODE[0], CODE[0]), ValueError, r"a row for each image, \(N, D\)"),
    (lambda: kl_to_normal(CODE.long(), CODE), TypeError, "mu must hold floating-point"),
    (lambda: elbo(X, X[:, :, 0], CODE, CODE), ValueError, "x and logits must be images of one"),
    (lambda: elbo(X - 1, X, CODE, CODE), ValueError, r"lie in \[0, 1\], got -1 to -1"),
    (lambda: elbo(X * math.nan, X, CODE, CODE), ValueError, r"lie in \[0, 1\], got nan"),
    (lambda: elbo(X, X, CODE[:2], CODE[:2]), ValueError, "must have 3 rows"),
    (lambda: importance_bound(CODE, CODE[:2]), ValueError, r"\(K, N\) both"),
    (lambda: importance_bound(CODE[:0], CODE[:0]), ValueError, "a row for each draw"),
    (lambda: VAE(0), ValueError, "latent must be at least 1"),
    (lambda: VAE().encode(X), ValueError, r"x must be a batch of shape \(N, 784\)"),
    (lambda: VAE().decode(CODE), ValueError, "z must be a batch"),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_what_does_not_fit_is_told(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()
