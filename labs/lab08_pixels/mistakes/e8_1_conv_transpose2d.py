"""Wrong answers to exercise 8.1 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import mistake


def laid(x: Tensor, w: Tensor, b: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
    """The right answer, from which the wrong ones are made."""
    out = whole(x, w, stride)
    height, width = out.shape[2:]
    return out[:, :, padding : height - padding, padding : width - padding] + b[:, None, None]


def whole(x: Tensor, w: Tensor, stride: int = 1) -> Tensor:
    """The sum of all copies, with no bias, nothing cut off."""
    size = [(n - 1) * stride + w.shape[-1] for n in x.shape[2:]]
    return F.fold(w.flatten(1).T @ x.flatten(2), size, w.shape[2:], stride=stride)


@mistake(
    "8.1",
    "Where copies of the filter overlap, the last one alone is left: they add up, so write += in "
    "place of =.",
)
def conv_transpose2d__overwritten(x, w, b, stride=1, padding=0):
    k = w.shape[-1]
    height, width = ((n - 1) * stride + k for n in x.shape[2:])
    out = x.new_zeros(len(x), w.shape[1], height, width)
    for i in range(x.shape[2]):
        for j in range(x.shape[3]):
            copy = torch.einsum("nc,cmpq->nmpq", x[:, :, i, j], w)
            out[:, :, i * stride : i * stride + k, j * stride : j * stride + k] = copy
    return out[:, :, padding : height - padding, padding : width - padding] + b[:, None, None]


@mistake(
    "8.1",
    "The filter is turned round: each pixel lays it down as it is. A convolution over zeros "
    "between the pixels needs w.flip(2, 3), since it looks where this one lays down.",
)
def conv_transpose2d__flipped(x, w, b, stride=1, padding=0):
    return laid(x, w.flip(2, 3), b, stride, padding)


@mistake("8.1", "The filters lie transposed: rows of the filter belong to rows of the output.")
def conv_transpose2d__filters_transposed(x, w, b, stride=1, padding=0):
    return laid(x, w.transpose(2, 3), b, stride, padding)


CHANNELS = (
    "w is read as (M, C, k, k), as in conv2d: here it is (C, M, k, k), and its first axis belongs "
    "to the channels of x."
)


@mistake("8.1", CHANNELS)
def conv_transpose2d__channels_reshaped(x, w, b, stride=1, padding=0):
    turned = w.reshape(w.shape[1], w.shape[0], *w.shape[2:]).transpose(0, 1)
    return laid(x, turned, b, stride, padding)


@mistake("8.1", CHANNELS)
def conv_transpose2d__channels_by_einsum(x, w, b, stride=1, padding=0):
    N, _, H, W = x.shape
    M, k = w.shape[0], w.shape[-1]
    height, width = (H - 1) * stride + k, (W - 1) * stride + k
    out = torch.zeros(N, M, height, width, dtype=x.dtype)
    for i in range(H):
        for j in range(W):
            copy = torch.einsum("nc,mcpq->nmpq", x[:, :, i, j], w)
            out[:, :, i * stride : i * stride + k, j * stride : j * stride + k] += copy
    return out[:, :, padding : height - padding, padding : width - padding] + b[:, None, None]


@mistake("8.1", CHANNELS)
def conv_transpose2d__channels_by_matmul(x, w, b, stride=1, padding=0):
    size = [(n - 1) * stride - 2 * padding + w.shape[-1] for n in x.shape[2:]]
    columns = w.transpose(0, 1).flatten(1).T @ x.flatten(2)
    out = F.fold(columns, size, w.shape[2:], stride=stride, padding=padding)
    return out + b[:, None, None]


@mistake(
    "8.1",
    "Padding is put around the output: on the way back it is cut off, since the convolution had "
    "put it on.",
)
def conv_transpose2d__padding_added(x, w, b, stride=1, padding=0):
    return F.pad(whole(x, w, stride), (padding,) * 4) + b[:, None, None]


@mistake("8.1", "Padding is put around x: on the way back it is cut off the output.")
def conv_transpose2d__x_padded(x, w, b, stride=1, padding=0):
    return laid(F.pad(x, (padding,) * 4), w, b, stride)


@mistake("8.1", "Padding plays no part: so many pixels are cut off at each side of the output.")
def conv_transpose2d__no_padding(x, w, b, stride=1, padding=0):
    return laid(x, w, b, stride)


@mistake(
    "8.1",
    "A slice [padding:-padding] is empty where padding is 0: cut from padding to the size minus "
    "padding.",
)
def conv_transpose2d__empty_without_padding(x, w, b, stride=1, padding=0):
    out = whole(x, w, stride)[:, :, padding:-padding, padding:-padding]
    return out + b[:, None, None]


@mistake("8.1", "The margin is cut off at the end alone: rows and columns begin at padding.")
def conv_transpose2d__cut_at_the_end(x, w, b, stride=1, padding=0):
    out = whole(x, w, stride)
    height, width = (n - 2 * padding for n in out.shape[2:])
    return out[:, :, :height, :width] + b[:, None, None]


@mistake("8.1", "The margin is cut off at one side alone: padding is cut off at all four.")
def conv_transpose2d__cut_once(x, w, b, stride=1, padding=0):
    return whole(x, w, stride)[:, :, padding:, padding:] + b[:, None, None]


@mistake(
    "8.1",
    "As much as padding times stride is cut off: padding counts pixels of the output, so that "
    "stride has no part in it.",
)
def conv_transpose2d__padding_times_stride(x, w, b, stride=1, padding=0):
    return laid(x, w, b, stride, padding * stride)


@mistake(
    "8.1",
    "Where padding is as wide as the filter, k - 1 - padding is negative: F.conv2d takes no "
    "negative padding, but F.pad does, and cuts off.",
)
def conv_transpose2d__negative_padding(x, w, b, stride=1, padding=0):
    apart = zeros_between(x, stride)
    turned = w.flip(2, 3).transpose(0, 1)
    return F.conv2d(apart, turned, b, padding=w.shape[-1] - 1 - padding)


def zeros_between(x: Tensor, stride: int, after: int = 0) -> Tensor:
    """x with stride - 1 zeros between its pixels, and so many more after the last."""
    height, width = ((n - 1) * stride + 1 + after for n in x.shape[2:])
    apart = x.new_zeros(*x.shape[:2], height, width)
    apart[:, :, ::stride, ::stride] = x
    return apart


@mistake(
    "8.1",
    "There are zeros after the last pixel too, so that the output is too large: stride - 1 zeros "
    "lie between two pixels, and (H - 1) stride + 1 rows are enough.",
)
def conv_transpose2d__zeros_at_the_end(x, w, b, stride=1, padding=0):
    margin = (w.shape[-1] - 1 - padding,) * 4
    apart = F.pad(zeros_between(x, stride, stride - 1), margin)
    return F.conv2d(apart, w.flip(2, 3).transpose(0, 1), b)


@mistake(
    "8.1",
    "The convolution over the zeros has the padding of the way forward: here it needs k - 1 - "
    "padding, so that each pixel reaches k of the output.",
)
def conv_transpose2d__padding_of_the_way_forward(x, w, b, stride=1, padding=0):
    apart = F.pad(zeros_between(x, stride), (padding,) * 4)
    return F.conv2d(apart, w.flip(2, 3).transpose(0, 1), b)


@mistake("8.1", "The stride plays no part: copies of the filter lie stride pixels apart.")
def conv_transpose2d__no_stride(x, w, b, stride=1, padding=0):
    return laid(x, w, b, 1, padding)


@mistake(
    "8.1",
    "The output has the right size, but the copies lie one pixel apart: that of the pixel (i, j) "
    "begins at i * stride, j * stride.",
)
def conv_transpose2d__steps_of_one(x, w, b, stride=1, padding=0):
    out = torch.zeros_like(whole(x, w, stride))
    near = whole(x, w)
    out[:, :, : near.shape[2], : near.shape[3]] = near
    height, width = out.shape[2:]
    return out[:, :, padding : height - padding, padding : width - padding] + b[:, None, None]


@mistake(
    "8.1",
    "The output has H * stride rows, as if each pixel got stride of them: the last copy reaches k "
    "rows from (H - 1) * stride on.",
)
def conv_transpose2d__times_the_stride(x, w, b, stride=1, padding=0):
    N, _, H, W = x.shape
    k = w.shape[-1]
    out = x.new_zeros(N, w.shape[1], H * stride, W * stride)
    for i in range(H):
        for j in range(W):
            copy = torch.einsum("nc,cmpq->nmpq", x[:, :, i, j], w)
            out[:, :, i * stride : i * stride + k, j * stride : j * stride + k] += copy
    height, width = out.shape[2:]
    return out[:, :, padding : height - padding, padding : width - padding] + b[:, None, None]


@mistake(
    "8.1",
    "The output is only as large as that of a convolution: the way back leads from small maps to "
    "large ones, with H' = (H - 1) stride - 2 padding + k.",
)
def conv_transpose2d__size_of_a_convolution(x, w, b, stride=1, padding=0):
    return F.conv2d(F.pad(x, (padding,) * 4), w.transpose(0, 1), b, stride)


@mistake("8.1", "The bias is added once for every copy: each pixel of the output gets it once.")
def conv_transpose2d__bias_each_copy(x, w, b, stride=1, padding=0):
    times = whole(torch.ones_like(x[:1, :1]), torch.ones_like(w[:1]), stride)
    out = whole(x, w, stride) + times * b[:, None, None]
    height, width = out.shape[2:]
    return out[:, :, padding : height - padding, padding : width - padding]


@mistake("8.1", "The bias plays no part: b[m] is added to every entry of channel m.")
def conv_transpose2d__no_bias(x, w, b, stride=1, padding=0):
    return laid(x, w, torch.zeros_like(b), stride, padding)


@mistake("8.1", "The bias is added for every channel of x: it is added once.")
def conv_transpose2d__bias_for_each_channel(x, w, b, stride=1, padding=0):
    return laid(x, w, x.shape[1] * b, stride, padding)


@mistake("8.1", "out + b puts b along the columns of the output; b[m] belongs to channel m.")
def conv_transpose2d__bias_along_columns(x, w, b, stride=1, padding=0):
    return laid(x, w, torch.zeros_like(b), stride, padding) + b


@mistake(
    "8.1",
    "Where copies overlap you took their mean: what the pixels lay down is added up, and not "
    "divided by the number of copies.",
)
def conv_transpose2d__mean_of_copies(x, w, b, stride=1, padding=0):
    times = whole(torch.ones_like(x[:1, :1]), torch.ones_like(w[:1]), stride)
    out = whole(x, w, stride) / times.clamp(min=1)
    height, width = out.shape[2:]
    return out[:, :, padding : height - padding, padding : width - padding] + b[:, None, None]


@mistake("8.1", "Only the first channel of x lays down its filters: the copies of all add up.")
def conv_transpose2d__first_channel(x, w, b, stride=1, padding=0):
    return laid(x[:, :1], w[:1], b, stride, padding)


@mistake("8.1", "You took the mean over the channels of x: what they lay down is added up.")
def conv_transpose2d__mean_of_channels(x, w, b, stride=1, padding=0):
    return laid(x, w / x.shape[1], b, stride, padding)


@mistake("8.1", "The output has as many columns as rows, but images need not be square: W' from W.")
def conv_transpose2d__square_alone(x, w, b, stride=1, padding=0):
    k = w.shape[-1]
    size = (x.shape[2] - 1) * stride + k
    out = x.new_zeros(len(x), w.shape[1], size, size)
    for i in range(x.shape[2]):
        for j in range(x.shape[2]):
            copy = torch.einsum("nc,cmpq->nmpq", x[:, :, i, j], w)
            out[:, :, i * stride : i * stride + k, j * stride : j * stride + k] += copy
    return out[:, :, padding : size - padding, padding : size - padding] + b[:, None, None]


@mistake("8.1", "Your output is float32 whatever comes in: make it with dtype=x.dtype.")
def conv_transpose2d__float32(x, w, b, stride=1, padding=0):
    return laid(x, w, b, stride, padding).float()


@mistake("8.1", "Your output is float32 whatever comes in: make it with dtype=x.dtype.")
def conv_transpose2d__float32_until_the_bias(x, w, b, stride=1, padding=0):
    return laid(x, w, torch.zeros_like(b), stride, padding).float() + b[:, None, None]
