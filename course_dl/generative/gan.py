"""Generative adversarial networks: G draws, D judges, and each learns from the other.

After Goodfellow et al., "Generative adversarial nets" (2014), with convolutions as in DCGAN
(Radford et al., 2016). D gives scores before the sigmoid: above 0 for "real".
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_dl._arguments import check_batch, check_count, check_floating, describe

__all__ = ["Discriminator", "Generator", "discriminator_loss", "gan_step", "generator_loss"]

SLOPE = 0.2  # of the leaky ReLU of D, for negative numbers


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """``mean softplus(-real) + mean softplus(fake)``: lab 2's logistic loss, real against fake.

    ``real`` (N,) and ``fake`` (M,) are scores; a scalar.
    """
    _check_scores(real, "real")
    _check_scores(fake, "fake")
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def generator_loss(fake: Tensor) -> Tensor:
    """``mean softplus(-fake)``, of scores (M,): G wants its pictures to be taken for real.

    Not ``-mean softplus(fake)``, the negative of what D minimizes: where D wins, at scores far
    below 0, that has no gradient, and this one has ``-1/M``.
    """
    _check_scores(fake, "fake")
    return F.softplus(-fake).mean()


def gan_step(
    G: nn.Module,
    D: nn.Module,
    x: Tensor,
    z_d: Tensor,
    z_g: Tensor,
    opt_G: torch.optim.Optimizer,
    opt_D: torch.optim.Optimizer,
) -> tuple[float, float]:
    """One step of D, on x and ``G(z_d)``; then one of G, on what the new D says of ``G(z_g)``.

    The losses (of D, of G) from which the two took their gradients. No gradient of G is left by
    D's half, none of D by G's, and none from before the call counts.

    Parameters
    ----------
    G, D : from codes (N, Z) to samples such as x, and from samples to scores (N,).
    x : (N, ...) real samples.
    z_d, z_g : (N, Z) normal noise for the one half and for the other.
    opt_G, opt_D : of the parameters of G and of D.
    """
    opt_D.zero_grad()
    with torch.no_grad():  # to D, what G draws is data
        fake = G(z_d)
    loss_D = discriminator_loss(D(x), D(fake))
    loss_D.backward()
    opt_D.step()
    opt_D.zero_grad()

    opt_G.zero_grad()
    loss_G = generator_loss(D(G(z_g)))
    # through D, and into the parameters of G alone
    loss_G.backward(inputs=[p for p in G.parameters() if p.requires_grad])
    opt_G.step()
    opt_G.zero_grad()
    return loss_D.item(), loss_G.item()


class Generator(nn.Module):
    """Digits from codes: a linear layer makes maps 7 x 7, two transposed convolutions enlarge them.

    Batch norm and ReLU after each layer but the last, whose sigmoid gives pixels in [0, 1].

    Parameters
    ----------
    latent : numbers of a code.
    width : channels of the maps 7 x 7; those 14 x 14 have half as many.
    generator : draws the initial weights; the global one by default.
    """

    def __init__(
        self, latent: int = 64, width: int = 64, *, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        self.latent, self.width = check_count(latent, "latent"), check_count(width, "width", 2)
        half = width // 2
        self.layers = nn.Sequential(
            nn.Linear(latent, 49 * width, bias=False),
            nn.Unflatten(1, (width, 7, 7)),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, half, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(half),
            nn.ReLU(),
            nn.ConvTranspose2d(half, 1, 4, stride=2, padding=1),
            nn.Sigmoid(),
        )
        _draw(self, generator)

    def forward(self, z: Tensor) -> Tensor:
        """(N, latent) to (N, 1, 28, 28)"""
        check_batch(z, self.latent, "z")
        x: Tensor = self.layers(z)
        return x


class Discriminator(nn.Module):
    """Scores of digits: two convolutions of stride 2 and a linear layer.

    Batch norm after the second convolution, leaky ReLU after both.

    Parameters
    ----------
    width : channels of the maps 14 x 14; those 7 x 7 have twice as many.
    generator : draws the initial weights; the global one by default.
    """

    def __init__(self, width: int = 16, *, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.width = check_count(width, "width")
        self.layers = nn.Sequential(
            nn.Conv2d(1, width, 4, stride=2, padding=1),
            nn.LeakyReLU(SLOPE),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.LeakyReLU(SLOPE),
            nn.Flatten(),
            nn.Linear(49 * 2 * width, 1),
        )
        _draw(self, generator)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, 28, 28) to (N,)"""
        check_floating(x, "x")
        if x.shape[1:] != (1, 28, 28):
            raise ValueError(f"x must be images (N, 1, 28, 28), got a {describe(x)}")
        y: Tensor = self.layers(x)
        return y.squeeze(1)


def _draw(net: nn.Module, generator: torch.Generator | None) -> None:
    """Weights of DCGAN's size, ``N(0, 0.02^2)``; no bias, and norms as they begin."""
    for layer in net.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, std=0.02, generator=generator)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def _check_scores(scores: Tensor, name: str) -> None:
    check_floating(scores, name)
    if scores.dim() != 1 or len(scores) == 0:
        raise ValueError(
            f"{name} must hold one score a sample, (N,), got a {describe(scores)}: a column "
            "(N, 1) becomes a row by .squeeze(1)"
        )
