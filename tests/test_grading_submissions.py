"""Finding submissions in files, folders, zips and Moodle's layouts."""

from __future__ import annotations

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest

from course_dl.grading.intake.submissions import Submission, find_submissions

BOOK = b'{"cells": []}'


def zipped(entries: dict[str, bytes], **options: object) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return made.getvalue()


def found(tmp_path: Path, entries: dict[str, bytes], *names: str) -> list[Submission]:
    path = tmp_path / "all.zip"
    path.write_bytes(zipped(entries))
    return find_submissions(path, names)


def test_one_file(tmp_path: Path) -> None:
    path = tmp_path / "Zoé Müller.ipynb"
    path.write_bytes(BOOK)
    [one] = find_submissions(path)
    assert (one.student, one.file, one.data, one.problem) == (
        "Zoé Müller",
        "Zoé Müller.ipynb",
        BOOK,
        "",
    )


def test_a_folder_of_files_and_of_folders(tmp_path: Path) -> None:
    (tmp_path / "ann.ipynb").write_bytes(BOOK)
    (tmp_path / "list of the class.txt").write_text("not a submission")
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "lab.py").write_bytes(b"x = 1")
    (tmp_path / "bob" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "bob" / ".ipynb_checkpoints" / "lab-checkpoint.ipynb").write_bytes(BOOK)
    assert [(s.student, s.file) for s in find_submissions(tmp_path)] == [
        ("ann", "ann.ipynb"),
        ("bob", "lab.py"),
    ]


def test_moodle(tmp_path: Path) -> None:
    entries = {
        "Müller Zoé_123_assignsubmission_file_/lab04.ipynb": BOOK,
        "De La Cruz José María_124_assignsubmission_file_/my lab.ipynb": BOOK,
        "Smith_Jones Al_125_assignsubmission_file_lab04.ipynb": BOOK,
        "Nobody Nemo_126_assignsubmission_onlinetext_/onlinetext.html": b"<p>sorry</p>",
    }
    students = found(tmp_path, entries)
    assert [(s.student, s.number, s.file) for s in students] == [
        ("De La Cruz José María", "124", "my lab.ipynb"),
        ("Müller Zoé", "123", "lab04.ipynb"),
        ("Nobody Nemo", "126", "onlinetext.html"),
        ("Smith_Jones Al", "125", "lab04.ipynb"),
    ]
    assert "neither .ipynb nor .py" in students[2].problem


def test_moodle_in_a_folder_around_it(tmp_path: Path) -> None:
    entries = {
        f"Course-lab04-99/{n}_{i}_assignsubmission_file_/a.ipynb": BOOK for i, n in enumerate("AB")
    }
    assert [s.student for s in found(tmp_path, entries)] == ["A", "B"]


def test_one_student_alone_is_a_student(tmp_path: Path) -> None:
    [one] = found(tmp_path, {"Müller Zoé_123_assignsubmission_file_/lab04.ipynb": BOOK})
    assert one.student == "Müller Zoé"


def test_two_students_of_one_name_stay_two(tmp_path: Path) -> None:
    entries = {f"Kim Lee_{i}_assignsubmission_file_/lab.ipynb": BOOK for i in (7, 8)}
    assert [s.student for s in found(tmp_path, entries)] == ["Kim Lee (7)", "Kim Lee (8)"]


def test_of_several_files_the_one_that_answers_is_taken(tmp_path: Path) -> None:
    top = "A B_1_assignsubmission_file_"
    entries = {
        f"{top}/notes.ipynb": b"def other(): pass",
        f"{top}/final.ipynb": b"def f(): pass\nclass G: pass",
        f"{top}/old.ipynb": b"def f(): pass",
        f"{top}/report.pdf": b"%PDF",
    }
    [one] = found(tmp_path, entries, "f", "G")
    assert one.file == "final.ipynb"


