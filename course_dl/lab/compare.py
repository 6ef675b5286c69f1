"""How checks compare: each function returns if the answer is right, else raises :class:`Wrong`.

Tolerances are relative to the largest expected entry. They leave room for another order of
summation, none for another formula: 1e-4 in float32, 1e-9 in float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

import numpy as np
import torch

from course_dl.calls.values import summary
from course_dl.lab.relations import relations, shape_relation, telling
from course_dl.lab.states import Wrong, _Verdict
from course_dl.lab.student import kind
from course_dl.lab.typed import MOST, array
from course_dl.lab.words import are, counted

__all__ = ["close", "close_all", "equal", "integer", "number", "require", "shaped", "unpack"]

ARTICLES = ("the ", "a ", "an ", "its ", "what ")
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-9}

Comparison = TypeVar("Comparison", bound=Callable[..., Any])


def _about_its_value(comparison: Comparison) -> Comparison:
    """The comparison, whose verdict knows which value it is about: so the call is found."""

    @wraps(comparison)
    def compare(got: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return comparison(got, *args, **kwargs)
        except _Verdict as verdict:
            if verdict.about is None:
                verdict.about = got
            raise

    return compare  # type: ignore[return-value]


def require(condition: bool, message: str, *details: tuple[str, str]) -> None:
    """Fail with ``message`` unless the condition holds."""
    if not condition:
        raise Wrong(message, *details)


@_about_its_value
def shaped(
    got: Any, shape: Sequence[int], dtype: torch.dtype | None = None, what: str = "the result"
) -> torch.Tensor:
    """Check that ``got`` is a tensor of this shape (and dtype), and return it."""
    what = _capital(what)
    _given(got, what)
    if not isinstance(got, torch.Tensor):
        raise Wrong(f"{what} should be a tensor, not {_a(got)}.", ("It was", summary(got)))
    if tuple(got.shape) != tuple(shape):
        raise Wrong(
            f"{what} has shape {tuple(got.shape)}; it should have shape {tuple(shape)}.",
            ("It was", summary(got)),
            kind="shape",
        )
    if dtype is not None and got.dtype != dtype:
        said = f"{what} has dtype {_short(got.dtype)}; it should have {_short(dtype)}."
        raise Wrong(said, kind="dtype")
    return got


@_about_its_value
def close(
    got: Any,
    expected: torch.Tensor,
    what: str = "the result",
    *,
    tolerance: float | None = None,
    elementwise: bool = False,
    dtype: bool = True,
) -> None:
    """Check a tensor: type, shape, dtype, then values.

    Parameters
    ----------
    got, expected
        The student's tensor and the true one.
    what
        What it is, in the course's words (``"grad_W"``).
    tolerance
        Largest difference allowed, relative to the largest expected entry (see the module).
    elementwise
        Relative to each expected entry instead: no entry may lose its digits.
    dtype
        Whether the dtype must be that of ``expected``.
    """
    expected = expected.detach()
    if isinstance(got, torch.Tensor) and got.shape != expected.shape:
        _other_shape(got, expected, what)
    got = shaped(got, expected.shape, expected.dtype if dtype else None, what).detach()
    _real(got, expected.is_complex(), what)
    if expected.numel() == 0:
        return
    limit = tolerance if tolerance is not None else TOLERANCE.get(expected.dtype, 0.0)
    if not elementwise and near(got, expected, limit):
        return
    truth, answer = expected.double(), got.double()
    size = truth.abs().where(torch.isfinite(truth), torch.zeros_like(truth))
    size = size if elementwise else size.max()
    difference = (answer - truth).abs()
    right = (difference <= limit * size.clamp_min(1e-300)) | (answer == truth)
    if bool(right.all()):
        return
    what = _capital(what)
    bad = ~torch.isfinite(answer) & torch.isfinite(truth)
    if bool(bad.any()):
        rest = " The others are right." if bool((right | bad).all() & right.any()) else ""
        n = int(bad.sum())
        message = f"{what} holds {counted(n, 'value')} that {are(n)} not finite.{rest}"
        raise Wrong(message, *_beside(expected, got, right, limit), kind="not finite")
    found = relations(answer, truth, limit)
    raise Wrong(
        f"{what} has the right shape but wrong values.",
        *_beside(expected, got, right, limit),
        kind="values",
        relation=telling(found, answer, truth),
        relations=found,
    )


def _other_shape(got: torch.Tensor, expected: torch.Tensor, what: str) -> None:
    """Fail with what is told of a wrong shape, and whether only the shape is wrong."""
    try:
        shaped(got, expected.shape, None, what)
    except Wrong as wrong:
        answer, truth = got.detach(), expected.double()
        if not got.is_complex():
            limit = TOLERANCE.get(expected.dtype, 0.0)
            said = shape_relation(answer.double(), truth, limit)
            raise Wrong(
                wrong.failure.message,
                *wrong.failure.details,
                kind="shape",
                relation="shape" * bool(said),
                relations={"shape": said} if said else {},
            ) from None
        raise


def _beside(
    expected: torch.Tensor, got: torch.Tensor, right: torch.Tensor, limit: float
) -> list[tuple[str, str]]:
    """What was expected and what came: small arrays in full, with marks where they differ."""
    if expected.numel() <= MOST:
        digits = 6 if array(expected) != array(got) else 15
        return [
            ("Expected", array(expected, digits)),
            ("Came", array(got, digits, ~right if bool(right.any()) else None)),
        ]
    truth, answer = expected.double(), got.double()
    difference = (answer - truth).abs()
    worst = int(difference.where(~right, -torch.ones(())).nan_to_num(nan=math.inf).argmax())
    index = tuple(int(i) for i in np.unravel_index(worst, tuple(truth.shape)))
    return [
        ("Expected", summary(expected)),
        ("Came", summary(got)),
        (
            "Largest difference",
            f"{_number(difference.flatten()[worst])} at {list(index)}: "
            f"{_number(answer.flatten()[worst])} instead of {_number(truth.flatten()[worst])} "
            f"(allowed: {limit:g} relative)",
        ),
    ]


def near(a: torch.Tensor, b: torch.Tensor, limit: float) -> bool:
    """Whether no entry of ``a`` is further from ``b``'s than ``limit`` times the largest of ``b``.

    For tensors of one shape and one floating dtype, finite ones alone: elsewhere False, quickly.
    """
    if not b.is_floating_point():
        return False
    apart = float(torch.dist(a, b, math.inf))
    return apart < math.inf and apart <= limit * float(torch.linalg.vector_norm(b, math.inf))


@_about_its_value
def close_all(
    got: Any, expected: Sequence[torch.Tensor], what: str, *, first: int = 1, **options: Any
) -> None:
    """Check a list (or tuple) of tensors; they are called ``what_1``, ... from ``first`` on."""
    _given(got, what)
    if not isinstance(got, list | tuple):
        raise Wrong(f"{what} should be a list of tensors, not {_a(got)}.", ("It was", summary(got)))
    if len(got) != len(expected):
        raise Wrong(f"{what} has length {len(got)}; it should have length {len(expected)}.")
    for k, (answer, truth) in enumerate(zip(got, expected, strict=True)):
        close(answer, truth, f"{what}_{k + first}", **options)


@_about_its_value
def unpack(got: Any, names: str) -> tuple[Any, ...]:
    """Check that ``got`` holds a value for each of ``names`` (``"grad_W, grad_b"``); return it."""
    count = len(names.split(","))
    _given(got, "The result")
    if not isinstance(got, list | tuple):
        raise Wrong(f"The result should be ({names}), not {_a(got)}.", ("It was", summary(got)))
    if len(got) != count:
        raise Wrong(f"The result has length {len(got)}; it should have length {count}: ({names}).")
    return tuple(got)


@_about_its_value
def number(
    got: Any,
    expected: float | torch.Tensor,
    what: str = "the result",
    *,
    tolerance: float = 1e-4,
    at_least: float = 0.0,
) -> None:
    """Check a scalar: a Python number or a 0-d tensor, relative to ``expected``.

    ``at_least`` is the smallest size that the difference is taken relative to.
    """
    expected = float(expected)
    _given(got, what)
    if isinstance(got, torch.Tensor) and got.dim() > 0:
        raise Wrong(f"{_capital(what)} has shape {tuple(got.shape)}; it should be a single number.")
    if isinstance(got, bool) or not isinstance(got, int | float | torch.Tensor):
        raise Wrong(f"{_capital(what)} should be a number, not {_a(got)}.")
    _real(got, False, what)
    answer = float(got.detach() if isinstance(got, torch.Tensor) else got)
    limit = tolerance * max(abs(expected), at_least) if math.isfinite(expected) else 0.0
    if answer == expected or abs(answer - expected) <= limit:
        return
    came, truth = (torch.tensor(x, dtype=torch.float64) for x in (answer, expected))
    found = relations(came, truth, tolerance)
    digits = 8 if f"{expected:.8g}" != f"{answer:.8g}" else 15
    raise Wrong(
        f"{_capital(what)} is wrong.",
        ("Expected", f"{expected:.{digits}g}"),
        ("Came", f"{answer:.{digits}g}"),
        kind="values" if math.isfinite(answer) else "not finite",
        relation=telling(found, came, truth),
        relations=found,
    )


@_about_its_value
def equal(got: Any, expected: Any, what: str = "the result") -> None:
    """Check exactly: numbers, strings, lists of them, integer tensors (dtype included)."""
    if isinstance(expected, torch.Tensor):
        close(got, expected, what, tolerance=0.0)
        return
    if expected is not None:
        _given(got, what)
    if _plain(got) != expected:
        raise Wrong(
            f"{_capital(what)} is wrong.",
            ("Expected", summary(expected)),
            ("Came", summary(got)),
            kind="values",
        )


def integer(got: Any, expected: int, what: str, call: str) -> None:
    """Check an int, with the call that gave it; a 0-d tensor of integers will do."""
    if isinstance(got, torch.Tensor) and got.dim() == 0 and not got.is_floating_point():
        got = int(got)
    told = ("The call", call)
    require(got is not None, f"{what} is None: is a return missing?", told)
    is_int = isinstance(got, int) and not isinstance(got, bool)
    require(is_int, f"{what} should be an int.", told, ("It was", summary(got)))
    details = ("Expected", str(expected)), ("Came", str(got))
    require(got == expected, f"{what} is wrong.", told, *details)


def _real(got: Any, may_be_complex: bool, what: str) -> None:
    if isinstance(got, torch.Tensor) and got.is_complex() and not may_be_complex:
        raise Wrong(f"{_capital(what)} is complex; it should be real: return its .real part.")


def _given(got: Any, what: str) -> None:
    require(got is not None, f"{_capital(what)} is None: is a return missing?")


def _plain(value: Any) -> Any:
    """Lists for tuples and numbers for 0-d tensors, so that either is taken."""
    if isinstance(value, torch.Tensor | np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _capital(text: str) -> str:
    """The text as the beginning of a sentence; names in code keep their letters."""
    return text[0].upper() + text[1:] if text.startswith(ARTICLES) else text


def _a(value: Any) -> str:
    name = "numpy array" if isinstance(value, np.ndarray) else kind(value)
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _number(value: torch.Tensor) -> str:
    return f"{float(value):.6g}"


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
