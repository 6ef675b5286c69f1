# Runs in: server, child
"""A process in which PyTorch records no graph: for gradients that are written by hand.

What PyTorch knows of derivatives stands in two places: the kernels of autograd, and the formulas
by which TorchScript's compiler differentiates a graph. Both are taken out for good.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import re
import warnings
from typing import Any

import torch
from torch.library import fallthrough_kernel

from course_dl.grading.sandbox.server.blocked import block_modules

__all__ = ["has_autograd", "remove_autograd"]

_KEYS = ("Autograd", "AutogradNestedTensor")
_COMPILER = re.compile(
    "_jit_(differentiate|pass|set|script|override|interpret)|_debug_set_autodiff"
    "|_create_(function|graph|method|module|object)|_?import_ir|parse_ir"
)
_METHODS = {
    "CompilationUnit": ("define", "create_function"),
    "ScriptModule": ("_define", "_create_method", "_create_method_from_trace"),
}
_ELSEWHERE = ("autograd", "casadi", "jax", "mindspore", "mxnet", "paddle", "tensorflow", "tinygrad")


def remove_autograd() -> None:
    """Take autograd out of this process for good: no operation records anything from here on."""
    _remove_kernels()
    _remove_compiler()
    # What is not here need not be hidden: torch itself asks whether it is.
    block_modules([name for name in _ELSEWHERE if importlib.util.find_spec(name)])


def has_autograd() -> bool:
    """Whether a product records how it came about."""
    with torch.enable_grad():
        leaf = torch.ones(1, requires_grad=True)
        return (leaf * leaf).requires_grad


def _remove_kernels() -> None:
    """Every operation has a kernel that records and hands on to the one that computes.

    Each of the former is replaced by nothing, so that ``grad_fn`` is always None, whichever way the
    operation is reached: functions, methods, ``torch.ops``, other threads, forward-mode duals.
    """
    has_kernel = torch._C._dispatch_has_kernel_for_dispatch_key
    spaces: dict[str, list[str]] = {}
    for operation in torch._C._dispatch_get_all_op_names():
        space, _, name = operation.partition("::")
        spaces.setdefault(space, []).append(name)
    for key in _KEYS:
        for space, names in spaces.items():
            registry = torch._C._dispatch_library("IMPL", space, key, __file__, 1)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for name in names:
                    if has_kernel(f"{space}::{name}", key):
                        registry.impl(name, key, fallthrough_kernel)
            _let_stay(registry)


def _let_stay(registry: Any) -> None:
    """Let what was registered outlive the object that would take it back when it is released.

    It becomes a plain object, which knows nothing of what it held. So nothing is left in Python by
    which the kernels could be brought back.
    """
    kind = ctypes.c_void_p.from_address(id(registry) + object.__basicsize__ - 8)
    kind.value = id(object)


def _remove_compiler() -> None:
    """Switch TorchScript off: functions stay as they are, and nothing compiles graphs."""
    torch.jit._state.disable()  # type: ignore[no-untyped-call]
    gone = [name for name in vars(torch._C) if _COMPILER.match(name)]
    functions = [vars(torch._C)[name] for name in gone]
    # Besides the module's own dictionary there is a copy, from which a second import is made.
    gc.unfreeze()
    known = {id(function) for function in functions}
    for place in gc.get_referrers(*functions):
        if type(place) is dict:
            for name in [name for name, value in place.items() if id(value) in known]:
                place[name] = _gone
    for name, methods in _METHODS.items():
        for method in methods:
            if hasattr(getattr(torch._C, name), method):  # they differ from version to version
                setattr(getattr(torch._C, name), method, _gone)


def _gone(*args: Any, **kwargs: Any) -> Any:
    raise RuntimeError("TorchScript is switched off in exercises without autograd")
