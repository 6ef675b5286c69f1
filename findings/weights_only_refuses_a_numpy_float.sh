#!/usr/bin/env bash
# torch 2.14.1, numpy 2.4.6. An optimizer takes a learning rate from np.logspace, since np.float64 is a
# float, and torch.save writes its state. torch.load, whose default is weights_only=True, refuses that
# very file: of numpy's numbers it knows none. The same learning rate in Adam or a scheduler's state does
# the same; float(lr) is read again.
# Seen here: True, then "UnpicklingError", then 0.1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.14.1 numpy==2.4.6
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import numpy as np
import torch

rate = np.logspace(-3, -1, 3)[-1]


def saved_and_loaded(lr):
    optimizer = torch.optim.SGD([torch.zeros(2, requires_grad=True)], lr=lr)
    torch.save(optimizer.state_dict(), "state.pt")
    try:
        return torch.load("state.pt")["param_groups"][0]["lr"]
    except Exception as error:
        return type(error).__name__


seen = [isinstance(rate, float), saved_and_loaded(rate), saved_and_loaded(float(rate))]
print(torch.__version__, np.__version__, *seen)
assert seen == [True, "UnpicklingError", 0.1], "the behaviour has changed"
PYTHON
