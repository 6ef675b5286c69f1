"""Argument checks that the chapters share; each error says what was expected and what came."""

from course_dl._arguments.numbers import check_count, check_positive, check_sizes, lookup
from course_dl._arguments.tensors import (
    check_batch,
    check_classes,
    check_finite,
    check_floating,
    check_same_shape,
    check_scores,
    check_signs,
    check_tensor,
    describe,
)

__all__ = [
    "check_batch",
    "check_classes",
    "check_count",
    "check_finite",
    "check_floating",
    "check_positive",
    "check_same_shape",
    "check_scores",
    "check_signs",
    "check_sizes",
    "check_tensor",
    "describe",
    "lookup",
]
