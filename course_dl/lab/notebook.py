"""``Lab``: what a notebook talks to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from course_dl.calls.own_work import OwnWork
from course_dl.calls.values import class_name
from course_dl.lab.catalog import LabFolder, find_lab
from course_dl.lab.course import course_so_far, keep, progress_folder
from course_dl.lab.exercise import Exercise, Test
from course_dl.lab.found import SECONDS as TO_EXPLAIN
from course_dl.lab.found import explain
from course_dl.lab.inputs import Level
from course_dl.lab.judge import ExerciseResult, TestResult, run_exercise, run_test
from course_dl.lab.needs import missing_names
from course_dl.lab.page import Page
from course_dl.lab.show import (
    Standing,
    blocked_page,
    hint_page,
    incomplete_page,
    progress_page,
    result_page,
    waiting_page,
)
from course_dl.lab.simplest import SECONDS, with_simplest_case
from course_dl.lab.states import State
from course_dl.lab.uses import is_stub, names_used, what_it_calls

__all__ = ["Lab"]


@dataclass(frozen=True)
class Shown(ExerciseResult):
    """A result that the student has seen: as the value of a cell it shows nothing more."""

    def _ipython_display_(self) -> None:
        """Nothing: it was shown when it was found."""

    def __repr__(self) -> str:
        return f"<{self.exercise.number}: {self.state}>"


class Lab:
    """A lab in a notebook: checks, hints and progress, and the ``%%after`` cell magic.

    Parameters
    ----------
    name
        ``"lab04"``, or the whole name of the lab's folder, or its number.

    Examples
    --------
    >>> lab = Lab("lab04")                # doctest: +SKIP
    >>> lab.check("4.3")                  # doctest: +SKIP
    >>> lab.check(backward_layer)         # doctest: +SKIP

    A cell that begins with ``%%after 4.3 4.4`` runs only once these exercises pass.
    """

    def __init__(self, name: str | int) -> None:
        self._folder: LabFolder = find_lab(name)
        self._hints: dict[str, int] = {}
        self._checked: dict[str, tuple[list[Any], ExerciseResult]] = {}
        shell = _shell()
        if shell is not None:
            shell.register_magic_function(self._after, "cell", "after")

    def __repr__(self) -> str:
        return f"<{self._folder.title}: {len(self._folder.exercises)} exercises>"

    def check(self, exercise: str | float | Callable[..., Any], **functions: Any) -> ExerciseResult:
        """Check an exercise and show how it stands.

        Parameters
        ----------
        exercise
            Its number (``"4.3"``), its function's name, or the function itself.
        **functions
            Functions to check in place of those that the notebook defines, by name.

        Returns
        -------
        ExerciseResult
            True where the exercise passes; with its ``state``, ``points`` and ``diagnosis``.
        """
        names = _caller_names()
        found, own = self._asked(exercise, names)
        functions = own | functions
        unknown = set(functions) - set(found.names)
        if unknown:
            raise ValueError(
                f"exercise {found.number} is about {', '.join(found.names)}, "
                f"not about {', '.join(sorted(unknown))}"
            )
        names = {**names, **functions}
        shown = None
        if found.trains and not _is_open(found, names):
            shown = _show(waiting_page(found), replaceable=True)
        result = self._judge(found, names)
        _show(result_page(result), instead_of=shown)
        return Shown(**vars(result))

    def hint(self, exercise: str | float | Callable[..., Any]) -> None:
        """Show a hint to an exercise: one more each time."""
        found, _ = self._asked(exercise, _caller_names())
        shown = min(self._hints.get(found.number, 0) + 1, len(found.hints))
        self._hints[found.number] = shown
        _show(hint_page(found, shown))

    def progress(self) -> None:
        """Check every exercise and show where you stand, in this lab and in the course.

        Of a challenge the last result is shown: nothing is trained. Of the other labs, what their
        last checks found in notebooks of the same folder (`course_dl.lab.course`).
        """
        names = _caller_names()
        standing = [self._standing(exercise, names) for exercise in self._folder.exercises]
        folder = str(progress_folder())
        _show(progress_page(self._folder.title, standing, course_so_far(), folder))

    def _standing(self, exercise: Exercise, names: Mapping[str, Any]) -> Standing:
        if not exercise.trains:
            return Standing(exercise, self._current(exercise, names))
        answers, result = self._checked.get(exercise.number, ([], None))
        changed = not _same(answers, _answers(exercise, names))
        return Standing(exercise, result, _is_open(exercise, names), changed)

    def _asked(self, exercise: Any, names: Mapping[str, Any]) -> tuple[Exercise, dict[str, Any]]:
        """The exercise that is meant, and the function that was handed over, by its name there."""
        if isinstance(exercise, str | int | float):
            return self._folder.exercise(exercise), {}
        known = [name for found in self._folder.exercises for name in found.names]
        name = getattr(exercise, "__name__", None)
        if name not in known:  # a partial, say, or an object
            name = next((n for n in known if n in names and names[n] is exercise), name)
        if isinstance(name, str) and name.isidentifier():
            return self._folder.exercise(name), {name: exercise}
        first = self._folder.exercises[0]
        raise ValueError(
            f"a {class_name(exercise)} does not say which exercise it is: give the number too, "
            f'as in lab.check("{first.number}", {first.names[0]}=...)'
        )

    def _judge(self, exercise: Exercise, names: Mapping[str, Any]) -> ExerciseResult:
        backend = OwnWork(names, exercise.answers)

        def run(test: Test, level: Level) -> TestResult:
            return run_test(exercise, test, backend, level)

        result = run_exercise(exercise, backend)
        if not result:
            known, found = self._folder.mistakes, self._folder.found(exercise)
            told = explain(result, known, found, names, seconds=TO_EXPLAIN)
            result = replace(result, diagnosis=told)
        result = with_simplest_case(result, run, SECONDS)
        result = replace(result, builds_on=self._what_it_calls(result, names))
        self._checked[exercise.number] = (_answers(exercise, names), result)
        keep(self._folder, result)
        return result

    def _what_it_calls(self, result: ExerciseResult, names: Mapping[str, Any]) -> str:
        """Of an answer that fails: the earlier exercises that it calls and that do not pass."""
        exercises = list(self._folder.exercises)
        if result.state is not State.FAILED or result.exercise not in exercises:
            return ""
        earlier = exercises[: exercises.index(result.exercise)]
        used = names_used(result.exercise.names, names)
        called = [e for e in earlier if not e.trains and used.intersection(e.names)]
        found = [self._current(exercise, names) for exercise in called]
        return what_it_calls(one for one in found if not one)

    def _current(self, exercise: Exercise, names: Mapping[str, Any]) -> ExerciseResult:
        """The last result, if the very same functions earned it by passing; else a new one."""
        answers, result = self._checked.get(exercise.number, ([], None))
        counts = bool(result) or exercise.trains
        if result is not None and counts and _same(answers, _answers(exercise, names)):
            return result
        return self._judge(exercise, names)

    def _after(self, line: str, cell: str) -> None:
        """``%%after 4.3 4.4``: run the cell if these exercises pass, else say what it waits for.

        What stands behind a ``#`` is a comment.
        """
        shell = _shell()
        names, numbers = shell.user_ns, line.partition("#")[0].split()
        results = [self._current(self._folder.exercise(n), names) for n in numbers]
        blocking = [result for result in results if not result]
        if blocking:
            undefined = [r.exercise for r in blocking if None in _answers(r.exercise, names)]
            _show(blocked_page(blocking, undefined))
        elif missing := missing_names(shell.transform_cell(cell), names):
            _show(incomplete_page(missing))
        else:
            shell.run_cell(cell)


def _same(answers: Sequence[Any], now: Sequence[Any]) -> bool:
    return len(answers) == len(now) and all(a is b for a, b in zip(answers, now, strict=True))


def _is_open(exercise: Exercise, names: Mapping[str, Any]) -> bool:
    """Whether one of its answers is not there, or still a stub."""
    return any(answer is None or is_stub(answer) for answer in _answers(exercise, names))


def _answers(exercise: Exercise, names: Mapping[str, Any]) -> list[Any]:
    return [names.get(name) for name in exercise.names]


def _caller_names() -> dict[str, Any]:
    """The names that the code which called the lab sees."""
    frame = sys._getframe(2)
    return {**frame.f_globals, **frame.f_locals}


def _shell() -> Any:
    """IPython's shell if this runs in one, without importing IPython elsewhere."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def _show(page: Page, *, replaceable: bool = False, instead_of: Any = None) -> Any:
    """Show a page, in place of an earlier one if that can be; what is given stands for it then."""
    shell = _shell()
    if shell is None or type(shell).__name__ == "TerminalInteractiveShell":
        print(page)
        return None
    from IPython.display import display

    if instead_of is not None:
        return instead_of.update(page)
    return display(page, display_id=True) if replaceable else display(page)
