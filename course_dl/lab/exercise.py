"""An exercise: its number, points, hints and rules, its tests, and the mistakes known of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from course_dl.calls.backend import Rules

__all__ = ["Exercise", "Mistake", "Test", "mistake"]

Code = TypeVar("Code", bound=Callable[..., Any])


@dataclass(frozen=True)
class Test:
    """One test of an exercise; hidden ones are not handed out to students.

    What a ``measured`` test finds depends on the clock: it is not repeated to find a mistake. A
    ``last`` test is long: it is run only where all before it have passed. ``part`` is the part of
    the exercise that it belongs to, where there are parts.
    """

    __test__ = False  # a class of that name is not a test class of pytest's

    title: str
    function: Callable[..., None]
    hidden: bool
    measured: bool = False
    last: bool = False
    part: str = ""

    @property
    def wants(self) -> tuple[str, ...]:
        """What the function asks for: ``student``, and ``rng`` if it draws."""
        code = self.function.__code__
        return code.co_varnames[: code.co_argcount]


@dataclass
class Exercise:
    """What a file of a lab's ``checks/`` declares.

    Parameters
    ----------
    number, names
        ``"4.3"`` and the functions or classes that the student writes, the first one first.
    points
        Earned when every test passes (a challenge's test may award a part of them).
    difficulty, minutes
        1 (easy) to 3 (hard), and how long a student may need.
    hints
        Told one at a time, from a nudge to nearly the answer.
    autograd
        False where gradients are to be written by hand: autograd then gives none.
    library
        Names of torch functions that would be the whole answer (``"softmax"``), refused.
    answers
        Modules of the package that are the answer, out of reach of a submission.
    seconds
        The longest that one call may take.
    parts
        Partial credit: what each part of the exercise earns by itself, by what it is called to
        students. Together they are the points. Each test then belongs to a part. Without parts,
        which is the rule, an exercise that does not pass earns nothing.

    Attributes
    ----------
    tests
        The tests, as declared.
    parameters
        The names of the functions' parameters, where they are known: to tell of calls.
    numbers
        The numbers of the lab's exercises by what they ask for: to tell of those that are called.
    trains
        The seconds that a challenge trains.
    """

    number: str
    names: Sequence[str]
    points: float
    difficulty: int
    minutes: int
    hints: Sequence[str]
    autograd: bool = True
    library: Sequence[str] = ()
    answers: Sequence[str] = ()
    seconds: float = 5.0
    parts: Mapping[str, float] = field(default_factory=dict)
    tests: list[Test] = field(default_factory=list, init=False)
    parameters: Mapping[str, Sequence[str]] = field(default_factory=dict, init=False)
    numbers: Mapping[str, str] = field(default_factory=dict, init=False)
    trains: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        if self.parts and not math.isclose(sum(self.parts.values()), self.points):
            raise ValueError(
                f"{self.number}: its parts are worth {sum(self.parts.values()):g} points together, "
                f"it is worth {self.points:g}: they must be the same"
            )
        if any(not points > 0 for points in self.parts.values()):
            raise ValueError(f"{self.number}: each part is worth more than 0 points")

    @property
    def rules(self) -> Rules:
        """The rules under which the student's functions are called."""
        return Rules(self.autograd, frozenset(self.library), self.seconds)

    def test(
        self,
        title: str,
        *,
        hidden: bool = False,
        measured: bool = False,
        last: bool = False,
        part: str = "",
    ) -> Callable[[Code], Code]:
        """Make a function ``(student)`` or ``(student, rng)`` a test of this exercise.

        ``student`` is a :class:`~course_dl.lab.student.Student`, ``rng`` an
        :class:`~course_dl.lab.inputs.Inputs`. The test passes by returning.

        Raises
        ------
        ValueError
            Where ``part`` is none of the exercise's.
        """
        if part not in (self.parts or ("",)):
            known = ", ".join(self.parts) or "none"
            raise ValueError(f'{self.number}, "{title}": no part "{part}"; its parts: {known}')

        def register(function: Code) -> Code:
            self.tests.append(Test(title, function, hidden, measured, last, part))
            return function

        return register


@dataclass(frozen=True)
class Mistake:
    """A wrong solution that students write, and the sentence that tells them what is wrong."""

    number: str
    name: str
    sentence: str
    code: Callable[..., Any]


def mistake(number: str, sentence: str) -> Callable[[Code], Code]:
    """Make a function or class of ``mistakes/`` a known mistake of exercise ``number``.

    Its name is that of the exercise's function, two underscores, and what is wrong:
    ``backward_layer__not_transposed``.
    """

    def mark(code: Code) -> Code:
        name = code.__name__.partition("__")[0]
        code.mistake = Mistake(number, name, sentence, code)  # type: ignore[attr-defined]
        return code

    return mark
