"""Points on their way from noise to data: where they go, and how straight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from course_dl.plots._inputs import as_array
from course_dl.plots._style import WIDTH, Canvas, canvas, colour, inches, styled
from course_dl.plots.animation import Animation, animate

__all__ = ["animate_points", "trajectories"]

LINES = 20  # ways that are drawn; ends are drawn of all points


@styled
def trajectories(
    table: Mapping[str, Mapping[str, Any]],
    data: Any = None,
    *,
    captions: Mapping[str, Mapping[str, str]] | None = None,
    limit: float | None = None,
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """A table of the ways of points in the plane: a row for each sampler, a column for its steps.

    The first twenty ways are lines, with a ring where they begin. A dot is where a point ends, in
    grey are the data.

    Parameters
    ----------
    table : ``{row: {column: path}}``, a path being (S + 1, N, 2), the noise first; each row has the
        columns of the first.
    data : (M, 2), where the points should end.
    captions : ``{row: {column: text}}``, below the pictures; some may be left out.
    limit : how far from 0 is shown; by default everything is.
    """
    rows = {
        row: {column: _path(path, f"{row}, {column}") for column, path in paths.items()}
        for row, paths in table.items()
    }
    if not rows or not next(iter(rows.values())):
        raise ValueError("table: expected at least one row with at least one path")
    columns = list(next(iter(rows.values())))
    for row, paths in rows.items():
        if list(paths) != columns:
            raise ValueError(f"table: expected the columns {columns} in row {row!r} too")
    points = None if data is None else as_array(data, "data", 2, finite=True)
    if points is not None and points.shape[1:] != (2,):
        raise ValueError(f"data: expected points (M, 2), got {points.shape}")

    texts = captions or {}
    below = any(texts.get(row, {}).get(column) for row in rows for column in columns)
    wide = (WIDTH if figure is None else inches(figure)[0]) - 0.9
    tile = min(wide / len(columns), 3.0)
    figure = canvas(figure, len(rows) * (tile + 0.1 + 0.2 * below) + 0.4 + 0.3 * bool(title))
    axes = figure.subplots(len(rows), len(columns), squeeze=False, sharex=True, sharey=True)
    every = [path for paths in rows.values() for path in paths.values()]
    reach = _reach(every, limit)
    for k, (line, (row, paths)) in enumerate(zip(axes, rows.items(), strict=True)):
        for ax, (column, path) in zip(line, paths.items(), strict=True):
            if points is not None:
                ax.scatter(*points.T, s=2, color="0.75", linewidths=0, zorder=0)
            ways = path[:, :LINES].transpose(1, 0, 2)
            ax.add_collection(LineCollection(list(ways), colors=colour(k), linewidths=0.7))
            ax.scatter(*path[0, :LINES].T, s=9, facecolors="none", edgecolors="0.4", linewidths=0.6)
            ax.scatter(*path[-1].T, s=2.5, color="black", linewidths=0, zorder=3)
            ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
            ax.spines[:].set(visible=True, color="0.6", linewidth=0.6)
            ax.set_xlabel(texts.get(row, {}).get(column, ""), fontsize=9, labelpad=2)
        line[0].set_ylabel(row, rotation=0, ha="right", va="center")
    for ax, column in zip(axes[0], columns, strict=True):
        ax.set_title(column, fontsize=9)
    if title is not None:
        figure.suptitle(title)
    return figure.figure


def animate_points(
    clouds: Mapping[str, Any],
    *,
    titles: Sequence[str] = (),
    limit: float | None = None,
    seconds: float = 8.0,
) -> Animation:
    """Clouds of points in the plane, side by side, which move from frame to frame.

    Parameters
    ----------
    clouds : ``{name: (F, N, 2)}``, the same number F of frames each.
    titles : F of them; none by default.
    limit : how far from 0 points are shown; by default all are.
    seconds, and the number of frames drawn : see `animate`.
    """
    paths = {name: _path(path, name) for name, path in clouds.items()}
    if not paths:
        raise ValueError("clouds: expected at least one")
    lengths = {name: len(path) for name, path in paths.items()}
    F = next(iter(lengths.values()))
    if set(lengths.values()) != {F}:
        raise ValueError(f"clouds: expected as many frames in each, got {lengths}")
    if titles and len(titles) != F:
        raise ValueError(f"titles: expected {F} of them, one a frame, got {len(titles)}")
    reach = _reach(paths.values(), limit)
    step = 2.2 * reach

    def draw(ax: Axes, t: int) -> None:
        for k, (name, path) in enumerate(paths.items()):
            shown = path[t][(abs(path[t]) <= reach).all(1)]
            ax.scatter(shown[:, 0] + k * step, shown[:, 1], s=4, color=colour(k), linewidths=0)
            ax.text(k * step, 1.05 * reach, name, ha="center", va="bottom", fontsize=10)
        ax.set_xlim(-1.1 * reach, (len(paths) - 1) * step + 1.1 * reach)
        ax.set_ylim(-1.1 * reach, 1.3 * reach)
        ax.set_aspect("equal")
        ax.set_axis_off()
        if titles:
            ax.set_title(titles[t])

    return animate(draw, F, seconds=seconds)


def _reach(paths: Iterable[np.ndarray], limit: float | None) -> float:
    """How far from 0 is shown."""
    if limit is not None and not limit > 0:
        raise ValueError(f"limit={limit}: expected a positive number")
    return limit or 1.05 * max(float(abs(path).max()) for path in paths) or 1.0


def _path(given: Any, name: str) -> np.ndarray:
    path = as_array(given, name, 3, finite=True)
    if path.shape[2] != 2 or not path.size:
        raise ValueError(f"{name}: expected the ways of points (S + 1, N, 2), got {path.shape}")
    return path
