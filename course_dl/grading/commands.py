# Runs in: judge
"""What ``course-dl check`` and ``course-dl grade`` do."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["check", "grade", "sandbox_report"]


def grade(
    lab: str,
    submissions: Path,
    out: Path,
    *,
    only: str | None = None,
    regrade: bool = False,
    dask: str | None = None,
    processes: int | None = None,
    worksheet: Path | None = None,
    scale: bool = False,
    weak: bool = False,
) -> int:
    """Grade a class; the exit status is 0 once every submission has its result."""
    _need_a_sandbox(weak)
    from course_dl.grading.bulk import grade_class
    from course_dl.grading.reports.entry import NOT_YET

    if worksheet is not None and not worksheet.is_file():
        raise FileNotFoundError(f"there is no {worksheet}: give Moodle's grading worksheet")
    if scale and worksheet is None:
        raise ValueError("--scale-to-worksheet needs the worksheet: --worksheet FILE")
    entries = grade_class(
        lab,
        submissions,
        out,
        only=only,
        regrade=regrade,
        dask=dask,
        processes=processes,
        worksheet=worksheet,
        scale=scale,
    )
    waiting = sum(entry.result.status == NOT_YET for entry in entries)
    for entry in entries:
        if entry.result.status not in ("graded", NOT_YET) or entry.result.reason:
            print(f"{entry.student}: {entry.file}: {entry.result.status}: {entry.result.reason}")
    done = len(entries) - waiting
    print(f"{done} submission{'s' * (done != 1)} graded; see {Path(out) / 'overview.html'}")
    if waiting:
        print(f"{waiting} of {len(entries)} not graded yet")
    return 0


def check(lab: str, file: Path, *, weak: bool = False) -> int:
    """Check a student's own file by the public tests; the exit status is 0 if all pass.

    Points are weighted as where a class is graded; when the file will be handed in is not known.
    """
    _need_a_sandbox(weak)
    from course_dl.grading.grade import Grading, lab_sandbox
    from course_dl.grading.marks.mark import number, points_told
    from course_dl.grading.marks.settings import read_settings
    from course_dl.lab.catalog import find_lab
    from course_dl.lab.show import result_page

    folder = find_lab(lab)
    settings = read_settings(folder.path, [exercise.number for exercise in folder.exercises])
    data = Path(file).read_bytes()
    with lab_sandbox(folder) as sandbox, Grading(folder, data, Path(file).name, sandbox) as grading:
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


def _need_a_sandbox(weak: bool) -> None:
    """Refuse where answers could reach what is the user's, unless a weak sandbox is asked for."""
    from course_dl.grading.sandbox.client.weak import refusal

    missing = "" if weak else refusal()
    if missing:
        raise RuntimeError(missing)


def sandbox_report() -> int:
    """Print which layers of the sandbox are active on this machine; the exit status is 0."""
    from course_dl.grading.sandbox.client.sandbox import Sandbox
    from course_dl.grading.sandbox.client.weak import refusal

    print(refusal() or "what is the user's is out of reach: active")
    print("separate process, values only: active")
    with Sandbox() as sandbox:
        for name, layer in sandbox.layers().items():
            print(f"{name}: {'active' if layer.active else 'not here: ' + layer.reason}")
    return 0


_COLOURS = {"✓": "32", "✗": "31", "○": "90", "✎": "35", "➜": "34"}


def _coloured(text: str) -> str:
    """Marks in colour, on a terminal."""
    if not sys.stdout.isatty():
        return text
    for mark, colour in _COLOURS.items():
        text = text.replace(mark, f"\033[{colour}m{mark}\033[0m")
    return text
