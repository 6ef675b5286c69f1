"""A process in which PyTorch records no graph: for gradients that are written by hand."""

from __future__ import annotations

import ctypes
import warnings

import torch
from torch.library import fallthrough_kernel

__all__ = ["remove_autograd"]


def remove_autograd() -> None:
    """Take autograd out of this process for good: no operation records anything from here on.

    Every operation has a kernel that records and hands on to the one that computes. Each of the
    former is replaced by nothing, so that ``grad_fn`` is always None, whichever way the operation
    is reached: functions, methods, ``torch.ops``, TorchScript, other threads, forward-mode duals.
    """
    registry = torch._C._dispatch_library("IMPL", "aten", "Autograd", __file__, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in torch._C._dispatch_get_all_op_names():
            if name.startswith("aten::") and torch._C._dispatch_has_kernel_for_dispatch_key(
                name, "Autograd"
            ):
                registry.impl(name.removeprefix("aten::"), "Autograd", fallthrough_kernel)
    # The kernels would come back if the registry were let go of: it never is.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(registry))
