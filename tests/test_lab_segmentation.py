"""A challenge with label maps: the overlap of the regions earns, and the background does not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from course_dl.calls.backend import LocalBackend
from course_dl.lab.exercise import Exercise
from course_dl.lab.inputs import Inputs
from course_dl.lab.judge import ExerciseResult, run_exercise
from course_dl.lab.segmentation import SegmentationChallenge, mean_iou
from course_dl.lab.student import Student

K = 4


def grey_patches() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Images whose pixels are as bright as their class says; nearly all are background."""
    rng = Inputs(0)
    maps = torch.where(rng.uniform(80, 8, 8) < 0.9, 0, rng.integers(1, K, 80, 8, 8))
    X = maps[:, None] + 0.1 * rng.normal(80, 1, 8, 8, dtype=torch.float32)
    return X[:40], maps[:40], X[40:], maps[40:]


def judged(source: str) -> ExerciseResult:
    exercise = Exercise("9.9", ["build_model", "train"], 4, 3, 1, [], seconds=5)
    race = SegmentationChallenge(exercise, 0.1, grey_patches, {40: ((0.3, 2), (0.9, 4))})

    @exercise.test("train changes its model")
    def in_place(student: Student) -> None:
        race.check_in_place(student)

    @exercise.test("mean IoU", measured=True, last=True)
    def overlap(student: Student, rng: Inputs) -> None:
        race.check_accuracy(student, rng)

    names: dict[str, object] = {}
    exec("import torch\nfrom torch import nn\n" + MEANS + source, names)
    return run_exercise(exercise, LocalBackend(names))


MEANS = """
class Means(nn.Module):
    def __init__(self):
        super().__init__()
        self.means = nn.Parameter(torch.zeros(4))
    def forward(self, X):
        return -(X - self.means[:, None, None]).square()

build_model = Means

def train(model, X, d, seconds):
    for k in range(4):
        model.means.data[k] = X[:, 0][d == k].mean()
"""


def test_who_learns_the_classes_gets_all() -> None:
    result = judged("")
    assert result.points == 4, result.first_failure
    assert result.tests[-1].notes["mean_iou"] > 0.95


def test_a_constant_background_earns_nothing_though_most_pixels_are_right() -> None:
    result = judged("\ndef train(model, X, d, seconds):\n    model.means.data[1:] = 1e3\n")
    assert (result.points, result.tests[-1].notes["mean_iou"]) == (0, 0)
    assert "is 0.000: 0 of 4 points" in str(result.first_failure)
    assert "0.3 2, 0.9 4" in str(result.first_failure)


def test_half_of_the_way_earns_a_part() -> None:
    blind = "\nlearn = train\ndef train(model, X, d, seconds):\n    learn(model, X, d, seconds)\n"
    result = judged(blind + "    model.means.data[3] = 1e3\n")
    assert result.points == 2 and 0.3 < result.tests[-1].notes["mean_iou"] < 0.9


def test_known_labels_earn_nothing() -> None:
    known = "\ndef train(model, X, d, seconds):\n    model.means.data = torch.arange(4.0)\n"
    result = judged(known)
    assert result.points == 0 and "Learn from X and d" in str(result.first_failure)
    assert result.tests[-1].remarks


def test_scores_for_other_pixels_are_told() -> None:
    half = "\nMeans.forward = lambda self, X: -(X[..., ::2] - self.means[:, None, None]) ** 2\n"
    assert "(36, 4, 8, 8)" in str(judged(half).first_failure)


def test_scores_that_are_not_finite_are_told() -> None:
    spoilt = "\ndef train(model, X, d, seconds):\n    model.means.data += torch.nan\n"
    assert "not finite" in str(judged(spoilt).first_failure)


def test_the_mean_iou_is_that_of_the_chapter_without_the_background() -> None:
    from course_dl.segmentation import iou

    rng = Inputs(1)
    predicted, d = rng.integers(0, 4, 3, 5, 6), rng.integers(0, 3, 3, 5, 6)
    assert mean_iou(predicted, d, 6) == pytest.approx(float(iou(predicted, d, 6)[1:].nanmean()))
