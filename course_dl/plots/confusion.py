"""The confusion matrix of a classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from course_dl.plots._inputs import as_array
from course_dl.plots._style import Canvas, canvas, percent, styled
from course_dl.plots._words import say, some

__all__ = ["confusion_matrix"]


@styled
def confusion_matrix(
    matrix: Any,
    *,
    classes: Sequence[str] | None = None,
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """Which class is taken for which: counts, and below each its share of the row, the true class.

    The shade is the share, on a scale that spreads small ones, so that rare confusions show.

    Parameters
    ----------
    matrix : (K, K) counts, of images or of pixels; rows are true classes, columns predicted ones.
        Counts of six digits and more are written short: 251k, 1.2M.
    classes : K names; numbers without them.
    """
    counts = as_array(matrix, "matrix", 2, finite=True)
    K = len(counts)
    if counts.shape != (K, K) or (counts < 0).any():
        raise ValueError(f"matrix: expected (K, K) counts >= 0, got shape {counts.shape}")
    names = [str(k) for k in range(K)] if classes is None else [str(name) for name in classes]
    if len(names) != K:
        raise ValueError(f"classes: expected {K} names, got {len(names)}")
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)

    figure = canvas(figure, min(max(0.6 * K + 1.4, 3.5), 7.0))
    ax = figure.subplots()
    shades = ax.imshow(shares, cmap="Blues", norm=PowerNorm(0.4, 0, 1), aspect="auto")
    if K <= 12:
        for (i, j), count in np.ndenumerate(counts):
            if count:
                text = f"{short(count)}\n{100 * shares[i, j]:.1f}%"
                ax.text(
                    j,
                    i,
                    text,
                    ha="center",
                    va="center",
                    fontsize=9,
                    linespacing=1.1,
                    color="white" if shares[i, j] > 0.3 else "black",
                )
    long = max(map(len, names)) > 5
    ax.set_xticks(range(K), names, rotation=40 if long else 0, ha="right" if long else "center")
    ax.set_yticks(range(K), names)
    ax.set(xlabel="predicted", ylabel="true")
    ax.set_xticks(np.arange(K + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(K + 1) - 0.5, minor=True)
    ax.grid(True, which="minor", color="white", linewidth=1)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(False)
    bar = figure.colorbar(shades, ax=ax, label="share of the true class", aspect=30, pad=0.02)
    bar.set_ticks([0, 0.01, 0.05, 0.2, 0.5, 1])
    bar.ax.yaxis.set_major_formatter(percent)
    bar.ax.minorticks_off()
    say(figure, in_words(counts, shares, names))
    if title is not None:
        ax.set_title(title)
    return figure.figure


def in_words(counts: np.ndarray, shares: np.ndarray, names: list[str]) -> str:
    """The share on the diagonal, each class's, and the commonest confusions."""
    total = counts.sum()
    right = percent(round(float(counts.trace() / total), 4)) if total else "none"
    own = (
        f"{name} {100 * share:.1f}%" for name, share in zip(names, shares.diagonal(), strict=True)
    )
    wrong = counts - np.diag(counts.diagonal())
    order = np.argsort(-wrong, axis=None, kind="stable")[:5]
    pairs = [divmod(int(place), len(counts)) for place in order]
    taken = [
        f"{names[i]} for {names[j]} {short(wrong[i, j])} times" for i, j in pairs if wrong[i, j]
    ]
    told = f"Right: {right} of {short(total)}. Right in each class: {some(own)}"
    return f"{told}. Most often taken: {some(taken)}" if taken else told


def short(count: float) -> str:
    """A count in at most five characters, exact up to 99,999."""
    if count < 100_000:
        return f"{count:.0f}"
    for bound, unit in ((1e6, "k"), (1e9, "M")):
        if count < 0.9995 * bound:
            number = 1000 * count / bound
            return f"{number:.0f}{unit}" if number >= 99.5 else f"{number:.2g}{unit}"
    return f"{count:.0e}".replace("e+", "e")
