"""A set of labelled images held in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Generator, Tensor

from course_dl._arguments import describe

__all__ = ["ImageSet"]


@dataclass(frozen=True, eq=False, repr=False)
class ImageSet:
    """Grey images with their classes, and where they come from.

    Parameters
    ----------
    images : (N, 28, 28) uint8, grey values 0 to 255.
    labels : (N,) int64, classes ``0..K-1``.
    classes : K names.
    source : where the images come from, in words.
    mean, std : of the pixels of the full training set, in [0, 1]; `tensors` standardizes by them.
    root : the folder that was read, as ``torchvision.datasets`` takes it.
    """

    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    source: str
    mean: float = 0.0
    std: float = 1.0
    root: Path | None = None

    def __post_init__(self) -> None:
        if self.images.dtype != torch.uint8 or self.images.ndim != 3:
            raise ValueError(
                "images must be a uint8 tensor of shape (N, height, width), "
                f"got {describe(self.images)}"
            )
        if self.labels.dtype != torch.int64 or self.labels.shape != self.images.shape[:1]:
            raise ValueError(
                f"labels must be an int64 tensor of shape ({len(self)},), "
                f"got {describe(self.labels)}"
            )
        if len(self) and not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            raise ValueError(f"labels must be classes 0 to {len(self.classes) - 1}")

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        height, width = self.images.shape[1:]
        return (
            f"ImageSet({len(self):,} images of {height} x {width}, {len(self.classes)} classes "
            f"({', '.join(self.classes)}); {self.source})"
        )

    def tensors(self, *, flat: bool = True, standardize: bool = True) -> tuple[Tensor, Tensor]:
        """Images and labels as a network is trained on them.

        Returns
        -------
        X : (N, 784) float32, or (N, 1, 28, 28) if not ``flat``. Pixels in [0, 1], or
            ``(pixel - mean) / std`` if ``standardize``.
        labels : (N,) int64.
        """
        X = self.images.float().div_(255)
        if standardize:
            X.sub_(self.mean).div_(self.std)
        return X.flatten(1) if flat else X.unsqueeze(1), self.labels

    def subset(self, n: int, *, generator: Generator | None = None) -> ImageSet:
        """``n`` images chosen at random, equally many of each class as far as possible.

        The first images of a subset are balanced in the same way.
        """
        if not 1 <= n <= len(self):
            raise ValueError(f"n must be 1 to {len(self):,}, the images there are, got {n}")
        order = torch.randperm(len(self), generator=generator)
        labels = self.labels[order]
        turn = torch.empty_like(order)  # the place of an image among those of its class
        for k in range(len(self.classes)):
            members = labels == k
            turn[members] = torch.arange(int(members.sum()))
        return self._take(order[turn.argsort(stable=True)[:n]])

    def only(self, classes: Iterable[int | str]) -> ImageSet:
        """The images of these classes (numbers or names), which become classes 0, 1, ... in turn.

        ``mnist().only([4, 9])`` has 4 as class 0 and 9 as class 1; the perceptron's labels are then
        ``2 * labels - 1``.
        """
        chosen = [self._class_number(c) for c in classes]
        if not chosen or len(set(chosen)) < len(chosen):
            raise ValueError(f"classes must be one or more different ones, got {classes!r}")
        number = torch.full((len(self.classes),), -1)
        number[chosen] = torch.arange(len(chosen))
        labels = number[self.labels]
        kept = (labels >= 0).nonzero().squeeze(1)
        return replace(
            self._take(kept), labels=labels[kept], classes=tuple(self.classes[k] for k in chosen)
        )

    def _take(self, index: Tensor) -> ImageSet:
        return replace(self, images=self.images[index], labels=self.labels[index])

    def _class_number(self, c: int | str) -> int:
        if isinstance(c, str) and c in self.classes:
            return self.classes.index(c)
        if isinstance(c, int) and 0 <= c < len(self.classes):
            return c
        raise ValueError(
            f"classes must be numbers 0 to {len(self.classes) - 1} or names out of "
            f"{', '.join(self.classes)}; got {c!r}"
        )
