"""A challenge with a class for every pixel: what is earned goes by the overlap of the regions.

What is asked can be learnt and cannot be looked up, as in `course_dl.lab.challenge`: classes get
other numbers, but for the background, and images a little noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from course_dl.lab.challenge import KNOWN, SHARE, Challenge, award, disturbed, renamed
from course_dl.lab.compare import require, shaped
from course_dl.lab.inputs import Inputs
from course_dl.lab.states import Wrong
from course_dl.lab.student import Student

__all__ = ["SegmentationChallenge"]

AT_ONCE = 100  # images: maps of scores take much memory


@dataclass(frozen=True)
class SegmentationChallenge(Challenge):
    """A challenge whose labels are maps (N, H, W): 0 for the background, classes from 1 on.

    What counts is the mean IoU of the classes, the background left out, over all test images.
    Ladders hold it in place of the accuracy.
    """

    def check_accuracy(self, student: Student, rng: Inputs) -> None:
        """The points that the mean IoU on test images earns, once the model has been trained."""
        X, d, X_test, d_test = self.images()
        K = int(d.max()) + 1
        names = torch.cat([torch.zeros(1, dtype=torch.int64), 1 + renamed(rng, K - 1)])
        chosen = rng.permutation(len(X_test))[: int(SHARE * len(X_test))]
        classes, X_test = d_test[chosen], disturbed(rng, X_test[chosen])
        model = self.trained(student, disturbed(rng, X), names[d])
        parts = [check_maps(model(part), part, K).argmax(1) for part in X_test.split(AT_ONCE)]
        predicted = torch.cat(parts)
        reached = mean_iou(predicted, names[classes], K)
        student.notes["mean_iou"] = reached
        known = float((predicted == classes)[classes > 0].double().mean())
        if known > KNOWN / (K - 1):
            student.remarks.append(f"knows {known:.0%} of the test labels without learning them")
            raise Wrong(
                "The classes got other numbers here, in training and test images alike, and "
                f"{100 * known:.0f} % of the pixels that are no background were given their old "
                "ones: a network can only know those that it was trained on. Learn from X and d "
                "alone.",
            )
        ladder = self.ladders.get(len(X)) or self.ladders[min(self.ladders)]
        result = f"The mean IoU of {K - 1} classes on {len(X_test):,} test images is {reached:.3f}"
        award(self.exercise.points, ladder, reached, result, student.told, percent=False)


def check_maps(got: object, X: Tensor, n_classes: int) -> Tensor:
    """Finite scores (N, n_classes, H, W) of images X, or what is wrong with them."""
    shape = (len(X), n_classes, *X.shape[2:])
    scores = shaped(got, shape, what=f"the model's output for {len(X)} images").detach()
    require(
        bool(torch.isfinite(scores).all()),
        "The model's scores hold values that are not finite: has the training diverged?",
    )
    return scores


def mean_iou(predicted: Tensor, d: Tensor, n_classes: int) -> float:
    """Of the classes from 1 on that occur in either."""
    pairs = torch.bincount((n_classes * d + predicted).flatten(), minlength=n_classes**2)
    counts = pairs.view(n_classes, n_classes).double()
    both = counts.diagonal()
    return float((both / (counts.sum(0) + counts.sum(1) - both))[1:].nanmean())
