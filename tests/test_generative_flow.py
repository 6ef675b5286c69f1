"""Couplings and flows: inverses, determinants of autograd's Jacobian, densities."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal

from course_dl.generative import AffineCoupling, Flow
from tests.exact import FLOAT64, close, drawn, seeded


def net(D: int, seed: int = 0) -> nn.Module:
    """Curved, and not small."""
    made = nn.Sequential(nn.Linear(D // 2, 7), nn.Tanh(), nn.Linear(7, D)).double()
    for k, p in enumerate(made.parameters()):
        p.data.copy_(drawn(*p.shape, seed=seed + k))
    return made


def flow(D: int, couplings: int = 4) -> Flow:
    """Its last layers drawn too: the flow is not the identity."""
    made = Flow.of_couplings(D, couplings, 8, generator=seeded(0)).double()
    for k, p in enumerate(made.parameters()):
        p.data.copy_(0.2 * drawn(*p.shape, seed=k))
    return made


def jacobians(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    one = torch.func.jacrev(lambda row: f(row[None])[0])
    return torch.stack([one(row) for row in x])


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("D", [2, 4, 10])
def test_a_coupling_is_its_formula_and_its_inverse_undoes_it(D: int, flip: bool) -> None:
    coupling, x = AffineCoupling(net(D), flip), 2 * drawn(6, D, seed=9)
    y, log_det = coupling(x)
    kept, changed = (slice(D // 2, D), slice(D // 2)) if flip else (slice(D // 2), slice(D // 2, D))
    out = coupling.net(x[:, kept])
    s, t = out[:, : D // 2], out[:, D // 2 :]
    assert torch.equal(y[:, kept], x[:, kept])
    close(y[:, changed], x[:, changed] * s.exp() + t)
    close(log_det, s.sum(1))
    close(coupling.inverse(y), x)


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("D", [2, 6])
def test_log_determinants_are_those_of_autograds_jacobian(D: int, flip: bool) -> None:
    coupling, x = AffineCoupling(net(D), flip), drawn(5, D, seed=3)
    close(coupling(x)[1], torch.linalg.slogdet(jacobians(lambda r: coupling(r)[0], x)).logabsdet)
    whole = flow(D)
    close(whole(x)[1], torch.linalg.slogdet(jacobians(lambda r: whole(r)[0], x)).logabsdet)


@pytest.mark.parametrize("D", [2, 8])
@pytest.mark.parametrize("couplings", [1, 2, 7])
def test_a_flow_is_inverted(D: int, couplings: int) -> None:
    whole, x = flow(D, couplings), 3 * drawn(20, D, seed=1)
    close(whole.inverse(whole(x)[0]), x)
    close(whole(whole.inverse(x))[0], x)


def test_a_flow_of_affine_layers_is_a_gaussian() -> None:
    class Affine(nn.Module):
        def __init__(self, A: Tensor) -> None:
            super().__init__()
            self.A = A

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            return x @ self.A.T + 1, torch.linalg.slogdet(self.A).logabsdet.expand(len(x))

    A, B, x = drawn(3, 3), drawn(3, 3, seed=5), drawn(4, 3, seed=8)
    whole = Flow([Affine(A), Affine(B)], 3)
    ones = torch.ones(3, dtype=FLOAT64)
    inverse = torch.linalg.inv(B @ A)
    truth = MultivariateNormal(-inverse @ (B @ ones + ones), inverse @ inverse.T)
    close(whole.log_likelihood(x), truth.log_prob(x), 1e-8)


def test_a_density_integrates_to_one() -> None:
    side = torch.linspace(-12, 12, 301, dtype=FLOAT64)
    grid = torch.cartesian_prod(side, side)
    with torch.no_grad():
        mass = flow(2, 3).log_likelihood(grid).exp().sum() * (side[1] - side[0]) ** 2
    assert mass.item() == pytest.approx(1, abs=2e-3)


def test_a_new_flow_is_the_identity_and_learns_in_every_coupling() -> None:
    whole, x = Flow.of_couplings(4, 3, 5, generator=seeded(0)).double(), drawn(6, 4)
    normal = -0.5 * x.square().sum(1) - 2 * math.log(2 * math.pi)
    close(whole.log_likelihood(x), normal)
    whole.log_likelihood(x).mean().backward()
    assert all(bool(layer.net[-1].weight.grad.any()) for layer in whole.layers)  # type: ignore[index,union-attr,operator]
    again = Flow.of_couplings(4, 3, 5, generator=seeded(0)).double()
    assert all(
        torch.equal(p, q) for p, q in zip(whole.parameters(), again.parameters(), strict=True)
    )


def test_two_couplings_change_every_column() -> None:
    x = drawn(5, 4)
    assert bool((flow(4, 1)(x)[0] == x)[:, :2].all())
    assert not bool((flow(4, 2)(x)[0] == x).any())


def test_samples_have_the_flows_density_and_come_from_the_generator_alone() -> None:
    whole, state = flow(2, 2), torch.get_rng_state()
    x = whole.sample(20_000, seeded(1))
    assert torch.equal(x, whole.sample(20_000, seeded(1))) and x.dtype is FLOAT64
    assert torch.equal(torch.get_rng_state(), state) and not x.requires_grad
    # the share of a square, counted and integrated
    side = torch.linspace(-1, 1, 202, dtype=FLOAT64)[:-1] + 1 / 201
    with torch.no_grad():
        inside = whole.log_likelihood(torch.cartesian_prod(side, side)).exp().mean() * 4
    assert (x.abs() < 1).all(1).double().mean().item() == pytest.approx(inside.item(), abs=0.02)


def test_dtypes_are_kept() -> None:
    whole = Flow.of_couplings(2)
    z, log_det = whole(torch.zeros(3, 2))
    assert z.dtype is log_det.dtype is whole.sample(2).dtype is torch.float32
    assert whole(torch.zeros(0, 2))[1].shape == (0,)


X = torch.zeros(3, 4)
BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: AffineCoupling(nn.Linear(1, 3))(X[:, :3]), ValueError, "x must have an even"),
    (lambda: AffineCoupling(nn.Linear(1, 3)).inverse(X[:, :3]), ValueError, "y must have an even"),
    (lambda: AffineCoupling(nn.Linear(2, 2))(X), ValueError, r"shape \(3, 4\), got.*\(3, 2\)"),
    (lambda: AffineCoupling(nn.Linear(2, 4))(X[0]), ValueError, r"one sample a row, \(N, D\)"),
    (lambda: AffineCoupling(nn.Linear(2, 4))(X.long()), TypeError, "x must hold floating-point"),
    (lambda: Flow.of_couplings(3), ValueError, "dim must be even"),
    (lambda: Flow.of_couplings(2, 0), ValueError, "couplings must be at least 1"),
    (lambda: Flow.of_couplings(2)(X), ValueError, "x must have 2 columns"),
    (lambda: Flow.of_couplings(2).inverse(X), ValueError, "z must have 2 columns"),
    (lambda: Flow.of_couplings(2).sample(0), ValueError, "n must be at least 1"),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_what_does_not_fit_is_told(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()
