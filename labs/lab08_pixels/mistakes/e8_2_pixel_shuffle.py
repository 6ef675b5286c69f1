"""Wrong answers to exercise 8.2 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


def woven(x, r, order, split="crr"):
    """Blocks of channels, (C, r, r) or (r, r, C), woven in the order given."""
    N, channels, H, W = x.shape
    C = channels // r**2
    blocks = x.reshape(N, C, r, r, H, W)
    if split == "rrc":
        blocks = x.reshape(N, r, r, C, H, W).permute(0, 3, 1, 2, 4, 5)
    return blocks.permute(order).reshape(N, C, H * r, W * r)


RIGHT = (0, 1, 4, 2, 5, 3)


@mistake(
    "8.2",
    "Rows and columns of each block are exchanged: channel p r + q goes to its row p and column q.",
)
def pixel_shuffle__transposed(x, r):
    return woven(x, r, (0, 1, 4, 3, 5, 2))


@mistake(
    "8.2",
    "The channels are split as (r, r, C): those of one image lie together, c r^2 + p r + q, so "
    "that they are (C, r, r).",
)
def pixel_shuffle__channels_last(x, r):
    return woven(x, r, RIGHT, "rrc")


@mistake(
    "8.2",
    "The channels are split as (r, r, C), and rows and columns are exchanged as well: channel "
    "c r^2 + p r + q goes to row p and column q of each block of image c.",
)
def pixel_shuffle__channels_last_transposed(x, r):
    return woven(x, r, (0, 1, 4, 3, 5, 2), "rrc")


@mistake("8.2", "A reshape alone leaves the numbers in their order: the axes must change places.")
def pixel_shuffle__reshaped(x, r):
    N, channels, H, W = x.shape
    return x.reshape(N, channels // r**2, H * r, W * r)


@mistake(
    "8.2",
    "The small images lie side by side as tiles: their pixels must be woven into each other, "
    "neighbours come from different channels.",
)
def pixel_shuffle__tiles(x, r):
    return woven(x, r, (0, 1, 2, 4, 3, 5))


@mistake("8.2", "Height and width are exchanged: rows of x stay rows, there are H r of them.")
def pixel_shuffle__height_and_width(x, r):
    N, channels, H, W = x.shape
    blocks = x.reshape(N, channels // r**2, r, r, H, W).permute(0, 1, 5, 3, 4, 2)
    return blocks.reshape(N, channels // r**2, W * r, H * r)


@mistake("8.2", "The result has H and W exchanged in its shape alone: (N, C, H r, W r).")
def pixel_shuffle__shape_exchanged(x, r):
    N, channels, H, W = x.shape
    blocks = x.reshape(N, channels // r**2, r, r, H, W).permute(RIGHT)
    return blocks.reshape(N, channels // r**2, W * r, H * r)


@mistake(
    "8.2",
    "Each pixel is repeated in a block of r x r: the pixels of a block come from r^2 channels.",
)
def pixel_shuffle__repeated(x, r):
    small = x[:, :: r * r]
    return small.repeat_interleave(r, 2).repeat_interleave(r, 3)


@mistake("8.2", "i and p have changed places: pixel i of channel p comes to row r i + p.")
def pixel_shuffle__rows_of_blocks(x, r):
    return woven(x, r, (0, 1, 2, 4, 5, 3))


@mistake("8.2", "j and q have changed places: pixel j of channel q comes to column r j + q.")
def pixel_shuffle__columns_of_blocks(x, r):
    return woven(x, r, (0, 1, 4, 2, 3, 5))


@mistake(
    "8.2",
    "You made small images of a large one, which is the way back: here the channels become fewer "
    "and the images larger.",
)
def pixel_shuffle__unshuffled(x, r):
    N, C, H, W = x.shape
    blocks = x[:, :, : H // r * r, : W // r * r].unflatten(3, (-1, r)).unflatten(2, (-1, r))
    return blocks.permute(0, 1, 3, 5, 2, 4).reshape(N, C * r * r, H // r, W // r)


@mistake("8.2", "Only the channels of the first image are used: c begins at c r^2 in x.")
def pixel_shuffle__first_channels(x, r):
    N, channels, H, W = x.shape
    out = torch.zeros(N, channels // r**2, H * r, W * r, dtype=x.dtype)
    for p in range(r):
        for q in range(r):
            out[:, :, p::r, q::r] = x[:, p * r + q, None]
    return out


@mistake("8.2", "Your output is float32 whatever comes in: make it with dtype=x.dtype.")
def pixel_shuffle__float32(x, r):
    return woven(x, r, RIGHT).float()


@mistake(
    "8.2",
    "The channels are divided by r, not by r^2: each pixel of the small image becomes r x r.",
)
def pixel_shuffle__divided_once(x, r):
    N, channels, H, W = x.shape
    return x.reshape(N, channels // r, r, r, H, W).permute(RIGHT).reshape(N, -1, H * r, W * r)


@mistake(
    "8.2",
    "view wants the numbers in the order in which they lie in memory, which permute changes: use "
    "reshape after it.",
)
def pixel_shuffle__viewed(x, r):
    N, channels, H, W = x.shape
    blocks = x.view(N, channels // r**2, r, r, H, W).permute(RIGHT)
    return blocks.view(N, channels // r**2, H * r, W * r)
