"""Wrong answers to exercise 6.2 that students write, and what to tell them."""

from __future__ import annotations

from itertools import product

import torch
from torch.nn import functional as F

from course_dl.lab import mistake

from .shared import convolve, size


@mistake(
    "6.2",
    "You turned the filter round, which is a convolution as mathematics has it. Here, as in "
    "PyTorch, the filter is laid on the image as it is.",
)
def conv2d__flipped(x, w, b, stride=1, padding=0):
    return convolve(x[None], w.flip(2, 3), b, stride, padding)[0]


@mistake("6.2", "The filters lie on the image transposed: rows of the filter belong to rows of it.")
def conv2d__filters_transposed(x, w, b, stride=1, padding=0):
    return convolve(x[None], w.transpose(2, 3), b, stride, padding)[0]


@mistake("6.2", "The bias plays no part: b[m] is added to every entry of out[m].")
def conv2d__no_bias(x, w, b, stride=1, padding=0):
    return convolve(x[None], w, torch.zeros_like(b), stride, padding)[0]


@mistake("6.2", "The bias is added for every channel: it belongs to the filter, and is added once.")
def conv2d__bias_for_each_channel(x, w, b, stride=1, padding=0):
    return convolve(x[None], w, len(x) * b, stride, padding)[0]


@mistake(
    "6.2", "Only the first channel is looked at: a filter adds up what it sees in all of them."
)
def conv2d__first_channel(x, w, b, stride=1, padding=0):
    return convolve(x[None, :1], w[:, :1], b, stride, padding)[0]


@mistake("6.2", "Products are averaged over the channels: the course's formula adds them up.")
def conv2d__mean_of_channels(x, w, b, stride=1, padding=0):
    return convolve(x[None], w / len(x), b, stride, padding)[0]


@mistake("6.2", "The output has as many columns as rows, but images need not be square: W' from W.")
def conv2d__square_alone(x, w, b, stride=1, padding=0):
    k = w.shape[-1]
    x = F.pad(x, (padding,) * 4)
    n = size(x.shape[1], k, stride)
    out = x.new_zeros(len(w), n, n)
    for i in range(n):
        for j in range(n):
            patch = x[:, i * stride : i * stride + k, j * stride : j * stride + k]
            out[:, i, j] = (w * patch).sum((1, 2, 3)) + b
    return out


@mistake(
    "6.2", "The stride plays no part: the patch of out[:, i, j] begins at i * stride, j * stride."
)
def conv2d__no_stride(x, w, b, stride=1, padding=0):
    return convolve(x[None], w, b, 1, padding)[0]


@mistake(
    "6.2",
    "The output has the right size, but its patches lie side by side as with a stride of 1: the "
    "patch of out[:, i, j] begins at i * stride, j * stride.",
)
def conv2d__steps_of_one(x, w, b, stride=1, padding=0):
    height, width = (size(n, w.shape[-1], stride, padding) for n in x.shape[1:])
    return convolve(x[None], w, b, 1, padding)[0][:, :height, :width].clone()


@mistake(
    "6.2", "The padding plays no part: put zeros around the image first, F.pad(x, (padding,) * 4)."
)
def conv2d__no_padding(x, w, b, stride=1, padding=0):
    return convolve(x[None], w, b, stride, 0)[0]


@mistake("6.2", "Padding is put on two sides of the image alone: all four need it.")
def conv2d__padding_on_two_sides(x, w, b, stride=1, padding=0):
    return convolve(F.pad(x, (padding, 0, padding, 0))[None], w, b, stride, 0)[0]


@mistake("6.2", "Your output is float32 whatever comes in: make it with dtype=x.dtype.")
def conv2d__float32(x, w, b, stride=1, padding=0):
    out = convolve(x[None], w, b, stride, padding)[0]
    return torch.zeros(out.shape).copy_(out)


@mistake(
    "6.2", "All channels but the output's first are missing: there is a map for each of M filters."
)
def conv2d__first_filter(x, w, b, stride=1, padding=0):
    return convolve(x[None], w[:1], b[:1], stride, padding)[0]


@mistake("6.2", "The margin repeats the edge of the image; padding is a margin of zeros.")
def conv2d__edge_repeated(x, w, b, stride=1, padding=0):
    wide = F.pad(x[None], (padding,) * 4, mode="replicate")
    return convolve(wide, w, b, stride, 0)[0]


AS_MANY_COLUMNS = (
    "Your loops make as many columns as rows, but images need not be square: W' comes from W."
)


def _loops(x, w, b, stride, padding, height, width, out):
    k = w.shape[-1]
    x = F.pad(x, (padding,) * 4)
    for i in range(height):
        for j in range(width):
            patch = x[:, i * stride : i * stride + k, j * stride : j * stride + k]
            out[:, i, j] = (w * patch).sum((1, 2, 3)) + b
    return out


def _sizes(x, w, stride, padding):
    return [size(n, w.shape[-1], stride, padding) for n in x.shape[1:]]


@mistake("6.2", AS_MANY_COLUMNS)
def conv2d__loops_by_height(x, w, b, stride=1, padding=0):
    height, width = _sizes(x, w, stride, padding)
    out = x.new_zeros(len(w), height, width)
    return _loops(x, w, b, stride, padding, height, height, out)


