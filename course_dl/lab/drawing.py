"""A challenge for models that draw: pictures of the classes asked for, near to test images, earn.

The judge asks for pictures of classes in random order, and compares them with test images in
features that a submission cannot reach, by the Fréchet distance. It sees a picture that is shown
again and again, as it sees a bad one. What it does not see are training images, handed back: of
these no model may draw many. In grading the classes have other numbers, and a new network with the
trained weights draws, in a process that has seen no image.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from course_dl.lab.challenge import (
    TRAINED,
    award_below,
    built,
    check_changes,
    copy_of,
    renamed,
    within,
)
from course_dl.lab.compare import require, shaped
from course_dl.lab.copies import copied
from course_dl.lab.exercise import Exercise
from course_dl.lab.inputs import Inputs
from course_dl.lab.states import Wrong
from course_dl.lab.student import Remote, Student

__all__ = ["DrawingChallenge"]

AT_ONCE = 250  # pictures
DRAWING = 5.0  # seconds, for so many
TRIED = 12  # pictures that are drawn twice
MOST_COPIES = 0.05  # of the pictures
COMPARED = 500  # of them with all training images

Images = tuple[Tensor, Tensor, Tensor]  # to train on, their classes; to test on


@dataclass(frozen=True)
class DrawingChallenge:
    """Whose tests are those of ``exercise``: it asks for ``build_model``, ``train`` and ``sample``.

    Parameters
    ----------
    exercise
        Its number and its points.
    seconds
        The time to train.
    images
        Gives images (N, C, H, W) in [0, 1], their classes (N,) from 0 on, and test images.
    features, classify, distance
        Of images, features (N, D) and classes (N,); of two sets of features, their distance.
    pictures
        How many are drawn.
    sure
        The least share of the pictures that must be taken for the class asked for.
    ladders
        By the number of training images, distances and the points that a smaller one earns.
    """

    exercise: Exercise
    seconds: float
    images: Callable[[], Images]
    features: Callable[[Tensor], Tensor]
    classify: Callable[[Tensor], Tensor]
    distance: Callable[[Tensor, Tensor], float]
    pictures: int
    sure: float
    ladders: Mapping[int, Sequence[tuple[float, float]]]

    def __post_init__(self) -> None:
        self.exercise.trains = self.seconds

    def check_pictures(self, student: Student, rng: Inputs) -> None:
        """``sample`` draws pictures (n, C, H, W) in [0, 1], the same for the same generator."""
        X, d, _ = self.images()
        model = built(student)
        model.eval()
        for n in (3, 1):
            self._repeated(student, model, d[rng.permutation(len(d))[:n]], rng.generator(), X)

    def check_in_place(self, student: Student) -> None:
        """``train`` changes the model that it is given, and no other, and is back in time."""
        X, d, _ = self.images()
        model, other = built(student), built(student)
        check_changes(student, "train", model, other, (X[:2000], d[:2000]), self.seconds)

    def check_distance(self, student: Student, rng: Inputs) -> None:
        """The points that the pictures of a trained model earn."""
        X, d, X_test = self.images()
        K = int(d.max()) + 1
        names = renamed(rng, K)
        model = built(student)
        start = time.monotonic()
        within(student, "train", model, X, names[d], self.seconds)
        used = time.monotonic() - start
        student.told.append((TRAINED, f"{used:.1f} of {self.seconds:g} seconds"))
        model.eval()
        weights = model.state_dict()
        student.forget()
        model = copy_of(student, weights)

        wanted = torch.arange(self.pictures)[rng.permutation(self.pictures)] % K
        self._repeated(student, model, names[wanted[:TRIED]], rng.generator(), X)
        parts = [
            self._drawn(student, model, names[part], rng.generator(), X)
            for part in wanted.split(AT_ONCE)
        ]
        drawn = torch.cat(parts)
        right = float((self.classify(drawn) == wanted).double().mean())
        reached = self.distance(self.features(drawn), self.features(X_test))
        copies = float(copied(drawn[:COMPARED], X).double().mean())
        student.notes.update(distance=reached, right=right, copies=copies)
        student.told.append(("Of the class asked for", f"{right:.1%} of {self.pictures:,}"))
        self._award(student, len(X), reached, right, copies)

    def _award(self, student: Student, n: int, reached: float, right: float, copies: float) -> None:
        """Raise the verdict with the points that are earned, where these are not all."""
        if copies > MOST_COPIES:
            student.remarks.append(f"{copies:.0%} of the pictures are training images")
            raise Wrong(
                f"{copies:.0%} of the pictures are training images, or nearly so: each of these is "
                "much nearer to one of them than to all others. The model is to draw what nobody "
                "has drawn.",
                *student.told,
            )
        if right < self.sure:
            raise Wrong(
                f"{right:.1%} of the pictures are taken for the class asked for, and it should be "
                f"{self.sure:.0%} at least: does the network learn with the classes d, and does "
                "sample draw with them?",
                ("Distance", f"{reached:.2f}"),
                *student.told,
            )
        ladder = self.ladders.get(n) or self.ladders[min(self.ladders)]
        result = f"A Fréchet distance of {reached:.2f}"
        award_below(self.exercise.points, ladder, reached, result, student.told)

    def _repeated(
        self, student: Student, model: Remote, d: Tensor, generator: Generator, X: Tensor
    ) -> None:
        """Raise unless the same generator leads to the same pictures."""
        state = generator.get_state()
        first = self._drawn(student, model, d, generator, X)
        again = self._drawn(student, model, d, Generator().set_state(state), X)
        require(
            torch.allclose(first, again, atol=1e-3),
            "The same classes and the same generator led to other pictures: all noise should come "
            "from the generator that sample is given, torch.randn(..., generator=generator).",
        )

    def _drawn(
        self, student: Student, model: Remote, d: Tensor, generator: Generator, X: Tensor
    ) -> Tensor:
        """Pictures of these classes, or what is wrong with them."""
        rules = student.rules
        student.rules = rules._replace(seconds=DRAWING)
        try:
            got: Any = student.sample(model, d, generator)
        finally:
            student.rules = rules
        pictures = shaped(got, (len(d), *X.shape[1:]), X.dtype, f"sample of {len(d)} classes")
        pictures = pictures.detach()
        require(
            bool(torch.isfinite(pictures).all()),
            "The pictures hold values that are not finite: has the training diverged?",
        )
        low, high = (float(bound) for bound in pictures.aminmax())
        require(
            low >= 0 and high <= 1,
            "The pixels of a picture lie in [0, 1], as those of X: .clamp(0, 1) cuts what lies "
            "beyond.",
            ("Came", f"{low:.3g} to {high:.3g}"),
        )
        return pictures
