"""Right answers of lab 99, written as differently as students write."""

import numpy as np
import torch


def center__loop_over_features(X):
    columns = []
    for k in range(X.shape[1]):
        column = X[:, k]
        columns.append(column - sum(column) / len(column))
    return torch.stack(columns, dim=1)


def center__numpy(X):
    x = X.numpy()
    return torch.from_numpy(x - np.mean(x, axis=0, keepdims=True))


def center__matrix_product(X):
    n = len(X)
    return (torch.eye(n, dtype=X.dtype) - torch.ones(n, n, dtype=X.dtype) / n) @ X


def center__own_copy(X):
    Y = X.clone()
    Y -= Y.mean(0)
    return Y
