"""Wrong answers to exercise 6.4 that students write, and what to tell them."""

from __future__ import annotations

from torch.nn import functional as F

from course_dl.lab import mistake


@mistake(
    "6.4",
    "The maximum starts at 0, and no window of negative pixels gets below it: start at -inf, or "
    "at the window's first pixel.",
)
def max_pool2d__from_zero(x, k):
    return max_pool2d__right(x, k).clamp_min(0)


@mistake("6.4", "You took the mean of each window: asked for is its largest entry.")
def max_pool2d__mean(x, k):
    return F.avg_pool2d(x, k)


@mistake("6.4", "You took the smallest entry of each window: asked for is the largest.")
def max_pool2d__smallest(x, k):
    return -max_pool2d__right(-x, k)


@mistake("6.4", "You compared absolute values: the largest entry is the largest with its sign.")
def max_pool2d__absolute(x, k):
    return max_pool2d__right(x.abs(), k)


@mistake(
    "6.4",
    "A rest of rows or columns makes a window of its own: what does not fill a window is left out.",
)
def max_pool2d__rest_kept(x, k):
    down, right = -x.shape[2] % k, -x.shape[3] % k
    return max_pool2d__right(F.pad(x, (0, right, 0, down), value=float("-inf")), k)


@mistake("6.4", "The windows overlap: they lie side by side, and each moves on by k pixels.")
def max_pool2d__overlapping(x, k):
    return x.unfold(2, k, 1).unfold(3, k, 1).amax((-1, -2))


@mistake(
    "6.4",
    "These are not the windows: reshape to (N, C, H // k, k, W // k, k), where a window lies along "
    "axes 3 and 5.",
)
def max_pool2d__wrong_axes(x, k):
    height, width = x.shape[2] // k, x.shape[3] // k
    cut = x[:, :, : height * k, : width * k]
    return cut.reshape(*x.shape[:2], height, width, k, k).amax((4, 5))


@mistake("6.4", "The first rows and columns are left out: what fills no window is at the end.")
def max_pool2d__cut_at_the_start(x, k):
    return max_pool2d__right(x[:, :, x.shape[2] % k :, x.shape[3] % k :], k)


@mistake("6.4", "You took every k-th pixel: asked for is the largest of all pixels in a window.")
def max_pool2d__every_kth(x, k):
    height, width = x.shape[2] // k, x.shape[3] // k
    return x[:, :, : height * k : k, : width * k : k].clone()


