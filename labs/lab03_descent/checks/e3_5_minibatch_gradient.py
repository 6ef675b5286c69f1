"""Exercise 3.5: the gradient of a batch for the weights, compared with autograd's."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, Wrong, close

from .shared import DTYPES

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


@minibatch_gradient.test("some of the samples")
def test_minibatch_gradient_batch(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for most, D, K, S in [(12, 4, 3, 5), (9, 2, 5, 4)]:
            (N,) = rng.sizes(most, at_least=2)
            batch = rng.permutation(N)[: min(S, N - 1)]
            check_minibatch(student, *classifier(rng, N, D, K, dtype), batch)


@minibatch_gradient.test("a batch of one sample: the outer product of softmax(y) - onehot(d) and x")
def test_minibatch_gradient_one(student: Student, rng: Inputs) -> None:
    (N,) = rng.sizes(6, at_least=2)
    W, X, d = classifier(rng, N, 3, 3, torch.float64)
    for i in range(N):
        check_minibatch(student, W, X, d, torch.tensor([i]))


@minibatch_gradient.test("a sample that stands in the batch twice counts twice")
def test_minibatch_gradient_repeats(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        X = torch.tensor([[1, 0], [1, 2]], dtype=dtype)
        twice = torch.tensor([1, 1])
        check_minibatch(student, torch.zeros(2, 2, dtype=dtype), X, torch.tensor([0, 1]), twice)
        W, X, d = classifier(rng, 8, 3, 4, dtype)
        for batch in ([3, 3], [5, 0, 5, 2], [1, 7, 1, 1, 0, 7]):
            check_minibatch(student, W, X, d, torch.tensor(batch))


@minibatch_gradient.test("all of the samples, in any order")
def test_minibatch_gradient_all(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        (N,) = rng.sizes(10)
        check_minibatch(student, *classifier(rng, N, 4, 2, dtype), rng.permutation(N))


@minibatch_gradient.test("scores of 1e4")
def test_minibatch_gradient_large(student: Student, rng: Inputs) -> None:
    W, X, d = classifier(rng, 10, 4, 3, torch.float64)
    check_minibatch(student, 1e4 * W, X, d, rng.permutation(10)[:6])
    check_minibatch(student, 1e4 * W, X, d, rng.permutation(10))


@minibatch_gradient.test("batches in which classes are missing", hidden=True)
def test_minibatch_gradient_missing_classes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        W, X, d = classifier(rng, 15, 3, 5, dtype)
        for k in range(5):
            batch = (d == k).nonzero().flatten()
            check_minibatch(student, W, X, d, batch)
            check_minibatch(student, W, X, d, (d != k).nonzero().flatten())


@minibatch_gradient.test("as many classes as weights each, two classes, one sample", hidden=True)
def test_minibatch_gradient_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for N, D, K, S in [(7, 3, 4, 4), (5, 1, 2, 3), (1, 5, 3, 1), (40, 10, 10, 25)]:
            W, X, d = classifier(rng, N, D, K, dtype)
            if N == 1:  # a label that W gets wrong: the gradient is not the rest of a cancellation
                d = (X @ W.T).argmin(1)
            check_minibatch(student, W, X, d, rng.permutation(N)[:S])
            check_minibatch(student, torch.zeros_like(W), X, d, rng.integers(0, N, 2 * S))


def classifier(
    rng: Inputs, N: int, D: int, K: int, dtype: torch.dtype
) -> tuple[Tensor, Tensor, Tensor]:
    """Weights, samples with ones in column 0, and labels in which every class occurs."""
    (D,), (K,) = rng.sizes(D), rng.sizes(K, at_least=2)
    W, X = rng.normal(K, D + 1, dtype=dtype), rng.normal(N, D + 1, dtype=dtype)
    W *= rng.simpler(1.0, 0.5)  # of whole numbers the softmax would be nearly 0 or 1
    X[:, 0] = 1
    return W, X, rng.classes(N, K)


def batch_gradient(W: Tensor, X: Tensor, d: Tensor, batch: Tensor) -> Tensor:
    leaf = W.to(torch.float64, copy=True).requires_grad_()
    E = F.cross_entropy(X[batch].double() @ leaf.T, d[batch], reduction="sum")
    return torch.autograd.grad(E, leaf)[0].to(W.dtype)


def check_minibatch(student: Student, W: Tensor, X: Tensor, d: Tensor, batch: Tensor) -> None:
    got, truth = student.minibatch_gradient(W, X, d, batch), batch_gradient(W, X, d, batch)
    try:
        close(got, truth, "the gradient of the batch")
    except Wrong as wrong:
        said = with_weights(got, truth, W) if wrong.failure.kind == "values" else None
        if said is None:
            raise
        raise Wrong(said, *wrong.failure.details, kind="weights") from None


def with_weights(got: Tensor, truth: Tensor, W: Tensor) -> str | None:
    """What is to be said where the result is made of the gradient and of W itself."""
    no_biases = W.clone()
    no_biases[:, 0] = 0
    result = got.detach().double().flatten()
    for weights, name in ((W, "W"), (no_biases, "W without its biases")):
        parts = torch.stack([truth.flatten(), weights.flatten()], dim=1).double()
        factors = torch.linalg.lstsq(parts, result[:, None]).solution[:, 0]
        (a, b), size = factors.tolist(), float((parts[:, 1] * factors[1]).abs().max())
        rest = float((parts @ factors - result).abs().max())
        if rest > 1e-3 * size or size < 1e-6 * float(result.abs().max()):
            continue
        if abs(b - 1) < 1e-4 and a < 0:
            return "This is W after a step downhill; asked for is the gradient itself."
        if abs(a - 1) < 1e-4:
            return (
                f"Your result is the gradient plus {b:.4g} times {name}: the loss here has no term "
                "that is made of W alone, as with weight decay."
            )
    return None
