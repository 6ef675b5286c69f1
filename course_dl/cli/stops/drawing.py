"""Labs 9 to 11: networks that draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from course_dl import plots
from course_dl.attention import PatchGPT
from course_dl.cli.stops.given import Given, Row
from course_dl.data import codebook
from course_dl.denoising import ideal_denoiser
from course_dl.diffusion import pretrained_digits
from course_dl.generative import VAE, elbo
from course_dl.training import fit, per_batch

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

__all__ = ["from_noise", "half_digits", "walk_through_codes"]


def walk_through_codes(given: Given, panel: SubFigure) -> list[Row]:
    """A variational autoencoder: from the code of one digit to that of another, in even steps."""
    print("Lab 9. A variational autoencoder, and a walk from one digit to another:")
    X = given.some(12_000, 2_000).tensors(flat=False, standardize=False)[0]
    generator = given.generator()
    vae = VAE(16, hidden=200, generator=generator)
    last = cast(nn.Linear, vae.decoder[-1])
    with torch.no_grad():  # begin with the mean digit, whatever the code
        last.bias.copy_(torch.logit(X.mean(0).flatten(), eps=0.01))

    def step(vae: VAE, x: Tensor) -> Tensor:
        grey = torch.rand(x.shape, generator=generator).to(x)
        eps = torch.randn(len(x), vae.latent, generator=generator).to(x)
        black_or_white = (grey < x).to(x)
        return -elbo(black_or_white, *vae(black_or_white, eps)).mean()

    fit(
        vae,
        X,
        step=step,
        epochs=2 if given.quick else 5,
        batch_size=64,
        optimizer=lambda p: torch.optim.Adam(p, 3e-3),
        seed=given.seed,
    )
    vae.eval()
    x = given.test.tensors(flat=False, standardize=False)[0]
    ends = torch.stack([torch.stack([_first(given, a), _first(given, b)]) for a, b in WALKS])
    with torch.no_grad():
        mu, log_var = vae.encode(x[:1_000])
        bound = elbo(x[:1_000].round(), vae.decode(mu), mu, log_var).mean()
        codes = vae.encode(x[ends.flatten()])[0].view(len(WALKS), 2, -1)
        shares = torch.linspace(0, 1, STEPS)[None, :, None]
        walk = codes[:, :1] * (1 - shares) + codes[:, 1:] * shares
        pictures = vae.decode(walk.flatten(0, 1)).sigmoid()
    plots.image_grid(
        pictures,
        limits=(0, 1),
        columns=STEPS,
        title="Lab 9: a walk through codes of 16 numbers",
        figure=panel,
    )
    return [Row("VAE with 16 numbers a digit", f"bound {bound:.0f} nats, at the mean code")]


WALKS = ((0, 1), (6, 0), (7, 2), (3, 8), (5, 9))  # from one class to another
STEPS = 8


def _first(given: Given, digit: int) -> Tensor:
    """The place of the first test digit of this class."""
    return (given.test.labels == digit).nonzero()[0, 0]


def half_digits(given: Given, panel: SubFigure) -> list[Row]:
    """A transformer writes the lower half of a digit, patch by patch."""
    print("Lab 10. A transformer completes half a digit, patch by patch:")
    digits = given.some(8_000, 1_000)
    X = digits.tensors(flat=False, standardize=False)[0]
    book = codebook(X[:2_000], 4, 128, generator=given.generator())
    T, d = book.encode(X), digits.labels.long()
    gpt = PatchGPT(49, 128, dim=48, depth=2, generator=given.generator())
    batch_size, lr = 24, 0.01
    optimizer = torch.optim.AdamW(gpt.parameters(), lr, betas=(0.9, 0.98))
    steps = -(-len(T) // batch_size)

    def step(gpt: PatchGPT, T: Tensor, d: Tensor) -> Tensor:
        return -gpt.log_likelihood(T, d).mean()

    fit(
        gpt,
        (T, d),
        step=step,
        epochs=1,
        batch_size=batch_size,
        optimizer=optimizer,
        scheduler=per_batch(torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, steps)),
        seed=given.seed,
    )
    gpt.eval()
    chosen = torch.stack([_first(given, k) for k in (0, 2, 3, 5, 6, 8)])
    true = given.test.tensors(flat=False, standardize=False)[0][chosen]
    tokens, classes = book.encode(true), given.test.labels[chosen].long()
    half, generator = tokens[:, :28], given.generator()
    upper = book.decode(tokens)
    upper[:, :, 16:] = 0.25  # grey: not known
    rows = [upper, *(book.decode(gpt.complete(half, classes, 0.8, generator)) for _ in range(3))]
    plots.image_grid(
        torch.cat(rows),
        limits=(0, 1),
        columns=len(chosen),
        title="Lab 10: half a digit, completed thrice",
        figure=panel,
    )
    with torch.no_grad():
        x = given.test.tensors(flat=False, standardize=False)[0][:1_000]
        nats = -gpt.log_likelihood(book.encode(x), given.test.labels[:1_000].long()).mean()
    return [Row("patch-GPT, 49 words of 128 a digit", f"{nats:.0f} nats a test digit")]


def from_noise(given: Given, panel: SubFigure) -> list[Row]:
    """Digits out of noise: by the ideal denoiser of all that is known, and by a network."""
    print("Lab 11. Digits out of noise, by an ideal denoiser and by a network:")
    known = given.some(3_000, 1_000).tensors(standardize=False)[0]
    by_heart = _film_by_heart(known, 3, given.generator())
    classes = torch.tensor([0, 2, 3, 5, 8])
    model = pretrained_digits()
    states = model.path(
        (len(classes), 1, 28, 28), classes, steps=20, guidance=2.0, generator=given.generator()
    )
    drawn = torch.stack([(x + 1) / 2 for x in states]).flatten(2)
    film = torch.cat([by_heart, drawn[FRAMES]], 1).clamp(0, 1)
    plots.image_grid(
        film.view(-1, 1, 28, 28),
        limits=(0, 1),
        columns=film.shape[1],
        title="Lab 11: 3 digits known by heart, 5 invented",
        figure=panel,
    )
    remembered, invented = (torch.cdist(x, known).min(1).values for x in (by_heart[-1], drawn[-1]))
    return [
        Row("out of noise, by the ideal denoiser", f"{remembered.max():.1g} from a training digit"),
        Row("  by a network", f"{invented.min():.1f} or more"),
    ]


FRAMES = [0, 8, 12, 15, 17, 20]  # steps of the network, of 20


def _film_by_heart(known: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """(6, n, D): states on the way from noise to ``n`` of the known images (M, D), in 40 levels."""
    levels = torch.logspace(1.3, -2, 40).tolist()  # of the noise, from 20 to 0.01
    x = levels[0] * torch.randn(n, known.shape[1], generator=generator)
    film = [x / levels[0] / 4 + 0.5]
    for k, (sigma, less) in enumerate(zip(levels, [*levels[1:], 0.0], strict=True)):
        guess = ideal_denoiser(x, known, sigma)
        x = guess + less / sigma * (x - guess)
        if k in (8, 14, 18, 22):
            film.append((x - x.mean()) / x.std() / 4 + 0.4)
    return torch.stack([*film, x])
