"""Train the flow of digits that ships with the course, and say how good its digits are.

    python scripts/make_diffusion_digits.py OUT_FILE

reads the full MNIST, trains `FlowMatching` with a `SmallUNet` on one thread, and writes the running
mean of its weights in half precision. Then it prints the Fréchet distance of 1,000 digits drawn in
20 steps to the 10,000 test digits, and the share that is taken for the class asked for. The file in
the package, ``course_dl/diffusion/digits.npz``, is what it wrote; the figures are in the docstring
of `course_dl.diffusion.pretrained_digits`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from course_dl import fit
from course_dl.data import mnist
from course_dl.diffusion import FlowMatching, SmallUNet
from course_dl.generative import class_scores, features, frechet_distance
from course_dl.training import per_batch

SEED, EPOCHS, BATCH, LR, DECAY = 2023, 5, 64, 3e-3, 0.998  # the year of the papers on flow matching
WARM_UP = 100  # steps


def main(file: Path) -> None:
    torch.set_num_threads(1)
    (X, d), (X_test, _) = (pixels(split) for split in ("train", "test"))
    assert len(X) == 60_000, "the full MNIST is needed"
    generator = torch.Generator().manual_seed(SEED)
    flow, start = FlowMatching(SmallUNet(generator=generator)), time.process_time()
    average = AveragedModel(flow, multi_avg_fn=get_ema_multi_avg_fn(DECAY))
    history = fit(
        flow,
        (2 * X - 1, d),
        step=lambda flow, x, d: flow.loss(x, d),
        epochs=EPOCHS,
        batch_size=BATCH,
        optimizer=lambda parameters: torch.optim.AdamW(parameters, LR, (0.9, 0.99), fused=True),
        scheduler=per_batch(lambda adam: LambdaLR(adam, rate)),
        average=average,
        clip=1.0,
        device="cpu",
        seed=SEED,
        progress=False,
    )
    print(f"{EPOCHS} epochs in {time.process_time() - start:.0f} s of one core: {history['loss']}")
    net: nn.Module = average.module.net
    net.half().float()  # rounded, as they will be read
    with file.open("wb") as out:
        np.savez_compressed(out, **{name: t.half().numpy() for name, t in net.state_dict().items()})
    print(f"{sum(p.numel() for p in net.parameters()):,} weights, {file.stat().st_size:,} bytes")
    report(FlowMatching(net).eval(), X_test)


def rate(n: int) -> float:
    """The share of the learning rate in step n: up at once, down to 0 in the last epoch."""
    left = EPOCHS - n / -(-60_000 // BATCH)
    return max(min((n + 1) / WARM_UP, 1, left), 0)


def pixels(split: str) -> tuple[Tensor, Tensor]:
    """Images (N, 1, 28, 28) in [0, 1], and their classes."""
    digits = mnist(split)
    return digits.images[:, None].float() / 255, digits.labels


def report(flow: FlowMatching, X_test: Tensor) -> None:
    d, test = torch.arange(1000) % 10, features(X_test)
    for w in (1.0, 1.5, 2.0):
        start = time.process_time()
        generator = torch.Generator().manual_seed(SEED)
        x = flow.sample((1000, 1, 28, 28), d, guidance=w, generator=generator)
        spent, x = time.process_time() - start, (x / 2 + 0.5).clamp(0, 1)
        share = (class_scores(x).argmax(1) == d).double().mean()
        distance = frechet_distance(features(x), test)
        print(f"guidance {w}: {distance:.2f}, {share:.1%} in the class, {spent:.0f} s of one core")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
