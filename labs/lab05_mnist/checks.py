"""Checks of lab 5. Networks are built where the student's code runs, with twins of them here.

What a training should come to is found out by training the twin on the same batches. Several calls
are made before any is judged where that tells one mistake from another.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from course_dl import fit
from course_dl.data import mnist
from course_dl.lab import (
    Exercise,
    Inputs,
    Student,
    Wrong,
    close,
    number,
    require,
    shaped,
    unpack,
)
from course_dl.lab.challenge import SLACK, Challenge, check_scores
from course_dl.lab.student import Remote, backward
from course_dl.lab.values import summary

Make = Callable[..., Any]  # make("nn.Linear", 3, 2) -> a layer, here or on the student's side
FLOAT32, FLOAT64 = torch.float32, torch.float64


# 5.1

standardize = Exercise(
    "5.1",
    ["standardize"],
    points=1,
    difficulty=1,
    minutes=10,
    hints=[
        "Three steps: numbers from 0 to 1; mean and standard deviation taken out; a row an image.",
        "uint8 knows neither fractions nor negative numbers: images.float() first, then / 255.",
        "((images.float() / 255) - 0.1307) / 0.3081, and .flatten(1) makes a row of each image.",
    ],
)


@standardize.test("black, white, and what lies between")
def test_standardize_grey_values(student: Student) -> None:
    greys = torch.arange(256, dtype=torch.uint8)
    images = torch.cat([greys, greys.flip(0), greys, greys[:16]]).view(1, 28, 28).repeat(2, 1, 1)
    images[1] = 255 - images[0]
    for batch in (images, torch.zeros(1, 28, 28), torch.full((3, 28, 28), 255)):
        check_standardize(student, batch.to(torch.uint8))


@standardize.test("pixels stay in their order, images in theirs")
def test_standardize_order(student: Student, rng: Inputs) -> None:
    for N in (5, 2):
        check_standardize(student, pixels(rng, N))


@standardize.test("one image, and as many images as pixels in a row", hidden=True)
def test_standardize_one(student: Student, rng: Inputs) -> None:
    for N in (1, 28):
        check_standardize(student, pixels(rng, N))


@standardize.test("batches of very dark and of very bright images", hidden=True)
def test_standardize_scale(student: Student, rng: Inputs) -> None:
    for images in (pixels(rng, 3) // 64, 255 - pixels(rng, 3) // 64, pixels(rng, 100)):
        check_standardize(student, images)


def pixels(rng: Inputs, N: int) -> Tensor:
    """Images of noise, with both ends of the scale in each."""
    images = rng.integers(0, 256, N, 28, 28, dtype=torch.uint8)
    images[:, 0, 0], images[:, 27, 27] = 0, 255
    return images


def check_standardize(student: Student, images: Tensor) -> None:
    truth = (images.double() / 255).sub(0.1307).div(0.3081).flatten(1).float()
    X = shaped(student.standardize(images), truth.shape, what="X")
    require(
        X.dtype == FLOAT32,
        "X should be float32, which networks compute in.",
        ("It was", str(X.dtype).removeprefix("torch.")),
    )
    close(X, truth, "X", tolerance=1e-5)


# Networks on both sides


def here(path: str, *args: Any, **kwargs: Any) -> Any:
    """Build something of torch on this side, as ``student.torch`` does on the student's."""
    return attrgetter(path)(torch)(*args, **kwargs)


def twins(
    student: Student, rng: Inputs, build: Callable[[Make], Any], dtype: torch.dtype = FLOAT64
) -> tuple[Remote, nn.Module]:
    """A network on the student's side and its twin here, with the same random state."""
    theirs, ours = build(student.torch), build(here)
    state = {}
    for name, value in ours.state_dict().items():
        drawn = rng.normal(*value.shape, dtype=dtype)
        state[name] = drawn.abs() + 0.5 if name.endswith("running_var") else drawn.to(dtype)
        if not value.is_floating_point():
            state[name] = value
    theirs.to(dtype)
    theirs.load_state_dict(state)
    ours.to(dtype).load_state_dict(state)
    return theirs, ours


