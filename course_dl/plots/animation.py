"""Pictures that move: descent on its contours, a separator while it learns, and any other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_dl.plots._inputs import as_array, as_points
from course_dl.plots._plane import (
    draw_line,
    draw_normal,
    draw_samples,
    dress,
    half_plane,
    limits_of,
)
from course_dl.plots._style import Picture, course_style
from course_dl.plots._words import describe
from course_dl.plots.descent import as_tracks, contour_heights, draw_contours, draw_track
from course_dl.plots.descent import limits_of as limits_of_tracks

__all__ = ["MAX_FRAMES", "Animation", "animate", "animate_descent", "animate_separator"]

MAX_FRAMES = 50
DPI = 72
SIZE = (6.5, 4.0)  # inches


class Animation:
    """Frames that a notebook plays, and a still picture for a terminal.

    A notebook shows a player if this is the value of a cell. The player is made then, once: 50
    frames take about 3 s and 1 MB of the notebook; Colab allows 20 MB. It stands still until its
    button is pressed, and the last frame is told in words.

    Attributes
    ----------
    frames : those shown, at most 50, each as ``draw`` takes it.
    still : Figure, the last frame.
    """

    def __init__(self, draw: Callable[[Axes, Any], None], frames: list[Any], seconds: float):
        self._draw = draw
        self.frames = frames
        self._seconds = seconds
        self._html: str | None = None

    @property
    def still(self) -> Figure:
        figure, ax = self._stage()
        with course_style():
            self._draw(ax, self.frames[-1])
        return figure

    def to_html(self) -> str:
        """The player, a piece of HTML and JavaScript with the frames in it."""
        if self._html is None:
            figure, ax = self._stage()
            figure.set_dpi(DPI)

            def show(frame: Any) -> list[Any]:
                ax.clear()
                self._draw(ax, frame)
                return []

            with course_style():
                show(self.frames[-1])
                figure.draw_without_rendering()
                # Room for labels is found once; else the axes would jump from frame to frame.
                figure.set_layout_engine("none")
                player = FuncAnimation(
                    figure,
                    show,
                    self.frames,
                    init_func=list,
                    interval=1000 * self._seconds / len(self.frames),
                    cache_frame_data=False,
                    repeat=False,
                )
                self._html = in_words(player.to_jshtml(), self.words)
        return self._html

    @property
    def words(self) -> str:
        """What moves, in sentences: the number of frames, and the last one."""
        return f"An animation of {len(self.frames)} frames. The last: {describe(self.still)}"

    def _stage(self) -> tuple[Figure, Axes]:
        with course_style():
            figure = Picture(figsize=SIZE, layout="constrained")
            return figure, figure.subplots()

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        return f"Animation({len(self.frames)} frames; .still is its last as a figure)"


def in_words(player: str, words: str) -> str:
    """The player with names for what has none in it: its picture and its slider."""
    player = player.replace('<img id="_anim', f'<img alt="{escape(words)}" id="_anim')
    return player.replace('<input id="_anim_slider', '<input aria-label="Frame" id="_anim_slider')


def animate(
    draw: Callable[[Axes, Any], None], frames: int | Iterable[Any], *, seconds: float = 8.0
) -> Animation:
    """Any animation: ``draw(ax, frame)`` draws one frame, in full, on empty axes.

    Parameters
    ----------
    draw : a function of the axes and a member of ``frames``.
    frames : their number n, for 0..n-1; or a sequence (epochs, weights). Of more than 50 frames,
        50 are shown, evenly spaced, with the first and the last.
    seconds : duration of the animation.

    Notes
    -----
    Nothing is drawn before the animation is shown: then about 0.06 s and 20 kB a frame.
    """
    everything = list(range(frames) if isinstance(frames, int) else frames)
    if not everything:
        raise ValueError("frames: there is nothing to animate")
    if not seconds > 0:
        raise ValueError(f"seconds={seconds}: expected more than 0")
    chosen = np.unique(np.linspace(0, len(everything) - 1, MAX_FRAMES).round().astype(int))
    return Animation(draw, [everything[k] for k in chosen], seconds)


def animate_separator(
    X: Any,
    d: Any,
    path: Any,
    *,
    limits: tuple[tuple[float, float], tuple[float, float]] | None = None,
    seconds: float = 8.0,
    title: str = "",
) -> Animation:
    """The separator of the perceptron after its updates; the arrow is the direction of ``w``.

    Parameters
    ----------
    X : (N, 2) samples, no ones column.
    d : (N,) labels -1 and +1.
    path : (T+1, 3) weights ``(b, w_1, w_2)``, start first, such as `Perceptron.path_`.
    limits : ``((low, high), (low, high))`` of the two axes, else a little beyond the samples.
    seconds, and the number of frames drawn : see `animate`.
    """
    points, labels = as_points(X, d)
    weights = as_array(path, "path", 2, finite=True)
    if weights.shape[1] != 3:
        raise ValueError(f"path: expected (T+1, 3), rows (b, w_1, w_2), got {weights.shape}")
    limits = limits or limits_of(points)

    def draw(ax: Axes, t: int) -> None:
        w = weights[t]
        dress(ax, limits, f"{title} update {t} of {len(weights) - 1}".strip(), "$x_1$", "$x_2$")
        if w[1:].any():
            half_plane(ax, w, limits)
            draw_line(ax, w, color="0.15", linewidth=2)
            draw_normal(ax, w[1:], w[0], limits, "$w$")
        draw_samples(ax, points, labels, None)
        ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

    return animate(draw, len(weights), seconds=seconds)


def animate_descent(
    f: Callable[..., Any],
    paths: Any,
    *,
    limits: tuple[tuple[float, float], tuple[float, float]] | None = None,
    seconds: float = 8.0,
    title: str = "",
) -> Animation:
    """Trajectories of descent growing on the contours of ``F: R^2 -> R``.

    Parameters
    ----------
    f, paths, limits : as in `descent_path`.
    seconds : see `animate`.
    """
    tracks = as_tracks(paths, 2)
    limits = limits or limits_of_tracks(tracks)
    heights = contour_heights(f, limits)
    last = max(map(len, tracks.values())) - 1

    def draw(ax: Axes, t: int) -> None:
        draw_contours(ax, heights, limits)
        for k, (label, track) in enumerate(tracks.items()):
            draw_track(ax, track[: t + 1], k, label)
        ax.set(xlabel="$x_1$", ylabel="$x_2$", title=f"{title} step {t} of {last}".strip())
        if any(tracks):
            ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))

    return animate(draw, last + 1, seconds=seconds)
