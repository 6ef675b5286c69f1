"""Curves: losses over epochs, activations, errors over step sizes, and any other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course_dl.activations import ACTIVATIONS, get_activation
from course_dl.plots._inputs import as_array, named
from course_dl.plots._models import outputs
from course_dl.plots._style import (
    DASHES,
    MARKERS,
    Canvas,
    canvas,
    colour,
    legend_below,
    percent,
    styled,
)

__all__ = [
    "activation_curves",
    "curves",
    "gradient_norms",
    "mistakes_per_epoch",
    "regression_fit",
    "training_curves",
    "v_curve",
]

COLUMNS = ("loss", "accuracy", "val_loss", "val_accuracy")


@styled
def curves(
    series: Any,
    x: Any = None,
    *,
    errors: Any = None,
    xlabel: str = "",
    ylabel: str = "",
    log: str = "",
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
    """
    figure = canvas(figure, 3.8)
    ax = figure.subplots()
    draw_curves(ax, named(series), x, errors, log)
    finish(ax, xlabel, ylabel, title)
    return figure.figure


@styled
def training_curves(
    history: Any, *, title: str | None = None, log: str = "", figure: Canvas | None = None
) -> Figure:
    """Loss and accuracy over the epochs, of the training set and of the validation set.

    Parameters
    ----------
    history : what `course_dl.fit` returns: one row an epoch with ``loss``, ``accuracy``,
        ``val_loss``, ``val_accuracy`` (attributes, or keys of a dict); or a mapping of these names
        to sequences; or ``{label: history}`` of several. What is missing is left out.
    log : "y" for a logarithmic loss.
    """
    several = isinstance(history, Mapping) and not set(COLUMNS) & set(history)
    runs = {
        label: {name: column for name in COLUMNS if (column := column_of(run, name)) is not None}
        for label, run in named(history if several else {"": history}).items()
    }
    for label, columns in runs.items():
        if not columns:
            raise ValueError(f"history {label!r}: expected at least one of {', '.join(COLUMNS)}")

    shown = [
        what
        for what in ("loss", "accuracy")
        if any(what in run or f"val_{what}" in run for run in runs.values())
    ]
    figure = canvas(figure, 3.4 + 0.2 * ((len(runs) * 2 - 1) // 3))
    axes = figure.subplots(1, len(shown), squeeze=False)[0]
    for ax, what in zip(axes, shown, strict=True):
        for k, (label, run) in enumerate(runs.items()):
            for name, part, dash, fill in (
                (what, "training", "-", colour(k)),
                (f"val_{what}", "validation", "--", "white"),
            ):
                if name not in run:
                    continue
                values = run[name]
                ax.plot(
                    np.arange(1, len(values) + 1),
                    values,
                    dash,
                    color=colour(k),
                    marker=MARKERS[k % len(MARKERS)],
                    markerfacecolor=fill,
                    markevery=every(len(values)),
                    label=f"{label}, {part}" if label else part,
                )
        if what == "loss" and "y" in log:
            ax.set_yscale("log")
        if what == "accuracy":
            ax.yaxis.set_major_formatter(percent)
        whole_numbers(ax)
        ax.grid(True)
        ax.set(xlabel="epoch", ylabel=what)
    legend_below(figure, max(axes, key=lambda ax: len(ax.lines)))
    if title is not None:
        figure.suptitle(title)
    return figure.figure


@styled
def mistakes_per_epoch(
    mistakes: Any, *, title: str | None = None, figure: Canvas | None = None
) -> Figure:
    """Mistakes of the perceptron in each epoch, and the epoch in which it converged, if it did.

    Parameters
    ----------
    mistakes : one number an epoch, or a fitted `Perceptron`; or ``{label: mistakes}``.
    """
    series = {}
    for label, run in named(mistakes).items():
        counts = as_array(getattr(run, "mistakes_", run), "mistakes", 1, finite=True)
        end = f"converged in epoch {len(counts)}" if counts[-1] == 0 else "not converged"
        series[f"{label}: {end}" if label else end] = counts
    figure = canvas(figure, 3.6)
    ax = figure.subplots()
    draw_curves(ax, series, None, None, "")
    ax.set_ylim(bottom=0)
    whole_numbers(ax)
    ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True))
    finish(ax, "epoch", "mistakes", title)
    return figure.figure


