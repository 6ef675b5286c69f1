"""What importing the course costs, and what a check in a notebook takes."""

from __future__ import annotations

import importlib
import statistics
import subprocess
import sys

from benchmarks.measure import Row, medians, report, seconds
from course_dl.calls.backend import LocalBackend
from course_dl.lab.catalog import find_labs
from course_dl.lab.judge import run_exercise


def main() -> None:
    times = medians(
        {
            "course": lambda: run(
                "import course_dl; course_dl.MLP, course_dl.fit, course_dl.Perceptron"
            ),
            "torch": lambda: run("import torch"),
        },
        7,
    )
    rows = [
        Row(
            "`import course_dl`, its names used",
            "`import torch`",
            times["course"] / times["torch"],
            1.05,
        )
    ]
    taken = []
    for lab in find_labs():
        solutions = vars(importlib.import_module(f"course_dl.labs.{lab.name}.solutions"))
        for exercise in lab.exercises:
            if not any(test.measured for test in exercise.tests):  # challenges use their budget
                taken.append(
                    seconds(lambda e=exercise, s=solutions: run_exercise(e, LocalBackend(s)))
                )
    rows.append(
        Row(
            "a check in a notebook, all tests",
            "",
            statistics.median(taken),
            0.3,
            f"median of {len(taken)} exercises, slowest {max(taken):.2f} s",
            "s",
        )
    )
    report(rows)


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)


if __name__ == "__main__":
    main()