def loader(student: Student, X: Tensor, d: Tensor, batch_size: int, **options: Any) -> Remote:
    """A DataLoader on the student's side."""
    pairs = student.torch("utils.data.TensorDataset", X, d)
    return student.torch("utils.data.DataLoader", pairs, batch_size=batch_size, **options)


def perceptron(make: Make) -> Any:
    """Two layers, from 3 features to 4 scores."""
    return make("nn.Sequential", make("nn.Linear", 3, 5), make("nn.Tanh"), make("nn.Linear", 5, 4))


def normalized(make: Make) -> Any:
    """A network with batch normalization, which counts the batches it sees in training mode."""
    return make(
        "nn.Sequential",
        make("nn.Linear", 3, 5),
        make("nn.BatchNorm1d", 5),
        make("nn.ReLU"),
        make("nn.Linear", 5, 4),
    )


def muted(make: Make) -> Any:
    """A network with a dropout of everything: in training mode all its samples look the same."""
    return make("nn.Sequential", make("nn.Dropout", 1.0), make("nn.Linear", 3, 4))


# 5.2

train_one_epoch = Exercise(
    "5.2",
    ["train_one_epoch"],
    points=4,
    difficulty=2,
    minutes=25,
    answers=["course_dl.training"],
    hints=[
        "model.train() once, then for X, d in loader: loss, zero_grad, backward, step.",
        "loss_fn gives the mean of a batch. What has to be added up, so that a small last batch "
        "does not count as much as a whole one?",
        "total += loss.item() * len(X) and n += len(X) in the loop, before or after the step: the "
        "loss was computed before it. At the end return total / n.",
    ],
)


@train_one_epoch.test("one batch: the loss before the step, and the weights after it")
def test_train_one_epoch_one_batch(student: Student, rng: Inputs) -> None:
    check_epoch(student, rng, perceptron, N=6, batch_size=6)
    check_epoch(student, rng, perceptron, N=1, batch_size=4)


@train_one_epoch.test("several batches, a smaller one at the end")
def test_train_one_epoch_batches(student: Student, rng: Inputs) -> None:
    check_epoch(student, rng, perceptron, N=10, batch_size=4)
    check_epoch(student, rng, perceptron, N=9, batch_size=8)


@train_one_epoch.test("the model is in training mode")
def test_train_one_epoch_mode(student: Student, rng: Inputs) -> None:
    for found in (False, True):
        check_epoch(student, rng, normalized, N=11, batch_size=4, found=found)


@train_one_epoch.test("gradients of before the call are forgotten")
def test_train_one_epoch_old_gradients(student: Student, rng: Inputs) -> None:
    check_epoch(student, rng, perceptron, N=7, batch_size=4, old_gradients=True)
    check_epoch(student, rng, perceptron, N=5, batch_size=5, old_gradients=True)


@train_one_epoch.test("the loss and the optimizer that it is given")
def test_train_one_epoch_loss_and_optimizer(student: Student, rng: Inputs) -> None:
    check_epoch(student, rng, perceptron, N=10, batch_size=4, optimizer="SGD", momentum=0.9)
    check_epoch(student, rng, perceptron, N=8, batch_size=3, optimizer="Adam")
    check_epoch(student, rng, perceptron, N=8, batch_size=3, loss="MSELoss")


@train_one_epoch.test("a second epoch, shuffled", hidden=True)
def test_train_one_epoch_again(student: Student, rng: Inputs) -> None:
    check_epoch(student, rng, perceptron, N=10, batch_size=3, epochs=3, momentum=0.9)
    check_epoch(student, rng, normalized, N=14, batch_size=4, epochs=2, shuffle=True)


@train_one_epoch.test("float32, other losses, batches of one sample", hidden=True)
def test_train_one_epoch_others(student: Student, rng: Inputs) -> None:
    check_epoch(student, rng, perceptron, N=13, batch_size=6, dtype=FLOAT32)
    check_epoch(student, rng, perceptron, N=4, batch_size=1, loss="L1Loss")
    check_epoch(
        student, rng, perceptron, N=9, batch_size=2, optimizer="AdamW", old_gradients=True, lr=0.05
    )


