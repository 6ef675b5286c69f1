"""Exercise 8.6: the way through a U-Net, with functions that write down what they are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Remote, Student, Wrong, about, close, require, summary

from .shared import FLOAT32, FLOAT64, Shape

unet_forward = Exercise(
    "8.6",
    ["unet_forward"],
    points=3,
    difficulty=2,
    minutes=20,
    answers=["course_dl.segmentation"],
    hints=[
        "Draw a U with three levels, and write at each arrow what goes along it. Which map does "
        "the first step of the way up need beside what comes from the bottom?",
        "On the way down, keep what each down[i] returns in a list, *before* it is pooled: "
        "F.max_pool2d(h, 2). The map that was kept last is needed first.",
        "for step in up: h = step(h, kept.pop()), since pop takes the last of a list away.",
    ],
)


@unet_forward.test("one level")
def test_unet_forward_one(student: Student, rng: Inputs) -> None:
    N, C = rng.sizes(2, 2)
    check_way(student, rng, 1, (N, C, *rng.simpler((4, 6), (2, 2))))


@unet_forward.test("two and three levels")
def test_unet_forward_levels(student: Student, rng: Inputs) -> None:
    N, C = rng.sizes(2, 2)
    check_way(student, rng, 2, (N, C, 4, rng.simpler(8, 4)))
    check_way(student, rng, 3, (1, C, 8, 8), FLOAT32)


@unet_forward.test("heights and widths that are odd")
def test_unet_forward_odd(student: Student, rng: Inputs) -> None:
    N, C = rng.sizes(2, 2)
    check_way(student, rng, 1, (N, C, 3, rng.simpler(5, 2)))
    check_way(student, rng, 2, (1, C, 7, 6))


@unet_forward.test("gradients go all ways: through the bottom and through each skip")
def test_unet_forward_gradients(student: Student, rng: Inputs) -> None:
    (N,) = rng.sizes(2)
    x = rng.normal(N, 1, 2, 2)
    down = [layer(student, rng, "Conv2d", 1), layer(student, rng, "ConvTranspose2d", 2)]
    bottom = layer(student, rng, "Conv2d", 1)
    # exp(h) - skip * h, for maps of other sizes too
    combine = student.torch("nn.PoissonNLLLoss", log_input=True, full=False, reduction="none")
    (got,) = student.unet_forward.gradient(
        x, [one for one, _ in down], bottom[0], [combine, combine]
    )
    leaf = x.clone().requires_grad_()
    here = [twin for _, twin in down]
    both = [torch.nn.PoissonNLLLoss(log_input=True, full=False, reduction="none")] * 2
    out = through(leaf, here, bottom[1], both)
    (truth,) = torch.autograd.grad(out.sum(), leaf)
    close(got, truth, "the gradient of the sum with respect to x", tolerance=1e-7)


@unet_forward.test("four levels, one pixel at the bottom", hidden=True)
def test_unet_forward_deep(student: Student, rng: Inputs) -> None:
    check_way(student, rng, 4, (2, 1, 16, 16))
    check_way(student, rng, 2, (1, 3, 9, 5), FLOAT32)
    check_way(student, rng, 1, (3, 1, 2, 2))


Level = Callable[..., Tensor]
Maps = tuple[Tensor, ...]


class Entry(NamedTuple):
    """A call of one of the functions."""

    name: str
    given: Maps
    returned: Tensor


class Diary:
    """Random functions for each level, and what they were given, in the order of the calls.

    All maps have as many channels, and an `up` takes maps of any size: so a map in the wrong place
    raises no error, and it can be told where it is.
    """

    def __init__(self, rng: Inputs, depth: int, channels: int, dtype: torch.dtype) -> None:
        self.entries: list[Entry] = []
        self._rng, self._channels, self._dtype = rng, channels, dtype
        self.down = [self._level(f"down[{i}]") for i in range(depth)]
        self.bottom = self._level("bottom")
        self.up = [self._level(f"up[{i}]", maps=2) for i in range(depth)]

    def _level(self, name: str, maps: int = 1) -> Level:
        C, dtype = self._channels, self._dtype
        mixing = [self._rng.normal(C, C, dtype=dtype) for _ in range(maps)]
        shift = self._rng.normal(C, 1, 1, dtype=dtype)

        def mixed(*given: Any) -> Tensor:
            self._check(name, given, maps)
            kept = tuple(one.detach().clone() for one in given)
            size = given[-1].shape[2:]
            parts = (
                torch.einsum("mc,nchw->nmhw", w, F.interpolate(one, size=size))
                for w, one in zip(mixing, given, strict=True)
            )
            out = sum(parts, shift)
            self.entries.append(Entry(name, kept, out.detach().clone()))
            return out

        def level(h: Tensor) -> Tensor:
            return mixed(h)

        def level_up(h: Tensor, skip: Tensor | None = None) -> Tensor:
            return mixed(h, skip)

        return level if maps == 1 else level_up

    def _check(self, name: str, given: tuple[Any, ...], maps: int) -> None:
        if not all(isinstance(one, Tensor) and one.dim() == 4 for one in given):
            called = f"{name}(h, skip)" if maps == 2 else f"{name}(h)"
            came = ", ".join(summary(one) for one in given if one is not None)
            raise TypeError(f"it is {called}, with maps (N, C, H, W); it was called with {came}")

    def taken(self) -> list[Entry]:
        """The entries so far, which are taken out."""
        entries, self.entries = self.entries, []
        return entries


def through(h: Any, down: list[Any], bottom: Any, up: list[Any]) -> Any:
    """A U-Net is a smaller one inside the outermost two levels."""
    if not down:
        return bottom(h)
    skip = down[0](h)
    inside = through(F.max_pool2d(skip, 2), down[1:], bottom, up[:-1])
    return up[-1](inside, skip)


def check_way(
    student: Student, rng: Inputs, depth: int, shape: Shape, dtype: torch.dtype = FLOAT64
) -> None:
    x = rng.normal(*shape, dtype=dtype)
    diary = Diary(rng, depth, shape[1], dtype)
    expected = through(x, diary.down, diary.bottom, diary.up)
    right = diary.taken()
    got = student.unet_forward(x, diary.down, diary.bottom, diary.up)
    with about(student.calls[-1]):
        check_entries(diary.taken(), right, x)
        close(got, expected, "the result")


def check_entries(entries: list[Entry], right: list[Entry], x: Tensor) -> None:
    """The functions were called in the right order, each with the right maps."""
    order, came = (", ".join(entry.name for entry in one) for one in (right, entries))
    require(
        order == came,
        "Not all of the functions were called once, in the order of the way down and up.",
        ("Expected", order),
        ("Came", came or "no call"),
    )
    for entry, wanted in zip(entries, right, strict=True):
        for own, true, which in zip(entry.given, wanted.given, ("h", "the skip"), strict=False):
            if not same(own, true):
                raise Wrong(
                    f"{entry.name} was given another map than it should as {which}.",
                    ("Expected", origin(true, right, x)),
                    ("Came", origin(own, entries, x)),
                )


def origin(t: Tensor, entries: list[Entry], x: Tensor) -> str:
    """Where a map comes from, if one of the functions returned it."""
    maps = {"x": x} | {f"what {entry.name} returned": entry.returned for entry in entries}
    halved = {name: F.max_pool2d(m, 2) for name, m in maps.items() if min(m.shape[2:]) > 1}
    maps |= {f"{name}, pooled": m for name, m in halved.items()}
    return next((name for name, m in maps.items() if same(m, t)), summary(t))


def same(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and bool(torch.allclose(a, b, rtol=1e-4, atol=1e-5))


def layer(student: Student, rng: Inputs, name: str, k: int) -> tuple[Remote, torch.nn.Module]:
    """A layer of one channel on the student's side, and its twin here."""
    twin = getattr(torch.nn, name)(1, 1, k).double()
    state = {key: rng.normal(*t.shape) / 2 for key, t in twin.state_dict().items()}
    twin.load_state_dict(state)
    remote: Remote = student.torch(f"nn.{name}", 1, 1, k).double()
    remote.load_state_dict(state)
    return remote, twin
