"""Starts servers, run by its path: ``python -P -s bootstrap.py CONTROL_FD ...``.

``course_dl.lab`` is put in place without running its ``__init__.py``, so that the memory which
every child inherits holds what runs a call and nothing of what judges it.
"""

import signal
import sys
import types
from pathlib import Path
from typing import Any

COURSE = Path(__file__).resolve().parent.parent


class Lab:
    """Stands in for the notebook's ``lab``, whose cells are not run here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: None


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # servers end with the judge, and silently
    sys.path.append(str(COURSE.parent))
    import course_dl.grading  # noqa: F401

    lab = types.ModuleType("course_dl.lab")
    lab.__path__ = [str(COURSE / "lab")]
    vars(lab)["Lab"] = Lab
    sys.modules["course_dl.lab"] = lab

    from course_dl.grading.server import main

    if (COURSE.parent / "pyproject.toml").exists():  # a checkout, whose labs and tests stay away
        sys.path[:] = [path for path in sys.path if Path(path).resolve() != COURSE.parent]
    main([int(fd) for fd in sys.argv[1:]])
