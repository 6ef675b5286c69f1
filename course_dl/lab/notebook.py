"""``Lab``: what a notebook talks to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from course_dl.calls.own_work import OwnWork
from course_dl.calls.values import class_name
from course_dl.lab.catalog import LabFolder, find_lab
from course_dl.lab.exercise import Exercise, Test
from course_dl.lab.inputs import Level
from course_dl.lab.judge import ExerciseResult, TestResult, diagnose, run_exercise, run_test
from course_dl.lab.page import Page
from course_dl.lab.show import blocked_page, hint_page, progress_page, result_page
from course_dl.lab.simplest import SECONDS, with_simplest_case

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
        result = self._judge(found, {**names, **functions})
        _show(result_page(result))
        return Shown(result.exercise, result.tests, result.diagnosis, result.case)

    def hint(self, exercise: str | float | Callable[..., Any]) -> None:
        """Show a hint to an exercise: one more each time."""
        found, _ = self._asked(exercise, _caller_names())
        shown = min(self._hints.get(found.number, 0) + 1, len(found.hints))
        self._hints[found.number] = shown
        _show(hint_page(found, shown))

    def progress(self) -> None:
        """Check every exercise and show where you stand."""
        names = _caller_names()
        exercises = self._folder.exercises
        results = {exercise.number: self._current(exercise, names) for exercise in exercises}
        _show(progress_page(self._folder.title, exercises, results))

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
        backend, mistakes = OwnWork(names, exercise.answers), self._folder.mistakes

        def run(test: Test, level: Level) -> TestResult:
            return run_test(exercise, test, backend, level)

        result = run_exercise(exercise, backend)
        result = replace(result, diagnosis=diagnose(result, mistakes, names))
        result = with_simplest_case(result, run, SECONDS)
        self._checked[exercise.number] = (_answers(exercise, names), result)
        return result

    def _current(self, exercise: Exercise, names: Mapping[str, Any]) -> ExerciseResult:
        """The last result, if the very same functions earned it by passing; else a new one."""
        answers, result = self._checked.get(exercise.number, ([], None))
        now = _answers(exercise, names)
        same = len(answers) == len(now) and all(a is b for a, b in zip(answers, now, strict=True))
        return result if result and same else self._judge(exercise, names)

    def _after(self, line: str, cell: str) -> None:
        """``%%after 4.3 4.4``: run the cell if these exercises pass, else say what it waits for."""
        shell = _shell()
        results = [self._current(self._folder.exercise(n), shell.user_ns) for n in line.split()]
        missing = [result for result in results if not result]
        if missing:
            _show(blocked_page(missing))
        else:
            shell.run_cell(cell)


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


def _show(page: Page) -> None:
    shell = _shell()
    if shell is not None and type(shell).__name__ != "TerminalInteractiveShell":
        from IPython.display import display

        display(page)
    else:
        print(page)
