"""What the notebook ran and passed is graded the same; what cannot be is told, with what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest

from course_dl.grading.result import Result
from course_dl.grading.sandbox.client.sandbox import Sandbox
from tests.grading.honest import ALL, COUNTER, DOUBLE, SLOPE, notebook, solved
from tests.grading.small import grade, marks, sandbox

FULL = {"9.1": 1.0, "9.2": 2.0, "9.3": 1.0, "9.4": 2.0, "9.5": 1.0}
NONE = dict.fromkeys(FULL, 0.0)
CHECK = "lab.check('9.1')"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with sandbox() as started:
        yield started


def uses(value: str, *cells: str, below: str = "") -> bytes:
    """Solved, with a ``double`` that uses ``value``, which cells above it make."""
    answer = f"def double(x):\n    return x * {value}"
    return notebook(ALL[0], *cells, answer, *ALL[2:], *([below] if below else []))


STUB = "def double(x):\n    '''Doc.'''\n    raise NotImplementedError"
CLASS_STUB = (
    "class Counter:\n    '''Doc.'''\n    def __init__(self, start):\n        '''Doc.'''\n"
    "        self.kept = 1\n        raise NotImplementedError\n"
    "    def add(self, x):\n        raise NotImplementedError"
)

READ: dict[str, bytes] = {
    # What IPython makes of a cell.
    "a cell indented as a whole": solved(double="    " + DOUBLE.replace("\n", "\n    ")),
    "a magic continued": solved(double="!pip install -q \\\n    torch\n" + DOUBLE),
    "a value timed": solved(double="%time TWO = torch.tensor(2)\ndef double(x):\n    return TWO * x"),
    "a cell timed": solved(slope="%%time\n" + SLOPE, counter="%%capture\n%%time\n" + COUNTER),
    "a cell under timeit": solved(double="%%timeit -n 1\n" + DOUBLE),
    "pasted with prompts": solved(double=">>> def double(x):\n...     return 2 * x"),
    "a line that begins with a sign": solved(
        double="!echo hello\ndef double(x):\n    if (\n        len(x)\n        != x.shape[0]\n    ):\n        raise ValueError\n    return 2 * x"
    ),
    "lines that Python does not cut": solved(
        double="!true\ndef double(x):\n    '''a\x0cb\x85c\u2028%d'''  # \x1c \u2028 return\n    return 2 * x\n\x0c"
    ),
    "a magic within a function": solved(double="def double(x):\n    %time y = 2\n    !true\n    return 2 * x"),
    "await": solved(double="async def two():\n    return 2\nTWO = await two()\ndef double(x):\n    return TWO * x"),
    "a broken line beside the answer": solved(double="print('a\n" + DOUBLE + "\nx = = 3\n)\n"),
    "an if that a comment left empty": solved(double="if len('a'):\n    # %pip install x\n" + DOUBLE),
    "a future of its own": solved(double="from __future__ import annotations\ndef double(x: Nothing):\n    return 2 * x"),
    "no future of anybody else's": solved(
        double="def double(x: 2):\n    return double.__annotations__['x'] * x"
    ),
    # Stubs.
    "a class's stub below": solved(CLASS_STUB),
    "an empty class below": solved("class Counter:\n    '''Doc.'''", "class Counter: pass", "class Counter:\n    ..."),
    "a stub above and below": notebook(ALL[0], STUB, CLASS_STUB, *ALL[1:], STUB, CLASS_STUB),
    "a decorated stub": solved("@torch.no_grad()\n" + STUB, "async " + STUB),
    "a stub with kept lines": solved("def double(x):\n    two = 2\n    if two > 3:\n        two = 4\n    raise NotImplementedError()"),
    "stubs of other looks": solved("def double(x): ...", "double = None", "double = lambda x: None", "double = NotImplemented"),
    "a stub by another name": solved(STUB.replace("double", "stub") + "\ndouble = stub"),
    "a raise left below the return": solved(double=DOUBLE + "\n    raise NotImplementedError"),
    "half a class below the whole": solved(CLASS_STUB.replace("self.kept = 1\n        raise NotImplementedError", "self.total = start")),
    "a library's own below": solved("from torch import relu as double\nfrom math import exp as soft"),
    # Lines outside of the exercises' cells.
    "a call of a builtin": uses("TWO", "TWO = float('2')"),
    "a list from a range": uses("len(K)", "K = list(range(2))"),
    "a method of a result": uses("T[1, 0]", "T = torch.arange(4).reshape(2, 2)"),
    "a library by another name": uses("(1 + Z)", "import torch as th; Z = th.ones(1)"),
    "a partial": uses("two()", "from functools import partial\ntwo = partial(int, '2')"),
    "a named tuple": uses("P(2).x", "from collections import namedtuple\nP = namedtuple('P', 'x')"),
    "an instance of a class of one's own": uses("P(2).x", "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int", "p = P(2)"),
    "a generator": uses("(2 + 0 * torch.rand(1, generator=rng))", "rng = torch.Generator().manual_seed(0)"),
    "a table filled by a loop": uses("table[1]", "table = {}", "for k in range(3):\n    table[k] = k + 1"),
    "a value written to": uses("W[0]", "W = torch.ones(2)", "W[0] = 2"),
    "a value added to": uses("TWO", "TWO = 1", "TWO += 1"),
    "a list appended to": uses("K[-1]", "K = []", "K.append(1)", "K.extend([1, 2])"),
    "a value changed by a function of torch": uses("W[0]", "W = torch.zeros(2)", "torch.nn.init.constant_(W, 2)"),
    "a value changed by a function of one's own": uses("table['a']", "table = {}\ndef fill():\n    table['a'] = 2", "fill()"),
    "a global made by a function": uses("TWO", "def make():\n    global TWO\n    TWO = 2", "make()"),
    "a chain of lines": uses("c", "a = int('1')", "b = a + int('0')", "c = sum([a, b])"),
    "made under with, try and if": uses("(a * b * c)", "import torch\nwith torch.no_grad():\n    a = int('2')", "try:\n    b = int('x')\nexcept ValueError:\n    b = int('1')", "if a > b:\n    c = int('1')"),
    "made below the answer": notebook(ALL[0], "def double(x):\n    return x * TWO", *ALL[2:], "TWO = int('2')"),
    "through a helper": uses("two()", "TWO = int('2')", "def two():\n    return TWO"),
    "as a default": notebook(ALL[0], "TWO = int('2')", "def double(x, two=TWO):\n    return x * two", *ALL[2:]),
    "the last value": uses("TWO", "TWO = int('7')", "TWO = int('2')"),
    "two values, each checked": notebook(
        ALL[0], "K = 2", "def double(x):\n    return K * x", CHECK, "K = 3", "def slope(x):\n    return K * x ** 2", CHECK, *ALL[3:]
    ),
    "two values of lines, each checked": notebook(
        ALL[0], "K = int('2')", "def double(x):\n    return K * x", CHECK, "K = int('3')", "def slope(x):\n    return K * x ** 2", CHECK, *ALL[3:]
    ),
    "a helper of two forms": notebook(
        ALL[0], "def k(): return 2", "def double(x):\n    return k() * x", CHECK, "def k(p): return 3", "def slope(x):\n    return k(1) * x ** 2", *ALL[3:]
    ),
    "builtins shadowed in scratch cells": solved("len = 3", "sum, max = 0, 1", double="def double(x):\n    return x * sum([1] * len([1, 1]))"),
    "trainings below and above": solved("X = sum(range(10 ** 11))", "for k in range(10 ** 12):\n    k += 1", "while True: pass"),
    "a training whose name an answer has as an attribute": notebook(
        ALL[0], "shape = sum(range(10 ** 11))", "def double(x):\n    assert x.shape\n    return 2 * x", *ALL[2:]
    ),
    "a seed": uses("(2 if torch.initial_seed() is not None else 0)", "torch.manual_seed(3)"),
    # What a notebook has around it.
    "bars of a notebook": solved(
        double="from tqdm.notebook import tqdm, trange\nimport tqdm.notebook as bars\ndef double(x):\n"
        "    for k in tqdm(range(2)): pass\n    for k in bars.trange(2): pass\n    return 2 * x"
    ),
    "bars of any place": solved(double="from tqdm.auto import tqdm\nfrom tqdm.autonotebook import trange\ndef double(x):\n    for k in tqdm(trange(2)): pass\n    return 2 * x"),
    "widgets": solved(
        double="import ipywidgets as widgets\nfrom ipywidgets import interact, IntSlider\nslider = IntSlider(value=3)\n"
        "@interact\ndef double(x):\n    return 2 * x\n@interact(x=(0, 5))\ndef show(x): pass"
    ),
    "Colab's modules": solved(
        double="from google.colab import drive, files\nimport google.colab.output as output\ndrive.mount('/content/drive')\n"
        "output.enable_custom_widget_manager()\n" + DOUBLE
    ),
    "IPython's display": solved(
        double="from IPython.display import HTML, display, clear_output\nfrom IPython import get_ipython\n"
        "get_ipython().run_line_magic('matplotlib', 'inline')\ndisplay(HTML('<b>'))\nclear_output()\n" + DOUBLE
    ),
    "a plot": solved(double="%matplotlib widget\nimport matplotlib.pyplot as plt\nimport matplotlib_inline.backend_inline as b\n"
                            "b.set_matplotlib_formats('svg')\nplt.plot([1])\n" + DOUBLE),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_what_a_notebook_runs_is_graded_in_full(name: str, box: Sandbox) -> None:
    assert marks(READ[name], box) == FULL


PYTHON = "\n\n".join(ALL)
FILES: dict[str, bytes] = {
    "form feeds and tabs": PYTHON.replace("\n\n", "\n\x0c\n").replace("    ", "\t").encode(),
    "a byte order mark": b"\xef\xbb\xbf" + PYTHON.encode(),
    "lines of old Macs": PYTHON.replace("\n", "\r").encode(),
    "an encoding that is named": b"# -*- coding: latin-1 -*-\nNAME = '\xe9'\n" + PYTHON.encode(),
    "a main block": (ALL[0] + "\nif __name__ == '__main__':\n    TWO = int('2')\n    while True: pass\n"
                     "def double(x):\n    return TWO * x\n" + "\n".join(ALL[2:])).encode(),
    "a cell that was commented out": (
        "\n\n".join(ALL[:1] + ALL[2:]) + "\n\n# %%time\n# " + DOUBLE.replace("\n", "\n# ") + "\n"
    ).encode(),
    "a text with odd backslashes": ('"""\n$\\xi \\underbrace$\ndef double(x): no\n"""\n' + PYTHON).encode(),
    "a bracket that is never closed": ("print((1,\n" + PYTHON).encode(),
    "a text that is never closed": (PYTHON + "\n'''\nnot closed\n").encode(),
    "a notebook by its content": solved(),
    "a marimo app": (
        "import marimo\napp = marimo.App()\n"
        + "".join("@app.cell\ndef _():\n    " + c.replace("\n", "\n    ") + "\n    return\n" for c in ALL)
    ).encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_python_files_of_all_kinds_are_graded_in_full(name: str, box: Sandbox) -> None:
    assert marks(FILES[name], box, "answer.py") == FULL


def told(result: Result, number: str = "9.1") -> str:
    mark = next(one for one in result.exercises if one.number == number)
    assert mark.points == 0
    return " ".join(test.message for test in mark.tests)


def test_where_there_are_only_stubs_an_exercise_is_not_done(box: Sandbox) -> None:
    for stub in (STUB, "def double(x): pass", "double = None", "@torch.no_grad()\n" + STUB):
        result = grade(notebook(ALL[0], stub, "class Counter:\n    '''Doc.'''\n    pass"), box)
        assert {mark.state for mark in result.exercises} == {"not done yet"}


def test_a_module_that_is_missing_is_named(box: Sandbox) -> None:
    imported = "from einops_of_none import rearrange\n"
    answer = "def double(x):\n    return 2 * rearrange(x, 'a -> a')"
    for data in (solved(double=imported + answer), notebook(ALL[0], imported, answer)):
        assert "einops_of_none" in told(grade(data, box))
        assert "not installed where this is graded" in told(grade(data, box))
    inside = solved(double="def double(x):\n    import einops_of_none\n    return x")
    assert "not installed where this is graded" in told(grade(inside, box))


def test_a_line_that_cannot_be_run_is_told_with_what_to_do(box: Sandbox) -> None:
    file = uses("TWO", "TWO = int(open('two.txt').read())")
    assert "two.txt" in told(grade(file, box))
    asked = uses("TWO", "TWO = int(input('two? '))")
    assert "input()" in told(grade(asked, box))
    hidden = uses("globals()['TWO']", "TWO = int('2')")
    assert marks(hidden, box)["9.1"] == 0.0
    dynamic = notebook(
        ALL[0], "TWO = int('2')", "def double(x):\n    return eval('TWO') * x", *ALL[2:]
    )
    assert "it is made in cell 2, which is not run in grading" in told(grade(dynamic, box))
    assert "exercise's cell" in told(grade(dynamic, box))


def test_a_line_without_end_costs_only_what_needs_it(box: Sandbox) -> None:
    result = grade(uses("TWO", "TWO = 2 + 0 * sum(iter(int, 1))"), box)
    assert "took too long" in told(result)
    assert [mark.points for mark in result.exercises] == [0.0, *list(FULL.values())[1:]]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="it is Python there")
def test_syntax_of_a_newer_python_is_told_with_both_versions(box: Sandbox) -> None:
    newer = 'def double(x):\n    return f"{", ".join(["a"])}"'
    content = json.loads(solved(double=newer))
    content["metadata"] = {"language_info": {"name": "python", "version": "3.13.2"}}
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    result = grade(json.dumps(content), box)
    for text in (told(result), result.notices[0][2]):
        assert "Python 3.13" in text and f"Python {here}" in text
    generic = grade(solved(double="def double[T](x: T) -> T:\n    return x"), box)
    assert "3.12" in told(generic)


def test_an_error_shows_its_line_below_a_magic(box: Sandbox) -> None:
    result = grade(solved(double="%%time\n\ndef double(x):\n    return x + undefined"), box)
    where = dict(result.exercises[0].tests[0].details)["Where"]
    assert where == "line 4, in double: return x + undefined"


def test_scratch_cells_leave_no_notices(box: Sandbox) -> None:
    data = solved("X = undefined", "print(undefined)", "plt.plot(undefined)", "w = net.weights[0]")
    assert grade(data, box).notices == ()
