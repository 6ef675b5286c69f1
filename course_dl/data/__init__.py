"""Data of the labs: toy sets, MNIST and Fashion-MNIST, sets of images, codebooks, and batches."""

from __future__ import annotations

from course_dl.data.batches import Batches
from course_dl.data.codebook import Codebook, codebook
from course_dl.data.images import fashion_mnist, mnist
from course_dl.data.imageset import ImageSet
from course_dl.data.scenes import scenes
from course_dl.data.shapes import SHAPES, shapes
from course_dl.data.toy import (
    SEPARATOR,
    circles,
    gaussian_classes,
    gaussian_posterior,
    moons,
    noisy_regression,
    overlapping_clouds,
    regression_mean,
    separable_clouds,
    spirals,
    xor,
)

__all__ = [
    "SEPARATOR",
    "SHAPES",
    "Batches",
    "Codebook",
    "ImageSet",
    "circles",
    "codebook",
    "fashion_mnist",
    "gaussian_classes",
    "gaussian_posterior",
    "mnist",
    "moons",
    "noisy_regression",
    "overlapping_clouds",
    "regression_mean",
    "scenes",
    "separable_clouds",
    "shapes",
    "spirals",
    "xor",
]
