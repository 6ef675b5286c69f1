"""Losses and steps of a GAN against steps in closed form, parameter by parameter."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import SGD, Adam

from course_dl import fit
from course_dl.generative import (
    Discriminator,
    Generator,
    discriminator_loss,
    gan_step,
    generator_loss,
)
from tests.exact import FLOAT64, close, drawn, seeded


def test_the_losses_are_the_logistic_loss_of_real_against_fake() -> None:
    real, fake = 3 * drawn(5), 3 * drawn(3)
    ones, zeros = torch.ones(5, dtype=FLOAT64), torch.zeros(3, dtype=FLOAT64)
    bce = F.binary_cross_entropy_with_logits
    close(discriminator_loss(real, fake), bce(real, ones) + bce(fake, zeros))
    close(generator_loss(fake), bce(fake, zeros + 1))


def test_a_discriminator_that_knows_nothing_costs_2_log_2() -> None:
    zeros = torch.zeros(4)
    assert discriminator_loss(zeros, zeros).item() == pytest.approx(2 * math.log(2))


def test_far_scores_cost_what_they_are_and_a_generator_that_loses_has_a_gradient() -> None:
    far = torch.tensor([1e4, 1e4])
    assert discriminator_loss(-far, far).item() == 2e4
    assert generator_loss(-far).item() == 1e4
    assert discriminator_loss(far, -far).item() == generator_loss(far).item() == 0
    fake = torch.full((4,), -30.0, requires_grad=True)
    (grad,) = torch.autograd.grad(generator_loss(fake), fake)
    close(grad, torch.full((4,), -0.25))


class Players:
    """``G(z) = A z + b`` and ``D(x) = w x + c``, whose gradients are written out here."""

    def __init__(self, codes: int, D: int) -> None:
        self.G, self.D = nn.Linear(codes, D).double(), nn.Linear(D, 1).double()
        self.judge = nn.Sequential(self.D, nn.Flatten(0))
        for k, p in enumerate((*self.G.parameters(), *self.D.parameters())):
            p.data.copy_(drawn(*p.shape, seed=k))

    def of_D(self, x: Tensor, z: Tensor) -> tuple[list[Tensor], Tensor]:
        """Gradients of D's loss to w and c, and the loss."""
        w, c = self.D.weight.detach(), self.D.bias.detach()
        fake = z @ self.G.weight.detach().T + self.G.bias.detach()
        real, judged = (x @ w.T + c)[:, 0], (fake @ w.T + c)[:, 0]
        share = torch.cat([-torch.sigmoid(-real) / len(x), torch.sigmoid(judged) / len(z)])
        loss = (1 + (-real).exp()).log().mean() + (1 + judged.exp()).log().mean()
        return [(share @ torch.cat([x, fake]))[None], share.sum()[None]], loss

    def of_G(self, z: Tensor) -> tuple[list[Tensor], Tensor]:
        """Gradients of G's loss to A and b, and the loss."""
        w, c = self.D.weight.detach()[0], self.D.bias.detach()
        judged = (z @ self.G.weight.detach().T + self.G.bias.detach()) @ w + c
        share = -torch.sigmoid(-judged) / len(z)
        return [torch.outer(w, share @ z), share.sum() * w], (1 + (-judged).exp()).log().mean()


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_steps_are_those_in_closed_form(momentum: float) -> None:
    own, theirs = Players(2, 3), Players(2, 3)
    lr_D, lr_G = 0.3, 0.2
    opt_G = SGD(own.G.parameters(), lr_G, momentum)
    opt_D = SGD(own.D.parameters(), lr_D, momentum)
    speeds: dict[nn.Module, list[Tensor]] = {}

    def move(player: nn.Module, grads: list[Tensor], lr: float) -> None:
        before = speeds.get(player, [torch.zeros_like(g) for g in grads])
        speeds[player] = [momentum * v + g for v, g in zip(before, grads, strict=True)]
        for p, v in zip(player.parameters(), speeds[player], strict=True):
            p.data.sub_(lr * v)

    for k in range(3):
        x, z_d, z_g = drawn(5, 3, seed=k), drawn(5, 2, seed=10 + k), drawn(5, 2, seed=20 + k)
        losses = gan_step(own.G, own.judge, x, z_d, z_g, opt_G, opt_D)
        grads, loss_D = theirs.of_D(x, z_d)
        move(theirs.D, grads, lr_D)
        grads, loss_G = theirs.of_G(z_g)
        move(theirs.G, grads, lr_G)
        assert losses == pytest.approx((loss_D.item(), loss_G.item()), rel=1e-10)
        for mine, true in zip(
            (*own.G.parameters(), *own.D.parameters()),
            (*theirs.G.parameters(), *theirs.D.parameters()),
            strict=True,
        ):
            close(mine.detach(), true.detach())


