"""Train the network that the Fréchet distance of digits is measured in, and say what it measures.

    python scripts/make_yardstick.py OUT_FILE

reads the full MNIST, trains `Yardstick` with batch norms for a few epochs on one thread, folds the
norms into the convolutions, scales the features to a mean variance of 1, and writes the weights in
half precision. It prints the accuracy and the reference values of the docstring of `features`:
distances to all 10,000 test digits, of 10,000 images and of 1,000. It was run once: a figure holds
for these weights alone, so the file in the package is not to be made anew.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import CosineAnnealingLR

from course_dl import fit
from course_dl.data import mnist
from course_dl.generative.frechet import frechet_distance
from course_dl.generative.yardstick import Yardstick
from course_dl.residual import fold_batch_norm

SEED, EPOCHS, LR = 1957, 8, 2e-3  # the year of Fréchet's paper on this distance


class WithNorms(nn.Module):
    """The network as it is trained: a batch norm behind each convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.net = Yardstick()
        self.norm1, self.norm2 = nn.BatchNorm2d(16), nn.BatchNorm2d(48)

    def forward(self, images: Tensor) -> Tensor:
        h = torch.relu(self.norm1(self.net.conv1(images)))
        h = torch.relu(self.norm2(self.net.conv2(h)))
        y: Tensor = self.net.head(torch.relu(self.net.hidden(h.flatten(1))))
        return y

    @torch.no_grad()
    def folded(self) -> Yardstick:
        """The same function without norms."""
        for conv, norm in ((self.net.conv1, self.norm1), (self.net.conv2, self.norm2)):
            w, b = fold_batch_norm(
                *(conv.weight, conv.bias, norm.weight, norm.bias),
                *(norm.running_mean, norm.running_var, norm.eps),
            )
            conv.weight.copy_(w)
            conv.bias.copy_(b)
        return self.net.eval()


@torch.no_grad()
def set_unit(net: Yardstick, X: Tensor) -> None:
    """Scale the features, and the head against them, so that their mean variance on X is 1."""
    scale = net.features(X).var(0).mean().sqrt()
    net.hidden.weight.div_(scale)
    net.hidden.bias.div_(scale)
    net.head.weight.mul_(scale)


def main(file: Path) -> None:
    torch.set_num_threads(1)
    (X, d), (X_test, d_test) = (pixels(split) for split in ("train", "test"))
    assert len(X) == 60_000, "the full MNIST is needed"
    torch.manual_seed(SEED)
    model, start = WithNorms(), time.process_time()
    fit(
        *(model, (X, d)),
        epochs=EPOCHS,
        optimizer=lambda parameters: torch.optim.AdamW(parameters, LR),
        scheduler=lambda optimizer: CosineAnnealingLR(optimizer, EPOCHS),
        device="cpu",
        seed=SEED,
        progress=False,
    )
    print(f"{EPOCHS} epochs in {time.process_time() - start:.0f} s of one core")
    net = model.folded()
    set_unit(net, X)
    net.half().float()  # rounded, as they will be read
    with file.open("wb") as out:
        np.savez_compressed(out, **{name: t.half().numpy() for name, t in net.state_dict().items()})
    print(f"{sum(p.numel() for p in net.parameters()):,} weights, {file.stat().st_size:,} bytes")
    report(net, X, X_test, d_test)


def pixels(split: str) -> tuple[Tensor, Tensor]:
    """Images (N, 1, 28, 28) in [0, 1], and their classes."""
    digits = mnist(split)
    return digits.images[:, None].float() / 255, digits.labels


@torch.no_grad()
def report(net: Yardstick, X: Tensor, X_test: Tensor, d_test: Tensor) -> None:
    """The accuracy, and distances between test digits and others."""
    print(f"accuracy on test digits: {(net(X_test).argmax(1) == d_test).double().mean():.4f}")
    generator = torch.Generator().manual_seed(SEED)
    test = net.features(X_test)
    X_test = X_test[torch.randperm(len(X_test), generator=generator)]  # its first half is neater
    print(f"mean variance of the features of test digits: {test.var(0).mean():.3f}")
    Z = net.features(X)
    for n in (10_000, 1_000):
        draws = [Z[torch.randperm(len(Z), generator=generator)[:n]] for _ in range(8)]
        distances = [frechet_distance(z, test) for z in draws]
        low, mean, high = min(distances), sum(distances) / len(draws), max(distances)
        print(f"{n} training digits: {mean:.2f} ({low:.2f} to {high:.2f} in 8 draws)")
    others = {
        "moved right by a pixel": X_test.roll(1, 3),
        "made black and white": (X_test > 0.5).float(),
        "drawn as pixels": torch.bernoulli(X_test, generator=generator),
        "blurred 3 x 3": F.avg_pool2d(X_test, 3, 1, 1),
        "with noise of 0.1": (X_test + 0.1 * noise(X_test, generator)).clamp(0, 1),
        "the mean digit": X.mean(0, keepdim=True).expand_as(X_test),
        "uniform noise": torch.rand(X_test.shape, generator=generator),
    }
    for name, images in others.items():
        z = net.features(images)
        parts = [frechet_distance(z[:n], test) for n in (10_000, 1_000)]
        print(f"{name}: " + "  ".join(f"{distance:.2f}" for distance in parts))


def noise(X: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(X.shape, generator=generator)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
