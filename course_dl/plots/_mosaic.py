"""Many images in one axes, each with a caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course_dl.plots._style import (
    DIVERGING,
    WIDTH,
    WRONG,
    Canvas,
    canvas,
    inches,
)

__all__ = ["Caption", "captions_of", "channel_mosaic", "mosaic"]

LINE = 0.165  # inches: a line of caption
LETTER = 0.085  # inches: a letter of caption
FEW_CHANNELS = 8  # whose tiles are wide enough for a caption each
BAR_ROOM = 1.0  # inches: a bar of colours, its numbers and its label


@dataclass(frozen=True)
class Caption:
    """The text above an image, in one line or more, and whether it names a wrong prediction."""

    text: str
    wrong: bool = False


def captions_of(names: Sequence[str] | None, n: int, numbered: bool = False) -> list[Caption]:
    """The names as captions; without names numbers from 1, or nothing."""
    if names is None:
        return [Caption(str(k + 1) if numbered else "") for k in range(n)]
    if len(names) != n:
        raise ValueError(f"names: expected one for each of the {n} images, got {len(names)}")
    return [Caption(str(name)) for name in names]


def channel_mosaic(
    pictures: np.ndarray,
    what: str,
    names: Sequence[str] | None,
    columns: int | None,
    title: str | None,
    figure: Canvas | None,
    numbered: bool = False,
) -> Figure:
    """Weights (M, C, H, W) of M filters, say, 0 being white; with several channels, a row each."""
    M, C = pictures.shape[:2]
    captions = captions_of(names, M, numbered=numbered or C > 1)
    if C > 1:
        columns, title = C, title or f"a row for each {what}, a column for each channel"
        captions = [
            Caption(f"{c.text}, {k + 1}" if C <= FEW_CHANNELS else "")
            for c in captions
            for k in range(C)
        ]
    top = abs(pictures).max() or 1.0
    tiles = pictures.reshape(M * C, *pictures.shape[2:])
    scale = Normalize(-top, top)
    return mosaic(tiles, captions, columns, title, figure, scale, DIVERGING, "weight")


def mosaic(
    pictures: np.ndarray,
    captions: list[Caption],
    columns: int | None,
    title: str | None,
    figure: Canvas | None,
    scale: Normalize,
    cmap: str,
    label: str | None = None,
    first: np.ndarray | None = None,
) -> Figure:
    """All pictures in one axes, which is drawn much faster than an axes each."""
    lines = max(caption.text.count("\n") + 1 if caption.text else 0 for caption in captions)
    letters = max(len(line) for caption in captions for line in caption.text.split("\n"))
    if first is not None:
        lines, letters = max(lines, 1), max(letters, 5)
        captions = [Caption("input"), *captions]
    n = len(captions)
    wide, tall = (WIDTH, np.inf) if figure is None else inches(figure)
    wide -= BAR_ROOM if label else 0.1
    top = 0.4 if title else 0.1
    height, width = pictures.shape[1:3]
    caption_height = LINE * lines + 0.1

    def tile_of(columns: int) -> float:
        """The width of a picture, in inches, with so many in a row."""
        rows = -(-n // columns)
        return min(wide / columns, 2.2, ((tall - top) / rows - caption_height) * width / height)

    if columns is None:
        if figure is None:
            fitting = min(n, 10, max(1, int(wide / max(LETTER * letters + 0.1, 0.64))))
            columns = -(-n // -(-n // fitting))  # as many rows, evenly filled
        else:
            fitting = min(n, max(1, int(wide / (LETTER * letters + 0.05))))
            columns = max(range(1, fitting + 1), key=tile_of)
    if columns < 1:
        raise ValueError(f"columns={columns}: expected at least 1")
    rows, tile = -(-n // columns), tile_of(columns)
    figure = canvas(figure, max(rows * (tile * height / width + caption_height) + top, 1.2))

    ax = figure.subplots()
    ax.set_axis_off()
    gap = 0.06
    step_y = height / width + caption_height / tile + gap
    images = ([first] if first is not None else []) + list(pictures)
    for k, (picture, caption) in enumerate(zip(images, captions, strict=True)):
        x, y = (k % columns) * (1 + gap), (k // columns) * step_y
        if first is not None and k == 0:
            draw_tile(ax, picture, x, y, height / width, "gray", None)
        else:
            draw_tile(ax, picture, x, y, height / width, cmap, scale)
        edge = (WRONG, 2.5) if caption.wrong else ("0.6", 0.6)
        ax.add_patch(
            Rectangle((x, y), 1, height / width, fill=False, edgecolor=edge[0], linewidth=edge[1])
        )
        ax.text(
            x + 0.5,
            y - 0.03,
            caption.text,
            ha="center",
            va="bottom",
            fontsize=9,
            color=WRONG if caption.wrong else "black",
            weight="bold" if caption.wrong else "normal",
        )
    above, bottom = caption_height / tile, rows * step_y - caption_height / tile
    right = columns * (1 + gap) + (BAR_ROOM / tile if label else 0)
    ax.set_xlim(-0.05, right)
    ax.set_ylim(bottom, -above)
    ax.set_aspect("equal")
    if label:
        # In the same axes, with its text, so that it fits into narrow panels too.
        inch = 1 / (tile * (right + 0.05))
        place = (1 - (BAR_ROOM - 0.1) * inch, 0, 0.15 * inch, bottom / (bottom + above))
        figure.colorbar(ScalarMappable(scale, cmap), cax=ax.inset_axes(place), label=label)
    if title is not None:
        figure.suptitle(title)
    return figure.figure


def draw_tile(
    ax: Axes,
    picture: np.ndarray,
    x: float,
    y: float,
    ratio: float,
    cmap: str,
    scale: Normalize | None,
) -> None:
    """A picture in a tile that is 1 wide and ``ratio`` high; in its middle if it is of another."""
    own = picture.shape[0] / picture.shape[1]
    wide, high = min(1.0, ratio / own), min(ratio, own)
    left, top = x + (1 - wide) / 2, y + (ratio - high) / 2
    place = (left, left + wide, top + high, top)
    if picture.ndim == 3:
        ax.imshow((scale or Normalize())(picture), extent=place, interpolation="nearest")
    else:
        ax.imshow(picture, extent=place, cmap=cmap, norm=scale, interpolation="nearest")
