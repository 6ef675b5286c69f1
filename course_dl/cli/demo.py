"""A tour of the course on real data: what ``course-dl demo`` runs, in under a minute on 2 cores.

Each stop of the tour is a function that does one thing, prints what it did, draws its panel, and
returns its rows of the closing table.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch

from course_dl import plots
from course_dl.backprop import ManualMLP
from course_dl.data import ImageSet, circles, mnist, xor
from course_dl.gradcheck import check_gradients
from course_dl.mlp import MLP
from course_dl.perceptron import Perceptron
from course_dl.training import evaluate, fit
from course_dl.training.threads import on_threads

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

__all__ = ["Row", "tour"]


@dataclass(frozen=True)
class Row:
    """A line of the closing table."""

    what: str
    result: str


@on_threads(1)  # all of its networks are small
def tour(
    data: str | Path | None = None,
    *,
    seed: int = 0,
    out: str | Path = "course_dl_demo.png",
    quick: bool = False,
) -> list[Row]:
    """Run the tour, print its table, and save its page of pictures.

    Parameters
    ----------
    data : a directory that holds ``MNIST/raw``; without it, the ladder of `course_dl.data.mnist`.
    seed : of every random number drawn.
    out : the file of the page: its ending says the format (``.png``, ``.pdf``, ``.svg``).
    quick : two epochs on 2,000 digits instead of the whole training.
    """
    started = perf_counter()
    out = _writable(Path(out))
    digits, test = mnist("train", root=data), mnist("test", root=data)
    if quick:
        digits = digits.subset(min(2_000, len(digits)), generator=_generator(seed))
    print(
        f"Data: {len(digits):,} digits to learn from, {len(test):,} to test on; {digits.source}.\n"
    )

    page, panels = plots.page(3, 2, height=3.6, title="Introduction to deep learning: a tour")
    rows = [
        *two_digits(digits, test, panels[0]),
        *the_limit_of_a_line(seed, panels[1]),
        *gradients_by_hand(seed, panels[2]),
        *one_network_trained_twice(digits, test, seed, quick, panels[3:6]),
    ]
    page.savefig(out)

    print(_table(rows))
    print(f"\n{perf_counter() - started:.0f} s in all. One page of pictures: {out.resolve()}")
    return rows


def two_digits(digits: ImageSet, test: ImageSet, panel: SubFigure) -> list[Row]:
    """Rosenblatt's perceptron separates 0 from 1."""
    print("1. A perceptron learns to tell 0 from 1, one mistake at a time.")
    train, held_out = digits.only([0, 1]), test.only([0, 1])
    perceptron = Perceptron(max_epochs=30).fit(train.images, 2 * train.labels - 1)
    right = perceptron.predict(held_out.images) == 2 * held_out.labels - 1
    plots.mistakes_per_epoch(perceptron.mistakes_, title="1. Perceptron, 0 against 1", figure=panel)
    made = sum(perceptron.mistakes_)
    ended = "converged" if perceptron.converged_ else "did not converge"
    return [
        Row(
            "perceptron, 0 against 1",
            f"{ended} in {len(perceptron.mistakes_)} epochs, {made} updates",
        ),
        Row("  on digits that it never saw", f"{_percent(right)} right"),
    ]


def the_limit_of_a_line(seed: int, panel: SubFigure) -> list[Row]:
    """XOR defeats the perceptron; a multilayer perceptron solves it."""
    print("2. XOR: no line separates it, a network with one hidden layer does.")
    X, d = xor()
    perceptron = Perceptron(max_epochs=1_000).fit(X, d)
    line = (perceptron.predict(X) == d).sum().item()
    network = MLP([2, 8, 1], "tanh", generator=_generator(seed))
    fit(network, (X, d[:, None]), epochs=300, batch_size=4, lr=0.2, seed=seed, progress=False)
    with torch.no_grad():
        solved = (network(X)[:, 0].sign() == d).sum().item()
    plots.decision_regions(network, X, d, title="2. XOR, by an MLP", figure=panel)
    return [
        Row("XOR by the perceptron", f"{line} of 4 right after 1,000 epochs, never all"),
        Row("XOR by an MLP 2-8-1", f"{solved} of 4 right"),
    ]


