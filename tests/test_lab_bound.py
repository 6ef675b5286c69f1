"""The challenge of a bound: what is computed, what earns, and what does not."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from course_dl.calls.backend import LocalBackend
from course_dl.lab import BoundChallenge, Exercise, Inputs, Student
from course_dl.lab.states import Partly, Wrong

PIXELS = 12
GREY = torch.full((50, 1, 3, 4), 0.5)


class Flat(nn.Module):
    """Codes that say nothing, and pixels of which it knows nothing: log 2 a pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = nn.Parameter(torch.zeros(1))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return torch.zeros(len(x), 2), torch.zeros(len(x), 2)

    def decode(self, z: Tensor) -> Tensor:
        return torch.zeros(len(z), 1, 3, 4)


class Remembering(Flat):
    """Its decoder knows what its encoder has seen."""

    seen: Tensor | None = None

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        self.seen = x
        return super().encode(x)

    def decode(self, z: Tensor) -> Tensor:
        return 100 * (2 * self.seen[: len(z)] - 1) if self.seen is not None else super().decode(z)


class Costly(Flat):
    """Its codes cost 2 nats each image: two means of sqrt(2)."""

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return torch.full((len(x), 2), 2**0.5), torch.zeros(len(x), 2)


class Attribute(Flat):
    """What it has learnt is in no parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.learnt = 0.0

    def decode(self, z: Tensor) -> Tensor:
        return super().decode(z) + self.learnt


class Growing(Flat):
    """Its training adds a parameter."""


class Unbounded(Flat):
    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return torch.zeros(len(x), 2), torch.full((len(x), 2), float("nan"))


def train(model: Any, X: Tensor, seconds: float) -> None:
    with torch.no_grad():
        model.kept.add_(1)
    if isinstance(model, Attribute):
        model.learnt += 1
    if isinstance(model, Growing):
        model.another = nn.Parameter(torch.zeros(1))


def race(model: type[nn.Module], *ladder: tuple[float, float]) -> tuple[BoundChallenge, Student]:
    exercise = Exercise(
        "1.1", ["build_model", "train"], points=4, difficulty=1, minutes=1, hints=["a"], seconds=2
    )
    student = Student(LocalBackend({"build_model": model, "train": train}))
    return BoundChallenge(exercise, 1.0, lambda: (GREY, GREY), {50: ladder}, possible=3.0), student


def test_the_bound_is_computed_from_encode_and_decode() -> None:
    for model, expected in ((Flat, PIXELS * 0.693147), (Costly, PIXELS * 0.693147 + 2)):
        challenge, student = race(model, (100.0, 4))
        challenge.check_codes(student, Inputs(0))
        challenge.check_in_place(student)
        challenge.check_bound(student, Inputs(0))
        assert student.notes["nats"] == pytest.approx(expected, rel=1e-5)


def test_points_are_those_of_the_best_rung_that_is_reached() -> None:
    challenge, student = race(Flat, (9.0, 1), (8.5, 2), (8.0, 4))
    with pytest.raises(Partly, match=r"8.3 nats an image: 2 of 4 points") as told:
        challenge.check_bound(student, Inputs(0))
    assert told.value.points == 2
    challenge, student = race(Flat, (8.0, 4))
    with pytest.raises(Wrong, match="0 of 4 points"):
        challenge.check_bound(student, Inputs(0))


def test_a_decoder_that_knows_the_images_earns_nothing() -> None:
    challenge, student = race(Remembering, (100.0, 4))
    with pytest.raises(Wrong, match="nothing of an image but its code"):
        challenge.check_codes(student, Inputs(0))
    challenge.check_bound(student, Inputs(0))  # what decodes there is another network
    assert student.notes["nats"] == pytest.approx(PIXELS * 0.693147, rel=1e-5)


def test_codes_that_are_not_finite_are_told() -> None:
    challenge, student = race(Unbounded, (100.0, 4))
    with pytest.raises(Wrong, match="log_var holds values that are not finite"):
        challenge.check_codes(student, Inputs(0))


def test_what_is_learnt_has_to_be_in_parameters_and_buffers() -> None:
    challenge, student = race(Attribute, (100.0, 4))
    with pytest.raises(Wrong, match="parameters and buffers of the trained one decodes otherwise"):
        challenge.check_in_place(student)
    challenge, student = race(Growing, (100.0, 4))
    with pytest.raises(Wrong, match="does not take the weights") as told:
        challenge.check_in_place(student)
    assert "another" in dict(told.value.failure.details)["load_state_dict"]
