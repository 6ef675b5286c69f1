"""Text of a submission's: it steers no terminal, ends no run, and is no markup, wherever it stands."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from course_dl.calls.backend import Outcome, Rules
from course_dl.grading.bulk import grade_class
from course_dl.grading.sandbox.client.child import Cell, Child, Program
from course_dl.grading.sandbox.client.remote import RemoteBackend
from course_dl.grading.sandbox.client.sandbox import Sandbox
from course_dl.grading.texts import MOST, printable, whole
from tests.grading.honest import notebook, solved
from tests.grading.small import grade, sandbox

ODD = [
    "\x1b]0;owned\x07\x1b[31m\x1b[2J",  # steers a terminal
    "\x9b31m\x85\x90",  # the same in one character
    "\x00\x08\x7f\r\rover",
    "\ud800",  # half a character
    "\udfff\ud800 \ud83d\ude00",
    "\u202eevil\u2066\u2069\u200f",  # turns the direction of writing around
    "a\u200bb\u2060c\ufeff\u00ad",  # has no width
    "\u2028\u2029\x0b\x0c\x1e",  # ends lines
    "\ufffe\uffff\ufdd0\U0010ffff\ue000",  # no characters
    "\U000e0041\U000e007f",
    "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;]]>--><!--",
    "\"'`;=1+1,\t@cmd|'/c calc'!A0",
    "x" * 3_000_000,
    "",
]
ALL = "".join(text for text in ODD if len(text) < 1_000)
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def is_fit(text: str) -> bool:
    """Whether any terminal and any file can take the text."""
    return all(c in "\n\t" or unicodedata.category(c) not in HIDDEN for c in text)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from strings(list(value.items()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_what_is_told_is_fit_for_any_reader_and_short(text: str) -> None:
    for line in (False, True):
        out = printable(text, line=line)
        assert is_fit(out) and len(out) <= MOST
        out.encode()
        ElementTree.fromstring(f"<a>{out.replace('&', '').replace('<', '').replace(']]>', '')}</a>")
    assert "\n" not in printable(text, line=True)


@pytest.mark.parametrize("text", ["é ü Ł 漢字 עברית 😀 x²", "two\nlines\tand a tab", " ", ""])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == whole(text) == text


def test_halves_of_characters_are_replaced_and_pairs_are_joined() -> None:
    assert whole("a\ud800b\udfff") == "a\ufffdb\ufffd"
    assert whole("\ud83d\ude00") == "\U0001f600"


def test_rare_spaces_and_ends_of_lines_become_common_ones() -> None:
    assert printable("a\u00a0b\u202f:\r\nc\rd\u2028e") == "a b :\nc\nd\ne"
    assert printable("a\n  b\r\n", line=True) == "a b"


# -- all ways by which text comes from a child ------------------------------------------------------

# Each makes `double` from a text `odd`.
CHANNELS = {
    "a message": "def double(x):\n    raise ValueError(odd)",
    "a class of errors": "def double(x):\n    raise type('E', (Exception,), {})(odd)\n",
    "a name of an error": """class Meta(type):
    __name__ = property(lambda cls: odd)
    __qualname__ = __module__ = __name__
class E(Exception, metaclass=Meta): pass
def double(x):
    raise E(1)""",
    "a name of a class": """class Meta(type):
    __name__ = property(lambda cls: odd)
    __qualname__ = __module__ = __name__
    def __repr__(cls): return odd
class A(metaclass=Meta):
    def __repr__(self): return odd
def double(x):
    return A()""",
    "a class made with a name": """def double(x):
    try:
        return type(odd or "A", (), {})()
    except ValueError:
        return type("A", (), {"__qualname__": odd})()""",
    "a lying class": """class A:
    __class__ = property(lambda self: str)
    def __str__(self): return odd
    __repr__ = __str__
def double(x):
    return [A(), {odd: A()}]""",
    "a returned text": "def double(x):\n    return odd",
    "texts in lists": "def double(x):\n    return [odd, (odd,), {odd: odd}]",
    "a text that is a class of its own": """class S(str):
    def __str__(self): return self
    def __len__(self): return 1
    def __getitem__(self, key): return self
    def isascii(self): return True
