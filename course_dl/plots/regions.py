"""The plane of two features: samples, separators, and the class of each point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize, to_rgb
from matplotlib.figure import Figure

from course_dl.plots._inputs import as_array, as_points, named
from course_dl.plots._models import class_probabilities
from course_dl.plots._plane import (
    Limits,
    class_name,
    draw_line,
    draw_normal,
    draw_samples,
    dress,
    grid_of,
    limits_of,
    plane,
    set_aspect,
)
from course_dl.plots._style import (
    DASHES,
    PALETTE,
    SEQUENTIAL,
    Canvas,
    canvas,
    colour,
    legend_below,
    percent,
    styled,
)
from course_dl.plots._words import plain, say, some

__all__ = [
    "decision_boundary",
    "decision_regions",
    "half_spaces",
    "probability_maps",
    "scatter",
]


@styled
def scatter(
    X: Any,
    d: Any = None,
    *,
    names: Mapping[Any, str] | Sequence[str] | None = None,
    title: str | None = None,
    xlabel: str = "$x_1$",
    ylabel: str = "$x_2$",
    figure: Canvas | None = None,
) -> Figure:
    """Samples of the plane; each class has a colour and a marker of its own.

    Parameters
    ----------
    X : (N, 2) samples.
    d : (N,) labels, if there are any.
    names : of the classes, by label or in the order of the labels.
    figure : a panel to draw on (see `page`); a new figure by default.
    """
    points, labels = as_points(X, d)
    figure = canvas(figure, 4.5)
    ax = plane(figure, limits_of(points), title, xlabel, ylabel)
    draw_samples(ax, points, labels, names)
    legend_below(figure, ax)
    return figure.figure


@styled
def decision_regions(
    predict: Any,
    X: Any,
    d: Any,
    *,
    probability: bool = False,
    names: Mapping[Any, str] | Sequence[str] | None = None,
    limits: Limits | None = None,
    title: str | None = None,
    xlabel: str = "$x_1$",
    ylabel: str = "$x_2$",
    figure: Canvas | None = None,
) -> Figure:
    """Which class each point of the plane is given, the boundaries, and the samples.

    Parameters
    ----------
    predict : an `nn.Module`, an object with ``decision_function`` or ``predict``, or a function,
        of points (N, 2) in the dtype of ``X``. It gives labels (N,); or scores (N, K) of classes
        0..K-1; or one score (N,) or (N, 1), positive for the larger of two labels. Numbers that
        are probabilities (rows that sum to 1; one column within [0, 1]) are taken as such.
    X : (N, 2) samples.
    d : (N,) labels.
    probability : shade by the probability of the class (softmax or sigmoid of the scores)
        instead of evenly.
    limits : ((left, right), (bottom, top)); the samples' own without it.

    Raises
    ------
    ValueError
        If a shape does not fit, or if ``probability`` is asked and a function gives labels only.
    """
    points, labels = as_points(X, d)
    assert labels is not None
    limits = limits or limits_of(points)
    grid, x, y = grid_of(limits)
    P, classes, certain = class_probabilities(predict, grid, X, np.unique(labels))
    if probability and certain:
        raise ValueError("probability=True needs scores or probabilities; predict gives labels")

    figure = canvas(figure, 4.5)
    ax = plane(figure, limits, title, xlabel, ylabel)
    tints = np.array([to_rgb(colour(k)) for k in range(len(classes))])
    shares = P if probability else np.eye(len(classes))[P.argmax(1)]
    image = 1 - 0.45 * shares @ (1 - tints)
    ax.imshow(
        image.reshape(len(y), len(x), 3),
        origin="lower",
        aspect="auto",
        extent=(*limits[0], *limits[1]),
        interpolation="nearest",
        zorder=0,
    )
    for k in range(len(classes) if len(classes) > 2 else 1):
        rivals = np.delete(P, k, axis=1).max(1) if len(classes) > 1 else np.zeros(len(P))
        margin = (P[:, k] - rivals).reshape(len(y), len(x))
        if margin.min() < 0 < margin.max():
            ax.contour(x, y, margin, levels=[0.0], colors="0.15", linewidths=1.3)
    draw_samples(ax, points, labels, names, classes)
    signed = bool((classes < 0).any())
    called = [plain(class_name(label, k, names, signed)) for k, label in enumerate(classes)]
    say(figure, regions_in_words(P.argmax(1), called))
    set_aspect(ax, limits)
    legend_below(figure, ax)
    return figure.figure


@styled
def decision_boundary(
    X: Any,
    d: Any,
    weights: Any,
    *,
    values: Any = None,
    value_label: str = "",
    reference: Mapping[str, Any] | None = None,
    names: Mapping[Any, str] | Sequence[str] | None = None,
    limits: Limits | None = None,
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """Lines ``b + w_1 x_1 + w_2 x_2 = 0`` of linear classifiers among the samples.

    Parameters
    ----------
    X : (N, 2) samples, no ones column.
    d : (N,) labels.
    weights : one ``(b, w_1, w_2)``, or many (R, 3) such as runs from random starts, or
        ``{label: (b, w_1, w_2)}`` for a few lines with names.
    values : (R,) a number for each of the many, shown by its colour (its test error, its margin);
        ``value_label`` says what it is.
    reference : ``{label: (b, w_1, w_2)}``, named lines on top of the many.
    """
    points, labels = as_points(X, d)
    limits = limits or limits_of(points)
    lines = dict(reference or {})
    many = np.empty((0, 3))
    if isinstance(weights, Mapping):
        lines = {**named(weights), **lines}
    else:
        many = np.atleast_2d(as_array(weights, "weights", finite=True))
    if values is not None:
        values = as_array(values, "values", 1, finite=True)
        if len(values) != len(many):
            raise ValueError(
                f"values: expected one for each of {len(many)} lines, got {len(values)}"
            )

    figure = canvas(figure, 4.5)
    ax = plane(figure, limits, title)
    draw_samples(ax, points, labels, names)
    if values is not None:
        scale = ScalarMappable(Normalize(values.min(), values.max()), SEQUENTIAL)
        figure.colorbar(scale, ax=ax, label=value_label, shrink=0.9)
        shades = list(scale.to_rgba(values))
    else:
        shades = ["0.25"] * len(many)
    thin = {"linewidth": 1.8, "alpha": 1.0} if len(many) == 1 else {"linewidth": 1.1, "alpha": 0.7}
    for w, shade in zip(many, shades, strict=True):
        draw_line(ax, w, color=shade, **thin)
    if len(many):
        say(figure, f"{len(many)} lines: {some(map(in_words, many))}")
    for k, (label, w) in enumerate(lines.items()):
        draw_line(
            ax,
            as_array(w, label, finite=True),
            label=label,
            linewidth=2.2,
            color=PALETTE[(k + 3) % len(PALETTE)] if len(many) == 0 else "black",
            linestyle=DASHES[(k + (len(many) > 0)) % len(DASHES)],
            zorder=3,
        )
    legend_below(figure, ax)
    return figure.figure


@styled
def half_spaces(
    W: Any,
    b: Any,
    X: Any = None,
    d: Any = None,
    *,
    label: str = "active neurons",
    limits: Limits | None = None,
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """The half-planes ``<w_m, x> + b_m >= 0`` of the neurons of one layer, and how they overlap.

    Each line has its neuron's number and an arrow to the side where the neuron is active; the
    shade of a region says in how many of the half-planes it lies.

    Parameters
    ----------
    W : (M, 2) weights, one neuron a row, or (2,) of a single one.
    b : (M,) biases, or a number.
    X, d : samples (N, 2) and labels (N,) to draw as well.
    label : what is counted by the shade.
    limits : ((left, right), (bottom, top)); of the samples, else -3 to 3.
    """
    weights = np.atleast_2d(as_array(W, "W", finite=True))
    biases = np.atleast_1d(as_array(b, "b", finite=True))
    if weights.ndim != 2 or weights.shape[1] != 2 or biases.shape != (len(weights),):
        raise ValueError(f"expected W (M, 2) and b (M,), got {weights.shape} and {biases.shape}")
    samples = None if X is None else as_points(X, d)
    limits = limits or (limits_of(samples[0]) if samples else ((-3.0, 3.0), (-3.0, 3.0)))
    grid, x, y = grid_of(limits)
    active = (grid @ weights.T + biases >= 0).sum(1).reshape(len(y), len(x))

    figure = canvas(figure, 4.5)
    ax = plane(figure, limits, title)
    M = len(weights)
    shades = ax.pcolormesh(
        x, y, active, cmap=steps_of_blue(M + 1), vmin=-0.5, vmax=M + 0.5, zorder=0
    )
    bar = figure.colorbar(shades, ax=ax, label=label, shrink=0.9)
    bar.set_ticks(range(M + 1) if M < 10 else [0, M // 2, M])
    for m, (w, bias) in enumerate(zip(weights, biases, strict=True)):
        draw_line(ax, np.array([bias, *w]), color="0.15", linewidth=1.5)
        draw_normal(ax, w, bias, limits, str(m + 1) if M > 1 else "$w$")
    lines = (
        f"{m} at {in_words([bias, *w])}"
        for m, (w, bias) in enumerate(zip(weights, biases, strict=True), 1)
    )
    shares = (f"{k} in {percent(round((active == k).mean(), 3))}" for k in np.unique(active))
    say(figure, f"Lines of neurons: {some(lines)}. {plain(label)} over the plane: {some(shares)}")
    if samples:
        draw_samples(ax, *samples, None, unlabelled="samples")
    legend_below(figure, ax)
    return figure.figure


@styled
def probability_maps(
    functions: Any,
    X: Any = None,
    d: Any = None,
    *,
    which: int = 1,
    limits: Limits | None = None,
    label: str | None = None,
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """A probability over the plane as a heat map; several side by side on one scale.

    So a classifier is compared with the true posterior, or seen next to itself with more data.

    Parameters
    ----------
    functions : ``{title: function}`` or one function: an `nn.Module` or a callable of points
        (N, 2) that gives probabilities or scores, as in `decision_regions`.
    X, d : samples and labels to draw; ``limits`` are needed without them.
    which : the class whose probability is shown.
    """
    panels = named(functions)
    if X is None and limits is None:
        raise ValueError("give samples X, or limits=((left, right), (bottom, top))")
    samples = None if X is None else as_points(X, d)
    if limits is None:
        assert samples is not None
        limits = limits_of(samples[0])
    grid, x, y = grid_of(limits)

    columns = min(len(panels), 3)
    rows = -(-len(panels) // columns)
    ratio = (limits[1][1] - limits[1][0]) / (limits[0][1] - limits[0][0])
    tall = min(6.6 / columns * (ratio if 1 / 3 < ratio < 3 else 1.0), 3.6)
    figure = canvas(figure, rows * (tall + 0.4) + (0.6 if columns == 1 else 1.6))
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    shades, halved = None, False
    told = []
    for k, (name, function) in enumerate(panels.items()):
        P, _, _ = class_probabilities(function, grid, X, None)
        if not 0 <= which < P.shape[1]:
            raise ValueError(f"which={which}: expected a class from 0 to {P.shape[1] - 1}")
        share = P[:, which].reshape(len(y), len(x))
        ax = dress(axes[k], limits, name or None, "$x_1$", "$x_2$" if k % columns == 0 else "")
        shades = ax.pcolormesh(x, y, share, cmap=SEQUENTIAL, vmin=0, vmax=1, zorder=0)
        above = percent(round(float((share > 0.5).mean()), 3))
        span = f"{share.min():.2g} to {share.max():.2g}, above 0.5 in {above} of the plane"
        told.append(f"{plain(name)}: {span}" if name else span)
        if share.min() < 0.5 < share.max():
            ax.contour(x, y, share, levels=[0.5], colors="white", linewidths=1.5)
            halved = True
        if samples:
            draw_samples(ax, *samples, None)
    assert shades is not None
    legend_below(figure, axes[0])
    halves = " (white line: 0.5)" * halved
    say(figure, f"Probabilities: {'; '.join(told)}")
    figure.colorbar(
        shades,
        ax=list(axes),
        label=(label or f"$P(d = {which} \\mid x)$") + halves,
        location="right" if columns == 1 else "bottom",
        shrink=0.9 if columns == 1 else 0.6,
    )
    if title is not None:
        figure.suptitle(title)
    return figure.figure


def regions_in_words(given: np.ndarray, classes: Sequence[str]) -> str:
    """How much of the plane, of which each point is ``given`` a class, belongs to each of them."""
    shares = (percent(round(float((given == k).mean()), 3)) for k in range(len(classes)))
    parts = (f"{share} to {name}" for share, name in zip(shares, classes, strict=True))
    return f"Of the plane belong {some(parts)}"


def in_words(w: Iterable[float]) -> str:
    """``b + w_1 x_1 + w_2 x_2 = 0`` of ``w = (b, w_1, w_2)``."""
    b, first, second = w
    return f"{first:.2g} x1 {second:+.2g} x2 {b:+.2g} = 0"


def steps_of_blue(n: int) -> ListedColormap:
    return ListedColormap(
        [1 - t * (1 - np.array(to_rgb(PALETTE[0]))) for t in np.linspace(0.02, 0.7, n)]
    )
