"""A challenge for models of sequences: the likelihood of test sequences earns, in nats.

The judge computes it from logits. A likelihood is one only if the logits of a token are computed
from the tokens before it; whether they are is tried out, before and after the training, by other
tokens in the place of the later ones. In grading words and classes get other numbers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from course_dl.lab.challenge import (
    SHARE,
    TRAINED,
    award_below,
    built,
    check_changes,
    renamed,
    within,
)
from course_dl.lab.compare import near, require, shaped
from course_dl.lab.exercise import Exercise
from course_dl.lab.inputs import Inputs
from course_dl.lab.student import Remote, Student, drive

__all__ = ["LikelihoodChallenge"]

AT_ONCE = 500  # sequences
TRIED = 100  # test sequences, by which is found whether a trained model looks ahead
CLOSE = 1e-3  # of the largest logit: float32, summed in another order

Rows = Callable[[Tensor, Tensor, Tensor], Tensor]  # of tokens, classes, places


@dataclass(frozen=True)
class LikelihoodChallenge:
    """Whose tests are those of ``exercise``, which asks for ``build_model`` and ``train``.

    Parameters
    ----------
    exercise
        Its number and its points.
    seconds
        The time to train.
    sequences
        Gives tokens (N, T) and classes (N,), both int64 from 0 on: to train on, and to test on.
    words
        How many tokens there are.
    ladders
        By the number of training sequences, nats and the points that fewer than these earn.
    """

    exercise: Exercise
    seconds: float
    sequences: Callable[[], tuple[Tensor, Tensor, Tensor, Tensor]]
    words: int
    ladders: Mapping[int, Sequence[tuple[float, float]]]

    def __post_init__(self) -> None:
        self.exercise.trains = self.seconds

    def check_logits(self, student: Student, rng: Inputs) -> None:
        """A logit for each word at each place, for one sequence too."""
        T, d, _, _ = self.sequences()
        model = self.built(student, T)
        model.eval()
        for N in (3, 1):
            some = rng.permutation(len(T))[:N]
            self.logits(model, T[some], d[some])

    def check_causal(self, student: Student, rng: Inputs) -> None:
        """The logits come from the class and from earlier tokens alone."""
        T, d, _, _ = self.sequences()
        model = self.built(student, T)
        model.eval()
        some, others = rng.permutation(len(T))[:24].chunk(2)
        self._look_ahead(model, rng, T[some], d[some], T[others])

    def check_in_place(self, student: Student) -> None:
        """``train`` changes the model that it is given, and no other, and is back in time."""
        T, d, _, _ = self.sequences()
        model, other = self.built(student, T), self.built(student, T)
        check_changes(student, "train", model, other, (T[:2000], d[:2000]), self.seconds)

    def check_nats(self, student: Student, rng: Inputs) -> None:
        """The points that the likelihood of test sequences earns, after the training."""
        T, d, T_test, d_test = self.sequences()
        words, names = renamed(rng, self.words), renamed(rng, int(d.max()) + 1)
        chosen = rng.permutation(len(T_test))[: int(SHARE * len(T_test))]
        T_test, d_test = words[T_test[chosen]], names[d_test[chosen]]
        model = self.built(student, T)
        start = time.monotonic()
        within(student, "train", model, words[T], names[d], self.seconds)
        used = time.monotonic() - start
        student.told.append((TRAINED, f"{used:.1f} of {self.seconds:g} seconds"))
        model.eval()
        ends = words[T[torch.arange(len(T_test)) % len(T)]]
        tried = min(TRIED, len(T_test) // 4)  # shown whole, so they are measured no more
        self._look_ahead(model, rng, T_test[:tried], d_test[:tried], ends[:tried])
        T_test, d_test, ends = T_test[tried:], d_test[tried:], ends[tried:]

        def rows(T: Tensor, d: Tensor, places: Tensor) -> Tensor:
            return self._finite(drive(rows_at, model, T, d, places), (len(T), self.words), len(T))

        nats = self.nats(rows, rng, T_test, d_test, ends)
        student.notes["nats"] = nats
        ladder = self.ladders.get(len(T)) or self.ladders[min(self.ladders)]
        result = f"{nats:.1f} nats a test digit"
        award_below(self.exercise.points, ladder, nats, result, student.told, unit=" nats")

    def nats(self, rows: Rows, rng: Inputs, T: Tensor, d: Tensor, ends: Tensor) -> float:
        """``-log p`` of a sequence: the mean over sequences, one token of each, times their length.

        Which token is drawn, each place as often as the others. In its place and in those after it
        the model is shown other sequences' tokens, so a model that looks ahead has nothing of it.
        """
        N, length = T.shape
        places = torch.arange(N)[rng.permutation(N)] % length
        shown, each = with_ends(T, places, ends), []
        for at in torch.arange(N).split(AT_ONCE):
            log_p = rows(shown[at], d[at], places[at]).double().log_softmax(1)
            each.append(-log_p.gather(1, T[at, places[at]][:, None]))
        return length * float(torch.cat(each).mean())

    def _look_ahead(self, model: Remote, rng: Inputs, T: Tensor, d: Tensor, ends: Tensor) -> None:
        """Raise if logits up to a place change with the tokens from there on."""
        N, length = T.shape
        places = torch.arange(N)[rng.permutation(N)] * (length - 1) // max(N - 1, 1)
        rows = self.logits(model, T, d)
        others = self.logits(model, with_ends(T, places, ends), d)
        for row, other, place in zip(rows, others, places.tolist(), strict=True):
            require(
                near(other[: place + 1], row[: place + 1], CLOSE),
                f"The model looks ahead: with other tokens from place {place} on, the logits of "
                f"token {place}, or of one before it, are others. Row t must come from the class "
                "and from the tokens before t alone: T[:, :-1] behind the class, and a causal "
                "mask. Who has seen a token can tell it, and that earns nothing.",
            )

    def logits(self, model: Remote, T: Tensor, d: Tensor) -> Tensor:
        """Finite logits (N, length, words), or what is wrong with them."""
        return self._finite(model(T, d), (*T.shape, self.words), len(T))

    def _finite(self, got: Any, shape: Sequence[int], n: int) -> Tensor:
        out = shaped(got, shape, what=f"the model's output for {n} sequences").detach()
        require(
            bool(torch.isfinite(out).all()),
            "The logits hold values that are not finite: has the training diverged?",
        )
        return out

    def built(self, student: Student, T: Tensor) -> Remote:
        """A new network for sequences as long as these."""
        return built(student, self.words, T.shape[1])


def rows_at(model: Any, T: Tensor, d: Tensor, places: Tensor) -> Tensor:
    """A driver: the logits (N, words) at one place of each sequence, so that few cross over."""
    with torch.no_grad():
        rows: Tensor = model(T, d)[torch.arange(len(T)), places]
    return rows


def with_ends(T: Tensor, places: Tensor, ends: Tensor) -> Tensor:
    """The sequences, each from its place on as another one, and at the place with another token."""
    at, ends = torch.arange(len(T)), ends.clone()
    same = at[ends[at, places] == T[at, places]]
    ends[same, places[same]] = (T[same, places[same]] + 1) % (int(ends.max()) + 1)
    return torch.where(torch.arange(T.shape[1]) < places[:, None], T, ends)
