# Runs in: child
"""What IPython makes of a cell, by its own transformers, and what its magics run of Python."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

__all__ = ["Magic", "cell_magic", "magic_in", "transformed"]

try:
    from IPython.core.inputtransformer2 import TransformerManager
except ModuleNotFoundError:  # pragma: no cover
    raise ModuleNotFoundError(
        "IPython is not installed, by which notebooks are read: pip install 'course-dl[grade]'"
    ) from None

_manager = TransformerManager()

# Cell magics that run their cell in the notebook's own names; and those whose cell is no Python,
# or is not run.
_RUN = frozenset(("after", "capture", "memit", "prun", "time", "wandb"))
_OTHER = frozenset(
    [
        "!",
        "HTML",
        "R",
        "SVG",
        "ai",
        "bash",
        "bigquery",
        "cmd",
        "cython",
        "debug",
        "file",
        "html",
        "javascript",
        "js",
        "julia",
        "latex",
        "markdown",
        "perl",
        "pypy",
        "python",
        "python2",
        "python3",
        "ruby",
        "script",
        "sh",
        "skip",
        "sql",
        "svg",
        "sx",
        "system",
        "writefile",
    ]
)
_OPTIONS = re.compile(r"(?:\s*--?[A-Za-z][\w-]*(?:\s+\d+|=\S*)?(?=\s|$))*\s*")
_PYLAB = (
    "import numpy, matplotlib\n"
    "from matplotlib import pylab, mlab, pyplot\n"
    "np = numpy\nplt = pyplot\n"
    "from pylab import *\nfrom numpy import *\n"
)


class Magic(NamedTuple):
    """A magic as a statement: its name, and the Python that it runs, ``""`` if there is none.

    ``weak``: what it defines is not kept by a notebook. ``of_cell``: its Python stands below it.
    """

    name: str
    body: str
    weak: bool
    of_cell: bool


def transformed(source: str) -> str:
    """The cell as IPython hands it to Python, with as many blank lines at its begin."""
    try:
        text: str = _manager.transform_cell(source)
    except Exception:  # what its tokenizer cannot read
        return source
    blank = re.match(r"(?:[ \t\f]*\n)*", source)
    return "\n" * (blank[0].count("\n") if blank else 0) + text


def cell_magic(source: str) -> Magic | None:
    """The magic of a cell that begins with one: quickly told, since many do."""
    first, _, body = source.partition("\n")
    if not source.startswith("%%") or re.match(r"%%\w+\?", first):
        return None
    name, _, line = first[2:].rstrip().partition(" ")
    return _cell_magic(name, line, body)


def magic_in(node: ast.stmt) -> Magic | None:
    """What a statement that calls a magic runs; None for any other statement."""
    if isinstance(node, ast.Expr):
        call = node.value
    elif isinstance(node, ast.Assign):
        return _assigned(node)
    else:
        return None
    name, given = _called(call)
    match name, given:
        case "run_cell_magic", [magic, line, body]:
            return _cell_magic(magic, line, body)
        case "run_line_magic", [magic, line, *_]:
            return _line_magic(magic, line)
        case "magic", [text]:
            magic, _, line = text.lstrip("%").partition(" ")
            return _line_magic(magic, line)
        case (("system" | "getoutput" | "sx" | "set_next_input" | "enable_matplotlib"), _):
            return Magic(name, "", False, False)
        case "run_cell", [text, *_]:
            return Magic("", text, False, False)
    return None


def _cell_magic(name: str, line: str, body: str) -> Magic:
    if name == "prun" and _without_options(line):
        body = f"{_without_options(line)}\n{body}"
    return Magic(name, "" if name in _OTHER else body, name not in _RUN, True)


def _line_magic(magic: str, line: str) -> Magic:
    if magic == "pylab":
        return Magic(magic, _PYLAB, False, False)
    body = _without_options(line) if magic in ("time", "prun") else ""
    return Magic(magic, body, False, False)


def _assigned(node: ast.Assign) -> Magic | None:
    """``x = %time f()`` is ``x = f()``; other magics return nothing that a grader has."""
    name, given = _called(node.value)
    if name != "run_line_magic" or given[:1] != ["time"] or len(given) < 2:
        return None
    targets = " = ".join(ast.unparse(target) for target in node.targets)
    return Magic("time", f"{targets} = {_without_options(given[1])}", False, False)


def _without_options(line: str) -> str:
    options = _OPTIONS.match(line)
    return line[options.end() :] if options else line


def _called(call: ast.expr) -> tuple[str, list[str]]:
    """The method of ``get_ipython()`` that an expression calls, and the texts that it is given."""
    if (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Call)
        and isinstance(call.func.value.func, ast.Name)
        and call.func.value.func.id == "get_ipython"
    ):
        given = [a.value for a in call.args if isinstance(a, ast.Constant)]
        texts = [text for text in given if isinstance(text, str)]
        if len(texts) == len(call.args):
            return call.func.attr, texts
    return "", []
