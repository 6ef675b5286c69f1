"""The challenge of drawing: what earns, what is told, and which pictures are copies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from course_dl.calls.backend import LocalBackend
from course_dl.generative import frechet_distance
from course_dl.lab import DrawingChallenge, Exercise, Inputs, Student
from course_dl.lab.copies import centred, copied
from course_dl.lab.judge import ExerciseResult, run_exercise
from course_dl.lab.states import State

CLASSES, SIDE = 3, 16
BARS = torch.stack([F.pad(torch.ones(SIDE, 5), (5 * k, 11 - 5 * k)) for k in range(CLASSES)])


def bars(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Pictures of noise with a bright bar, at another place in each class."""
    d = torch.arange(n) % CLASSES
    noise = torch.rand(n, 1, SIDE, SIDE, generator=Generator().manual_seed(seed))
    return 0.5 * BARS[d, None] + 0.5 * noise, d


def thirds(images: Tensor) -> Tensor:
    """Features: the mean of each half of each bar's place, 6 numbers."""
    return F.avg_pool2d(images[..., :15], (SIDE // 2, 5)).flatten(1) * 30


def brightest(images: Tensor) -> Tensor:
    return thirds(images).view(-1, 2, CLASSES).sum(1).argmax(1)


def exercise() -> Exercise:
    asked = Exercise("9.9", ["build_model", "train", "sample"], 4, 1, 1, ["hint"])
    race = DrawingChallenge(
        asked,
        0.6,
        lambda: (*bars(300, 0), bars(300, 1)[0]),
        features=thirds,
        classify=brightest,
        distance=frechet_distance,
        pictures=120,
        sure=0.9,
        ladders={300: ((1.5, 2), (0.8, 4))},
    )

    @asked.test("pictures")
    def pictures(student: Student, rng: Inputs) -> None:
        race.check_pictures(student, rng)

    @asked.test("in place")
    def in_place(student: Student) -> None:
        race.check_in_place(student)

    @asked.test("distance", measured=True, last=True)
    def distance(student: Student, rng: Inputs) -> None:
        race.check_distance(student, rng)

    return asked


class Means(nn.Module):
    """The mean picture of each class, and how far pixels are from it."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(CLASSES, 1, SIDE, SIDE))
        self.spread = nn.Parameter(torch.zeros(CLASSES, 1, SIDE, SIDE))


def learn(model: Any, X: Tensor, d: Tensor, seconds: float) -> None:
    with torch.no_grad():
        for k in range(CLASSES):
            model.mean[k], model.spread[k] = X[d == k].mean(0), X[d == k].std(0)


def noise(d: Tensor, generator: Generator) -> Tensor:
    return torch.rand(len(d), 1, SIDE, SIDE, generator=generator) - 0.5


def draw(model: Any, d: Tensor, generator: Generator) -> Tensor:
    pictures: Tensor = model.mean[d] + 12**0.5 * model.spread[d] * noise(d, generator)
    return pictures.clamp(0, 1)


def judged(
    build: Callable[..., Any] = Means,
    train: Callable[..., Any] = learn,
    sample: Callable[..., Any] = draw,
) -> ExerciseResult:
    names = {"build_model": build, "train": train, "sample": sample}
    return run_exercise(exercise(), LocalBackend(names))


def test_what_is_learnt_earns_and_is_noted() -> None:
    result = judged()
    assert result.state is State.PASSED, result.first_failure
    notes = result.tests[-1].notes
    assert notes["distance"] < 1 and notes["right"] == 1 and notes["copies"] < 0.05
    assert "Of the class asked for" in dict(result.tests[-1].told)


def one_of_each(model: Any, d: Tensor, generator: Generator) -> Tensor:
    pictures: Tensor = model.mean[d]
    return pictures


def a_little_darker(model: Any, d: Tensor, generator: Generator) -> Tensor:
    return draw(model, d, generator) * 0.97


def test_one_picture_of_each_class_again_and_again_is_far_away() -> None:
    failed = judged(sample=one_of_each).first_failure
    assert failed is not None and "A Fréchet distance of" in str(failed.failure)
    assert failed.notes["right"] == 1 and failed.notes["distance"] > 1.5


def test_points_are_those_of_the_best_rung_that_is_reached() -> None:
    result = judged(sample=a_little_darker)
    assert (result.state, result.points) == (State.PARTLY, 2)
    assert "below 1.5 2, below 0.8 4" in str(dict(result.tests[-1].failure.details))  # type: ignore[union-attr]


class Album(nn.Module):
    """Keeps all training pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.X, self.d = (nn.Parameter(torch.zeros(shape)) for shape in ((300, 1, SIDE, SIDE), 300))


def keep(model: Any, X: Tensor, d: Tensor, seconds: float) -> None:
    model.X.data[: len(X)], model.d.data[: len(X)] = X, d.to(X.dtype)


def from_the_album(model: Any, d: Tensor, generator: Generator) -> Tensor:
    order = torch.randperm(300, generator=generator)
    of_class = model.d[order] == d[:, None]
    pictures: Tensor = model.X[order[of_class.double().argmax(1)]]
    return pictures


def with_noise(model: Any, d: Tensor, generator: Generator) -> Tensor:
    return (from_the_album(model, d, generator) + 0.1 * noise(d, generator)).clamp(0, 1)


@pytest.mark.parametrize("sample", [from_the_album, with_noise])
def test_training_pictures_earn_nothing_and_are_told(sample: Callable[..., Any]) -> None:
    result = judged(Album, keep, sample)
    assert not result.points and "are training images" in str(result.first_failure)
    assert "100% of the pictures are training images" in result.tests[-1].remarks


def of_any_class(model: Any, d: Tensor, generator: Generator) -> Tensor:
    return draw(model, torch.randint(CLASSES, d.shape, generator=generator), generator)


def too_bright(model: Any, d: Tensor, generator: Generator) -> Tensor:
    return draw(model, d, generator) + 1


def of_its_own_noise(model: Any, d: Tensor, generator: Generator) -> Tensor:
    return draw(model, d, torch.default_generator)


def one_too_few(model: Any, d: Tensor, generator: Generator) -> Tensor:
    return draw(model, d, generator)[1:]


TOLD = [
    (of_any_class, "are taken for the class asked for"),
    (too_bright, r"lie in \[0, 1\]"),
    (of_its_own_noise, "led to other pictures"),
    (one_too_few, "sample of"),
]


@pytest.mark.parametrize(("sample", "words"), TOLD)
def test_what_is_wrong_with_pictures_is_told(sample: Callable[..., Any], words: str) -> None:
    result = judged(sample=sample)
    assert not result.points
    assert result.first_failure is not None
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(str(result.first_failure.failure))


def shapes(n: int, seed: int) -> Tensor:
    """Blots of many forms, in the middle of a black picture."""
    coarse = torch.rand(n, 1, 5, 5, generator=Generator().manual_seed(seed))
    fine = F.interpolate(coarse, size=(16, 16), mode="bicubic").clamp(0, 1)
    return centred(F.pad((fine > 0.6).float(), (6, 6, 6, 6)))


def test_new_pictures_are_no_copies_and_copies_are_found() -> None:
    X, others = shapes(400, 0), shapes(50, 1)
    assert copied(others, X).double().mean() < 0.05
    assert copied(X[:50], X).all()
    g = Generator().manual_seed(2)
    disturbed = {
        "moved": X[:50].roll((2, -1), (2, 3)),
        "darker": 0.7 * X[:50],
        "noise": (X[:50] + 0.1 * torch.randn(X[:50].shape, generator=g)).clamp(0, 1),
    }
    for name, pictures in disturbed.items():
        assert copied(pictures, X).double().mean() > 0.9, name


def test_the_middle_of_what_is_bright_comes_to_the_middle() -> None:
    X = torch.zeros(1, 1, 6, 6)
    X[0, 0, 0:2, 0:2] = 1
    assert torch.allclose(centred(X), X.roll((2, 2), (2, 3)), atol=1e-5)
    assert torch.equal(centred(torch.zeros(2, 1, 6, 6)), torch.zeros(2, 1, 6, 6))
