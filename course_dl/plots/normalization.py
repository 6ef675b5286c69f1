"""Batch norms seen at work: how values spread, how running statistics move."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course_dl.plots._inputs import as_array, named
from course_dl.plots._style import MARKERS, Canvas, canvas, colour, legend, styled
from course_dl.plots.animation import Animation, animate

__all__ = ["animate_values", "running_statistics"]


def animate_values(
    steps: Any,
    *,
    names: Sequence[str] = (),
    bins: int = 30,
    xlabel: str = "value",
    seconds: float = 8.0,
) -> Animation:
    """How the values of a channel are distributed, from step to step; axes stay as they are.

    Parameters
    ----------
    steps : ``{label: (T, n)}``, n values at each of T steps, as many steps for each label.
    names : of the steps, in the titles; by default their numbers.
    bins : of the histograms, common to all.
    seconds, and the number of frames drawn : see `animate`.
    """
    groups = {
        label: as_array(values, label or "steps", 2, finite=True)
        for label, values in named(steps).items()
    }
    lengths = {len(values) for values in groups.values()}
    if len(lengths) != 1:
        raise ValueError(f"steps: expected as many steps for each label, got {sorted(lengths)}")
    n = lengths.pop()
    told = list(names) or [f"step {t}" for t in range(n)]
    if len(told) != n:
        raise ValueError(f"names: expected {n} of them, one a step, got {len(told)}")
    everything = np.concatenate([values.ravel() for values in groups.values()])
    edges = np.histogram_bin_edges(everything, bins)
    shares = {
        label: np.stack([np.histogram(row, edges)[0] / len(row) for row in values])
        for label, values in groups.items()
    }
    top = 1.05 * max(float(share.max()) for share in shares.values())

    def draw(ax: Axes, t: int) -> None:
        for k, (label, share) in enumerate(shares.items()):
            ax.stairs(share[t], edges, fill=True, alpha=0.45, color=colour(k), label=label or None)
            ax.stairs(share[t], edges, color=colour(k), linewidth=1.5)
        ax.set(xlabel=xlabel, ylabel="share of the values", title=told[t])
        ax.set(xlim=(edges[0], edges[-1]), ylim=(0, top))
        if any(shares):
            ax.legend(loc="upper right")

    return animate(draw, n, seconds=seconds)


@styled
def running_statistics(
    before: Any,
    after: Any,
    *,
    ylabel: str = "running mean",
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """A number for each channel, before and after; a line joins the two where they differ.

    Parameters
    ----------
    before : (C,) numbers.
    after : (C,) numbers, or ``{label: (C,) numbers}``.
    """
    start = as_array(before, "before", 1, finite=True)
    figure = canvas(figure, 3.6)
    ax = figure.subplots()
    at = np.arange(1, len(start) + 1.0)
    ax.plot(at, start, "s", markersize=9, markerfacecolor="none", color="0.3", label="before")
    ends = named(after)
    for k, (label, values) in enumerate(ends.items()):
        end = as_array(values, label or "after", 1, finite=True)
        if end.shape != start.shape:
            raise ValueError(f"{label or 'after'}: {len(end)} channels, and {len(start)} before")
        ax.vlines(at, start, end, color=colour(k), linewidth=1.2)
        ax.plot(
            at,
            end,
            MARKERS[k % len(MARKERS)],
            color=colour(k),
            markersize=5,
            label=label or "after",
        )
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(True, axis="y")
    ax.set(xlabel="channel", ylabel=ylabel)
    if title is not None:
        ax.set_title(title)
    legend(ax)
    return figure.figure
