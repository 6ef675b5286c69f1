# Runs in: judge, server
"""Where an isolated interpreter begins: ``python -P -E bootstrap.py ROLE ARGUMENTS``.

The course is taken from where this file is, by its place: neither the current folder nor the folder
of a checkout has to stand on the path from which Python imports.
"""

import os
import signal
import sys

START = os.path.dirname(os.path.abspath(__file__))
COURSE = os.path.dirname(os.path.dirname(START))


def serve(fds: list[str]) -> None:
    """Become servers."""
    from course_dl.grading.sandbox.server.main import main

    top = os.path.realpath(os.path.dirname(COURSE))
    if os.path.exists(os.path.join(top, "pyproject.toml")):  # a checkout: labs, tests stay away
        sys.path[:] = [path for path in sys.path if os.path.realpath(path) != top]
    main([int(fd) for fd in fds])


def judge(arguments: list[str]) -> None:
    """Become the processes of bulk grading."""
    place_labs()
    from course_dl.grading.workers.judges import main

    main(int(arguments[0]), arguments[1], tuple(arguments[2:]))


def run_command(arguments: list[str]) -> int:
    """Be ``course-dl``."""
    try:
        place_labs()
        sys.argv = ["course-dl", *arguments]
        from course_dl.cli import main

        status = main(arguments)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return status
    except KeyboardInterrupt:
        stop()
        raise


def run_pytest(arguments: list[str]) -> int:
    """Be ``pytest``, which grades submissions and obeys no configuration but its arguments."""
    place_labs()
    sys.argv = ["pytest", *arguments]
    from course_dl.grading.start.handover import run

    return run(arguments)


stopped = False


def stop(number: int = 0, frame: object = None) -> None:
    """What Ctrl-C does: an orderly end where there is something to put in order, else an end."""
    global stopped
    if stopped or not number or "course_dl.cli.commands" not in sys.modules:
        os._exit(130)
    stopped = True
    raise KeyboardInterrupt


def load(name: str, folder: str) -> None:
    """Import a package from its folder."""
    import importlib.util

    init = os.path.join(folder, "__init__.py")
    spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[folder])
    assert spec is not None and spec.loader is not None
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


def place_labs() -> None:
    """In a checkout, the labs are not below the course's folder but beside it."""
    installed, labs = (os.path.join(top, "labs") for top in (COURSE, os.path.dirname(COURSE)))
    if not os.path.exists(installed) and os.path.exists(os.path.join(labs, "__init__.py")):
        load("course_dl.labs", labs)
        sys.modules["course_dl"].__dict__["labs"] = sys.modules["course_dl.labs"]


if __name__ == "__main__":
    roles = {"serve": serve, "judge": judge, "command": run_command, "pytest": run_pytest}
    role = sys.argv[1]
    if role in ("serve", "judge"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # they end with who started them, silently
    elif role == "command":
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)
    try:
        load("course_dl", COURSE)
        status = roles[role](sys.argv[2:])
    except ModuleNotFoundError as error:
        if error.name is None:
            raise
        from course_dl.grading.start.interpreter import missing

        print(f"course-dl: {missing(error.name)}", file=sys.stderr)
        status = 2
    sys.exit(status)
