"""What common errors of torch mean: for a student who meets one of them for the first time.

A sentence says what holds wherever this error comes up, and what to use instead.
"""

from __future__ import annotations

import re

from course_dl.calls.backend import StudentError

__all__ = ["meaning"]

MEANINGS = [
    (
        "RuntimeError",
        "Boolean value of Tensor with more than one value is ambiguous",
        "Python's if, and, or, min and max ask for one truth value, and here they meet a whole "
        "tensor: torch.where, &, |, torch.minimum, torch.maximum and clamp go entry by entry.",
    ),
    (
        "RuntimeError",
        "modified by an inplace operation",
        "You write into a tensor that the gradient still needs (as x[i] = ... and x /= ... do): "
        "make new tensors, and join them with torch.stack or torch.cat.",
    ),
    (
        "RuntimeError",
        "a leaf Variable that requires grad is being used in an in-place operation",
        "You write into a tensor that asks for a gradient (as x += ... does): make a new one, "
        "x = x + ..., or step under torch.no_grad().",
    ),
    (
        "RuntimeError|ValueError",
        "only one element tensors can be converted|cannot be converted to Scalar",
        "float(), int(), .item() and the functions of math take a single number, and here they "
        "meet a whole tensor: torch has such functions for tensors, torch.exp for math.exp.",
    ),
    (
        "RuntimeError",
        r"Can't call numpy\(\) on Tensor that requires grad",
        "numpy knows nothing of gradients: compute with torch, whose functions do the same.",
    ),
    (
        "TypeError",
        r"torch\.return_types\.(max|min)",
        "max(dim=...) and min(dim=...) give two things, values and indices: take .values, or amax "
        "and amin, which give the values alone.",
    ),
    (
        "TypeError",
        r"(maximum|minimum)\(\): argument 'other' .* must be Tensor",
        "torch.maximum and torch.minimum compare two tensors; with a number, clamp does it.",
    ),
    (
        "RuntimeError",
        "have the same dtype|expected scalar type|must have the same dtype|same dtype, but got",
        "Tensors of two dtypes meet in one operation: what torch.zeros, torch.ones or torch.tensor "
        "makes of floats is float32 unless it is told otherwise, by dtype=x.dtype say.",
    ),
    (
        "RuntimeError",
        "shapes cannot be multiplied|inconsistent tensor size|size mismatch",
        "In A @ B, A must have as many columns as B has rows; what goes into nn.Linear, as many "
        "columns as the layer has inputs. Print the shapes.",
    ),
    (
        "RuntimeError",
        r"shape '\[.*\]' is invalid for input of size",
        "reshape and view keep all numbers: the sizes asked for must multiply to how many there "
        "are. Print the shape of what you reshape.",
    ),
    (
        "TypeError",
        r"expected Tensor as element \d+ in argument 0, but got (float|int)",
        "torch.stack and torch.cat join tensors, and here they meet Python's numbers: torch.tensor "
        "makes one tensor of a list of them.",
    ),
    (
        "RuntimeError|NotImplementedError|TypeError",
        r"(\b(arg|cum)?(max|min)|\b[gl][te]_|[Ss]ort|topk|median|clamp|[<>]).*[Cc]omplex",
        "Complex numbers have no order, so none of them is the largest: take their real parts, or "
        "a function whose results are real, as torch.linalg.eigvalsh for symmetric matrices.",
    ),
    (
        "RuntimeError",
        "does not require grad and does not have a grad_fn",
        "Autograd does not know how this tensor was made: nothing that it comes from asks for a "
        "gradient (requires_grad), or the graph was cut on the way (detach, no_grad, numpy).",
    ),
]


def meaning(error: StudentError) -> str | None:
    """The sentence for this error, if it is one of the common ones."""
    for kinds, pattern, sentence in MEANINGS:
        if re.fullmatch(kinds, error.kind) and re.search(pattern, error.message):
            return sentence
    return None
