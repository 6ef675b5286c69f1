"""An exercise: its number, points, hints and rules, its tests, and the mistakes known of it."""

from __future__ import annotations

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
    ``last`` test is long: it is run only where all before it have passed.
    """

    __test__ = False  # a class of that name is not a test class of pytest's

    title: str
    function: Callable[..., None]
    hidden: bool
    measured: bool = False
    last: bool = False

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
    tests: list[Test] = field(default_factory=list, init=False)
    parameters: Mapping[str, Sequence[str]] = field(default_factory=dict, init=False)
    numbers: Mapping[str, str] = field(default_factory=dict, init=False)
    trains: float = field(default=0.0, init=False)

    @property
    def rules(self) -> Rules:
        """The rules under which the student's functions are called."""
        return Rules(self.autograd, frozenset(self.library), self.seconds)

    def test(
        self, title: str, *, hidden: bool = False, measured: bool = False, last: bool = False
    ) -> Callable[[Code], Code]:
        """Make a function ``(student)`` or ``(student, rng)`` a test of this exercise.

        ``student`` is a :class:`~course_dl.lab.student.Student`, ``rng`` an
        :class:`~course_dl.lab.inputs.Inputs`. The test passes by returning.
        """

        def register(function: Code) -> Code:
            self.tests.append(Test(title, function, hidden, measured, last))
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
