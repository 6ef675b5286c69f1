"""Exercise 10.5: images to patches and back, compared with PyTorch's unfold."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import Exercise, Inputs, Student, about, equal

from .shared import ANSWERS, FLOAT32, FLOAT64

patchify = Exercise(
    "10.5",
    ["patchify", "unpatchify"],
    points=2,
    difficulty=2,
    minutes=15,
    library=["pixel_shuffle", "pixel_unshuffle", "im2col", "col2im", "fold"],
    answers=[*ANSWERS, "course_dl.data.codebook"],
    hints=[
        "A row of an image is cut into W / p pieces of p pixels. So the axis of rows becomes two, "
        "(H / p, p): which patch, and which row inside it; the axis of columns too. How many axes "
        "has the result, before they are put together again?",
        "X.reshape(N, C, H // p, p, W // p, p) has the axes n, c, i, r, j, s: the patch (i, j), "
        "the pixel (r, s) inside it. Bring them to n, i, j, c, r, s by permute, then reshape to "
        "three.",
        "Back: P.reshape(N, H // p, W // p, C, p, p), the permutation that undoes the first one "
        "(n, c, i, r, j, s), and reshape(N, C, H, W). The side p follows from the length of a "
        "patch: C p p.",
    ],
)

Case = tuple[int, int, int, int, int]  # N, C, patches below and beside each other, p


@patchify.test("two patches of an image, by hand")
def test_patchify_by_hand(student: Student) -> None:
    X = torch.arange(8, dtype=FLOAT64).view(1, 1, 2, 4)
    P = torch.tensor([[[0.0, 1, 4, 5], [2, 3, 6, 7]]], dtype=FLOAT64)
    equal(student.patchify(X, 2), P, "the patches")
    equal(student.unpatchify(P, 1, 2, 4), X, "the image")


@patchify.test("images to patches")
def test_patchify_any(student: Student, rng: Inputs) -> None:
    for case in [(1, 1, 2, 2, 2), (2, 2, 1, 3, 2), (1, 3, 3, 2, 2)]:
        X = images(rng, case)
        check_patches(student, X, case[-1])
    check_patches(student, images(rng, (2, 1, 2, 1, 3)).to(FLOAT32), 3)


@patchify.test("patches to images")
def test_unpatchify_any(student: Student, rng: Inputs) -> None:
    for case in [(1, 1, 2, 2, 2), (2, 2, 1, 3, 2), (1, 3, 3, 2, 2)]:
        check_image(student, images(rng, case), case[-1])
    check_image(student, images(rng, (2, 1, 2, 1, 3)).to(FLOAT32), 3)


@patchify.test("there and back again; patches of one pixel, and of all", hidden=True)
def test_patchify_both(student: Student, rng: Inputs) -> None:
    for case in [(3, 2, 4, 4, 1), (2, 3, 1, 1, 5), (4, 4, 4, 4, 4), (2, 3, 5, 2, 3)]:
        X = images(rng, case)
        check_patches(student, X, case[-1])
        check_image(student, X, case[-1])


def images(rng: Inputs, case: Case) -> Tensor:
    """(N, C, H, W); in a simple case fewer samples, channels and patches."""
    *sizes, p = case
    N, C, rows, columns = rng.sizes(*sizes)
    H, W = rows * p, columns * p
    return torch.arange(N * C * H * W, dtype=FLOAT64).view(N, C, H, W)


def check_patches(student: Student, X: Tensor, p: int) -> None:
    got = student.patchify(X, p)
    with about(student.calls[-1]):
        equal(got, F.unfold(X, p, stride=p).transpose(1, 2), "the patches")


def check_image(student: Student, X: Tensor, p: int) -> None:
    P = F.unfold(X, p, stride=p).transpose(1, 2).contiguous()
    got = student.unpatchify(P, *X.shape[1:])
    with about(student.calls[-1]):
        equal(got, X, "the images")
