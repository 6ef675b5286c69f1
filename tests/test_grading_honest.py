"""Honest submissions, with the marks that they get: right, half done, damaged, oddly laid out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from course_dl.calls.backend import Request, Rules
from course_dl.grading.intake.notebooks import Unreadable, read_cells
from course_dl.grading.sandbox.client.child import Cell, Child, Program
from course_dl.grading.sandbox.client.remote import RemoteBackend
from course_dl.grading.sandbox.client.sandbox import Sandbox
from course_dl.grading.sandbox.server.layer import ACTIVE
from tests.grading.honest import ALL, DOUBLE, SLOPE, notebook, solved
from tests.grading.small import grade, marks, sandbox

FULL = {"9.1": 1.0, "9.2": 2.0, "9.3": 1.0, "9.4": 2.0, "9.5": 1.0}
NONE = dict.fromkeys(FULL, 0.0)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with sandbox() as started:
        yield started


def old_format(*cells: str) -> bytes:
    """The same notebook in format 3."""
    made = [
        {"cell_type": "code", "input": c.splitlines(keepends=True), "outputs": []} for c in cells
    ]
    return json.dumps(
        {"worksheets": [{"cells": made}], "nbformat": 3, "nbformat_minor": 0}
    ).encode()


CASES: dict[str, tuple[bytes, dict[str, float]]] = {
    "all solved": (solved(), FULL),
    "nothing": (notebook("print('hello')"), NONE),
    "stubs": (notebook("import torch", "def double(x):\n    '''Doc.'''\n    raise NotImplementedError"), NONE),
    "format 3": (old_format(*ALL), FULL),
    "sources as lists": (
        json.dumps({"cells": [{"cell_type": "code", "source": [f"{line}\n" for line in c.split("\n")]} for c in ALL]}).encode(),
        FULL,
    ),
    "a byte order mark, and text after the end": (b"\xef\xbb\xbf" + solved() + b"\n\n{}", FULL),
    "CRLF": (notebook(*(c.replace("\n", "\r\n") for c in ALL)), FULL),
    "no metadata": (json.dumps({"cells": [{"cell_type": "code", "source": c} for c in ALL]}).encode(), FULL),
    "differently right": (
        solved(
            double="import numpy as np\ndef double(x):\n    return torch.from_numpy(np.array(x) + np.array(x))",
            slope="class Slope:\n    def __call__(self, x): return torch.stack([3 * t * t for t in x])\nslope = Slope()",
            soft="soft = lambda Y: torch.stack([(y - y.logsumexp(0)).exp() for y in Y])",
            twice="def twice(g, x):\n    for _ in range(2): x = g(x)\n    return x",
        ),
        FULL,
    ),
    "wrong": (solved(double="def double(x):\n    return x * x"), FULL | {"9.1": 0.0}),
    "a cell that does not parse": (solved(slope="def slope(x:\n    return 3"), FULL | {"9.2": 0.0}),
    "a cell that raises": (solved("1 / 0", "undefined_name"), FULL),
    "a cell that raises below the answer": (solved(double=DOUBLE + "\n1 / 0"), FULL),
    "an exercise left out": (notebook(*ALL[:3]), NONE | {"9.1": 1.0, "9.2": 2.0}),
    "a helper in another cell, below": (
        solved("def helper(x):\n    return 2 * x", double="def double(x):\n    return helper(x)"), FULL,
    ),
    "a constant in another cell": (
        solved("TWO, THREE = 2, [3.0]", double="def double(x):\n    return TWO * x"), FULL,
    ),
    "imports in odd places": (
        notebook(*ALL[1:], "def f(): pass\nimport torch, nothing_of_the_kind\nfrom math import pi, nope"), FULL,
    ),
    "imports under try": (
        solved("try:\n    import nothing_of_the_kind as fast\nexcept ImportError:\n    import math as fast",
               double="def double(x):\n    return x * fast.sqrt(4)"), FULL,
    ),
    "warnings on stderr": (
        solved(double="import warnings, sys\ndef double(x):\n    warnings.warn('deprecated')\n"
               "    print('!', file=sys.stderr)\n    return 2 * x"), FULL,
    ),
    "French names and accents": (
        solved("coefficient_été = 2", double='def double(x):\n    """Le résultat, doublé."""\n    return coefficient_été * x'),
        FULL,
    ),
    "magics": (
        solved("%matplotlib inline\n!pip install nothing\n%%nope",
               "%%after 9.1\nimport math\nhelp?",
               "%%html\n<b>not Python</b>",
               double="%load_ext nothing\n" + DOUBLE), FULL,
    ),
    "a percent sign that is no magic": (solved(double="def double(x):\n    return (x * (5\n        % 3))"), FULL),
    "training cells are not run": (
        solved("for _ in range(10**12): pass", "import time\ntime.sleep(100)", "lab.check('9.1')"), FULL,
    ),
    "the stub again below the answer": (
        solved("def double(x):\n    '''Doc.'''\n    raise NotImplementedError('write it')"), FULL,
    ),
    "the answer again, better, below": (notebook("import torch", "def double(x):\n    return x", *ALL[1:]), FULL),
    "the notebook's own setup": (
        solved("import sys\nfrom course_dl.lab import Lab\nlab = Lab('lab90')\nlab.check('9.1')",
               "from course_dl import MLP, plots\nfrom course_dl.data import moons"), FULL,
    ),
    "display and get_ipython": (
        solved(double=DOUBLE + "\ndisplay(double(torch.ones(2)))\nget_ipython().run_line_magic('x', '')\nlab.check('9.1')"),
        FULL,
    ),
    "dataclasses and typing": (
        solved(double="from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass P:\n    x: Tensor\n"
               "def double(x: Undefined) -> Tensor:\n    return P(2 * x).x"), FULL,
    ),
    "a file of one's own": (
        solved(double="def double(x):\n    with open('notes.txt', 'w') as f: f.write('2')\n    return float(open('notes.txt').read()) * x"),
        FULL,
    ),
    "threads used well": (
        solved(double="from concurrent.futures import ThreadPoolExecutor\ndef double(x):\n    with ThreadPoolExecutor(2) as pool:\n"
               "        return torch.stack(list(pool.map(lambda t: 2 * t, x)))"), FULL,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_mark_is_exact(name: str, box: Sandbox) -> None:
    data, expected = CASES[name]
    assert marks(data, box) == expected


PYTHON = "\n\n".join(ALL).encode()


@pytest.mark.parametrize(
    "data",
    [
        PYTHON,
        PYTHON.replace(b"\n", b"\r\n"),
        PYTHON + b"\n\nif __name__ == '__main__':\n    while True: pass\n",
        PYTHON + b"\n\nwhile True:\n    pass\n",
        b"# %% [markdown]\n# # Title: d\xc3\xa9j\xc3\xa0\n"
        + b"\n".join(b"# %%\n" + c.encode() for c in ALL),
        "# déjà\n".encode("cp1252") + PYTHON,
        PYTHON.decode().encode("utf-16"),
        PYTHON + b"\nget_ipython().run_line_magic('matplotlib', 'inline')\n!pip install x\n",
    ],
    ids=["plain", "CRLF", "main", "loop", "percent", "latin", "utf-16", "magics"],
)
def test_python_files_are_taken_too(data: bytes, box: Sandbox) -> None:
    assert marks(data, box, "answer.py") == FULL


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"{", "damaged"),
        (solved()[:60], "damaged"),
        (b"<html>", "web page"),
        (b"PK\x03\x04", "something else"),
        (b"[" * 100_000, "something else"),
        (b'{"cells": ' + b"[" * 100_000, "damaged"),
        (b'{"cells": []}', "no cells"),
        (b'{"cells": {"a": 1}}', "no cells"),
        (notebook("", "  "), "no code"),
        (notebook("x = 1\n" * 500_000), "two million"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_cells(data, "answer.ipynb")


def test_odd_cells_are_passed_over() -> None:
    odd = {
        "cells": [
            None,
            3,
            {"cell_type": "code", "source": 5},
            {"cell_type": "code", "source": ["a = 1", 7]},
        ]
    }
    assert [c.source for c in read_cells(json.dumps(odd).encode(), "a.ipynb")] == ["", "a = 1"]


def test_the_same_submission_gets_the_same_result(box: Sandbox) -> None:
    data = solved(
        double="import random\ndef double(x):\n    return x * random.random() + hash('a')"
    )
    assert grade(data, box) == grade(data, box)


def test_a_mistake_is_diagnosed(box: Sandbox) -> None:
    result = grade(solved(double="def double(x):\n    return x * x"), box)
    assert result.exercises[0].diagnosis == "You squared where you should double."


def test_a_cell_that_fails_is_told_of(box: Sandbox) -> None:
    result = grade(solved(slope="def slope(x:\n    return 3"), box)
    assert result.notices[0][:2] == ("cell 3", "SyntaxError")
    assert "SyntaxError" in result.exercises[1].tests[0].message


def test_the_line_that_raised_is_told(box: Sandbox) -> None:
    result = grade(solved(double="def double(x):\n    return x + undefined"), box)
    where = dict(result.exercises[0].tests[0].details)["Where"]
    assert where == "line 2, in double: return x + undefined"


def test_an_object_of_the_child_is_used_from_here(box: Sandbox) -> None:
    source = "class A:\n    def __init__(self): self.w = [torch.ones(2)]\n    def __len__(self): return 7"
    child = Child(box, Program([Cell("cell 1", f"import torch\n{source}")], []))
    backend = RemoteBackend(child)
    made = backend.call("student:A", (), {}, Rules()).value
    assert made.kind == "A"
    assert backend.call("on:len", (made,), {}, Rules()).value == 7
    driver = "def fill(a: Unknown, w):\n    a.w[:] = [torch.clone(w)]"
    backend.call("driver:fill", (driver, made, torch.zeros(3)), {}, Rules())
    assert torch.equal(
        backend.call("on:getattr", (made, "w"), {}, Rules()).value[0], torch.zeros(3)
    )
    child.end()


def requests(*numbers: int) -> list[Request]:
    return [Request("student:f", (number,), {}, Rules(seconds=1.0)) for number in numbers]


def test_calls_that_are_sent_together_end_as_those_that_are_not(box: Sandbox) -> None:
    source = """import os
