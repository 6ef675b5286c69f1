"""Make the map of the labs, `docs/images/map.png`: `python scripts/make_map.py`.

A row for each session of the course, a box for each lab. A box says what of earlier labs is used
again in it; an arrow leads there, in the colour of the lab in which it was built. Readable at a
width of 400 pixels.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as Curve
from PIL import Image

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "map.png"

SESSIONS = (  # the labs of each, by number: a short title, and what is used again
    {
        1: ("Perceptron", "one neuron"),
        2: ("Networks", "many of lab 1's"),
        3: ("Descent", "on lab 2's losses"),
    },
    {
        4: ("Backprop", "through lab 2's"),
        5: ("MNIST", "with 3 and 4"),
        6: ("Convolution", "and back as in 4"),
    },
    {7: ("Deep networks, transfer", "signals of 4, filters of 6")},
    {8: ("Segmentation, denoising", "filters of 6, shortcuts of 7")},
    {9: ("Generative models", "losses of 2, the way up of 8")},
    {10: ("Transformers", "shortcuts of 7, ideal guess of 8, nats of 9")},
    {11: ("Diffusion", "denoiser of 8, codes of 9, sinusoids of 10")},
)
LEFT, RIGHT = ((4, 7), (7, 10), (9, 11)), ((6, 8), (8, 10), (8, 11))  # sides of the arrows
COLOURS = ("#0072B2", "#56B4E9", "#009E73", "#7A9A01", "#E69F00", "#D55E00", "#CC79A7")

WIDTH, ROW = 4.0, 0.72  # inches; 100 pixels each where the picture is 400 wide
LARGE, SMALL = 9.5, 8  # points: 13 and 11 pixels there
HIGH, NARROW, WIDE, APART = 0.48, 1.2, 2.8, 1.28


@dataclass(frozen=True)
class Box:
    """Where a lab lies: its middle, and its width."""

    x: float
    y: float
    width: float
    row: int


def course_map() -> Figure:
    """The picture, 400 pixels wide at its own resolution."""
    height = ROW * len(SESSIONS)
    figure = Figure(figsize=(WIDTH, height), dpi=100, facecolor="white")
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, WIDTH), ylim=(0, height))
    ax.set_axis_off()
    boxes: dict[int, Box] = {}
    for row, labs in enumerate(SESSIONS):
        width = NARROW if len(labs) > 1 else WIDE
        for k, (lab, (title, again)) in enumerate(labs.items()):
            x = WIDTH / 2 + (k - (len(labs) - 1) / 2) * APART
            box = boxes[lab] = Box(x, height - ROW * (row + 0.5), width, row)
            _draw(ax, box, f"{lab}  {title}", again)
    for lab in boxes:
        if lab + 1 in boxes:
            _to_the_next(ax, boxes[lab], boxes[lab + 1])
    for side, arrows in ((-1, LEFT), (1, RIGHT)):
        for start, end in arrows:
            _aside(ax, boxes[start], boxes[end], side)
    return figure


def _draw(ax: Axes, box: Box, title: str, again: str) -> None:
    corner = (box.x - box.width / 2, box.y - HIGH / 2)
    ax.add_patch(
        FancyBboxPatch(
            *(corner, box.width, HIGH),
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor=(COLOURS[box.row], 0.15),
            edgecolor=COLOURS[box.row],
            linewidth=1.4,
        )
    )
    ax.text(box.x, box.y + 0.09, title, ha="center", va="center", fontsize=LARGE)
    ax.text(box.x, box.y - 0.12, again, ha="center", va="center", fontsize=SMALL, color="0.25")


def _to_the_next(ax: Axes, start: Box, end: Box) -> None:
    """The way of the course, in grey."""
    if start.row == end.row:
        ends = ((start.x + start.width / 2, start.y), (end.x - end.width / 2, end.y))
    elif end.width == NARROW:  # from the end of a row to the beginning of the next one
        ends = ((start.x, start.y - HIGH / 2), (end.x, end.y + HIGH / 2))
    else:
        x = end.x if start.width == WIDE else start.x - 0.25
        ends = ((x, start.y - HIGH / 2), (min(x, end.x + end.width / 2 - 0.2), end.y + HIGH / 2))
    ax.add_patch(
        FancyArrowPatch(
            *ends,
            arrowstyle="-|>",
            mutation_scale=7,
            color="0.55",
            linewidth=1.2,
            shrinkA=0,
            shrinkB=0,
        )
    )


def _aside(ax: Axes, start: Box, end: Box, side: int) -> None:
    """What is used again, around the boxes between; it leaves low and arrives high."""
    a = (start.x + side * start.width / 2, start.y - 0.12)
    b = (end.x + side * end.width / 2, end.y + 0.1)
    out = 0.1 + 0.15 * (end.row - start.row)
    bend = [(max(0.03, min(WIDTH - 0.03, x + side * out)), y) for x, y in (a, b)]
    curve = Curve([a, *bend, b], [Curve.MOVETO, Curve.CURVE4, Curve.CURVE4, Curve.CURVE4])
    ax.add_patch(
        FancyArrowPatch(
            path=curve,
            arrowstyle="-|>",
            mutation_scale=8,
            color=COLOURS[start.row],
            linewidth=1.5,
        )
    )


def main() -> None:
    """Draw and save it, twice as fine, for screens that show so much, in 64 colours."""
    drawn = io.BytesIO()
    course_map().savefig(drawn, dpi=200)
    picture = Image.open(drawn).convert("RGB").quantize(64, dither=Image.Dither.NONE)
    picture.save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
