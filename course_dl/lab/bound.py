"""A challenge for models with codes: a bound on the likelihood of test images earns.

The model has ``encode`` and ``decode``, and the judge computes the bound from what they give. Test
images are drawn anew, and the codes with noise that nobody can know. In grading, ``decode`` runs in
a process that has not seen what ``encode`` saw.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab.challenge import (
    SHARE,
    TRAINED,
    award_below,
    built,
    check_changes,
    copy_of,
    within,
)
from course_dl.lab.compare import near, require, shaped, unpack
from course_dl.lab.exercise import Exercise
from course_dl.lab.inputs import Inputs
from course_dl.lab.states import Wrong
from course_dl.lab.student import Remote, Student

__all__ = ["BoundChallenge"]

AT_ONCE = 1000  # images
LARGEST = 50.0  # of |log_var|


@dataclass(frozen=True)
class BoundChallenge:
    """Whose tests are those of ``exercise``, which asks for ``build_model`` and ``train``.

    Parameters
    ----------
    exercise
        Its number and its points.
    seconds
        The time to train.
    images
        Gives grey images (N, C, H, W) in [0, 1]: to train on, and to test on.
    ladders
        By the number of training images, nats and the points that fewer than these earn.
    possible
        Nats below which no model comes in such a time: then ``decode`` knows the images.
    """

    exercise: Exercise
    seconds: float
    images: Callable[[], tuple[Tensor, Tensor]]
    ladders: Mapping[int, Sequence[tuple[float, float]]]
    possible: float

    def __post_init__(self) -> None:
        self.exercise.trains = self.seconds

    def check_codes(self, student: Student, rng: Inputs) -> None:
        """``encode`` and ``decode`` give what they should, and ``decode`` sees codes alone."""
        X, _ = self.images()
        model = built(student)
        model.eval()
        one, other = (drawn(rng, X[k : k + 3]) for k in (0, 3))
        mu, log_var = codes(model, one)
        z = mu + torch.exp(log_var / 2) * rng.normal(*mu.shape, dtype=mu.dtype)
        first = logits(model, z, one.shape)
        codes(model, other)
        again = logits(model, z, one.shape)
        require(
            near(again, first, 1e-4),
            "The same codes give other logits once encode has seen other images: decode may know "
            "nothing of an image but its code.",
        )
        shaped(model.decode(z[:1]), (1, *one.shape[1:]), what="decode of one code")

    def check_in_place(self, student: Student) -> None:
        """``train`` changes the model that it is given, and no other, and is back in time.

        All that it leaves is in parameters and buffers.
        """
        X, _ = self.images()
        model, other = built(student), built(student)
        for each in (model, other):  # lazy layers find their sizes now
            logits(each, codes(each, X[:2])[0], X[:2].shape)
        check_changes(student, "train", model, other, [X[:2000]], self.seconds)
        model.eval()
        z, _ = codes(model, X[:3])
        first = logits(model, z, X[:3].shape)
        require(
            near(logits(copy_of(student, model.state_dict()), z, X[:3].shape), first, 1e-4),
            "A new network with the parameters and buffers of the trained one decodes otherwise. "
            "What train leaves should be in parameters, or in buffers (register_buffer).",
        )

    def check_bound(self, student: Student, rng: Inputs) -> None:
        """The points that the bound of test images earns, once the model has been trained.

        The trained network encodes. Where nothing is left of that, a new one with the same weights
        decodes: so of an image it knows the code that it is given, and no more.
        """
        X, X_test = self.images()
        chosen = X_test[rng.permutation(len(X_test))[: int(SHARE * len(X_test))]]
        parts = drawn(rng, chosen).split(AT_ONCE)
        model = built(student)
        start = time.monotonic()
        within(student, "train", model, X, self.seconds)
        used = time.monotonic() - start
        student.told.append((TRAINED, f"{used:.1f} of {self.seconds:g} seconds"))
        model.eval()
        weights = model.state_dict()  # before it sees a test image
        encoded = [codes(model, x) for x in parts]
        student.forget()
        decoder = copy_of(student, weights)
        bounds = [bound(decoder, x, *q, rng) for x, q in zip(parts, encoded, strict=True)]
        nats = -float(torch.cat(bounds).mean())
        student.notes["nats"] = nats
        self._award(nats, len(X), student)

    def _award(self, nats: float, n: int, student: Student) -> None:
        """Raise the verdict with the points that so many nats earn, where these are not all."""
        if nats < self.possible:
            student.remarks.append(f"a bound of {nats:.1f} nats: decode knows the test images")
            raise Wrong(
                f"{nats:.1f} nats an image: no model of codes comes so far. decode may know "
                "nothing of an image but its code.",
            )
        ladder = self.ladders.get(n) or self.ladders[min(self.ladders)]
        result = f"{nats:.1f} nats an image"
        award_below(self.exercise.points, ladder, nats, result, student.told, unit=" nats")


def drawn(rng: Inputs, X: Tensor) -> Tensor:
    """Images of pixels 0 and 1, of which the grey values are the probabilities."""
    return torch.bernoulli(X, generator=rng.generator())


def bound(decoder: Remote, x: Tensor, mu: Tensor, log_var: Tensor, rng: Inputs) -> Tensor:
    """The evidence lower bound (N,) of images x, by one draw of each one's code."""
    eps = torch.randn(mu.shape, generator=rng.generator(), dtype=mu.dtype)
    out = logits(decoder, mu + torch.exp(log_var / 2) * eps, x.shape)
    log_p = -F.binary_cross_entropy_with_logits(out.double(), x.double(), reduction="none")
    mu, log_var = mu.double(), log_var.double()
    kl = 0.5 * (mu.square() + log_var.expm1() - log_var).sum(dim=1)
    return log_p.flatten(1).sum(dim=1) - kl


def codes(model: Remote, x: Tensor) -> tuple[Tensor, Tensor]:
    """Finite ``mu`` and ``log_var``, a row for each image."""
    mu, log_var = unpack(model.encode(x), "mu, log_var")
    width = mu.shape[1] if isinstance(mu, Tensor) and mu.dim() == 2 else 1
    for name, value in (("mu", mu), ("log_var", log_var)):
        value = shaped(value, (len(x), width), x.dtype, f"{name} of {len(x)} images")
        require(
            bool(torch.isfinite(value).all()),
            f"{name} holds values that are not finite: has the training diverged?",
        )
    require(
        bool((log_var.abs() <= LARGEST).all()),
        f"log_var holds values beyond {LARGEST:g}: such a variance is none.",
    )
    return mu.detach(), log_var.detach()


def logits(model: Remote, z: Tensor, shape: Sequence[int]) -> Tensor:
    """What ``decode`` makes of codes: finite, of the images' shape, no probabilities."""
    got: Any = model.decode(z)
    out = shaped(got, shape, z.dtype, f"decode of {len(z)} codes").detach()
    require(
        bool(torch.isfinite(out).all()),
        "The logits hold values that are not finite: has the training diverged?",
    )
    require(
        bool(((out <= 0) | (out >= 1)).any()),
        "decode gives numbers between 0 and 1 alone. It should give logits, before the sigmoid.",
    )
    return out
