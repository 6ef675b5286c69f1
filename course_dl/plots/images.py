"""Images in a grid: digits with their labels, weights, filters, feature maps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from course_dl.plots._inputs import as_array
from course_dl.plots._mosaic import Caption, captions_of, channel_mosaic, mosaic
from course_dl.plots._style import (
    DIVERGING,
    SEQUENTIAL,
    Canvas,
    canvas,
    styled,
)

__all__ = ["feature_maps", "filter_responses", "filters", "image_grid", "weights_as_images"]


@styled
def image_grid(
    images: Any,
    labels: Any = None,
    predictions: Any = None,
    *,
    classes: Sequence[str] | None = None,
    shape: Sequence[int] | None = None,
    limits: tuple[float, float] | None = None,
    columns: int | None = None,
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """Images with their labels; with predictions, the wrong ones are framed and say both.

    Parameters
    ----------
    images : (N, H, W) or (N, 1, H, W) grey, (N, 3, H, W) or (N, H, W, 3) in colour, or rows of
        numbers. An image grid is for tens of images, not for thousands.
    labels, predictions : (N,) classes 0..K-1.
    classes : the names of the classes; their numbers without them.
    shape : (H, W) or (3, H, W) of the images in rows; square without it.
    limits : the values of black and white, such as (0, 1); what lies beyond is cut. Without it,
        the least and the largest value of all images.
    columns : images a row; as many as the captions allow without it.
    """
    pictures = as_images(images, shape=shape)
    truth, guess = (
        None if given is None else class_names(given, len(pictures), classes, name)
        for given, name in ((labels, "labels"), (predictions, "predictions"))
    )
    captions: list[Caption] = []
    for k in range(len(pictures)):
        if guess is None:
            captions.append(Caption(truth[k] if truth else ""))
        elif truth is None:
            captions.append(Caption(guess[k]))
        elif truth[k] == guess[k]:
            captions.append(Caption(f"\N{CHECK MARK} {truth[k]}"))
        else:
            captions.append(Caption(f"\N{BALLOT X} {guess[k]}\nis {truth[k]}", wrong=True))
    low, high = (pictures.min(), pictures.max()) if limits is None else limits
    if not low <= high:
        raise ValueError(f"limits: expected the values of black and of white, got {limits}")
    scale = Normalize(low, high, clip=True)
    return mosaic(pictures, captions, columns, title, figure, scale, "gray")


@styled
def weights_as_images(
    W: Any,
    *,
    shape: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
    columns: int | None = None,
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """Weights of neurons as images of the pixels that they look at; 0 is white.

    Of colour images, each neuron has a row, and a picture for each channel.

    Parameters
    ----------
    W : (M, P) weights without bias, one neuron a row, or (P,) of a single one.
    shape : (H, W) or (C, H, W) of the images; square without it, grey or of three channels.
    names : a caption for each neuron.
    columns : images a row, if they are grey.
    """
    weights = as_array(W, "W", finite=True)
    pictures = rows_as_images(np.atleast_2d(weights), "W", shape)
    return channel_mosaic(pictures, "neuron", names, columns, title, figure)


@styled
def filters(
    w: Any,
    *,
    names: Sequence[str] | None = None,
    columns: int | None = None,
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """Kernels of a convolution; 0 is white. With several channels, a row is one filter.

    Parameters
    ----------
    w : (M, C, k, k) or (M, k, k).
    names : a caption for each filter.
    """
    kernels = as_array(w, "w", finite=True)
    if kernels.ndim not in (3, 4):
        raise ValueError(f"w: expected (M, C, k, k) or (M, k, k), got {kernels.shape}")
    pictures = kernels if kernels.ndim == 4 else kernels[:, None]
    return channel_mosaic(pictures, "filter", names, columns, title, figure, numbered=True)


@styled
def feature_maps(
    maps: Any,
    *,
    image: Any = None,
    names: Sequence[str] | None = None,
    columns: int | None = None,
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """What each filter of a layer makes of one image, on a common scale.

    Parameters
    ----------
    maps : (C, H', W') or (1, C, H', W') activations of one sample.
    image : (H, W), (1, H, W) or (3, H, W), the input, drawn first, on its own scale.
    """
    channels = as_array(maps, "maps", finite=True)
    if channels.ndim == 4 and len(channels) == 1:
        channels = channels[0]
    if channels.ndim != 3:
        raise ValueError(f"maps: expected those of one sample, (C, H, W), got {channels.shape}")
    scale = Normalize(channels.min(), channels.max())
    captions = captions_of(names, len(channels), numbered=True)
    first = None if image is None else one_image(image)
    return mosaic(
        channels, captions, columns, title, figure, scale, SEQUENTIAL, "activation", first
    )


@styled
def filter_responses(
    image: Any,
    kernels: Mapping[str, Any],
    responses: Mapping[str, Any],
    *,
    title: str | None = None,
    figure: Canvas | None = None,
) -> Figure:
    """Filters (edges, blurs) with their numbers, and what each makes of a picture.

    Parameters
    ----------
    image : (H, W), or (3, H, W) in colour.
    kernels : ``{name: (k, k)}``.
    responses : ``{name: (H', W')}``, same names.
    """
    if not kernels or set(kernels) != set(responses):
        raise ValueError(
            f"expected kernels and responses of the same names, "
            f"got {list(kernels)} and {list(responses)}"
        )
    picture = one_image(image)
    n = len(kernels)
    figure = canvas(figure, 2.1 * n if n > 3 else 2.3 * n)
    axes = figure.subplots(n, 3, squeeze=False)
    for ax in axes[1:, 0]:  # the image is the same for all
        ax.set_axis_off()
    axes[0, 0].imshow(picture if picture.ndim == 2 else Normalize()(picture), cmap="gray")
    axes[0, 0].set_title("image")
    for row, (name, kernel) in zip(axes, kernels.items(), strict=True):
        numbers = as_array(kernel, name, 2, finite=True)
        response = as_array(as_array(responses[name], name, finite=True).squeeze(), name, 2)
        top = abs(numbers).max() or 1.0
        row[1].imshow(numbers, cmap=DIVERGING, vmin=-top, vmax=top)
        if numbers.size <= 25:
            for (i, j), number in np.ndenumerate(numbers):
                dark = abs(number) > 0.6 * top
                row[1].text(
                    j,
                    i,
                    f"{number:.2g}",
                    ha="center",
                    va="center",
                    fontsize=9,
                    color="white" if dark else "black",
                )
        row[1].set_title(name)
        top = abs(response).max() or 1.0
        signed = response.min() < 0
        row[2].imshow(
            response, cmap=DIVERGING if signed else "gray", vmin=-top if signed else 0, vmax=top
        )
        row[2].set_title("response")
        for ax in row:
            ax.set(xticks=[], yticks=[])
    if title is not None:
        figure.suptitle(title)
    return figure.figure


def as_images(images: Any, name: str = "images", shape: Sequence[int] | None = None) -> np.ndarray:
    """(N, H, W), or (N, H, W, 3) for colours."""
    array = as_array(images, name, finite=True)
    if array.ndim == 2 and (shape is not None or _side(array.shape[1])):
        array = rows_as_images(array, name, shape)
    if array.ndim == 4 and array.shape[1] in (1, 3):
        array = np.moveaxis(array, 1, -1)
    if array.ndim == 4 and array.shape[3] in (1, 3):
        return array[..., 0] if array.shape[3] == 1 else array
    if array.ndim == 3:
        return array
    raise ValueError(
        f"{name}: expected (N, H, W), (N, 1, H, W), (N, 3, H, W) or rows of square images, "
        f"(N, P * P) or (N, 3 * P * P), got {array.shape}"
    )


def one_image(image: Any) -> np.ndarray:
    """(H, W), or (H, W, 3) for colours."""
    picture: np.ndarray = as_images(as_array(image, "image").squeeze()[None], "image")[0]
    return picture


def rows_as_images(rows: np.ndarray, name: str, shape: Sequence[int] | None) -> np.ndarray:
    """(N, C, H, W) of rows (N, C * H * W); square without a shape, of one channel or of three."""
    if rows.ndim != 2:
        raise ValueError(f"{name}: expected one row each, (N, P), got {rows.shape}")
    P = rows.shape[1]
    if shape is None:
        side = _side(P)
        if not side:
            raise ValueError(
                f"{name}: expected square images, (N, P * P) or (N, 3 * P * P), got {rows.shape}; "
                "of others, give shape=(H, W) or (C, H, W)"
            )
        shape = (P // side**2, side, side)
    if len(shape) not in (2, 3) or math.prod(shape) != P:
        raise ValueError(
            f"shape: {tuple(shape)} does not hold the {P} numbers of a row of {name}; "
            "expected (H, W) or (C, H, W)"
        )
    return rows.reshape(len(rows), *((1, *shape) if len(shape) == 2 else shape))


def _side(P: int) -> int:
    """The side of a square image of P numbers, grey or in colour; 0 if it is none."""
    for channels in (1, 3):
        side = math.isqrt(P // channels)
        if channels * side * side == P:
            return side
    return 0


def class_names(given: Any, n: int, classes: Sequence[str] | None, name: str) -> list[str]:
    numbers = as_array(given, name, 1, finite=True)
    if len(numbers) != n:
        raise ValueError(f"{name}: expected one for each of the {n} images, got {len(numbers)}")
    if classes is None:
        return [f"{k:g}" for k in numbers]
    if numbers.min() < 0 or numbers.max() >= len(classes):
        raise ValueError(
            f"{name}: expected classes 0 to {len(classes) - 1}, "
            f"got {numbers.min():g} to {numbers.max():g}"
        )
    return [str(classes[int(k)]) for k in numbers]