def check_epoch(
    student: Student,
    rng: Inputs,
    build: Callable[[Make], Any],
    N: int,
    batch_size: int,
    *,
    loss: str = "CrossEntropyLoss",
    optimizer: str = "SGD",
    lr: float = 0.25,
    dtype: torch.dtype = FLOAT64,
    found: bool = True,
    old_gradients: bool = False,
    epochs: int = 1,
    shuffle: bool = False,
    **options: Any,
) -> None:
    """Train both twins; compare their weights, then what was told of the loss.

    ``found`` is whether the model is in training mode when it is handed over.
    """
    theirs, ours = twins(student, rng, build, dtype)
    X = rng.normal(N, 3, dtype=dtype)
    d = rng.classes(N, 4) if loss == "CrossEntropyLoss" else rng.normal(N, 4, dtype=dtype)
    order = {"shuffle": True, "generator": rng.generator()} if shuffle else {}
    given = loader(student, X, d, batch_size, **order)
    loss_fn = student.torch(f"nn.{loss}")
    # The first optimizer of a process takes seconds to make, which are to be none of the student's.
    own_steps = here(f"optim.{optimizer}", ours.parameters(), lr=lr, **options)
    steps = student.torch(f"optim.{optimizer}", theirs.parameters(), lr=lr, **options)
    if old_gradients:
        backward(theirs, loss_fn, 3 * rng.normal(N, 3, dtype=dtype), d)
    theirs.train(found)

    before = theirs.state_dict()
    told = [student.train_one_epoch(theirs, given, loss_fn, steps) for _ in range(epochs)]
    after, training = theirs.state_dict(), theirs.training

    pairs = TensorDataset(X, d)
    truth = fit(
        ours,
        DataLoader(pairs, batch_size, **order),
        epochs=epochs,
        loss=here(f"nn.{loss}"),
        optimizer=own_steps,
        device="cpu",
        progress=False,
    )
    batch = f"N = {N}, batches of {batch_size}"
    check_state(before, after, ours.state_dict(), batch)
    for epoch, (mean, row) in enumerate(zip(told, truth.rows, strict=True), start=1):
        what = "the mean loss" if epochs == 1 else f"the mean loss of epoch {epoch}"
        number(mean, row.loss, f"{what} ({batch})", tolerance=1e-5)
    require(
        training or not found,
        "The model was in training mode; after the epoch it is in evaluation mode.",
    )


def check_state(
    before: dict[str, Tensor], after: dict[str, Tensor], truth: dict[str, Tensor], batch: str
) -> None:
    """The parameters and buffers of a model after an epoch."""
    require(
        any(not torch.equal(before[name], after[name]) for name in before),
        "The model is as it was before the epoch: does optimizer.step() follow loss.backward()?",
    )
    seen = "1.num_batches_tracked"
    if seen in truth and not torch.equal(after[seen], truth[seen]):
        raise Wrong(
            "Batch normalization did not see each batch once in training mode.",
            ("Batches there were", str(int(truth[seen]))),
            ("Seen in training mode", str(int(after[seen]))),
        )
    for name, expected in truth.items():
        close(after[name], expected, f"the model's {name} after the epoch ({batch})")


# 5.3

evaluate = Exercise(
    "5.3",
    ["evaluate"],
    points=3,
    difficulty=2,
    minutes=15,
    answers=["course_dl.training"],
    hints=[
        "The class that a network predicts is the place of its largest score: .argmax(dim=1). "
        "Count the right ones and the samples of all batches, and divide once, at the end.",
        "model.training tells the mode. Note it down, call model.eval(), and at the end "
        "model.train(noted): train takes True or False.",
        "with torch.no_grad(): around the loop. right += (model(X).argmax(1) == d).sum().item()",
    ],
)