def test_of_resubmissions_the_newest_is_taken(tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()
    for age, name in enumerate(["lab (2).ipynb", "lab.ipynb", "lab (1).ipynb"]):
        path = tmp_path / "A" / name
        path.write_bytes(BOOK)
        os.utime(path, (1000 - age, 1000 - age))
    [one] = find_submissions(tmp_path / "A" / "..")
    assert one.file == "lab (2).ipynb"
    for name in ("lab (1).ipynb", "lab.ipynb", "lab (2).ipynb"):
        os.utime(tmp_path / "A" / name, (1000, 1000))
    [one] = find_submissions(tmp_path)
    assert one.file == "lab (2).ipynb"


def test_names_written_without_saying_that_they_are_utf8(tmp_path: Path) -> None:
    raw = zipped({"Zoe_1_assignsubmission_file_/a.ipynb": BOOK, "Bob/b.py": BOOK})
    raw = raw.replace(b"Zoe_1", b"Zo\xc3\xab"[:4] + b"1")
    path = tmp_path / "a.zip"
    path.write_bytes(raw)
    assert any(s.student.startswith("Zoë") for s in find_submissions(path))


def test_decomposed_accents_are_the_same_student(tmp_path: Path) -> None:
    entries = {"Zoe\u0308/a.ipynb": BOOK, "Bob/b.ipynb": BOOK}
    assert "Zoë" in [s.student for s in found(tmp_path, entries)]


def test_no_name_in_a_zip_is_a_path(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    entries = {
        "../../evil.py": b"x = 1",
        "/etc/passwd.py": b"x = 1",
        "C:\\a\\b.py": b"x = 1",
        "x/../../y.ipynb": BOOK,
    }
    before = sorted(tmp_path.rglob("*"))
    students = found(inside, entries)
    assert all(".." not in s.student and "/" not in s.student for s in students)
    assert sorted(p for p in tmp_path.rglob("*") if p.name != "all.zip") == before


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("x = 1")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "ann.py").symlink_to(tmp_path / "secret.py")
    (folder / "bob.py").write_text("x = 2")
    ann, bob = find_submissions(folder)
    assert "link" in ann.problem
    assert not ann.data
    assert not bob.problem


def test_links_in_a_zip_are_not_followed(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        entry = zipfile.ZipInfo("ann.py")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
        archive.writestr("bob.py", "x = 1")
    (tmp_path / "a.zip").write_bytes(made.getvalue())
    assert "link" in find_submissions(tmp_path / "a.zip")[0].problem


def test_what_is_too_large_is_not_unpacked(tmp_path: Path) -> None:
    entries = {"bomb.ipynb": bytes(65 << 20), "bob.py": b"x = 1"}
    bob, bomb = found(tmp_path, entries)
    assert "MB" in bomb.problem
    assert not bob.problem


def test_a_student_s_own_zip_is_opened_once(tmp_path: Path) -> None:
    entries = {
        "Ann/lab.zip": zipped({"lab/lab04.ipynb": BOOK}),
        "Bob/lab.zip": b"PK broken",
        "Cy/c.py": b"x = 1",
    }
    ann, bob, _ = found(tmp_path, entries)
    assert ann.file == "lab04.ipynb"
    assert "damaged" in bob.problem


def test_a_damaged_entry_costs_nobody_else(tmp_path: Path) -> None:
    made = bytearray(zipped({"ann.py": b"x = 1\n" * 100, "bob.py": b"y = 2"}))
    made[40:44] = b"\xff\xff\xff\xff"
    (tmp_path / "a.zip").write_bytes(bytes(made))
    ann, bob = find_submissions(tmp_path / "a.zip")
    assert ann.problem
    assert bob.data == b"y = 2"


def test_nothing_found_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no submission"):
        find_submissions(tmp_path)
    with pytest.raises(FileNotFoundError):
        find_submissions(tmp_path / "nothing.ipynb")


def test_names_that_cannot_be_printed(tmp_path: Path) -> None:
    students = found(tmp_path, {"a\x1b[31m\x00b/x.ipynb": BOOK, "c/x.ipynb": BOOK})
    assert all(s.student.isprintable() for s in students)
