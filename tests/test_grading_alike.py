"""Which submissions are alike: what counts, what does not, and the page that shows them."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from course_dl.cli import main
from course_dl.grading.alike.fingerprints import RUN, WINDOW, document, every_run
from course_dl.grading.alike.page import alike_page
from course_dl.grading.alike.pairs import most_alike
from tests.grading.honest import notebook
from tests.grading.reported import HOSTILE

NAMES = ["alpha", "beta", "gamma", "delta", "eps", "zeta"]
SIGNS = ["+", "-", "*", "/", "@", "%", "//", "**"]


def code(seed: int, lines: int = 12) -> str:
    """Some code that nobody else writes."""
    rng = random.Random(seed)
    body = []
    for _ in range(lines):
        terms = " ".join(
            f"{rng.choice(SIGNS)} {rng.choice(NAMES)}.{rng.choice(NAMES)}" for _ in range(4)
        )
        body.append(f"    {rng.choice(NAMES)} = {rng.choice(NAMES)} {terms}")
    return "def f(alpha):\n" + "\n".join(body) + "\n"


def renamed(text: str) -> str:
    """The same under other names, with other numbers, comments, blanks and order of lines of comments."""
    for name in NAMES:
        text = re.sub(rf"(?<!\.)\b{name}\b", f"{name}_of_mine", text)
    return text.replace(" = ", "  =  ").replace("\n", "  # mine\n\n")


def test_names_numbers_comments_and_blanks_do_not_matter() -> None:
    assert document(code(1)).prints.keys() == document(renamed(code(1))).prints.keys()
    assert document(code(1)).prints.keys() != document(code(2)).prints.keys()


@pytest.mark.parametrize("seed", range(20))
def test_no_common_stretch_of_a_run_and_a_window_is_missed(seed: int) -> None:
    """The guarantee of winnowing."""
    rng = random.Random(seed)
    words = [
        rng.choice([*SIGNS, "if", "else", "for", "(", ")", "return"])
        for _ in range(RUN + WINDOW - 1)
    ]
    around = [" ".join(rng.choice(SIGNS) for _ in range(30)) for _ in range(4)]
    stretch = " ".join(words)
    a, b = (document(f"{around[k]} {stretch} {around[k + 1]}") for k in (0, 2))
    assert a.prints.keys() & b.prints.keys()


def test_a_copy_under_other_names_comes_first_and_its_lines_are_marked() -> None:
    codes = {f"S{k}": code(k) for k in range(30)}
    codes["Copy"] = "x = 1\n\n" + renamed(code(7))
    (first, *rest) = most_alike(codes)
    assert first.students == ("Copy", "S7") and first.share == 1 and not rest
    assert len(first.lines[1]) >= 12
    assert all(first.documents[0].lines[k].strip() != "x = 1" for k in first.lines[0])


def test_what_was_handed_out_and_what_many_have_does_not_count() -> None:
    stub, common = code(100, 20), code(101, 20)
    codes = {f"S{k}": stub + common + code(k) for k in range(30)}
    assert most_alike(codes, [stub]) == []
    pair = {"A": stub + code(1), "B": stub + code(2)}
    assert most_alike(pair, [stub]) == []
    assert len(most_alike(pair)) == 1


def test_the_same_class_gives_the_same_pairs_in_every_process() -> None:
    run = "from course_dl.grading.alike.fingerprints import every_run; print(sorted(every_run('a = b + c * d - e @ f % g')))"
    outs = {
        subprocess.check_output([sys.executable, "-c", run], env={"PYTHONHASHSEED": s})
        for s in "12"
    }
    assert outs == {f"{sorted(every_run('a = b + c * d - e @ f % g'))}\n".encode()}


@pytest.mark.parametrize("seed", range(10))
def test_no_text_however_odd_stops_it(seed: int) -> None:
    rng = random.Random(seed)
    pieces = ['"""', "'", "def ", 'f"', "\\", "\n", "#", "(", "0x", "\ud800", "é", "\x00"]
    text = "".join(rng.choice(pieces) for _ in range(3_000))
    found = document(text)
    assert all(0 <= a <= b < len(found.lines) for spans in found.prints.values() for a, b in spans)


def test_the_page_says_what_it_is_and_hostile_text_stays_text() -> None:
    lines = code(3) + "\n".join(f"# {text}" for text in HOSTILE)
    pairs = most_alike({HOSTILE[0]: lines, HOSTILE[1]: lines, "Ann": code(4)})
    page = alike_page("Lab 4", pairs, [HOSTILE[0]])
    assert "no proof of anything" in page and page.count('class="side"') == 2
    assert "<script" not in page and "<img" not in page
    assert "No two submissions" in alike_page("Lab 4", [])


def test_a_class_is_compared_without_running_anything(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    handed_in = tmp_path / "in"
    handed_in.mkdir()
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    for name, text in {"Ann": code(1), "Bob": renamed(code(1)), "Cy": code(2)}.items():
        (handed_in / f"{name}.ipynb").write_bytes(notebook(trap + text))
    (handed_in / "Damaged.ipynb").write_bytes(b"{")
    out = tmp_path / "alike.html"
    assert main(["alike", "lab04", str(handed_in), "-o", str(out)]) == 0
    said = capfd.readouterr().out
    assert "1 pair of 3" in said and "Damaged" in said
    assert "Ann and Bob" in out.read_text(encoding="utf-8")
    assert not (tmp_path / "ran").exists()
    for given, told in (
        (["lab99", str(handed_in), "-o", str(out)], "there is no lab"),
        (["lab04", str(tmp_path / "none"), "-o", str(out)], "give a folder or a zip"),
        (["lab04", str(handed_in), "-o", str(handed_in / "a.html")], "another place"),
    ):
        assert main(["alike", *given]) == 2
        assert told in capfd.readouterr().err
