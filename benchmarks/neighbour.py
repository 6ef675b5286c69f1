"""Beside a process that spins on the other core, against the same on a quiet machine."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.digits import BATCH, LR, network, training_set
from benchmarks.measure import Row, cores, report, seconds, threads
from benchmarks.training import silently
from course_dl.calls.backend import LocalBackend
from course_dl.cli.demo import tour
from course_dl.data import moons
from course_dl.lab.catalog import find_lab
from course_dl.lab.judge import run_exercise
from course_dl.mlp import MLP
from course_dl.training import fit

ROUNDS = 3


def main() -> None:
    """Each work in pairs, quiet and busy in turn; the ratio is that of the medians."""
    two = sorted(os.sched_getaffinity(0))[: cores()]
    os.sched_setaffinity(0, two)  # as on a machine of so many cores
    with threads(len(two)), tempfile.TemporaryDirectory() as folder:
        for what, work in works(Path(folder)).items():
            taken: dict[str, list[float]] = {"quiet": [], "busy": []}
            work()
            for _ in range(ROUNDS):
                taken["quiet"].append(seconds(work))
                with spinning(two[-1]):
                    taken["busy"].append(seconds(work))
            quiet, busy = (median(taken[name]) for name in ("quiet", "busy"))
            note = f"{len(two)} threads at the start; quiet {quiet:.2f} s"
            report([Row(what, "the same, no process spinning", busy / quiet, 1.5, note)])


def works(folder: Path) -> dict[str, Callable[[], object]]:
    points = moons(256)
    digits = training_set().subset(3_000).tensors()
    lab = find_lab("lab05")
    answers = LocalBackend(vars(importlib.import_module(f"course_dl.labs.{lab.name}.solutions")))
    beside = "beside a process that spins on the other core"
    return {
        f"`course-dl demo --quick`, {beside}": silently(
            lambda: tour(quick=True, out=folder / "demo.png")
        ),
        f"`fit(MLP 2-16-16-2)`, 200 epochs, {beside}": lambda: fit(
            MLP([2, 16, 16, 2]), points, epochs=200, batch_size=32, progress=False
        ),
        f"`fit(MLP 784-256-128-10)`, an epoch of 3,000 digits, {beside}": lambda: fit(
            network(), digits, epochs=1, batch_size=BATCH, lr=LR, progress=False
        ),
        f"the check of exercise 5.2, {beside}": lambda: run_exercise(
            lab.exercise("5.2"), answers, hidden=False
        ),
    }


@contextmanager
def spinning(core: int) -> Iterator[None]:
    """A process that does nothing, as fast as it can, on one core; it ends with this one."""
    code = (
        f"import os; os.sched_setaffinity(0, [{core}]); print(flush=True)\n"
        f"while os.getppid() == {os.getpid()}: pass"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()  # it spins from now on
    try:
        yield
    finally:
        process.kill()
        process.communicate()


if __name__ == "__main__":
    main()
