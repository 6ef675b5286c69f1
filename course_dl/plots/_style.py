"""The style of all pictures, and the kind of figure that all of them are."""

from __future__ import annotations

import base64
import functools
import io
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from html import escape
from typing import Any, ParamSpec, TypeAlias, TypeVar

from matplotlib import rc_context, rcParams, rcParamsDefault
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from course_dl.plots._words import describe

__all__ = [
    "DASHES",
    "DIVERGING",
    "MARKERS",
    "PALETTE",
    "SEQUENTIAL",
    "WIDTH",
    "WRONG",
    "Canvas",
    "Picture",
    "canvas",
    "colour",
    "course_style",
    "inches",
    "legend",
    "legend_below",
    "page",
    "percent",
    "styled",
]

Canvas: TypeAlias = Figure | SubFigure
P = ParamSpec("P")
R = TypeVar("R")

WIDTH = 7.5  # inches: the width of a notebook's output
# Okabe and Ito's colours, distinct for any colour vision; markers and dashes differ as well.
PALETTE = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#000000",
    "#F0E442",
)
WRONG = "#D55E00"
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
DASHES = ("-", "--", "-.", ":")
SEQUENTIAL = "cividis"
DIVERGING = "RdBu_r"

# What a style of the user's may change. Matplotlib's own values stand there, then the course's.
LOOKS = (
    *("_internal.", "axes.", "boxplot.", "contour.", "errorbar.", "figure.", "font.", "grid."),
    *("hatch.", "hist."),
    *("image.", "legend.", "lines.", "markers.", "mathtext.", "patch.", "path.", "savefig."),
    *("scatter.", "text.", "xtick.", "ytick."),
)
STYLE: Any = {  # matplotlib's type of it lists every key there is
    **{key: value for key, value in rcParamsDefault.items() if key.startswith(LOOKS)},
    "axes.axisbelow": True,
    "axes.edgecolor": "0.4",
    "axes.facecolor": "white",
    "axes.formatter.useoffset": False,
    "axes.labelcolor": "black",
    "axes.labelsize": 10,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": "auto",
    "axes.titlesize": 11,
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "figure.titlesize": 11,
    "font.family": ["DejaVu Sans"],
    "font.size": 10,
    "grid.color": "0.9",
    "legend.fontsize": 9,
    "legend.frameon": False,
    "legend.labelcolor": "None",
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "savefig.bbox": None,
    "savefig.dpi": "figure",
    "savefig.facecolor": "auto",
    "text.color": "black",
    "text.usetex": False,
    "xtick.color": "black",
    "xtick.labelcolor": "inherit",
    "xtick.labelsize": 9,
    "ytick.color": "black",
    "ytick.labelcolor": "inherit",
    "ytick.labelsize": 9,
}


def course_style() -> AbstractContextManager[None]:
    """The style of the course while this lasts: only what differs is set, which saves time."""
    other = {key: value for key, value in STYLE.items() if rcParams[key] != value}
    return rc_context(other) if other else nullcontext()


class Picture(Figure):
    """A figure that pyplot does not know.

    A notebook shows it once, if it is the value of a cell, with and without ``%matplotlib inline``;
    nothing has to be closed. Elsewhere: ``figure.savefig("file.png")``.

    Who cannot see it hears `words`. A notebook gets the picture as HTML, since JupyterLab and
    others pass over the metadata of an image, and as PNG for what shows no HTML.
    """

    def draw(self, renderer: Any) -> None:
        # Ticks are made here, at drawing, and read the style then.
        with course_style():
            super().draw(renderer)

    @property
    def words(self) -> str:
        """What is drawn, in sentences."""
        with course_style():
            return describe(self)

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        with course_style():
            self.savefig(file, format="png")
        return file.getvalue()

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
        png, words = base64.b64encode(self._repr_png_()).decode(), self.words
        html = (
            f'<img alt="{escape(words)}" style="max-width: 100%" src="data:image/png;base64,{png}">'
        )
        return {"image/png": png, "text/html": html}, {"image/png": {"alt": words}}


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Let ``draw`` run in the style of the course, and leave the user's style as it was."""

    @functools.wraps(draw)
    def in_style(*args: P.args, **kwargs: P.kwargs) -> R:
        with course_style():
            return draw(*args, **kwargs)

    return in_style


def canvas(figure: Canvas | None, height: float, width: float = WIDTH) -> Canvas:
    """The figure or panel to draw on: the one given, else a new one of that size in inches."""
    if figure is None:
        return Picture(figsize=(width, height), layout="compressed")
    if not isinstance(figure, (Figure, SubFigure)):
        raise TypeError(
            f"figure is a {type(figure).__name__}; expected a panel of plots.page(...), "
            "a matplotlib figure, or None for a new one"
        )
    return figure


def inches(figure: Canvas) -> tuple[float, float]:
    """Width and height of a figure or a panel."""
    dpi = figure.figure.dpi
    return figure.bbox.width / dpi, figure.bbox.height / dpi


def legend(ax: Axes) -> None:
    """The legend of ``ax``: inside of it if it is small, else below."""
    labels = ax.get_legend_handles_labels()[1]
    if len(labels) > 3 or (labels and entry_width(labels) > inches(ax.figure)[0] / 2):
        legend_below(ax.figure, ax)
    elif labels:
        ax.legend()


def legend_below(figure: Canvas, ax: Axes) -> None:
    """The legend of ``ax`` under everything, so that it takes no width."""
    handles, labels = ax.get_legend_handles_labels()
    if labels:
        fitting = int(inches(figure)[0] / entry_width(labels))
        columns = max(1, min(len(labels), fitting))
        figure.legend(
            handles,
            labels,
            loc="outside lower center",
            ncols=columns,
            columnspacing=1.2,
            handletextpad=0.4,
        )


def entry_width(labels: Sequence[str]) -> float:
    """About how many inches the widest entry of a legend takes."""
    return 0.55 + 0.08 * max(len(label.replace("$", "").replace(" ", "")) for label in labels)


@styled
def page(
    rows: int, columns: int, *, height: float = 3.0, title: str | None = None
) -> tuple[Figure, list[SubFigure]]:
    """An empty page and its panels, row by row, for several pictures in one figure.

    Every function of ``course_dl.plots`` draws on a panel by ``figure=panel``.

    Parameters
    ----------
    rows, columns : number of panels.
    height : of one row, in inches; the page is as wide as a notebook.

    Examples
    --------
    >>> figure, panels = page(1, 2)
    >>> _ = curves([3, 2, 1], title="left", figure=panels[0])      # doctest: +SKIP
    """
    if rows < 1 or columns < 1:
        raise ValueError(f"a page of {rows} x {columns} panels; expected at least 1 x 1")
    figure = Picture(figsize=(WIDTH, rows * height), layout="compressed")
    if title is not None:
        figure.suptitle(title)
    return figure, list(figure.subfigures(rows, columns, squeeze=False).flat)


def percent(share: float, _: float = 0.0) -> str:
    """A share as a tick label: 0.985 is 98.5%."""
    return f"{100 * share:.4g}%"


def colour(k: int) -> str:
    """The colour of class or line ``k``, over and over again from the palette."""
    return PALETTE[k % len(PALETTE)]