@evaluate.test("the share of samples that are right")
def test_evaluate_share(student: Student, rng: Inputs) -> None:
    cases = [([8], [6]), ([4, 4, 2], [4, 3, 0]), ([6, 1], [1, 1])]
    check_accuracy(student, rng, perceptron, *cases)


@evaluate.test("in evaluation mode")
def test_evaluate_mode(student: Student, rng: Inputs) -> None:
    for training in (True, False):
        check_accuracy(student, rng, muted, ([5, 5, 3], [4, 5, 1]), training=training)
        check_accuracy(student, rng, normalized, ([6, 3], [2, 3]), training=training)


@evaluate.test("the model is left as it was found, in its mode and ready to be trained")
def test_evaluate_leaves_model(student: Student, rng: Inputs) -> None:
    theirs, ours = twins(student, rng, perceptron)
    X, d = labelled(rng, ours, [4, 2], [3, 2])
    given = loader(student, X, d, 4)
    left = {}
    for training in (True, False):
        theirs.train(training)
        student.evaluate(theirs, given)
        left[training] = theirs.training
    for training, now in left.items():
        require(
            now == training,
            f"The model was in {mode(training)} mode; evaluate should leave it so.",
            ("It was left in", f"{mode(now)} mode"),
        )
    require(
        theirs(X).requires_grad,
        "After evaluate, the model cannot be trained any more: its parameters ask for no gradient "
        "(requires_grad is False).",
    )


@evaluate.test("no graph is built")
def test_evaluate_no_graph(student: Student, rng: Inputs) -> None:
    graphs: list[bool] = []

    def look(scores: Tensor) -> Tensor:
        graphs.append(scores.requires_grad)
        return scores

    theirs, ours = twins(student, rng, perceptron)
    X, d = labelled(rng, ours, [3, 3, 2], [3, 1, 0])
    probe = student.torch("nn.Identity")
    probe.forward = look
    watched = student.torch("nn.Sequential", theirs, probe)
    given = loader(student, X, d, 3)
    got = student.evaluate(watched, given)
    require(
        bool(graphs) and not any(graphs),
        "While the model ran, autograd built a graph for gradients that nobody asks for: it costs "
        "time and memory. Run the model under torch.no_grad().",
    )
    number(got, 4 / 8, "the accuracy", tolerance=1e-6)


@evaluate.test("all right, all wrong, one sample, two classes", hidden=True)
def test_evaluate_extremes(student: Student, rng: Inputs) -> None:
    def two(make: Make) -> Any:
        return make("nn.Linear", 3, 2)

    cases = [([3, 3], [3, 3]), ([4, 1], [0, 0]), ([1], [1])]
    check_accuracy(student, rng, perceptron, *cases)
    check_accuracy(student, rng, two, ([5, 5, 1], [5, 1, 1]), dtype=FLOAT32)


@evaluate.test("larger batches, ten classes", hidden=True)
def test_evaluate_larger(student: Student, rng: Inputs) -> None:
    def ten(make: Make) -> Any:
        return make("nn.Sequential", make("nn.Flatten"), make("nn.Linear", 12, 10))

    theirs, ours = twins(student, rng, ten, FLOAT32)
    X = rng.normal(150, 3, 4, dtype=FLOAT32)
    d = ours(X).argmax(1)
    wrong = rng.permutation(150)[:47]
    d[wrong] = (d[wrong] + 1 + rng.integers(0, 9, 47)) % 10
    for batch_size in (64, 150):
        got = student.evaluate(theirs, loader(student, X, d, batch_size))
        number(got, 103 / 150, "the accuracy", tolerance=1e-6)


def mode(training: bool) -> str:
    return "training" if training else "evaluation"


def labelled(
    rng: Inputs, model: nn.Module, sizes: list[int], right: list[int]
) -> tuple[Tensor, Tensor]:
    """Samples in batches of these sizes, of each batch so many with the class that is predicted."""
    dtype = next(model.parameters()).dtype
    X = rng.normal(sum(sizes), 3, dtype=dtype)
    model.eval()
    with torch.no_grad():
        Y = model(X)
    d = Y.argmax(1)
    start = 0
    for size, hits in zip(sizes, right, strict=True):
        wrong = start + rng.permutation(size)[hits:]
        d[wrong] = (d[wrong] + rng.integers(1, Y.shape[1], len(wrong))) % Y.shape[1]
        start += size
    return X, d


