#!/usr/bin/env bash
# nbconvert 7.17.2. The script exporter takes the language from metadata.language_info, and needs its
# file_extension and its exporter there. A notebook saved by Colab has {"name": "python"} alone (or no
# language_info): the "script" is a .txt, with the magics left in it as they are. With "--to python",
# the same notebook becomes a .py, magics translated to get_ipython() calls.
# Seen here: .txt with %pip; .py without
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q nbconvert==7.17.2 nbformat==5.11.1 ipython==9.18.1
"$work/venv/bin/python" - <<'PYTHON'
import nbconvert
from nbconvert import PythonExporter, ScriptExporter
from nbformat.v4 import new_code_cell, new_notebook

notebook = new_notebook(
    cells=[new_code_cell("%pip install -q einops")],
    metadata={
        "colab": {"provenance": []},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
    },
)
script, told = ScriptExporter().from_notebook_node(notebook)
python, also = PythonExporter().from_notebook_node(notebook)
print(nbconvert.__version__, told["output_extension"], script.split(), also["output_extension"])
assert told["output_extension"] == ".txt" and "%pip" in script, "the behaviour has changed"
assert also["output_extension"] == ".py" and "%pip" not in python.replace("'%pip", "")
PYTHON
