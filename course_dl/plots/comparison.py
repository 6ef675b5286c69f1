"""Images in a table: what several methods make of the same images; numbers on their pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_dl.plots._inputs import as_array
from course_dl.plots._style import SEQUENTIAL, WIDTH, Canvas, canvas, inches, styled
from course_dl.plots._words import plain, say, some

__all__ = ["image_table", "pixel_counts"]

LETTER = 0.075  # inches: a letter of the small print
LINE = 0.17  # inches: a line of it
SIDE = 14  # pixels of a map whose numbers can be read


@styled
def image_table(
    table: Mapping[str, Mapping[str, Any]],
    *,
    captions: Mapping[str, Mapping[str, str]] | None = None,
    signed: Sequence[str] = (),
    limits: tuple[float, float] = (0.0, 1.0),
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """A table of grey images: a row for each noise level, say, and a column for each method.

    Parameters
    ----------
    table : ``{row: {column: image}}``, an image being (H, W) or (1, H, W); each row has the columns
        of the first.
    captions : ``{row: {column: text}}``, below the images; some may be left out.
    signed : columns of residuals, in which 0 is grey: black and white are half of the range of
        ``limits`` away from it.
    limits : the values of black and white; what lies beyond is cut.
    """
    rows = {row: _pictures(images, row) for row, images in table.items()}
    if not rows or not next(iter(rows.values())):
        raise ValueError("table: expected at least one row with at least one image")
    columns = list(next(iter(rows.values())))
    for row, pictures in rows.items():
        if list(pictures) != columns:
            raise ValueError(f"table: expected the columns {columns} in row {row!r} too")
    if unknown := set(signed) - set(columns):
        raise ValueError(f"signed: no column is called {sorted(unknown)}")
    low, high = limits
    if not low < high:
        raise ValueError(f"limits: expected the values of black and of white, got {limits}")

    texts = captions or {}
    below = any(texts.get(row, {}).get(column) for row in rows for column in columns)
    heights = [max(p.shape[0] / p.shape[1] for p in row.values()) for row in rows.values()]
    wide = WIDTH if figure is None else inches(figure)[0]
    beside = LETTER * max(len(line) for row in rows for line in row.split("\n")) + 0.2
    tile = min((wide - beside) / len(columns), 2.2)
    space = 0.12 + LINE * below
    figure = canvas(figure, sum(tile * h + space for h in heights) + 0.3 + 0.3 * bool(title))
    axes = figure.subplots(
        len(rows), len(columns), squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    for line, (row, pictures) in zip(axes, rows.items(), strict=True):
        for ax, (column, picture) in zip(line, pictures.items(), strict=True):
            half = (high - low) / 2
            black, white = (-half, half) if column in signed else (low, high)
            ax.imshow(picture, cmap="gray", vmin=black, vmax=white, interpolation="nearest")
            _bare(ax)
            ax.set_xlabel(texts.get(row, {}).get(column, ""), fontsize=9, labelpad=2)
        line[0].set_ylabel(row, rotation=0, ha="right", va="center")
    for ax, column in zip(axes[0], columns, strict=True):
        ax.set_title(column, fontsize=9)
    if title is not None:
        figure.suptitle(title)
    return figure.figure


@styled
def pixel_counts(
    maps: Mapping[str, Any], *, title: str | None = None, figure: Canvas | None = None
) -> Figure:
    """Small maps of whole numbers, the number written into each pixel.

    Parameters
    ----------
    maps : ``{name: (H, W)}`` or (1, H, W), counts of 0 or more, at most 14 x 14 of them.
    """
    counts = {name: _one_map(m, name) for name, m in maps.items()}
    if not counts:
        raise ValueError("maps: expected at least one")
    for name, m in counts.items():
        if m.ndim != 2 or max(m.shape) > SIDE:
            raise ValueError(f"{name}: expected (H, W), at most {SIDE} x {SIDE}, got {m.shape}")
        if (m < 0).any() or (m != np.round(m)).any():
            raise ValueError(f"{name}: expected counts, which are whole numbers and not negative")
    top = max(max(float(m.max()) for m in counts.values()), 1.0)
    wide = WIDTH if figure is None else inches(figure)[0]
    tile = min(wide / len(counts), 3.2)
    ratio = max(m.shape[0] / m.shape[1] for m in counts.values())
    figure = canvas(figure, tile * ratio + 0.3 + 0.3 * bool(title))
    axes = figure.subplots(1, len(counts), squeeze=False)[0]
    for ax, (name, m) in zip(axes, counts.items(), strict=True):
        ax.imshow(m, cmap=SEQUENTIAL, vmin=0, vmax=top, interpolation="nearest")
        for (i, j), number in np.ndenumerate(m):
            shade = "white" if number < 0.6 * top else "black"
            ax.text(j, i, f"{number:.0f}", ha="center", va="center", fontsize=9, color=shade)
        _bare(ax)
        ax.set_title(name)
    say(figure, "; ".join(f"{plain(name)}: {_in_words(m)}" for name, m in counts.items()))
    if title is not None:
        figure.suptitle(title)
    return figure.figure


def _in_words(m: np.ndarray) -> str:
    rows = (" ".join(f"{number:.0f}" for number in row) for row in m)
    return f"{m.shape[0]} rows of {m.shape[1]} numbers, {some(rows, SIDE)}"


def _pictures(images: Mapping[str, Any], row: str) -> dict[str, np.ndarray]:
    pictures = {}
    for column, image in images.items():
        picture = _one_map(image, f"{row}, {column}")
        if picture.ndim != 2:
            raise ValueError(f"{row}, {column}: expected a grey image (H, W), got {picture.shape}")
        pictures[column] = picture
    return pictures


def _one_map(given: Any, name: str) -> np.ndarray:
    """(H, W) of (H, W), (1, H, W) or (1, 1, H, W); what is of another shape stays as it is."""
    array = as_array(given, name, finite=True)
    while array.ndim > 2 and len(array) == 1:
        array = array[0]
    return array


def _bare(ax: Axes) -> None:
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color="0.6", linewidth=0.6)
