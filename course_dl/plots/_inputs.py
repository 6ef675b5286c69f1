"""Tensors, arrays and lists as numpy arrays of a known shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

__all__ = ["as_array", "as_points", "named"]


def as_array(
    values: Any, name: str, ndim: int | None = None, *, finite: bool = False
) -> np.ndarray:
    """Numbers as a float64 array, whatever their kind, dtype, device and gradient.

    Raises
    ------
    TypeError
        If ``values`` are not numbers.
    ValueError
        If there are none, if they have not ``ndim`` dimensions, or, with ``finite``, if one is NaN
        or infinite.
    """
    if isinstance(values, (list, tuple)):
        values = [v.tolist() if isinstance(v, torch.Tensor) else v for v in values]
    try:
        if isinstance(values, torch.Tensor):
            array = values.detach().to("cpu", torch.float64).numpy()
        else:
            array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{name}: expected a tensor, an array or a list of numbers, got {values!r:.80}"
        ) from error
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name}: expected {ndim} dimension(s), got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name}: there is nothing to draw, shape {array.shape}")
    if finite and not np.isfinite(array).all():
        raise ValueError(f"{name}: contains NaN or infinite values")
    return array


def as_points(X: Any, d: Any = None) -> tuple[np.ndarray, np.ndarray | None]:
    """Samples (N, 2) and, if given, their labels (N,)."""
    points = as_array(X, "X", 2, finite=True)
    if points.shape[1] != 2:
        raise ValueError(
            f"X: expected points of the plane, shape (N, 2), got {points.shape}; "
            "leave out the column of ones, or choose two features"
        )
    if d is None:
        return points, None
    labels = as_array(d, "d", finite=True)
    if labels.shape not in ((len(points),), (len(points), 1)):
        raise ValueError(
            f"d: expected a label for each of the {len(points)} samples, "
            f"shape ({len(points)},), got {labels.shape}"
        )
    return points, labels.reshape(-1)


def named(series: Any) -> dict[str, Any]:
    """``{label: series}`` of one series or several; the label of a single one is empty."""
    if not isinstance(series, Mapping):
        return {"": series}
    if not series:
        raise ValueError("there is nothing to draw: the mapping {label: values} is empty")
    return {str(label): values for label, values in series.items()}
