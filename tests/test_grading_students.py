"""Who handed in: nobody is dropped, nobody is merged, and what is no submission is told."""

from __future__ import annotations

import os
import random
import sys
import unicodedata
from pathlib import Path

import pytest

from course_dl.grading.intake.names import distinct, shown
from course_dl.grading.intake.submissions import Found, find_submissions
from tests.grading.handed_in import Tree, book, make_class, zipped

LAYOUTS = ["folders", "files", "moodle", "moodle files", "canvas"]
ONE, TWO = book("def f():\n    return 1"), book("def f():\n    return 2")


def found(tmp_path: Path, entries: dict[str, bytes], *names: str) -> Found:
    """What is found in a folder of these files, and in a zip of them."""
    tree = Tree({name.encode(): data for name, data in entries.items()})
    in_folder = find_submissions(tree.as_folder(tmp_path / "class"), names)
    in_zip = find_submissions(tree.as_zip(tmp_path / "all.zip"), names)
    assert [(s.student, s.file, s.data, s.number) for s in in_folder] == [
        (s.student, s.file, s.data, s.number) for s in in_zip
    ]
    assert in_folder.left_out == in_zip.left_out
    return in_folder


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_the_students_are_those_that_handed_in(
    tmp_path: Path, layout: str, kind: str, seed: int
) -> None:
    if kind == "folder" and sys.platform != "linux":
        pytest.skip("other systems refuse some of the names")
    tree = make_class(random.Random(f"{layout} {seed}"), layout)
    (tmp_path / "in").mkdir()
    path = tree.as_folder(tmp_path / "in") if kind == "folder" else tree.as_zip(tmp_path / "a.zip")
    students = find_submissions(path, ["f"])
    assert len(students) == len(tree.gave)
    assert sorted(s.data for s in students) == sorted(tree.gave)
    assert all(bool(s.data) != bool(s.problem) for s in students)
    labels = {s.student.casefold() for s in students}
    assert len(labels) == len(students)
    assert all(s.student.isprintable() and "assignsubmission" not in s.student for s in students)
    assert [(s.student, s.data) for s in find_submissions(path, ["f"])] == [
        (s.student, s.data) for s in students
    ]


def test_names_in_any_encoding_are_shown_as_names() -> None:
    names = {
        "Zoë": "utf-8",
        "Müller": "cp1252",
        "Ångström": "cp437",
        "José Peña": "cp437",
        "Jørgen": "cp850",
        "Ærø": "cp1252",
        "王伟": "gbk",
        "山田 太郎": "shift_jis",
    }
    assert {name: shown(name.encode(encoding)) for name, encoding in names.items()} == {
        name: name for name in names
    }
    assert shown(b"M\xff\xfe\xfallx") == "M\\xff\\xfe\\xfallx"
    assert shown("Zoe\u0308".encode()) == "Zoë"
    assert shown(b"a\x1b[31m\nb") == "a\\x1b[31m\\nb"
    assert shown(b"") == shown(b"  ") == "unnamed"


def test_labels_are_made_distinct_and_stay_so() -> None:
    labels = ["Anna", "anna", "Anna (2)", "Bob", "Kim", "Kim"]
    marks = ["", "", "", "", "7", "8"]
    made = distinct(list(zip(labels, marks, strict=True)))
    assert len({label.casefold() for label in made}) == len(labels)
    assert made[0] == "Anna" and made[2] == "Anna (2)" and made[4:] == ["Kim (7)", "Kim (8)"]


def test_long_names_stay_distinct_where_they_are_cut(tmp_path: Path) -> None:
    entries = {f"{'x' * 210}{k}/a.ipynb": book(f"def f():\n    return {k}") for k in range(3)}
    students = found(tmp_path, entries)
    assert len({s.student for s in students}) == 3
    assert all(len(s.student) <= 204 for s in students)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems hold them for one name")
