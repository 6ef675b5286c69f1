"""Exercise 11.8: the straight line from picture to noise, and Euler's steps back along it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, about, close, require, shown_as, unpack

from .shared import ANSWERS, CONSTANTS, DTYPES, FLOAT32, FLOAT64, each_with_its_own

flow_pair = Exercise(
    "11.8",
    ["flow_pair", "euler"],
    points=3,
    difficulty=2,
    minutes=20,
    answers=ANSWERS,
    hints=[
        "At t = 0 there is the picture, at t = 1 the noise. How fast does (1 - t) x0 + t eps move "
        "as t grows? t is (N,), a number for each sample, as abar[t] was in 11.2.",
        "euler goes back in time. The velocity is asked where a step begins, at t = 1, "
        "1 - 1/steps, ..., 1/steps, and each step *subtracts* velocity(x, t) / steps.",
        "for k in range(steps): t = torch.full((len(x),), 1 - k / steps, dtype=x.dtype), and then "
        "x = x - velocity(x, t) / steps.",
    ],
)

Velocity = Callable[[Tensor, Tensor], Tensor]


@flow_pair.test("flow_pair, by hand")
def test_flow_pair_by_hand(student: Student) -> None:
    for dtype in DTYPES:
        x0, eps = (torch.tensor([row], dtype=dtype) for row in ([4.0, 0.0], [0.0, 8.0]))
        for t, row in [(0.25, [3.0, 2.0]), (0.75, [1.0, 6.0])]:
            got = student.flow_pair(x0, eps, torch.tensor([t], dtype=dtype))
            check_pair(student, got, torch.tensor([row], dtype=dtype), eps - x0)


@flow_pair.test("flow_pair of points and of pictures, each at a time of its own")
def test_flow_pair_any(student: Student, rng: Inputs) -> None:
    for shape in [(3, 2), (3, 3), (2, 2, 3, 4), (3, 1, 3, 3)]:
        check_flow_pair(student, rng, rng.sizes(*shape))
    check_flow_pair(student, rng, rng.sizes(2, 1, 2, 2), FLOAT32)


@flow_pair.test("flow_pair: t = 0 is the picture, t = 1 the noise")
def test_flow_pair_ends(student: Student, rng: Inputs) -> None:
    N, D = rng.sizes(3, 2)
    x0, eps = rng.normal(N, D), rng.normal(N, D)
    for t, truth in [(0.0, x0), (1.0, eps)]:
        got = student.flow_pair(x0, eps, torch.full((N,), t, dtype=FLOAT64))
        check_pair(student, got, truth, eps - x0)


@flow_pair.test("euler, a constant velocity: exact in any number of steps")
def test_euler_constant(student: Student, rng: Inputs) -> None:
    N, D = rng.sizes(2, 2)
    for steps in (1, 4):
        x0, eps = rng.normal(N, D), rng.normal(N, D)
        got = student.euler(asked_about(eps, constant(eps - x0)), eps, steps)
        check_end(student, got, x0)


@flow_pair.test("euler, when the velocity is asked: at the beginning of each step, from t = 1 on")
def test_euler_times(student: Student, rng: Inputs) -> None:
    for steps, dtype in [(1, FLOAT64), (4, FLOAT64), (5, FLOAT32)]:
        N, D = rng.sizes(2, 2)
        x1, times = rng.normal(N, D, dtype=dtype), list[float]()
        got = student.euler(asked_about(x1, lambda x, t: 0 * x, times), x1, steps)
        with about(student.calls[-1]):
            check_times(times, [1 - k / steps for k in range(steps)])
            close(got, x1, "x at the end, where nothing moves,")


@flow_pair.test("euler, a velocity that depends on x and t")
def test_euler_curved(student: Student, rng: Inputs) -> None:
    for shape, steps in [((3, 2), 2), ((2, 1, 2, 2), 4), ((3, 3), 5)]:
        x1 = rng.normal(*rng.sizes(*shape))
        check_walk(student, lambda x, t: x + each_with_its_own(t, x), x1, steps)


@flow_pair.test("euler, Gaussian data: every step is a line")
def test_euler_gaussian(student: Student, rng: Inputs) -> None:
    m, spread = 1.5, 0.3
    for steps in (1, 5):
        x1 = torch.tensor([[-1.0], [0.0], [2.0]], dtype=FLOAT64)
        check_walk(student, lambda x, t: velocity_of_gaussian(x, t[:, None], m, spread), x1, steps)


@flow_pair.test("other sizes, float32, many steps, one sample", hidden=True)
def test_flow_pair_others(student: Student, rng: Inputs) -> None:
    for shape in [(1, 1, 4, 4), (4, 3, 5), (6, 6), (2, 1, 2, 2, 2)]:
        for dtype in DTYPES:
            check_flow_pair(student, rng, shape, dtype)
    for dtype in DTYPES:
        x1 = rng.normal(1, 1, 4, 4, dtype=dtype)
        check_walk(student, lambda x, t: x * each_with_its_own(t, x) - 3, x1, 7)
    check_walk(student, lambda x, t: 40 * (x - 1), rng.normal(2, 3), 3)
    check_walk(student, lambda x, t: x - 1, rng.normal(1, 2), 49)  # 1 / (1 / 49) is above 49


def check_flow_pair(
    student: Student, rng: Inputs, shape: tuple[int, ...], dtype: torch.dtype = FLOAT64
) -> None:
    x0, eps = (rng.normal(*shape, dtype=dtype) for _ in range(2))
    t = rng.uniform(shape[0], dtype=dtype)
    got = student.flow_pair(x0, eps, t)
    check_pair(student, got, x0 + each_with_its_own(t, x0) * (eps - x0), eps - x0)


def check_pair(student: Student, got: object, x_t: Tensor, target: Tensor) -> None:
    with about(student.calls[-1]):
        own_x_t, own_target = unpack(got, "x_t, target")
        close(own_x_t, x_t, "x_t")
        close(own_target, target, "the target")


def check_walk(student: Student, velocity: Velocity, x1: Tensor, steps: int) -> None:
    truth = x1.double()
    for k in range(steps):
        t = torch.full((len(x1),), 1 - k / steps, dtype=FLOAT64)
        truth = truth - velocity(truth, t) / steps
    got = student.euler(asked_about(x1, velocity), x1, steps)
    check_end(student, got, truth.to(x1.dtype))


def check_end(student: Student, got: Tensor, truth: Tensor) -> None:
    with about(student.calls[-1]):
        close(got, truth, "x at t = 0", tolerance=CONSTANTS.get(truth.dtype))


def check_times(times: list[float], truth: list[float]) -> None:
    told = (
        ("It was asked at t =", ", ".join(f"{t:.4g}" for t in times) or "no time at all"),
        ("Expected", ", ".join(f"{t:.4g}" for t in truth)),
    )
    once = "velocity should be asked as often as there are steps, once for each."
    require(len(times) == len(truth), once, *told)
    right = all(abs(a - b) < 1e-6 for a, b in zip(times, truth, strict=True))
    require(right, "velocity was asked at other times than where the steps begin.", *told)


def asked_about(x1: Tensor, velocity: Velocity, times: list[float] | None = None) -> Velocity:
    """The velocity, which looks at what it is given, and writes down when it was asked."""

    def asked(x: Tensor, t: Tensor) -> Tensor:
        if not isinstance(x, Tensor) or x.shape != x1.shape or x.dtype != x1.dtype:
            had = f"of shape {tuple(x.shape)}, {x.dtype}" if isinstance(x, Tensor) else "no tensor"
            raise TypeError(
                f"velocity takes x of shape {tuple(x1.shape)}, {x1.dtype}; it was {had}"
            )
        if not isinstance(t, Tensor):
            raise TypeError(f"velocity takes t as a tensor of shape ({len(x1)},), not as a number")
        if t.shape != (len(x1),):
            raise ValueError(
                f"velocity takes t of shape ({len(x1)},), one time for each sample; it had shape "
                f"{tuple(t.shape)}"
            )
        if t.dtype != x1.dtype:
            raise TypeError(f"velocity takes t in the dtype of x, {x1.dtype}, not in {t.dtype}")
        if times is not None:
            times.append(float(t[0]))
        return velocity(x, t)

    return shown_as(asked, velocity)


def constant(v: Tensor) -> Velocity:
    return lambda x, t: v


def velocity_of_gaussian(x: Tensor, t: Tensor, m: float, spread: float) -> Tensor:
    """``E[eps - x0 | x_t = x]`` for data N(m, spread^2)."""
    variance = (1 - t) ** 2 * spread**2 + t**2
    return -m + (t - (1 - t) * spread**2) / variance * (x - (1 - t) * m)
