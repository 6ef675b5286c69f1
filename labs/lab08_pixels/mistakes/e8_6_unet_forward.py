"""Wrong answers to exercise 8.6 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import mistake


def descend(x, down):
    """What comes to the bottom, and what each level returned."""
    kept = []
    for level in down:
        x = level(x)
        kept.append(x)
        x = F.max_pool2d(x, 2)
    return x, kept


def ascend(x, up, kept):
    """Rightly, with what was kept last first."""
    for level, skip in zip(up, reversed(kept), strict=True):
        x = level(x, skip)
    return x


@mistake(
    "8.6",
    "The skips come in the order in which they were kept: the way up begins at the bottom, so the "
    "map kept last comes first.",
)
def unet_forward__first_kept_first(x, down, bottom, up):
    x, kept = descend(x, down)
    x = bottom(x)
    for level, skip in zip(up, kept):
        x = level(x, skip)
    return x


@mistake(
    "8.6",
    "The pooled maps are handed across: what pooling forgets is then lost. Keep what down[i] "
    "returns, before it is pooled.",
)
def unet_forward__pooled_kept(x, down, bottom, up):
    kept = []
    for level in down:
        x = F.max_pool2d(level(x), 2)
        kept.append(x)
    return ascend(bottom(x), up, kept)


@mistake("8.6", "What comes into down[i] is handed across: the skip is what it returns.")
def unet_forward__input_kept(x, down, bottom, up):
    kept = []
    for level in down:
        kept.append(x)
        x = F.max_pool2d(level(x), 2)
    return ascend(bottom(x), up, kept)


@mistake(
    "8.6", "What bottom returns is pooled: pooling comes after each down[i], and nowhere else."
)
def unet_forward__pooled_after_the_bottom(x, down, bottom, up):
    x, kept = descend(x, down)
    x = bottom(x)
    if min(x.shape[2:]) > 1:
        x = F.max_pool2d(x, 2)
    for level, skip in zip(up, reversed(kept)):
        x = level(x, skip)
    return x


@mistake(
    "8.6", "What bottom returns is pooled: pooling comes after each down[i], and nowhere else."
)
def unet_forward__pooled_after_the_bottom_always(x, down, bottom, up):
    x, kept = descend(x, down)
    x = F.max_pool2d(bottom(x), 2)
    for level, skip in zip(up, reversed(kept)):
        x = level(x, skip)
    return x


@mistake(
    "8.6",
    "x is pooled before down[i], and not after it: the first level sees the image as it is.",
)
def unet_forward__pooled_before(x, down, bottom, up):
    kept = []
    for level in down:
        x = level(F.max_pool2d(x, 2))
        kept.append(x)
    return ascend(bottom(x), up, kept)


LAST_LEVEL = "What the last of down returns is not pooled: pooling comes after each one."


@mistake("8.6", LAST_LEVEL)
def unet_forward__last_not_pooled(x, down, bottom, up):
    kept = []
    for i, level in enumerate(down):
        x = level(x)
        kept.append(x)
        if i < len(down) - 1:
            x = F.max_pool2d(x, 2)
    return ascend(bottom(x), up, kept)


@mistake("8.6", "Nothing is pooled: after each down[i], F.max_pool2d(h, 2) halves the map.")
def unet_forward__not_pooled(x, down, bottom, up):
    kept = []
    for level in down:
        x = level(x)
        kept.append(x)
    return ascend(bottom(x), up, kept)


@mistake("8.6", "The mean of each 2 x 2 is taken: asked for is the maximum, F.max_pool2d(h, 2).")
def unet_forward__average(x, down, bottom, up):
    kept = []
    for level in down:
        x = level(x)
        kept.append(x)
        x = F.avg_pool2d(x, 2)
    return ascend(bottom(x), up, kept)


@mistake(
    "8.6", "Every second pixel is taken, x[:, :, ::2, ::2]: asked for is the maximum of 2 x 2."
)
def unet_forward__every_second(x, down, bottom, up):
    kept = []
    for level in down:
        x = level(x)
        kept.append(x)
        x = x[:, :, ::2, ::2]
    return ascend(bottom(x), up, kept)


@mistake(
    "8.6",
    "Of an odd height or width the last row or column is kept (ceil_mode): halves are rounded "
    "down.",
)
def unet_forward__rounded_up(x, down, bottom, up):
    kept = []
    for level in down:
        x = level(x)
        kept.append(x)
        x = F.max_pool2d(x, 2, ceil_mode=True)
    return ascend(bottom(x), up, kept)


@mistake("8.6", "up[i] gets the skip first: it is up[i](h, skip), what comes from below first.")
def unet_forward__skip_first(x, down, bottom, up):
    x, kept = descend(x, down)
    x = bottom(x)
    for level in up:
        x = level(kept.pop(), x)
    return x


SHORT = (
    "The first map that was kept is not used, and the last of up is not called: there are as many "
    "steps up as down."
)


@mistake("8.6", SHORT)
def unet_forward__first_map_dropped(x, down, bottom, up):
    x, kept = descend(x, down)
    x = bottom(x)
    for level, skip in zip(up, kept[:0:-1]):
        x = level(x, skip)
    return x


@mistake("8.6", SHORT)
def unet_forward__one_step_short(x, down, bottom, up):
    x, kept = descend(x, down)
    x = bottom(x)
    for i in range(len(up) - 1):
        x = up[i](x, kept[-1 - i])
    return x


@mistake(
    "8.6",
    "The map kept last is not used, so that each step up gets the skip of a level too high: the "
    "first of up gets what the last of down returned.",
)
def unet_forward__last_map_dropped(x, down, bottom, up):
    x, kept = descend(x, down)
    x = bottom(x)
    for level, skip in zip(up, kept[-2::-1]):
        x = level(x, skip)
    return x


@mistake("8.6", "up is gone through from its end: up[0] is the first step of the way up.")
def unet_forward__up_from_the_end(x, down, bottom, up):
    x, kept = descend(x, down)
    x = bottom(x)
    for level, skip in zip(reversed(up), reversed(kept)):
        x = level(x, skip)
    return x


@mistake(
    "8.6",
    "up is gone through from its end, and the skips come in the order in which they were kept: "
    "both are turned round. up[0] comes first, with the map that was kept last.",
)
def unet_forward__both_turned_round(x, down, bottom, up):
    x, kept = descend(x, down)
    x = bottom(x)
    for level, skip in zip(up[::-1], kept):
        x = level(x, skip)
    return x


@mistake(
    "8.6",
    "Every step up gets the same skip: each level has its own; pop() takes it from the list.",
)
def unet_forward__same_skip(x, down, bottom, up):
    x, kept = descend(x, down)
    x = bottom(x)
    for level in up:
        x = level(x, kept[-1])
    return x


BOTTOM = "What bottom returns plays no part: the way up begins with it."


@mistake("8.6", BOTTOM)
def unet_forward__no_bottom(x, down, bottom, up):
    x, kept = descend(x, down)
    return ascend(x, up, kept)


@mistake("8.6", BOTTOM)
def unet_forward__bottom_not_used(x, down, bottom, up):
    x, kept = descend(x, down)
    bottom(x)
    return ascend(x, up, kept)


@mistake("8.6", "Each step up gets what bottom returned: it gets what the step before returned.")
def unet_forward__always_from_the_bottom(x, down, bottom, up):
    x, kept = descend(x, down)
    h = bottom(x)
    for level in up:
        x = level(h, kept.pop())
    return x


@mistake("8.6", "Each level of the way down gets x: it gets what the level before gave, pooled.")
def unet_forward__always_from_the_image(x, down, bottom, up):
    kept, h = [], x
    for level in down:
        h = level(x)
        kept.append(h)
        h = F.max_pool2d(h, 2)
    return ascend(bottom(h), up, kept)


@mistake(
    "8.6",
    "down[i] is called twice, once for the skip and once for what is pooled: call it once, and "
    "keep what it returns.",
)
def unet_forward__called_twice(x, down, bottom, up):
    kept = []
    for level in down:
        kept.append(level(x))
        x = F.max_pool2d(level(x), 2)
    return ascend(bottom(x), up, kept)


@mistake(
    "8.6",
    "The steps up are called with one map, in which you put h and skip together: it is "
    "up[i](h, skip), and how they are joined is its affair.",
)
def unet_forward__joined(x, down, bottom, up):
    x, kept = descend(x, down)
    x = bottom(x)
    for level in up:
        skip = kept.pop()
        x = level(torch.cat([F.interpolate(x, size=skip.shape[2:]), skip], 1))
    return x


@mistake("8.6", "The steps up get no skip: it is up[i](h, skip).")
def unet_forward__no_skips(x, down, bottom, up):
    x, _ = descend(x, down)
    x = bottom(x)
    for level in up:
        x = level(x)
    return x


@mistake("8.6", "There is no way up: what bottom returns goes through up[0], up[1], ...")
def unet_forward__no_way_up(x, down, bottom, up):
    x, _ = descend(x, down)
    return bottom(x)


CUT = "The graph is cut (detach, .data or no_grad): gradients go through bottom and each skip."


@mistake("8.6", CUT)
def unet_forward__skips_detached(x, down, bottom, up):
    x, kept = descend(x, down)
    x = bottom(x)
    for level in up:
        x = level(x, kept.pop().detach())
    return x


@mistake("8.6", CUT)
def unet_forward__pooled_detached(x, down, bottom, up):
    kept = []
    for level in down:
        x = level(x)
        kept.append(x)
        x = F.max_pool2d(x.detach(), 2)
    return ascend(bottom(x), up, kept)


@mistake("8.6", CUT)
def unet_forward__no_grad(x, down, bottom, up):
    with torch.no_grad():
        x, kept = descend(x, down)
        x = bottom(x)
        for level in up:
            x = level(x, kept.pop())
    return x


@mistake(
    "8.6",
    "You took the functions out of a list that was given (pop): leave the lists as they are.",
)
def unet_forward__lists_emptied(x, down, bottom, up):
    kept = []
    while down:
        x = down.pop(0)(x)
        kept.append(x)
        x = F.max_pool2d(x, 2)
    x = bottom(x)
    while up:
        x = up.pop(0)(x, kept.pop())
    return x


@mistake(
    "8.6",
    "kept[-i] begins with kept[0], since -0 is 0: the last one is kept[-1], then comes kept[-2].",
)
def unet_forward__minus_zero(x, down, bottom, up):
    x, kept = descend(x, down)
    x = bottom(x)
    for i, level in enumerate(up):
        x = level(x, kept[-i])
    return x
