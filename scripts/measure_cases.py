"""How many failures show a case that can be computed by hand: `python scripts/measure_cases.py`.

Each known mistake of each lab (or of those named: `lab04 lab06`) is checked as a student's answer.
Counted is what is told of its failure: whether it names an array of more than 12 entries by its
shape. Tests that train for seconds are left out.
"""

from __future__ import annotations

import argparse
import importlib
import math
import re
from dataclasses import replace

from course_dl.calls.backend import LocalBackend
from course_dl.lab.catalog import LabFolder, find_labs
from course_dl.lab.exercise import Mistake, Test
from course_dl.lab.inputs import Level
from course_dl.lab.judge import TestResult, run_exercise, run_test
from course_dl.lab.simplest import with_simplest_case
from course_dl.lab.states import Failure
from course_dl.lab.typed import MOST

ASKED = 0.9  # the share of failures that shall show small arrays alone


def main() -> None:
    """Print the share for each lab, and the failures that show larger arrays."""
    parser = argparse.ArgumentParser(description="Failures that can be computed by hand.")
    parser.add_argument("labs", nargs="*", metavar="LAB", help="lab04, say; all without it")
    asked = parser.parse_args().labs
    short = []
    for lab in find_labs():
        if asked and lab.name[:5] not in asked and lab.name not in asked:
            continue
        failures = {known.code.__name__: told(lab, known) for known in lab.mistakes}
        large = {name: one for name, one in failures.items() if one and not is_small(one)}
        for name, failure in large.items():
            print(f"    {name}: {failure.message[:80]}")
        share = 1 - len(large) / max(len(failures), 1)
        print(f"{lab.name}: {share:.0%} of {len(failures)} failures show small arrays alone")
        short += [lab.name] if share < ASKED else []
    if short:
        raise SystemExit(f"below {ASKED:.0%}: {', '.join(short)}")


def told(lab: LabFolder, known: Mistake) -> Failure | None:
    """What is told of a mistake, in its simplest case; None where a clock decides."""
    whole = lab.exercise(known.number)
    exercise = replace(whole)
    exercise.tests = [test for test in whole.tests if not test.measured and not test.last]
    exercise.parameters = whole.parameters
    solutions = vars(importlib.import_module(f"course_dl.labs.{lab.name}.solutions"))
    backend = LocalBackend({**solutions, known.name: known.code})

    def run(test: Test, level: Level) -> TestResult:
        return run_test(exercise, test, backend, level)

    result = with_simplest_case(run_exercise(exercise, backend), run)
    failed = result.first_failure
    return None if failed is None else result.failure_of(failed)


def is_small(failure: Failure) -> bool:
    """Whether no detail names an array of more than 12 entries by its shape."""
    text = " ".join(text for _, text in failure.details)
    shapes = re.findall(r"shape \(([\d, ]+)\)", text)
    return all(math.prod(map(int, re.findall(r"\d+", shape))) <= MOST for shape in shapes)


if __name__ == "__main__":
    main()
