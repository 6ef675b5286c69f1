"""``fit`` against loops written by hand, and against frameworks."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Subset, TensorDataset
from torchvision import datasets, transforms

from benchmarks.digits import (
    BATCH,
    LR,
    bare_epoch,
    bare_products,
    generator,
    network,
    training_set,
)
from benchmarks.measure import Row, cores, medians, report, threads
from course_dl.data import scenes
from course_dl.mlp import MLP
from course_dl.residual import ResNet
from course_dl.segmentation import UNet
from course_dl.training import fit

LARGE_SIZES, LARGE_SHARE = (784, 2048, 2048, 10), 2_560
SCENES = 512  # label maps, for the U-Net
DEEP_SHARE = 2_560  # digits, for the residual network of twenty layers
TUTORIAL_SHARE = 10  # the tutorial form runs on 1 digit of so many, and its time is scaled up


def main() -> None:
    digits = training_set()
    X, d = digits.tensors()
    quiet = {
        "fit": silently(lambda: fit(network(), (X, d), epochs=1, batch_size=BATCH, lr=LR)),
        "bare": bare_epoch(X, d),
        "products": bare_products(len(X)),
    }
    mlp, loop = "`fit(MLP)`, an epoch, bar and metrics on", "the barest in-memory loop"
    one = "1 thread"  # what fit takes for a network of this size, whatever there is
    with threads(1):
        rows = [Row(mlp, loop, ratio(medians(quiet, 9), "bare"), 1.05, one)]
        tutorial = tutorial_epoch(str(digits.root), len(X) // TUTORIAL_SHARE)
        times = medians({**quiet, "tutorial": tutorial}, 3)
        times["tutorial"] *= TUTORIAL_SHARE
        products, bare = (times[name] / times["tutorial"] for name in ("products", "bare"))
        rows.append(
            Row(
                mlp,
                "the tutorial form (torchvision, transforms, DataLoader)",
                ratio(times, "tutorial"),
                1 / 8,
                f"{one}; the barest loop: {bare:.2f}, its products alone: {products:.2f}",
            )
        )
        images = X[:DEEP_SHARE].view(-1, 1, 28, 28), d[:DEEP_SHARE]
        deep = {
            "fit": silently(lambda: fit(deep_network(), images, epochs=1, batch_size=BATCH, lr=LR)),
            "bare": lambda: bare_epoch(*images, deep_network())(),
        }
        what = f"`fit(ResNet)` of 20 layers, {DEEP_SHARE:,} digits"
        rows.append(Row(what, loop, ratio(medians(deep, 5), "bare"), 1.03, one))
        pictures = scenes("train", SCENES, generator=generator()).tensors()
        half = F.pixel_unshuffle(pictures[0], 2), pictures[1][:, ::2, ::2]
        pixels = {
            "fit": silently(lambda: fit(pixel_network(), half, epochs=1, batch_size=BATCH, lr=LR)),
            "bare": lambda: bare_epoch(*half, pixel_network())(),
        }
        what = f"`fit(UNet)`, {SCENES} label maps of 24 x 24"
        rows.append(Row(what, loop, ratio(medians(pixels, 5), "bare"), 1.03, one))
        peers = {"Lightning": (lightning_epoch, 0.65), "skorch": (skorch_epoch, 0.75)}
        for name, (epoch, target) in peers.items():
            times = medians({"fit": quiet["fit"], name: silently(epoch(X, d))}, 3)
            rows.append(Row(mlp, f"{name}, TensorDataset", ratio(times, name), target, one))
    if cores() > 1:
        with threads(cores()):
            del quiet["products"]
            many = f"{cores()} threads asked for"
            price = ratio(medians(quiet, 5), "bare")
            rows.append(
                Row(mlp, loop, price, 1.7, f"{many}, of which `fit` leaves 1 for small steps")
            )
            some = X[:LARGE_SHARE], d[:LARGE_SHARE]
            large = {
                "fit": silently(
                    lambda: fit(large_network(), some, epochs=1, batch_size=BATCH, lr=LR)
                ),
                "bare": lambda: bare_epoch(*some, large_network())(),
            }
            what = f"`fit(MLP {'-'.join(map(str, LARGE_SIZES))})`, {LARGE_SHARE:,} digits"
            rows.append(Row(what, loop, ratio(medians(large, 5), "bare"), 1.05, many))
    report(rows)


def large_network() -> MLP:
    """A network for whose steps `fit` takes all threads."""
    return MLP(LARGE_SIZES, generator=generator())


def deep_network() -> ResNet:
    """The residual network of lab 7."""
    return ResNet(16, 9, generator=generator())


def pixel_network() -> UNet:
    """A U-Net as in lab 8, for scenes at half the size."""
    return UNet(4, 11, 16, 2, generator=generator())


def ratio(times: dict[str, float], against: str) -> float:
    return times["fit"] / times[against]


def silently(work: Callable[[], object]) -> Callable[[], None]:
    """The work with all that it prints, its bar drawn into nowhere."""

    def run() -> None:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            work()

    return run


def tutorial_epoch(root: str, n: int) -> Callable[[], None]:
    """As tutorials write it: images through PIL, one at a time, normalised by transforms."""
    transform = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]
    )
    data = Subset(datasets.MNIST(root, train=True, transform=transform), range(n))

    def run() -> None:
        net = network()
        optimizer = torch.optim.SGD(net.parameters(), lr=LR)
        for x, target in DataLoader(data, batch_size=BATCH, shuffle=True):
            optimizer.zero_grad()
            F.cross_entropy(net(x), target).backward()
            optimizer.step()

    return run


def lightning_epoch(X: Tensor, d: Tensor) -> Callable[[], None]:
    import lightning

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = network()

        def training_step(self, batch: list[Tensor]) -> Tensor:
            x, target = batch
            y = self.net(x)
            loss = F.cross_entropy(y, target)
            self.log_dict(
                {"loss": loss, "accuracy": (y.argmax(1) == target).float().mean()}, prog_bar=True
            )
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=LR)

    def run() -> None:
        trainer = lightning.Trainer(
            max_epochs=1,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_model_summary=False,
        )
        trainer.fit(Module(), DataLoader(TensorDataset(X, d), batch_size=BATCH, shuffle=True))

    return run


def skorch_epoch(X: Tensor, d: Tensor) -> Callable[[], None]:
    import skorch

    def run() -> None:
        net = skorch.NeuralNetClassifier(
            network(),
            criterion=nn.CrossEntropyLoss,
            optimizer=torch.optim.SGD,
            lr=LR,
            batch_size=BATCH,
            max_epochs=1,
            train_split=None,
            iterator_train__shuffle=True,
        )
        net.fit(TensorDataset(X, d), y=None)

    return run


if __name__ == "__main__":
    main()
