"""The exercises and the known mistakes of a lab, collected from packages with a file an exercise.

A file's name gives the exercise's number, and the numbers give the order: 4.10 comes after 4.9. A
module of another name (``shared.py``) holds what several files use.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Iterator
from types import ModuleType

from course_dl.lab.exercise import Exercise, Mistake
from course_dl.lab.files import number_of

__all__ = ["exercises_in", "mistakes_in", "parameters_of"]


def exercises_in(package: ModuleType) -> list[Exercise]:
    """The exercises that the files of ``checks/`` declare, in the order of their numbers.

    Raises
    ------
    ValueError
        Where a file does not declare the exercise of its name, and no other; where two files are
        for one exercise; where a part of an exercise has no public test.
    """
    found = []
    for number, module in _modules(package):
        declared = _declared(module)
        numbers = [exercise.number for exercise in declared]
        if numbers != ([number] if number else []):
            raise ValueError(
                f"{module.__file__} should declare {_called(number)}; it declares "
                f"{' and '.join(numbers) or 'none'}"
            )
        for exercise in declared:
            empty = set(exercise.parts) - {test.part for test in exercise.tests if not test.hidden}
            if empty:
                raise ValueError(
                    f"{module.__file__}: no public test is of {', '.join(sorted(empty))}: students "
                    "are to see what each part asks"
                )
        found += declared
    return found


def mistakes_in(package: ModuleType) -> list[Mistake]:
    """The known mistakes of ``mistakes/``, by the exercises' numbers, then as they stand in a file.

    Raises
    ------
    ValueError
        Where a file has mistakes of another exercise than that of its name; where two files are
        for one exercise.
    """
    found = []
    for number, module in _modules(package):
        marked = [getattr(value, "mistake", None) for value in vars(module).values()]
        mistakes = [known for known in marked if isinstance(known, Mistake)]
        for known in mistakes:
            if known.number != number:
                raise ValueError(
                    f"{module.__file__} should have mistakes of {_called(number)}; "
                    f"{known.code.__name__} is one of {known.number}"
                )
        found += mistakes
    return found


def parameters_of(mistakes: Iterable[Mistake]) -> dict[str, list[str]]:
    """The names of the parameters of the functions that students write, from wrong ones.

    A mistake has the signature that it was asked to have; and mistakes are there where solutions
    are not.
    """
    found: dict[str, list[list[str]]] = {}
    for known in mistakes:
        try:
            names = list(inspect.signature(known.code).parameters)
        except (TypeError, ValueError):
            continue
        found.setdefault(known.name, []).append(names)
    return {name: max(many, key=many.count) for name, many in found.items()}


def _modules(package: ModuleType) -> Iterator[tuple[str | None, ModuleType]]:
    """The modules of a package with the number of their exercise, in the order of the numbers."""
    numbers: dict[str, str] = {}
    others = []
    for name in sorted(module.name for module in pkgutil.iter_modules(package.__path__)):
        number = number_of(name)
        if number is None:
            others.append(name)
        elif number in numbers:
            raise ValueError(
                f"{package.__name__} has two files for exercise {number}: {numbers[number]}.py "
                f"and {name}.py"
            )
        else:
            numbers[number] = name
    for number in sorted(numbers, key=_in_order):
        yield number, importlib.import_module(f"{package.__name__}.{numbers[number]}")
    for name in others:
        yield None, importlib.import_module(f"{package.__name__}.{name}")


def _in_order(number: str) -> list[int]:
    return [int(part) for part in number.split(".")]


def _declared(module: ModuleType) -> list[Exercise]:
    return [value for value in vars(module).values() if isinstance(value, Exercise)]


def _called(number: str | None) -> str:
    return f"exercise {number}" if number else "no exercise (a file for 4.3 is named e4_3_topic.py)"
