"""A network as a picture: the values of its neurons, and their error signals."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from course_dl.plots._inputs import as_array
from course_dl.plots._style import DIVERGING, Canvas, canvas, inches, styled
from course_dl.plots._words import say, some

__all__ = ["network_diagram"]

UNIT = 0.66  # inches from a node to the next in its layer, the unit of the drawing
RADIUS = 0.33
FEW_EDGES = 9  # as many weights, at most, are written on the edges of a layer,
LONG_EDGE = 2.4  # which are as long at least


@styled
def network_diagram(
    network: Any,
    values: Sequence[Any] | None = None,
    errors: Sequence[Any] | None = None,
    *,
    max_nodes: int = 5,
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """Neurons and their connections; values going forward above, errors going back below.

    Blue is negative, red positive, in nodes and edges; a wide layer shows its first neurons, dots,
    and its last.

    Parameters
    ----------
    network : sizes ``[N_0, ..., N_L]``, or the weights ``[W_1, ..., W_L]``, each (N_k, N_{k-1}),
        or an object with ``weights`` (`ManualMLP`) or ``sizes`` (`MLP`).
    values : ``[h_0, ..., h_L]`` of one sample, each (N_k,) or (1, N_k).
    errors : ``[delta_1, ..., delta_L]`` of one sample, each (N_k,) or (1, N_k).
    max_nodes : of a layer that are drawn, at least 3.

    Raises
    ------
    ValueError
        If sizes, values or errors do not fit together.
    """
    sizes, weights = structure(network)
    if max_nodes < 3:
        raise ValueError(f"max_nodes={max_nodes}: expected at least 3")
    layers = [Layer(size, max_nodes) for size in sizes]
    forward = None if values is None else layer_numbers(values, sizes, "values", "h_0 to h_L")
    backward = (
        None if errors is None else layer_numbers(errors, sizes[1:], "errors", "delta_1 to delta_L")
    )

    rows = 2 if backward is not None and forward is not None else 1
    tall = max(len(layer.shown) for layer in layers) + 0.6
    figure = canvas(figure, rows * (UNIT * tall + 0.35) + (0.3 if title else 0.0))
    step = min(max(inches(figure)[0] / UNIT - 1.6, 1.6) / (len(layers) - 1), 4.0)
    axes = iter(figure.subplots(rows, 1, squeeze=False)[:, 0])
    if forward is not None or backward is None:
        ax = next(axes)
        draw_network(ax, layers, step, weights, forward, "h", 0)
        if rows == 2:
            ax.set_title(r"forward: the values $h_k$ $\longrightarrow$")
    if backward is not None:
        ax = next(axes)
        draw_network(ax, layers, step, weights, [None, *backward], r"\delta", 1)
        ax.set_title(r"$\longleftarrow$ backward: the errors $\delta_k$")
    say(figure, in_words(sizes, forward, backward))
    if title is not None:
        figure.suptitle(title)
    return figure.figure


def in_words(
    sizes: Sequence[int],
    values: Sequence[np.ndarray] | None,
    errors: Sequence[np.ndarray] | None,
) -> str:
    told = f"A network of {len(sizes)} layers with {some(sizes)} units"
    for name, first, numbers in (("values h", 0, values), ("errors delta", 1, errors)):
        for k, layer in enumerate(numbers or [], first):
            told += f". {name} {k}: {some(number_text(number) for number in layer)}"
    return told


@dataclass(frozen=True)
class Layer:
    """Which neurons of a layer are drawn, and how high each stands, 0 being the middle."""

    size: int
    max_nodes: int

    @property
    def shown(self) -> list[int | None]:
        """Indices of neurons from the top; None means the dots."""
        if self.size <= self.max_nodes:
            return list(range(self.size))
        return [*range(self.max_nodes - 2), None, self.size - 1]

    @property
    def heights(self) -> dict[int | None, float]:
        middle = (len(self.shown) - 1) / 2
        return {index: middle - place for place, index in enumerate(self.shown)}


def structure(network: Any) -> tuple[list[int], list[np.ndarray] | None]:
    """The sizes of the layers, and the weights if they are known."""
    if hasattr(network, "layers") and all(hasattr(one, "weight") for one in network.layers):
        network = [one.weight for one in network.layers]
    else:
        network = getattr(network, "weights", getattr(network, "sizes", network))
    parts = list(network)
    if not parts:
        raise ValueError("network: expected the sizes of at least two layers, or weights")
    if all(
        np.ndim(part.detach() if isinstance(part, torch.Tensor) else part) == 0 for part in parts
    ):
        sizes = [int(size) for size in parts]
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(f"network: expected at least two sizes >= 1, got {sizes}")
        return sizes, None
    if any(
        np.ndim(part.detach() if isinstance(part, torch.Tensor) else part) > 2 for part in parts
    ):
        raise ValueError(
            "network: expected layers of neurons, with weights (M, N) each, got kernels of a "
            "convolution, which plots.filters draws"
        )
    weights = [as_array(part, "weights", 2, finite=True) for part in parts]
    for k, (before, after) in enumerate(itertools.pairwise(weights), start=1):
        if after.shape[1] != len(before):
            raise ValueError(
                f"network: W_{k} {before.shape} and W_{k + 1} {after.shape} do not "
                f"fit; W_{k + 1} needs {len(before)} columns"
            )
    return [weights[0].shape[1], *(len(W) for W in weights)], weights


def layer_numbers(
    given: Sequence[Any], sizes: Sequence[int], name: str, wanted: str
) -> list[np.ndarray]:
    numbers = [as_array(one, name, finite=True) for one in given]
    if [one.size for one in numbers] != list(sizes):
        raise ValueError(
            f"{name}: expected {wanted} of one sample, sizes {list(sizes)}, "
            f"got shapes {[one.shape for one in numbers]}"
        )
    return [one.reshape(-1) for one in numbers]


def draw_network(
    ax: Axes,
    layers: list[Layer],
    step: float,
    weights: list[np.ndarray] | None,
    numbers: list[np.ndarray | None] | list[np.ndarray] | None,
    letter: str,
    first: int,
) -> None:
    ax.set_axis_off()
    ax.set_aspect("equal")
    for k, (left, right) in enumerate(itertools.pairwise(layers)):
        draw_edges(
            ax, (k * step, (k + 1) * step), left, right, None if weights is None else weights[k]
        )
    everything = [one for one in numbers or [] if one is not None]
    top = max((abs(one).max() for one in everything), default=1.0) or 1.0
    lowest = min(min(layer.heights.values()) for layer in layers)
    for k, layer in enumerate(layers):
        draw_layer(ax, k * step, layer, None if numbers is None else numbers[k], top)
        symbol = f"${letter}_{k}$" if k >= first else "input"
        size = "1 unit" if layer.size == 1 else f"{layer.size} units"
        ax.text(k * step, lowest - 0.5, f"{symbol}\n{size}", ha="center", va="top", fontsize=10)
    highest = max(max(layer.heights.values()) for layer in layers)
    ax.set_xlim(-0.7, (len(layers) - 1) * step + 0.7)
    ax.set_ylim(lowest - 1.15, highest + 0.45)


def draw_edges(
    ax: Axes, x: tuple[float, float], left: Layer, right: Layer, W: np.ndarray | None
) -> None:
    few = W is not None and W.size <= FEW_EDGES and x[1] - x[0] >= LONG_EDGE
    largest = 1.0 if W is None else abs(W).max() or 1.0
    shades = colormaps[DIVERGING]  # as in the nodes: blue is negative, red positive
    for i, y_left in left.heights.items():
        for j, y_right in right.heights.items():
            if i is None or j is None:
                continue
            start, stop = np.array([x[0], y_left]), np.array([x[1], y_right])
            look: dict[str, Any] = {"color": "0.7", "linewidth": 0.8}
            if W is not None:
                size = abs(W[j, i]) / largest
                look = {
                    "color": shades(0.05 if W[j, i] < 0 else 0.95),
                    "alpha": 0.25 + 0.6 * size,
                    "linewidth": 0.4 + 1.8 * size,
                    "linestyle": "--" if W[j, i] < 0 else "-",
                }
            ax.plot(*np.stack([start, stop]).T, zorder=1, **look)
            if few and W is not None:
                # Staggered, so that the numbers of crossing edges keep clear of each other.
                at = start + (0.26 + 0.2 * (i % 2)) * (stop - start)
                ax.text(
                    at[0],
                    at[1],
                    number_text(W[j, i]),
                    ha="center",
                    va="center",
                    fontsize=9,
                    zorder=2,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
                )


def draw_layer(ax: Axes, x: float, layer: Layer, numbers: np.ndarray | None, top: float) -> None:
    shades = colormaps[DIVERGING]
    scale = Normalize(-top, top)
    for index, y in layer.heights.items():
        if index is None:
            ax.text(x, y, "\N{VERTICAL ELLIPSIS}", ha="center", va="center", fontsize=14)
            continue
        filled = "white" if numbers is None else shades(scale(numbers[index]))
        ax.add_patch(Circle((x, y), RADIUS, facecolor=filled, edgecolor="0.2", zorder=3))
        if numbers is not None:
            dark = abs(numbers[index]) > 0.6 * top
            ax.text(
                x,
                y,
                number_text(numbers[index]),
                ha="center",
                va="center",
                fontsize=9,
                color="white" if dark else "black",
                zorder=4,
            )


def number_text(number: float) -> str:
    """At most five characters."""
    if number == 0:
        return "0"
    if 0.01 <= abs(number) < 100:
        return f"{number:.2f}".rstrip("0").rstrip(".") if abs(number) < 10 else f"{number:.1f}"
    return f"{number:.0e}".replace("e-0", "e-").replace("e+0", "e")