def one_step(players: Players, lr_G: float, lr_D: float) -> None:
    opt_G, opt_D = SGD(players.G.parameters(), lr_G), SGD(players.D.parameters(), lr_D)
    noise = drawn(4, 2), drawn(4, 2, seed=1)
    gan_step(players.G, players.judge, drawn(4, 3), *noise, opt_G, opt_D)


def test_a_half_moves_its_own_player_alone() -> None:
    for lr_G, lr_D in ((0.1, 0.0), (0.0, 0.1)):
        players = Players(2, 3)
        before = [[p.clone() for p in player.parameters()] for player in (players.G, players.D)]
        one_step(players, lr_G, lr_D)
        for player, old, lr in zip((players.G, players.D), before, (lr_G, lr_D), strict=True):
            same = [torch.equal(p, q) for p, q in zip(player.parameters(), old, strict=True)]
            assert all(same) if lr == 0 else not any(same)


def test_gradients_from_before_do_not_count_and_none_are_left() -> None:
    clean, dirty = Players(2, 3), Players(2, 3)
    for p in (*dirty.G.parameters(), *dirty.D.parameters()):
        p.grad = torch.full_like(p, 100.0)
    for players in (clean, dirty):
        one_step(players, 0.1, 0.1)
        for p in (*players.G.parameters(), *players.D.parameters()):
            assert p.grad is None or not p.grad.any()
    for p, q in zip(clean.G.parameters(), dirty.G.parameters(), strict=True):
        assert torch.equal(p, q)


def test_modes_and_frozen_parameters_stay_as_they_were() -> None:
    G, D = Generator(3, 4, generator=seeded(0)), Discriminator(2, generator=seeded(1))
    D.eval()
    frozen, _ = G.layers[0].weight.requires_grad_(False), D.layers[0].bias.requires_grad_(False)  # type: ignore[union-attr]
    before = frozen.clone()
    asked = [p.requires_grad for p in (*G.parameters(), *D.parameters())]
    x = torch.rand(4, 1, 28, 28, generator=seeded(2))
    noise = torch.randn(2, 4, 3, generator=seeded(3))
    gan_step(G, D, x, *noise, Adam(G.parameters()), Adam(D.parameters()))
    assert [p.requires_grad for p in (*G.parameters(), *D.parameters())] == asked
    assert G.training and not D.training and torch.equal(frozen, before)


def test_fit_trains_by_a_gan_step() -> None:
    G, D = (
        nn.Linear(2, 2),
        nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Flatten(0)),
    )
    opt_G, opt_D = Adam(G.parameters(), 0.02), Adam(D.parameters(), 0.02)
    X = torch.randn(256, 2, generator=seeded(0)) + torch.tensor([3.0, 0.0])

    def step(gan: nn.Module, x: Tensor) -> dict[str, float]:
        z_d, z_g = torch.randn(2, len(x), 2)
        loss_D, loss_G = gan_step(G, D, x, z_d, z_g, opt_G, opt_D)
        return {"D": loss_D, "G": loss_G}

    history = fit(
        nn.ModuleList([G, D]), X, step=step, epochs=60, batch_size=64, progress=False, device="cpu"
    )
    assert len(history["D"]) == 60
    with torch.no_grad():
        centre = G(torch.randn(1000, 2, generator=seeded(1))).mean(0)
    assert (centre - torch.tensor([3.0, 0.0])).norm() < 1.2


def test_generator_and_discriminator_fit_each_other_and_come_from_their_generator() -> None:
    G, D = Generator(generator=seeded(0)), Discriminator(generator=seeded(1))
    x = G(torch.randn(3, 64, generator=seeded(2)))
    assert x.shape == (3, 1, 28, 28) and D(x).shape == (3,)
    assert x.min() >= 0 and x.max() <= 1
    again = Generator(generator=seeded(0))
    assert all(torch.equal(p, q) for p, q in zip(G.parameters(), again.parameters(), strict=True))


SCORES, X = torch.zeros(3), torch.zeros(3, 1, 28, 28)
BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: discriminator_loss(SCORES[:, None], SCORES), ValueError, r"real.*\.squeeze\(1\)"),
    (lambda: discriminator_loss(SCORES, SCORES[:, None]), ValueError, r"fake.*\(3, 1\)"),
    (lambda: generator_loss(SCORES[:0]), ValueError, "one score a sample"),
    (lambda: generator_loss(SCORES.long()), TypeError, "fake must hold floating-point"),
    (lambda: Generator(0), ValueError, "latent must be at least 1"),
    (lambda: Generator(2, 1), ValueError, "width must be at least 2"),
    (lambda: Generator(2)(SCORES[:, None]), ValueError, "z must be a batch"),
    (lambda: Discriminator()(X.flatten(1)), ValueError, r"images \(N, 1, 28, 28\)"),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_what_does_not_fit_is_told(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()
