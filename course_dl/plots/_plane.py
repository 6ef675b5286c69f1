"""The plane of two features: its limits, and what is drawn in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.ticker import MaxNLocator

from course_dl.plots._style import (
    MARKERS,
    Canvas,
    colour,
)

__all__ = [
    "Limits",
    "class_name",
    "draw_line",
    "draw_normal",
    "draw_samples",
    "dress",
    "grid_of",
    "half_plane",
    "limits_of",
    "plane",
    "set_aspect",
]

Limits = tuple[tuple[float, float], tuple[float, float]]
RESOLUTION = 300


def plane(
    figure: Canvas, limits: Limits, title: str | None, xlabel: str = "$x_1$", ylabel: str = "$x_2$"
) -> Axes:
    return dress(figure.subplots(), limits, title, xlabel, ylabel)


def dress(ax: Axes, limits: Limits, title: str | None, xlabel: str, ylabel: str) -> Axes:
    ax.set(xlim=limits[0], ylim=limits[1], xlabel=xlabel, ylabel=ylabel)
    if title is not None:
        ax.set_title(title)
    narrow = ax.bbox.width < 2.5 * ax.figure.dpi
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(4 if narrow else 7, steps=[1, 2, 5, 10]))
    set_aspect(ax, limits)
    return ax


def set_aspect(ax: Axes, limits: Limits) -> None:
    """Equal units on both axes, so that a normal looks normal, unless the ranges differ a lot."""
    width, height = (high - low for low, high in limits)
    ax.set_aspect("equal" if 1 / 3 < width / height < 3 else "auto")


def limits_of(points: np.ndarray, margin: float = 0.08) -> Limits:
    low, high = points.min(0), points.max(0)
    room = np.where(high > low, margin * (high - low), 1.0)
    (left, bottom), (right, top) = low - room, high + room
    return (float(left), float(right)), (float(bottom), float(top))


def grid_of(limits: Limits) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points (R * R, 2) that cover the plane, and their coordinates x (R,) and y (R,)."""
    x, y = (np.linspace(*along, RESOLUTION) for along in limits)
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2), x, y


def draw_samples(
    ax: Axes,
    points: np.ndarray,
    labels: np.ndarray | None,
    names: Mapping[Any, str] | Sequence[str] | None,
    classes: np.ndarray | None = None,
    unlabelled: str | None = None,
) -> None:
    """The samples, a colour and a marker a class; without labels they are called ``unlabelled``."""
    crowd = len(points) * ax.figure.dpi / ax.bbox.width  # samples an inch
    size = 26 if crowd <= 80 else 11 if crowd < 250 else 5
    look: dict[str, Any] = {"s": size, "edgecolors": "black", "linewidths": 0.5, "zorder": 4}
    if labels is None:
        ax.scatter(*points.T, color=colour(0), label=unlabelled, **look)
        return
    present = np.unique(labels)
    classes = present if classes is None else classes
    for k, label in enumerate(classes):
        if label in present:
            ax.scatter(
                *points[labels == label].T,
                color=colour(k),
                marker=MARKERS[k % len(MARKERS)],
                label=class_name(label, k, names, signed=bool((classes < 0).any())),
                **look,
            )


def class_name(label: float, k: int, names: Any, signed: bool) -> str:
    if isinstance(names, Mapping):
        return str(names.get(label, f"{label:g}"))
    if names is not None and k < len(names):
        return str(names[k])
    return f"$d = {label:+g}$" if signed else f"$d = {label:g}$"


def draw_line(ax: Axes, w: np.ndarray, **look: Any) -> None:
    """The line ``b + w_1 x_1 + w_2 x_2 = 0`` of ``w = (b, w_1, w_2)``."""
    if w.shape != (3,):
        raise ValueError(f"weights: expected (b, w_1, w_2) for a line, got shape {w.shape}")
    normal = w[1:]
    length = normal @ normal
    if length == 0:
        raise ValueError("weights: w_1 = w_2 = 0 has no separating line")
    foot = -w[0] * normal / length
    along = np.array([-normal[1], normal[0]]) / np.sqrt(length)
    ax.axline(tuple(foot), tuple(foot + along), **look)


def half_plane(ax: Axes, w: np.ndarray, limits: Limits) -> None:
    """Both sides of the line of ``w = (b, w_1, w_2)`` in the colours of their classes."""
    x, y = (np.array(along) for along in limits)
    scores = w[0] + w[1] * x[None, :] + w[2] * y[:, None]
    far = abs(scores).max() + 1.0
    tints = [1 - 0.45 * (1 - np.array(to_rgb(colour(k)))) for k in (0, 1)]
    # Linear interpolation between the four corners is exact for a linear score.
    ax.contourf(x, y, scores, levels=[-far, 0.0, far], colors=tints, zorder=0)


def draw_normal(ax: Axes, w: np.ndarray, bias: float, limits: Limits, name: str) -> None:
    """An arrow from the line to its positive side, near where the line leaves the picture."""
    low, high = np.array(limits).T
    length = np.linalg.norm(w)
    if length == 0:
        return
    normal = w / length
    along = np.array([-normal[1], normal[0]])
    foot = -bias / length * normal
    with np.errstate(divide="ignore", invalid="ignore"):
        crossings = np.sort([(low - foot) / along, (high - foot) / along], axis=0)
    start, stop = np.nanmax(crossings[0]), np.nanmin(crossings[1])
    if not start < stop:
        return
    size = (high - low).min()
    for share in (0.88, 0.75, 0.6, 0.4, 0.25, 0.12):
        at = foot + (start + share * (stop - start)) * along
        label = at + 0.13 * size * normal
        if (low + 0.03 * size < label).all() and (label < high - 0.03 * size).all():
            break
    tip = at + 0.09 * size * normal
    ax.annotate(
        "", tip, at, arrowprops={"arrowstyle": "-|>", "color": "0.15", "shrinkA": 0, "shrinkB": 0}
    )
    ax.annotate(
        name,
        label,
        ha="center",
        va="center",
        weight="bold",
        clip_on=True,
        zorder=5,
    )