@styled
def activation_curves(
    activations: Any = None,
    *,
    span: float = 4.0,
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """Each activation ``g(a)`` and, next to it, its derivative ``g'(a)``.

    A jump is left open; the full dot is the value at the jump.

    Parameters
    ----------
    activations : names or `course_dl.activations.Activation`, one or a list; all without it.
        Or ``{name: (g, dg)}`` with functions of one's own.
    span : drawn for ``-span <= a <= span``.
    """
    pairs = activation_pairs(activations)
    columns = min(len(pairs), 2)
    rows = -(-len(pairs) // columns)
    figure = canvas(figure, max(rows * 1.7, 2.6))
    axes = figure.subplots(rows, 2 * columns, squeeze=False, sharex=True).reshape(-1, 2)
    for k, (name, (g, dg)) in enumerate(pairs.items()):
        left, right = axes[k]
        left.set_title(name)
        right.set_title(f"derivative of {name}" if columns == 1 else "derivative")
        for ax, function, shade, dash in ((left, g, colour(0), "-"), (right, dg, colour(5), "--")):
            ax.axhline(0, color="0.75", linewidth=0.8)
            ax.axvline(0, color="0.75", linewidth=0.8)
            draw_function(ax, function, span, shade, dash)
            ax.tick_params(labelbottom=True)
            ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
            ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        low, high = right.get_ylim()
        right.set_ylim(min(low, -0.1), max(high, 1.1))
    figure.supxlabel("$a$", fontsize=10)
    for ax in axes[len(pairs) :].ravel():
        ax.set_axis_off()
    if title is not None:
        figure.suptitle(title)
    return figure.figure


@styled
def regression_fit(
    X: Any,
    d: Any,
    fits: Any,
    *,
    xlabel: str = "$x$",
    ylabel: str = "$d$",
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """Noisy samples of a function of one variable, and curves through them.

    Parameters
    ----------
    X : (N, 1) or (N,) inputs. d : (N, 1) or (N,) desired outputs.
    fits : ``{label: fit}`` or one fit: a module or function of points (M, 1) in the dtype of
        ``X``, or a pair (x, y) of the curve's coordinates.
    """
    x, desired = (as_array(v, n, finite=True) for v, n in ((X, "X"), (d, "d")))
    if x.size != len(x) or desired.size != len(x) or desired.ndim > 2:
        raise ValueError(f"expected X (N, 1) and d (N, 1), got {x.shape} and {desired.shape}")
    grid = np.linspace(x.min(), x.max(), 300)
    figure = canvas(figure, 3.8)
    ax = figure.subplots()
    ax.scatter(
        x.ravel(), desired.ravel(), s=12 if len(x) > 100 else 22, color="0.6", label="samples"
    )
    for k, (label, fit) in enumerate(named(fits).items()):
        if isinstance(fit, tuple):
            curve_x, curve_y = (as_array(v, label or "fit").ravel() for v in fit)
        else:
            curve_x, curve_y = grid, outputs(fit, grid[:, None], X).ravel()
        if curve_x.shape != curve_y.shape:
            raise ValueError(
                f"{label or 'fit'}: expected one value for each of {len(curve_x)} "
                f"points, got {len(curve_y)}"
            )
        ax.plot(curve_x, curve_y, DASHES[k % len(DASHES)], color=colour(k), label=label or "fit")
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

    The smallest error of each curve is marked and its step told.

    Parameters
    ----------
    steps : (n,) positive. errors : (n,) or ``{label: (n,)}``; zeros are left out.
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


@styled
def gradient_norms(
    gradients: Any,
    *,
    ylabel: str = "norm of the gradient",
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """The size of each layer's gradient, on a logarithmic axis: where it vanishes, where not.

    Parameters
    ----------
    gradients : from the first layer to the last, a gradient (any shape; its norm is drawn) or a
        number each; or ``{label: gradients}``.
    """
    series = {
        label: [float(np.linalg.norm(as_array(one, "gradient"))) for one in layers]
        for label, layers in named(gradients).items()
    }
    figure = canvas(figure, 3.8)
    ax = figure.subplots()
    draw_curves(ax, series, None, None, "y")
    whole_numbers(ax)
    finish(ax, "layer (1 is next to the input)", ylabel, title)
    return figure.figure


# What the curves share


def draw_curves(ax: Axes, series: Mapping[str, Any], x: Any, errors: Any, log: str) -> None:
    if log not in ("", "x", "y", "xy"):
        raise ValueError(f'log={log!r}: expected "", "x", "y" or "xy"')
    if "x" in log:
        ax.set_xscale("log")
    if "y" in log:
        ax.set_yscale("log")
    for k, (label, values) in enumerate(series.items()):
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
    if ax.get_legend_handles_labels()[1]:
        ax.legend()


def every(n: int) -> int:
    """Every which point of ``n`` has a marker: about fifteen of them."""
    return max(1, n // 15)


def whole_numbers(ax: Axes) -> None:
    room = 12 if ax.bbox.width > 4 * ax.figure.dpi else 6
    ax.xaxis.set_major_locator(MaxNLocator(room, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))


def column_of(history: Any, name: str) -> np.ndarray | None:
    """One column of a history, NaN where an epoch has no value, None where no epoch has one."""
    if isinstance(history, Mapping):
        values = history.get(name)
    elif isinstance(history, Iterable):
        values = [
            row.get(name) if isinstance(row, Mapping) else getattr(row, name, None)
            for row in history
        ]
    else:
        raise TypeError(
            f"history: expected what fit returns, or a mapping of {', '.join(COLUMNS)} "
            f"to sequences, got {type(history).__name__}"
        )
    if values is None or len(values) == 0:
        return None
    column = as_array([np.nan if value is None else value for value in values], name, 1)
    return None if np.isnan(column).all() else column


def activation_pairs(activations: Any) -> dict[str, tuple[Callable[..., Any], Callable[..., Any]]]:
    """``{name: (g, dg)}`` of names, activations, or functions of one's own."""
    if isinstance(activations, Mapping) and all(isinstance(v, tuple) for v in activations.values()):
        return {str(name): (g, dg) for name, (g, dg) in named(activations).items()}
    if activations is None:
        activations = list(ACTIVATIONS)
    elif isinstance(activations, Mapping):
        activations = list(activations.values())
    elif not isinstance(activations, Sequence) or isinstance(activations, str):
        activations = [activations]
    known = [get_activation(one) for one in activations]
    if not known:
        raise ValueError("activations: the list is empty")
    return {one.name: (one.g, one.dg) for one in known}


def draw_function(
    ax: Axes, function: Callable[..., Any], span: float, shade: str, dash: str
) -> None:
    """A function on [-span, span], broken at 0 if it jumps there."""
    side = np.linspace(0, span, 200)

    def at(a: Any) -> np.ndarray:
        return as_array(function(torch.tensor(np.atleast_1d(a))), "activation", 1)

    below, here, above = (at(a)[0] for a in (-1e-9, 0.0, 1e-9))
    if abs(below - above) < 1e-3:
        a = np.concatenate([-side[:0:-1], side])
        ax.plot(a, at(a), dash, color=shade)
        return
    for a, limit in ((-side[::-1], below), (side, above)):
        values = at(a)
        values[a == 0] = limit
        ax.plot(a, values, dash, color=shade)
        ax.plot(0, limit, "o", markersize=5, markerfacecolor="white", markeredgecolor=shade)
    ax.plot(0, here, "o", markersize=5, color=shade)
