"""How checks compare: what is accepted, what is not, and what is said of it."""

from __future__ import annotations

import math

import pytest
import torch

from course_dl.lab.compare import TOLERANCE, close, number
from course_dl.lab.states import Wrong

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("shape", [(), (1,), (4, 3)])
def test_close_leaves_room_for_rounding_and_for_nothing_more(
    dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    truth = torch.full(shape, 3.0, dtype=dtype)
    close(truth * (1 + TOLERANCE[dtype] / 2), truth)
    for wrong in (truth * (1 + 3 * TOLERANCE[dtype]), -truth, truth * NAN, truth * INF):
        with pytest.raises(Wrong, match=r"value|sign|number|finite"):
            close(wrong, truth)


def test_small_entries_are_compared_with_the_largest_or_each_with_its_own() -> None:
    truth = torch.tensor([1e-6, 1.0], dtype=torch.float64)
    nearly = truth + torch.tensor([1e-10, 0.0])
    close(nearly, truth)
    with pytest.raises(Wrong):
        close(nearly, truth, elementwise=True)


@pytest.mark.parametrize("truth", [[1.0, INF], [-INF, INF], [INF, INF]])
def test_infinite_entries_are_met_by_themselves_alone(truth: list[float]) -> None:
    expected = torch.tensor(truth)
    close(expected.clone(), expected)
    for wrong in (torch.ones(2), expected * torch.tensor([1.0, -1.0]), torch.full((2,), NAN)):
        with pytest.raises(Wrong):
            close(wrong, expected)


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool])
def test_integers_are_compared_exactly(dtype: torch.dtype) -> None:
    truth = torch.tensor([1, 0, 1]).to(dtype)
    close(truth.clone(), truth)
    with pytest.raises(Wrong):
        close(torch.tensor([1, 1, 1]).to(dtype), truth)


def test_nothing_is_close_to_nothing_of_the_same_shape() -> None:
    close(torch.empty(0, 3), torch.empty(0, 3))
    with pytest.raises(Wrong, match="shape"):
        close(torch.empty(3, 0), torch.empty(0, 3))


@pytest.mark.parametrize("truth", [INF, -INF])
def test_an_infinite_number_is_met_by_itself_alone(truth: float) -> None:
    number(truth, truth)
    number(torch.tensor(truth), truth)
    for wrong in (0.0, 1e300, -truth, NAN):
        with pytest.raises(Wrong):
            number(wrong, truth, at_least=1.0)
