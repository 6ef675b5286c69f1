"""Activations and their derivatives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course_dl.activations import ACTIVATIONS, get_activation
from course_dl.plots._inputs import as_array, named
from course_dl.plots._style import (
    Canvas,
    canvas,
    colour,
    styled,
)

__all__ = ["activation_curves"]


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
        Or ``{name: (g, dg)}`` with other functions.
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


def activation_pairs(activations: Any) -> dict[str, tuple[Callable[..., Any], Callable[..., Any]]]:
    """``{name: (g, dg)}`` of names, activations, or other functions."""
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
