#!/usr/bin/env bash
# PyTorch 2.14.1: the first operation under any TorchDispatchMode of one's own imports PyTorch's
# compiler with SymPy, hundreds of modules that take a second or more. A subclass's
# __torch_dispatch__ is wrapped to keep the compiler out of it, and the wrapper imports the compiler
# to do so. A TorchFunctionMode imports nothing.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.14.1 numpy

"$work/venv/bin/python" - <<'PYTHON'
import sys
import time

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode


class Functions(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


class Operations(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


def imported(mode):
    before, started = set(sys.modules), time.perf_counter()
    with mode:
        torch.ones(2) + 1
    return set(sys.modules) - before, time.perf_counter() - started


print("torch", torch.__version__)
functions, _ = imported(Functions())
operations, seconds = imported(Operations())
again, _ = imported(Operations())
print("a function mode imports", len(functions), "modules")
print(f"a dispatch mode imports {len(operations)} modules in {seconds:.1f} s")
assert not functions and not again
assert len(operations) > 300 and {"sympy", "torch._dynamo"} <= operations
PYTHON
