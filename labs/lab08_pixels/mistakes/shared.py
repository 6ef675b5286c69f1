"""What is said of wrong answers of several exercises."""

from __future__ import annotations

ONE_HOT = (
    "one_hot puts the classes at the end, (N, H, W, K): bring them to axis 1 before you multiply, "
    ".permute(0, 3, 1, 2)."
)