@mistake("6.2", AS_MANY_COLUMNS)
def conv2d__loops_by_width(x, w, b, stride=1, padding=0):
    height, width = _sizes(x, w, stride, padding)
    out = x.new_zeros(len(w), height, width)
    return _loops(x, w, b, stride, padding, width, width, out)


@mistake("6.2", AS_MANY_COLUMNS)
def conv2d__square_by_width(x, w, b, stride=1, padding=0):
    _, n = _sizes(x, w, stride, padding)
    return _loops(x, w, b, stride, padding, n, n, x.new_zeros(len(w), n, n))


@mistake("6.2", AS_MANY_COLUMNS)
def conv2d__square_pixel_by_pixel(x, w, b, stride=1, padding=0):
    _, n = _sizes(x, w, stride, padding)
    x = F.pad(x, (padding,) * 4)
    out = x.new_zeros(len(w), n, n)
    for i in range(n):
        for j in range(n):
            out[:, i, j] = b
            for c, u, v in product(range(len(x)), *[range(w.shape[-1])] * 2):
                out[:, i, j] += w[:, c, u, v] * x[c, i * stride + u, j * stride + v]
    return out


@mistake(
    "6.2",
    "At the margin your window is pushed back into the image; it should see zeros there: put them "
    "around the image first.",
)
def conv2d__pushed_back(x, w, b, stride=1, padding=0):
    k = w.shape[-1]
    height, width = _sizes(x, w, stride, padding)
    out = x.new_zeros(len(w), height, width)
    for i in range(height):
        for j in range(width):
            top = min(max(i * stride - padding, 0), x.shape[1] - k)
            left = min(max(j * stride - padding, 0), x.shape[2] - k)
            out[:, i, j] = (w * x[:, top : top + k, left : left + k]).sum((1, 2, 3)) + b
    return out


@mistake(
    "6.2",
    "An index below 0 counts from the end: before the first row and column your filter sees the "
    "last ones of the image, where it should see zeros.",
)
def conv2d__negative_index(x, w, b, stride=1, padding=0):
    wide = F.pad(x, (padding,) * 4)
    if padding:
        wide[:, :padding, padding:-padding] = x[:, -padding:]
        wide[:, padding:-padding, :padding] = x[:, :, -padding:]
        wide[:, :padding, :padding] = x[:, -padding:, -padding:]
    return convolve(wide[None], w, b, stride, 0)[0]


@mistake("6.2", "The margin mirrors the image; padding is a margin of zeros.")
def conv2d__mirrored_margin(x, w, b, stride=1, padding=0):
    wide = F.pad(x[None], (padding,) * 4, mode="reflect") if padding else x[None]
    return convolve(wide, w, b, stride, 0)[0]


@mistake("6.2", "The margin holds ones; padding is a margin of zeros.")
def conv2d__margin_of_ones(x, w, b, stride=1, padding=0):
    return convolve(F.pad(x[None], (padding,) * 4, value=1.0), w, b, stride, 0)[0]


@mistake("6.2", "Padding is put on two sides of the image alone: all four need it.")
def conv2d__columns_padded_alone(x, w, b, stride=1, padding=0):
    return convolve(F.pad(x, (padding, padding))[None], w, b, stride, 0)[0]


@mistake("6.2", "The size of your output leaves the padding out: the image is that much longer.")
def conv2d__size_without_padding(x, w, b, stride=1, padding=0):
    height, width = _sizes(x, w, stride, 0)
    return convolve(x[None], w, b, stride, padding)[0][:, :height, :width].clone()


@mistake("6.2", "Your output lacks its last row and column: between n places are n - 1 steps.")
def conv2d__one_less(x, w, b, stride=1, padding=0):
    return convolve(x[None], w, b, stride, padding)[0][:, :-1, :-1].clone()


@mistake("6.2", "The place of the patch is transposed: i goes down the image, j to the right.")
def conv2d__place_transposed(x, w, b, stride=1, padding=0):
    k = w.shape[-1]
    height, width = _sizes(x, w, stride, padding)
    x = F.pad(x, (padding,) * 4)
    out = x.new_zeros(len(w), height, width)
    for i in range(height):
        for j in range(width):
            patch = x[:, j * stride : j * stride + k, i * stride : i * stride + k]
            out[:, i, j] = (w * patch).sum((1, 2, 3)) + b
    return out


@mistake("6.2", "Each channel takes the place of the one before: what they give is to be added up.")
def conv2d__last_channel(x, w, b, stride=1, padding=0):
    return convolve(x[None, -1:], w[:, -1:], b, stride, padding)[0]


@mistake("6.2", "w @ patch is a product of matrices; multiply entry by entry, w * patch.")
def conv2d__product_of_matrices(x, w, b, stride=1, padding=0):
    k = w.shape[-1]
    height, width = _sizes(x, w, stride, padding)
    x = F.pad(x, (padding,) * 4)
    out = x.new_zeros(len(w), height, width)
    for i in range(height):
        for j in range(width):
            patch = x[:, i * stride : i * stride + k, j * stride : j * stride + k]
            out[:, i, j] = (w @ patch).sum((1, 2, 3)) + b
    return out


@mistake("6.2", "out + b puts b along the columns of the output; b[m] belongs to out[m].")
def conv2d__bias_along_columns(x, w, b, stride=1, padding=0):
    return convolve(x[None], w, torch.zeros_like(b), stride, padding)[0] + b
