"""Exercise 5.5: a random split: sizes, order, and where the randomness comes from."""

from __future__ import annotations

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, Wrong, require, summary, unpack

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
