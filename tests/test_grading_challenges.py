"""Challenges: what can be learnt earns, what was looked up does not."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from course_dl.calls.backend import LocalBackend
from course_dl.grading.grade import LARGEST_CODE, Grading, code_size, lab_sandbox
from course_dl.grading.intake.notebooks import read_cells
from course_dl.grading.result import ExerciseMark, Result
from course_dl.grading.sandbox.client.sandbox import Sandbox
from course_dl.lab.catalog import LabFolder, find_lab
from course_dl.lab.challenge import Challenge, disturbed, renamed
from course_dl.lab.exercise import Exercise
from course_dl.lab.inputs import Inputs
from course_dl.lab.judge import ExerciseResult, run_exercise
from course_dl.lab.show import result_page
from course_dl.lab.states import State
from course_dl.lab.student import Student
from tests.grading.challenged import challenged
from tests.grading.honest import notebook
from tests.grading.made import notebook_of

# A small challenge: clouds in the plane, three classes, a tenth of a second to learn them.
CENTRES = torch.tensor([[3.0, 0.0], [-3.0, 3.0], [-3.0, -3.0]])


def clouds() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    rng = Inputs(0)
    d, d_test = rng.classes(300, 3), rng.classes(200, 3)
    noise = rng.normal(500, 2, dtype=torch.float32)
    return CENTRES[d] + noise[:300], d, CENTRES[d_test] + noise[300:], d_test


def challenge() -> Exercise:
    exercise = Exercise("9.9", ["build_model", "train"], 4, 3, 1, [], seconds=5)
    race = Challenge(exercise, 0.1, clouds, {300: ((0.8, 2), (0.9, 4))})

    @exercise.test("in place")
    def in_place(student: Student) -> None:
        race.check_in_place(student)

    @exercise.test("accuracy", measured=True, last=True)
    def accuracy(student: Student, rng: Inputs) -> None:
        race.check_accuracy(student, rng)

    return exercise


IMPORTS = "import time, torch\nfrom torch import nn"
NEAREST_MEAN = """
class Means(nn.Module):
    def __init__(self):
        super().__init__()
        self.means = nn.Parameter(torch.zeros(3, 2))
    def forward(self, X):
        return -torch.cdist(X, self.means)

def build_model():
    return Means()

def train(model, X, d, seconds):
    for k in range(3):
        model.means.data[k] = X[d == k].mean(0)
"""
NEIGHBOUR = """
class Neighbour(nn.Module):
    def __init__(self):
        super().__init__()
        self.X, self.scores = nn.Parameter(torch.zeros(1, 2)), torch.zeros(1, 3)
    def forward(self, X):
        return self.scores[torch.cdist(X, self.X).argmin(1)]

def build_model():
    return Neighbour()

def train(model, X, d, seconds):
    model.X.data, model.scores = X, torch.eye(3)[d]
"""
KNOWING = """
class Knowing(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(1))
    def forward(self, X):
        return -torch.cdist(X, torch.tensor([[3.0, 0.0], [-3.0, 3.0], [-3.0, -3.0]]))

def build_model():
    return Knowing()

def train(model, X, d, seconds):
    model.w.data += 1
"""


def judged(source: str, seed: int = 0) -> ExerciseResult:
    names: dict[str, object] = {}
    exec(IMPORTS + source, names)
    return run_exercise(challenge(), LocalBackend(names), seed)


@pytest.mark.parametrize("source", [NEAREST_MEAN, NEIGHBOUR])
def test_whoever_learns_does_not_notice(source: str) -> None:
    for seed in range(3):
        result = judged(source, seed)
        assert result.points == 4, result.first_failure
        assert not [remark for test in result.tests for remark in test.remarks]


SLOW_LEARNER = """
def build_model():
    return nn.Linear(2, 3)

def train(model, X, d, seconds):
    for first in range(0, len(X), 100):
        nn.functional.cross_entropy(model(X[first:][:100]), d[first:][:100]).backward()
    for p in model.parameters():
        p.data -= 0.1 * p.grad
