"""What is read and unpacked of a class is bounded in sum, and every bound that cuts says so."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from course_dl.grading.intake import archives, choice, submissions
from course_dl.grading.intake.items import LARGEST_FILE
from course_dl.grading.intake.submissions import Found, Submission, find_submissions
from tests.grading.handed_in import book, zipped

OK = book("def f():\n    return 1")


def found(tmp_path: Path, entries: dict[str, bytes]) -> Found:
    path = tmp_path / "all.zip"
    path.write_bytes(zipped({**entries, "honest/lab.ipynb": OK}))
    students = find_submissions(path, ["f"])
    assert next(s for s in students if s.student == "honest").data == OK
    return students


def problem(tmp_path: Path, *given: tuple[str, bytes]) -> str:
    """Why nothing of these files of a student can be graded."""
    students = found(tmp_path, {f"eve/{name}": data for name, data in given})
    [eve] = [s for s in students if s.student == "eve"]
    assert not eve.data and eve.problem.isprintable()
    return eve.problem


# -- numbers of files --------------------------------------------------------------------------


def test_files_that_cannot_be_submissions_do_not_count(tmp_path: Path) -> None:
    pictures = {f"Ann_1_assignsubmission_file_/png/{k}.png": b"" for k in range(20_001)}
    entries = {"Ann_1_assignsubmission_file_/lab.ipynb": OK, **pictures}
    students = found(tmp_path, {**entries, "Zoe_2_assignsubmission_file_/lab.ipynb": OK})
    assert [(s.student, s.data) for s in students] == [("Ann", OK), ("honest", OK), ("Zoe", OK)]


def test_the_last_file_of_a_student_s_own_zip_is_seen(tmp_path: Path) -> None:
    inside = {f"{k:05}.txt": b"" for k in range(20_005)} | {"z.ipynb": OK}
    students = found(tmp_path, {"Ann/lab.zip": zipped(inside)})
    assert students[0].data == OK


def test_too_many_files_of_a_student_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "MOST_FILES", 20)
    many = {f"Ann/venv2/{k}.py": b"x = 1" for k in range(50)}
    students = found(tmp_path, {**many, "Ann/lab.ipynb": OK})
    assert students[0].data == OK
    assert students[0].others[-1].endswith("more")
    monkeypatch.setattr(submissions, "_MOST_OTHERS", 100)
    students = found(tmp_path, {**many, "Ann/lab.ipynb": OK})
    assert "31 more that were not looked at" in students[0].others[-1]


def test_too_many_entries_of_a_student_s_zip_are_told_with_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "MOST_ENTRIES", 100)
    inside = {f"{k}.txt": b"" for k in range(101)} | {"z.ipynb": OK}
    assert "102 entries, more than 100" in problem(tmp_path, ("lab.zip", zipped(inside)))


def test_a_long_list_of_reasons_says_how_many_more(tmp_path: Path) -> None:
    told = problem(tmp_path, *[(f"{k}.pdf", b"%PDF") for k in range(9)])
    assert told.endswith("and 4 more")


# -- bytes -------------------------------------------------------------------------------------


def test_a_file_that_is_too_large_is_not_unpacked(tmp_path: Path) -> None:
    tracemalloc.start()
    told = problem(tmp_path, ("bomb.ipynb", bytes(LARGEST_FILE + 1)))
    assert "32 MB" in told
    tracemalloc.reset_peak()
    find_submissions(tmp_path / "all.zip")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < LARGEST_FILE / 4


def test_all_that_is_unpacked_for_a_student_is_bounded_in_sum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "MOST_BYTES", 3_000_000)
    monkeypatch.setattr(choice._Looked, "__init__", _narrow(choice._Looked.__init__, 3_000_000))
    big = {f"{k}.ipynb": book("x = 1", "#" * 900_000 + str(k)) for k in range(10)}
    taken: list[int] = []
    read = archives._taken

    def counted(*given: zipfile.ZipInfo) -> bytes:
        data = read(*given)  # type: ignore[arg-type]
        taken.append(len(data))
        return data

    monkeypatch.setattr(archives, "_taken", counted)
    students = found(tmp_path, {"eve/1.zip": zipped(big), "eve/2.zip": zipped(big)})
    assert sum(taken) < 3_000_000 + len(OK)
    eve = students[0]
    assert eve.data and any("more" in one for one in eve.others)


def _narrow(init, most: int):  # type: ignore[no-untyped-def]
    def made(self, names):  # type: ignore[no-untyped-def]
        init(self, names)
        self.left = most

    return made


def test_a_zip_in_a_zip_is_told_and_not_opened(tmp_path: Path) -> None:
    inner = zipped({"deeper.zip": zipped({"bomb.ipynb": bytes(1 << 20)})})
    told = problem(tmp_path, ("lab.zip", inner))
    assert "deeper.zip" in told and "hand in the notebook itself" in told


def test_where_a_class_is_too_large_the_largest_file_gives_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submissions, "MOST_HELD", 1_000_000)
    students = found(tmp_path, {"eve/lab.ipynb": OK + b" " * 2_000_000, "flo/lab.ipynb": OK})
    assert "more than" in students[0].problem and students[1].data == OK


# -- zips that are not what they should be -------------------------------------------------------


def patched(data: bytes, at: int, form: str, value: int) -> bytes:
    """A zip of one entry with a number of its local and its central header replaced."""
    raw = bytearray(data)
    struct.pack_into(form, raw, at + 4, value)
    struct.pack_into(form, raw, data.index(b"PK\x01\x02") + at + 6, value)
    return bytes(raw)


def linked() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        entry = zipfile.ZipInfo("lab.ipynb")
        entry.create_system, entry.external_attr = 3, 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return made.getvalue()


ODD = {
    "encrypted": (patched(zipped({"a.ipynb": OK}), 2, "<H", 1), "without a password"),
    "bzip2": (patched(zipped({"a.ipynb": OK}), 4, "<H", 12), "bzip2"),
    "unknown method": (patched(zipped({"a.ipynb": OK}), 4, "<H", 77), "method 77"),
    "a link": (linked(), "a link"),
    "cut off": (zipped({"a.ipynb": OK * 50})[:200], "damaged"),
    "empty file": (b"", "damaged"),
    "empty zip": (zipped({}), "the zip is empty"),
    "no notebook": (zipped({"a.pdf": b"%PDF"}), "neither .ipynb nor .py"),
    "damaged inside": (zipped({"a.ipynb": OK}).replace(OK[:4], b"XXXX"), ""),
    "wrong checksum": (patched(zipped({"a.ipynb": OK}), 10, "<L", 7), "CRC"),
    "larger than it says": (patched(zipped({"a.ipynb": OK * 9}), 18, "<L", 5), "taken out"),
    "smaller than it says": (patched(zipped({"a.ipynb": OK}), 18, "<L", 9_999), "cut off"),
    "rar": (b"Rar!\x1a\x07", "damaged"),
}


@pytest.mark.parametrize("kind", [kind for kind in ODD if kind != "damaged inside"])
def test_a_zip_that_cannot_be_read_says_why(tmp_path: Path, kind: str) -> None:
    data, reason = ODD[kind]
    assert reason in problem(tmp_path, ("lab.zip", data))


def test_zips_that_are_odd_and_sound_are_read(tmp_path: Path) -> None:
    made = io.BytesIO(b"#!/bin/sh a program that unpacks itself\n")
    made.seek(0, io.SEEK_END)
    with (
        zipfile.ZipFile(made, "a") as archive,
        archive.open("lab.ipynb", "w", force_zip64=True) as f,
    ):
        f.write(OK)
        archive.comment = b"a comment"
    students = found(
        tmp_path, {"a/lab.zip": made.getvalue(), "b/lab.ipynb": zipped({"x.py": b"x = 1"})}
    )
    assert [s.data for s in students] == [OK, b"x = 1", OK]
    students = found(tmp_path, {"a/lab.zip": OK})  # a notebook that was renamed
    assert students[0].data == OK


def test_names_in_a_zip_lead_nowhere(tmp_path: Path) -> None:
    entries = {
        "../../up.ipynb": OK,
        "/etc/root.ipynb": OK,
        "C:\\drive\\c.ipynb": OK,
        "x/../../y.ipynb": OK,
        "line\nbreak.ipynb": OK,
        "\x1b[31m.ipynb": OK,
        "..": OK,
        "a\\b.ipynb": OK,
    }
    before = sorted(tmp_path.parent.rglob("*"))
    students = found(tmp_path, entries)
    assert {"up", "etc", "drive", "x", "line\\nbreak", "\\x1b[31m", "a"} <= {
        s.student for s in students
    }
    assert len(students) == len(entries) + 1
    assert sorted(tmp_path.parent.rglob("*")) == sorted([*before, tmp_path / "all.zip"])


@pytest.mark.parametrize("seed", range(30))
def test_any_bytes_of_a_student_s_zip_cost_nobody_else(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    raw = bytearray(zipped({"a.ipynb": OK * 20, "b/c.py": b"x = 1\n" * 50}))
    for _ in range(rng.randint(1, 20)):
        raw[rng.randrange(len(raw))] = rng.randrange(256)
    students = found(tmp_path, {"eve/lab.zip": bytes(raw)})
    assert len(students) == 2 and bool(students[0].data) != bool(students[0].problem)


def test_a_class_zip_that_cannot_be_opened_is_an_error_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "class.zip"
    path.write_bytes(zipped({"ann/lab.ipynb": OK})[:80])
    with pytest.raises(ValueError, match="download it again"):
        find_submissions(path)
    (tmp_path / "class.tar.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(ValueError, match="unpack it"):
        find_submissions(tmp_path / "class.tar.gz")


def test_a_single_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "ann.ipynb"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    [one] = find_submissions(path)
    assert isinstance(one, Submission) and "MB" in one.problem and not one.data
