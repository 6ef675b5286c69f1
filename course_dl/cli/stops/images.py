"""Labs 6 to 8: networks that look at images, and answer for a whole image or for each pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from course_dl import plots
from course_dl.cli.stops.given import Given, Row, percent
from course_dl.convolution import ConvNet
from course_dl.data import scenes
from course_dl.residual import ResNet
from course_dl.segmentation import UNet, iou
from course_dl.training import fit

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

__all__ = ["filters_and_shifts", "pixel_by_pixel", "twenty_layers"]

PIXELS = range(7)  # by how many a digit is moved
MEAN_OF = 8  # steps: a point of the curve of losses


def filters_and_shifts(given: Given, panel: SubFigure) -> list[Row]:
    """A digit that is moved by some pixels: an MLP is lost, a convolutional network less so."""
    print("Lab 6. A convolutional network, and digits that are moved to the side:")
    network = ConvNet(generator=given.generator())
    train = given.some(12_000, 1_000).tensors(flat=False)
    fit(network, train, epochs=2, batch_size=64, lr=0.05, seed=given.seed)
    X, d = given.test.tensors(flat=False)
    X, d = X[:1_000], d[:1_000]
    mlp, moved = given.trained["MLP"], [_moved(X, k) for k in PIXELS]
    by_net = [_right(network, x, d) for x in moved]
    by_mlp = [_right(mlp, x.flatten(1), d) for x in moved]
    plots.curves(
        {
            "convolutional": [float(right.double().mean()) for right in by_net],
            "MLP of lab 4": [float(right.double().mean()) for right in by_mlp],
        },
        list(PIXELS),
        xlabel="pixels to the right",
        ylabel="accuracy on test digits",
        title="Lab 6: digits that are moved",
        figure=panel,
    )
    far = 4
    return [
        Row("convolutional network, 2 epochs", f"{percent(by_net[0])} right"),
        Row(
            f"  digits moved by {far} pixels", f"{percent(by_net[far])}; MLP {percent(by_mlp[far])}"
        ),
    ]


def twenty_layers(given: Given, panel: SubFigure) -> list[Row]:
    """Twenty layers, plain and in residual blocks, on the same batches."""
    print("Lab 7. Twenty layers, plain and in residual blocks:")
    train = given.some(3_000, 800).tensors(flat=False)
    losses: dict[str, list[float]] = {}
    for label, shortcut in (("plain", False), ("residual", True)):
        print(f"   {label}:")
        network = ResNet(16, 9, shortcut=shortcut, generator=given.generator())
        steps = fit(
            network,
            train,
            epochs=2,
            batch_size=64,
            optimizer=lambda p: torch.optim.Adam(p, 0.003),
            seed=given.seed,
        ).steps
        some = min(MEAN_OF, len(steps))
        losses[label] = torch.tensor(steps).unfold(0, some, 4).mean(1).tolist()
    at = [MEAN_OF + 4 * k for k in range(len(losses["plain"]))]
    plots.curves(
        losses,
        at,
        xlabel="step",
        ylabel="training loss",
        title="Lab 7: twenty layers",
        figure=panel,
    )
    return [
        Row("20 layers, plain", f"training loss {losses['plain'][-1]:.2f}"),
        Row("  the same with shortcuts", f"{losses['residual'][-1]:.2f}"),
    ]


def pixel_by_pixel(given: Given, panel: SubFigure) -> list[Row]:
    """A U-Net finds digits on textures: ground or digit, for each pixel."""
    print("Lab 8. A U-Net says of each pixel whether it belongs to a digit:")
    n = min(160 if given.quick else 400, len(given.digits))
    X, d = scenes("train", n, root=given.root, generator=given.generator()).tensors()
    X_new, d_new = scenes("test", 40, root=given.root, generator=given.generator()).tensors()
    network = _OnHalfSize(given.generator())
    fit(
        network,
        (X, d.clamp(max=1)),
        epochs=2 if given.quick else 3,
        batch_size=16,
        optimizer=lambda p: torch.optim.Adam(p, 0.01),
        seed=given.seed,
    )
    with torch.no_grad():
        scores = network.eval()(X_new)
    digits = d_new.clamp(max=1)
    found = iou(scores.argmax(1), digits, 2)[1]
    plots.label_maps(
        *(X_new[:3, 0], digits[:3], scores[:3]),
        classes=["ground", "digit"],
        title="Lab 8: segmentation",
        figure=panel,
    )
    return [Row(f"U-Net on {n:,} scenes of digits", f"IoU of the digits' pixels {found:.2f}")]


class _OnHalfSize(nn.Module):
    """A U-Net on images of half the size, four pixels as the channels of one."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self.net = UNet(4, 8, width=12, depth=2, generator=generator)

    def forward(self, X: Tensor) -> Tensor:
        x = nn.functional.pixel_unshuffle(X, 2)
        return nn.functional.pixel_shuffle(self.net(x), 2)


def _moved(X: Tensor, k: int) -> Tensor:
    """Images moved to the right by k pixels; what comes in is background."""
    ground = X[:, :, :1, :1].expand(-1, -1, X.shape[2], k)
    return torch.cat([ground, X[:, :, :, : X.shape[3] - k]], 3)


@torch.no_grad()
def _right(network: nn.Module, X: Tensor, d: Tensor) -> Tensor:
    return network.eval()(X).argmax(1) == d
