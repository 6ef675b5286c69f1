"""The pytest plugin: ``pytest --pyargs course_dl.labs.lab04_backprop --submission FILE``.

Each test of the lab's ``checks.py`` is an item, named so that ``-k 4.3`` selects an exercise.
Without ``--submission`` the plugin does nothing, and it imports nothing heavy until it must.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from course_dl.grading.grade import Grading
    from course_dl.grading.result import Result
    from course_dl.grading.sandbox import Sandbox
    from course_dl.lab.exercise import Exercise, Test
    from course_dl.lab.judge import TestResult

__all__ = ["Gradebook"]


class Gradebook:
    """What a run grades, and the results: register it as a plugin to hand bytes over in memory.

    Parameters
    ----------
    submissions
        File names and contents.
    sandbox
        A sandbox for the lab that is running already; else one is started for the run.
    hidden
        Whether hidden tests are run too.
    """

    name = "course-dl-gradebook"

    def __init__(
        self,
        submissions: dict[str, bytes],
        sandbox: Sandbox | None = None,
        *,
        hidden: bool = True,
    ) -> None:
        self.submissions = submissions
        self.sandbox = sandbox
        self.hidden = hidden
        self.results: dict[str, Result] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("course-dl", "grading the labs of course-dl")
    group.addoption(
        "--submission",
        action="append",
        default=[],
        metavar="FILE",
        help="grade this notebook or Python file by the checks.py of the lab that is collected",
    )


def pytest_configure(config: pytest.Config) -> None:
    paths = [Path(path) for path in config.getoption("submission")]
    if paths and not config.pluginmanager.has_plugin(Gradebook.name):
        for path in paths:
            if not path.is_file():
                raise pytest.UsageError(f"--submission: there is no file {path}")
        book = Gradebook({str(path): path.read_bytes() for path in paths})
        config.pluginmanager.register(book, Gradebook.name)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    lab = _lab_of(file_path, parent.config)
    if lab is None:
        return None
    checks: Checks = Checks.from_parent(parent, path=file_path)
    book: Any = parent.config.pluginmanager.get_plugin(Gradebook.name)
    checks.lab, checks.book = lab, book
    return checks


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> pytest.Collector | None:
    """A ``checks.py`` named on the command line is not a module of ordinary tests as well."""
    if _lab_of(module_path, parent.config) is None:
        return None
    empty: pytest.Collector = Nothing.from_parent(parent, path=module_path)
    return empty


def _lab_of(path: Path, config: pytest.Config) -> Any:
    """The lab whose ``checks.py`` this is, if submissions are to be graded."""
    if path.name != "checks.py" or not config.pluginmanager.has_plugin(Gradebook.name):
        return None
    from course_dl.lab.catalog import find_labs

    labs = {lab.path.resolve(): lab for lab in find_labs()}
    return labs.get(path.parent.resolve())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What is to be said of a submission besides its tests."""
    book: Any = terminalreporter.config.pluginmanager.get_plugin(Gradebook.name)
    for name, result in book.results.items() if book else ():
        if result.reason:
            terminalreporter.write_line(f"{name}: {result.reason}")


class Nothing(pytest.File):
    """A file without tests."""

    def collect(self) -> Iterator[pytest.Item]:
        return iter(())


class Checks(pytest.File):
    """The ``checks.py`` of a lab, with the submissions to be graded."""

    lab: Any
    book: Gradebook
    _own_sandbox: Sandbox | None = None

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        several = len(self.book.submissions) > 1
        for name, data in self.book.submissions.items():
            if several:
                graded: Graded = Graded.from_parent(self, name=Path(name).name)
                graded.checks, graded.file, graded.data = self, name, data
                yield graded
            else:
                yield from items(self, Open(self, name, data))

    def sandbox(self) -> Sandbox:
        """The sandbox of this lab, started when first asked for."""
        if self.book.sandbox is not None:
            return self.book.sandbox
        if self._own_sandbox is None:
            from course_dl.grading.grade import lab_sandbox

            folders = [Path(name).resolve().parent for name in self.book.submissions]
            self._own_sandbox = lab_sandbox(self.lab, folders)
        return self._own_sandbox

    def teardown(self) -> None:
        if self._own_sandbox is not None:
            self._own_sandbox.close()
            self._own_sandbox = None


class Graded(pytest.Collector):
    """One of several submissions."""

    checks: Checks
    file: str
    data: bytes

    def collect(self) -> Iterator[pytest.Item]:
        yield from items(self, Open(self.checks, self.file, self.data))


class Open:
    """A submission under the tests: opened by its first item, closed after its last."""

    def __init__(self, checks: Checks, file: str, data: bytes) -> None:
        self.checks, self.file, self.data = checks, file, data
        self.left = 0
        self._grading: Grading | None = None

    def grading(self) -> Grading:
        """The submission's grading."""
        if self._grading is None:
            from course_dl.grading.grade import Grading

            sandbox = self.checks.sandbox()
            self._grading = Grading(self.checks.lab, self.data, self.file, sandbox)
        return self._grading

    def leave(self) -> None:
        """One item is done; after the last one the result is kept and the child ended."""
        self.left -= 1
        if self.left == 0 and self._grading is not None:
            self.checks.book.results[self.file] = self._grading.result()
            self._grading.close()
            self._grading = None


def items(parent: pytest.Collector, opened: Open) -> Iterator[pytest.Item]:
    """An item for each test of the lab, in order."""
    hidden = opened.checks.book.hidden
    for exercise in opened.checks.lab.exercises:
        tests = [test for test in exercise.tests if hidden or not test.hidden]
        for place, test in enumerate(tests):
            name = f"{exercise.number} {exercise.names[0]}: {test.title}"
            item: Check = Check.from_parent(parent, name=name)
            item.opened, item.exercise, item.test = opened, exercise, test
            item.is_last = place == len(tests) - 1
            opened.left += 1
            yield item


class Check(pytest.Item):
    """One test of an exercise, run on a submission."""

    opened: Open
    exercise: Exercise
    test: Test
    is_last: bool

    def runtest(self) -> None:
        from course_dl.lab.states import State

        hidden = self.opened.checks.book.hidden
        judged = self.opened.grading().exercise(self.exercise, hidden=hidden)
        self.user_properties.append(("exercise", self.exercise.number))
        if self.is_last:
            self.user_properties.append(("points", judged.points))
            self.user_properties.append(("max_points", self.exercise.points))
        result = next((r for r in judged.tests if r.test is self.test), None)
        if result is None:
            pytest.skip("not run, after a test that did not pass")
        if result.state is not State.PASSED:
            told = judged.diagnosis if result is judged.first_failure else None
            raise NotPassed(_told(result, told))

    def teardown(self) -> None:
        self.opened.leave()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from course_dl.grading.intake.notebooks import Unreadable

        if isinstance(excinfo.value, NotPassed | Unreadable):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        code = self.test.function.__code__
        return self.path, code.co_firstlineno - 1, f"exercise {self.name}"


class NotPassed(Exception):
    """A test that a submission does not pass, in the course's words."""


def _told(result: TestResult, diagnosis: str | None) -> str:
    lines = [f"{result.state}: {result.failure.message}" if result.failure else str(result.state)]
    if diagnosis:
        lines.append(diagnosis)
    if result.failure:
        lines += [f"  {label}: {text}" for label, text in result.failure.details]
    return "\n".join(lines)
