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

from benchmarks.digits import BATCH, LR, bare_epoch, bare_products, network, training_set
from benchmarks.measure import Row, cores, medians, report, threads
from course_dl.training import fit

TUTORIAL_SHARE = 10  # the tutorial form runs on 1 digit of so many, and its time is scaled up


def main() -> None:
    digits = training_set()
    X, d = digits.tensors()
    quiet = {
        "fit": silently(lambda: fit(network(), (X, d), epochs=1, batch_size=BATCH, lr=LR)),
        "bare": bare_epoch(X, d),
        "products": bare_products(len(X)),
    }
    rows = []
    for n in dict.fromkeys([1, cores()]):
        on = f"{n} thread{'s' * (n > 1)}"
        with threads(n):
            bare = ratio(medians(quiet, 9), "bare")
        what = "`fit(MLP)`, an epoch, bar and metrics on"
        rows.append(Row(what, "the barest in-memory loop", bare, 1.05, on))
    with threads(cores()):
        tutorial = tutorial_epoch(str(digits.root), len(X) // TUTORIAL_SHARE)
        times = medians({**quiet, "tutorial": tutorial}, 3)
        times["tutorial"] *= TUTORIAL_SHARE
        products, bare = (times[name] / times["tutorial"] for name in ("products", "bare"))
        rows.append(
            Row(
                "the same",
                "the tutorial form (torchvision, transforms, DataLoader)",
                ratio(times, "tutorial"),
                1 / 8,
                f"{on}; the barest loop: {bare:.2f}, its products alone: {products:.2f}",
            )
        )
        peers = {"Lightning": (lightning_epoch, 0.65), "skorch": (skorch_epoch, 0.75)}
        for name, (epoch, target) in peers.items():
            times = medians({"fit": quiet["fit"], name: silently(epoch(X, d))}, 3)
            rows.append(Row("the same", f"{name}, TensorDataset", ratio(times, name), target, on))
    report(rows)


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
