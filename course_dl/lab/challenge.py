"""A challenge: a network, built and trained by the student, earns by its accuracy.

What is asked can be learnt, and cannot be looked up. The classes get other numbers, in training and
test images alike, and each image a little noise of its own: whoever learns from what is given does
not notice, and a table of the test images' labels answers wrongly. In grading all of this is drawn
from numbers that nobody can know.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from course_dl.calls.values import summary
from course_dl.lab.compare import require, shaped
from course_dl.lab.exercise import Exercise
from course_dl.lab.inputs import Inputs
from course_dl.lab.states import Wrong
from course_dl.lab.student import Remote, Student, is_network

__all__ = ["SLACK", "Challenge", "check_scores", "disturbed", "renamed"]

SLACK = 5.0  # seconds beyond the budget, after which a call is cut
NOISE, BRIGHTNESS = 0.02, 0.03  # of the images, in standard deviations of all pixels; relative
SHARE = 0.9  # of the test images, drawn anew each time
KNOWN = 2.5  # times as often right by the old numbers as by chance: then they were known

Images = tuple[Tensor, Tensor, Tensor, Tensor]  # to train on, their classes; to test on, theirs


@dataclass(frozen=True)
class Challenge:
    """Whose tests are those of ``exercise``, which asks for ``build_model`` and ``train``.

    Parameters
    ----------
    exercise
        Its number and its points.
    seconds
        The time to train.
    images
        Gives standardized images (N, ...) and classes (N,) from 0 on: training and test.
    ladders
        By the number of training images, accuracies and the points that they earn.
    """

    exercise: Exercise
    seconds: float
    images: Callable[[], Images]
    ladders: Mapping[int, Sequence[tuple[float, float]]]

    def check_in_place(self, student: Student) -> None:
        """``train`` changes the model that it is given, and no other, and is back in time."""
        torch.optim.SGD([torch.zeros(1)])  # the first optimizer of a process takes seconds to make
        X, d, _, _ = self.images()
        model, other = self.built(student), self.built(student)
        for each in (model, other):
            each(X[:2])  # lazy layers find their sizes now
        before, others = model.state_dict(), other.state_dict()
        said = self._trained(student, model, X[:2000], d[:2000], seconds=1.0)
        after, others_now = model.state_dict(), other.state_dict()
        require(
            any(not torch.equal(before[name], after[name]) for name, _ in model.named_parameters()),
            "After train, the model's parameters are what they were before: train should change "
            "the model that it is given.",
            ("It returned", summary(said)),
        )
        require(
            all(torch.equal(others[name], others_now[name]) for name in others),
            "Training one model changed another: build_model should build a new one at every call.",
        )

    def check_accuracy(self, student: Student, rng: Inputs) -> None:
        """The points that the accuracy on test images earns, once the model has been trained."""
        X, d, X_test, d_test = self.images()
        names = renamed(rng, int(d.max()) + 1)
        chosen = rng.permutation(len(X_test))[: int(SHARE * len(X_test))]
        classes, X_test = d_test[chosen], disturbed(rng, X_test[chosen])
        model = self.built(student)
        self._trained(student, model, disturbed(rng, X), names[d], self.seconds)
        model.eval()
        parts = [
            check_scores(model(part), len(part), len(names)).argmax(1)
            for part in X_test.split(1000)
        ]
        predicted = torch.cat(parts)
        accuracy = float((predicted == names[classes]).double().mean())
        student.notes["accuracy"] = accuracy
        known = float((predicted == classes).double().mean())
        if known > KNOWN / len(names):
            student.remarks.append(f"knows {known:.0%} of the test labels without learning them")
            raise Wrong(
                "The classes got other numbers here, in training and test images alike, and "
                f"{100 * known:.0f} % of the test images were given their old ones: a network can "
                "only know those that it was trained on. Learn from X and d alone.",
            )
        self._award(accuracy, len(X), len(X_test))

    def _award(self, accuracy: float, n_train: int, n_test: int) -> None:
        points = self.exercise.points
        ladder = self.ladders.get(n_train) or self.ladders[min(self.ladders)]
        earned = max((points for bound, points in ladder if accuracy >= bound), default=0)
        if earned < points:
            rungs = ", ".join(f"{100 * bound:g} % {points:g}" for bound, points in ladder)
            raise Wrong(
                f"{100 * accuracy:.2f} % of the test images are right: {earned:g} of "
                f"{points:g} points.",
                ("Points", rungs),
                (
                    "Trained",
                    f"{self.seconds:g} seconds on {n_train:,} images, {n_test:,} to test",
                ),
                points=earned,
            )

    def built(self, student: Student) -> Remote:
        """A network that the student's ``build_model`` made."""
        model: Remote = student.build_model()
        require(
            is_network(model),
            "build_model should return a network, an nn.Module.",
            ("It returned", repr(model)),
        )
        return model

    def _trained(
        self, student: Student, model: Remote, X: Tensor, d: Tensor, seconds: float
    ) -> Any:
        """The result of ``train``, which is cut some seconds after its budget."""
        rules = student.rules
        student.rules = rules._replace(seconds=seconds + SLACK)
        start = time.monotonic()
        try:
            return student.train(model, X, d, seconds)
        except Wrong as verdict:
            if not student.calls[-1].outcome.timed_out:
                raise
            raise Wrong(
                f"train had {seconds:g} seconds and was cut after {time.monotonic() - start:.0f}: "
                "look at the clock after every batch.",
                *verdict.failure.details,
            ) from None
        finally:
            student.rules = rules


def renamed(rng: Inputs, n_classes: int) -> Tensor:
    """New numbers for the classes: a random permutation that leaves none as it was."""
    while True:
        names = rng.permutation(n_classes)
        if not bool((names == torch.arange(n_classes)).any()):
            return names


def disturbed(rng: Inputs, X: Tensor) -> Tensor:
    """The images (N, ...) a little brighter or darker, each by itself, and with a little noise."""
    per_image = (len(X), *[1] * (X.dim() - 1))
    factor = 1 + BRIGHTNESS * rng.uniform(*per_image, low=-1, dtype=X.dtype)
    black = X.min()
    noise = torch.randn(X.shape, generator=rng.generator(), dtype=X.dtype)
    return noise.mul_(NOISE).add_(black).addcmul_(X - black, factor)


def check_scores(got: Any, n: int, n_classes: int) -> Tensor:
    """Finite scores (n, n_classes), or what is wrong with them."""
    what = f"the model's output for {n} images"
    scores = shaped(got, (n, n_classes), what=what).detach()
    require(
        bool(torch.isfinite(scores).all()),
        "The model's scores hold values that are not finite: has the training diverged?",
    )
    return scores
