#!/usr/bin/env bash
# torch 2.14.1. One function, two derivatives: at x = 0, clamp(x, min=0) has slope 0, as relu has, and
# clamp(x, min=torch.zeros(())) has slope 0.5, as maximum(x, 0) has. The values agree everywhere.
# Seen here: 0.0 0.5 0.5 0.0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.14.1 numpy
"$work/venv/bin/python" - <<'PYTHON'
import torch

bound = torch.zeros(())


def slope(function):
    x = torch.zeros((), requires_grad=True)
    function(x).backward()
    return x.grad.item()


seen = [
    slope(lambda x: torch.clamp(x, min=0)),
    slope(lambda x: torch.clamp(x, min=bound)),
    slope(lambda x: torch.maximum(x, bound)),
    slope(torch.relu),
]
print(torch.__version__, *seen)
assert seen == [0.0, 0.5, 0.5, 0.0], "the behaviour has changed"
PYTHON
