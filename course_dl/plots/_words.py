"""A figure in words, for those who hear it: what is drawn, with its numbers.

Most of it is read off the figure itself, so that it is true of whatever is drawn, by whoever.
Where that says little, as of a picture whose meaning lies in its colours, the function that draws
it knows better, and says it by `say`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sized
from itertools import groupby
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import PathCollection
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure, SubFigure
from matplotlib.image import AxesImage
from matplotlib.lines import AxLine, Line2D
from matplotlib.patches import StepPatch
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter

__all__ = ["describe", "plain", "say", "some"]

MOST = 12  # things of a kind that are named one by one
COLORBAR = "<colorbar>"
SIGNS = {"mid": "given", "longrightarrow": "to the right", "longleftarrow": "to the left"}
SPACES = ("mathrm", "mathbf", "text", "operatorname", "quad", "left", "right")

_said: WeakKeyDictionary[Figure | SubFigure, str] = WeakKeyDictionary()


def say(panel: Figure | SubFigure, words: str) -> None:
    """Let ``words`` stand for the colours, pictures and lines without a name of a panel or figure.

    Titles, axes, points and curves that have a name are told in any case.
    """
    _said[panel] = words


def describe(figure: Figure | SubFigure) -> str:
    """The figure in sentences: titles, axes with their ranges, and what is drawn in them.

    Nothing is said of what no reader needs, such as a line at 0 or a white edge.
    """
    sentences = list(_of_panel(figure))
    return " ".join(sentences) if sentences else "An empty figure."


def some(things: Iterable[Any], most: int = MOST) -> str:
    """``"a, b and c"``; of more than ``most`` things the first, and how many more there are."""
    words = [str(thing) for thing in things]
    if len(words) > most:
        words = [*words[: most - 1], f"{len(words) - most + 1} more"]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def plain(text: str) -> str:
    """A label without the signs of a formula: ``$\\varepsilon_1$`` is "epsilon 1"."""

    text = re.sub(r"\$([^$]*)\$", lambda formula: _formula(formula[1]), text)
    return re.sub(r"\s+([.,:])", r"\1", re.sub(r"\s+", " ", text)).strip()


def _formula(text: str) -> str:
    def word(command: re.Match[str]) -> str:
        name = command[1].removeprefix("var")
        return " " if name in SPACES else f" {SIGNS.get(name, name)} "

    text = re.sub(r"\\[,;!]", " ", re.sub(r"_\{?(\d+)\}?", r"\1", text))
    return re.sub(r"[{}\\_!;]", " ", re.sub(r"\\([a-zA-Z]+)", word, text))


def _of_panel(panel: Figure | SubFigure) -> Iterator[str]:
    title = panel.get_suptitle()
    if title:
        yield _sentence(plain(title))
    said = panel in _said
    axes = [ax for ax in panel.axes if ax.figure is panel and ax.get_visible() and _drawn(ax)]
    bars = [ax for ax in axes if ax.get_label() == COLORBAR]
    pictures = [ax for ax in axes if ax not in bars and _is_picture(ax)]
    for ax in axes:
        if ax not in bars and ax not in pictures:
            yield from _of_axes(ax, said)
    if said:
        yield _sentence(_said[panel])
    elif pictures:
        yield from _of_pictures(pictures)
    for bar in bars:
        yield from _of_bar(bar)
    for part in panel.subfigs:
        yield from _of_panel(part)


def _drawn(ax: Axes) -> bool:
    """Whether anything is in the axes; those of a grid that are left over are empty."""
    inside: tuple[Sized, ...] = (
        ax.lines,
        ax.collections,
        ax.patches,
        ax.images,
        ax.texts,
        ax.get_title(),
    )
    return any(map(len, inside))


# One axes


def _of_axes(ax: Axes, said: bool) -> Iterator[str]:
    title = plain(ax.get_title())
    if title:
        yield _sentence(title)
    if ax.axison:
        yield _sentence(f"{_axis('x', ax.xaxis)}; {_axis('y', ax.yaxis)}")
    things = [] if said else list(_of_colours(ax))
    things += [*_of_curves(ax, said), *_of_points(ax), *_of_bars(ax)]
    yield from (_sentence(thing) for thing in dict.fromkeys(things))
    written = [plain(text.get_text()) for text in ax.texts if text.get_text().strip()]
    if written and not said:
        yield _sentence(f"Written in it: {some(written)}")


def _axis(name: str, axis: Axis) -> str:
    label = plain(axis.label.get_text())
    names = _tick_names(axis)
    if names:
        span = some(names)
    else:
        low, high = sorted(axis.get_view_interval())
        inside = [tick for tick in axis.get_majorticklocs() if low <= tick <= high]
        low, high = (inside[0], inside[-1]) if len(inside) > 1 else (low, high)
        span = f"{_number(axis, low)} to {_number(axis, high)}"
    scale = ", logarithmic" if axis.get_scale() == "log" else ""
    return f"{name} axis{f' ({label})' if label else ''}: {span}{scale}"


def _tick_names(axis: Axis) -> list[str]:
    """What stands at the ticks, where these are names and no numbers."""
    formatter = axis.get_major_formatter()
    if not isinstance(formatter, FixedFormatter | FuncFormatter) or not isinstance(
        axis.get_major_locator(), FixedLocator
    ):
        return []
    return [plain(label.get_text()) for label in axis.get_ticklabels()]


def _number(axis: Axis, value: float) -> str:
    """A value as the axis writes it: a share as 98.5%, say; with three digits otherwise."""
    formatter = axis.get_major_formatter()
    if isinstance(formatter, FuncFormatter) and not isinstance(
        axis.get_major_locator(), FixedLocator
    ):
        return formatter(value, 0)
    return f"{value + 0.0:.3g}"  # no minus sign before a zero


def _of_curves(ax: Axes, said: bool) -> Iterator[str]:
    named = [line for line in ax.lines if line.get_visible() and not _nameless(line)]
    for line in named or ([] if said else _curves_without_names(ax)):
        yield _of_line(ax, line)
    in_error_bars = [bars for bars in ax.containers if isinstance(bars, ErrorbarContainer)]
    for bars in in_error_bars:
        yield f"{_name(str(bars.get_label()))}{_course(ax, *_data(bars.lines[0]))}"


def _curves_without_names(ax: Axes) -> list[Line2D]:
    """Those that are drawn over the data, without the lines of error bars, levels and edges."""
    inside = {
        id(part)
        for bars in ax.containers
        if isinstance(bars, ErrorbarContainer)
        for part in (bars.lines[0], *bars.lines[1])
    }
    lines = [
        line
        for line in ax.lines
        if line.get_visible()
        and id(line) not in inside
        and line.get_transform() == ax.transData
        and np.size(line.get_xdata()) > 1
    ]
    return lines if len(lines) <= MOST else []


def _of_line(ax: Axes, line: Line2D) -> str:
    name = _name(str(line.get_label()))
    if isinstance(line, AxLine):
        ends = (end for end in (line.get_xy1(), line.get_xy2()) if end is not None)
        through = (f"({x + 0.0:.3g}, {y + 0.0:.3g})" for x, y in ends)
        return f"{name}a straight line through {some(through)}"
    x, y = _data(line)
    if line.get_transform() != ax.transData:  # a level
        if len(set(y)) == 1:
            return f"{name}a line at y = {_number(ax.yaxis, y[0])}"
        return f"{name}a line at x = {_number(ax.xaxis, x[0])}"
    return f"{name}{_course(ax, x, y)}"


def _course(ax: Axes, x: np.ndarray, y: np.ndarray) -> str:
    """How a curve runs: from where to where, and where it is lowest and highest between."""
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    if len(y) == 0:
        return "no finite value"

    def at(k: int) -> str:
        return f"{_number(ax.yaxis, y[k])} at {_number(ax.xaxis, x[k])}"

    if len(y) == 1:
        return f"a point, {at(0)}"
    if (np.diff(x) < 0).any():  # a path in the plane
        points = (f"({_number(ax.xaxis, x[k])}, {_number(ax.yaxis, y[k])})" for k in (0, -1))
        return f"a path of {len(x)} points from {' to '.join(points)}"
    low, high = int(y.argmin()), int(y.argmax())
    if y[low] == y[high]:
        return f"{at(0)} to {_number(ax.xaxis, x[-1])}"
    run = "falls" if y[-1] < y[0] else "rises" if y[-1] > y[0] else "goes"
    told = f"{run} from {at(0)} to {at(-1)}"
    between = [
        f"{word} {at(k)}"
        for word, k in (("lowest", low), ("highest", high))
        if y[k] not in (y[0], y[-1])
    ]
    return f"{told}, {some(between)}" if between else told


def _of_points(ax: Axes) -> Iterator[str]:
    for points in ax.collections:
        if not isinstance(points, PathCollection) or not points.get_visible():
            continue
        x, y = np.ma.getdata(points.get_offsets()).T
        n = len(x)
        if n:
            spans = (
                f"{name} from {_number(axis, v.min())} to {_number(axis, v.max())}"
                for name, axis, v in (("x", ax.xaxis, x), ("y", ax.yaxis, y))
            )
            where = (
                f"{n} points, {', '.join(spans)}"
                if n > 1
                else f"a point at ({x[0]:.3g}, {y[0]:.3g})"
            )
            yield f"{_name(str(points.get_label()))}{where}"


def _of_bars(ax: Axes) -> Iterator[str]:
    for bars in ax.containers:
        if isinstance(bars, BarContainer):
            values = np.array([bar.get_height() for bar in bars])
            middles = np.array([bar.get_x() + bar.get_width() / 2 for bar in bars])
            label = next((b.get_label() for b in (bars, *bars) if not _nameless(b)), "")
            yield f"{_name(str(label))}{_heights(ax, middles, values)}"
    for steps in ax.patches:
        if isinstance(steps, StepPatch) and not _nameless(steps):
            values, edges, _ = steps.get_data()
            middles = (np.asarray(edges)[1:] + np.asarray(edges)[:-1]) / 2
            yield f"{_name(str(steps.get_label()))}{_heights(ax, middles, np.asarray(values))}"


def _heights(ax: Axes, middles: np.ndarray, values: np.ndarray) -> str:
    names = _tick_names(ax.xaxis)
    if len(names) == len(values):
        each = zip(names, values, strict=True)
        return "bars, " + some(f"{name} {_number(ax.yaxis, v)}" for name, v in each)
    top = int(values.argmax())
    where = middles[values > 0]
    span = f" between {where.min():.3g} and {where.max():.3g}" if len(where) else ""
    return (
        f"{len(values)} bars{span}, the highest of {_number(ax.yaxis, values[top])} near "
        f"{middles[top]:.3g}"
    )


def _of_colours(ax: Axes) -> Iterator[str]:
    for image in ax.images:
        if image.get_visible():
            yield f"colours{_size([image], 'cells')}"
    meshes = [c for c in ax.collections if type(c).__name__ == "QuadMesh"]
    if meshes:
        yield "colours over the plane"
    if any(isinstance(c, ContourSet) and not c.filled for c in ax.collections):
        yield "contour lines"


# Axes that hold pictures, and tiles of pictures in one axes


def _is_picture(ax: Axes) -> bool:
    """Whether the axes hold an image, or tiles of images, and no scale that can be read."""
    ticks = ax.axison and (len(ax.get_xticks()) or len(ax.get_yticks()))
    return bool(ax.images) and not ticks


def _of_pictures(axes: list[Axes]) -> Iterator[str]:
    for several, group in groupby(axes, key=lambda ax: len(ax.images) > 2):
        if several:
            for ax in group:
                yield _sentence(_tiles(ax))
        else:
            yield _sentence(_table(list(group)))


def _tiles(ax: Axes) -> str:
    captions = [plain(text.get_text()) for text in ax.texts if text.get_text().strip()]
    n, rows = len(ax.images), len({round(image.get_extent()[3], 2) for image in ax.images})
    told = f"{n} pictures{_size(ax.images)}{f' in {rows} rows' if rows > 1 else ''}"
    return f"{told}: {some(captions, 60)}" if captions else told


def _table(axes: list[Axes]) -> str:
    """Pictures in axes of their own, with what stands above, beside and below each."""
    n = len(axes)
    told = (
        f"{n} pictures{_size([ax.images[0] for ax in axes])}"
        if n > 1
        else (f"A picture{_size(axes[0].images[:1])}")
    )
    above = list(dict.fromkeys(plain(ax.get_title()) for ax in axes if ax.get_title()))
    beside = list(dict.fromkeys(plain(ax.get_ylabel()) for ax in axes if ax.get_ylabel()))
    below = [plain(ax.get_xlabel()) for ax in axes if ax.get_xlabel()]
    for what, names in (("", above), ("rows: ", beside), ("below them: ", below)):
        if names:
            told += f"; {what}{some(names, 60)}"
    return told


def _size(images: Iterable[AxesImage], of: str = "pixels") -> str:
    """Rows and columns, where all have as many."""
    sizes = {np.asarray(image.get_array()).shape[:2] for image in images}
    return f" of {' x '.join(map(str, sizes.pop()))} {of}" if len(sizes) == 1 else ""


def _of_bar(bar: Axes) -> Iterator[str]:
    axis = bar.yaxis if bar.get_ylabel() or not bar.get_xlabel() else bar.xaxis
    label = plain(axis.label.get_text())
    low, high = axis.get_view_interval()
    span = f"{_number(axis, low)} to {_number(axis, high)}"
    yield _sentence(f"Colours show {label or 'values'} from {span}")


# Words


def _data(line: Line2D) -> tuple[np.ndarray, np.ndarray]:
    x, y = line.get_data()
    return np.atleast_1d(np.asarray(x, float)), np.atleast_1d(np.asarray(y, float))


def _nameless(artist: Any) -> bool:
    label = str(artist.get_label())
    return not label or label.startswith("_")


def _name(label: str) -> str:
    return "" if not label or label.startswith("_") else f"{plain(label)}: "


def _sentence(words: str) -> str:
    words = words.strip()
    return words if words.endswith((".", "!", "?", ":")) else f"{words}."
