"""Exercise 7.4: the way back through batch norm, compared with autograd's."""

from __future__ import annotations

import torch

from course_dl.lab import Exercise, Inputs, Student, about, close, unpack

from .e7_2_batch_norm import true_norm
from .shared import FLOAT32, FLOAT64, NORMS, Shape, maps, sized, vectors

NAMES = "grad_x, grad_gamma, grad_beta"

batch_norm_backward = Exercise(
    "7.4",
    ["batch_norm_backward"],
    points=4,
    difficulty=3,
    minutes=30,
    autograd=False,
    library=(*NORMS, "native_batch_norm_backward", "batch_norm_backward"),
    answers=["course_dl.residual"],
    hints=[
        "grad_beta and grad_gamma first: out = gamma * x_hat + beta is linear in both. What comes "
        "back to x_hat is gamma * grad_out.",
        "x goes into its own x_hat, into the mean and into the variance of its channel: three ways "
        "back. Each entry has a share of 1/n in the mean, with n = N H W.",
        "Together: grad_x = gamma / sqrt(var + eps) * (grad_out - m(grad_out) - x_hat * "
        "m(grad_out * x_hat)), m being the mean over dim=(0, 2, 3) with keepdim=True.",
    ],
)


@batch_norm_backward.test("grad_gamma and grad_beta")
def test_batch_norm_backward_scales(student: Student, rng: Inputs) -> None:
    check_backward(student, rng, (3, 2, 1, 2), only=("grad_gamma", "grad_beta"))
    check_backward(student, rng, (2, 3, 2, 3), only=("grad_gamma", "grad_beta"))


@batch_norm_backward.test("grad_x, with gamma = 1")
def test_batch_norm_backward_plain(student: Student, rng: Inputs) -> None:
    check_backward(student, rng, (3, 2, 1, 2), plain=True)
    check_backward(student, rng, (2, 1, 2, 2), plain=True)


@batch_norm_backward.test("all three, any gamma")
def test_batch_norm_backward_all(student: Student, rng: Inputs) -> None:
    for shape in [(3, 2, 1, 2), (2, 3, 4, 3)]:
        check_backward(student, rng, shape)
    check_backward(student, rng, (2, 2, 3, 5), dtype=FLOAT32)


@batch_norm_backward.test("a large eps")
def test_batch_norm_backward_eps(student: Student, rng: Inputs) -> None:
    check_backward(student, rng, (3, 2, 1, 2), eps=0.5)
    check_backward(student, rng, (2, 3, 2, 2), eps=2.0)


@batch_norm_backward.test("one image, one place, one channel", hidden=True)
def test_batch_norm_backward_extremes(student: Student, rng: Inputs) -> None:
    for shape in [(1, 3, 2, 2), (6, 2, 1, 1), (4, 1, 2, 3)]:
        check_backward(student, rng, shape, eps=1e-3)


@batch_norm_backward.test("laws: no mean, and hardly a part along x_hat", hidden=True)
def test_batch_norm_backward_laws(student: Student, rng: Inputs) -> None:
    x, grad_out, (gamma,), eps = (
        maps(rng, (4, 3, 2, 3)),
        rng.normal(4, 3, 2, 3),
        vectors(rng, 1, 3),
        0.2,
    )
    got = student.batch_norm_backward(grad_out, x, gamma, eps)
    grad_x, grad_gamma, _ = unpack(got, NAMES)
    close(1 + grad_x.sum((0, 2, 3)), torch.ones(3, dtype=FLOAT64), "1 + the sum of grad_x")
    x_hat = true_norm(x, torch.ones_like(gamma), torch.zeros_like(gamma), eps)
    along = gamma * eps / (x.var((0, 2, 3), correction=0) + eps) ** 1.5 * grad_gamma
    close((grad_x * x_hat).sum((0, 2, 3)), along, "the sum of grad_x * x_hat")


@batch_norm_backward.test("larger maps", hidden=True)
def test_batch_norm_backward_large(student: Student, rng: Inputs) -> None:
    for shape in [(5, 4, 6, 3), (3, 3, 3, 3), (8, 5, 2, 2)]:
        for dtype in (FLOAT64, FLOAT32):
            check_backward(student, rng, shape, eps=0.1, dtype=dtype)


def check_backward(
    student: Student,
    rng: Inputs,
    shape: Shape,
    eps: float | None = None,
    plain: bool = False,
    only: tuple[str, ...] = (),
    dtype: torch.dtype = FLOAT64,
) -> None:
    shape = sized(rng, shape)
    x, grad_out = maps(rng, shape, dtype), rng.normal(*shape, dtype=dtype)
    gamma, beta = vectors(rng, 2, shape[1], dtype)
    gamma = torch.ones_like(gamma) if plain else gamma
    leaves = [t.clone().requires_grad_() for t in (x, gamma, beta)]
    given = {} if eps is None else {"eps": eps}
    truths = torch.autograd.grad(
        true_norm(*leaves, **given), leaves, grad_out, allow_unused=True, materialize_grads=True
    )
    got = student.batch_norm_backward(grad_out, x, gamma, **given)
    with about(student.calls[-1]):
        answers = dict(zip(NAMES.split(", "), unpack(got, NAMES), strict=True))
        for (name, answer), truth in zip(answers.items(), truths, strict=True):
            if not only or name in only:
                close(answer, truth, name)
