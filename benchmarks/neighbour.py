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

ROUNDS = 5


def main() -> None:
    """How many times slower, of which is taken out what a loop of one thread loses as well.

    On a machine with nothing else to do this loop loses nothing. Each round gives a ratio, the row
    their median.
    """
    two = sorted(os.sched_getaffinity(0))[: cores()]
    os.sched_setaffinity(0, two)  # as on a machine of so many cores
    with threads(len(two)), tempfile.TemporaryDirectory() as folder:
        for what, work in works(Path(folder)).items():
            work()
            rounds = [in_pairs(work, two[-1]) for _ in range(ROUNDS)]
            slower, loop_slower = (median(column) for column in list(zip(*rounds, strict=True))[:2])
            ratio = median(one / other for one, other, _ in rounds)
            note = (
                f"{len(two)} threads asked for; {slower:.2f} times as long, a loop of one thread "
                f"{loop_slower:.2f} times; quiet {min(quiet for *_, quiet in rounds):.2f} s"
            )
            beside = f"{what}, beside a process that spins on the other core"
            report([Row(beside, "the same without it", ratio, 1.5, note)])


def in_pairs(work: Callable[[], object], core: int) -> tuple[float, float, float]:
    """How many times longer work and loop take beside a spinning process, and the quiet seconds."""
    quiet = seconds(loop), seconds(work)
    with spinning(core):
        busy = seconds(loop), seconds(work)
    return busy[1] / quiet[1], busy[0] / quiet[0], quiet[1]


def loop() -> None:
    """About a second of one thread."""
    for _ in range(20_000_000):
        pass


def works(folder: Path) -> dict[str, Callable[[], object]]:
    points = moons(256)
    digits = training_set().subset(3_000).tensors()
    lab = find_lab("lab05")
    answers = LocalBackend(vars(importlib.import_module(f"course_dl.labs.{lab.name}.solutions")))
    return {
        "`course-dl demo --quick`": silently(lambda: tour(quick=True, out=folder / "demo.png")),
        "`fit(MLP 2-16-16-2)`, 200 epochs": lambda: fit(
            MLP([2, 16, 16, 2]), points, epochs=200, batch_size=32, progress=False
        ),
        "`fit(MLP 784-256-128-10)`, an epoch of 3,000 digits": lambda: fit(
            network(), digits, epochs=1, batch_size=BATCH, lr=LR, progress=False
        ),
        "the check of exercise 5.2": lambda: run_exercise(
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
