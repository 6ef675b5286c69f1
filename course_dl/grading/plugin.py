# Runs in: judge
"""The pytest plugin: ``pytest --pyargs course_dl.labs.lab04_backprop --submission FILE``.

Each test of the lab's ``checks/`` is an item, named so that ``-k 4.3`` selects an exercise.
Without ``--submission`` the plugin does nothing, and it imports nothing heavy until it must.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from course_dl.grading.marks.mark import Line
    from course_dl.grading.marks.settings import Settings
    from course_dl.grading.result import ExerciseMark, Result
    from course_dl.grading.sandbox.client.sandbox import Sandbox
    from course_dl.lab.exercise import Exercise, Test

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
        self.found = False  # whether a lab's checks were collected


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """The first hook of all: where submissions are graded, the run goes on isolated from here."""
    config: Any = pluginmanager.get_plugin("pytestconfig")
    if any(str(argument).startswith("--submission") for argument in config.invocation_params.args):
        from course_dl.grading.start.handover import hand_over

        hand_over(config)
    group = parser.getgroup("course-dl", "grading the labs of course-dl")
    group.addoption(
        "--submission",
        action="append",
        default=[],
        metavar="FILE",
        help="grade this notebook or Python file by the checks of the lab that is collected",
    )
    group.addoption(
        "--weak-sandbox",
        action="store_true",
        help="grade where the system cannot keep submissions from your own files and processes",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """A submission that a file of settings names is not graded: that file would have a say."""
    if early_config.known_args_namespace.submission:
        from course_dl.grading.start.handover import is_a_command

        if is_a_command(early_config):
            raise pytest.UsageError("--submission has to stand on the command line itself")


def pytest_configure(config: pytest.Config) -> None:
    paths = [Path(path) for path in config.getoption("submission")]
    if paths and not config.pluginmanager.has_plugin(Gradebook.name):
        for path in paths:
            if not path.is_file():
                raise pytest.UsageError(f"--submission: there is no file {path}")
        _need_a_sandbox(config)
        book = Gradebook({str(path): path.read_bytes() for path in paths})
        config.pluginmanager.register(book, Gradebook.name)


def _need_a_sandbox(config: pytest.Config) -> None:
    from course_dl.grading.sandbox.client.weak import refusal

    missing = "" if config.getoption("weak_sandbox") else refusal()
    if missing:
        raise pytest.UsageError(missing)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collect_file(
    parent: pytest.Collector,
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Where submissions are graded, no file is collected: the labs' tests come from folders.

    Neither what lies beside them, nor their files as modules or for their examples.
    """
    found = yield
    return [] if _grades(parent.config) else found


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A lab's ``checks/`` are its tests; other folders are gone through, no ``__init__.py`` run."""
    if not _grades(parent.config):
        return None
    lab = _lab_of(path)
    if lab is not None:
        checks: Checks = Checks.from_parent(parent, path=path)
        book: Any = parent.config.pluginmanager.get_plugin(Gradebook.name)
        checks.lab, checks.book = lab, book
        book.found = True
        return checks
    folder: pytest.Collector = pytest.Dir.from_parent(parent, path=path)
    return folder


@pytest.hookimpl(tryfirst=True)
def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Folders in which no lab is are not gone through at all."""
    if not _grades(config):
        return None
    from course_dl.grading.labs import folders

    path = collection_path.resolve()
    labs = [folder.resolve() for folder in folders()]
    return (
        None if any(path.is_relative_to(lab) or lab.is_relative_to(path) for lab in labs) else True
    )


def pytest_collection_finish(session: pytest.Session) -> None:
    """Tell who names no lab what to do."""
    config = session.config
    book: Any = config.pluginmanager.get_plugin(Gradebook.name)
    if book is not None and not book.found and not config.pluginmanager.has_plugin("dsession"):
        raise pytest.UsageError(
            "--submission: name the lab, as in pytest --pyargs course_dl.labs.lab04_backprop "
            "--submission FILE"
        )


def _grades(config: pytest.Config) -> bool:
    return config.pluginmanager.has_plugin(Gradebook.name)


def _lab_of(path: Path) -> Any:
    """The lab whose ``checks/`` this is."""
    from course_dl.lab.files import CHECKS

    if path.name != CHECKS:
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


class Checks(pytest.Directory):
    """The ``checks/`` of a lab, with the submissions to be graded."""

    lab: Any
    book: Gradebook
    settings: Settings  # by which points are weighted
    _own_sandbox: Sandbox | None = None

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        from course_dl.grading.marks.settings import read_settings

        try:
            self.settings = read_settings(self.lab.path, [e.number for e in self.lab.exercises])
        except ValueError as error:
            raise self.CollectError(str(error)) from None
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
    """A submission under the tests: judged when its first item is run."""

    def __init__(self, checks: Checks, file: str, data: bytes) -> None:
        self.checks, self.file, self.data = checks, file, data
        self._marks: dict[str, tuple[ExerciseMark, Line]] = {}

    def marks(self, session: pytest.Session) -> dict[str, tuple[ExerciseMark, Line]]:
        """How the exercises ended that were selected, and their points, by number."""
        if not self._marks:
            from course_dl.grading.grade import Grading

            mine = [i for i in session.items if isinstance(i, Check) and i.opened is self]
            exercises = list({i.exercise.number: i.exercise for i in mine}.values())
            sandbox = self.checks.sandbox()
            with Grading(self.checks.lab, self.data, self.file, sandbox) as grading:
                result = grading.result(exercises, hidden=self.checks.book.hidden)
            self.checks.book.results[self.file] = result
            mark = self.checks.settings.mark(result, "", 0.0)  # whose it is, is not known here
            self._marks = {e.number: (e, mark.line(e.number)) for e in result.exercises}
        return self._marks


def items(parent: pytest.Collector, opened: Open) -> Iterator[pytest.Item]:
    """An item for each test of the lab, in order."""
    from course_dl.grading.reports.junit import case_name

    hidden = opened.checks.book.hidden
    for exercise in opened.checks.lab.exercises:
        tests = [test for test in exercise.tests if hidden or not test.hidden]
        for place, test in enumerate(tests):
            name = case_name(exercise.number, exercise.names[0], test.title)
            item: Check = Check.from_parent(parent, name=name)
            item.opened, item.exercise, item.test = opened, exercise, test
            item.is_last = place == len(tests) - 1
            yield item


class Check(pytest.Item):
    """One test of an exercise, run on a submission."""

    opened: Open
    exercise: Exercise
    test: Test
    is_last: bool

    def runtest(self) -> None:
        from course_dl.grading.reports.junit import failure_text, properties

        mark, line = self.opened.marks(self.session)[self.exercise.number]
        self.user_properties += properties(line, is_last=self.is_last)
        test = next((t for t in mark.tests if t.title == self.test.title), None)
        if test is None:
            pytest.skip("not run, after a test that did not pass")
        if test.state != "passed":
            raise NotPassed(
                failure_text(test, mark.diagnosis if test is mark.first_failure else "")
            )

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from course_dl.grading.intake.notebooks import Unreadable

        if isinstance(excinfo.value, NotPassed | Unreadable):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        code = self.test.function.__code__
        return Path(code.co_filename), code.co_firstlineno - 1, f"exercise {self.name}"


class NotPassed(Exception):
    """A test that a submission does not pass, in the course's words."""