def test_two_forms_of_an_accent_are_two_folders(tmp_path: Path) -> None:
    names = [unicodedata.normalize(form, "Zoé") for form in ("NFC", "NFD")]
    students = found(tmp_path, {f"{name}/a.ipynb": ONE for name in names})
    assert [s.student for s in students] == ["Zoé", "Zoé (2)"]


# -- files at the top --------------------------------------------------------------------------


def test_each_file_of_a_flat_folder_is_listed_with_its_reason(tmp_path: Path) -> None:
    entries = {
        "anna.ipynb": ONE,
        "bert.ipynb.txt": ONE,
        "carl.ipynb.json": ONE,
        "dora.IPYNB": ONE,
        "emil.md": b"# no",
        "fritz.py.txt": b"def f():\n    return 1",
        "gerd.pdf": b"%PDF",
        "hans.docx": b"PK",
        "ida.tar.gz": b"\x1f\x8b",
        "jan": b"?",
        "kim.txt": ONE,
        "lea.html": b"<html>",
    }
    students = {s.student: s for s in found(tmp_path, entries, "f")}
    assert list(students) == [name.partition(".")[0] for name in entries]
    graded = [name for name, s in students.items() if not s.problem]
    assert graded == ["anna", "bert", "carl", "dora", "fritz", "kim"]
    assert "hand in the notebook itself, or a zip" in students["ida"].problem
    assert "neither .ipynb nor .py" in students["gerd"].problem


def test_what_is_of_the_class_is_no_student_and_is_told(tmp_path: Path) -> None:
    of_the_class = {
        "Grades-DL-lab04--99.csv": b"Identifier",
        "README.txt": b"",
        "readme.md": b"",
        "list of the class.txt": b"",
        "class.xlsx": b"",
        ".DS_Store": b"",
        "Thumbs.db": b"",
        ".ipynb_checkpoints/ann-checkpoint.ipynb": ONE,
        "__MACOSX/ann/._lab.ipynb": b"",
    }
    students = found(tmp_path, {"ann.ipynb": ONE, "bob.ipynb": TWO, **of_the_class})
    assert [s.student for s in students] == ["ann", "bob"]
    assert set(students.left_out) == {name.partition("/")[0] for name in of_the_class}
    assert "README.txt" in " ".join(students.notes)


def test_the_class_s_own_zip_beside_its_students_is_no_student(tmp_path: Path) -> None:
    entries = {f"{n}_{i}_assignsubmission_file_/a.ipynb": ONE for i, n in enumerate(["A", "B"])}
    students = found(tmp_path, {**entries, "DL-lab04-99.zip": zipped(entries)})
    assert [s.student for s in students] == ["A", "B"]
    assert students.left_out == ("DL-lab04-99.zip",)
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "DL-lab04-99.zip").write_bytes(zipped(entries))
    assert [s.student for s in find_submissions(alone)] == ["A", "B"]


def test_a_student_s_zip_among_files_is_a_student(tmp_path: Path) -> None:
    entries = {"ann.zip": zipped({"lab.ipynb": ONE}), "bob.ipynb": TWO, "cy.zip": b"PK damaged"}
    ann, bob, cy = found(tmp_path, entries)
    assert (ann.student, ann.data, bob.data, cy.student) == ("ann", ONE, TWO, "cy")
    assert "damaged" in cy.problem


def test_copies_by_a_browser_are_one_student_only_where_they_are_alike(tmp_path: Path) -> None:
    first = book("def f():\n    return 1", "def g():\n    raise NotImplementedError")
    second = book("def f():\n    return 1", "def g():\n    return 2")
    other = book("def f():\n    x = 1\n    return x + 0", "def g():\n    return sum([1, 1])")
    entries = {
        "Anna.ipynb": first,
        "Anna (1).ipynb": second,
        "Bo.ipynb": second,
        "Bo (1).ipynb": other,
    }
    students = found(tmp_path, entries, "f", "g")
    assert [(s.student, s.data, s.others) for s in students] == [
        ("Anna", second, ("Anna.ipynb",)),
        ("Bo", second, ()),
        ("Bo (1)", other, ()),
    ]


