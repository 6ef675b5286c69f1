"""``fit`` with a step of one's own, as lab 9 trains, against the same steps in a bare loop."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.digits import generator, training_set
from benchmarks.measure import Row, medians, report, threads
from benchmarks.training import ratio, silently
from course_dl.generative import VAE, Discriminator, Generator, elbo, gan_step
from course_dl.training import fit

VAE_SHARE, VAE_BATCH = 6_400, 64
GAN_SHARE, GAN_BATCH = 640, 16


def main() -> None:
    X = training_set().images[:, None].float() / 255
    loop, one = "the same steps in a bare loop", "1 thread"
    rows = []
    with threads(1):
        times = medians(trainings_of_vae(X[:VAE_SHARE]), 5)
        what = f"`fit(VAE, step=...)`, {VAE_SHARE:,} digits"
        rows.append(Row(what, loop, ratio(times, "bare"), 1.05, one))
        times = medians(trainings_of_gan(X[:GAN_SHARE]), 5)
        what = f"`fit` of a GAN by `gan_step`, {GAN_SHARE} digits in batches of {GAN_BATCH}"
        rows.append(Row(what, loop, ratio(times, "bare"), 1.05, one))
    report(rows)


def trainings_of_vae(X: Tensor) -> dict[str, Callable[[], None]]:
    """A VAE of 16 codes by the bound, in one pass over the digits."""

    def made() -> tuple[VAE, torch.optim.Optimizer]:
        vae = VAE(16, hidden=200, generator=generator())
        return vae, torch.optim.Adam(vae.parameters(), 3e-3, fused=True)

    def loss(vae: nn.Module, x: Tensor) -> Tensor:
        x = torch.bernoulli(x)
        return -elbo(x, *vae(x, torch.randn(len(x), 16))).mean()

    def by_fit() -> None:
        vae, adam = made()
        fit(vae, X, step=loss, optimizer=adam, epochs=1, batch_size=VAE_BATCH)

    def bare() -> None:
        vae, adam = made()
        for batch in torch.randperm(len(X)).split(VAE_BATCH):
            adam.zero_grad()
            loss(vae, X.index_select(0, batch)).backward()
            adam.step()

    return {"fit": silently(by_fit), "bare": bare}


def trainings_of_gan(X: Tensor) -> dict[str, Callable[[], None]]:
    """The game of lab 9, in one pass over the digits."""

    def step() -> tuple[nn.ModuleDict, Callable[[nn.Module, Tensor], dict[str, float]]]:
        G, D = Generator(width=32, generator=generator()), Discriminator(8, generator=generator())
        opt_G, opt_D = (
            torch.optim.Adam(net.parameters(), 2e-3, (0.5, 0.99), fused=True) for net in (G, D)
        )

        def run(_: nn.Module, x: Tensor) -> dict[str, float]:
            losses = gan_step(G, D, x, *torch.randn(2, len(x), 64), opt_G, opt_D)
            return {"D": losses[0], "G": losses[1]}

        return nn.ModuleDict({"G": G, "D": D}), run

    def by_fit() -> None:
        players, run = step()
        fit(players, X, step=run, epochs=1, batch_size=GAN_BATCH)

    def bare() -> None:
        players, run = step()
        for batch in torch.randperm(len(X)).split(GAN_BATCH):
            run(players, X.index_select(0, batch))

    return {"fit": silently(by_fit), "bare": bare}


if __name__ == "__main__":
    main()
