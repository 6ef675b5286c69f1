"""The labs that there are, found by looking: one folder of ``labs/`` is one lab."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import ModuleType

from course_dl.lab.collect import exercises_in, mistakes_in, parameters_of
from course_dl.lab.exercise import Exercise, Mistake
from course_dl.lab.files import CHECKS, FOUND, MISTAKES, SOLUTIONS, STORY, module_of
from course_dl.lab.found import Found, unpacked_changes

__all__ = ["LabFolder", "find_lab", "find_labs"]


@dataclass(frozen=True)
class LabFolder:
    """A lab as its folder tells of it: exercises with their tests, known mistakes."""

    name: str

    @cached_property
    def title(self) -> str:
        """The first line of the docstring of the lab's ``__init__.py``."""
        return (inspect.getdoc(self._module()) or self.name).splitlines()[0]

    @property
    def path(self) -> Path:
        """The lab's folder."""
        return Path(str(self._module().__file__)).parent

    @property
    def story(self) -> Path:
        """The file of the story; the student edition lacks it."""
        return self.path / STORY

    @property
    def solutions(self) -> Path:
        """The file of the solutions; the student edition lacks it."""
        return self.path / SOLUTIONS

    @cached_property
    def exercises(self) -> Sequence[Exercise]:
        """The exercises, in the order of their numbers."""
        found = exercises_in(self._module(CHECKS))
        parameters = parameters_of(self.mistakes)
        numbers = {name: exercise.number for exercise in found for name in exercise.names}
        for exercise in found:
            exercise.numbers = numbers
            exercise.parameters = {name: parameters.get(name, ()) for name in exercise.names}
        return found

    @cached_property
    def mistakes(self) -> Sequence[Mistake]:
        """The known mistakes, in the order of the exercises and then of their files."""
        return mistakes_in(self._module(MISTAKES))

    def found(self, exercise: Exercise) -> Sequence[Found]:
        """The small changes to the right answer of an exercise; none where none were packed."""
        return _found(f"course_dl.labs.{self.name}.{FOUND}", exercise.number)

    def exercise(self, number: str | float) -> Exercise:
        """The exercise of this number, or the one in which a function of this name is written.

        Blanks around it, and capital letters, do not matter. A number may be given without quotes
        where it is the number of one exercise alone: as a number, 4.1 is the same as 4.10.
        """
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        asked = str(number).strip() if isinstance(number, str) or is_number else repr(number)
        for same in (str, str.casefold):
            for exercise in self.exercises:
                if same(asked) in map(same, (exercise.number, *exercise.names)):
                    self._only_one(exercise, is_number)
                    return exercise
        known = ", ".join(f"{e.number} ({', '.join(e.names)})" for e in self.exercises)
        raise ValueError(f"{self.name} has no exercise {asked}; it has {known}")

    def _only_one(self, exercise: Exercise, is_number: bool) -> None:
        numbers = [e.number for e in self.exercises if is_number]
        alike = [n for n in numbers if n.rstrip("0") == exercise.number.rstrip("0")]
        if len(alike) > 1:
            raise ValueError(f"as numbers {' and '.join(alike)} are the same: put it in quotes")

    def _module(self, part: str = "") -> ModuleType:
        return importlib.import_module(f"course_dl.labs.{self.name}{'.' * bool(part)}{part}")


@lru_cache(maxsize=64)
def _found(package: str, number: str) -> Sequence[Found]:
    name = f"{package}.{module_of(number)}"
    try:
        return unpacked_changes(importlib.import_module(name))
    except ModuleNotFoundError:
        return ()


def find_labs() -> list[LabFolder]:
    """All labs, in order."""
    labs = importlib.import_module("course_dl.labs")
    return [LabFolder(m.name) for m in pkgutil.iter_modules(labs.__path__) if m.ispkg]


def find_lab(name: str | int) -> LabFolder:
    """The lab of this name or its beginning: ``"lab04"``, ``"lab04_backprop"``; or its number, 4.

    Blanks around it, and capital letters, do not matter.
    """
    labs = find_labs()
    asked = str(name).strip().casefold()
    if asked.isdecimal():
        asked = f"lab{int(asked):02d}"
    for lab in labs:
        if asked in (lab.name.casefold(), lab.name.casefold().partition("_")[0]):
            return lab
    raise ValueError(f"there is no lab {name!r}; there are {', '.join(lab.name for lab in labs)}")
