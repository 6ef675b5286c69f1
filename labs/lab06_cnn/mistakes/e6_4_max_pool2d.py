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