def check_accuracy(
    student: Student,
    rng: Inputs,
    build: Callable[[Make], Any],
    *cases: tuple[list[int], list[int]],
    training: bool = True,
    dtype: torch.dtype = FLOAT64,
) -> None:
    """Cases are sizes of batches, and how many samples of each are classified rightly."""
    theirs, ours = twins(student, rng, build, dtype)
    before = theirs.state_dict()
    results = []
    for sizes, right in cases:
        given = loader(student, *labelled(rng, ours, sizes, right), sizes[0])
        theirs.train(training)
        results.append(student.evaluate(theirs, given))
    after = theirs.state_dict()
    for got, (sizes, right) in zip(results, cases, strict=True):
        listed = ", ".join(f"{hits} of {size}" for hits, size in zip(right, sizes, strict=True))
        told = f"the accuracy, where of each batch {listed} are right,"
        number(got, sum(right) / sum(sizes), told, tolerance=1e-6)
    for name, value in before.items():
        require(
            torch.equal(value, after[name]),
            f"The model's {name} is another one after evaluate: in training mode, batch "
            "normalization learns from what it sees.",
        )


# 5.4

confusion_matrix = Exercise(
    "5.4",
    ["confusion_matrix"],
    points=2,
    difficulty=2,
    minutes=15,
    hints=[
        "Start with zeros (n_classes, n_classes) of dtype torch.int64, and count one sample after "
        "the other: which row, which column?",
        "matrix[targets, predictions] += 1 counts a pair once, however often it occurs.",
        "Without a loop: the pair (i, j) has the number i * n_classes + j, and torch.bincount "
        "counts numbers; minlength sees to it that none is left out.",
    ],
)


@confusion_matrix.test("counted by hand")
def test_confusion_matrix_by_hand(student: Student) -> None:
    targets = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 2, 0])
    predictions = torch.tensor([0, 0, 1, 1, 1, 0, 2, 2, 0, 0])
    truth = torch.tensor([[3, 1, 0], [0, 2, 0], [2, 0, 2]])
    check_matrix(student.confusion_matrix(targets, predictions, 3), truth)


@confusion_matrix.test("sums of rows, of columns, of the diagonal")
def test_confusion_matrix_sums(student: Student, rng: Inputs) -> None:
    for N, K in [(40, 4), (300, 10), (25, 2), (30, 12)]:
        check_random(student, rng, N, K)


@confusion_matrix.test("classes that do not occur")
def test_confusion_matrix_absent(student: Student, rng: Inputs) -> None:
    for absent in ([3, 4], [0], [1, 2, 5]):
        K = 6
        there = torch.tensor([k for k in range(K) if k not in absent])
        targets = there[rng.integers(0, len(there), 30)]
        predictions = there[rng.integers(0, len(there), 30)]
        check_matrix(
            student.confusion_matrix(targets, predictions, K), counted(targets, predictions, K)
        )


@confusion_matrix.test("one sample, many samples, many classes", hidden=True)
def test_confusion_matrix_sizes(student: Student, rng: Inputs) -> None:
    for N, K in [(1, 3), (1, 2), (2000, 7), (3, 30)]:
        check_random(student, rng, N, K)


@confusion_matrix.test("all right, all wrong in the same way", hidden=True)
def test_confusion_matrix_pure(student: Student, rng: Inputs) -> None:
    targets = rng.classes(20, 5)
    for predictions in (targets, (targets + 1) % 5, torch.full((20,), 2)):
        check_matrix(
            student.confusion_matrix(targets, predictions, 5), counted(targets, predictions, 5)
        )


def counted(targets: Tensor, predictions: Tensor, K: int) -> Tensor:
    """The matrix, as the product of one-hot rows, in which all is exact."""
    rows, columns = F.one_hot(targets, K), F.one_hot(predictions, K)
    return torch.einsum("ni,nj->ij", rows, columns)


