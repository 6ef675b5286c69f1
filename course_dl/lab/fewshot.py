"""A challenge in two parts: learn one task, then another one of which few pictures are known.

What is asked can be learnt and cannot be looked up, as in `course_dl.lab.challenge`: classes get
other numbers, in each part and each draw, and images a little noise. One draw of few pictures says
little, so there are several, each adapted from a copy of the model as the first part left it. Test
images reach the models only when the last of them has learnt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from course_dl.lab.challenge import (
    KNOWN,
    SHARE,
    TRAINED,
    award,
    built,
    check_changes,
    check_scores,
    disturbed,
    renamed,
    right_share,
    within,
)
from course_dl.lab.exercise import Exercise
from course_dl.lab.inputs import Inputs
from course_dl.lab.states import Wrong
from course_dl.lab.student import Remote, Student, drive

__all__ = ["FewShotChallenge", "Tasks"]


class Tasks(NamedTuple):
    """Standardized images (N, ...) and classes (N,) from 0 on; as many classes in both tasks."""

    X: Tensor  # of the first task
    d: Tensor
    X_new: Tensor  # of the second one, to draw the few from
    d_new: Tensor
    X_test: Tensor
    d_test: Tensor


@dataclass(frozen=True)
class FewShotChallenge:
    """Whose tests ask for ``build_model``, ``pretrain`` and ``adapt``.

    Parameters
    ----------
    exercise
        Its number and its points.
    seconds
        The time of ``pretrain``, and of each call of ``adapt``.
    shots, draws
        Pictures a class; how often they are drawn.
    tasks
        Gives the images of both tasks.
    ladders
        By the number of images of the first task, mean accuracies and the points they earn.
    """

    exercise: Exercise
    seconds: tuple[float, float]
    shots: int
    draws: int
    tasks: Callable[[], Sequence[Tensor]]
    ladders: Mapping[int, Sequence[tuple[float, float]]]

    def __post_init__(self) -> None:
        first, second = self.seconds
        self.exercise.trains = first + self.draws * second

    def check_in_place(self, student: Student, name: str) -> None:
        """``pretrain`` or ``adapt`` changes the model that it is given, and is back in time."""
        tasks = Tasks(*self.tasks())
        model, other = built(student), built(student)
        for each in (model, other):
            each(tasks.X[:2])  # lazy layers find their sizes now
        first, second = self.seconds
        if name == "adapt":
            few = self.drawn(Inputs(0), tasks.d_new)
            data, most = (tasks.X_new[few], tasks.d_new[few]), second
        else:
            data, most = (tasks.X[:2000], tasks.d[:2000]), first
        check_changes(student, name, model, other, data, most)

    def check_accuracy(self, student: Student, rng: Inputs) -> None:
        """The points that the mean accuracy of the draws earns."""
        tasks = Tasks(*self.tasks())
        n_classes = int(tasks.d.max()) + 1
        first, second = self.seconds
        chosen = rng.permutation(len(tasks.X_test))[: int(SHARE * len(tasks.X_test))]
        model = built(student)
        X, d = disturbed(rng, tasks.X), renamed(rng, n_classes)[tasks.d]
        within(student, "pretrain", model, X, d, first)
        adapted = []
        for _ in range(self.draws):
            few, names = self.drawn(rng, tasks.d_new), renamed(rng, n_classes)
            copy: Remote = drive(replica, model)
            X, d = disturbed(rng, tasks.X_new[few]), names[tasks.d_new[few]]
            within(student, "adapt", copy, X, d, second)
            adapted.append((copy, names))
        X, classes = disturbed(rng, tasks.X_test[chosen]), tasks.d_test[chosen]
        right, known = [], []
        for copy, names in adapted:
            copy.eval()
            parts = X.split(1000)
            scores = [check_scores(copy(part), len(part), n_classes) for part in parts]
            predicted = torch.cat(scores).argmax(1)
            right.append(float((predicted == names[classes]).double().mean()))
            known.append(float((predicted == classes).double().mean()))
        accuracy = sum(right) / len(right)
        student.notes["accuracy"] = accuracy
        if sum(known) / len(known) > KNOWN / n_classes:
            student.remarks.append("knows test labels without learning them")
            raise Wrong(
                "The classes got other numbers here, in the few pictures and in the test images "
                "alike, and most test images were given their old ones: a network can only know "
                "those that it was trained on. Learn from what you are given alone.",
            )
        ladder = self.ladders.get(len(tasks.X)) or self.ladders[min(self.ladders)]
        told = (
            f"{first:g} seconds on {len(tasks.X):,} images, then {self.draws} times {second:g} on "
            f"{self.shots} images a class: {', '.join(f'{100 * one:.1f} %' for one in right)}"
        )
        student.told.append((TRAINED, told))
        award(self.exercise.points, ladder, accuracy, right_share(accuracy, len(X)), student.told)

    def drawn(self, rng: Inputs, d: Tensor) -> Tensor:
        """Indices of ``shots`` images of each class, in random order."""
        order = rng.permutation(len(d))
        members = [order[d[order] == k][: self.shots] for k in range(int(d.max()) + 1)]
        few = torch.cat(members)
        return few[rng.permutation(len(few))]


def replica(net: Any) -> Any:
    """A copy of the network that shares nothing with it; it is made where the network is."""
    import copy

    return copy.deepcopy(net)
