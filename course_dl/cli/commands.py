"""The commands of ``course-dl``: a function for each, which imports what it needs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from course_dl import __version__
from course_dl.cli.teaching import add_teaching

__all__ = ["run"]

Arguments = argparse.Namespace


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit status."""
    parsed = _parser().parse_args(arguments)
    try:
        return parsed.run(parsed) or 0
    except (ValueError, OSError, RuntimeError) as error:
        print(f"course-dl {parsed.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stopped:
        print(str(stopped) or "stopped", file=sys.stderr)
        return 130


WEAK = "go on where the system cannot keep what is run from your own files and processes"


def demo(given: Arguments) -> None:
    from course_dl.cli.demo import tour

    tour(given.data, seed=given.seed, out=given.out, quick=given.quick)


def labs(given: Arguments) -> None:
    from course_dl.lab.catalog import find_labs
    from course_dl.lab.show import points

    for lab in find_labs():
        print(f"{lab.name:<20} {lab.title}")
        for e in lab.exercises:
            names = ", ".join(e.names)
            print(f"  {e.number:<4} {points(e.points):<9} about {e.minutes:>2} min  {names}")


def check(given: Arguments) -> int:
    """The exit status is 0 if all public tests pass.

    Points are weighted as where a class is graded; when the file will be handed in is not known.
    """
    _need_a_sandbox(given)
    from course_dl.grading.grade import Grading, lab_sandbox
    from course_dl.grading.marks.mark import number, points_told
    from course_dl.grading.marks.settings import read_settings
    from course_dl.lab.catalog import find_lab
    from course_dl.lab.show import result_page

    lab, file = find_lab(given.lab), given.file
    settings = read_settings(lab.path, [exercise.number for exercise in lab.exercises])
    with (
        lab_sandbox(lab) as sandbox,
        Grading(lab, file.read_bytes(), file.name, sandbox) as grading,
    ):
        judged = grading.judge(hidden=False)
        result = grading.as_result(judged)
    mark = settings.mark(result, "", 0.0)
    for one in judged:
        line = mark.line(one.exercise.number)
        print(_coloured(str(result_page(one, earned=line.points, whole=line.max_points))))
    for place, kind, text in result.notices:
        print(f"{place} did not run: {kind}: {text}")
    if result.reason:
        print(f"{file}: {result.reason}")
    print(f"{number(mark.total)} of {points_told(mark.max_points)} by the public tests")
    return int(not all(judged))


def grade(given: Arguments) -> int:
    """The exit status is 0 once every submission has its result."""
    _need_a_sandbox(given)
    from course_dl.grading.bulk import grade_class
    from course_dl.grading.reports.entry import NOT_YET

    if given.worksheet is not None and not given.worksheet.is_file():
        raise FileNotFoundError(f"there is no {given.worksheet}: give Moodle's grading worksheet")
    if given.scale_to_worksheet and given.worksheet is None:
        raise ValueError("--scale-to-worksheet needs the worksheet: --worksheet FILE")
    entries = grade_class(
        given.lab,
        given.submissions,
        given.out,
        only=given.only,
        regrade=given.regrade,
        dask=given.dask,
        processes=given.processes,
        worksheet=given.worksheet,
        scale=given.scale_to_worksheet,
    )
    waiting = sum(entry.result.status == NOT_YET for entry in entries)
    for entry in entries:
        if entry.result.status not in ("graded", NOT_YET) or entry.result.reason:
            print(f"{entry.student}: {entry.file}: {entry.result.status}: {entry.result.reason}")
    done = len(entries) - waiting
    print(f"{done} submission{'s' * (done != 1)} graded; see {given.out / 'overview.html'}")
    if waiting:
        print(f"{waiting} of {len(entries)} not graded yet")
    return 0


def _need_a_sandbox(given: Arguments) -> None:
    """Refuse where answers could reach what is the user's, unless a weak sandbox is asked for."""
    from course_dl.grading.sandbox.client.weak import refusal

    missing = "" if given.weak_sandbox else refusal()
    if missing:
        raise RuntimeError(missing)


_COLOURS = {"✓": "32", "✗": "31", "○": "90", "✎": "35", "➜": "34"}


def _coloured(text: str) -> str:
    """Marks in colour, on a terminal."""
    if not sys.stdout.isatty():
        return text
    for mark, colour in _COLOURS.items():
        text = text.replace(mark, f"\033[{colour}m{mark}\033[0m")
    return text


class SandboxReport(argparse.Action):
    """An option that tells which layers of the sandbox this machine has, and ends."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from course_dl.grading.sandbox.client.sandbox import Sandbox
        from course_dl.grading.sandbox.client.weak import refusal

        print(refusal() or "what is the user's is out of reach: active")
        print("separate process, values only: active")
        with Sandbox() as sandbox:
            for name, layer in sandbox.layers().items():
                print(f"{name}: {'active' if layer.active else 'not here: ' + layer.reason}")
        parser.exit()


def build(given: Arguments) -> int:
    from course_dl.authoring.changes.packing import find_stale_changes, pack_changes
    from course_dl.authoring.notebooks import build, find_stale
    from course_dl.authoring.sources import repository_root
    from course_dl.lab.catalog import find_labs

    if given.solutions and given.out is None:
        raise ValueError("solved notebooks never go where students' are: say where, -o DIR")
    out = given.out or repository_root() / "colab"
    if given.check:
        stale = [f"{out / name} {what}" for name, what in find_stale(out).items()]
        for lab in find_labs():
            stale += [f"{path} {what}" for path, what in find_stale_changes(lab).items()]
        print(*stale or ["all notebooks are as the labs have them"], sep="\n")
        if stale:
            print("run: course-dl build")
        return int(bool(stale))
    written = build(out, solutions=given.solutions)
    if given.out is None:
        written += [path for lab in find_labs() for path in pack_changes(lab)]
    print(*written, sep="\n")
    return 0


def release(given: Arguments) -> None:
    from course_dl.authoring.release import release

    release(given.folder)
    print(f"the student edition is in {given.folder}; commit and tag it there to publish it")


def gradescope(given: Arguments) -> None:
    from course_dl.authoring.autograder import write_autograder

    print(write_autograder(given.lab, given.out, weak_sandbox=given.weak_sandbox))


def classroom(given: Arguments) -> None:
    from course_dl.authoring.classroom import write_classroom

    print(*write_classroom(given.lab, given.folder), sep="\n")


def new(given: Arguments) -> None:
    from course_dl.authoring.new import new_lab

    for path in new_lab(given.name):
        print(path)
    print("next: fill them in as docs/authors.md shows it, then")
    print(f"pytest tests/test_labs.py -k {given.name[:5]}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="course-dl",
        description="Introduction to deep learning: the course in code, and its labs.",
        epilog="New here? `course-dl demo` tours all labs on real data in about a minute; "
        "`course-dl COMMAND --help` tells of a command.",
    )
    parser.add_argument("--version", action="version", version=f"course-dl {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(run: Callable[[Arguments], int | None], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(run.__name__, help=text, description=text)
        added.set_defaults(run=run)
        return added

    tour = command(demo, "tour all labs on real data, with a page of pictures (about a minute)")
    tour.add_argument("--data", type=Path, metavar="DIR", help="folder that holds MNIST/raw")
    tour.add_argument("--seed", type=int, default=0, help="of every random number (default: 0)")
    tour.add_argument(
        "--out",
        type=Path,
        default=Path("course_dl_demo.png"),
        metavar="FILE",
        help="page of pictures (default: course_dl_demo.png)",
    )
    tour.add_argument(
        "--quick", action="store_true", help="the shortest trainings, on fewer digits"
    )

    command(labs, "list the labs and their exercises")

    home = command(check, "check your own notebook, as lab.check does in it")
    home.add_argument("lab", metavar="LAB", help="lab04, or the lab's whole name")
    home.add_argument("file", type=Path, metavar="FILE", help="a notebook or a Python file")
    home.add_argument("--weak-sandbox", action="store_true", help=WEAK)

    marks = command(grade, "grade the notebooks of a class: marks, feedback, an overview")
    marks.epilog = "Points and comments by hand: DIR/marks.toml, which no run changes."
    marks.add_argument("lab", metavar="LAB", help="lab04, or the lab's whole name")
    marks.add_argument("submissions", type=Path, metavar="SUBMISSIONS", help="a folder or a zip")
    marks.add_argument(
        "-o", "--out", type=Path, required=True, metavar="DIR", help="where the results go"
    )
    marks.add_argument(
        "--worksheet",
        type=Path,
        metavar="FILE",
        help="Moodle's grading worksheet: it is filled in, and tells when each handed in",
    )
    marks.add_argument(
        "--scale-to-worksheet",
        action="store_true",
        help="scale the points to the maximum grade of the worksheet",
    )
    marks.add_argument("--only", metavar="NAME", help="grade this student alone")
    marks.add_argument("--weak-sandbox", action="store_true", help=WEAK)
    marks.add_argument("--regrade", action="store_true", help="grade again what is graded already")
    marks.add_argument("--processes", type=int, metavar="N", help="at a time (default: one a core)")
    marks.add_argument("--dask", metavar="ADDRESS", help="let a dask.distributed cluster do it")
    marks.add_argument(
        "--sandbox-report",
        action=SandboxReport,
        nargs=0,
        help="say which layers of the sandbox this machine has, and end",
    )

    add_teaching(command)
    if find_spec("course_dl.authoring") is not None:  # not in the student edition
        _add_authoring(command)
    return parser


def _add_authoring(
    command: Callable[[Callable[[Arguments], int | None], str], argparse.ArgumentParser],
) -> None:
    notebooks = command(build, "make the notebooks in colab/, and found/, from the labs")
    notebooks.add_argument("-o", "--out", type=Path, metavar="DIR", help="another folder")
    what = notebooks.add_mutually_exclusive_group()
    what.add_argument("--solutions", action="store_true", help="solved notebooks (needs -o)")
    what.add_argument("--check", action="store_true", help="say which are stale (exit status 1)")

    students = command(release, "write the student edition: no solutions, no hidden tests")
    students.add_argument("folder", type=Path, metavar="DIR", help="empty, or an earlier edition")

    autograder = command(gradescope, "write a lab's autograder for Gradescope, a zip to upload")
    autograder.add_argument("lab", metavar="LAB", help="lab04, or the lab's whole name")
    autograder.add_argument(
        "-o", "--out", type=Path, required=True, metavar="FILE", help="the zip, autograder.zip"
    )
    autograder.add_argument("--weak-sandbox", action="store_true", help=WEAK)

    template = command(classroom, "write a lab's repository for GitHub Classroom, with its check")
    template.add_argument("lab", metavar="LAB", help="lab04, or the lab's whole name")
    template.add_argument("folder", type=Path, metavar="DIR", help="empty, or an earlier one")

    begun = command(new, "lay out a new lab, with one sample exercise")
    begun.add_argument("name", metavar="NAME", help="lab12_topic")