def gradients_by_hand(seed: int, panel: SubFigure) -> list[Row]:
    """Backpropagation as the course writes it, against autograd and finite differences."""
    print("3. Backpropagation by hand on a deep network, against autograd:")
    generator = _generator(seed)
    network = ManualMLP([12, 10, 10, 10, 10, 5], "tanh", generator=generator, dtype=torch.float64)
    X = torch.randn(16, 12, generator=generator, dtype=torch.float64)
    d = torch.randint(5, (16,), generator=generator)
    report = check_gradients(network, X, d, "cross_entropy")
    print(report, "\n")

    plots.curves(
        {
            "autograd": [row.manual_autograd for row in report.rows],
            "finite differences": [row.manual_numerical for row in report.rows],
        },
        log="y",
        xlabel="parameters, from $W_1$ to $b_5$",
        ylabel="largest relative difference",
        title="3. Gradients by hand, against",
        figure=panel,
    )
    return [
        Row("gradients by hand, 5 layers", f"within {report.worst:.0e} of autograd (float64)"),
        Row("  against finite differences", f"within {report.worst_numerical:.0e}"),
    ]


def one_network_trained_twice(
    digits: ImageSet, test: ImageSet, seed: int, quick: bool, panels: list[SubFigure]
) -> list[Row]:
    """The same start and the same batches, by hand-written backpropagation and by PyTorch."""
    print("4. The same MLP, by hand-written backpropagation and by PyTorch, on the same batches.")
    sizes = [784, 256, 128, 10]
    by_torch = MLP(sizes, generator=_generator(seed))
    by_hand = ManualMLP.from_module(by_torch)
    epochs = 2 if quick else max(6, min(30, 360_000 // len(digits)))
    train, held_out = digits.tensors(), test.tensors()

    runs: dict[str, Any] = {}
    accuracy: dict[str, float] = {}
    for label, model in (("by hand", by_hand), ("PyTorch", by_torch)):
        print(f"   {label}:")
        runs[label] = fit(model, train, val=held_out, epochs=epochs, lr=0.2, seed=seed)
        accuracy[label] = evaluate(model, held_out).accuracy or 0.0

    first = min(100, len(runs["by hand"].steps))
    by_step = zip(runs["by hand"].steps[:first], runs["PyTorch"].steps[:first], strict=True)
    apart = max(abs(a - b) / b for a, b in by_step)
    plots.curves(
        {label: run["val_accuracy"] for label, run in runs.items()},
        xlabel="epoch",
        ylabel="accuracy on test digits",
        title="4. One network, trained twice",
        figure=panels[0],
    )
    with torch.no_grad():
        guesses = by_torch(held_out[0]).argmax(1)
    mistaken = (guesses != test.labels).nonzero()[:12, 0]
    plots.image_grid(
        test.images[mistaken],
        test.labels[mistaken],
        guesses[mistaken],
        columns=6,
        title="5. Digits that it gets wrong",
        figure=panels[1],
    )
    plots.decision_regions(
        *_two_rings(seed), title="6. What hidden layers are for: circles", figure=panels[2]
    )
    return [
        Row(
            "MLP 784-256-128-10 by hand", f"{accuracy['by hand']:.2%} of {len(test):,} test digits"
        ),
        Row("  the same by PyTorch", f"{accuracy['PyTorch']:.2%}"),
        Row(f"  losses of the first {first} steps", f"within {apart:.0e} of each other"),
    ]


def _two_rings(seed: int) -> tuple[MLP, torch.Tensor, torch.Tensor]:
    X, d = circles(300, generator=_generator(seed))
    network = MLP([2, 16, 16, 2], generator=_generator(seed))
    fit(network, (X, d), epochs=60, batch_size=32, seed=seed, progress=False)
    return network, X, d


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _percent(right: torch.Tensor) -> str:
    return f"{right.double().mean().item():.2%}"


def _table(rows: list[Row]) -> str:
    width = max(len(row.what) for row in rows)
    rule = "-" * (width + 45)
    return "\n".join([rule, *(f"{row.what:<{width}}  {row.result}" for row in rows), rule])


def _writable(out: Path) -> Path:
    """The path, found out to be one that a picture can be saved at before the work begins."""
    from matplotlib.backend_bases import FigureCanvasBase

    out = out.expanduser()
    known = FigureCanvasBase.get_supported_filetypes()
    if out.suffix.lstrip(".").lower() not in known:
        raise ValueError(f"out must be a picture such as tour.png, got {out}: {', '.join(known)}")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"there is no directory {out.parent} to save {out.name} in")
    return out
