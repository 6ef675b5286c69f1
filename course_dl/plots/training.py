"""The course of a training: losses, accuracies, mistakes, gradients over epochs and layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course_dl.plots._inputs import as_array, named
from course_dl.plots._style import (
    MARKERS,
    Canvas,
    canvas,
    colour,
    legend_below,
    percent,
    styled,
)
from course_dl.plots.lines import draw_curves, every, finish, whole_numbers

__all__ = ["gradient_norms", "mistakes_per_epoch", "training_curves"]

COLUMNS = ("loss", "accuracy", "val_loss", "val_accuracy")
WIDE = 3  # panels beside each other


@styled
def training_curves(
    history: Any, *, title: str | None = None, log: str = "", figure: Canvas | None = None
) -> Figure:
    """Loss, accuracy and metrics over the epochs, of the training set and of the validation set.

    Parameters
    ----------
    history : what `course_dl.fit` returns: one row an epoch with ``loss``, ``accuracy``,
        ``val_loss``, ``val_accuracy`` (attributes, or keys of a dict), and metrics of one's own in
        ``named``; or a mapping of these names to sequences; or ``{label: history}`` of several.
        What is missing is left out.
    log : "y" for a logarithmic loss.
    """
    several = isinstance(history, Mapping) and not set(COLUMNS) & set(history)
    runs = {
        label: {
            name: column
            for name in (*COLUMNS, *own_columns(run))
            if (column := column_of(run, name)) is not None
        }
        for label, run in named(history if several else {"": history}).items()
    }
    for label, columns in runs.items():
        if not columns:
            raise ValueError(f"history {label!r}: expected at least one of {', '.join(COLUMNS)}")

    met = {name.removeprefix("val_"): None for run in runs.values() for name in run}
    shown: list[str] = [what for what in ("loss", "accuracy") if what in met]
    shown += [what for what in met if what not in shown]
    rows = -(-len(shown) // WIDE)
    figure = canvas(figure, rows * 3.4 + 0.2 * ((len(runs) * 2 - 1) // 3))
    grid = figure.subplots(rows, min(len(shown), WIDE), squeeze=False)
    axes = list(grid.flat)
    for ax in axes[len(shown) :]:
        ax.remove()
    axes = axes[: len(shown)]
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
    ticks = MaxNLocator(6, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1)
    ax.yaxis.set_major_locator(ticks)
    finish(ax, "epoch", "mistakes", title)
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


def own_columns(history: Any) -> list[str]:
    """The metrics of one's own that the rows of a history name."""
    rows = [] if isinstance(history, Mapping) or not isinstance(history, Iterable) else history
    names = (name for row in rows for name in getattr(row, "named", ()))
    return list(dict.fromkeys(names))


def column_of(history: Any, name: str) -> np.ndarray | None:
    """One column of a history, NaN where an epoch has no value, None where no epoch has one."""
    if isinstance(history, Mapping):
        values = history.get(name)
    elif isinstance(history, Iterable):
        values = [
            row.get(name)
            if isinstance(row, Mapping)
            else getattr(row, name, getattr(row, "named", {}).get(name))
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
