"""Labs 1 to 5: from one neuron to a network that reads digits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from course_dl import plots
from course_dl.backprop import ManualMLP
from course_dl.cli.stops.given import Given, Row, percent
from course_dl.data import xor
from course_dl.descent import gradient_descent, largest_step
from course_dl.gradcheck import check_gradients
from course_dl.mlp import MLP
from course_dl.perceptron import Perceptron
from course_dl.training import evaluate, fit

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

__all__ = [
    "digits_by_hand",
    "down_a_valley",
    "gradients_by_hand",
    "the_limit_of_a_line",
    "two_digits",
    "where_it_is_wrong",
]

STEPS = 8  # of each descent


def two_digits(given: Given, panel: SubFigure) -> list[Row]:
    """Rosenblatt's perceptron separates 0 from 1."""
    print("Lab 1. A perceptron learns to tell 0 from 1, one mistake at a time.")
    train, held_out = given.digits.only([0, 1]), given.test.only([0, 1])
    perceptron = Perceptron(max_epochs=30).fit(train.images, 2 * train.labels - 1)
    right = perceptron.predict(held_out.images) == 2 * held_out.labels - 1
    plots.mistakes_per_epoch(
        perceptron.mistakes_, title="Lab 1: a perceptron, 0 against 1", figure=panel
    )
    made = sum(perceptron.mistakes_)
    ended = "converged" if perceptron.converged_ else "did not converge"
    return [
        Row(
            "perceptron, 0 against 1",
            f"{ended} in {len(perceptron.mistakes_)} epochs, {made} updates",
        ),
        Row("  on digits that it never saw", f"{percent(right)} right"),
    ]


def the_limit_of_a_line(given: Given, panel: SubFigure) -> list[Row]:
    """XOR defeats the perceptron; a multilayer perceptron solves it."""
    print("Lab 2. XOR: no line separates it, a network with one hidden layer does.")
    X, d = xor()
    perceptron = Perceptron(max_epochs=1_000).fit(X, d)
    line = (perceptron.predict(X) == d).sum().item()
    network = MLP([2, 8, 1], "tanh", generator=given.generator())
    fit(network, (X, d[:, None]), epochs=300, batch_size=4, lr=0.2, seed=given.seed, progress=False)
    with torch.no_grad():
        solved = (network(X)[:, 0].sign() == d).sum().item()
    plots.decision_regions(network, X, d, title="Lab 2: XOR, by an MLP", figure=panel)
    return [
        Row("XOR by the perceptron", f"{line} of 4 right after 1,000 epochs, never all"),
        Row("XOR by an MLP 2-8-1", f"{solved} of 4 right"),
    ]


def down_a_valley(_: Given, panel: SubFigure) -> list[Row]:
    """Descent in a narrow valley: one number decides whether it arrives."""
    print("Lab 3. Gradient descent: one number decides whether it arrives.")
    A = torch.tensor([[1.0, 0.0], [0.0, 8.0]], dtype=torch.float64)
    start, limit = torch.tensor([2.0, 1.0], dtype=torch.float64), largest_step(A)
    shares = (0.25, 0.9, 1.05)  # of the largest step
    paths = {
        f"{share:g} of the limit": gradient_descent(lambda x: A @ x, start, share * limit, STEPS)
        for share in shares
    }
    plots.descent_path(
        lambda x: x @ A @ x / 2,
        paths,
        limits=((-0.5, 2.4), (-1.6, 1.6)),
        title="Lab 3: three step sizes",
        figure=panel,
    )
    left = {label: float(path[-1].norm()) for label, path in paths.items()}
    told = ", ".join(f"{away:.2g}" for away in left.values())
    return [
        Row("descent, the largest step 2 / L", f"{limit:g}"),
        Row(
            f"  {STEPS} steps of {', '.join(map(str, shares))} times it", f"{told} from the minimum"
        ),
    ]


def gradients_by_hand(given: Given, panel: SubFigure) -> list[Row]:
    """Backpropagation as the course writes it, against autograd and finite differences."""
    print("Lab 4. Backpropagation by hand on a deep network, against autograd:")
    generator = given.generator()
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
        title="Lab 4: gradients by hand, against",
        figure=panel,
    )
    return [
        Row("gradients by hand, 5 layers", f"within {report.worst:.0e} of autograd (float64)"),
        Row("  against finite differences", f"within {report.worst_numerical:.0e}"),
    ]


def digits_by_hand(given: Given, panel: SubFigure) -> list[Row]:
    """The same start and the same batches, by hand-written backpropagation and by PyTorch."""
    print("Lab 4. The same MLP, by hand-written backpropagation and by PyTorch:")
    sizes = [784, 256, 128, 10]
    by_torch = MLP(sizes, generator=given.generator())
    by_hand = ManualMLP.from_module(by_torch)
    epochs = 2 if given.quick else max(4, min(20, 240_000 // len(given.digits)))
    train, held_out = given.digits.tensors(), given.test.tensors()

    runs: dict[str, Any] = {}
    accuracy: dict[str, float] = {}
    for label, model in (("by hand", by_hand), ("PyTorch", by_torch)):
        print(f"   {label}:")
        runs[label] = fit(model, train, val=held_out, epochs=epochs, lr=0.2, seed=given.seed)
        accuracy[label] = evaluate(model, held_out).accuracy or 0.0

    first = min(100, len(runs["by hand"].steps))
    by_step = zip(runs["by hand"].steps[:first], runs["PyTorch"].steps[:first], strict=True)
    apart = max(abs(a - b) / b for a, b in by_step)
    plots.curves(
        {label: run["val_accuracy"] for label, run in runs.items()},
        xlabel="epoch",
        ylabel="accuracy on test digits",
        title="Lab 4: one network, trained twice",
        figure=panel,
    )
    given.trained["MLP"] = by_torch
    tested = f"{len(given.test):,} test digits"
    return [
        Row("MLP 784-256-128-10 by hand", f"{accuracy['by hand']:.2%} of {tested}"),
        Row("  the same by PyTorch", f"{accuracy['PyTorch']:.2%}"),
        Row(f"  losses of the first {first} steps", f"within {apart:.0e} of each other"),
    ]


def where_it_is_wrong(given: Given, panel: SubFigure) -> list[Row]:
    """The test digits that the network of the stop before takes for others."""
    print("Lab 5. The digits that this network gets wrong.")
    with torch.no_grad():
        guesses = given.trained["MLP"](given.test.tensors()[0]).argmax(1)
    wrong = (guesses != given.test.labels).nonzero()[:, 0]
    shown = wrong[:12]
    plots.image_grid(
        given.test.images[shown],
        given.test.labels[shown],
        guesses[shown],
        columns=6,
        title="Lab 5: digits that it gets wrong",
        figure=panel,
    )
    return [Row("  test digits that it gets wrong", f"{len(wrong)} of {len(given.test):,}")]
