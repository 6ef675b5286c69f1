"""Curves: any numbers over any positions, fits through samples, errors over step sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course_dl.plots._inputs import as_array, named
from course_dl.plots._models import outputs
from course_dl.plots._style import (
    DASHES,
    MARKERS,
    Canvas,
    canvas,
    colour,
    legend,
    styled,
)

__all__ = ["curves", "regression_fit", "v_curve"]


@styled
def curves(
    series: Any,
    x: Any = None,
    *,
    errors: Any = None,
    xlabel: str = "",
    ylabel: str = "",
    log: str = "",
    among: Iterable[str] = (),
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """Curves over common or own positions, each with a colour, a dash and a marker.

    Parameters
    ----------
    series : (n,) numbers, or ``{label: (n,) numbers}``; NaN leaves a gap.
    x : (n,) positions of all curves, or ``{label: (n,) positions}``; 1, 2, ..., n without it.
    errors : half lengths of error bars, (n,) or ``{label: (n,)}``; a band for more than 20 points.
    log : the logarithmic axes: "", "x", "y" or "xy".
    among : all labels of several pictures. By its place among them a curve looks alike in each.
    """
    figure = canvas(figure, 3.8)
    ax = figure.subplots()
    draw_curves(ax, named(series), x, errors, log, among)
    if x is None:
        whole_numbers(ax)
    finish(ax, xlabel, ylabel, title)
    return figure.figure


@styled
def regression_fit(
    X: Any,
    d: Any,
    fits: Any,
    *,
    label: str = "samples",
    xlabel: str = "$x$",
    ylabel: str = "$d$",
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """Noisy samples of a function of one variable, and curves through them.

    Parameters
    ----------
    X : (N, 1) or (N,) inputs.
    d : (N, 1) or (N,) desired outputs.
    fits : ``{label: fit}`` or one fit: a module or function of points (M, 1) in the dtype of
        ``X``, or a pair (x, y) of the curve's coordinates.
    label : what the points are.
    """
    x, desired = (as_array(v, n, finite=True) for v, n in ((X, "X"), (d, "d")))
    if x.size != len(x) or desired.size != len(x) or desired.ndim > 2:
        raise ValueError(f"expected X (N, 1) and d (N, 1), got {x.shape} and {desired.shape}")
    grid = np.linspace(x.min(), x.max(), 300)
    figure = canvas(figure, 3.8)
    ax = figure.subplots()
    ax.scatter(x.ravel(), desired.ravel(), s=12 if len(x) > 100 else 22, color="0.6", label=label)
    for k, (name, fit) in enumerate(named(fits).items()):
        if isinstance(fit, tuple):
            curve_x, curve_y = (as_array(v, name or "fit").ravel() for v in fit)
        else:
            curve_x, curve_y = grid, outputs(fit, grid[:, None], X).ravel()
        if curve_x.shape != curve_y.shape:
            raise ValueError(
                f"{name or 'fit'}: expected one value for each of {len(curve_x)} "
                f"points, got {len(curve_y)}"
            )
        ax.plot(curve_x, curve_y, DASHES[k % len(DASHES)], color=colour(k), label=name or "fit")
    finish(ax, xlabel, ylabel, title)
    return figure.figure


@styled
def v_curve(
    steps: Any,
    errors: Any,
    *,
    xlabel: str = r"step $\varepsilon$",
    ylabel: str = "relative error",
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """The error of finite differences over the step size: rounding on the left, truncation right.

    The smallest error of each curve is marked, with its step.

    Parameters
    ----------
    steps : (n,) positive.
    errors : (n,) or ``{label: (n,)}``; zeros are left out.
    """
    x = as_array(steps, "steps", 1, finite=True)
    series = {}
    for label, values in named(errors).items():
        y = as_array(values, label or "errors", 1)
        y = np.where(y > 0, y, np.nan)
        best = f"best at {x[np.nanargmin(y)]:.0e}" if np.isfinite(y).any() else "0 everywhere"
        series[f"{label}, {best}" if label else best] = y
    figure = canvas(figure, 4.0)
    ax = figure.subplots()
    draw_curves(ax, series, x, None, "xy")
    for k, y in enumerate(series.values()):
        if np.isfinite(y).any():
            best_at = int(np.nanargmin(y))
            ax.plot(
                x[best_at], y[best_at], "*", markersize=14, color=colour(k), markeredgecolor="black"
            )
    finish(ax, xlabel, ylabel, title)
    return figure.figure


def draw_curves(
    ax: Axes,
    series: Mapping[str, Any],
    x: Any,
    errors: Any,
    log: str,
    among: Iterable[str] = (),
) -> None:
    if log not in ("", "x", "y", "xy"):
        raise ValueError(f'log={log!r}: expected "", "x", "y" or "xy"')
    if "x" in log:
        ax.set_xscale("log")
    if "y" in log:
        ax.set_yscale("log")
    places = {label: k for k, label in enumerate(among or series)}
    if not series.keys() <= places.keys():
        missing = sorted(series.keys() - places.keys())
        raise ValueError(f"among: expected the labels of all curves, {missing} are missing")
    for label, values in series.items():
        k = places[label]
        y = as_array(values, label or "values", 1)
        own_x = x[label] if isinstance(x, Mapping) else x
        at = np.arange(1, len(y) + 1.0) if own_x is None else as_array(own_x, "x", 1)
        bars = errors[label] if isinstance(errors, Mapping) else errors
        if at.shape != y.shape:
            raise ValueError(f"{label or 'values'}: {len(y)} values for {len(at)} positions x")
        look: dict[str, Any] = {
            "color": colour(k),
            "linestyle": DASHES[k % len(DASHES)],
            "marker": MARKERS[k % len(MARKERS)],
            "markevery": every(len(y)),
            "label": label or None,
        }
        if bars is None:
            ax.plot(at, y, **look)
            continue
        half = as_array(bars, "errors", 1)
        if half.shape != y.shape or (half < 0).any():
            raise ValueError(f"errors: expected {len(y)} half lengths >= 0, one for each value")
        if len(y) <= 20:
            look.pop("markevery")
            ax.errorbar(at, y, half, capsize=4, **look)
        else:
            ax.plot(at, y, **look)
            ax.fill_between(at, y - half, y + half, color=colour(k), alpha=0.2, linewidth=0)


def finish(ax: Axes, xlabel: str, ylabel: str, title: str | None) -> None:
    ax.grid(True)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if title is not None:
        ax.set_title(title)
    legend(ax)


def every(n: int) -> int:
    """The distance between points with a marker, for about fifteen markers in ``n`` points."""
    return max(1, n // 15)


def whole_numbers(ax: Axes) -> None:
    """Ticks at whole numbers, from 1 on: there is no epoch, step or layer 0."""
    ax.set_xlim(left=max(0.5, ax.get_xlim()[0]))
    room = 12 if ax.bbox.width > 4 * ax.figure.dpi else 6
    ax.xaxis.set_major_locator(MaxNLocator(room, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
