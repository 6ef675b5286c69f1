#!/usr/bin/env bash
# nbconvert 7.17.2. A picture's output may carry a text for those who do not see it, in the metadata of its
# mime type: {"image/png": {"alt": ...}}, as IPython.display.Image writes it. The templates classic and
# basic put it into the page. The default one, lab, writes "No description has been provided for this
# image" in its place. What is HTML from the start, an <img alt="..."> of one's own, stays in all three.
# Seen here: lab "No description has been provided for this image", classic and basic "a loss that falls"
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q nbconvert==7.17.2 ipython==9.8.0
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import re

import nbconvert
import nbformat
from IPython.core.formatters import DisplayFormatter
from IPython.display import Image

PIXEL = (
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b49444154789c63"
    "64f8ff1f00030301017f3d5d340000000049454e44ae426082"
)
TEXT = "a loss that falls"

image = Image(bytes.fromhex(PIXEL), format="png", alt=TEXT)
data, metadata = DisplayFormatter().format(image)
seen = {}
for own in (False, True):
    if own:
        data = {"text/html": f'<img alt="{TEXT}" src="data:image/png;base64,{data["image/png"]}">'}
        metadata = {}
    output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    cell = nbformat.v4.new_code_cell("loss", outputs=[output])
    notebook = nbformat.v4.new_notebook(cells=[cell])
    for template in ("lab", "classic", "basic"):
        html, _ = nbconvert.HTMLExporter(template_name=template).from_notebook_node(notebook)
        seen[template, own] = re.search(r'<img[^>]*alt="([^"]*)"', html)[1]
print(nbconvert.__version__, seen)
lost = seen.pop(("lab", False))
assert lost == "No description has been provided for this image", "the behaviour has changed"
assert set(seen.values()) == {TEXT}, "the behaviour has changed"
PYTHON