def check_random(student: Student, rng: Inputs, N: int, K: int) -> None:
    targets, predictions = rng.integers(0, K, N), rng.integers(0, K, N)
    got = student.confusion_matrix(targets, predictions, K)
    check_matrix(got, counted(targets, predictions, K))


def check_matrix(got: Any, truth: Tensor) -> None:
    matrix = shaped(got, truth.shape, what="the matrix")
    require(
        matrix.dtype == torch.int64,
        "The matrix holds counts: it should be int64.",
        ("It was", str(matrix.dtype).removeprefix("torch.")),
    )
    total = int(truth.sum())
    require(
        int(matrix.sum()) == total,
        f"The entries should add up to the number of samples, {total}; they add up to "
        f"{int(matrix.sum())}.",
        ("Expected", rows_of(truth)),
        ("Came", rows_of(matrix)),
    )
    wrong = (matrix != truth).nonzero().tolist()
    if wrong:
        i, j = wrong[0]
        turned = " It is the transpose of what it should be." * torch.equal(matrix.T, truth)
        raise Wrong(
            f"Entry [{i}, {j}] is {int(matrix[i, j])}; of class {i}, {int(truth[i, j])} samples "
            f"were predicted as {j}.{turned}",
            ("Expected", rows_of(truth)),
            ("Came", rows_of(matrix)),
        )


def rows_of(matrix: Tensor) -> str:
    return summary(matrix, numbers=36)


# 5.5

split = Exercise(
    "5.5",
    ["split"],
    points=2,
    difficulty=1,
    minutes=10,
    hints=[
        "torch.randperm gives the numbers 0, ..., n-1 in random order; take two pieces of it.",
        "torch.randperm(n, generator=generator) draws from the generator that you are given; "
        "without it, from the global one.",
        "order[:n_val] and order[n_val:] with n_val = int(n * val_fraction); validation first.",
    ],
)


@split.test("two parts of the right sizes, validation first")
def test_split_sizes(student: Student, rng: Inputs) -> None:
    for n, fraction in [(10, 0.2), (10, 0.3), (7, 0.5), (100, 0.29), (11, 0.75), (3, 0.1)]:
        check_split(student, rng, n, fraction)


@split.test("one part may be empty")
def test_split_empty(student: Student, rng: Inputs) -> None:
    for n, fraction in [(6, 0.0), (6, 1.0), (1, 0.5)]:
        check_split(student, rng, n, fraction)


@split.test("random order, in both parts")
def test_split_order(student: Student, rng: Inputs) -> None:
    val, train = check_split(student, rng, 1000, 0.3)
    for name, part, n in (("val", val, 300), ("train", train, 700)):
        rises = int((part[1:] > part[:-1]).sum())  # about half of the steps; n/12 is the variance
        require(
            abs(rises - (n - 1) / 2) < 6 * (n / 12) ** 0.5,
            f"The indices of {name} should stand in random order.",
            ("It begins with", str(part[:10].tolist())),
        )
    for name, part, at in (("val", val, 150), ("train", train, 350)):
        low = float(part.double().mean())
        require(
            400 < low < 600,
            f"The samples of {name} should be drawn from all of them.",
            ("Their mean index", f"{low:.0f} of 0 to 999"),
            ("Around the middle", str(part[at : at + 6].tolist())),
        )


@split.test("all randomness comes from the generator")
def test_split_generator(student: Student, rng: Inputs) -> None:
    first, second = rng.generator(), rng.generator()
    splits = [check_split(student, rng, 40, 0.25, g) for g in (first, first, second)]
    require(
        all(torch.equal(a, b) for a, b in zip(splits[0], splits[1], strict=True)),
        "The same generator, in the same state, should give the same split again.",
    )
    require(
        not torch.equal(splits[0][0], splits[2][0]),
        "Another generator gives the very same split: is a seed written into the function?",
    )


