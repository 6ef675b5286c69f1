#!/usr/bin/env bash
# marimo 0.25.2. In marimo a name is assigned in one cell only, so that `marimo convert` renames what a
# notebook assigns again (x = x + 1 becomes x_1 = x + 1). A function defined before that line goes on
# reading x: in the notebook it returns 2, in the converted app 1. Nothing is said about it.
# Seen here: notebook 2, app 1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q marimo==0.25.2 nbformat==5.11.1 nbclient==0.10.4 ipykernel==7.4.0
cd "$work"
cat > notebook.py <<'PYTHON'
import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

cells = ["x = 1", "def read():\n    return x", "x = x + 1", "print(read())"]
notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
nbformat.write(notebook, "notebook.ipynb")
NotebookClient(notebook, kernel_name="python3").execute()
print(notebook.cells[-1].outputs[0].text.strip())
PYTHON
in_notebook=$(venv/bin/python notebook.py)
venv/bin/marimo -q convert notebook.ipynb -o app.py
in_app=$(venv/bin/python app.py)
echo "marimo $(venv/bin/marimo --version): notebook $in_notebook, app $in_app"
[ "$in_notebook" = 2 ] && [ "$in_app" = 1 ]
