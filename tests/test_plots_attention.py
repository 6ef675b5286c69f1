"""Pictures of attention: what lies where, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from course_dl import plots

IMAGE = torch.rand(1, 8, 8, generator=torch.Generator().manual_seed(0))
EVEN = torch.full((2, 3, 4, 4), 0.25)  # two blocks, three heads, four patches


def overlays(figure: Figure) -> list[np.ndarray]:
    """The coloured layers, in the order of the axes."""
    layers = [ax.images[1].get_array() for ax in figure.axes if len(ax.images) == 2]
    return [np.asarray(layer) for layer in layers]


def test_an_attention_map_shows_a_row_of_weights_for_each_head_and_their_mean() -> None:
    weights = EVEN.clone()
    weights[1, 0, 2] = torch.tensor([0.7, 0.1, 0.2, 0.0])
    shown = overlays(plots.attention_map(IMAGE, weights, 2))
    assert len(shown) == 2 * (3 + 1)
    np.testing.assert_allclose(shown[4], [[0.7, 0.1], [0.2, 0.0]], rtol=1e-6)
    np.testing.assert_allclose(shown[7], [[0.4, 0.2], [0.7 / 3, 0.5 / 3]], rtol=1e-6)
    assert len(overlays(plots.attention_map(IMAGE, weights[0], 0))) == 4


def test_similarities_are_cosines_without_the_common_part() -> None:
    positions = torch.tensor([[1.0, 0], [-1, 0], [0, 1], [0, -1]]) + 100
    ax = plots.position_similarities(positions).axes[0]
    maps = [np.asarray(image.get_array()) for image in ax.images]
    np.testing.assert_allclose(maps[0], [[1, -1], [0, 0]], atol=1e-12)
    np.testing.assert_allclose(maps[3], [[0, 0], [-1, 1]], atol=1e-12)


def test_surprise_lies_on_its_patches_and_its_sum_below() -> None:
    nats = torch.tensor([[0.0, 1, 2, 3.25], [0, 0, 0.5, 0]])
    figure = plots.surprise_maps(torch.stack([IMAGE, IMAGE]), nats)
    np.testing.assert_allclose(overlays(figure), nats.view(2, 2, 2))
    assert [ax.get_xlabel() for ax in figure.axes if ax.get_xlabel()] == ["6.2", "0.5"]


def test_animated_images_stand_in_rows() -> None:
    frames = torch.arange(3.0)[:, None, None, None].expand(3, 5, 4, 4) / 2
    animation = plots.animate_images(frames, columns=3)
    sheet = np.asarray(animation.still.axes[0].images[0].get_array())
    assert sheet.shape == (2 * 4 + 1, 3 * 4 + 2)
    assert np.isnan(sheet[5:, 10:]).all() and (sheet[:4, :4] == 1).all()
    assert animation.still.axes[0].get_title() == "2 of 2" and "<img" in animation.to_html()


BAD: list[tuple[Callable[[], object], str]] = [
    (lambda: plots.attention_map(IMAGE, EVEN[0, 0], 0), r"\(heads, T, T\)"),
    (lambda: plots.attention_map(IMAGE, torch.ones(1, 5, 5), 0), "is one of them a class"),
    (lambda: plots.attention_map(IMAGE, EVEN, 4), "number of a patch, 0 to 3, got 4"),
    (lambda: plots.attention_map(torch.rand(3, 8, 8), EVEN, 0), "a grey image"),
    (lambda: plots.position_similarities(torch.ones(6, 2)), "6 square patches"),
    (lambda: plots.position_similarities(torch.ones(6, 2), grid=(2, 2)), "2 x 2 places"),
    (lambda: plots.surprise_maps(IMAGE, -torch.ones(1, 4)), "the least being -1"),
    (lambda: plots.surprise_maps(IMAGE, torch.ones(2, 4)), "each of the 1 images"),
    (lambda: plots.animate_images(torch.ones(2, 1, 4, 4), titles=["one"]), "titles: expected 2"),
    (lambda: plots.animate_images(torch.ones(2, 1, 4, 4), columns=0), "at least 1"),
]


@pytest.mark.parametrize(("call", "words"), BAD)
def test_what_cannot_be_drawn_is_told(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
