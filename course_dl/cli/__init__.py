"""The command line, ``course-dl``. This file runs first, and imports nothing at its top.

``grade``, ``check`` and ``alike`` may be typed in a folder that holds students' files. They go on
in an interpreter that imports nothing from there.
"""

import sys

__all__ = ["main"]


def main(arguments: "list[str] | None" = None) -> int:
    """Run a command; its exit status: 0 done, 1 a check did not pass, 2 it could not be done."""
    if arguments is None and sys.argv[1:2] in (["grade"], ["check"], ["alike"]):
        from course_dl.grading.start.interpreter import hand_over, imported_from_here

        if taken := imported_from_here():
            print(
                f"course-dl: {', '.join(taken)} in this folder was run by Python before grading "
                "began, as `python -m` does it: type course-dl, or python -P -m course_dl.cli",
                file=sys.stderr,
            )
            return 2
        hand_over("command", sys.argv[1:])
    from course_dl.cli.commands import run

    return run(arguments)
