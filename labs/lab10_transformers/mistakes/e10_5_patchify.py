"""Wrong answers to exercise 10.5 that students write, and what to tell them."""

from __future__ import annotations

import math

from course_dl.lab import mistake


def cut(X, p, order):
    N, C, H, W = X.shape
    axes = X.reshape(N, C, H // p, p, W // p, p)  # n c i r j s
    return axes.permute(*order).reshape(N, (H // p) * (W // p), C * p * p)


def put(P, C, H, W, before, order):
    """``before`` names the axes of P, ``order`` brings them to n c i r j s."""
    p = math.isqrt(P.shape[2] // C)
    sizes = {"i": H // p, "j": W // p, "c": C, "r": p, "s": p}
    axes = P.reshape(len(P), *(sizes[name] for name in before))
    return axes.permute(*order).reshape(len(P), C, H, W)


RESHAPE = (
    "One reshape keeps the pixels in their order, so a 'patch' is a stripe of neighbours in a row. "
    "Rows and columns become two axes each, and these change places."
)


@mistake("10.5", RESHAPE)
def patchify__reshape(X, p):
    N, C, H, W = X.shape
    return X.reshape(N, (H // p) * (W // p), C * p * p)


@mistake("10.5", RESHAPE)
def unpatchify__reshape(P, C, H, W):
    return P.reshape(len(P), C, H, W)


@mistake("10.5", "Patches come column by column: they come row by row, as one reads.")
def patchify__columns_first(X, p):
    return cut(X, p, (0, 4, 2, 1, 3, 5))


@mistake("10.5", "Patches are put back column by column: they come row by row, as one reads.")
def unpatchify__columns_first(P, C, H, W):
    return put(P, C, H, W, "jicrs", (0, 3, 2, 4, 1, 5))


@mistake(
    "10.5", "In a patch the channels come last: first comes a whole channel, then the next one."
)
def patchify__channels_last(X, p):
    return cut(X, p, (0, 2, 4, 3, 5, 1))


@mistake(
    "10.5",
    "The numbers of a patch are taken with the channels last: first comes a whole channel, then "
    "the next one.",
)
def unpatchify__channels_last(P, C, H, W):
    return put(P, C, H, W, "ijrsc", (0, 5, 1, 3, 2, 4))


@mistake(
    "10.5", "Each patch is transposed: inside a patch, too, its rows come one after the other."
)
def patchify__transposed_inside(X, p):
    return cut(X, p, (0, 2, 4, 1, 5, 3))


@mistake(
    "10.5",
    "Each patch is put back transposed: inside a patch, too, its rows come one after the other.",
)
def unpatchify__transposed_inside(P, C, H, W):
    return put(P, C, H, W, "ijcsr", (0, 3, 1, 5, 2, 4))


@mistake(
    "10.5",
    "H and W are exchanged: H / p patches lie below each other, W / p beside each other.",
)
def unpatchify__sides_exchanged(P, C, H, W):
    p = math.isqrt(P.shape[2] // C)
    axes = P.reshape(len(P), W // p, H // p, C, p, p).permute(0, 3, 1, 4, 2, 5)
    return axes.reshape(len(P), C, H, W)


@mistake("10.5", "The result has the shape (N, C, W, H): H comes before W.")
def unpatchify__width_first(P, C, H, W):
    image = put(P, C, H, W, "ijcrs", (0, 3, 1, 4, 2, 5))
    return image.transpose(2, 3)


@mistake(
    "10.5",
    "The channels are patches of their own: a patch has the pixels of all channels, C p p numbers.",
)
def patchify__channels_apart(X, p):
    N, C, H, W = X.shape
    axes = X.reshape(N, C, H // p, p, W // p, p)
    return axes.permute(0, 1, 2, 4, 3, 5).reshape(N, -1, p * p)


@mistake(
    "10.5",
    "Every (H / p)-th pixel is taken: a patch is made of p x p neighbours.",
)
def patchify__far_apart(X, p):
    N, C, H, W = X.shape
    axes = X.reshape(N, C, p, H // p, p, W // p)
    return axes.permute(0, 3, 5, 1, 2, 4).reshape(N, -1, C * p * p)


@mistake("10.5", "There are H / p axes too many: put patches in one axis, (N, T, C p p).")
def patchify__grid(X, p):
    N, C, H, W = X.shape
    return cut(X, p, (0, 2, 4, 1, 3, 5)).reshape(N, H // p, W // p, -1)
