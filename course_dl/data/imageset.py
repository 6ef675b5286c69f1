"""A set of labelled images held in memory."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor
from torch.utils.data import Dataset

from course_dl._arguments import check_tensor, describe

__all__ = ["ImageSet"]

_NAMED = 12  # classes that are named by ``repr``


@dataclass(frozen=True, eq=False, repr=False)
class ImageSet(Dataset[tuple[Tensor, "Tensor | int"]]):
    """Images with a class each, or with a class for every pixel, and where they come from.

    A dataset of PyTorch, for ``DataLoader(images, batch_size=128)`` and the like: ``images[i]`` is
    a pair (x, d), ``x (C, H, W)`` float32, standardized, ``d`` a class, or a label map (H, W).
    ``images[a:b]`` and ``images[[i, j, k]]`` are smaller sets. All at once, `tensors` gives much
    faster.

    Parameters
    ----------
    images : (N, H, W) uint8, grey values 0 to 255; or (N, C, H, W), C = 3 for colours.
    labels : (N,) int64, classes ``0..K-1``; or label maps (N, H, W), int64 or uint8.
    classes : K names.
    source : where the images come from, in words.
    mean, std : of the pixels of the full training set, in [0, 1]; a number, or one for each of the
        C channels. The images are standardized by them.
    root : the folder that was read, as ``torchvision.datasets`` takes it.

    Raises
    ------
    TypeError, ValueError
        If images and labels are not such tensors, or do not fit together.
    """

    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    source: str
    mean: float | Sequence[float] = 0.0
    std: float | Sequence[float] = 1.0
    root: Path | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(map(str, self.classes)))
        _check_images(self.images)
        _check_labels(self.labels, self.images, len(self.classes))
        for name, values in (("mean", self.mean), ("std", self.std)):
            if not isinstance(values, (int, float)) and len(values) != self.channels:
                raise ValueError(
                    f"{name} must be a number, or one for each of the {self.channels} channels, "
                    f"got {values!r}"
                )
        if not bool((torch.as_tensor(self.std) > 0).all()):
            raise ValueError(f"std must be above 0, got {self.std!r}")

    @property
    def channels(self) -> int:
        """1 for grey images, 3 for colours."""
        return 1 if self.images.ndim == 3 else self.images.shape[1]

    @property
    def has_maps(self) -> bool:
        """Whether every pixel has a class, and not the image as a whole."""
        return self.labels.ndim == 3

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._take(torch.arange(*index.indices(len(self))))
        if isinstance(index, list) or getattr(index, "ndim", 0) == 1:
            return self._take(torch.as_tensor(index, device=self.images.device))
        try:
            i = operator.index(index)
        except TypeError:
            raise TypeError(
                "an image set is asked for by a number, a slice or a list of numbers, "
                f"got {index!r}"
            ) from None
        if not -len(self) <= i < len(self):
            raise IndexError(f"there are {len(self):,} images, and no image {i}")
        x, d = self._scaled(self.images[i, None])[0], self.labels[i]
        return x, d.long() if self.has_maps else int(d)

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.images.shape[1:]))
        names = ", ".join(self.classes[:_NAMED]) + (", ..." if len(self.classes) > _NAMED else "")
        maps = " of pixels" if self.has_maps else ""
        return (
            f"ImageSet({len(self):,} images of {size}, {len(self.classes)} classes{maps} "
            f"({names}); {self.source})"
        )

    def tensors(
        self, *, flat: bool | None = None, standardize: bool = True
    ) -> tuple[Tensor, Tensor]:
        """Images and labels as a network is trained on them.

        Parameters
        ----------
        flat : whether an image is a row of numbers, as for a multilayer perceptron. By default it
            is one if it is grey and has one class, and stays an image if it is in colour, or has a
            class for every pixel.
        standardize : whether to subtract ``mean`` and divide by ``std``.

        Returns
        -------
        X : (N, C, H, W) float32, or (N, C H W) if flat; (N, 784) by default for MNIST. Pixels in
            [0, 1], or ``(pixel - mean) / std`` if ``standardize``.
        labels : (N,) or (N, H, W) int64.
        """
        X = self._scaled(self.images, standardize)
        if flat is None:
            flat = self.channels == 1 and not self.has_maps
        return X.flatten(1) if flat else X, self.labels.long()

    def subset(self, n: int, *, generator: Generator | None = None) -> ImageSet:
        """``n`` images chosen at random, equally many of each class as far as possible.

        The first images of a subset are balanced in the same way. Images with label maps have no
        class as a whole, and are chosen at random alone.
        """
        if not 1 <= n <= len(self):
            raise ValueError(f"n must be 1 to {len(self):,}, the images there are, got {n}")
        order = torch.randperm(len(self), generator=generator)
        if self.has_maps:
            return self._take(order[:n])
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
        if self.has_maps:
            raise ValueError(
                "only chooses images by their class, and these have a class for every pixel: "
                "choose by index, as in images[[0, 3, 4]]"
            )
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

    def _scaled(self, images: Tensor, standardize: bool = True) -> Tensor:
        """(N, C, H, W) float32 of bytes."""
        X = images.unsqueeze(1) if images.ndim == 3 else images
        X = X.to(torch.float32, memory_format=torch.contiguous_format).div_(255)
        if standardize:
            X.sub_(_by_channel(self.mean, X)).div_(_by_channel(self.std, X))
        return X

    def _class_number(self, c: int | str) -> int:
        if isinstance(c, str) and c in self.classes:
            return self.classes.index(c)
        if isinstance(c, int) and 0 <= c < len(self.classes):
            return c
        raise ValueError(
            f"classes must be numbers 0 to {len(self.classes) - 1} or names out of "
            f"{', '.join(self.classes)}; got {c!r}"
        )


def _check_images(images: Tensor) -> None:
    check_tensor(images, "images")
    shape = tuple(images.shape)
    advice = ""
    if images.is_floating_point():
        advice = ": (255 * images).round().to(torch.uint8) makes bytes of numbers in [0, 1]"
    elif images.ndim == 4 and shape[1] > 4 >= shape[3]:
        advice = ": images.permute(0, 3, 1, 2) puts the channels, which are last here, first"
    if advice or images.dtype != torch.uint8 or images.ndim not in (3, 4) or 0 in shape[1:]:
        raise ValueError(
            "images must be a uint8 tensor of shape (N, height, width), or (N, channels, height, "
            f"width), got {describe(images)}{advice}"
        )


def _check_labels(labels: Tensor, images: Tensor, n_classes: int) -> None:
    check_tensor(labels, "labels")
    N, *_, height, width = images.shape
    whole = labels.dtype == torch.int64 and labels.shape == (N,)
    maps = labels.dtype in (torch.int64, torch.uint8) and labels.shape == (N, height, width)
    if not whole and not maps:
        raise ValueError(
            f"labels must be an int64 tensor of shape ({N},), one class an image, or of shape "
            f"({N}, {height}, {width}), one a pixel, got {describe(labels)}"
        )
    if labels.device != images.device:
        raise ValueError(
            f"images lie on {images.device} and labels on {labels.device}: move one to the other"
        )
    least, most = (int(labels.min()), int(labels.max())) if N else (0, 0)
    if not 0 <= least <= most < max(n_classes, 1):
        raise ValueError(
            f"labels must be classes 0 to {n_classes - 1}, as many as have names, "
            f"got {least} to {most}"
        )


def _by_channel(values: float | Sequence[float], X: Tensor) -> Any:
    """A number as it is, numbers as (C, 1, 1)."""
    if isinstance(values, (int, float)):
        return values
    return torch.as_tensor(values, dtype=X.dtype, device=X.device).view(-1, 1, 1)
