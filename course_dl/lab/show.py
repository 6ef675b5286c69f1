"""How results are told: from what was judged to a page for the student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from course_dl.lab.exercise import Exercise
from course_dl.lab.judge import ExerciseResult, TestResult
from course_dl.lab.page import WRONG, Bar, Beside, Block, Details, Heading, Line, Page, Tone
from course_dl.lab.states import Failure, State

__all__ = ["TONES", "blocked_page", "hint_page", "points", "progress_page", "result_page"]

TONES = {
    State.PASSED: Tone("✓", "#009e73"),
    State.FAILED: WRONG,
    State.NOT_DONE: Tone("○", "#8a8a8a"),
    State.FORBIDDEN: Tone("✎", "#cc79a7"),
}
ADVICE = Tone("➜", "#0072b2")
COMPARED = ("Expected", "Came")  # labels of details that are told side by side


def points(n: float) -> str:
    """``3 points``, ``1 point``, ``2.5 points``."""
    return f"{n:g} point{'s' * (n != 1)}"


def result_page(
    result: ExerciseResult, *, earned: float | None = None, whole: float | None = None
) -> Page:
    """One exercise: its state, its tests, the first failure, the diagnosis, where help is.

    Where points are weighted, ``earned`` of the ``whole`` are told in place of the exercise's own.
    """
    exercise = result.exercise
    headline = _headline(
        result,
        result.points if earned is None else earned,
        exercise.points if whole is None else whole,
    )
    heading = Heading(f"{_name(exercise)}: {headline}", TONES[result.state])
    if result.state is State.NOT_DONE and all(t.state is State.NOT_DONE for t in result.tests):
        return Page([heading])
    blocks: list[Block] = [heading]
    blocks += [Line(_title(r), TONES[r.state]) for r in result.tests]
    skipped = len(exercise.tests) - len(result.tests)
    if result.tests and result.tests[-1].timed_out and skipped:
        blocks.append(Line(f"{skipped} more not run, after a call that took too long"))
    told = result.first_failure
    failure = result.failure_of(told) if told is not None else None
    if failure is not None:
        blocks.append(Line(failure.told, strong=True))
        blocks += details_of(failure)
    if result.diagnosis:
        blocks.append(Line(result.diagnosis, ADVICE, strong=True))
    if result.state is State.FAILED and exercise.hints:
        blocks.append(Line(f'Stuck? lab.hint("{exercise.number}")'))
    return Page(blocks)


def details_of(failure: Failure) -> list[Block]:
    """What stands below the sentence: what was expected beside what came, then the rest."""
    compared = [row for row in failure.details if row[0] in COMPARED]
    rest = [row for row in failure.details if row not in compared]
    if len(compared) != len(COMPARED):
        return [Details(failure.details)] if failure.details else []
    return [Beside(compared), *([Details(rest)] if rest else [])]


def hint_page(exercise: Exercise, shown: int) -> Page:
    """The first ``shown`` hints of an exercise."""
    hints = list(exercise.hints)[:shown]
    blocks: list[Block] = [Heading(f"{_name(exercise)}: hints", ADVICE)]
    blocks += [Line(f"{k}. {hint}") for k, hint in enumerate(hints, 1)]
    rest = len(exercise.hints) - shown
    more = f"{rest} more: ask again." if rest > 0 else "That was the last one."
    return Page([*blocks, Line(more)])


def progress_page(
    title: str, exercises: Sequence[Exercise], results: Mapping[str, ExerciseResult]
) -> Page:
    """Where a student stands in a lab: points, and the state of each exercise."""
    earned = sum(result.points for result in results.values())
    whole = sum(exercise.points for exercise in exercises)
    done = sum(bool(result) for result in results.values())
    blocks: list[Block] = [
        Heading(title, ADVICE),
        Bar(earned, whole, f"{earned:g} of {points(whole)}, {done} of {len(exercises)} exercises"),
    ]
    for exercise in exercises:
        result = results[exercise.number]
        headline = _headline(result, result.points, exercise.points)
        blocks.append(Line(f"{_name(exercise)}: {headline}", TONES[result.state]))
    return Page(blocks)


def blocked_page(missing: Sequence[ExerciseResult]) -> Page:
    """Why a cell was not run: the exercises that it waits for."""
    blocks: list[Block] = [
        Heading("This cell runs once these exercises pass:", TONES[State.NOT_DONE])
    ]
    blocks += [Line(f"{_name(r.exercise)}: {r.state}", TONES[r.state]) for r in missing]
    return Page(blocks)


def _headline(result: ExerciseResult, earned: float, whole: float) -> str:
    if result.state is State.PASSED:
        return f"passed, {points(whole)}"
    if earned:
        return f"{earned:g} of {points(whole)}"
    return str(result.state)


def _name(exercise: Exercise) -> str:
    return f"{exercise.number} {', '.join(exercise.names)}"


def _title(result: TestResult) -> str:
    """What the test is about, and what it measured."""
    hidden = " (hidden test)" * result.test.hidden
    return result.test.title + hidden + "".join(f": {x:.4g}" for x in result.notes.values())
