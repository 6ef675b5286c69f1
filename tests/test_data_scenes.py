"""Scenes: digits of MNIST on Gaussian textures, with label maps."""

from __future__ import annotations

import importlib

import pytest
import torch
from torch import Tensor

from course_dl.data import ImageSet, mnist, scenes
from course_dl.data.scenes import CONTRAST, GREY, MEAN, STD, _textures

# Its name in course_dl.data is that of the function.
MODULE = importlib.import_module("course_dl.data.scenes")


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def some() -> ImageSet:
    return scenes("test", 300, generator=seeded())


@pytest.mark.parametrize("size", [28, (28, 40), (50, 31)])
def test_scenes_are_images_of_any_size_with_a_class_for_every_pixel(
    size: int | tuple[int, int],
) -> None:
    made = scenes("test", 7, size, generator=seeded())
    height, width = size if isinstance(size, tuple) else (size, size)
    X, d = made.tensors()
    assert X.shape == (7, 1, height, width) and d.shape == (7, height, width)
    assert made.has_maps and made.classes == ("background", *"0123456789")
    assert "digits from the MNIST test set" in made.source


def test_a_seed_decides_everything_and_the_global_generator_stays() -> None:
    before = torch.get_rng_state()
    first, again, other = (scenes("test", 5, generator=seeded(k)) for k in (1, 1, 2))
    assert torch.equal(first.images, again.images) and torch.equal(first.labels, again.labels)
    assert not torch.equal(first.images, other.images)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(1)
    scenes("test", 1)
    assert not torch.equal(torch.get_rng_state(), before)


def test_every_scene_has_one_to_three_digits_and_mostly_background(some: ImageSet) -> None:
    classes = [set(d.unique().tolist()) for d in some.labels]
    assert all(2 <= len(found) <= 4 and 0 in found for found in classes)
    assert {len(found) for found in classes} == {2, 3, 4}
    assert set().union(*classes) == set(range(11))
    assert 0.88 < (some.labels == 0).double().mean() < 0.94


def test_a_scene_with_one_digit_is_a_digit_of_the_split_moved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    digits = mnist("test")[:40]
    monkeypatch.setattr(MODULE, "mnist", lambda split, root: {"test": digits}[split])
    made = scenes("test", 60, generator=seeded())
    known = {
        (cut_out(ink), int(k) + 1)
        for ink, k in zip(digits.images > 127, digits.labels, strict=True)
    }
    maps = [d for d in made.labels if len(d.unique()) == 2]
    found = sum((cut_out(d > 0), int(d.max())) in known for d in maps)
    assert found > 0.7 * len(maps) > 5  # the rest have two digits of one class


def cut_out(ink: Tensor) -> tuple[tuple[bool, ...], ...]:
    """The smallest rectangle around the ink."""
    rows, columns = (ink.any(axis).nonzero()[:, 0] for axis in (1, 0))
    inside = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return tuple(map(tuple, inside.tolist()))


def test_digits_are_brighter_than_the_texture(some: ImageSet) -> None:
    pixels = some.images.double() / 255
    on, off = pixels[some.labels > 0], pixels[some.labels == 0]
    assert on.mean() > 0.75 and abs(off.mean() - GREY) < 0.02


def test_digits_lie_everywhere_in_the_image(some: ImageSet) -> None:
    reached = (some.labels > 0).any(0)
    assert reached[12:-12, 12:-12].all()
    assert reached.any(0)[6:-6].all() and reached.any(1)[6:-6].all()


def test_standardized_scenes_have_mean_0_and_deviation_1(some: ImageSet) -> None:
    X, _ = some.tensors()
    assert (some.mean, some.std) == (MEAN, STD)
    assert abs(X.mean().item()) < 0.05 and abs(X.std().item() - 1) < 0.05


@pytest.mark.parametrize(("height", "width"), [(48, 48), (29, 40)])
def test_textures_have_their_mean_and_deviation_at_every_pixel_and_are_no_white_noise(
    height: int, width: int
) -> None:
    X = _textures(600, height, width, seeded())
    assert X.shape == (600, height, width)
    assert (X.mean(0) - GREY).abs().max() < 5 * CONTRAST / 600**0.5
    assert (X.std(0) / CONTRAST - 1).abs().max() < 0.2
    Z = X - GREY
    beside, below = ((Z * Z.roll(1, axis)).mean() / Z.square().mean() for axis in (1, 2))
    assert 0.5 < beside < 0.98 and abs(beside - below) < 0.05


def test_more_scenes_are_the_same_scenes_and_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "AT_ONCE", 4)
    few, many = (scenes("test", n, generator=seeded()) for n in (8, 11))
    assert torch.equal(many.images[:8], few.images) and torch.equal(many.labels[:8], few.labels)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"n": 0}, "n must be at least 1"), ({"size": 27}, "size must be at least 28"),
     ({"size": (48, 20)}, "size must be at least 28"), ({"split": "val"}, "split must be")],
)  # fmt: skip
def test_scenes_that_cannot_be_are_told(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        scenes(**arguments)  # type: ignore[arg-type]
