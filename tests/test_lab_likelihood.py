"""A challenge by likelihood: what is reached earns, and looking ahead earns nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_dl.calls.backend import LocalBackend
from course_dl.lab import Exercise, Inputs, LikelihoodChallenge, Student
from course_dl.lab.judge import ExerciseResult, run_exercise
from course_dl.lab.likelihood import rows_at, with_ends
from course_dl.lab.states import State

WORDS, PLACES = 4, 5


def chains(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Each token is mostly the one before it plus 1, the first one the class."""
    generator = torch.Generator().manual_seed(seed)
    d = torch.arange(n) % WORDS
    tokens = [torch.where(torch.rand(n, generator=generator) < 0.9, d, (d + 2) % WORDS)]
    for _ in range(PLACES - 1):
        sure = torch.rand(n, generator=generator) < 0.9
        tokens.append(torch.where(sure, tokens[-1] + 1, tokens[-1] + 3) % WORDS)
    return torch.stack(tokens, 1), d


def exercise() -> Exercise:
    asked = Exercise(
        "9.9", ["build_model", "train"], points=4, difficulty=1, minutes=1, hints=["hint"]
    )
    race = LikelihoodChallenge(
        asked, 0.6, lambda: (*chains(400, 0), *chains(400, 1)), WORDS, {400: ((6.0, 2), (2.5, 4))}
    )

    @asked.test("logits")
    def logits(student: Student, rng: Inputs) -> None:
        race.check_logits(student, rng)

    @asked.test("causal")
    def causal(student: Student, rng: Inputs) -> None:
        race.check_causal(student, rng)

    @asked.test("in place")
    def in_place(student: Student, rng: Inputs) -> None:
        race.check_in_place(student)

    @asked.test("nats", measured=True, last=True)
    def nats(student: Student, rng: Inputs) -> None:
        race.check_nats(student, rng)

    return asked


class Pairs(nn.Module):
    """The logits of a word from the one before it, the first one from the class."""

    def __init__(self, words: int, tokens: int) -> None:
        super().__init__()
        assert (words, tokens) == (WORDS, PLACES)
        self.first, self.then = nn.Embedding(words, words), nn.Embedding(words, words)

    def forward(self, T: Tensor, d: Tensor) -> Tensor:
        return torch.cat((self.first(d)[:, None], self.then(T[:, :-1])), 1)


def learn(model: nn.Module, T: Tensor, d: Tensor, seconds: float) -> None:
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(60):
        optimizer.zero_grad()
        F.cross_entropy(model(T, d).transpose(1, 2), T).backward()
        optimizer.step()


def judged(
    build: Callable[..., Any] = Pairs, train: Callable[..., Any] = learn, *, whole: bool = True
) -> ExerciseResult:
    asked = exercise()
    if not whole:
        asked = copy.copy(asked)
        asked.tests = [test for test in asked.tests if test.measured]
    return run_exercise(asked, LocalBackend({"build_model": build, "train": train}))


def test_what_is_learnt_earns_and_is_noted_in_nats() -> None:
    result = judged()
    assert result.state is State.PASSED, result.first_failure
    # 5 times the entropy of 0.9 and 0.1, with the error of one token of each sequence
    assert result.tests[-1].notes["nats"] == pytest.approx(5 * 0.325, abs=0.5)


def test_nothing_learnt_costs_the_log_of_the_words() -> None:
    def still(model: nn.Module, T: Tensor, d: Tensor, seconds: float) -> None:
        for p in model.parameters():
            p.data.zero_()

    result = judged(train=still)
    nats = result.tests[-1].notes["nats"]
    assert nats == pytest.approx(5 * torch.tensor(4.0).log().item())
    assert not result.points and "6.9 nats" in str(result.first_failure.failure)  # type: ignore[union-attr]


class OfItself(Pairs):
    """Looks at the very token that it is to guess."""

    def forward(self, T: Tensor, d: Tensor) -> Tensor:
        return self.then(T) + 0 * super().forward(T, d)


