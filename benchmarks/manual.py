"""Hand-written backpropagation against autograd, and against its matrix products alone.

No backpropagation is faster than the products that both need: what these alone take of autograd's
time stands beside each ratio.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional as F

from benchmarks.digits import BATCH, LR, bare_epoch, bare_products, bare_step, network, training_set
from benchmarks.measure import Row, medians, report, threads
from course_dl.backprop import ManualMLP
from course_dl.losses import cross_entropy_grad
from course_dl.training import fit

STEP_TARGETS = {1: 0.45, 32: 0.75, 128: 0.90, 1024: 1.0}


def main() -> None:
    X, d = training_set().tensors()
    with threads(1):  # what fit takes for a network of this size, whatever there is
        times = medians(
            {
                "manual": lambda: fit(
                    ManualMLP.from_module(network()),
                    (X, d),
                    epochs=1,
                    batch_size=BATCH,
                    lr=LR,
                    progress=False,
                ),
                "autograd": bare_epoch(X, d),
                "products": bare_products(len(X)),
            },
            7,
        )
        rows = [
            Row(
                "`ManualMLP`, a training epoch",
                "the barest in-memory autograd loop",
                times["manual"] / times["autograd"],
                0.80,
                f"1 thread; the products alone: {times['products'] / times['autograd']:.2f}",
            ),
            Row(
                "`ManualMLP`, a training epoch",
                "its matrix products alone",
                times["manual"] / times["products"],
                1.25,
                "1 thread",
            ),
        ]
        for n, target in STEP_TARGETS.items():
            times = medians(
                {
                    "manual": steps_of(n, manual_step(n)),
                    "autograd": steps_of(n, autograd_step(n)),
                    "products": steps_of(n, bare_step(n, keep=True)),
                },
                9,
            )
            rows.append(
                Row(
                    "a manual step that keeps its gradients",
                    "autograd's step",
                    times["manual"] / times["autograd"],
                    target,
                    f"batch {n}, 1 thread; products and subtractions alone: "
                    f"{times['products'] / times['autograd']:.2f}",
                )
            )
    report(rows)


def steps_of(n: int, step: Callable[[], None]) -> Callable[[], None]:
    """As many steps on ``n`` samples as make a time that can be measured."""

    def run() -> None:
        for _ in range(max(20, 2000 // n)):
            step()

    return run


def manual_step(n: int) -> Callable[[], None]:
    net = ManualMLP.from_module(network())
    x, d = torch.randn(n, 784), torch.randint(10, (n,))

    def run() -> None:
        net.zero_grad()
        net.backward(cross_entropy_grad(net(x), d, "mean"))
        net.step(1e-6)

    return run


def autograd_step(n: int) -> Callable[[], None]:
    net = network()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-6)
    x, d = torch.randn(n, 784), torch.randint(10, (n,))

    def run() -> None:
        optimizer.zero_grad()
        F.cross_entropy(net(x), d).backward()
        optimizer.step()

    return run


if __name__ == "__main__":
    main()