def double(x):
    return S(odd)""",
    "a message that is a class of its own": """class S(str):
    def __getitem__(self, key): return self
class E(Exception):
    def __str__(self): return S(odd)
def double(x):
    raise E""",
    "printed": "import sys\ndef double(x):\n    print(odd)\n    print(odd, file=sys.stderr)\n    raise ValueError",
    "a name of a function": """def double(x):
    def inner(): raise ValueError
    inner.__code__ = inner.__code__.replace(co_name=odd, co_filename=odd)
    inner()""",
    "a note": """def double(x):
    error = ValueError(odd)
    error.add_note(odd)
    raise error from KeyError(odd)""",
    "a group of errors": "def double(x):\n    raise ExceptionGroup(odd, [ValueError(odd)])",
    "a dtype": """import numpy as np
def double(x):
    return np.zeros(2, dtype=[("a", "f8")]) if not odd else np.array([odd])""",
    "a call that is none": "double = type('double', (), {'__call__': lambda self, x: getattr(self, odd)})()",
    "a name that is missing": "def double(x):\n    return eval('undefined', {}, {}) or odd",
    "an attribute": "def double(x):\n    return getattr(x, odd)",
    "a key": "def double(x):\n    return {}[odd]",
    "a conversion": "def double(x):\n    return float(odd)",
    "an import": "def double(x):\n    __import__(odd + '.' + odd)",
}  # fmt: skip


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with sandbox() as started:
        yield started


def with_text(source: str, text: str) -> str:
    """The source after ``odd = text``; long text is made of a part."""
    if len(text) > 10_000:
        return f"odd = {text[0]!r} * {len(text)}\n{source}"
    return f"odd = {text!a}\n{source}"


@pytest.mark.parametrize("channel", CHANNELS)
def test_no_text_of_a_submission_harms_a_report(channel: str, box: Sandbox) -> None:
    for text in (*ODD[:10], ODD[12], ODD[13], ALL) if channel in ("a message",) else (ALL, ODD[12]):
        result = grade(solved(double=with_text(CHANNELS[channel], text)), box).to_json()
        assert result["exercises"][0]["points"] == 0
        assert sum(e["points"] for e in result["exercises"]) == 6
        assert all(map(is_fit, strings(result)))
        assert len(json.dumps(result)) < 100_000


def test_a_cell_that_fails_tells_no_odd_text(box: Sandbox) -> None:
    source = with_text("def double(x): return 2 * x\nraise ValueError(odd)", ALL)
    result = grade(solved(f"class Counter(Counter): pass\n{source}"), box).to_json()
    assert result["notices"]
    assert all(map(is_fit, strings(result)))


def outcome(box: Sandbox, source: str) -> Outcome:
    child = Child(box, Program([Cell("cell 1", source)], ["f"]))
    backend = RemoteBackend(child)
    try:
        return backend.call("student:f", (1,), {}, Rules())
    finally:
        child.end()


def test_a_value_keeps_its_text_but_for_halves_of_characters(box: Sandbox) -> None:
    source = f"def f(x):\n    return [{ALL!a}, {{{ALL!a}: 1}}]"
    text, keys = outcome(box, source).value
    assert text == whole(ALL) and list(keys) == [text]


FORGED = """import json, os, struct, sys
def f(x):
    frame = sys._getframe()
    while "question" not in frame.f_locals: frame = frame.f_back
    claim = {"outcomes": [CLAIM], "to": frame.f_locals["question"].number}
    raw = json.dumps(claim).encode()
    os.write(3, struct.pack(">IQ", len(raw), 0) + raw)
    os._exit(0)
