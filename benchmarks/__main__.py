"""``python -m benchmarks [NAME ...]``: run the benchmarks, print the table in Markdown.

Each runs in a process of its own, since the threads of numpy's and of torch's products disturb each
other. Exit status 1 if a target is missed.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec

from benchmarks.digits import training_set
from benchmarks.measure import Row, cores

MODULES = {"scikit-learn": "sklearn"}
NAMES = (
    *("training", "generative", "diffusion", "manual", "attention", "perceptron", "neighbour"),
    *("startup", "grading", "memory", "growth"),
)


def main(names: list[str]) -> int:
    unknown = set(names) - set(NAMES)
    if unknown:
        print(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
        return 2
    print(
        f"Python {platform.python_version()}, {', '.join(versions())}, {cores()} cores, "
        f"{platform.machine()}; {len(training_set()):,} digits\n"
    )
    print("| what | against | measured | at most | |\n| --- | --- | --- | --- | --- |")
    missed = 0
    for name in names or NAMES:
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}"], capture_output=True, text=True
        )
        if done.returncode:
            print(f"| {name} | | failed | | {done.stderr.strip().splitlines()[-1]} |", flush=True)
            missed += 1
        for line in done.stdout.splitlines():
            if line.startswith("ROW "):
                row = Row(**json.loads(line[4:]))
                missed += not row.met
                print(as_markdown(row), flush=True)
    print(f"\n{missed} missed" if missed else "\nevery target met")
    return int(missed > 0)


def versions() -> list[str]:
    """What is measured against, as far as it is installed."""
    names = ("torch", "torchvision", "numpy", "scikit-learn", "lightning", "skorch", "diffusers")
    return [f"{name} {version(name)}" for name in names if find_spec(MODULES.get(name, name))]


def as_markdown(row: Row) -> str:
    verdict = "met" if row.met else "MISSED"
    note = ", ".join(part for part in (verdict, row.note) if part)
    return f"| {row.what} | {row.against} | {row.ratio:.3g}{row.unit} | {row.target:.3g} | {note} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
