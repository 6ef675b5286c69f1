"""The challenge of a bound in grading: what decodes has not seen what was encoded."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

import pytest
import torch

from course_dl.calls.backend import LocalBackend
from course_dl.grading.grade import Grading, lab_sandbox
from course_dl.grading.result import ExerciseMark
from course_dl.grading.sandbox.client.sandbox import Sandbox
from course_dl.lab import BoundChallenge, Exercise, Inputs, Student
from course_dl.lab.catalog import LabFolder
from course_dl.lab.judge import run_exercise
from tests.grading.challenged import challenged
from tests.grading.honest import notebook

GREY = torch.full((40, 1, 3, 4), 0.5)

HONEST = """
import os, torch
from torch import nn

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(1))
    def encode(self, x):
        return torch.zeros(len(x), 2), torch.zeros(len(x), 2)
    def decode(self, z):
        return torch.zeros(len(z), 1, 3, 4)

def build_model():
    return Model()

def train(model, X, seconds):
    model.w.data += 1
"""
# Each keeps the images that it encodes, and decodes them again where it finds them.
IN_A_LIST = """
SEEN = []
def encode(self, x):
    SEEN.append(x)
    return torch.zeros(len(x), 2), torch.zeros(len(x), 2)
def decode(self, z):
    return 20 * (2 * SEEN[-1] - 1) if SEEN else torch.zeros(len(z), 1, 3, 4)
Model.encode, Model.decode = encode, decode
"""
IN_THE_WEIGHTS = IN_A_LIST.replace("SEEN.append(x)", "self.w = nn.Parameter(x)").replace(
    "SEEN[-1] - 1) if SEEN", "self.w - 1) if len(self.w) == len(z)"
)
FILE = """
import tempfile
def seen():
    return os.path.join(tempfile.gettempdir(), "seen")
"""
IN_A_FILE = FILE + IN_A_LIST.replace("SEEN.append(x)", "torch.save(x, seen())").replace(
    "SEEN[-1] - 1) if SEEN", "torch.load(seen()) - 1) if os.path.exists(seen())"
)


def challenge() -> Exercise:
    exercise = Exercise("9.10", ["build_model", "train"], 4, 3, 1, [], seconds=5)
    race = BoundChallenge(exercise, 0.1, lambda: (GREY, GREY), {40: ((20.0, 4),)}, possible=1.0)

    @exercise.test("bound", measured=True, last=True)
    def reached(student: Student, rng: Inputs) -> None:
        race.check_bound(student, rng)

    return exercise


@pytest.fixture(scope="module")
def lab() -> Iterator[LabFolder]:
    """Lab 9 with a challenge that is done at once."""
    with challenged("lab09", "9.10", challenge()) as lab:
        yield lab


@pytest.fixture(scope="module")
def box(lab: LabFolder) -> Iterator[Sandbox]:
    with lab_sandbox(lab) as sandbox:
        yield sandbox


def graded(lab: LabFolder, box: Sandbox, *cells: str) -> ExerciseMark:
    with Grading(lab, notebook(*cells), "a.ipynb", box) as grading:
        return grading.result([lab.exercise("9.10")]).exercises[0]


@pytest.mark.parametrize("more", ["", IN_A_LIST, IN_THE_WEIGHTS, IN_A_FILE])
def test_what_was_encoded_is_unknown_where_codes_are_decoded(
    lab: LabFolder, box: Sandbox, more: str
) -> None:
    mark = graded(lab, box, HONEST, more)
    assert mark.notes["nats"] == pytest.approx(12 * log(2)), mark.first_failure
    assert mark.points == 4


def test_in_the_notebook_too_many_nats_are_told() -> None:
    names: dict[str, object] = {}
    exec(HONEST + IN_A_LIST, names)
    result = run_exercise(challenge(), LocalBackend(names))
    assert result.points == 0
    assert "nothing of an image but its code" in str(result.first_failure)
