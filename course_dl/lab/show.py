"""How results are told: from what was judged to a page for the student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from course_dl.lab.call import CALLS, PRINTED, printed_in
from course_dl.lab.course import LabKept
from course_dl.lab.exercise import Exercise
from course_dl.lab.judge import ExerciseResult, TestResult
from course_dl.lab.page import WRONG, Bar, Beside, Block, Details, Heading, Line, Page, Tone
from course_dl.lab.states import Failure, State
from course_dl.lab.words import counted

__all__ = [
    "TONES",
    "Standing",
    "blocked_page",
    "hint_page",
    "incomplete_page",
    "parts_told",
    "points",
    "progress_page",
    "result_page",
    "waiting_page",
]

TONES = {
    State.PASSED: Tone("✓", "#009e73"),
    State.PARTLY: Tone("◐", "#b87a00"),
    State.FAILED: WRONG,
    State.NOT_DONE: Tone("○", "#8a8a8a"),
    State.FORBIDDEN: Tone("✎", "#cc79a7"),
}
ADVICE = Tone("➜", "#0072b2")
RUN_AGAIN = (
    "After a restart nothing is defined: run the setup cell, then the cells with your functions, "
    "then those above this one (in Colab: Runtime, Run before; in Jupyter: Run, Run All Above)."
)
KNOWN = (
    "Known are the checks of notebooks in this folder, kept in {}. Not known is what was checked "
    "elsewhere, on Colab in other notebooks, what you changed since, and hidden tests."
)
COMPARED = ("Expected", "Came")  # labels of details that are told side by side


@dataclass(frozen=True)
class Standing:
    """How an exercise stands: its last result, if there is one.

    Of a challenge it may be that of functions that have ``changed`` since, or there is none yet:
    then ``open`` says whether there is anything to check.
    """

    exercise: Exercise
    result: ExerciseResult | None
    open: bool = False
    changed: bool = False

    @property
    def points(self) -> float:
        return self.result.points if self.result is not None else 0.0


def points(n: float) -> str:
    """``3 points``, ``1 point``, ``2.5 points``."""
    return counted(n, "point")


def parts_told(exercise: Exercise, earned: Mapping[str, float] | None = None) -> str:
    """``the values 1 of 1, the slope 0 of 2``; without what was earned ``the values 1, ...``."""
    if earned is None:
        return ", ".join(f"{part} {most:g}" for part, most in exercise.parts.items())
    return ", ".join(f"{p} {earned[p]:g} of {most:g}" for p, most in exercise.parts.items())


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
    told = result.first_failure
    if result.state is State.NOT_DONE and all(t.state is State.NOT_DONE for t in result.tests):
        open_ = told.failure if told is not None else None
        other = open_ is not None and open_.kind == CALLS
        return Page([heading, Line(open_.told, strong=True)] if open_ and other else [heading])
    blocks: list[Block] = [heading]
    for test in result.tests:
        blocks.append(Line(_title(test), TONES[test.state]))
        if test and test.told:
            blocks.append(Details(test.told))
    if exercise.parts and result.state is not State.PASSED:
        weight = 1.0 if whole is None else whole / exercise.points
        weighted = " (weighted in the total)" if weight != 1 else ""
        blocks.append(Line(f"By parts: {parts_told(exercise, result.parts)}{weighted}"))
    skipped = len(exercise.tests) - len(result.tests)
    if result.tests and result.tests[-1].timed_out and skipped:
        blocks.append(Line(f"{skipped} more not run, after a call that took too long"))
    failure = result.failure_of(told) if told is not None else None
    if failure is not None:
        blocks.append(Line(failure.told, strong=True))
        blocks += details_of(failure)
    if not failure and (printed := _printed(result)):
        blocks.append(Details([(PRINTED, printed)]))
    if result.builds_on:
        blocks.append(Line(result.builds_on, ADVICE, strong=True))
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
    title: str, standing: Sequence[Standing], course: Mapping[str, LabKept | None], folder: str
) -> Page:
    """Where a student stands: the points of a lab, the state of each exercise, the whole course.

    ``course`` has what is known of each lab by its title, and is kept in ``folder``.
    """
    earned = sum(one.points for one in standing)
    whole = sum(one.exercise.points for one in standing)
    done = sum(bool(one.result) for one in standing)
    blocks: list[Block] = [
        Heading(title, ADVICE),
        Bar(earned, whole, f"{earned:g} of {points(whole)}, {done} of {len(standing)} exercises"),
    ]
    return Page([*blocks, *map(_standing, standing), *_course(course, folder)])


def _course(course: Mapping[str, LabKept | None], folder: str) -> list[Block]:
    """The labs of which something is known, those of which nothing is, and what cannot be known."""
    known = {title: kept for title, kept in course.items() if kept is not None}
    earned = sum(kept.points for kept in known.values())
    whole = sum(kept.whole for kept in known.values())
    of = f"in the {len(known)} of {len(course)} labs that are known here"
    blocks: list[Block] = [
        Line("The course, as each exercise was last checked", strong=True),
        Bar(earned, whole, f"{earned:g} of {points(whole)} {of}"),
    ]
    for title, kept in known.items():
        state = State.PASSED if kept.points >= kept.whole else State.PARTLY
        done = (
            f"{kept.points:g} of {points(kept.whole)}, {kept.passed} of {kept.exercises} exercises"
        )
        blocks.append(Line(f"{title}: {done}, {kept.last}", TONES[state]))
    unknown = [title.partition(":")[0] for title, kept in course.items() if kept is None]
    if unknown:
        blocks.append(Line(f"{', '.join(unknown)}: nothing known here", TONES[State.NOT_DONE]))
    return [*blocks, Line(KNOWN.format(folder))]


def _standing(one: Standing) -> Line:
    exercise, result = one.exercise, one.result
    if result is None:
        ask = f'written, not checked yet: lab.check("{exercise.number}")'
        state = str(State.NOT_DONE) if one.open else ask
        return Line(f"{_name(exercise)}: {state}", TONES[State.NOT_DONE])
    headline = _headline(result, result.points, exercise.points)
    changed = ", before your last change" * one.changed
    return Line(f"{_name(exercise)}: {headline}{changed}", TONES[result.state])


def waiting_page(exercise: Exercise) -> Page:
    """What is shown while a challenge is being checked: how long that takes."""
    told = f"training has {exercise.trains:g} seconds, the check needs a few more"
    return Page([Heading(f"{_name(exercise)}: {told} ...", TONES[State.NOT_DONE])])


def blocked_page(blocking: Sequence[ExerciseResult], undefined: Sequence[Exercise] = ()) -> Page:
    """Why a cell was not run: the exercises that it waits for, some of them not even defined."""
    blocks: list[Block] = [
        Heading("This cell runs once these exercises pass:", TONES[State.NOT_DONE])
    ]
    for result in blocking:
        state = "not defined" if result.exercise in undefined else str(result.state)
        blocks.append(Line(f"{_name(result.exercise)}: {state}", TONES[result.state]))
    return Page([*blocks, Line(RUN_AGAIN)] if undefined else blocks)


def incomplete_page(missing: Sequence[str]) -> Page:
    """Why a cell was not run: it needs names that other cells make."""
    names = " and ".join([", ".join(missing[:-1]), missing[-1]] if len(missing) > 1 else missing)
    text = f"This cell needs {names}, which cells above it make."
    return Page([Heading(text, TONES[State.NOT_DONE]), Line(RUN_AGAIN)])


def _printed(result: ExerciseResult) -> str:
    """What the student's function printed where it passed: in the first call that printed."""
    said = (printed_in(call) for test in result.tests for call in test.calls)
    return next((text for text in said if text), "")


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
