"""Measurements: distributions, estimates with their errors, one quantity against another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, MaxNLocator

from course_dl.plots._inputs import as_array, named
from course_dl.plots._style import (
    DASHES,
    MARKERS,
    WRONG,
    Canvas,
    canvas,
    colour,
    legend_below,
    percent,
    styled,
)

__all__ = ["accuracy_against_parameters", "histogram", "monte_carlo", "relation"]

HATCHES = ("", "///", "\\\\\\", "...", "xxx")


@styled
def histogram(
    values: Any,
    *,
    bins: int | Sequence[float] = 20,
    lines: Mapping[str, float] | None = None,
    xlabel: str = "",
    ylabel: str = "count",
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """How values are distributed, of one group or several, on common bins.

    Parameters
    ----------
    values : (n,) numbers or ``{label: (n,) numbers}``.
    bins : their number, or their edges.
    lines : ``{label: position}``, vertical lines to compare with.
    """
    groups = {k: as_array(v, k or "values", finite=True).ravel() for k, v in named(values).items()}
    edges = np.histogram_bin_edges(np.concatenate(list(groups.values())), bins).tolist()
    figure = canvas(figure, 3.6)
    ax = figure.subplots()
    for k, (label, group) in enumerate(groups.items()):
        ax.hist(
            group,
            edges,
            label=label or None,
            color=colour(k),
            alpha=0.55,
            edgecolor=colour(k),
            hatch=HATCHES[k % len(HATCHES)],
        )
    for k, (label, position) in enumerate((lines or {}).items()):
        ax.axvline(float(position), color="black", linestyle=DASHES[(k + 1) % 4], label=label)
    ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True))
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if title is not None:
        ax.set_title(title)
    if ax.get_legend_handles_labels()[1]:
        ax.legend()
    return figure.figure


@styled
def monte_carlo(
    samples: Any,
    expected: Any,
    *,
    names: Sequence[str] | None = None,
    ylabel: str = "gradient",
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """Means of random estimates with two standard errors, next to the values expected of them.

    For instance, that ``E_S = |S| / |T|`` times the full gradient holds within its error, component
    by component.

    Parameters
    ----------
    samples : (R, D), each row one random estimate of D components; R >= 2.
    expected : (D,) values.
    names : names of the components.
    """
    estimates = as_array(samples, "samples", 2, finite=True)
    truth = as_array(expected, "expected", finite=True).ravel()
    R, D = estimates.shape
    if R < 2 or truth.shape != (D,):
        raise ValueError(
            f"expected samples (R, D) with R >= 2 and expected (D,), "
            f"got {estimates.shape} and {truth.shape}"
        )
    error = 2 * estimates.std(0, ddof=1) / np.sqrt(R)
    at = np.arange(1, D + 1)
    figure = canvas(figure, 3.8)
    ax = figure.subplots()
    ax.axhline(0, color="0.75", linewidth=0.8)
    ax.plot(
        at,
        truth,
        "s",
        markersize=9,
        markerfacecolor="none",
        markeredgewidth=1.6,
        color=colour(1),
        label="expected",
    )
    ax.errorbar(
        at,
        estimates.mean(0),
        error,
        fmt="o",
        capsize=4,
        color=colour(0),
        label=f"mean of {R} estimates, with two standard errors",
    )
    if names is not None:
        ax.set_xticks(at, list(names))
    else:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(True, axis="y")
    ax.set(xlabel="component", ylabel=ylabel)
    if title is not None:
        ax.set_title(title)
    ax.legend()
    return figure.figure


@styled
def relation(
    x: Any,
    y: Any,
    *,
    xlabel: str = "",
    ylabel: str = "",
    log: str = "",
    diagonal: str | None = None,
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """One measured quantity against another, a point each.

    Parameters
    ----------
    x, y : (n,) numbers; or ``y`` as ``{label: (n,) numbers}`` over the same ``x``.
    log : the logarithmic axes: "", "x", "y" or "xy".
    diagonal : label of the line ``y = x``, such as a bound on ``y``; no line without it.
    """
    at = as_array(x, "x", 1, finite=True)
    figure = canvas(figure, 4.2)
    ax = figure.subplots()
    ax.set_xscale("log" if "x" in log else "linear")
    ax.set_yscale("log" if "y" in log else "linear")
    for k, (label, values) in enumerate(named(y).items()):
        points = as_array(values, label or "y", 1, finite=True)
        if points.shape != at.shape:
            raise ValueError(f"{label or 'y'}: {len(points)} values for {len(at)} positions x")
        ax.scatter(
            at,
            points,
            s=26,
            color=colour(k),
            marker=MARKERS[k % len(MARKERS)],
            edgecolors="black",
            linewidths=0.4,
            alpha=0.8,
            label=label or None,
        )
    if diagonal is not None:
        ends = np.array([at.min(), at.max()])
        ax.plot(ends, ends, "--", color=WRONG, label=diagonal)
    ax.grid(True)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if title is not None:
        ax.set_title(title)
    if ax.get_legend_handles_labels()[1]:
        ax.legend()
    return figure.figure


@styled
def accuracy_against_parameters(
    models: Mapping[str, tuple[float, float]],
    *,
    ylabel: str = "test accuracy",
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """The accuracy of models against their number of parameters, which is on a logarithmic axis.

    Parameters
    ----------
    models : ``{name: (number of parameters, accuracy in [0, 1])}``.
    """
    named_models = named(models)
    points = as_array(list(named_models.values()), "models", 2, finite=True)
    if points.shape[1] != 2 or (points[:, 0] <= 0).any():
        raise ValueError("models: expected {name: (number of parameters > 0, accuracy)}")
    figure = canvas(figure, 4.2)
    ax = figure.subplots()
    ax.set_xscale("log")
    for k, (name, (parameters, accuracy)) in enumerate(zip(named_models, points, strict=True)):
        ax.plot(
            parameters,
            accuracy,
            MARKERS[k % len(MARKERS)],
            color=colour(k),
            markersize=9,
            markeredgecolor="black",
            linestyle="none",
            label=name,
        )
    ax.margins(0.15)
    ax.xaxis.set_major_formatter(EngFormatter(sep=""))
    ax.yaxis.set_major_formatter(percent)
    ax.grid(True)
    ax.set(xlabel="parameters", ylabel=ylabel)
    if title is not None:
        ax.set_title(title)
    legend_below(figure, ax)
    return figure.figure
