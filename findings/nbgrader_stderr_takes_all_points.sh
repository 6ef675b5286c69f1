#!/usr/bin/env bash
# nbgrader 0.9.5. A test cell earns its points if it ends without an error, so one would guess. One that
# passes and writes to stderr (a DeprecationWarning of a library, a tqdm bar, logging) earns 0 of them;
# the same text on stdout costs nothing. A student's code that warns fails every test that calls it.
# Seen here: silent 3.0, stdout 3.0, stderr 0 of 3.0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q nbgrader==0.9.5 nbformat==5.11.1 nbclient==0.10.4 ipykernel==7.4.0
cd "$work"
cat > grade.py <<'PYTHON'
from importlib.metadata import version

from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade


def cell(source, name):
    told = {"grade": True, "solution": False, "locked": True, "points": 3, "grade_id": name}
    told |= {"schema_version": 3, "task": False, "cell_type": "code"}
    return new_code_cell(source, metadata={"nbgrader": told})


sources = {
    "silent": "assert 1 + 1 == 2",
    "stdout": "print('slow'); assert 1 + 1 == 2",
    "stderr": "import warnings; warnings.warn('slow'); assert 1 + 1 == 2",
}
notebook = new_notebook(cells=[cell(source, name) for name, source in sources.items()])
NotebookClient(notebook, kernel_name="python3").execute()
grades = {n: determine_grade(c)[0] for n, c in zip(sources, notebook.cells, strict=True)}
print("nbgrader", version("nbgrader"), grades)
assert grades == {"silent": 3, "stdout": 3, "stderr": 0}, "the behaviour has changed"
PYTHON
venv/bin/python grade.py 2> /dev/null
