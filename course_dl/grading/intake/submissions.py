"""Finding submissions: one file, a folder, a zip, and the layouts that Moodle makes of them.

Archives are read in memory and never unpacked, links are not followed, and a name from an archive
is a label, never a path. What cannot be read becomes a submission with its reason in ``problem``.
"""

from __future__ import annotations

import io
import re
import stat
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath

__all__ = ["Submission", "find_submissions"]

LARGEST_FILE = 64 << 20
_MOST_FILES = 20_000
_KINDS = (".ipynb", ".py")
_MOODLE = re.compile(r"^(?P<name>.+?)_(?P<id>\d+)_assignsubmission_[a-z]+_?(?P<rest>.*)$")
_COPY = re.compile(r"[ _]?\((\d+)\)(?=\.\w+$)")


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    Attributes
    ----------
    student
        The name, as the folder or file has it; unique in the class.
    file
        The file to be graded, as it was named.
    data
        Its bytes.
    problem
        Why there is nothing to grade; ``""`` where there is.
    number
        Moodle's number of the participant, ``""`` elsewhere.
    when
        When the file was written, in seconds since 1970; 0 if unknown.
    others
        Further files of the student that could have been graded, and were not.
    """

    student: str
    file: str
    data: bytes = b""
    problem: str = ""
    number: str = ""
    when: float = 0.0
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class _File:
    path: PurePosixPath
    when: float = 0.0
    data: bytes = b""
    problem: str = ""


def find_submissions(path: Path, names: Sequence[str] = ()) -> list[Submission]:
    """All submissions in a folder, a zip or a single file, ordered by student.

    Parameters
    ----------
    path
        Where they are. In a folder or a zip, each file at the top is a student's, and so is each
        folder; where all is in one folder, that one is opened first.
    names
        The functions that the lab asks for: of several files of a student, the one that defines
        most of them is taken, then the newest.

    Raises
    ------
    FileNotFoundError, ValueError
        Where there is nothing at ``path``, or no submission in it.
    """
    path = Path(path)
    if path.is_dir():
        files = list(_in_folder(path))
    elif path.suffix.lower() == ".zip":
        files = list(_in_zip(path.read_bytes()))
    else:
        data = path.read_bytes()
        when = path.stat().st_mtime
        return [Submission(_label(path.stem), _label(path.name), data, when=when)]
    groups = _by_student(_without_common_folder(files))
    found = [_chosen(key, group, names) for key, group in groups.items()]
    if not found:
        raise ValueError(f"{path} holds no submission: no notebook (.ipynb) and no .py file")
    return sorted(_with_distinct_names(found), key=lambda s: (s.student.casefold(), s.student))


def _in_folder(folder: Path) -> Iterator[_File]:
    for path in sorted(folder.rglob("*")):
        relative = PurePosixPath(path.relative_to(folder).as_posix())
        if _is_clutter(relative) or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink() or not path.is_file():
            yield _File(relative, problem="a link or a device, which is not followed")
        elif path.stat().st_size > LARGEST_FILE:
            yield _File(relative, problem=_too_large(path.stat().st_size))
        else:
            try:
                data = path.read_bytes()
            except OSError as error:
                yield _File(relative, problem=f"it cannot be read: {error.strerror}")
            else:
                yield from _opened(_File(relative, path.stat().st_mtime, data))


def _in_zip(
    data: bytes, inside: PurePosixPath = PurePosixPath(), depth: int = 0
) -> Iterator[_File]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist()[:_MOST_FILES]:
            name = inside / _safe(_decoded(entry))
            if entry.is_dir() or _is_clutter(name):
                continue
            if stat.S_ISLNK(entry.external_attr >> 16):
                yield _File(name, problem="a link, which is not followed")
                continue
            try:
                with archive.open(entry) as member:
                    content = member.read(LARGEST_FILE + 1)
            except (
                RuntimeError,
                zipfile.BadZipFile,
                NotImplementedError,
                OSError,
                EOFError,
            ) as error:
                yield _File(name, problem=f"it cannot be taken out of the zip: {error}")
                continue
            except Exception as error:  # zlib's and lzma's own kinds
                yield _File(name, problem=f"it cannot be taken out of the zip: {error}")
                continue
            if len(content) > LARGEST_FILE:
                yield _File(name, problem=_too_large(len(content)))
            else:
                yield from _opened(_File(name, _when(entry), content), depth)


def _when(entry: zipfile.ZipInfo) -> float:
    """The entry's time; archives tell it in local time, and some tell nonsense."""
    try:
        return datetime(*entry.date_time).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def _opened(file: _File, depth: int = 0) -> Iterator[_File]:
    """The file itself; or what is in it, where a student handed in a zip."""
    if file.path.suffix.lower() != ".zip" or depth > 0:
        yield file
        return
    try:
        yield from list(_in_zip(file.data, file.path.with_suffix(""), depth + 1))
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        yield _File(file.path, problem=f"the zip is damaged: {error}")


