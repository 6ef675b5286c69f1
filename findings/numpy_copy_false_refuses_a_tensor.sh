#!/usr/bin/env bash
# torch 2.14.1, numpy 2.4.6. np.asarray(t) of a CPU tensor makes no copy: array and tensor share their
# memory. Who asks for just that, np.asarray(t, copy=False), is refused: "Unable to avoid copy". The
# tensor's __array__ takes no copy argument, so numpy cannot ask, and assumes a copy. For the same reason
# np.array(t), and matplotlib's imshow(t), end in a DeprecationWarning; t.numpy() avoids all of it.
# Seen here: True, then "ValueError", then "DeprecationWarning", then True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.14.1 numpy==2.4.6
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import warnings

import numpy as np
import torch

t = torch.zeros(3)
seen = [np.shares_memory(np.asarray(t), t.numpy())]
try:
    np.asarray(t, copy=False)
    seen.append("no error")
except Exception as error:
    seen.append(type(error).__name__)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    np.array(t)
seen += [warning.category.__name__ for warning in caught]
seen.append(np.shares_memory(np.asarray(t.numpy(), copy=False), t.numpy()))
print(torch.__version__, np.__version__, *seen)
assert seen == [True, "ValueError", "DeprecationWarning", True], "the behaviour has changed"
PYTHON
