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

from course_dl.calls.limits import BUSY
from course_dl.calls.values import summary
from course_dl.lab.compare import require, shaped
from course_dl.lab.exercise import Exercise
from course_dl.lab.inputs import Inputs
from course_dl.lab.states import Partly, Wrong
from course_dl.lab.student import Remote, Student, drive, is_network

__all__ = [
    *("KNOWN", "SHARE", "SLACK", "TRAINED", "Challenge", "award", "award_below", "built"),
    *(
        "check_changes",
        "check_scores",
        "copy_of",
        "differ",
        "disturbed",
        "parameters",
        "renamed",
        "right_share",
        "within",
    ),
]

SLACK = 5.0  # seconds beyond the budget, after which a call is cut; fewer if it is short
SHORT, LONGER = 0.5, 3.0  # seconds in which a training should change something
NOISE, BRIGHTNESS = 0.02, 0.03  # of the images, in standard deviations of all pixels; relative
SHARE = 0.9  # of the test images, drawn anew each time
KNOWN = 2.5  # times as often right by the old numbers as by chance: then they were known

TRAINED = "Trained"  # what is told of a training: seconds, images, epochs

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

    def __post_init__(self) -> None:
        self.exercise.trains = self.seconds

    def check_in_place(self, student: Student) -> None:
        """``train`` changes the model that it is given, and no other, and is back in time."""
        X, d, _, _ = self.images()
        model, other = built(student), built(student)
        for each in (model, other):
            each(X[:2])  # lazy layers find their sizes now
        check_changes(student, "train", model, other, (X[:2000], d[:2000]), self.seconds)

    def check_accuracy(self, student: Student, rng: Inputs) -> None:
        """The points that the accuracy on test images earns, once the model has been trained."""
        X, d, X_test, d_test = self.images()
        names = renamed(rng, int(d.max()) + 1)
        chosen = rng.permutation(len(X_test))[: int(SHARE * len(X_test))]
        classes, X_test = d_test[chosen], disturbed(rng, X_test[chosen])
        model = self.trained(student, disturbed(rng, X), names[d])
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
        ladder = self.ladders.get(len(X)) or self.ladders[min(self.ladders)]
        award(
            self.exercise.points, ladder, accuracy, right_share(accuracy, len(X_test)), student.told
        )

    def trained(self, student: Student, X: Tensor, d: Tensor) -> Remote:
        """A model of the student's, trained on these, in evaluation mode; what it took is told."""
        model = built(student)
        counter = drive(images_seen, model, BUSY * (self.seconds + SLACK))
        start = time.monotonic()
        within(student, "train", model, X, d, self.seconds)
        used = time.monotonic() - start
        student.told.append((TRAINED, self._training(counter.images, len(X), used)))
        model.eval()
        return model

    def _training(self, seen: Any, n: int, used: float) -> str:
        """What was seen in the training, as far as the student's side says."""
        took = f"{used:.1f} of {self.seconds:g} seconds"
        if type(seen) is not int or not 0 < seen < 1 << 50:
            return took
        return f"{took}, {seen:,} images seen: {seen / n:.1f} epochs of {n:,}"


def built(student: Student, *sizes: int) -> Remote:
    """A network that the student's ``build_model`` made."""
    model: Remote = student.build_model(*sizes)
    require(
        is_network(model),
        "build_model should return a network, an nn.Module.",
        ("It returned", repr(model)),
    )
    return model


def check_changes(
    student: Student,
    name: str,
    model: Remote,
    other: Remote,
    data: Sequence[Tensor],
    most: float,
) -> None:
    """A training function changes the model that it is given, not the other, and is back in time.

    Who stops a second or two before the end does nothing in a short time, and gets a longer one
    then: at most the ``most`` seconds that there are in earnest.
    """
    torch.optim.SGD([torch.zeros(1)])  # the first optimizer of a process takes seconds to make
    before, all_before, others = parameters(model), model.state_dict(), other.state_dict()
    for seconds in (min(SHORT, most), min(LONGER, most)):
        said = within(student, name, model, *data, seconds)
        if differ(before, parameters(model)):
            break
    else:
        seen = differ(all_before, model.state_dict())  # so a loop is known from a copy's training
        remembered = (("Its norms", "remember images: it was called, and no step followed"),)
        raise Wrong(
            f"After {name}, the model's parameters are what they were before: {name} should change "
            "the model that it is given.",
            ("It had", f"{seconds:g} seconds"),
            ("It returned", summary(said)),
            *(remembered if seen else ()),
            kind="no step" if seen else "untouched",
        )
    require(
        not differ(others, other.state_dict()),
        "Training one model changed another: build_model should build a new one at every call.",
    )