def f(x):
    if x == 3: raise KeyError(x)
    if x == 5: os._exit(0)
    while x == 7: pass
    return x * x
"""
    child = Child(box, Program([Cell("cell 1", source)], ["f"]))
    backend = RemoteBackend(child)
    assert [o.value for o in backend.calls(requests(1, 2, 4))] == [1, 4, 16]
    raised = list(backend.calls(requests(1, 3, 2)))
    assert [o.value for o in raised] == [1, None, 4]
    assert raised[1].error is not None and raised[1].error.kind == "KeyError"
    ended = list(backend.calls(requests(1, 5, 2)))
    assert [o.value for o in ended] == [1, None, 4]
    assert ended[1].error is not None and ended[1].error.kind == "ProcessEnded"
    endless = list(backend.calls(requests(1, 7, 2)))
    assert [o.value for o in endless] == [1, None, 4] and endless[1].timed_out
    child.end()


def test_the_server_holds_neither_labs_nor_answers(box: Sandbox) -> None:
    source = f"""import sys
def text(one):
    try:
        return str(one)[:5000] if isinstance(one, (dict, list)) else ""
    except Exception:  # of what shows itself by importing more
        return ""
def held():
    import gc
    names = sorted(n for n in sys.modules if n.startswith("course_dl"))
    gc.unfreeze()
    found = ["SHORT" + " = 0.6" in text(one) for one in gc.get_objects()]
    return names, sum(found)
{SLOPE}"""
    child = Child(box, Program([Cell("cell 1", source)], []))
    backend = RemoteBackend(child)
    names, found = backend.call("student:held", (), {}, Rules(seconds=30)).value
    child.end()
    judging = ("judge", "exercise", "compare", "catalog", "student")
    assert not [n for n in names if ".labs" in n or n.endswith(judging) or "backprop" in n]
    assert found == 0


def test_every_layer_that_is_missing_says_why(box: Sandbox) -> None:
    layers = box.layers()
    assert {"limits", "pid namespace", "own root, read only", "another user"} <= set(layers)
    assert layers["limits"] == ACTIVE
    assert all(layer.active or layer.reason for layer in layers.values())


def test_submissions_and_results_are_hidden_from_the_child(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text("SECRET = 1")
    source = f"def look():\n    return open({str(tmp_path / 'other.py')!r}).read()"
    with sandbox(covered=[tmp_path]) as box:
        layers = box.layers()
        child = Child(box, Program([Cell("cell 1", source)], []))
        backend = RemoteBackend(child)
        outcome = backend.call("student:look", (), {}, Rules())
        child.end()
    if not layers["own root, read only"].active and "landlock" not in layers:
        pytest.skip("nothing on this system can hide files")
    assert outcome.error is not None


def test_what_was_not_meant_or_is_damaged_is_said_with_the_marks(box: Sandbox) -> None:
    neuron = "def neuron(w, b, x):\n    return w @ x + b"
    layer = "def layer(W, b, X):\n    return X @ W.T + b"
    for data, said in {
        notebook("import torch", neuron, layer): "this looks like lab02",
        notebook('lab = Lab("lab03")'): "this looks like lab03",
        notebook("import torch", "def double(x):\n    raise NotImplementedError"): "nothing was",
        notebook("x = 1"): "it defines nothing that this lab asks for",
        solved(): "",
    }.items():
        result = grade(data, box)
        assert result.status == "graded"
        assert result.reason.startswith(said) and bool(result.reason) == bool(said)
    whole = solved()
    result = grade(whole[: whole.index(b"def twice") + 5], box)
    assert {e.number: e.points for e in result.exercises} == FULL | {result.exercises[-1].number: 0}
    assert "cut off" in result.reason