def test_files_of_one_name_that_a_teacher_saved_are_not_copies(tmp_path: Path) -> None:
    entries = dict.fromkeys(("lab04.ipynb", "lab04 (1).ipynb", "lab04 (2).ipynb"), ONE)
    entries["zoe.ipynb"] = TWO
    assert len(found(tmp_path, entries, "f")) == 4


# -- folders -----------------------------------------------------------------------------------


def test_students_without_a_file_to_look_at_have_a_row_each(tmp_path: Path) -> None:
    entries = {
        "a/lab.ipynb": ONE,
        "empty/": b"",
        "hidden/.lab01.ipynb": ONE,
        "mac/__MACOSX/._lab.ipynb": b"",
        "nothing/inner/": b"",
        ".dotted/lab.ipynb": TWO,
    }
    students = {s.student: s for s in found(tmp_path, entries)}
    assert students[".dotted"].data == TWO
    assert students["empty"].problem == "the folder is empty"
    assert students["hidden"].problem == "only hidden files: .lab01.ipynb"
    assert "files of the system" in students["mac"].problem
    assert "empty" in students["nothing"].problem
    assert len(students) == len(entries)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_links_and_pipes_are_rows_and_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret.ipynb").write_bytes(ONE)
    top = tmp_path / "class"
    for name in ("ann", "bob", "cy"):
        (top / name).mkdir(parents=True)
    (top / "ann" / "lab.ipynb").symlink_to(tmp_path / "secret.ipynb")
    os.mkfifo(top / "bob" / "lab.ipynb")
    (top / "cy" / "lab.ipynb").write_bytes(TWO)
    (top / "dan").symlink_to(top / "cy")
    ann, bob, cy, dan = find_submissions(top)
    assert "link" in ann.problem and "link" in dan.problem and "pipe" in bob.problem
    assert cy.data == TWO


def test_results_of_the_grader_are_no_student_wherever_they_are(tmp_path: Path) -> None:
    results = {
        "grades.csv": '\ufeff"lab","student","file","total","max","1.1"\n'.encode(),
        "overview.html": b"<html>",
        "feedback/ann/feedback.html": b"<html>",
        "moodle.csv": b"",
    }
    entries = {"Ann/lab.ipynb": ONE, "Bob/lab.ipynb": TWO}
    older = {f"older results/{name}": data for name, data in results.items()}
    students = found(tmp_path / "one", {**entries, **older, "old.csv": b""})
    assert [s.student for s in students] == ["Ann", "Bob"]
    assert "older results" in students.left_out
    students = found(tmp_path / "two", {**entries, **results})
    assert [s.student for s in students] == ["Ann", "Bob"]
    out = tmp_path / "two" / "class" / "now"
    out.mkdir()
    (out / "half.ipynb").write_bytes(ONE)
    students = find_submissions(out.parent, leave_out=[out])
    assert [s.student for s in students] == ["Ann", "Bob"]
    assert "now" in students.left_out


def test_results_that_are_written_among_the_students_are_none_of_them(tmp_path: Path) -> None:
    entries = {"Ann/lab.ipynb": ONE, "Bob/lab.ipynb": TWO, "records/ann-1/result.json": b"{}"}
    top = Tree({name.encode(): data for name, data in entries.items()}).as_folder(tmp_path / "in")
    students = find_submissions(top, leave_out=[top])
    assert [s.student for s in students] == ["Ann", "Bob"]
    assert students.left_out == ("records",)


def test_the_course_s_own_solutions_are_no_student(tmp_path: Path) -> None:
    solved = {f"solved/{lab}.ipynb": ONE for lab in ("lab01_perceptron", "lab02_networks")}
    students = found(tmp_path, {"Ann/lab01_perceptron.ipynb": ONE, "Bob/a.ipynb": TWO, **solved})
    assert [s.student for s in students] == ["Ann", "Bob"]
    assert students.left_out == ("solved",)


