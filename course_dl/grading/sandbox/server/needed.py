# Runs in: server
"""The folders that Python and its packages need, wherever an environment keeps them.

An environment may stand anywhere, below ``/tmp`` say, and its packages elsewhere again: on a path
file's line, behind links (of folders or of files, one by one), in the user's own folder.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator

__all__ = ["SYSTEM", "below", "needed", "packages", "unseen"]

SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/nix/store")
_DEPTH = 2  # of namespace packages
_LIKELY = ("torch", "torchvision", "numpy", "matplotlib", "tqdm", "course_dl")


def needed(kept_free: str) -> list[str]:
    """The folders, outermost only; files where the path has zips. None of them holds ``kept_free``.

    A user's home and the whole file system are not shown for being on a path.
    """
    import course_dl

    wanted = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix]
    wanted += [*course_dl.__path__, *sys.path, *_editable(), *_libraries()]
    wanted += [folder for folder in SYSTEM if not os.path.islink(folder)]
    for folder in list(dict.fromkeys(wanted)):
        if os.path.basename(folder) in ("site-packages", "dist-packages"):
            wanted += _behind_links(folder)
    never = {"/", os.path.realpath(os.path.expanduser("~"))}
    paths = {form(p) for p in wanted if p for form in (os.path.realpath, os.path.abspath)}
    paths = {p for p in paths if os.path.exists(p) and os.path.realpath(p) not in never}
    return list(_outermost(p for p in sorted(paths) if not below(kept_free, p)))


def below(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder``, or in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _outermost(paths: Iterable[str]) -> Iterator[str]:
    kept: list[str] = []
    for path in sorted(paths, key=len):
        if not any(below(path, other) for other in kept):
            kept.append(path)
            yield path


def _editable() -> Iterator[str]:
    """Where packages are that were installed to be edited, other than the course."""
    for name, module in list(sys.modules.items()):
        if name.startswith("__editable__"):
            for package, folder in getattr(module, "MAPPING", {}).items():
                if package.partition(".")[0] != "course_dl":
                    yield str(folder)


def _libraries() -> list[str]:
    return [p for p in os.environ.get("LD_LIBRARY_PATH", "").split(":") if os.path.isabs(p)]


def _behind_links(packages: str) -> Iterator[str]:
    """What the links in a folder of packages lead to: packages, or their files one by one."""
    for entry in _entries(packages):
        if entry.is_symlink():
            yield from _steps(entry.path)
        elif entry.is_dir() and not entry.name.endswith((".dist-info", "__pycache__")):
            for link in _file_links(entry.path):
                inside = os.path.relpath(link, packages)
                for end in _steps(link):
                    # As far up as the names are the same, a whole package lies there.
                    whole = end.endswith(f"/{inside}")
                    yield end.removesuffix(f"/{inside}") if whole else os.path.dirname(end)


def _steps(link: str) -> tuple[str, str]:
    """Where a link leads at once, and in the end."""
    first = os.path.join(os.path.dirname(link), os.readlink(link))
    return os.path.abspath(first), os.path.realpath(link)


def _file_links(folder: str, depth: int = _DEPTH) -> Iterator[str]:
    """One link of the folder's, if there are any; one of each folder in it, if it has no files."""
    entries = _entries(folder)
    links = [entry.path for entry in entries if entry.is_symlink()]
    yield from links[:1]
    if depth and all(entry.is_dir() for entry in entries):
        for entry in entries:
            yield from _file_links(entry.path, depth - 1)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def packages() -> dict[str, str]:
    """The folders of the packages that answers import most."""
    found = {}
    for name in _LIKELY:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations:
            found[name] = str(next(iter(spec.submodule_search_locations)))
    return found


def unseen(packages: dict[str, str]) -> str:
    """What to say of the packages that this process cannot read; ``""`` if it can read all."""
    hidden = [f"{name} ({folder})" for name, folder in packages.items() if not _is_seen(folder)]
    if not hidden:
        return ""
    return (
        f"{', '.join(hidden)} cannot be seen in the sandbox, and an answer that imports it loses "
        "its points: install Python's packages where other users can read them"
    )


def _is_seen(folder: str) -> bool:
    try:
        with open(os.path.join(folder, "__init__.py"), "rb"):
            return bool(os.listdir(folder))
    except OSError:
        return False
