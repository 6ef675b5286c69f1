"""Label maps: the class of every pixel as a colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import ListedColormap, Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from course_dl.plots._inputs import as_array
from course_dl.plots._style import PALETTE, WIDTH, Canvas, canvas, entry_width, inches, styled
from course_dl.plots._words import plain, say, some
from course_dl.plots.images import as_images

__all__ = ["label_maps"]

MOST = 10  # images in a row
LETTER = 0.09  # inches: a letter of a row's name
GROUND, NONE = "0.88", "white"  # the colours of class 0 and of pixels without a class


@styled
def label_maps(
    images: Any,
    maps: Any,
    predictions: Any = None,
    *,
    classes: Sequence[str] | None = None,
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """Images in a row, below each its label map, and below this, if given, what was predicted.

    Class 0, mostly the background, is light grey. A label that is no class, such as -100 or 255
    for pixels that do not count, is white; without ``classes``, negative ones alone.

    Parameters
    ----------
    images : (N, H, W), (N, 1, H, W) or (N, 3, H, W), at most 10.
    maps : (N, H, W) classes 0..K-1 of the pixels.
    predictions : (N, H, W) classes, or scores (N, K, H, W), of which the largest decides; or
        several, ``{name: predictions}``, a row each.
    classes : K names; numbers without them.
    """
    pictures = as_images(images)
    N = len(pictures)
    if N > MOST:
        raise ValueError(f"images: expected at most {MOST}, got {N}: choose some, as in images[:6]")
    rows = {"labels": as_labels(maps, "maps", pictures.shape[:3])}
    for name, given in _named(predictions).items():
        scores = as_array(given, "predictions", finite=True)
        chosen = scores.argmax(1) if scores.ndim == 4 else scores
        rows[name] = as_labels(chosen, "predictions", pictures.shape[:3])

    seen = np.unique(np.concatenate([row.ravel() for row in rows.values()]))
    K = max(int(seen.max()) + 1, 1) if classes is None else len(classes)
    known = [int(k) for k in seen if 0 <= k < K]
    names = [str(k) for k in known] if classes is None else [str(classes[k]) for k in known]
    palette = class_colours(K)
    colours = [palette[k] for k in known]
    if len(known) < len(seen):
        names, colours = [*names, "no class"], [*colours, to_rgb(NONE)]

    ratio = pictures.shape[1] / pictures.shape[2]
    longest = max(len(line) for name in rows for line in name.split("\n"))
    tile = min((WIDTH - 0.8 - LETTER * max(longest - 8, 0)) / N, 2.2)
    figure = canvas(figure, (1 + len(rows)) * (tile * ratio + 0.08) + 0.3 * bool(title) + 0.4)
    axes = figure.subplots(1 + len(rows), N, squeeze=False)
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color="0.6", linewidth=0.6)
    scale = Normalize(pictures.min(), pictures.max())
    for ax, picture in zip(axes[0], pictures, strict=True):
        ax.imshow(scale(picture), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    beside: Any = {"rotation": 0, "ha": "right", "va": "center"}
    shades = ListedColormap([*palette, to_rgb(NONE)])
    for line, (name, row) in zip(axes[1:], rows.items(), strict=True):
        line[0].set_ylabel(name, **beside)
        inside = np.where((row >= 0) & (row < K), row, K)
        for ax, one in zip(line, inside, strict=True):
            ax.imshow(one, cmap=shades, vmin=-0.5, vmax=K + 0.5, interpolation="nearest")
    axes[0, 0].set_ylabel("image", **beside)
    say(figure, in_words(rows, dict(zip(known, names, strict=False))))
    handles = [Patch(facecolor=colour, edgecolor="0.6", linewidth=0.6) for colour in colours]
    fitting = max(1, int(inches(figure)[0] / entry_width(names)))
    columns = min(len(names), fitting)
    figure.legend(handles, names, loc="outside lower center", ncols=columns, columnspacing=1.2)
    if title is not None:
        figure.suptitle(title)
    return figure.figure


def in_words(rows: Mapping[str, np.ndarray], names: Mapping[int, str]) -> str:
    """How many pixels each class has in each row, and how many are predicted as labelled."""
    labels = next(iter(rows.values()))
    told = [f"{len(labels)} pictures of {labels.shape[1]} x {labels.shape[2]} pixels"]
    for name, row in rows.items():
        shares = (f"{names[k]} {100 * (row == k).mean():.1f}%" for k in names if (row == k).any())
        words = f"{plain(name)}: {some(shares)}"
        if row is not labels:
            inside = (labels >= 0) & np.isin(labels, list(names))
            same = 100 * (row == labels)[inside].mean() if inside.any() else 0.0
            words += f"; as labelled in {same:.1f}% of the pixels"
        told.append(words)
    return ". ".join(told)


def _named(predictions: Any) -> dict[str, Any]:
    if predictions is None:
        return {}
    return dict(predictions) if isinstance(predictions, Mapping) else {"predicted": predictions}


def as_labels(given: Any, name: str, shape: tuple[int, ...]) -> np.ndarray:
    labels = as_array(given, name, finite=True)
    if labels.shape != shape:
        raise ValueError(
            f"{name}: expected a class for every pixel of the images, {shape}, got {labels.shape}"
        )
    whole = labels.astype(np.int64)
    if (whole != labels).any():
        raise ValueError(f"{name}: expected classes, which are whole numbers")
    return whole


def class_colours(K: int) -> list[tuple[float, float, float]]:
    """Grey for class 0; for the others the palette, or colours in even steps where it is short."""
    if len(PALETTE) >= K - 1:
        others = [to_rgb(colour) for colour in PALETTE[: K - 1]]
    else:
        others = [to_rgb(colour) for colour in colormaps["turbo"](np.linspace(0.05, 0.95, K - 1))]
    return [to_rgb(GROUND), *others]