def test_one_student_with_a_notebook_and_its_data_is_one_student(tmp_path: Path) -> None:
    [ann] = found(tmp_path / "1", {"Ann/lab.ipynb": ONE, "Ann/data/x.csv": b"1"})
    assert ann.student == "Ann"
    [ann] = found(tmp_path / "2", {"Ann/lab.ipynb": ONE, "Ann/lab (1).ipynb": TWO})
    assert ann.student == "Ann"


# -- platforms ---------------------------------------------------------------------------------


def test_moodle_s_kinds_of_submission_are_one_student_s(tmp_path: Path) -> None:
    entries = {
        "Zoé Müller_12_assignsubmission_file_/lab.ipynb": ONE,
        "Zoé Müller_12_assignsubmission_onlinetext_/onlinetext.html": b"<p>see file</p>",
        "Nemo_13_assignsubmission_onlinetext_/onlinetext.html": b"<p>sorry</p>",
        "Zoé Müller_14_assignsubmission_file/lab.ipynb": TWO,
    }
    students = {s.number: s for s in found(tmp_path, entries)}
    assert {n: s.student for n, s in students.items()} == {
        "12": "Zoé Müller (12)",
        "13": "Nemo",
        "14": "Zoé Müller (14)",
    }
    assert students["12"].data == ONE and "onlinetext.html" in students["13"].problem


def test_the_suffix_of_a_team_without_a_number_does_not_stay_in_its_name(tmp_path: Path) -> None:
    teams = {
        "Team A_12_assignsubmission_file_/lab.ipynb": ONE,
        "Default group_assignsubmission_file_/lab.ipynb": TWO,
    }
    students = found(tmp_path / "teams", teams)
    assert [s.student for s in students] == ["Default group", "Team A"]
    assert [(s.layout, s.number) for s in students] == [("moodle", ""), ("moodle", "12")]


def test_canvas(tmp_path: Path) -> None:
    entries = {
        "leeann_LATE_12345_67890_lab04.ipynb": ONE,
        "leeann_LATE_12345_67891_report.pdf": b"%PDF",
        "leeann_12399_67892_lab04-1.ipynb": TWO,
        "raybob_12346_67893_lab04.zip": zipped({"lab04.ipynb": ONE}),
    }
    students = found(tmp_path, entries)
    assert [(s.student, s.file, s.number) for s in students] == [
        ("leeann (12345)", "lab04.ipynb", ""),
        ("leeann (12399)", "lab04-1.ipynb", ""),
        ("raybob", "lab04.ipynb", ""),
    ]


def test_numbers_in_files_that_are_not_canvas_s_join_nobody(tmp_path: Path) -> None:
    entries = {f"lab04_2026_11{k}_{n}.ipynb": ONE for k, n in enumerate(["ann", "bob", "cy"])}
    assert len(found(tmp_path, entries)) == 3


def test_brightspace(tmp_path: Path) -> None:
    entries = {
        "index.html": b"<html>",
        "12345-67890 - Ann Lee - Nov 20, 2026 1159 PM/lab04.ipynb": ONE,
        "12345-67890 - Ann Lee - Nov 19, 2026 926 AM/draft.ipynb": book("1"),
        "12346-67890 - Bob Ray - Nov 20, 2026 1000 AM/lab04.ipynb": TWO,
    }
    students = found(tmp_path, entries, "f")
    assert [(s.student, s.data) for s in students] == [("Ann Lee", ONE), ("Bob Ray", TWO)]
    assert students[0].others == ("draft.ipynb",)