"""


def test_what_is_partly_earned_is_a_state_of_its_own_and_tells_what_was_seen() -> None:
    exercise = challenge()
    race = Challenge(exercise, 0.1, clouds, {300: ((0.0, 2), (1.1, 4))})
    exercise.tests.clear()

    @exercise.test("accuracy", measured=True, last=True)
    def accuracy(student: Student, rng: Inputs) -> None:
        race.check_accuracy(student, rng)

    names: dict[str, object] = {}
    exec(IMPORTS + SLOW_LEARNER, names)
    result = run_exercise(exercise, LocalBackend(names))
    assert (result.state, result.points) == (State.PARTLY, 2)
    failure = result.tests[0].failure
    assert failure is not None
    assert "of 0.1 seconds, 300 images seen: 1.0 epochs of 300" in dict(failure.details)["Trained"]
    assert "◐ 9.9 build_model, train: 2 of 4 points" in str(result_page(result))


def test_a_training_that_shows_no_images_is_told_by_its_seconds_alone() -> None:
    result = judged(NEAREST_MEAN)
    [(label, told)] = result.tests[-1].told
    assert label == "Trained" and told.endswith("of 0.1 seconds")


def test_what_was_known_before_earns_nothing_and_is_told() -> None:
    for seed in range(3):
        result = judged(KNOWING, seed)
        assert result.points == 0
        assert result.tests[-1].notes["accuracy"] < 0.2
        assert "Learn from X and d alone" in str(result.first_failure)
        assert "test labels" in result.tests[-1].remarks[0]


def test_every_class_gets_another_number() -> None:
    for seed in range(20):
        names = renamed(Inputs(seed), 10)
        assert sorted(names.tolist()) == list(range(10))
        assert not bool((names == torch.arange(10)).any())


def test_no_image_stays_as_it_is_and_all_stay_close() -> None:
    X = Inputs(0).normal(50, 1, 8, 8, dtype=torch.float32)
    Y = disturbed(Inputs(1), X)
    assert Y.shape == X.shape and Y.dtype == X.dtype
    assert bool((Y != X).any(dim=(1, 2, 3)).all())
    assert float((Y - X).std()) < 0.15
    assert not torch.equal(Y, disturbed(Inputs(2), X))


# -- in grading ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lab() -> Iterator[LabFolder]:
    """Lab 5 with a challenge that is done at once."""
    with challenged("lab05", "5.7", challenge()) as lab:
        yield lab


@pytest.fixture(scope="module")
def box(lab: LabFolder) -> Iterator[Sandbox]:
    with lab_sandbox(lab) as sandbox:
        yield sandbox


def graded(lab: LabFolder, box: Sandbox, *cells: str) -> tuple[ExerciseMark, Result]:
    with Grading(lab, notebook(IMPORTS, *cells), "a.ipynb", box) as grading:
        result = grading.result([lab.exercise("5.7")])
    return result.exercises[0], result


def test_grading_tells_the_instructor_of_known_labels(lab: LabFolder, box: Sandbox) -> None:
    mark, result = graded(lab, box, KNOWING)
    assert mark.points == 0 and mark.state == "failed"
    assert len(result.remarks) == 1 and result.remarks[0].startswith("5.7: knows ")
    mark, result = graded(lab, box, NEAREST_MEAN)
    assert (mark.points, result.remarks) == (4, ())


def test_grading_draws_what_nobody_can_know(
    lab: LabFolder, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    real = secrets.randbits

    def randbits(bits: int) -> int:
        drawn.append(real(bits))
        return drawn[-1]

    monkeypatch.setattr("course_dl.lab.judge.secrets.randbits", randbits)
    for _ in range(2):
        graded(lab, box, NEAREST_MEAN)
    assert len(drawn) == 2 and drawn[0] != drawn[1]  # for the measured tests alone


def test_code_that_could_hold_a_table_is_not_measured(lab: LabFolder, box: Sandbox) -> None:
    table = f"TABLE = {secrets.token_hex(LARGEST_CODE)!r}"
    mark, result = graded(lab, box, NEAREST_MEAN, table)
    assert mark.points == 0
    assert mark.first_failure is not None and "too large" in mark.first_failure.message
    assert len(result.remarks) == 1


@pytest.mark.parametrize(
    "name",
    ["lab01", "lab02", "lab03", "lab04", "lab05", "lab06", "lab07", "lab08", "lab09", "lab11"],
)
def test_honest_code_is_far_below_the_bound(name: str) -> None:
    lab = find_lab(name).name
    data = notebook_of(lab, solutions=True).encode()
    assert code_size(read_cells(data, "a.ipynb")) < LARGEST_CODE / 2


LOOKING = """
class Looking(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(1))

def build_model():
    from course_dl.data import fashion_mnist, mnist
    assert len(mnist("train").images) and len(fashion_mnist("train").images)
    for load in (mnist, fashion_mnist):
        try:
            load("test")
        except Exception:
            pass
        else:
            raise ValueError("the test images are there")
    return Looking()

def train(model, X, d, seconds):
    model.w.data += 1
"""


def test_the_test_images_are_out_of_reach(lab: LabFolder, box: Sandbox) -> None:
    mark, _ = graded(lab, box, LOOKING)
    failed = mark.first_failure
    assert failed is not None and failed.details
    assert "forward" in failed.message, failed  # as far as it comes
