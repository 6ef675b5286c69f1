"""How seconds grow with the work: training by width, depth, batch and samples; grading by class.

Saves a page of pictures (by default ``docs/images/growth.png``) and prints, for each, the slope in
doubly logarithmic axes: 1 where seconds grow as the work does, below 1 where there is a fixed part.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from benchmarks.digits import generator
from benchmarks.grading import RUN, hand_in, run
from benchmarks.measure import Row, medians, report, seconds, threads
from course_dl.backprop import ManualMLP
from course_dl.mlp import MLP
from course_dl.training import fit

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "growth.png"
WIDTHS, DEPTHS = (64, 128, 256, 512, 1024), (1, 2, 4, 8, 16)
BATCHES, SAMPLES = (16, 64, 256, 1024), (2_000, 8_000, 32_000)
CLASSES = (10, 50, 200)
N, BATCH = 8_000, 128

Curve = tuple[Sequence[float], dict[str, list[float]]]  # the work, and seconds of each candidate


def main() -> None:
    with threads(1):
        curves = {
            "weights of a hidden layer": training([(w**2, [w, w, w], N, BATCH) for w in WIDTHS]),
            "hidden layers of 256 units": training(
                [(k, [256] * (k + 1), N, BATCH) for k in DEPTHS]
            ),
            "samples in a batch, time of one step": training(
                [(b, [256] * 3, 16 * b, b) for b in BATCHES], steps=16
            ),
            "training samples": training([(n, [256] * 3, n, BATCH) for n in SAMPLES]),
        }
    curves["submissions of lab 4"] = CLASSES, {"course-dl grade": [grading(n) for n in CLASSES]}
    picture(curves)
    report(
        [
            Row(f"growth of {name} with {work}", "the work itself", slope(x, y), 1.1)
            for work, (x, candidates) in curves.items()
            for name, y in candidates.items()
        ]
    )


def training(cases: Sequence[tuple[float, list[int], int, int]], steps: int = 1) -> Curve:
    """Seconds of an epoch (over ``steps``) for each case: the work, sizes, samples, batch size."""
    candidates: dict[str, list[float]] = {"fit(MLP)": [], "fit(ManualMLP)": []}
    for _, sizes, n, batch_size in cases:
        X, d = torch.randn(n, sizes[0]), torch.randint(10, (n,))
        for name, kind in zip(candidates, (MLP, ManualMLP), strict=True):
            epoch = epoch_of(kind, [*sizes, 10], X, d, batch_size)
            candidates[name].append(medians({"epoch": epoch}, 3)["epoch"] / steps)
    return [case[0] for case in cases], candidates


def epoch_of(
    kind: Any, sizes: list[int], X: torch.Tensor, d: torch.Tensor, batch_size: int
) -> Callable[[], None]:
    def run_epoch() -> None:
        net = kind(sizes, generator=generator())
        fit(net, (X, d), epochs=1, batch_size=batch_size, lr=1e-4, progress=False)

    return run_epoch


def grading(students: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        hand_in(Path(folder) / "in", students)
        return seconds(lambda: run(RUN, f"{folder}/in", f"{folder}/out"))


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """Of the last piece, where the fixed part weighs least."""
    return math.log(y[-1] / y[-2]) / math.log(x[-1] / x[-2])


def picture(curves: dict[str, Curve]) -> None:
    figure = Figure(figsize=(10, 6.4), layout="constrained")
    FigureCanvasAgg(figure)
    *panels, spare = figure.subplots(2, 3).flat
    spare.set_visible(False)
    for panel, (work, (x, candidates)) in zip(panels, curves.items(), strict=True):
        for (name, y), mark in zip(candidates.items(), "os", strict=False):
            panel.loglog(x, y, marker=mark, label=name)
        last = max(y[-1] for y in candidates.values())
        panel.loglog(x, [last * k / x[-1] for k in x], ":", color="0.5", label="as the work")
        panel.set(xlabel=work, ylabel="seconds")
        for axis, wide in ((panel.xaxis, x[-1] > 100 * x[0]), (panel.yaxis, False)):
            axis.set_major_locator(LogLocator(subs=(1,) if wide else (1, 2, 5)))
            axis.set_major_formatter("{x:,g}")
        panel.minorticks_off()
        panel.legend(fontsize=8)
    figure.savefig(sys.argv[1] if len(sys.argv) > 1 else PICTURE, dpi=110)


if __name__ == "__main__":
    main()
