"""What is said of wrong numbers is true, and nothing is said where it may be so by chance."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from course_dl.lab import close
from course_dl.lab.relations import relations, shape_relation, telling
from course_dl.lab.states import Wrong

LIMIT = 1e-9


def drawn(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def told(answer: Tensor, truth: Tensor) -> str:
    """The kind that is told."""
    return telling(relations(answer, truth, LIMIT), answer, truth)


def with_row(truth: Tensor, row: int, values: Tensor | float) -> Tensor:
    changed = truth.clone()
    changed[row] = values
    return changed


SQUARE, TALL, CUBE = drawn(4, 4), drawn(5, 3), drawn(2, 3, 4)


@pytest.mark.parametrize(
    ("kind", "truth", "answer"),
    [
        ("zero", TALL, torch.zeros_like(TALL)),
        ("sign", TALL, -TALL),
        ("factor", TALL, 3 * TALL),
        ("factor", drawn(2), -0.2 * drawn(2)),
        ("little", TALL, 1.0001 * TALL),
        ("offset", TALL, TALL - 2),
        ("absolute", TALL, TALL.abs()),
        ("clamped", TALL, TALL.relu()),
        ("transpose", SQUARE, SQUARE.T),
        ("transpose", drawn(3, 4, 4), drawn(3, 4, 4).transpose(1, 2)),
        ("reshape", CUBE, CUBE.permute(1, 0, 2).reshape(2, 3, 4)),
        ("flip", TALL, TALL.flip(0)),
        ("flip", TALL, TALL.flip(1)),
        ("shift", TALL, TALL.roll(1, 0)),
        ("shift", drawn(7), drawn(7).roll(-2, 0)),
        ("permuted", TALL, TALL[[1, 0, 2, 4, 3]]),
        ("permuted", TALL[:2], TALL[:2].flip(0)),
        ("order", drawn(6), drawn(6)[[1, 0, 2, 3, 5, 4]]),
        ("diagonal only", SQUARE, torch.diag(SQUARE.diag())),
        ("diagonal", SQUARE, SQUARE + torch.eye(4)),
        ("one wrong", TALL, with_row(TALL, 2, 7.0)),
        ("one right", TALL, with_row(drawn(5, 3, seed=1), 2, TALL[2])),
        ("zeros", TALL, TALL * torch.tensor([[1, 1, 0], [0, 1, 1]] * 2 + [[1, 1, 1]])),
        ("sum", TALL, TALL.sum(0, keepdim=True).expand(5, 3)),
        ("mean", TALL, TALL.mean(1, keepdim=True).expand(5, 3)),
        ("all alike", TALL, drawn(3, seed=1).expand(5, 3)),
    ],
)
def test_each_relation_of_random_numbers_is_found(kind: str, truth: Tensor, answer: Tensor) -> None:
    assert told(answer, truth) == kind


def test_nothing_is_said_of_numbers_that_have_nothing_to_do_with_each_other() -> None:
    for seed in range(20):
        for shape in [(1,), (2,), (5,), (2, 2), (3, 3), (4, 2), (2, 3, 3)]:
            assert told(drawn(*shape, seed=seed + 1000), drawn(*shape, seed=seed)) == ""


WEAK = {"", "zero", "one wrong", "one right", "diagonal", "zeros", "should be 0"}  # as it stands


def test_of_few_small_whole_numbers_hardly_anything_is_said() -> None:
    """Any relation holds of some of them by chance; what is told then only repeats what is seen."""
    for seed in range(150):
        generator = torch.Generator().manual_seed(seed)
        for shape in [(1,), (2,), (4,), (2, 2), (1, 3)]:
            pair = torch.randint(-3, 4, (2, *shape), generator=generator).double()
            if not torch.equal(pair[0], pair[1]):
                assert told(pair[0], pair[1]) in WEAK


def test_what_is_said_holds_of_the_numbers() -> None:
    """Whole numbers, of which many relations hold at once: the claim is tried, word by word."""
    claims = {
        "zero": lambda a, t: not a.any(),
        "sign": lambda a, t: torch.equal(a, -t),
        "transpose": lambda a, t: torch.equal(a, t.T),
        "diagonal": lambda a, t: torch.equal(a != t, torch.eye(len(t)) > 0),
        "absolute": lambda a, t: torch.equal(a, t.abs()),
        "order": lambda a, t: torch.equal(a.flatten().sort().values, t.flatten().sort().values),
        "one wrong": lambda a, t: 1 in [(a != t).any(k).sum() for k in (0, 1)],
    }
    tried = set()
    for seed in range(100):
        generator = torch.Generator().manual_seed(seed)
        truth = torch.randint(-1, 3, (3, 3), generator=generator).double()
        changed = torch.randint(-1, 3, (3, 3), generator=generator).double()
        for answer in (
            -truth,
            truth.T,
            truth.abs(),
            truth.relu(),
            truth.flip(0),
            truth + 1,
            changed,
        ):
            if torch.equal(answer, truth) or not truth.any():
                continue
            found = relations(answer, truth, LIMIT)
            kind = telling(found, answer, truth)
            tried.add(kind)
            assert kind in (*found, "")
            if kind in claims:
                assert claims[kind](answer, truth), (kind, answer, truth)
    assert {"sign", "transpose"} <= tried


def test_several_relations_that_say_different_things_are_not_told() -> None:
    truth = torch.full((3, 2), 2.0, dtype=torch.float64)
    assert {"factor", "offset"} <= set(relations(truth + 2, truth, LIMIT))
    assert told(truth + 2, truth) == ""


def test_a_single_number_is_off_by_a_common_factor_alone() -> None:
    truth = torch.tensor(0.73, dtype=torch.float64)
    assert told(truth / 2, truth) == "factor"
    assert told(0.3 * truth, truth) == ""
    assert told(torch.tensor(6.0).double(), torch.tensor(3.0).double()) == ""


def test_values_that_are_not_finite_are_told_as_such() -> None:
    truth = drawn(3)
    for value in (math.nan, math.inf):
        answer = truth.clone()
        answer[1] = value
        assert relations(answer, truth, LIMIT) == {}
        with pytest.raises(Wrong, match="not finite"):
            close(answer, truth)


@pytest.mark.parametrize(
    ("answer", "truth", "said"),
    [
        (TALL.T, TALL, "transpose"),
        (CUBE.permute(2, 0, 1), CUBE, "axes"),
        (TALL[:, :, None], TALL, "shape is not"),
        (TALL, TALL.sum(0), "sum over axis 0"),
        (TALL, TALL.mean(1), "mean over axis 1"),
        (TALL, drawn(5, seed=3), ""),
        (TALL, drawn(3, 5, seed=3), ""),
    ],
)
def test_of_another_shape_it_is_told_how_it_would_be_right(
    answer: Tensor, truth: Tensor, said: str
) -> None:
    sentence = shape_relation(answer, truth, LIMIT)
    assert said in sentence and bool(said) == bool(sentence)
    with pytest.raises(Wrong, match="has shape"):
        close(answer, truth)