@mistake("6.4", "Sides that k does not divide stop it: cut off the rest before you reshape.")
def max_pool2d__not_cut(x, k):
    N, C, H, W = x.shape
    return x.reshape(N, C, H // k, k, W // k, k).amax((3, 5))


def max_pool2d__right(x, k):
    return x.unfold(2, k, k).unfold(3, k, k).amax((-1, -2))


@mistake("6.4", "This is one maximum over all channels too; each channel is pooled by itself.")
def max_pool2d__over_channels(x, k):
    N, C, H, W = x.shape
    h, w = H // k, W // k
    windows = x[:, :, : h * k, : w * k].reshape(N, C, h, k, w, k)
    return windows.amax((1, 3, 5))[:, None].expand(N, C, h, w).clone()


def _windows(x, k, height, width, largest, place=lambda i, j, k: (i * k, j * k)):
    """The loop over windows, into an output of the right size."""
    out = x.new_zeros(*x.shape[:2], x.shape[2] // k, x.shape[3] // k)
    for i in range(height):
        for j in range(width):
            top, left = place(i, j, k)
            out[:, :, i, j] = largest(x[:, :, top : top + k, left : left + k])
    return out


def _of_each_channel(window):
    return window.amax((2, 3))


BEYOND = "Your loop goes on into the rest that fills no window: there are H // k times W // k."


@mistake("6.4", BEYOND)
def max_pool2d__loop_over_the_rest(x, k):
    height, width = (-(-n // k) for n in x.shape[2:])
    return _windows(x, k, height, width, _of_each_channel)


@mistake("6.4", BEYOND)
def max_pool2d__loop_one_too_far(x, k):
    return _windows(x, k, x.shape[2] // k + 1, x.shape[3] // k + 1, _of_each_channel)


SWAPPED = "H and W are swapped: x is (N, C, H, W), rows first."


@mistake("6.4", SWAPPED)
def max_pool2d__sides_swapped(x, k):
    return _windows(x, k, x.shape[2] // k, x.shape[3] // k, _of_each_channel, _transposed)


def _transposed(i, j, k):
    return j * k, i * k


def _swapped(x, k, largest):
    out = x.new_zeros(*x.shape[:2], x.shape[3] // k, x.shape[2] // k)
    for i in range(x.shape[3] // k):
        for j in range(x.shape[2] // k):
            out[:, :, i, j] = largest(x[:, :, i * k : i * k + k, j * k : j * k + k])
    return out


@mistake("6.4", SWAPPED)
def max_pool2d__sizes_swapped(x, k):
    return _swapped(x, k, _of_each_channel)


@mistake("6.4", SWAPPED)
def max_pool2d__sizes_swapped_view(x, k):
    return _swapped(x, k, lambda window: window.flatten(2).max(2).values)


@mistake("6.4", SWAPPED)
def max_pool2d__sizes_swapped_max(x, k):
    return _swapped(x, k, lambda one: _of_each_channel(one) if one.numel() else one[0, 0].max())


@mistake("6.4", "The output has as many columns as rows, but images need not be square.")
def max_pool2d__square(x, k):
    n = x.shape[2] // k
    out = x.new_zeros(*x.shape[:2], n, n)
    for i in range(n):
        for j in range(n):
            out[:, :, i, j] = x[:, :, i * k : i * k + k, j * k : j * k + k].amax((2, 3))
    return out


@mistake("6.4", "This is one maximum for the whole batch: each image is pooled by itself.")
def max_pool2d__over_batch_and_channels(x, k):
    return max_pool2d__right(x, k).amax((0, 1), keepdim=True).expand_as(max_pool2d__right(x, k))


@mistake("6.4", "This is one maximum for the whole batch: each image is pooled by itself.")
def max_pool2d__over_batch(x, k):
    return max_pool2d__right(x, k).amax(0, keepdim=True).expand_as(max_pool2d__right(x, k))


@mistake(
    "6.4",
    "Split into (k, H // k), the k pixels of a group lie far apart: neighbours come together in "
    "(H // k, k).",
)
def max_pool2d__groups_far_apart(x, k):
    N, C, H, W = x.shape
    h, w = H // k, W // k
    return x[:, :, : h * k, : w * k].reshape(N, C, k, h, k, w).amax((2, 4))


@mistake("6.4", "The windows overlap: they lie side by side, and each moves on by k pixels.")
def max_pool2d__steps_of_one(x, k):
    height, width = x.shape[2] // k, x.shape[3] // k
    return _windows(x, k, height, width, _of_each_channel, lambda i, j, k: (i, j))


VALUES = "max(dim=...) gives two things, values and indices: amax gives the values alone."


@mistake("6.4", VALUES)
def max_pool2d__with_indices(x, k):
    N, C, H, W = x.shape
    cut = x[:, :, : H // k * k, : W // k * k].reshape(N, C, H // k, k, W // k, k)
    return tuple(cut.amax(3).max(dim=4))


@mistake("6.4", VALUES)
def max_pool2d__with_indices_of_rows(x, k):
    N, C, H, W = x.shape
    return tuple(x[:, :, : H // k * k, : W // k * k].reshape(N, C, H // k, k, W // k, k).max(dim=3))


@mistake("6.4", "torch.zeros is float32 unless it is told otherwise: take x.new_zeros.")
def max_pool2d__float32(x, k):
    return max_pool2d__right(x, k).float()