def parameters(model: Remote) -> dict[str, Tensor]:
    """The parameters by name, without what a norm remembers of its batches."""
    return {name: p.detach() for name, p in model.named_parameters()}


def differ(before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> bool:
    """Whether tensors of a network differ, a new layer's among them."""
    return set(before) != set(after) or any(
        t.shape != after[name].shape or not torch.equal(t, after[name])
        for name, t in before.items()
    )


def slack(seconds: float) -> float:
    """How many seconds beyond its budget a training is cut."""
    return min(SLACK, 1 + 2 * seconds)


def within(student: Student, name: str, model: Remote, *args: Any) -> Any:
    """The result of a student's training function, which is cut some seconds after its budget.

    The last of its arguments is the budget, in seconds; before it come the data.
    """
    seconds = args[-1]
    rules = student.rules
    student.rules = rules._replace(seconds=seconds + slack(seconds), timed=True)
    start = time.monotonic()
    try:
        return getattr(student, name)(model, *args)
    except Wrong as verdict:
        if not student.calls[-1].outcome.timed_out:
            raise
        raise Wrong(
            f"{name} had {seconds:g} seconds and was cut after {time.monotonic() - start:.0f}: "
            "look at the clock after every batch.",
            *verdict.failure.details,
        ) from None
    finally:
        student.rules = rules


def right_share(accuracy: float, n: int) -> str:
    """What is told of the share of right test images."""
    return f"{100 * accuracy:.2f} % of {n:,} test images are right"


def award(
    points: float,
    ladder: Sequence[tuple[float, float]],
    reached: float,
    result: str,
    told: Sequence[tuple[str, str]],
    *,
    percent: bool = True,
) -> None:
    """Raise the verdict with the points that the measure reached earns, where these are not all.

    ``result`` is the measure as a student reads it; its bounds are told in percent, or as they are.
    """
    earned = max((some for bound, some in ladder if reached >= bound), default=0)
    if earned < points:
        factor, unit = (100, " %") if percent else (1, "")
        rungs = ", ".join(f"{factor * bound:g}{unit} {some:g}" for bound, some in ladder)
        verdict = Partly if earned else Wrong
        raise verdict(
            f"{result}: {earned:g} of {points:g} points.",
            ("Points", rungs),
            *told,
            points=earned,
        )


def award_below(
    points: float,
    ladder: Sequence[tuple[float, float]],
    reached: float,
    result: str,
    told: Sequence[tuple[str, str]],
    *,
    unit: str = "",
) -> None:
    """As `award`, of a measure that should be small: a rung of the ladder earns below its bound."""
    earned = max((some for most, some in ladder if reached <= most), default=0)
    if earned < points:
        rungs = ", ".join(f"below {most:g}{unit} {some:g}" for most, some in ladder)
        verdict = Partly if earned else Wrong
        raise verdict(
            f"{result}: {earned:g} of {points:g} points.",
            ("Points", rungs),
            *told,
            points=earned,
        )


def copy_of(student: Student, weights: Any) -> Remote:
    """A new network of the student's with these weights, in evaluation mode."""
    model = built(student)
    said = drive(loaded, model, weights)
    require(
        not said,
        "A new network from build_model does not take the weights of the trained one: train should "
        "leave the network's parameters and buffers under their names, and add none.",
        ("load_state_dict", str(said)),
    )
    model.eval()
    return model


def loaded(model: Any, weights: Any) -> str:
    """A driver: give a network these weights; what ``load_state_dict`` objects, or ""."""
    try:
        model.load_state_dict(weights)
    except (RuntimeError, KeyError) as error:
        return str(error)
    return ""


def images_seen(model: Any, seconds: float) -> Any:
    """A driver: an object whose ``images`` counts those that the model is trained on from now on.

    The hook belongs to no model, so that nothing of the student's is changed, and ends by itself.
    """
    import time

    class Counter:
        images = 0

    counter, end = Counter(), time.monotonic() + seconds

    def count(module: Any, inputs: Any) -> None:
        if time.monotonic() > end:
            hook.remove()
        elif module is model and torch.is_grad_enabled() and inputs:
            counter.images += len(inputs[0])

    hook = torch.nn.modules.module.register_module_forward_pre_hook(count)
    return counter


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
