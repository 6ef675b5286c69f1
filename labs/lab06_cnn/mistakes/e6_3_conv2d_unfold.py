"""Wrong answers to exercise 6.3 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import mistake

from .shared import convolve, size


@mistake("6.3", "The bias plays no part: b[m] is added to every entry of out[:, m].")
def conv2d_unfold__no_bias(x, w, b, stride=1, padding=0):
    return convolve(x, w, torch.zeros_like(b), stride, padding)


@mistake("6.3", "The bias is added along the patches: it belongs to the filters, b[:, None].")
def conv2d_unfold__bias_along_patches(x, w, b, stride=1, padding=0):
    k = w.shape[-1]
    columns = F.unfold(x, k, stride=stride, padding=padding)
    height, width = (size(n, k, stride, padding) for n in x.shape[2:])
    return (w.flatten(1) @ columns + b).unflatten(2, (height, width))


@mistake("6.3", "F.unfold needs the stride, too.")
def conv2d_unfold__no_stride(x, w, b, stride=1, padding=0):
    return convolve(x, w, b, 1, padding)


@mistake("6.3", "F.unfold needs the padding, too.")
def conv2d_unfold__no_padding(x, w, b, stride=1, padding=0):
    return convolve(x, w, b, stride, 0)


@mistake("6.3", "The two sizes of the output are swapped: H' comes first, then W'.")
def conv2d_unfold__sizes_swapped(x, w, b, stride=1, padding=0):
    out = convolve(x, w, b, stride, padding)
    return out.reshape(*out.shape[:2], out.shape[3], out.shape[2])


@mistake(
    "6.3",
    "Reshaped to (C k k, M) and transposed, the filters are mixed up: w.reshape(M, C k k) has a "
    "filter in each row.",
)
def conv2d_unfold__filters_mixed(x, w, b, stride=1, padding=0):
    return convolve(x, w.reshape(-1, len(w)).T.reshape(w.shape), b, stride, padding)


@mistake("6.3", "You turned the filters round: here, as in PyTorch, they are laid on as they are.")
def conv2d_unfold__flipped(x, w, b, stride=1, padding=0):
    return convolve(x, w.flip(2, 3), b, stride, padding)


@mistake("6.3", "Every image of the batch gives the output of the first one.")
def conv2d_unfold__first_image(x, w, b, stride=1, padding=0):
    return convolve(x[:1], w, b, stride, padding).repeat(len(x), 1, 1, 1)


@mistake("6.3", "The output still has its patches in one row: make them H' rows of W' entries.")
def conv2d_unfold__not_folded(x, w, b, stride=1, padding=0):
    return convolve(x, w, b, stride, padding).flatten(2)


@mistake(
    "6.3",
    "The output is right, but there is a loop over its pixels: F.unfold gives all patches at once, "
    "and one matrix product does the rest.",
)
def conv2d_unfold__loop(x, w, b, stride=1, padding=0):
    k = w.shape[-1]
    x = F.pad(x, (padding,) * 4)
    height, width = (size(n, k, stride) for n in x.shape[2:])
    out = x.new_zeros(len(x), len(w), height, width)
    for i in range(height):
        for j in range(width):
            patch = x[:, :, i * stride : i * stride + k, j * stride : j * stride + k]
            out[:, :, i, j] = patch.flatten(1) @ w.flatten(1).T + b
    return out


@mistake(
    "6.3",
    "Each row of this product is a place, with an entry for each filter; reshape mixes the two. "
    "Swap the axes first (transpose or permute), then reshape.",
)
def conv2d_unfold__reshape_for_transpose(x, w, b, stride=1, padding=0):
    k = w.shape[-1]
    columns = F.unfold(x, k, stride=stride, padding=padding)
    height, width = (size(n, k, stride, padding) for n in x.shape[2:])
    rows = columns.transpose(1, 2) @ w.flatten(1).T + b
    return rows.reshape(len(x), len(w), height, width)
