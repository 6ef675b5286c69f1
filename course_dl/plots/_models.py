"""The outputs of any kind of model for points, as labels or probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from course_dl.plots._inputs import as_array

__all__ = ["class_probabilities", "outputs"]


def class_probabilities(
    predict: Any, points: np.ndarray, like: Any, labels: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Probabilities (N, K), the labels of their columns, and whether only labels were given."""
    output = outputs(predict, points, like)
    if output.ndim == 2 and output.shape[1] == 1:
        output = output[:, 0]
    if len(output) != len(points) or output.ndim not in (1, 2):
        raise ValueError(
            f"predict: expected ({len(points)},) or ({len(points)}, K) for points "
            f"{points.shape}, got shape {output.shape}"
        )
    if not np.isfinite(output).all():
        raise ValueError("predict: gives NaN or infinite values")
    if output.ndim == 2:
        classes = np.arange(output.shape[1])
        if labels is not None and not np.isin(labels, classes).all():
            raise ValueError(
                f"d: expected classes 0 to {len(classes) - 1} for scores of "
                f"{len(classes)} classes, got {labels.tolist()}"
            )
        if (output >= 0).all() and np.allclose(output.sum(1), 1, atol=1e-4):
            return output, classes, False
        return torch.from_numpy(output).softmax(1).numpy(), classes, False
    if labels is not None and (np.isin(output, labels).all() or is_labels(output, len(labels))):
        classes = np.union1d(labels, output)
        return (output[:, None] == classes).astype(float), classes, True
    classes = np.array([0, 1]) if labels is None else labels
    if len(classes) == 1:
        classes = np.array([-1.0, 1.0] if abs(classes[0]) == 1 else [0.0, 1.0])
    if len(classes) != 2:
        raise ValueError(
            f"predict: one score a point tells two classes apart, but d has "
            f"{len(classes)}: {classes.tolist()}"
        )
    if ((output >= 0) & (output <= 1)).all():
        positive = output
    else:
        positive = torch.from_numpy(output).sigmoid().numpy()
    return np.stack([1 - positive, positive], axis=1), classes, False


def is_labels(output: np.ndarray, n_classes: int) -> bool:
    return n_classes > 2 and bool((output == np.round(output)).all())


def outputs(predict: Any, points: np.ndarray, like: Any) -> np.ndarray:
    """The output of ``predict`` for points; a module runs in evaluation mode, restored after."""
    dtype = like.dtype if isinstance(like, torch.Tensor) and like.is_floating_point() else None
    batch = torch.tensor(points, dtype=dtype or torch.float32)
    with torch.no_grad():
        if isinstance(predict, nn.Module):
            modes = {module: module.training for module in predict.modules()}
            first = next(predict.parameters(), batch)
            predict.eval()
            try:
                result = predict(batch.to(first))
            finally:
                for module, mode in modes.items():
                    module.training = mode
        else:
            # Scores, where an object has them, give a smoother boundary than labels.
            function = getattr(predict, "decision_function", getattr(predict, "predict", predict))
            if not callable(function):
                raise TypeError(
                    "predict: expected a module, an object with .predict or a "
                    f"function, got {type(predict).__name__}"
                )
            result = function(batch)
    return as_array(result, "predict")
