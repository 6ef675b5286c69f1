# Runs in: judge
"""The interpreters that grade: the one place that says how they are started, and with what.

Such an interpreter imports installed packages and the course, and nothing else: nothing of the
current folder, nothing that an environment variable names. This file is read before that holds, so
it imports only what Python has imported before it.
"""

import os
import sys

__all__ = ["command", "environment", "hand_over", "imported_from_here", "is_isolated", "missing"]

_BOOTSTRAP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bootstrap.py")
_KEPT = ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_XDIST_AUTO_NUM_WORKERS")  # they add nothing


def is_isolated() -> bool:
    """Whether this interpreter looks at neither the current folder nor ``PYTHON*`` variables."""
    return bool(sys.flags.safe_path and sys.flags.ignore_environment)


def command(role: str, *arguments: str, obey: bool = False) -> list[str]:
    """The command line of a new interpreter that plays a role of ``bootstrap.py``.

    ``obey`` lets it read ``PYTHON*`` variables, for an environment made from nothing.
    """
    if not sys.executable:
        raise RuntimeError("grading starts Python anew, and this program does not say where it is")
    flags = ["-P"] if obey else ["-P", "-E"]
    flags += ["-s"] if sys.flags.no_user_site else []
    flags += ["-X", "utf8"] if sys.flags.utf8_mode else []
    return [sys.executable, *flags, _BOOTSTRAP, role, *arguments]


def environment() -> dict[str, str]:
    """This process's environment without what Python or pytest would obey.

    Programs that are started in it without flags keep away from the current folder, too.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or not name.startswith(("PYTHON", "PYTEST_"))
    }
    return kept | {"PYTHONSAFEPATH": "1"}


def hand_over(role: str, arguments: list[str]) -> None:
    """Go on as an isolated interpreter, in this very process. Returns only if this is one."""
    if is_isolated():
        return
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os.execve(sys.executable, command(role, *arguments), environment())


def imported_from_here(*more: str) -> list[str]:
    """The files of the current folder, or of ``more`` folders, that this process has run already.

    That is so where Python was told to look there first: ``python -m`` does, and pytest's settings.
    """
    try:
        here = os.path.realpath(os.getcwd())
    except OSError:  # a folder that has been removed
        here = ""
    looked = {os.path.realpath(folder) for folder in more}
    if here and sys.path and os.path.realpath(sys.path[0]) == here:
        looked.add(here)
    found = []
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if "." in name or name in ("__main__", "course_dl") or not isinstance(file, str):
            continue
        folder, base = os.path.split(os.path.realpath(file))
        if base.startswith("__init__."):
            folder, base = os.path.split(folder)
        if folder in looked:
            found.append(base)
    return sorted(set(found))


def missing(module: str | None) -> str:
    """What to do about a module that is not installed."""
    return (
        f"there is no module {module!r} among those installed for {sys.executable}; grading takes "
        "none from PYTHONPATH or the current folder: install it there"
    )