@split.test("every sample has its chance", hidden=True)
def test_split_fair(student: Student, rng: Inputs) -> None:
    counts = torch.zeros(8)
    for _ in range(160):
        val, _ = check_split(student, rng, 8, 0.25)
        counts[val] += 1
    # Binomial with mean 40 and standard deviation 5.5.
    require(
        bool(((counts - 40).abs() < 35).all()),
        "Each of 8 samples should be among the 2 for validation in a quarter of all splits.",
        ("In 160 splits each was there", str(counts.int().tolist())),
    )


@split.test("few samples and many", hidden=True)
def test_split_many(student: Student, rng: Inputs) -> None:
    for n, fraction in [(2, 0.5), (1, 1.0), (5, 0.99), (5000, 0.1), (60, 1 / 6), (1000, 0.115)]:
        check_split(student, rng, n, fraction)


def check_split(
    student: Student,
    rng: Inputs,
    n: int,
    fraction: float,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Sizes, types, disjoint, together all of them; no global randomness. Returns (val, train)."""
    got = student.split(n, fraction, generator or rng.generator())
    require(
        not student.calls[-1].outcome.used_randomness,
        "The split draws from a global random generator: the generator that it is given should be "
        "the only source.",
    )
    parts = unpack(got, "val, train")
    n_val = int(n * fraction)
    case = ("The call", f"split({n}, {fraction:.4g}, generator)")
    sizes = [len(part) if hasattr(part, "__len__") else -1 for part in parts]
    if sizes == [n - n_val, n_val] and abs(n - 2 * n_val) > 1 and n_val > 0:
        raise Wrong("Validation comes first: the result should be (val, train).", case)
    for name, part, size in zip(("val", "train"), parts, (n_val, n - n_val), strict=True):
        require(
            isinstance(part, Tensor) and part.dim() == 1 and part.dtype == torch.int64,
            f"{name} should be a one-dimensional tensor of int64, indices into the data.",
            ("It was", summary(part)),
            case,
        )
        require(
            len(part) == size,
            f"{name} has length {len(part)}; it should have {size}: int({n} * {fraction:.4g}) is "
            f"{n_val}.",
            case,
        )
    val, train = parts
    both = torch.cat([val, train]).sort().values
    require(
        torch.equal(both, torch.arange(n)),
        "Each of the samples 0, ..., n-1 should be in one of the two parts, and in one only.",
        ("In both parts", str(sorted(set(val.tolist()) & set(train.tolist()))[:10])),
        ("In neither", str(sorted(set(range(n)) - set(both.tolist()))[:10])),
        case,
    )
    return val, train


# 5.6

count_parameters = Exercise(
    "5.6",
    ["count_parameters"],
    points=1,
    difficulty=1,
    minutes=5,
    hints=[
        "model.parameters() goes through all parameters, each of them once; how many numbers does "
        "one of them hold?",
        "p.numel() is the number of entries, p.requires_grad says whether p is trained.",
        "sum(p.numel() for p in model.parameters() if p.requires_grad)",
    ],
)


@count_parameters.test("weights and biases of several layers")
def test_count_parameters_layers(student: Student) -> None:
    make = student.torch
    check_count(student, make("nn.Linear", 784, 10), 7850, "a layer of 784 to 10")
    check_count(student, perceptron(make), 3 * 5 + 5 + 5 * 4 + 4, "layers of 3 to 5 to 4")
    without = make("nn.Linear", 6, 2, bias=False)
    check_count(student, without, 12, "a layer of 6 to 2 without biases")
    nested = make("nn.Sequential", perceptron(make), make("nn.Sequential", without))
    check_count(student, nested, 44 + 12, "layers of 3 to 5 to 4, then 6 to 2 without biases")


@count_parameters.test("what is not trained does not count")
def test_count_parameters_frozen(student: Student) -> None:
    make = student.torch
    model = perceptron(make)
    model[0].requires_grad_(False)
    check_count(student, model, 5 * 4 + 4, "layers of 3 to 5 to 4, the first one frozen")
    model.requires_grad_(False)
    check_count(student, model, 0, "layers of 3 to 5 to 4, both frozen")
    # Running mean, running variance and the number of batches are buffers.
    check_count(student, normalized(make), 20 + 10 + 24, "a network with batch normalization")


@count_parameters.test("what is shared counts once")
def test_count_parameters_shared(student: Student) -> None:
    make = student.torch
    layer = make("nn.Linear", 4, 4)
    twice = make("nn.Sequential", layer, make("nn.Tanh"), layer)
    check_count(student, twice, 20, "one layer of 4 to 4, used twice")
    tied = make("nn.ParameterList", layer.parameters())
    both = make("nn.ModuleList", [make("nn.Sequential", layer), tied, make("nn.Linear", 4, 1)])
    check_count(student, both, 25, "a layer of 4 to 4, its parameters once more, one of 4 to 1")


@count_parameters.test("no parameters, convolutions, a parameter of one entry", hidden=True)
def test_count_parameters_others(student: Student) -> None:
    make = student.torch
    check_count(student, make("nn.ReLU"), 0, "a ReLU")
    convolution = make("nn.Conv2d", 3, 8, 5)
    check_count(student, convolution, 8 * 3 * 25 + 8, "a convolution of 3 to 8 channels")
    model = make("nn.Sequential", convolution, make("nn.PReLU"), make("nn.LayerNorm", [8, 2]))
    convolution.requires_grad_(False)
    check_count(student, model, 1 + 32, "a frozen convolution, a PReLU, a LayerNorm of 8 x 2")


def check_count(student: Student, model: Remote, truth: int, what: str) -> None:
    got = student.count_parameters(model)
    if isinstance(got, Tensor) and got.dim() == 0 and not got.is_floating_point():
        got = int(got)
    require(got is not None, "The number of parameters is None: is a return missing?")
    require(
        isinstance(got, int) and not isinstance(got, bool),
        "The number of parameters should be an int.",
        ("It was", summary(got)),
    )
    require(
        got == truth,
        f"The number of parameters is wrong for {what}.",
        ("Expected", str(truth)),
        ("Came", str(got)),
    )


# 5.7

SECONDS = 10.0  # to train
LADDER = ((0.97, 2), (0.98, 3), (0.985, 4))  # accuracy and points, with all of MNIST
SMALL_LADDER = ((0.94, 2), (0.95, 3), (0.96, 4))  # with the 5,000 images inside the package

challenge = Exercise(
    "5.7",
    ["build_model", "train"],
    points=4,
    difficulty=3,
    minutes=40,
    seconds=SECONDS + SLACK,
    answers=["course_dl.training"],
    hints=[
        "Begin with what you have: two layers with a ReLU between them, and batches in random "
        "order until time is up. That is worth about 97.5 %. Look at the clock after every batch.",
        "Adam or AdamW with lr=0.001 to 0.003 learns faster than plain SGD, and a learning rate "
        "that falls to 0 towards the end of the budget is worth half a percent.",
        "A digit shifted by a pixel is the same digit: shift each batch at random (torch.roll). "
        "And a network may look at a picture as a picture: nn.Unflatten(1, (1, 28, 28)), then "
        "nn.Conv2d with a stride of 3.",
    ],
)


@cache
def digits() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Standardized digits to train on, their classes, and those to test on."""
    return *mnist("train").tensors(), *mnist("test").tensors()


race = Challenge(challenge, SECONDS, digits, {60_000: LADDER, 5_000: SMALL_LADDER})


@challenge.test("ten scores for each image")
def test_challenge_scores(student: Student, rng: Inputs) -> None:
    model = race.built(student)
    model.eval()
    for N in (6, 1):
        check_scores(model(rng.normal(N, 784, dtype=FLOAT32)), N, 10)


@challenge.test("train changes the model in place, and is back in time")
def test_challenge_in_place(student: Student) -> None:
    race.check_in_place(student)


@challenge.test(f"accuracy on test images after {SECONDS:g} seconds", measured=True, last=True)
def test_challenge_accuracy(student: Student, rng: Inputs) -> None:
    race.check_accuracy(student, rng)
