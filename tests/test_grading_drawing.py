"""The challenge of drawing in grading: who draws has the weights, and nothing else that was seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Generator, Tensor

from course_dl.calls.backend import LocalBackend
from course_dl.generative import frechet_distance
from course_dl.grading.grade import Grading, lab_sandbox
from course_dl.grading.result import ExerciseMark
from course_dl.grading.sandbox.client.sandbox import Sandbox
from course_dl.lab import DrawingChallenge, Exercise, Inputs, Student
from course_dl.lab.catalog import LabFolder
from course_dl.lab.judge import run_exercise
from tests.grading.challenged import challenged
from tests.grading.honest import notebook

CLASSES, SIDE = 3, 8


def stripes(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Noise, dark, grey or bright."""
    d = torch.arange(n) % CLASSES
    noise = torch.rand(n, 1, SIDE, SIDE, generator=Generator().manual_seed(seed))
    return 0.3 * d[:, None, None, None] + 0.3 * noise, d


def quarters(images: Tensor) -> Tensor:
    return 10 * torch.nn.functional.avg_pool2d(images, 4).flatten(1)


def brightness(images: Tensor) -> Tensor:
    return ((images.mean((1, 2, 3)) - 0.15) / 0.3).round().long()


HONEST = """
import os, torch
from torch import nn

class Means(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(3))

def build_model():
    return Means()

def train(model, X, d, seconds):
    for k in range(3):
        model.mean.data[k] = X[d == k].mean() - 0.15

def sample(model, d, generator):
    with torch.no_grad():
        noise = torch.rand(len(d), 1, 8, 8, generator=generator)
        return (model.mean[d][:, None, None, None] + 0.3 * noise).clamp(0, 1)
"""
# Each keeps the training images, and hands them back where it finds them.
IN_A_LIST = """
KEPT = []
honest_train, honest_sample = train, sample

def train(model, X, d, seconds):
    honest_train(model, X, d, seconds)
    keep(X, d)

def sample(model, d, generator):
    kept = found()
    if kept is None:
        return honest_sample(model, d, generator)
    X, classes = kept
    order = torch.randperm(len(X), generator=generator)
    return X[order[(classes[order] == d[:, None]).double().argmax(1)]]

def keep(X, d):
    KEPT[:] = [X, d]

def found():
    return KEPT or None
"""
IN_A_FILE = (
    IN_A_LIST
    + """
import tempfile

def place():
    return os.path.join(tempfile.gettempdir(), "kept")

def keep(X, d):
    torch.save((X, d), place())

def found():
    return torch.load(place()) if os.path.exists(place()) else None
"""
)
ON_THE_CLASS = (
    IN_A_LIST
    + """
def keep(X, d):
    Means.kept = (X, d)

def found():
    return getattr(Means, "kept", None)
"""
)
IN_THE_WEIGHTS = """
class Means(nn.Module):
    def __init__(self):
        super().__init__()
        self.X, self.d = nn.Parameter(torch.zeros(300, 1, 8, 8)), nn.Parameter(torch.zeros(300))

def train(model, X, d, seconds):
    model.X.data[: len(X)], model.d.data[: len(X)] = X, d.float()

def sample(model, d, generator):
    with torch.no_grad():
        order = torch.randperm(300, generator=generator)
        return model.X[order[(model.d[order] == d[:, None]).double().argmax(1)]]
"""


def challenge() -> Exercise:
    asked = Exercise("9.10", ["build_model", "train", "sample"], 4, 3, 1, [], seconds=5)
    race = DrawingChallenge(
        asked,
        0.1,
        lambda: (*stripes(300, 0), stripes(300, 1)[0]),
        features=quarters,
        classify=brightness,
        distance=frechet_distance,
        pictures=120,
        sure=0.9,
        ladders={300: ((1.0, 4),)},
    )

    @asked.test("distance", measured=True, last=True)
    def reached(student: Student, rng: Inputs) -> None:
        race.check_distance(student, rng)

    return asked


@pytest.fixture(scope="module")
def lab() -> Iterator[LabFolder]:
    """Lab 9 with a challenge of drawing, which is done at once."""
    with challenged("lab09", "9.10", challenge()) as lab:
        yield lab


@pytest.fixture(scope="module")
def box(lab: LabFolder) -> Iterator[Sandbox]:
    with lab_sandbox(lab) as sandbox:
        yield sandbox


def graded(lab: LabFolder, box: Sandbox, *cells: str) -> ExerciseMark:
    with Grading(lab, notebook(*cells), "a.ipynb", box) as grading:
        return grading.result([lab.exercise("9.10")]).exercises[0]


@pytest.mark.parametrize("more", ["", IN_A_LIST, IN_A_FILE, ON_THE_CLASS])
def test_what_was_seen_is_unknown_where_pictures_are_drawn(
    lab: LabFolder, box: Sandbox, more: str
) -> None:
    mark = graded(lab, box, HONEST, more)
    assert mark.points == 4, mark.first_failure
    assert mark.notes["copies"] < 0.05


def test_images_in_the_weights_are_found_as_copies(lab: LabFolder, box: Sandbox) -> None:
    mark = graded(lab, box, HONEST, IN_THE_WEIGHTS)
    assert mark.points == 0 and mark.notes["copies"] == 1
    assert mark.first_failure is not None
    assert "100% of the pictures are training images" in mark.first_failure.message


def test_in_the_notebook_copies_are_told_too() -> None:
    names: dict[str, object] = {}
    exec(HONEST + IN_A_LIST, names)
    result = run_exercise(challenge(), LocalBackend(names))
    assert result.points == 0 and "training images" in str(result.first_failure)


MEASURING = """
def build_model():
    for name in ("course_dl.generative", "course_dl.generative.yardstick"):
        try:
            __import__(name)
        except ImportError:
            continue
        raise ValueError("the yardstick can be imported")
    import course_dl
    place = os.path.join(os.path.dirname(course_dl.__file__), "generative", "yardstick.npz")
    try:
        open(place, "rb").close()
    except OSError:
        return Means()
    raise ValueError("the yardstick can be read")
"""


def test_the_yardstick_is_out_of_reach(lab: LabFolder, box: Sandbox) -> None:
    mark = graded(lab, box, HONEST, MEASURING)
    assert mark.points == 4, mark.first_failure
