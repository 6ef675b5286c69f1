# Runs in: judge
"""What grading gives: points, states and messages as plain data, without torch or any check."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["ExerciseMark", "Result", "TestMark"]


@dataclass(frozen=True)
class TestMark:
    """How one test ended, as plain text."""

    __test__ = False

    title: str
    hidden: bool
    state: str
    message: str = ""
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ExerciseMark:
    """How one exercise ended: points earned of those possible, its tests, the diagnosis.

    Where it failed, ``carried_points`` are what it earns with right versions of the earlier
    exercises ``carried`` in place of the student's own, which are wrong (follow-through).
    ``not_run`` are the titles of the tests that were not run, after others that did not pass;
    ``builds_on`` is the sentence on earlier exercises that the answer calls and that fail too.
    ``code`` is the student's text where it did not pass; ``line`` the line in question, 0 if none.
    ``parts`` are the parts of an exercise with partial credit: title, points earned, points.
    """

    number: str
    names: tuple[str, ...]
    points: float
    max_points: float
    state: str
    tests: tuple[TestMark, ...] = ()
    diagnosis: str = ""
    notes: dict[str, float] = field(default_factory=dict)
    carried: tuple[str, ...] = ()
    carried_points: float = 0.0
    not_run: tuple[str, ...] = ()
    builds_on: str = ""
    code: str = ""
    line: int = 0
    parts: tuple[tuple[str, float, float], ...] = ()

    @property
    def first_failure(self) -> TestMark | None:
        """The test to tell of: a public one if any, failed or forbidden rather than not done."""
        worst = ("write it yourself", "failed", "not done yet", "partly earned")
        short = [test for test in self.tests if test.state in worst]
        return min(short, key=lambda t: (t.hidden, worst.index(t.state))) if short else None


@dataclass(frozen=True)
class Result:
    """What grading a submission gave. The same submission, lab and seed give the same again.

    ``remarks`` are for the instructor alone: what a submission did that honest ones rarely do.
    """

    lab: str
    seed: int
    digest: str
    status: str
    reason: str = ""
    exercises: tuple[ExerciseMark, ...] = ()
    notices: tuple[tuple[str, str, str], ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        """Points earned."""
        return sum(exercise.points for exercise in self.exercises)

    @property
    def max_points(self) -> float:
        """Points to be had, from the lab's own list."""
        return sum(exercise.max_points for exercise in self.exercises)

    def to_json(self) -> dict[str, Any]:
        """Plain lists and dicts."""
        exercises = [
            vars(mark) | {"tests": [vars(test) for test in mark.tests]} for mark in self.exercises
        ]
        return vars(self) | {"exercises": exercises}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Result:
        """The result that :meth:`to_json` wrote."""
        exercises = tuple(
            ExerciseMark(
                **{
                    **mark,
                    "names": tuple(mark["names"]),
                    "carried": tuple(mark["carried"]),
                    "not_run": tuple(mark["not_run"]),
                    "parts": tuple(map(tuple, mark.get("parts", ()))),
                    "tests": tuple(
                        TestMark(**{**test, "details": tuple(map(tuple, test["details"]))})
                        for test in mark["tests"]
                    ),
                }
            )
            for mark in content["exercises"]
        )
        notices = tuple(map(tuple, content["notices"]))
        remarks = tuple(content["remarks"])
        return cls(**{**content, "exercises": exercises, "notices": notices, "remarks": remarks})