def test_gradescope(tmp_path: Path) -> None:
    metadata = """---
submission_11:
  :submitters:
  - :name: Ann Lee
    :sid: '1'
    :email: ann@example.org
  - :name: Bob Ray
    :sid: '2'
  :created_at: 2024-11-20 22:59:00.123000000 Z
  :history:
  - :created_at: 2024-11-01 22:59:00.123000000 Z
submission_12:
  :submitters:
  - :name: Cy
  :created_at: 2024-11-21 10:00:00 +01:00
"""
    entries = {
        "assignment_1_export/submission_metadata.yml": metadata.encode(),
        "assignment_1_export/submission_11/lab04.ipynb": ONE,
        "assignment_1_export/submission_12/lab04.ipynb": TWO,
        "assignment_1_export/submission_13/": b"",
    }
    students = found(tmp_path, entries)
    assert [s.student for s in students] == ["Ann Lee, Bob Ray", "Cy", "submission_13"]
    assert [s.when for s in students[:2]] == [1732143540.0, 1732179600.0]
    assert not any(s.number for s in students)


def test_ilias_github_classroom_and_blackboard(tmp_path: Path) -> None:
    ilias = {
        "Lab 4/Abgaben/Müller_Zoé_zmueller_12345/lab.ipynb": ONE,
        "Lab 4/Abgaben/Ray_Bob_bray_12346/lab.ipynb": TWO,
        "Lab 4/Abgaben/status.xlsx": b"",
    }
    students = found(tmp_path / "ilias", ilias)
    assert [s.student for s in students] == ["Müller Zoé", "Ray Bob"]
    github = {f"lab04-submissions/lab04-{n}/lab.ipynb": ONE for n in ("ann-lee", "bob")}
    github |= {"lab04-submissions/lab04-bob/.git/config": b"", "lab04-submissions/lab04-cy/": b""}
    assert [s.student for s in found(tmp_path / "github", github)] == ["ann-lee", "bob", "cy"]
    blackboard = {
        "Lab 4_annlee_attempt_2024-11-20-22-59-00.txt": b"Name: Ann",
        "Lab 4_annlee_attempt_2024-11-20-22-59-00_lab.ipynb": ONE,
        "Lab 4_bob_attempt_2024-11-20-22-59-00.txt": b"Name: Bob",
    }
    ann, bob = found(tmp_path / "blackboard", blackboard)
    assert (ann.student, ann.data, bob.student) == ("annlee", ONE, "bob")
    assert bob.problem


def test_a_class_s_zip_of_any_size_is_seen_for_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = {f"{n}_{i}_assignsubmission_file_/a.ipynb": ONE for i, n in enumerate(["A", "B"])}
    top = Tree({name.encode(): data for name, data in entries.items()}).as_folder(tmp_path / "in")
    (top / "all.zip").write_bytes(zipped(entries))
    monkeypatch.setattr("course_dl.grading.intake.items.LARGEST_FILE", 1)
    students = find_submissions(top)
    assert [s.student for s in students] == ["A", "B"]
    assert students.left_out == ("all.zip",)


def test_no_name_that_a_person_chose_is_taken_for_a_platform_s(tmp_path: Path) -> None:
    wrapper = {f"deep_learning_submissions_2026/{n}/lab.ipynb": ONE for n in ("Ann", "Bob")}
    assert [s.student for s in found(tmp_path / "1", wrapper)] == ["Ann", "Bob"]
    inside = {"deep_learning_lab_4/lab.ipynb": ONE, "submission_1/lab.ipynb": TWO}
    students = found(tmp_path / "2", {"ann.zip": zipped(inside), "bob.ipynb": TWO}, "f")
    assert [s.student for s in students] == ["ann", "bob"]
    assert students[0].others == ("lab.ipynb",)
    both = {"Eve_1_assignsubmission_file_/grades.csv": b"student,file,total,max\n"}
    both |= {"Eve_1_assignsubmission_file_/overview.html": b"", "Ann/lab.ipynb": ONE}
    assert [s.student for s in found(tmp_path / "3", both)] == ["Ann", "Eve"]
