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


def _parts(x, w, stride, padding):
    """Patches as columns, and the sizes of the output."""
    k = w.shape[-1]
    columns = F.unfold(x, k, stride=stride, padding=padding)
    return columns, [size(n, k, stride, padding) for n in x.shape[2:]]


KKC = "Your patches are in another order than the filters: (k, k, C) is not (C, k, k)."


@mistake("6.3", KKC)
def conv2d_unfold__filters_channels_last(x, w, b, stride=1, padding=0):
    columns, (height, width) = _parts(x, w, stride, padding)
    out = w.permute(0, 2, 3, 1).flatten(1) @ columns + b[:, None]
    return out.unflatten(2, (height, width))


@mistake("6.3", KKC)
def conv2d_unfold__patches_channels_last(x, w, b, stride=1, padding=0):
    columns, (height, width) = _parts(x, w, stride, padding)
    patches = columns.unflatten(1, w.shape[1:]).permute(0, 2, 3, 1, 4).flatten(1, 3)
    return (w.flatten(1) @ patches + b[:, None]).unflatten(2, (height, width))


@mistake("6.3", "The filters lie on the image transposed: rows of the filter belong to rows of it.")
def conv2d_unfold__filters_transposed(x, w, b, stride=1, padding=0):
    return convolve(x, w.transpose(2, 3), b, stride, padding)


@mistake(
    "6.3",
    "F.unfold gives a patch in each column; reshape to rows mixes patches: swap the axes "
    "(transpose) where you want a patch in each row.",
)
def conv2d_unfold__columns_reshaped_to_rows(x, w, b, stride=1, padding=0):
    columns, (height, width) = _parts(x, w, stride, padding)
    rows = columns.reshape(len(x), height * width, -1)
    return (rows @ w.flatten(1).T + b).transpose(1, 2).unflatten(2, (height, width))


@mistake(
    "6.3",
    "Reshaped to (C k k, N H' W'), the columns of several images are mixed up: matmul goes through "
    "the batch by itself, so leave N where it is.",
)
def conv2d_unfold__batch_reshaped_into_columns(x, w, b, stride=1, padding=0):
    columns, (height, width) = _parts(x, w, stride, padding)
    out = w.flatten(1) @ columns.reshape(columns.shape[1], -1) + b[:, None]
    return out.view(len(w), len(x), height, width).transpose(0, 1)


POSITIONAL = (
    "The third argument of F.unfold is the dilation: write stride=stride, padding=padding with "
    "their names."
)


@mistake("6.3", POSITIONAL)
def conv2d_unfold__third_is_dilation(x, w, b, stride=1, padding=0):
    _, sizes = _parts(x, w, stride, padding)
    columns = F.unfold(x, w.shape[-1], stride, padding)
    return (w.flatten(1) @ columns + b[:, None]).reshape(len(x), len(w), *sizes)


@mistake("6.3", POSITIONAL)
def conv2d_unfold__padding_is_dilation(x, w, b, stride=1, padding=0):
    _, sizes = _parts(x, w, stride, padding)
    columns = F.unfold(x, w.shape[-1], padding, stride)
    return (w.flatten(1) @ columns + b[:, None]).reshape(len(x), len(w), *sizes)


@mistake("6.3", "F.unfold needs the stride, too.")
def conv2d_unfold__no_stride_reshaped(x, w, b, stride=1, padding=0):
    _, sizes = _parts(x, w, stride, padding)
    columns = F.unfold(x, w.shape[-1], padding=padding)
    return (w.flatten(1) @ columns + b[:, None]).reshape(len(x), len(w), *sizes)


@mistake("6.3", "F.unfold needs the padding, too.")
def conv2d_unfold__no_padding_reshaped(x, w, b, stride=1, padding=0):
    _, sizes = _parts(x, w, stride, padding)
    columns = F.unfold(x, w.shape[-1], stride=stride)
    return (w.flatten(1) @ columns + b[:, None]).reshape(len(x), len(w), *sizes)


SQUARE = "The output has as many columns as rows, but images need not be square: W' from W."


@mistake("6.3", SQUARE)
def conv2d_unfold__square_by_height(x, w, b, stride=1, padding=0):
    columns, (height, _) = _parts(x, w, stride, padding)
    return (w.flatten(1) @ columns + b[:, None]).reshape(len(x), len(w), height, height)


@mistake("6.3", SQUARE)
def conv2d_unfold__square_by_root(x, w, b, stride=1, padding=0):
    columns, _ = _parts(x, w, stride, padding)
    n = int(columns.shape[2] ** 0.5)
    return (w.flatten(1) @ columns + b[:, None]).reshape(len(x), len(w), n, n)


@mistake("6.3", "out + b puts b along the columns of the output; b[m] belongs to out[:, m].")
def conv2d_unfold__bias_along_columns(x, w, b, stride=1, padding=0):
    return convolve(x, w, torch.zeros_like(b), stride, padding) + b