class Whole(Pairs):
    """Looks at all tokens."""

    def forward(self, T: Tensor, d: Tensor) -> Tensor:
        return super().forward(T, d) + self.then(T).mean(1, keepdim=True)


class OfOthers(Pairs):
    """Looks at the next sequence of the batch."""

    def forward(self, T: Tensor, d: Tensor) -> Tensor:
        return self.then(T.roll(-1, 0)) + 0 * super().forward(T, d)


class Sly(Pairs):
    """Is right until it is trained, and looks at the token to guess from then on."""

    def forward(self, T: Tensor, d: Tensor) -> Tensor:
        right = super().forward(T, d)
        return (
            right if self.training or len(T) < 50 else 9 * F.one_hot(T, WORDS).float() + 0 * right
        )


@pytest.mark.parametrize("build", [OfItself, Whole])
def test_who_looks_ahead_is_told_so_and_earns_nothing(build: type[nn.Module]) -> None:
    result = judged(build)
    failed = result.first_failure
    assert failed is not None and failed.test.title == "causal" and not result.points
    assert "The model looks ahead" in str(failed.failure)


def test_who_looks_ahead_once_trained_is_told_so() -> None:
    result = judged(Sly)
    assert not result.points and "The model looks ahead" in str(result.tests[-1].failure)


@pytest.mark.parametrize("build", [OfItself, OfOthers, Sly])
def test_a_token_that_is_measured_is_shown_nowhere(build: type[Pairs]) -> None:
    """So looking ahead is worth nothing even where it is not noticed."""
    race = LikelihoodChallenge(exercise(), 0.1, lambda: (*chains(40, 0), *chains(40, 1)), WORDS, {})
    T, d = chains(400, 1)
    right, sly = Pairs(WORDS, PLACES), build(WORDS, PLACES)
    for model in (right, sly):
        learn(model, T, d, 0.0)
        model.eval()
    ends = chains(400, 2)[0]
    nats = [race.nats(partial(rows_at, m), Inputs(0), T, d, ends) for m in (right, sly)]
    assert nats[0] < 2.2 and nats[1] > 5 * torch.tensor(3.0).log().item()


def test_no_sequence_that_is_measured_was_shown_whole_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else a model could keep it and know what comes."""
    sequences = Inputs(0).generator()
    T, T_test = (torch.randint(50, (80, PLACES), generator=sequences) for _ in range(2))
    d = torch.arange(80) % 2
    asked = Exercise("9.9", ["build_model", "train"], 4, 1, 1, [])
    race = LikelihoodChallenge(asked, 0.1, lambda: (T, d, T_test, d), 50, {80: ((999.0, 4),)})
    shown: list[Tensor] = []

    class Keeping(nn.Module):
        def forward(self, T: Tensor, d: Tensor) -> Tensor:
            shown.append(T)
            return torch.zeros(*T.shape, 50)

    def measured(*args: Any) -> float:
        _, _, _, T, *_ = args
        assert not (torch.cat(shown)[:, None] == T[None]).all(2).any() and len(T) > 40
        return 0.0

    monkeypatch.setattr(LikelihoodChallenge, "nats", measured)
    names = {"build_model": lambda words, tokens: Keeping(), "train": lambda *given: None}
    race.check_nats(Student(LocalBackend(names)), Inputs(1))
    assert shown


def test_ends_are_others_from_the_place_on() -> None:
    T, ends = chains(50, 0)[0], chains(50, 1)[0]
    places = torch.arange(50) % PLACES
    shown = with_ends(T, places, ends)
    for row, t, end, place in zip(shown, T, ends, places.tolist(), strict=True):
        assert torch.equal(row[:place], t[:place]) and row[place] != t[place]
        assert torch.equal(row[place + 1 :], end[place + 1 :])
    assert int(shown.min()) >= 0 and int(shown.max()) < WORDS


def test_logits_that_are_not_finite_are_told() -> None:
    def diverge(model: nn.Module, T: Tensor, d: Tensor, seconds: float) -> None:
        for p in model.parameters():
            p.data.fill_(torch.nan)

    assert "not finite" in str(judged(train=diverge).tests[-1].failure)
