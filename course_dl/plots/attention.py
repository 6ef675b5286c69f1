"""What a transformer looks at, where it thinks that its patches lie, and what surprises it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course_dl.plots._inputs import as_array
from course_dl.plots._style import (
    DIVERGING,
    SEQUENTIAL,
    WIDTH,
    WRONG,
    Canvas,
    canvas,
    inches,
    styled,
)
from course_dl.plots._words import say
from course_dl.plots.animation import Animation, animate
from course_dl.plots.images import as_images, one_image

__all__ = ["animate_images", "attention_map", "position_similarities", "surprise_maps"]

MOST = 10  # images in a row


@styled
def attention_map(
    image: Any,
    weights: Any,
    query: int,
    *,
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """What one patch of an image looks at, head by head: weights as colours, over the image.

    A row for each block, a column for each head, and the mean of the heads last. All have the same
    scale. The patch itself is framed.

    Parameters
    ----------
    image : (H, W) or (1, H, W), in grey.
    weights : (heads, T, T) of one block, or (depth, heads, T, T) of several; rows sum to 1. The T
        patches are those of a grid of the image's shape, row by row.
    query : the number of the patch, 0..T-1.
    """
    picture = _grey(image)
    maps = as_array(weights, "weights", finite=True)
    maps = maps[None] if maps.ndim == 3 else maps
    if maps.ndim != 4 or maps.shape[2] != maps.shape[3]:
        raise ValueError(
            f"weights: expected (heads, T, T) or (depth, heads, T, T), got {maps.shape}"
        )
    depth, heads, T, _ = maps.shape
    rows, columns = grid_of(T, picture.shape)
    if isinstance(query, bool) or not 0 <= query < T:
        raise ValueError(f"query: expected the number of a patch, 0 to {T - 1}, got {query!r}")
    seen = np.concatenate([maps[:, :, query], maps[:, :, query].mean(1, keepdims=True)], 1)
    scale = Normalize(0, max(float(seen.max()), 1e-12))

    wide = WIDTH if figure is None else inches(figure)[0]
    tile = min((wide - 1.6) / (heads + 1), 1.8)
    ratio = picture.shape[0] / picture.shape[1]
    figure = canvas(figure, depth * (tile * ratio + 0.1) + 0.3 + 0.3 * bool(title))
    axes = figure.subplots(depth, heads + 1, squeeze=False)
    high, across = picture.shape[0] / rows, picture.shape[1] / columns
    corner = (query % columns * across - 0.5, query // columns * high - 0.5)
    for block, line in enumerate(axes):
        for head, ax in enumerate(line):
            _overlay(ax, picture, seen[block, head].reshape(rows, columns), scale)
            ax.add_patch(Rectangle(corner, across, high, fill=False, edgecolor=WRONG, linewidth=2))
            if not block:
                ax.set_title(f"head {head + 1}" if head < heads else "mean", fontsize=9)
        line[0].set_ylabel(f"block {block + 1}", rotation=0, ha="right", va="center")
    figure.colorbar(ScalarMappable(scale, SEQUENTIAL), ax=axes, label="weight", shrink=0.8)
    say(figure, attention_in_words(seen, query, columns))
    if title is not None:
        figure.suptitle(title)
    return figure.figure


@styled
def position_similarities(
    positions: Any,
    *,
    grid: tuple[int, int] | None = None,
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """A grid of grids: at each place, how similar its vector is to the vector of every place.

    The similarity is the cosine of the two vectors less the mean of all; red is 1, blue is -1. The
    place itself has a dot.

    Parameters
    ----------
    positions : (T, dim), a vector for each place, row by row.
    grid : rows and columns of the places; square without it.
    """
    vectors = as_array(positions, "positions", 2, finite=True)
    T = len(vectors)
    rows, columns = grid or grid_of(T, (1, 1))
    if rows * columns != T:
        raise ValueError(f"grid: {rows} x {columns} places are not the {T} of positions")
    vectors = vectors - vectors.mean(0)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = vectors / np.where(lengths > 0, lengths, 1)
    maps = (vectors @ vectors.T).reshape(T, rows, columns)
    wide = (WIDTH if figure is None else inches(figure)[0]) - 1.2
    tile = min(wide / columns, 0.9)
    figure = canvas(figure, rows * tile * rows / columns + 0.2 + 0.3 * bool(title))
    ax = figure.subplots()
    gap = 0.12
    for t, similar in enumerate(maps):
        x, y = t % columns * (1 + gap), t // columns * (rows / columns + gap)
        place = (x, x + 1, y + rows / columns, y)
        ax.imshow(similar, extent=place, cmap=DIVERGING, vmin=-1, vmax=1, interpolation="nearest")
        here = (x + (t % columns + 0.5) / columns, y + (t // columns + 0.5) / columns)
        ax.plot(*here, ".", color="black", markersize=3)
    ax.set_xlim(-gap, columns * (1 + gap))
    ax.set_ylim(rows * (rows / columns + gap), -gap)
    ax.set_aspect("equal")
    ax.set_axis_off()
    figure.colorbar(
        ScalarMappable(Normalize(-1, 1), DIVERGING), ax=ax, label="similarity", shrink=0.8
    )
    others = maps.reshape(T, T) - 9 * np.eye(T)
    near = [
        abs(t // columns - s // columns) + abs(t % columns - s % columns) == 1
        for t, s in enumerate(others.argmax(1))
    ]
    say(
        figure,
        f"{T} places in {rows} rows; most similar to a place is one next to it for "
        f"{np.mean(near):.0%} of them",
    )
    if title is not None:
        figure.suptitle(title)
    return figure.figure


@styled
def surprise_maps(
    images: Any,
    nats: Any,
    *,
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """Images, and below each how much every patch surprised a model: ``-log p`` in nats, as colour.

    The sum stands below it. The two per cent of the greatest surprises have one colour.

    Parameters
    ----------
    images : (N, H, W) or (N, 1, H, W), in grey, at most 10.
    nats : (N, T), 0 or more, of the patches of a grid of the images' shape, row by row.
    """
    pictures = as_images(images)
    if pictures.ndim != 3 or len(pictures) > MOST:
        raise ValueError(f"images: expected at most {MOST} grey ones, got {pictures.shape}")
    surprise = as_array(nats, "nats", 2, finite=True)
    if len(surprise) != len(pictures) or (surprise < 0).any():
        raise ValueError(
            f"nats: expected a row of numbers not below 0 for each of the {len(pictures)} images, "
            f"got {surprise.shape}, the least being {surprise.min():g}"
        )
    rows, columns = grid_of(surprise.shape[1], pictures.shape[1:])
    # One great surprise would leave all others dark.
    scale = Normalize(0, max(float(np.quantile(surprise, 0.98)), 1e-12))
    N = len(pictures)
    wide = WIDTH if figure is None else inches(figure)[0]
    tile = min((wide - 1.0) / N, 2.2)
    ratio = pictures.shape[1] / pictures.shape[2]
    figure = canvas(figure, 2 * tile * ratio + 0.5 + 0.3 * bool(title))
    axes = figure.subplots(2, N, squeeze=False)
    for above, below, picture, row in zip(*axes, pictures, surprise, strict=True):
        above.imshow(picture, cmap="gray", interpolation="nearest")
        _bare(above)
        _overlay(below, picture, row.reshape(rows, columns), scale)
        below.set_xlabel(f"{row.sum():.1f}", fontsize=9, labelpad=2)
    figure.colorbar(
        ScalarMappable(scale, SEQUENTIAL), ax=axes, label="nats a patch", shrink=0.8, extend="max"
    )
    if title is not None:
        figure.suptitle(title)
    return figure.figure


def animate_images(
    frames: Any,
    *,
    columns: int | None = None,
    titles: Sequence[str] = (),
    limits: tuple[float, float] = (0.0, 1.0),
    seconds: float = 8.0,
) -> Animation:
    """Several grey images that change from frame to frame, as while a model completes them.

    Parameters
    ----------
    frames : (F, N, H, W), N images in each of F frames.
    columns : images a row; all in one row without it.
    titles : F of them; by default the numbers of the frames.
    limits : the values of black and white.
    seconds, and the number of frames drawn : see `animate`.
    """
    pictures = as_array(frames, "frames", 4, finite=True)
    F, N, H, W = pictures.shape
    columns = N if columns is None else columns
    if columns < 1:
        raise ValueError(f"columns={columns}: expected at least 1")
    told = list(titles) or [f"{t} of {F - 1}" for t in range(F)]
    if len(told) != F:
        raise ValueError(f"titles: expected {F} of them, one a frame, got {len(told)}")
    lines = -(-N // columns)
    gap = max(1, W // 12)
    sheet = np.full((F, lines * (H + gap) - gap, columns * (W + gap) - gap), np.nan)
    for n in range(N):
        y, x = n // columns * (H + gap), n % columns * (W + gap)
        sheet[:, y : y + H, x : x + W] = pictures[:, n]

    def draw(ax: Axes, t: int) -> None:
        ax.imshow(sheet[t], cmap="gray", vmin=limits[0], vmax=limits[1], interpolation="nearest")
        ax.set_axis_off()
        ax.set_title(told[t])

    return animate(draw, F, seconds=seconds)


def attention_in_words(seen: np.ndarray, query: int, columns: int) -> str:
    """At which patch each head looks most, of weights (depth, heads + 1, T), the mean last."""

    def place(patch: int) -> str:
        return f"row {patch // columns + 1}, column {patch % columns + 1}"

    told = [f"The patch in {place(query)} is framed"]
    for k, block in enumerate(seen, 1):
        names = [*(f"head {h}" for h in range(1, len(block))), "their mean"]
        looks = (
            f"{name} at {place(int(row.argmax()))} with {row.max():.2g}"
            for name, row in zip(names, block, strict=True)
        )
        told.append(f"block {k} looks most: {'; '.join(looks)}")
    return ". ".join(told)


def grid_of(T: int, shape: Sequence[int]) -> tuple[int, int]:
    """Rows and columns of T square patches of an image of that shape."""
    columns = round(math.sqrt(T * shape[1] / shape[0]))
    rows = T // max(columns, 1)
    if rows * columns != T or rows * shape[1] != columns * shape[0]:
        raise ValueError(
            f"{T} square patches do not make an image of {shape[0]} x {shape[1]}: is one of them "
            "a class, which has no place?"
        )
    return rows, columns


def _overlay(ax: Axes, picture: np.ndarray, values: np.ndarray, scale: Normalize) -> None:
    """Values of patches in colour, and the image through them."""
    H, W = picture.shape
    ax.imshow(picture, cmap="gray", interpolation="nearest")
    ax.imshow(
        values,
        extent=(-0.5, W - 0.5, H - 0.5, -0.5),
        cmap=SEQUENTIAL,
        norm=scale,
        alpha=0.65,
        interpolation="nearest",
    )
    _bare(ax)


def _bare(ax: Axes) -> None:
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color="0.6", linewidth=0.6)


def _grey(image: Any) -> np.ndarray:
    picture = one_image(image)
    if picture.ndim != 2:
        raise ValueError(f"image: expected a grey image (H, W), got {picture.shape}")
    return picture