def _decoded(entry: zipfile.ZipInfo) -> str:
    """The entry's name; many programs write UTF-8 without saying so."""
    if not entry.flag_bits & 0x800:
        try:
            return entry.filename.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return entry.filename


def _safe(name: str) -> PurePosixPath:
    """A relative path, whatever the archive says: no root, no drive, no way up."""
    parts = [part for part in re.split(r"[/\\]+", name) if part not in ("", ".", "..")]
    return PurePosixPath(*(part.replace(":", "_") for part in parts or ["unnamed"]))


def _is_clutter(path: PurePosixPath) -> bool:
    return any(part.startswith((".", "__MACOSX", "__pycache__")) for part in path.parts)


def _without_common_folder(files: list[_File]) -> list[_File]:
    while files and all(len(f.path.parts) > 1 for f in files):
        tops = {f.path.parts[0] for f in files}
        inner = {f.path.parts[1] for f in files if len(f.path.parts) > 2}
        several = inner or len(files) > 1
        if len(tops) > 1 or _MOODLE.match(next(iter(tops))) or not several:
            break
        files = [replace(f, path=PurePosixPath(*f.path.parts[1:])) for f in files]
    return files


def _by_student(files: list[_File]) -> dict[tuple[str, str], list[_File]]:
    groups: dict[tuple[str, str], list[_File]] = defaultdict(list)
    for file in files:
        top = file.path.parts[0]
        moodle = _MOODLE.match(top)
        if moodle:
            key = (_label(moodle["name"]), moodle["id"])
        elif len(file.path.parts) > 1:
            key = (_label(top), "")
        elif file.path.suffix.lower() in _KINDS or file.problem:
            key = (_label(_COPY.sub("", top).removesuffix(file.path.suffix)), "")
        else:
            continue  # a list of the class, a text that explains
        groups[key].append(file)
    return groups


def _chosen(key: tuple[str, str], files: list[_File], names: Sequence[str]) -> Submission:
    student, number = key
    fit = [f for f in files if f.path.suffix.lower() in _KINDS and not f.problem]
    if not fit:
        told = [f"{_label(f.path.name)}: {f.problem or 'neither .ipynb nor .py'}" for f in files]
        return Submission(
            student, _label(files[0].path.name), problem="; ".join(told[:5]), number=number
        )
    best = max(fit, key=lambda f: _rank(f, names)) if len(fit) > 1 else fit[0]
    name = best.path.name
    moodle = _MOODLE.match(name)
    file = _label(moodle["rest"] if moodle else name)
    return Submission(student, file, best.data, "", number, best.when)


def _rank(file: _File, names: Sequence[str]) -> tuple[int, float, int, bool, str]:
    """Later is better: defines more of what is asked for, newer, a higher number of the copy."""
    text = file.data.decode("utf-8", "replace")
    defined = sum(bool(re.search(rf"\b(?:def|class)\s+{name}\b", text)) for name in names)
    copy = _COPY.search(file.path.name)
    is_notebook = file.path.suffix.lower() == ".ipynb"
    return defined, file.when, int(copy[1]) if copy else 0, is_notebook, str(file.path)


def _with_distinct_names(found: list[Submission]) -> Iterator[Submission]:
    """Two students of one name are told apart by Moodle's number."""
    times: dict[str, int] = defaultdict(int)
    for one in found:
        times[one.student.casefold()] += 1
    for one in found:
        again = times[one.student.casefold()] > 1
        name = f"{one.student} ({one.number or one.file})" if again else one.student
        yield replace(one, student=name)


def _label(name: str) -> str:
    """A name as text for a table: one form for each accent, nothing that cannot be printed."""
    text = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    return "".join(c if c.isprintable() else "\ufffd" for c in text)[:200].strip() or "unnamed"


def _too_large(size: int) -> str:
    return f"{size / 1e6:.0f} MB are more than the {LARGEST_FILE >> 20} MB that are taken"
