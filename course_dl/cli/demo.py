"""A tour of the course on real data: what ``course-dl demo`` runs, in under 90 s on two cores."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

from course_dl import plots
from course_dl.cli.stops import STOPS, Given, Row
from course_dl.data import mnist
from course_dl.training import runs_on
from course_dl.training.threads import on_threads

__all__ = ["Row", "tour"]

COLUMNS = 2  # of panels on the page


@on_threads(1)  # all of its networks are small
def tour(
    data: str | Path | None = None,
    *,
    seed: int = 0,
    out: str | Path = "course_dl_demo.png",
    quick: bool = False,
) -> list[Row]:
    """Run the tour, print its table, and save its page of pictures, a glimpse of each lab.

    Parameters
    ----------
    data : a directory that holds ``MNIST/raw``; without it, the ladder of `course_dl.data.mnist`.
    seed : of every random number drawn.
    out : the file of the page: its ending says the format (``.png``, ``.pdf``, ``.svg``).
    quick : trainings as short as can be, on 2,000 digits.
    """
    started = perf_counter()
    out = _writable(Path(out))
    given = Given(mnist("train", root=data), mnist("test", root=data), data, seed, quick)
    if quick:
        given.digits = given.some(len(given.digits), 2_000)
    digits, test = given.digits, given.test
    print(f"{runs_on()}.")
    print(
        f"Data: {len(digits):,} digits to learn from, {len(test):,} to test on; {digits.source}.\n"
    )

    page, panels = plots.page(
        -(-len(STOPS) // COLUMNS),
        COLUMNS,
        height=3.4,
        title="Introduction to deep learning: a tour of the labs",
    )
    rows = [row for stop, panel in zip(STOPS, panels, strict=False) for row in stop(given, panel)]
    page.savefig(out)

    print(_table(rows))
    print(f"\n{perf_counter() - started:.0f} s in all. One page of pictures: {out.resolve()}")
    return rows


def _table(rows: list[Row]) -> str:
    width = max(len(row.what) for row in rows)
    rule = "-" * (width + 45)
    return "\n".join([rule, *(f"{row.what:<{width}}  {row.result}" for row in rows), rule])


def _writable(out: Path) -> Path:
    """The path, found out to be one that a picture can be saved at before the work begins."""
    from matplotlib.backend_bases import FigureCanvasBase

    out = out.expanduser()
    known = FigureCanvasBase.get_supported_filetypes()
    if out.suffix.lstrip(".").lower() not in known:
        raise ValueError(f"out must be a picture such as tour.png, got {out}: {', '.join(known)}")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"there is no directory {out.parent} to save {out.name} in")
    return out
