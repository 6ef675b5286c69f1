"""A challenge's training changes the model that it is given, and no other."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course_dl.calls.backend import LocalBackend, Outcome, Rules
from course_dl.lab.challenge import Challenge
from course_dl.lab.exercise import Exercise
from course_dl.lab.judge import ExerciseResult, run_exercise
from course_dl.lab.states import State
from course_dl.lab.student import Student

BUILD = """
import torch
from torch import nn

def build_model():
    return nn.Linear(2, 3)
"""


def images() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    X, d = torch.zeros(4, 2), torch.zeros(4, dtype=torch.int64)
    return X, d, X, d


def judged(source: str, backend: type[LocalBackend] = LocalBackend) -> ExerciseResult:
    exercise = Exercise("9.9", ["build_model", "train"], 4, 3, 1, [], seconds=30)
    race = Challenge(exercise, 20.0, images, {4: ((0.5, 4),)})

    @exercise.test("train changes its model")
    def in_place(student: Student) -> None:
        race.check_in_place(student)

    names: dict[str, object] = {}
    exec(BUILD + source, names)
    return run_exercise(exercise, backend(names))


def training(line: str) -> str:
    return f"def train(model, X, d, seconds):\n    {line}\n"


def test_who_keeps_seconds_in_reserve_gets_enough_of_them() -> None:
    result = judged(training("if seconds > 2: model.weight.data += 1"))
    assert result, result.first_failure


def test_who_changes_nothing_is_told_so() -> None:
    for line in ("pass", "model = build_model(); model.weight.data += 1"):
        failed = judged(training(line)).first_failure
        assert failed is not None and failed.state is State.FAILED
        assert "what they were before" in str(failed.failure) and "3 seconds" in str(failed.failure)


def test_models_that_share_their_weights_are_told() -> None:
    shared = "ONE = nn.Linear(2, 3)\ndef build_model():\n    return ONE\n"
    failed = judged(shared + training("model.weight.data += 1")).first_failure
    assert failed is not None and "changed another" in str(failed.failure)


def test_a_short_training_is_cut_soon_after_its_seconds() -> None:
    limits: dict[float, float] = {}

    class Watched(LocalBackend):
        def call(self, target: str, args: Any, kwargs: Any, rules: Rules) -> Outcome:
            if rules.timed:
                limits[args[3]] = rules.seconds
            return super().call(target, args, kwargs, rules)

    judged(training("pass"), Watched)
    assert len(limits) == 2
    for seconds, limit in limits.items():
        assert seconds + 1 < limit < 3 * seconds + 2
