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
    """Quiet and busy in turn, the fastest of each, since other work on the machine only slows.

    A loop of Python alone, which has one thread, shows in the note what is left of it.
    """
    two = sorted(os.sched_getaffinity(0))[: cores()]
    os.sched_setaffinity(0, two)  # as on a machine of so many cores
    with threads(len(two)), tempfile.TemporaryDirectory() as folder:
        for what, work in works(Path(folder)).items():
            taken: dict[str, list[float]] = {"quiet": [], "busy": [], "loop": [], "busy loop": []}
            work()
            for _ in range(ROUNDS):
                taken["loop"].append(seconds(loop))
                taken["quiet"].append(seconds(work))
                with spinning(two[-1]):
                    taken["busy loop"].append(seconds(loop))
                    taken["busy"].append(seconds(work))
            best = {name: min(times) for name, times in taken.items()}
            note = (
                f"{len(two)} threads asked for; quiet {best['quiet']:.2f} s; "
                f"a loop of Python alone: {best['busy loop'] / best['loop']:.2f}"
            )
            beside = f"{what}, beside a process that spins on the other core"
            ratio = best["busy"] / best["quiet"]
            report([Row(beside, "the same without it", ratio, 1.5, note)])


def loop() -> None:
    for _ in range(5_000_000):
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
