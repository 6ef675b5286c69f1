"""Exercise 2.4: activations, their values and gradients compared with closed forms in float64."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, Wrong, close, shaped, summary

from .shared import DTYPES, Unit

activations = Exercise(
    "2.4",
    ["sigmoid", "tanh_from_sigmoid", "relu", "softplus"],
    points=4,
    difficulty=3,
    minutes=30,
    library=["sigmoid", "expit", "log_sigmoid", "glu", "tanh", "softplus", "relu"],
    answers=["course_dl.activations"],
    hints=[
        "exp(1e4) is infinite in a computer, exp(-1e4) is 0, and that is no harm. So never let exp "
        "see a large positive number: exp(-|a|) is at most 1.",
        "For a >= 0 write sigmoid(a) = 1 / (1 + exp(-a)); for a < 0 multiply above and below by "
        "exp(a). With e = torch.exp(torch.where(a >= 0, -a, a)) both are safe, and torch.where "
        "chooses between them. It computes both, so both must be safe, or the gradient is NaN. "
        "(-a.abs() is the same number, but its slope at 0 is 0: nothing can be learnt there.)",
        "log(1 + exp(a)) = max(0, a) + log(1 + exp(-|a|)), and torch.log1p(t) is log(1 + t) which "
        "keeps its digits for a tiny t. For the max take torch.maximum(a, torch.zeros_like(a)): "
        "its slope at 0 is 1/2, as that of softplus. For tanh put 2 a in place of a: tanh(a) = "
        "2 sigmoid(2 a) - 1.",
    ],
)


@activations.test("sigmoid: values, and the digits of small ones")
def test_sigmoid_values(student: Student, rng: Inputs) -> None:
    check_values(student, rng, "sigmoid", true_sigmoid)


@activations.test("sigmoid: gradients")
def test_sigmoid_gradients(student: Student) -> None:
    check_gradients(student, "sigmoid", true_dsigmoid, absolute=lambda a: (a > 0) | (a < -50))


@activations.test("tanh_from_sigmoid: values")
def test_tanh_from_sigmoid_values(student: Student, rng: Inputs) -> None:
    check_values(student, rng, "tanh_from_sigmoid", torch.tanh, absolute=lambda a: a.abs() < 0.2)


@activations.test("tanh_from_sigmoid: gradients")
def test_tanh_from_sigmoid_gradients(student: Student) -> None:
    check_gradients(student, "tanh_from_sigmoid", lambda a: 4 * true_dsigmoid(2 * a))


@activations.test("relu: values")
def test_relu_values(student: Student, rng: Inputs) -> None:
    check_values(student, rng, "relu", lambda a: torch.where(a > 0, a, 0.0))


@activations.test("relu: gradients")
def test_relu_gradients(student: Student) -> None:
    check_gradients(student, "relu", lambda a: (a > 0).to(a.dtype))


@activations.test("softplus: values, and the digits of small ones")
def test_softplus_values(student: Student, rng: Inputs) -> None:
    check_values(student, rng, "softplus", true_softplus)


@activations.test("softplus: gradients")
def test_softplus_gradients(student: Student) -> None:
    check_gradients(student, "softplus", true_sigmoid)


@activations.test("the slopes at 0")
def test_slopes_at_0(student: Student) -> None:
    """Not of relu: versions of torch differ in the slope of clamp and max at the bound."""
    for name, slope in [("sigmoid", 0.25), ("tanh_from_sigmoid", 1.0), ("softplus", 0.5)]:
        function = function_of(student, name)
        for dtype in DTYPES:
            a = torch.zeros(3, dtype=dtype)
            (got,) = function.gradient(a)
            expected = torch.full_like(a, slope).double()
            entry = f"The derivative of {name} at {{}}"
            check_entries(got, a, expected, entry, TOLERANCE[dtype], torch.ones_like(a))


@activations.test("elementwise, for tensors of any shape", hidden=True)
def test_activations_shapes(student: Student, rng: Inputs) -> None:
    for name, truth in [
        ("relu", lambda a: a.clamp(min=0)),
        ("sigmoid", true_sigmoid),
        ("tanh_from_sigmoid", torch.tanh),
        ("softplus", true_softplus),
    ]:
        function = function_of(student, name)
        for dtype in DTYPES:
            for shape in [(1,), (4, 3), (1, 5), (2, 3, 4)]:
                a = 3 * rng.normal(*shape, dtype=dtype)
                close(function(a), truth(a.double()).to(dtype), f"{name}(a)")


TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-9}

# Nothing between 16 and 40, where "log(1 + exp(a)) = a" begins to hold to all digits; and none of
# the round numbers where students cut, and where a derivative is a matter of taste.
SMALL = [[1.0, -1.0, 0.5, -0.5, 0.1, -0.1, 2.0], [-3.0, 4.0, -5.0, -8.0, 10.25, 16.25, -16.25]]


MEDIUM = [-40.5, 40.5]
LARGE = {
    torch.float32: [-80.5, 80.5, -100.5, 100.5, -300.5],
    torch.float64: [-100.5, 100.5, -300.5, 700.5, -700.5],
}
HUGE = [-1e4, 1e4, -1e3, 1e3]


def true_sigmoid(a: Tensor) -> Tensor:
    e = torch.exp(-a.abs())
    return torch.where(a >= 0, 1.0, e) / (1 + e)


def true_softplus(a: Tensor) -> Tensor:
    return a.clamp(min=0) + torch.log1p(torch.exp(-a.abs()))


def true_dsigmoid(a: Tensor) -> Tensor:
    return true_sigmoid(a) * true_sigmoid(-a)


def function_of(student: Student, name: str) -> Any:
    """The student's function; where it is not relu itself, the library's relu is a mere tool."""
    if name != "relu":
        student.rules = student.rules._replace(library=student.rules.library - {"relu"})
    return getattr(student, name)


def check_values(
    student: Student,
    rng: Inputs,
    name: str,
    truth: Unit,
    absolute: Unit = torch.zeros_like,
) -> None:
    function = function_of(student, name)
    for dtype in DTYPES:
        for points in (*SMALL, MEDIUM, LARGE[dtype], HUGE):
            a = torch.tensor([0.0, *points], dtype=dtype)
            expected = truth(a.double())
            got = function(a)
            check_entries(got, a, expected, name + "({})", TOLERANCE[dtype], absolute(a))
        a = 4 * rng.normal(*rng.sizes(3, 4), dtype=dtype)
        close(function(a), truth(a.double()).to(dtype), f"{name}(a)")


def check_gradients(
    student: Student, name: str, truth: Unit, absolute: Unit = torch.ones_like
) -> None:
    """Gradients but at 0, which has a test of its own; where they are tiny they may lose digits."""
    function = function_of(student, name)
    for dtype in DTYPES:
        for points in (*SMALL, MEDIUM, HUGE, LARGE[dtype]):
            a = torch.tensor(points, dtype=dtype)
            (got,) = function.gradient(a)
            expected = truth(a.double())
            entry = f"The derivative of {name} at {{}}"
            check_entries(got, a, expected, entry, TOLERANCE[dtype], absolute(a))


def check_entries(
    got: Any, a: Tensor, expected: Tensor, entry: str, tolerance: float, absolute: Tensor
) -> None:
    """Each entry relative to itself, but relative to 1 where ``absolute`` says so.

    Of values that the dtype is too small for it is only asked that they are tiny.
    """
    got = shaped(got, a.shape, a.dtype, entry.format("a"))
    allowed = tolerance * expected.abs()
    allowed[expected.abs() < torch.finfo(a.dtype).tiny] = 1e-30
    allowed[absolute.bool()] = tolerance
    answer = got.detach().double()
    wrong = ~((answer - expected).abs() <= allowed)
    if bool(wrong.any()):
        k = int(wrong.int().argmax())
        digits = 6 if f"{expected[k]:.6g}" != f"{answer[k]:.6g}" else 12
        raise Wrong(
            f"{entry.format(f'{a[k]:g}')} should be {expected[k]:.{digits}g}; yours is "
            f"{answer[k]:.{digits}g}.",
            ("dtype", str(a.dtype).removeprefix("torch.")),
            ("a", summary(a, 20)),
            ("Expected", summary(expected.to(a.dtype), 20)),
            ("Came", summary(got, 20)),
            ("Allowed there", f"a difference of {float(allowed[k]):.2g}"),
        )
