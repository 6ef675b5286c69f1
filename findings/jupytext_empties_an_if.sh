#!/usr/bin/env bash
# jupytext 1.19.6. A magic becomes a comment, and nothing stands in its place. A notebook whose cell
#     if "google.colab" in sys.modules:
#         %pip install -q einops
# runs is written as Python that does not parse, in all five Python formats: whoever reads the file
# loses every line of it, not this one. (Converted back to a notebook, it is whole again.)
# Seen here: "expected an indented block after 'if' statement" (hydrogen, which keeps the magic:
# "invalid syntax").
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q jupytext==1.19.6 nbformat==5.11.1
"$work/venv/bin/python" - <<'PYTHON'
import ast

import jupytext
from nbformat.v4 import new_code_cell, new_notebook

source = 'import sys\nif "google.colab" in sys.modules:\n    %pip install -q einops\nx = 1'
notebook = new_notebook(cells=[new_code_cell(source)])
for format in ("py:percent", "py:light", "py:hydrogen", "py:sphinx", "py:nomarker"):
    text = jupytext.writes(notebook, fmt=format)
    try:
        ast.parse(text)
    except SyntaxError as error:
        print(jupytext.__version__, format, error.msg)
    else:
        raise SystemExit(f"the behaviour has changed: {format} parses")
again = jupytext.reads(jupytext.writes(notebook, fmt="py:percent"), fmt="py:percent")
assert again.cells[0].source == source
PYTHON
