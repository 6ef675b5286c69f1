"""Trajectories of descent, on the graph of a function or on its contours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_dl.plots._inputs import as_array, named
from course_dl.plots._style import (
    DASHES,
    MARKERS,
    SEQUENTIAL,
    Canvas,
    canvas,
    colour,
    legend_below,
    styled,
)

__all__ = ["descent_1d", "descent_path"]

Limits = tuple[tuple[float, float], tuple[float, float]]
RESOLUTION = 80
LEVELS = 18


@styled
def descent_path(
    f: Callable[..., Any],
    paths: Any,
    *,
    limits: Limits | None = None,
    minimum: Any = None,
    title: str | None = None,
    xlabel: str = "$x_1$",
    ylabel: str = "$x_2$",
    figure: Canvas | None = None,
) -> Figure:
    """Contours of ``F: R^2 -> R`` and one trajectory or several; a ring is a start, a star an end.

    A trajectory that ends outside of the picture has no star.

    Parameters
    ----------
    f : of one point (2,), a float64 tensor; gives a number.
    paths : (n+1, 2), as from `gradient_descent`, or ``{label: (n+1, 2)}``.
    limits : ((left, right), (bottom, top)); those of the paths without it. Give it where a path
        diverges.
    minimum : (2,), marked by a cross.
    """
    tracks = as_tracks(paths, 2)
    limits = limits or limits_of(tracks)
    figure = canvas(figure, 4.5)
    ax = figure.subplots()
    draw_contours(ax, contour_heights(f, limits), limits)
    for k, (label, track) in enumerate(tracks.items()):
        draw_track(ax, track, k, label)
    if minimum is not None:
        ax.plot(
            *as_array(minimum, "minimum", 1),
            "P",
            color="white",
            markeredgecolor="black",
            markersize=10,
            linestyle="none",
            label="minimum",
        )
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if title is not None:
        ax.set_title(title)
    legend_below(figure, ax)
    return figure.figure


@styled
def descent_1d(
    f: Callable[..., Any],
    paths: Any,
    *,
    limits: tuple[float, float] | None = None,
    title: str | None = None,
    xlabel: str = "$x$",
    ylabel: str = "$F(x)$",
    figure: Canvas | None = None,
) -> Figure:
    """The graph of ``F: R -> R`` and the steps of descent on it, one trajectory or several.

    A ring is a start, a star an end. A trajectory that ends outside of the picture has no star.

    Parameters
    ----------
    f : of one point (1,), a float64 tensor; gives a number.
    paths : (n+1, 1) or (n+1,), or ``{label: (n+1, 1)}``.
    limits : (left, right); those of the paths without it.
    """
    tracks = as_tracks(paths, 1)
    if limits is None:
        everything = np.concatenate([track[np.isfinite(track)] for track in tracks.values()])
        room = 0.15 * (everything.max() - everything.min() or 1.0)
        limits = (everything.min() - room, everything.max() + room)
    x = np.linspace(*limits, 300)
    y = values_of(f, x[:, None])
    figure = canvas(figure, 4.0)
    ax = figure.subplots()
    ax.plot(x, y, color="0.6", linewidth=2.2)
    for k, (label, track) in enumerate(tracks.items()):
        within = np.array([limits[0] <= x <= limits[1] for x in track[:, 0]])
        if within.any():
            inside = track[within]
            heights = values_of(f, inside)
            draw_track(ax, np.column_stack([inside, heights]), k, label, ended=bool(within[-1]))
    room = 0.06 * (y.max() - y.min() or 1.0)
    ax.set(xlim=limits, ylim=(y.min() - room, y.max() + room), xlabel=xlabel, ylabel=ylabel)
    ax.grid(True)
    if title is not None:
        ax.set_title(title)
    if ax.get_legend_handles_labels()[1]:
        ax.legend()
    return figure.figure


def as_tracks(paths: Any, dimension: int) -> dict[str, np.ndarray]:
    tracks = {}
    for label, path in named(paths).items():
        track = as_array(path, label or "paths")
        track = track[:, None] if track.ndim == 1 and dimension == 1 else track
        if track.ndim != 2 or track.shape[1] != dimension:
            raise ValueError(
                f"{label or 'paths'}: expected a trajectory (n+1, {dimension}), got {track.shape}"
            )
        tracks[label] = track
    return tracks


def limits_of(tracks: dict[str, np.ndarray]) -> Limits:
    points = np.concatenate(list(tracks.values()))
    points = points[np.isfinite(points).all(1)]
    if not len(points):
        raise ValueError("paths: no finite point; give limits=((left, right), (bottom, top))")
    low, high = points.min(0), points.max(0)
    room = 0.15 * np.maximum(high - low, 0.3 * (high - low).max() or 1.0)
    (left, bottom), (right, top) = low - room, high + room
    return (float(left), float(right)), (float(bottom), float(top))


def values_of(f: Callable[..., Any], points: np.ndarray) -> np.ndarray:
    """``F`` of each point, one at a time, as the course's functions take them."""
    with torch.no_grad():
        values = [as_array(f(torch.tensor(point)), "f").reshape(-1) for point in points]
    if any(value.size != 1 for value in values):
        raise ValueError(
            f"f: expected a number for a point ({points.shape[1]},), got {values[0].size} numbers"
        )
    return np.concatenate(values)


def contour_heights(f: Callable[..., Any], limits: Limits) -> np.ndarray:
    """``F`` on a grid over the limits, rows from the bottom."""
    x, y = (np.linspace(*along, RESOLUTION) for along in limits)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return values_of(f, grid).reshape(RESOLUTION, RESOLUTION)


def draw_contours(ax: Axes, heights: np.ndarray, limits: Limits) -> None:
    x, y = (np.linspace(*along, RESOLUTION) for along in limits)
    low, high = np.nanmin(heights), np.nanmax(heights)
    if low < high:
        # Squares: the lines of a quadratic bowl are then equally far apart.
        levels = low + (high - low) * np.linspace(0, 1, LEVELS) ** 2
        ax.contourf(x, y, heights, levels=levels, cmap=SEQUENTIAL, alpha=0.35)
        ax.contour(x, y, heights, levels=levels, colors="0.45", linewidths=0.6)
    ax.set(xlim=limits[0], ylim=limits[1])
    width, height = (high - low for low, high in limits)
    ax.set_aspect("equal" if 1 / 3 < width / height < 3 else "auto")


def draw_track(ax: Axes, track: np.ndarray, k: int, label: str, ended: bool = True) -> None:
    shade = colour(k)
    # A white line below lets it be seen on any contour, in the colour that its curve has elsewhere.
    ax.plot(*track.T, color="white", linewidth=3.0)
    ax.plot(
        *track.T,
        DASHES[k % len(DASHES)],
        color=shade,
        marker=MARKERS[k % len(MARKERS)],
        markersize=4,
        linewidth=1.5,
        label=label or None,
    )
    ax.plot(
        *track[0],
        "o",
        markersize=10,
        markerfacecolor="none",
        markeredgecolor=shade,
        markeredgewidth=2,
    )
    if ended:
        ax.plot(*track[-1], "*", markersize=13, color=shade, markeredgecolor="black")
