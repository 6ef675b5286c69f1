"""A challenge in two parts: what is learnt earns, and no test image comes before the last of it."""

from __future__ import annotations

import torch
from torch import Tensor

from course_dl.calls.backend import LocalBackend
from course_dl.lab.exercise import Exercise
from course_dl.lab.fewshot import FewShotChallenge
from course_dl.lab.inputs import Inputs
from course_dl.lab.judge import ExerciseResult, run_exercise
from course_dl.lab.student import Student

CENTRES = torch.tensor([[3.0, 0.0], [-3.0, 3.0], [-3.0, -3.0]])


def clouds() -> tuple[Tensor, ...]:
    rng, d = Inputs(0), torch.arange(60) % 3
    noise = rng.normal(3, 60, 2, dtype=torch.float32) / 2
    return CENTRES[d] + noise[0], d, noise[1] - CENTRES[d], d, noise[2] - CENTRES[d], d


def judged(source: str) -> ExerciseResult:
    exercise = Exercise("9.9", ["build_model", "pretrain", "adapt"], 4, 3, 1, [], seconds=5)
    race = FewShotChallenge(exercise, (0.1, 0.1), 5, 3, clouds, {60: ((0.8, 2), (0.9, 4))})

    @exercise.test("adapt changes its model")
    def in_place(student: Student) -> None:
        race.check_in_place(student, "adapt")

    @exercise.test("accuracy", measured=True, last=True)
    def accuracy(student: Student, rng: Inputs) -> None:
        race.check_accuracy(student, rng)

    names: dict[str, object] = {}
    exec("import torch\nfrom torch import nn\n" + source, names)
    return run_exercise(exercise, LocalBackend(names))


MEANS = """
seen = []
class Means(nn.Module):
    def __init__(self):
        super().__init__()
        self.means = nn.Parameter(torch.zeros(3, 2))
    def forward(self, X):
        seen.append("images")
        return -torch.cdist(X, self.means)

build_model = Means

def pretrain(model, X, d, seconds):
    seen.clear()
    adapt(model, X, d, seconds)

def adapt(model, X, d, seconds):
    assert "images" not in seen or not seen.count("adapt")
    seen.append("adapt")
    for k in range(3):
        model.means.data[k] = X[d == k].mean(0)
"""


def test_who_learns_from_the_few_gets_all_and_sees_no_test_image_before() -> None:
    result = judged(MEANS)
    assert result.points == 4, result.first_failure
    assert result.tests[-1].notes["accuracy"] > 0.95


def test_who_stays_with_the_first_task_gets_nothing() -> None:
    adapt = "\ndef adapt(model, X, d, seconds):\n    model.means.data += 0.001\n"
    assert judged(MEANS + adapt).points == 0


def test_who_adapts_a_copy_is_told() -> None:
    result = judged(MEANS + "\ndef adapt(model, X, d, seconds):\n    pass\n")
    assert "After adapt" in str(result.first_failure)


def test_known_labels_earn_nothing() -> None:
    known = "[[-3.0, 0.0], [3.0, -3.0], [3.0, 3.0]]"
    adapt = f"\ndef adapt(model, X, d, seconds):\n    model.means.data = torch.tensor({known})\n"
    result = judged(MEANS + adapt)
    assert result.points == 0 and "Learn from what you are given" in str(result.first_failure)
    assert result.tests[-1].remarks