"""
CLAIMS: list[dict[str, Any]] = [
    {"value": {"handle": [0, ALL]}},
    {"value": {"handle": [0, ""]}},
    {"error": [ALL, ALL, ALL]},
    {"changed": [ALL] * 3},
    {"used_library": ALL},
    {"printed": ALL},
    {"timed_out": ["import", ALL]},
]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: next(iter(claim)))
def test_what_a_child_forges_is_cleaned_too(claim: dict[str, Any], box: Sandbox) -> None:
    found = outcome(box, FORGED.replace("CLAIM", repr(claim)))
    assert found != Outcome()
    assert all(map(is_fit, strings(flat(found))))


def flat(value: Any) -> Any:
    """Objects as dicts."""
    if hasattr(value, "__dataclass_fields__"):
        return flat(vars(value))
    if isinstance(value, dict):
        return {key: flat(item) for key, item in value.items()}
    return [flat(item) for item in value] if isinstance(value, list | tuple) else value


# -- all that is written and printed ----------------------------------------------------------------

LAB, NAMES = "lab01", ["add_bias", "predict", "perceptron_loss", "perceptron_step"]


def submission(first: int) -> bytes:
    """A notebook whose answers tell odd text by some of the channels."""
    chosen = list(CHANNELS.values())[first : first + len(NAMES)]
    cells = [
        re.sub(r"\bdouble\b", name, with_text(source, ALL)).replace("(x)", "(*x)")
        for name, source in zip(NAMES, chosen, strict=False)
    ]
    return notebook("import torch", *cells)


class Tags(HTMLParser):
    """The elements and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[tuple[str, ...]] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, *sorted(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What grading writes of honest answers, and of odd ones."""
    made = {}
    wrong = "def {}(*x):\n    raise ValueError('a')"
    honest = [notebook("import torch", *map(wrong.format, NAMES))]
    odd = [submission(first) for first in range(0, len(CHANNELS), len(NAMES))]
    for name, files in (("honest", honest), ("odd", odd)):
        folder = tmp_path_factory.mktemp(name)
        for number, data in enumerate(files):
            student = f"An{number}_{number + 10}_assignsubmission_file_"
            (folder / student).mkdir()
            (folder / student / "lab01.ipynb").write_bytes(data)
        made[name] = tmp_path_factory.mktemp(f"{name}-out")
        grade_class(LAB, folder, made[name], processes=1, progress=False)
    return made


def pages(folder: Path) -> Tags:
    return Tags("".join(p.read_text(encoding="utf-8") for p in sorted(folder.rglob("*.html"))))


def test_pages_hold_no_elements_but_their_own(written: dict[str, Path]) -> None:
    honest, odd = pages(written["honest"]), pages(written["odd"])
    assert "<script>alert(1)</script>" in odd.text
    assert odd.found - honest.found <= {("details",), ("summary",), ("ul",), ("li",)}
    assert not any("onerror" in tag for tag in odd.found)


def test_every_file_is_sound_and_fit_to_be_read(written: dict[str, Path]) -> None:
    kinds = set()
    for path in sorted(p for p in written["odd"].rglob("*") if p.is_file()):
        kinds.add(path.suffix)
        if path.suffix == ".zip":  # of pages, which are looked at as files
            assert zipfile.ZipFile(path).testzip() is None
            continue
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".xml":
            ElementTree.fromstring(text)
        elif path.suffix == ".json":
            assert all(map(is_fit, strings(json.loads(text))))
            continue
        elif path.suffix == ".csv":
            table = list(csv.reader(io.StringIO(text, newline=""), strict=True))
            assert len({len(row) for row in table}) == 1
        assert is_fit(text.replace("\r\n", "\n")), path
    assert {".csv", ".html", ".json", ".xml", ".zip"} <= kinds


def test_pytest_prints_nothing_that_steers_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "answer.ipynb").write_bytes(submission(0))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--pyargs", "course_dl.labs.lab01_perceptron",
         "-p", "no:cacheprovider", "--color=no", "--submission", "answer.ipynb"],
        cwd=tmp_path, capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    said = (done.stdout + done.stderr).decode()
    assert "alert(1)" in said and "INTERNALERROR" not in said
    assert is_fit(said)
