"""``python -m benchmarks.diagnosis``: what wrong answers are told, measured on changed solutions.

Every small change to a solution is an answer, judged and explained as a notebook does it; with
``--pairs`` each likely pair of them is. Printed are, over all labs, the share of those rejected
that are told a sentence, from where it comes, how long it took to find, and how many are shown a
case small enough to be read; then a random sample, to be judged by reading.
"""

from __future__ import annotations

import argparse
import importlib
import random
import re
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from course_dl.authoring.changes import Change, changes_of, pairs_of
from course_dl.authoring.changes.packing import is_told_of
from course_dl.authoring.changes.trials import made
from course_dl.calls.backend import LocalBackend
from course_dl.lab.catalog import LabFolder, find_labs
from course_dl.lab.exercise import Exercise, Test
from course_dl.lab.found import SECONDS, explain
from course_dl.lab.inputs import Level
from course_dl.lab.judge import ExerciseResult, TestResult, run_exercise, run_test
from course_dl.lab.simplest import SECONDS as CASE_SECONDS
from course_dl.lab.simplest import with_simplest_case
from course_dl.lab.typed import MOST

KINDS = (
    *("a known mistake", "a change found", "what an error of torch means"),
    *("a relation of the numbers", "nothing more"),
)


@dataclass(frozen=True)
class Told:
    """A changed solution that was rejected, and what was told of it."""

    number: str
    change: Change
    kind: str
    text: str
    largest: int  # entries of an array in the case shown
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.diagnosis")
    parser.add_argument("labs", nargs="*", help="lab03, ...; all if none is named")
    parser.add_argument("--pairs", action="store_true", help="two changes at once")
    parser.add_argument("--share", type=float, default=1.0, help="of the changes, at random")
    parser.add_argument("--sample", type=int, default=20, help="so many are printed")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng = random.Random(given.seed)
    told = [
        one
        for lab in find_labs()
        if not given.labs or lab.name[:5] in given.labs
        for exercise in lab.exercises
        if is_told_of(exercise)
        for one in answers(lab, exercise, rng, given.share, pairs=given.pairs)
    ]
    report(told)
    for one in rng.sample(told, min(given.sample, len(told))):
        print(f"\n{one.number} ({one.kind})\n  - {one.change.before}\n  + {one.change.after}")
        if given.pairs:
            print(f"  (made: {one.change.words})")
        print(f"  {one.text}")


def report(told: list[Told]) -> None:
    """The table."""
    print(f"{len(told)} changed solutions are rejected. They are told")
    counts = Counter(one.kind for one in told)
    for kind in KINDS:
        print(f"  {counts[kind] / len(told):6.1%}  {kind}")
    helped = 1 - counts[KINDS[-1]] / len(told)
    print(f"  {helped:6.1%}  in all (asked for: 70 %)")
    small = sum(one.largest <= MOST for one in told) / len(told)
    print(f"{small:.1%} show a case with no array of more than {MOST} entries (asked for: 90 %)")
    seconds = sorted(one.seconds for one in told)
    print(
        f"a check with its explanation took {statistics.median(seconds):.3f} s in the median, "
        f"{seconds[int(0.95 * len(seconds))]:.3f} s at 95 %, {seconds[-1]:.2f} s at most"
    )


def answers(
    lab: LabFolder, exercise: Exercise, rng: random.Random, share: float, *, pairs: bool
) -> Iterator[Told]:
    """What is told of the changes to an exercise's solution that are rejected."""
    source = lab.solutions.read_text(encoding="utf-8")
    right = vars(importlib.import_module(f"course_dl.labs.{lab.name}.solutions"))
    for name in exercise.names:
        both = [pair for pair, _ in pairs_of(source, name)] if pairs else []
        for change in both if pairs else changes_of(source, name):
            if rng.random() < share:
                try:
                    names = {**right, name: made(change, right)}
                except Exception:  # told by Python itself
                    continue
                begun = time.process_time()
                result = run_exercise(exercise, LocalBackend(names), hidden=False)
                if not result:
                    yield explained(lab, result, names, change, begun)


def explained(
    lab: LabFolder, result: ExerciseResult, names: dict[str, Any], change: Change, begun: float
) -> Told:
    """The same as a notebook does, from a check that began at this processor time."""
    exercise = result.exercise
    text = explain(result, lab.mistakes, lab.found(exercise), names, seconds=SECONDS)

    def run(test: Test, level: Level) -> TestResult:
        return run_test(exercise, test, LocalBackend(names), level)

    result = with_simplest_case(replace(result, diagnosis=text), run, CASE_SECONDS)
    seconds = time.process_time() - begun
    failed = result.first_failure
    assert failed is not None
    failure = result.failure_of(failed)
    assert failure is not None
    if text in {known.sentence for known in lab.mistakes}:
        kind = KINDS[0]
    elif text:
        kind = KINDS[1] if "as the right answer would" in text else KINDS[2]
    else:
        kind = KINDS[3] if failure.relation else KINDS[4]
    shown = f"{failure.told} {text or ''}"
    return Told(exercise.number, change, kind, shown, _largest(failure.details), seconds)


_SHAPE = re.compile(r"shape \(([\d, ]+)\)")


def _largest(details: Any) -> int:
    """The entries of the largest array whose shape is told."""
    largest = 0
    for _, text in details:
        for shape in _SHAPE.findall(text):
            sizes = [int(n) for n in shape.split(",") if n.strip()]
            entries = 1
            for n in sizes:
                entries *= n
            largest = max(largest, entries)
    return largest


if __name__ == "__main__":
    main()
