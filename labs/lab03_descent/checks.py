"""The checks of lab 3.

Gradients are compared with autograd's, trajectories with closed forms and with the rule that each
step follows. Functions handed to the student take a copy of what they are called with, and give a
new tensor back: nothing that happens to either changes the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, Wrong, close, number, require, shaped
from course_dl.lab.values import summary

Gradient = Callable[[Tensor], Tensor]
Batches = list[tuple[Tensor, Tensor]]  # W and the indices of every call, in order
DTYPES = (torch.float64, torch.float32)


def taken(value: Any, shape: Sequence[int], name: str) -> Tensor:
    """A copy of the tensor that a function of the check was called with."""
    if not isinstance(value, Tensor) or tuple(value.shape) != tuple(shape):
        raise TypeError(f"{name} should be of shape {tuple(shape)}, it was {summary(value)}")
    return value.detach().clone()


def positive_definite(rng: Inputs, eigenvalues: Sequence[float], dtype: torch.dtype) -> Tensor:
    """A symmetric matrix with these eigenvalues, in random directions."""
    D = len(eigenvalues)
    Q = torch.linalg.qr(rng.normal(D, D)).Q
    A = Q @ torch.diag(torch.tensor(eigenvalues, dtype=torch.float64)) @ Q.T
    return ((A + A.T) / 2).to(dtype)


# 3.1

gradient_descent = Exercise(
    "3.1",
    ["gradient_descent"],
    points=2,
    difficulty=1,
    minutes=10,
    answers=["course_dl.descent"],
    hints=[
        "Where does step t + 1 begin? Keep all points in a list, which starts with x0 alone.",
        "The last point of the list is where you stand: x = path[-1]. The next point is a new "
        "tensor, x - step * grad(x); with x -= ... you would change the points that you kept.",
        "path = [x0]; n times path.append(path[-1] - step * grad(path[-1])); at the end "
        "torch.stack(path) makes one tensor (n+1, D) of the list.",
    ],
)


def judge_path(student: Student, slope: Gradient, x0: Tensor, step: float, n: int) -> None:
    """The trajectory begins at x0, and each point leads to the next."""
    path = walk(student, slope, x0, step, n)
    expected = torch.stack([x0, *(x - step * slope(x) for x in path[:-1])])
    close(path, expected, "the trajectory, x_{t+1} = x_t - step * grad(x_t),")


def walk(student: Student, slope: Gradient, x0: Tensor, step: float, n: int) -> Tensor:
    def grad(x: Tensor) -> Tensor:
        return slope(taken(x, x0.shape, "x"))

    path = student.gradient_descent(grad, x0, step, n)
    path = shaped(path, (n + 1, *x0.shape), x0.dtype, "the trajectory").detach()
    require(
        torch.equal(path[0], x0),
        "The trajectory should begin with x0: row 0 is x0 itself.",
        ("x0", summary(x0)),
        ("Row 0", summary(path[0])),
    )
    return path


@gradient_descent.test("worked out by hand: F(x) = x^2 from x0 = 8")
def test_gradient_descent_by_hand(student: Student) -> None:
    for dtype in DTYPES:
        x0 = torch.tensor([8.0], dtype=dtype)
        path = walk(student, lambda x: 2 * x, x0, 0.25, 3)
        close(path, torch.tensor([[8.0], [4.0], [2.0], [1.0]], dtype=dtype), "the trajectory")


@gradient_descent.test("on a quadratic, x_t - x* = (I - step A)^t (x0 - x*)")
def test_gradient_descent_quadratic(student: Student, rng: Inputs) -> None:
    for eigenvalues, n in [([0.5, 1.5], 5), ([0.2, 1.0, 2.0], 8)]:
        for dtype in DTYPES:
            A = positive_definite(rng, eigenvalues, dtype)
            lowest, x0 = rng.normal(len(A), dtype=dtype), rng.normal(len(A), dtype=dtype)
            path = walk(student, quadratic(A, lowest), x0, 0.3, n)
            shrink = torch.eye(len(A), dtype=dtype) - 0.3 * A
            powers = [torch.linalg.matrix_power(shrink, t) for t in range(n + 1)]
            expected = torch.stack([lowest + power @ (x0 - lowest) for power in powers])
            close(path, expected, "the trajectory")


@gradient_descent.test("no step: x0 alone")
def test_gradient_descent_no_step(student: Student, rng: Inputs) -> None:
    for D in (1, 3):
        judge_path(student, torch.cos, rng.normal(D), 0.1, 0)


@gradient_descent.test("hills and valleys")
def test_gradient_descent_landscape(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for D, n in [(2, 6), (4, 3)]:
            judge_path(student, landscape, rng.normal(D, dtype=dtype), 0.2, n)


@gradient_descent.test("one step, one variable, a second walk", hidden=True)
def test_gradient_descent_small(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_path(student, landscape, rng.normal(3, dtype=dtype), 0.5, 1)
        judge_path(student, torch.sin, rng.normal(1, dtype=dtype), 1.0, 7)
        judge_path(student, torch.sin, rng.normal(1, dtype=dtype), 0.7, 4)


@gradient_descent.test("steps so large that descent diverges; many steps", hidden=True)
def test_gradient_descent_large(student: Student, rng: Inputs) -> None:
    A = positive_definite(rng, [1.0, 3.0, 0.1, 2.0, 0.5], torch.float64)
    judge_path(student, quadratic(A, rng.normal(5)), rng.normal(5), 1.0, 10)
    judge_path(student, landscape, rng.normal(2), 0.02, 60)


def quadratic(A: Tensor, lowest: Tensor) -> Gradient:
    """The gradient of 1/2 (x - x*)^T A (x - x*)."""
    return lambda x: A.to(x.dtype) @ (x - lowest.to(x.dtype))


def landscape(x: Tensor) -> Tensor:
    """The gradient of a function that is not convex; every coordinate plays its part in each."""
    return torch.sin(2 * x) + 0.5 * x * x.square().sum().sqrt().cos() + 0.1 * x.sum()


# 3.2

largest_step = Exercise(
    "3.2",
    ["largest_step"],
    points=2,
    difficulty=1,
    minutes=10,
    answers=["course_dl.descent"],
    hints=[
        "Along an eigenvector of A with eigenvalue lambda, each step multiplies the distance from "
        "the minimum by 1 - step * lambda. Which eigenvalue makes this number leave [-1, 1] first?",
        "torch.linalg.eigvalsh(A) gives the eigenvalues of a symmetric matrix, in ascending order.",
        "L is the last of them, and the result is 2 / L; .item() makes a float of a 0-d tensor.",
    ],
)
# Room for an eigenvalue found by iteration, or from the inverse.
STEP_TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-3}


def judge_step(student: Student, A: Tensor, L: float) -> None:
    got = student.largest_step(A)
    require(
        not (isinstance(got, Tensor) and got.is_complex()),
        "The result is a complex number. The eigenvalues of a symmetric matrix are real: eigvalsh.",
        ("Came", summary(got)),
    )
    number(got, 2 / L, "2 / L", tolerance=STEP_TOLERANCE[A.dtype])


@largest_step.test("worked out by hand")
def test_largest_step_by_hand(student: Student) -> None:
    matrices = [
        ([[5, 4, 0], [4, 11, 0], [0, 0, 1]], 13.0),  # eigenvalues 1, 3 and 13
        ([[2, -1], [-1, 2]], 3.0),  # 1 and 3
        ([[2, 1], [1, 2]], 3.0),
        ([[4, 0, 0], [0, 1, 0], [0, 0, 2]], 4.0),
    ]
    for dtype in DTYPES:
        for rows, L in matrices:
            judge_step(student, torch.tensor(rows, dtype=dtype), L)


@largest_step.test("matrices of which the eigenvalues are known")
def test_largest_step_spectrum(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for eigenvalues in ([1.0, 2.5], [0.5, 7.0, 3.0], [0.1, 1.0, 0.3, 0.2, 0.6]):
            judge_step(student, positive_definite(rng, eigenvalues, dtype), max(eigenvalues))


@largest_step.test("one variable")
def test_largest_step_one_variable(student: Student) -> None:
    for dtype in DTYPES:
        for L in (0.25, 8.0):
            judge_step(student, torch.tensor([[L]], dtype=dtype), L)


@largest_step.test("ill-conditioned, very steep, very flat", hidden=True)
def test_largest_step_scales(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for scale in (1e-3, 1.0, 1e4):
            eigenvalues = [scale * 1e-3, scale, 0.2 * scale]
            judge_step(student, positive_definite(rng, eigenvalues, dtype), scale)


@largest_step.test("equal eigenvalues, more variables", hidden=True)
def test_largest_step_equal(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_step(student, 3 * torch.eye(4, dtype=dtype), 3.0)
        eigenvalues = [1.0, 5.0, 5.0, 0.2, 2.0, 0.7, 1.5]
        judge_step(student, positive_definite(rng, eigenvalues, dtype), 5.0)


# 3.3

numerical_gradient = Exercise(
    "3.3",
    ["numerical_gradient"],
    points=3,
    difficulty=2,
    minutes=15,
    autograd=False,
    answers=["course_dl.descent", "course_dl.gradcheck"],
    hints=[
        "One coordinate at a time: how much does f change if x_i alone goes a little up, and a "
        "little down?",
        "Make a vector e of zeros like x, and put eps at i. Then x + e and x - e are new tensors, "
        "and x stays as it is.",
        "Entry i is (f(x + e) - f(x - e)) / (2 * eps). Collect the entries in "
        "g = torch.zeros_like(x), which is float64 as x is.",
    ],
)
# Room for rounding (of eps, too, to float32), none for the error of one-sided differences.
DIFFERENCE_TOLERANCE = 3e-7


def judge_differences(
    student: Student, value: Callable[[Tensor], Any], x: Tensor, expected: Tensor, *eps: float
) -> None:
    def f(point: Tensor) -> Any:
        return value(taken(point, x.shape, "what f gets"))

    got = student.numerical_gradient(f, x, *eps)
    what = f"the gradient, with eps = {eps[0]:g}," if eps else "the gradient"
    close(got, expected, what, tolerance=DIFFERENCE_TOLERANCE)


def gradient_of(f: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    leaf = x.clone().requires_grad_()
    return torch.autograd.grad(f(leaf), leaf)[0]


@numerical_gradient.test("worked out by hand: f(x) = x_1^2 x_2 at (2, 3)")
def test_numerical_gradient_by_hand(student: Student) -> None:
    x = torch.tensor([2.0, 3.0], dtype=torch.float64)
    expected = torch.tensor([12.0, 4.0], dtype=torch.float64)
    judge_differences(student, lambda x: float(x[0]) ** 2 * float(x[1]), x, expected)
    judge_differences(student, lambda x: x[0] ** 2 * x[1], x, expected)


@numerical_gradient.test("agreement with autograd, though f knows nothing of it")
def test_numerical_gradient_autograd(student: Student, rng: Inputs) -> None:
    def f(x: Tensor) -> float:
        x_1, x_2, x_3 = x.tolist()
        return math.sin(x_1 * x_2) + x_2 * math.exp(0.5 * x_3) + x_1**3 * x_3

    def the_same(x: Tensor) -> Tensor:
        return torch.sin(x[0] * x[1]) + x[1] * torch.exp(0.5 * x[2]) + x[0] ** 3 * x[2]

    for _ in range(2):
        x = rng.normal(3)
        judge_differences(student, f, x, gradient_of(the_same, x))
    x = rng.normal(3)
    judge_differences(student, lambda x: x.new_tensor(f(x)), x, gradient_of(the_same, x))


@numerical_gradient.test("the error of central differences: c_i eps^2 on sum_i c_i x_i^3")
def test_numerical_gradient_error(student: Student, rng: Inputs) -> None:
    for eps in (0.5, 0.25, 0.01):
        cubic(student, rng, 3, eps)


@numerical_gradient.test("x stays as it is, also while f is called")
def test_numerical_gradient_untouched(student: Student) -> None:
    x = torch.tensor([1.0, -2.0], dtype=torch.float64)
    for last in range(1, 5):
        try:
            student.numerical_gradient(ends_at_call(last), x)
        except Wrong:
            outcome = student.calls[-1].outcome
            if outcome.error is None or STOP not in outcome.error.message:
                raise
            require(
                not outcome.changed,
                "x itself was changed while f was called. Whoever else holds x sees that, even if "
                "it is put back afterwards: change a copy, or make new tensors, x + e and x - e.",
            )


STOP = "the check ends this call of f"


def ends_at_call(last: int) -> Callable[[Tensor], float]:
    """A function that raises when it is called for the last time: then x is seen as it is there."""
    calls = 0

    def f(x: Tensor) -> float:
        nonlocal calls
        calls += 1
        if calls == last:
            raise ArithmeticError(STOP)
        return taken(x, (2,), "what f gets").prod().item()

    return f


@numerical_gradient.test("one variable and many", hidden=True)
def test_numerical_gradient_sizes(student: Student, rng: Inputs) -> None:
    for D in (1, 2, 12):
        x, f = rng.normal(D), waves(rng, D)
        judge_differences(student, f, x, gradient_of(f, x))
        judge_differences(student, as_float(f), x, gradient_of(f, x))
        cubic(student, rng, D, 0.1)


def as_float(f: Callable[[Tensor], Tensor]) -> Callable[[Tensor], float]:
    return lambda x: f(x).item()


def waves(rng: Inputs, D: int) -> Callable[[Tensor], Tensor]:
    """A function of all products of coordinates."""
    directions = rng.normal(D, D)
    return lambda x: (directions @ x).sin().sum() + x.prod()


@numerical_gradient.test("code with branches and loops in f", hidden=True)
def test_numerical_gradient_any_code(student: Student) -> None:
    def f(x: Tensor) -> float:
        total = 0.0
        for k, value in enumerate(x.tolist(), start=1):
            total = 0.5 * total + (k * value**2 if value > 0 else -3 * k * value)
        return total

    x = torch.tensor([0.5, -1.5, 2.0], dtype=torch.float64)
    expected = torch.tensor([0.25, -3.0, 12.0], dtype=torch.float64)
    for eps in (1e-5, 1e-3, 0.25):
        judge_differences(student, f, x, expected, eps)


def cubic(student: Student, rng: Inputs, D: int, eps: float) -> None:
    """f(x) = sum_i c_i x_i^3 + (sum_i x_i)^2: its differences are known for every eps."""
    c, x = 1 + rng.uniform(D), rng.normal(D)
    expected = 3 * c * x**2 + 2 * x.sum() + c * eps**2
    judge_differences(student, lambda x: float(c @ x**3 + x.sum() ** 2), x, expected, eps)


# 3.4

loss_gradients = Exercise(
    "3.4",
    ["square_error_grad", "cross_entropy_grad"],
    points=2,
    difficulty=2,
    minutes=15,
    answers=["course_dl.losses"],
    hints=[
        "Each score y_ik meets the loss of its own sample only. So take the derivative of the loss "
        "of one sample for one y_k; the samples' gradients are the rows of the result.",
        "The derivative of log sum_k exp(y_k) for y_j is exp(y_j) / sum_k exp(y_k), the softmax; "
        "-y_d adds -1 where j = d. torch.softmax(y, dim=1) is safe for large scores.",
        "y - d, and torch.softmax(y, dim=1) - F.one_hot(d, K) with K = y.shape[1].",
    ],
)


def judge_square(student: Student, y: Tensor, d: Tensor) -> None:
    leaf = y.clone().requires_grad_()
    (expected,) = torch.autograd.grad(F.mse_loss(leaf, d, reduction="sum") / 2, leaf)
    close(student.square_error_grad(y, d), expected, "the gradient of the square error")


def judge_cross_entropy(student: Student, y: Tensor, d: Tensor) -> None:
    leaf = y.to(torch.float64, copy=True).requires_grad_()
    (expected,) = torch.autograd.grad(F.cross_entropy(leaf, d, reduction="sum"), leaf)
    got = student.cross_entropy_grad(y, d)
    close(got, expected.to(y.dtype), "the gradient of the cross-entropy")


@loss_gradients.test("square error")
def test_loss_gradients_square(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for N, K in [(3, 4), (5, 2), (1, 3), (4, 1)]:
            judge_square(student, rng.normal(N, K, dtype=dtype), rng.normal(N, K, dtype=dtype))


@loss_gradients.test("cross-entropy")
def test_loss_gradients_cross_entropy(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for N, K in [(4, 3), (6, 2), (5, 5), (12, 10)]:
            y = 2 * rng.normal(N, K, dtype=dtype)
            judge_cross_entropy(student, y, rng.classes(N, K))


@loss_gradients.test("one sample, whatever its class")
def test_loss_gradients_one_sample(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        y = rng.normal(1, 4, dtype=dtype)
        for d in range(4):
            judge_cross_entropy(student, y, torch.tensor([d]))


@loss_gradients.test("scores of 1e4")
def test_loss_gradients_large(student: Student, rng: Inputs) -> None:
    rows = [[1e4, -1e4, 1e4 - 1, 0.0], [-1e4, 0.0, -1e4, -1e4], [1e4, 1e4, 1e4, 1e4]]
    y = torch.tensor(rows, dtype=torch.float64)
    for d in ([0, 1, 2], [1, 0, 3], [2, 3, 0], [3, 2, 1]):
        for sign in (1, -1):
            judge_cross_entropy(student, sign * y, torch.tensor(d))
    judge_square(student, y, 1e4 * rng.normal(3, 4))


@loss_gradients.test("a single class: nothing to learn", hidden=True)
def test_loss_gradients_one_class(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for y in (rng.normal(3, 1, dtype=dtype), torch.full((1, 1), 1e4, dtype=dtype)):
            got = student.cross_entropy_grad(y, torch.zeros(len(y), dtype=torch.int64))
            got = shaped(got, y.shape, dtype, "the gradient of the cross-entropy")
            require(
                bool((got.abs() < 1e-6).all()),
                "With a single class the loss is 0, and so is its gradient.",
                ("Came", summary(got)),
            )


@loss_gradients.test("classes that no sample has", hidden=True)
def test_loss_gradients_missing_classes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        y = rng.normal(4, 6, dtype=dtype)
        judge_cross_entropy(student, y, torch.tensor([2, 2, 0, 2]))
        judge_cross_entropy(student, y, torch.zeros(4, dtype=torch.int64))
    judge_cross_entropy(student, torch.zeros(3, 3), torch.tensor([0, 1, 2]))
    judge_square(student, torch.zeros(2, 3), torch.ones(2, 3))


# 3.5

minibatch_gradient = Exercise(
    "3.5",
    ["minibatch_gradient"],
    points=3,
    difficulty=2,
    minutes=20,
    answers=["course_dl.losses", "course_dl.backprop"],
    hints=[
        "X[batch] and d[batch] are the samples of the batch, one a row, repeats and all. What are "
        "their scores?",
        "Row i of your cross_entropy_grad is the gradient for the scores of sample i. The score of "
        "class k is <w_k, x>, so its gradient for w_k is x: sample i adds the outer product of its "
        "row and x_i.",
        "One product adds up these outer products over the batch: G.T @ X[batch], with "
        "G = cross_entropy_grad(X[batch] @ W.T, d[batch]).",
    ],
)


def classifier(
    rng: Inputs, N: int, D: int, K: int, dtype: torch.dtype
) -> tuple[Tensor, Tensor, Tensor]:
    """Weights, samples with ones in column 0, and labels in which every class occurs."""
    W, X = rng.normal(K, D + 1, dtype=dtype), rng.normal(N, D + 1, dtype=dtype)
    X[:, 0] = 1
    return W, X, rng.classes(N, K)


def batch_gradient(W: Tensor, X: Tensor, d: Tensor, batch: Tensor) -> Tensor:
    leaf = W.to(torch.float64, copy=True).requires_grad_()
    E = F.cross_entropy(X[batch].double() @ leaf.T, d[batch], reduction="sum")
    return torch.autograd.grad(E, leaf)[0].to(W.dtype)


def judge_minibatch(student: Student, W: Tensor, X: Tensor, d: Tensor, batch: Tensor) -> None:
    got = student.minibatch_gradient(W, X, d, batch)
    close(got, batch_gradient(W, X, d, batch), "the gradient of the batch")


@minibatch_gradient.test("some of the samples")
def test_minibatch_gradient_batch(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for N, D, K, S in [(12, 4, 3, 5), (9, 2, 5, 4)]:
            judge_minibatch(student, *classifier(rng, N, D, K, dtype), rng.permutation(N)[:S])


@minibatch_gradient.test("a batch of one sample: the outer product of softmax(y) - onehot(d) and x")
def test_minibatch_gradient_one(student: Student, rng: Inputs) -> None:
    W, X, d = classifier(rng, 6, 3, 3, torch.float64)
    for i in range(6):
        judge_minibatch(student, W, X, d, torch.tensor([i]))


@minibatch_gradient.test("a sample that stands in the batch twice counts twice")
def test_minibatch_gradient_repeats(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        W, X, d = classifier(rng, 8, 3, 4, dtype)
        for batch in ([3, 3], [5, 0, 5, 2], [1, 7, 1, 1, 0, 7]):
            judge_minibatch(student, W, X, d, torch.tensor(batch))


@minibatch_gradient.test("all of the samples, in any order")
def test_minibatch_gradient_all(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_minibatch(student, *classifier(rng, 10, 4, 2, dtype), rng.permutation(10))


@minibatch_gradient.test("scores of 1e4")
def test_minibatch_gradient_large(student: Student, rng: Inputs) -> None:
    W, X, d = classifier(rng, 10, 4, 3, torch.float64)
    judge_minibatch(student, 1e4 * W, X, d, rng.permutation(10)[:6])
    judge_minibatch(student, 1e4 * W, X, d, rng.permutation(10))


@minibatch_gradient.test("batches in which classes are missing", hidden=True)
def test_minibatch_gradient_missing_classes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        W, X, d = classifier(rng, 15, 3, 5, dtype)
        for k in range(5):
            batch = (d == k).nonzero().flatten()
            judge_minibatch(student, W, X, d, batch)
            judge_minibatch(student, W, X, d, (d != k).nonzero().flatten())


@minibatch_gradient.test("as many classes as weights each, two classes, one sample", hidden=True)
def test_minibatch_gradient_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for N, D, K, S in [(7, 3, 4, 4), (5, 1, 2, 3), (1, 5, 3, 1), (40, 10, 10, 25)]:
            W, X, d = classifier(rng, N, D, K, dtype)
            if N == 1:  # a label that W gets wrong: the gradient is not the rest of a cancellation
                d = (X @ W.T).argmin(1)
            judge_minibatch(student, W, X, d, rng.permutation(N)[:S])
            judge_minibatch(student, torch.zeros_like(W), X, d, rng.integers(0, N, 2 * S))


# 3.6

sgd = Exercise(
    "3.6",
    ["sgd"],
    points=4,
    difficulty=3,
    minutes=20,
    answers=["course_dl.descent"],
    hints=[
        "Two loops: one over the epochs, and in it one over the batches. At the beginning of each "
        "epoch, put the samples into a new random order.",
        "torch.randperm(n_samples, generator=generator) is such an order. Cut it into pieces of "
        "batch_size: order[start:start + batch_size], or order.split(batch_size).",
        "For each piece: W = W - lr * grad_batch(W, batch), which makes a new W and leaves W0 "
        "alone. After all epochs return W.",
    ],
)


def targets(rng: Inputs, n: int, shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    return rng.normal(n, *shape, dtype=dtype)


def pull(W: Tensor, batch: Tensor, T: Tensor) -> Tensor:
    """The gradient of sum_{i in S} 1/2 ||W - T_i||^2."""
    return (W - T[batch].to(W.dtype)).sum(0)


def train(
    student: Student,
    T: Tensor,
    W0: Tensor,
    batch_size: int,
    lr: float,
    epochs: int,
    generator: torch.Generator,
) -> tuple[Any, Batches]:
    """The trained W, and the calls of grad_batch on the way."""
    calls: Batches = []

    def grad_batch(W: Tensor, batch: Tensor) -> Tensor:
        W = taken(W, W0.shape, "W")
        if not isinstance(batch, Tensor) or batch.dtype != torch.int64 or batch.dim() != 1:
            raise TypeError(
                f"batch should be a 1-d tensor of int64 indices, it was {summary(batch)}"
            )
        calls.append((W, batch.clone()))
        return pull(W, batch, T)

    trained = student.sgd(grad_batch, W0, len(T), batch_size, lr, epochs, generator)
    return trained, calls


def orders(calls: Batches, n: int, batch_size: int, epochs: int) -> list[list[int]]:
    """The samples of each epoch in the order of their visit, if each is visited once."""
    batches = [batch.tolist() for _, batch in calls]
    per_epoch = math.ceil(n / batch_size)
    asked = f"{epochs} epochs over {n} samples in batches of {batch_size}"
    require(
        len(batches) == epochs * per_epoch,
        f"{asked} take {epochs * per_epoch} calls of grad_batch, yours took {len(batches)} "
        "(the last batch of an epoch may be smaller, and counts).",
        ("Sizes of the first batches", str([len(batch) for batch in batches[: per_epoch + 1]])),
    )
    sizes = [len(range(start, min(start + batch_size, n))) for start in range(0, n, batch_size)]
    visits = []
    for epoch in range(epochs):
        own = batches[epoch * per_epoch : (epoch + 1) * per_epoch]
        require(
            [len(batch) for batch in own] == sizes,
            f"The batches of epoch {epoch + 1} have other sizes than asked for.",
            ("Expected", f"{sizes}: {n} samples, {batch_size} at a time"),
            ("Came", str([len(batch) for batch in own])),
        )
        order = [i for batch in own for i in batch]
        missed = sorted(set(range(n)) - set(order))
        require(
            sorted(order) == list(range(n)),
            f"Epoch {epoch + 1} does not visit every sample once.",
            ("Visited", str(order)),
            ("Left out", str(missed)),
        )
        visits.append(order)
    return visits


def judge_sgd(
    student: Student,
    rng: Inputs,
    n: int,
    batch_size: int,
    lr: float,
    epochs: int,
    shape: Sequence[int] = (2, 3),
    dtype: torch.dtype = torch.float64,
) -> None:
    """Every call gets the W that the calls before it lead to, and the last one gives the result."""
    T, W0 = targets(rng, n, shape, dtype), rng.normal(*shape, dtype=dtype)
    trained, calls = train(student, T, W0, batch_size, lr, epochs, rng.generator())
    trained = shaped(trained, shape, dtype, "the trained W")
    orders(calls, n, batch_size, epochs)
    W = W0
    for number_of_call, (W_given, batch) in enumerate(calls, start=1):
        close(W_given, W, f"the W that grad_batch gets in call {number_of_call}")
        W = W - lr * pull(W, batch, T)
    close(trained, W, "the trained W")


@sgd.test("W <- W - lr * grad_batch(W, batch), batch after batch")
def test_sgd_steps(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_sgd(student, rng, 12, 4, 0.05, 3, dtype=dtype)
    judge_sgd(student, rng, 6, 2, 0.3, 2, shape=(4,))


@sgd.test("the last, smaller batch counts")
def test_sgd_last_batch(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_sgd(student, rng, 10, 4, 0.1, 2, dtype=dtype)
    judge_sgd(student, rng, 7, 3, 0.02, 4)


@sgd.test("each epoch visits the samples in a fresh random order")
def test_sgd_fresh_order(student: Student, rng: Inputs) -> None:
    T, W0 = targets(rng, 20, (2,), torch.float64), rng.normal(2)
    _, calls = train(student, T, W0, 6, 0.01, 6, rng.generator())
    visits = orders(calls, 20, 6, 6)
    told = (("Epoch 1", str(visits[0])), ("Epoch 2", str(visits[1])))
    steps = [b - a for order in visits for a, b in pairwise(order)]
    require(
        sum(abs(step) == 1 for step in steps) < len(steps) / 2,
        "The samples are not in random order: most neighbours follow each other.",
        *told,
    )
    require(
        len({tuple(order) for order in visits}) == len(visits),
        "The order is the same in several epochs: draw a new one at the beginning of each.",
        *told,
    )
    pairs = [{frozenset(pair) for pair in pairwise(order)} for order in visits]
    require(
        all(len(a & b) < 10 for k, a in enumerate(pairs) for b in pairs[:k]),
        "The samples follow each other in several epochs as they did in another: draw a wholly new "
        "order at the beginning of each.",
        *told,
    )
    batches = [
        {frozenset(order[start : start + 6]) for start in range(0, 20, 6)} for order in visits
    ]
    require(
        all(a != b for k, a in enumerate(batches) for b in batches[:k]),
        "The batches hold the same samples in several epochs: shuffle all samples, then cut.",
        *told,
    )


@sgd.test("the order comes from generator, and from nothing else")
def test_sgd_generator(student: Student, rng: Inputs) -> None:
    T, W0 = targets(rng, 15, (2,), torch.float64), rng.normal(2)
    generator, other = rng.generator(), rng.generator()

    def visits(generator: torch.Generator) -> list[list[int]]:
        calls = train(student, T, W0, 4, 0.02, 2, generator)[1]
        require(
            not student.calls[-1].outcome.used_randomness,
            "Random numbers came from a global generator: hand generator=generator to "
            "torch.randperm, so that a training can be repeated.",
        )
        return orders(calls, 15, 4, 2)

    first = visits(generator)
    require(
        visits(generator) == first,
        "With the same generator, a second training visits the samples in another order.",
    )
    require(
        visits(other) != first,
        "With another generator the order stays the same: it should come from generator.",
    )


@sgd.test("one sample at a time, all at once, more than there are", hidden=True)
def test_sgd_batch_sizes(student: Student, rng: Inputs) -> None:
    judge_sgd(student, rng, 5, 1, 0.2, 3)
    judge_sgd(student, rng, 8, 8, 0.05, 4, dtype=torch.float32)
    judge_sgd(student, rng, 4, 9, 0.1, 3)
    judge_sgd(student, rng, 1, 1, 0.5, 2)


@sgd.test("other sizes, one epoch", hidden=True)
def test_sgd_sizes(student: Student, rng: Inputs) -> None:
    judge_sgd(student, rng, 23, 5, 0.03, 1, shape=(10, 4))
    judge_sgd(student, rng, 9, 2, 1.0, 2, shape=(1, 1))
    judge_sgd(student, rng, 16, 5, 0.01, 5, shape=(3, 3), dtype=torch.float32)
