"""Sets of images of any size, grey and in colour, with classes and with label maps."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset, random_split

from course_dl import MLP, evaluate, fit
from course_dl.data import SHAPES, Batches, ImageSet, mnist, shapes

MEAN, STD = (0.2, 0.4, 0.6), (0.1, 0.2, 0.3)


def random_bytes(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(256, shape, generator=generator, dtype=torch.uint8)


def grey(n: int = 12) -> ImageSet:
    return ImageSet(random_bytes(n, 5, 7), torch.arange(n) % 3, ("a", "b", "c"), "here", 0.3, 0.5)


def colour(n: int = 12) -> ImageSet:
    return ImageSet(random_bytes(n, 3, 5, 7), torch.arange(n) % 3, ("a", "b", "c"), "here",
                    MEAN, STD)  # fmt: skip


def scenes(n: int = 12, dtype: torch.dtype = torch.int64) -> ImageSet:
    X, d = shapes(n, (16, 24), generator=torch.Generator().manual_seed(0))
    return ImageSet((255 * X).clamp(0, 255).to(torch.uint8), d.to(dtype), SHAPES, "here")


SETS = {"grey": grey, "colour": colour, "scenes": scenes}
sets = pytest.mark.parametrize("make", SETS.values(), ids=SETS)


# All at once


def test_each_channel_has_its_own_mean_and_spread():
    images = colour()
    X, d = images.tensors()
    m, s = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))
    torch.testing.assert_close(X, (images.images / 255 - m) / s)
    assert X.dtype == torch.float32 and torch.equal(d, images.labels)


def test_one_mean_serves_for_all_channels():
    images = ImageSet(random_bytes(4, 3, 5, 7), torch.zeros(4).long(), ("a",), "here", 0.5, 0.25)
    torch.testing.assert_close(images.tensors()[0], (images.images / 255 - 0.5) / 0.25)


@pytest.mark.parametrize(
    ("make", "default", "flat"),
    [(grey, (12, 35), (12, 35)), (colour, (12, 3, 5, 7), (12, 105)),
     (scenes, (12, 3, 16, 24), (12, 1152))],
)  # fmt: skip
def test_grey_images_become_rows_and_others_stay_images_unless_asked(make, default, flat):
    assert make().tensors()[0].shape == default
    assert make().tensors(flat=True)[0].shape == flat
    X, C, sides = make().tensors(flat=False)[0], make().channels, make().images.shape[-2:]
    assert X.shape == (12, C, *sides)
    assert torch.equal(X.flatten(1), make().tensors(flat=True)[0])


def test_grey_images_may_have_their_channel():
    plain = grey()
    same = ImageSet(plain.images[:, None], plain.labels, plain.classes, "here", 0.3, 0.5)
    assert torch.equal(same.tensors()[0], plain.tensors()[0]) and same.channels == 1


def test_grey_label_maps_keep_their_images_for_a_network_of_convolutions():
    images = ImageSet(random_bytes(4, 5, 7), torch.zeros(4, 5, 7).long(), ("a",), "here")
    X, d = images.tensors()
    assert X.shape == (4, 1, 5, 7) and d.shape == (4, 5, 7)


def test_label_maps_of_bytes_stay_bytes_in_memory_and_are_int64_for_a_loss():
    images = scenes(dtype=torch.uint8)
    assert images.labels.dtype == torch.uint8
    assert images.tensors()[1].dtype == torch.int64 == images[0][1].dtype
    assert torch.equal(images.tensors()[1], scenes().labels)


def test_images_with_channels_last_in_memory_give_contiguous_tensors():
    permuted = random_bytes(4, 5, 7, 3).permute(0, 3, 1, 2)
    X, _ = ImageSet(permuted, torch.zeros(4).long(), ("a",), "here").tensors()
    assert X.is_contiguous()


# One by one, as a dataset of PyTorch


@sets
def test_an_item_is_an_image_and_its_label(make):
    images = make()
    X, d = images.tensors(flat=False)
    for i in (0, 3, -1, torch.tensor(2), np.int64(2)):
        x, label = images[i]
        assert torch.equal(x, X[int(i)])
        assert isinstance(label, torch.Tensor if images.has_maps else int)
        assert torch.equal(torch.as_tensor(label), d[int(i)])


@sets
def test_a_loader_gives_what_tensors_gives(make):
    images = make()
    X, d = images.tensors(flat=False)
    batches = list(DataLoader(images, batch_size=5))
    assert [len(x) for x, _ in batches] == [5, 5, 2]
    assert torch.equal(torch.cat([x for x, _ in batches]), X)
    labels = torch.cat([label for _, label in batches])
    assert labels.dtype == torch.int64 and torch.equal(labels, d)


def test_a_loader_with_workers_reads_the_set():
    (x, _), *_ = DataLoader(colour(), batch_size=4, num_workers=1)
    assert torch.equal(x, colour().tensors()[0][:4])


def test_a_loader_of_the_digits_is_evaluated_as_the_digits_are(monkeypatch):
    monkeypatch.delenv("COURSE_DL_DATA", raising=False)
    monkeypatch.setattr("course_dl.data.images._have", lambda *place: False)
    digits = mnist("test")[:300]
    x, d = next(iter(DataLoader(digits)))
    assert x.shape == (1, 1, 28, 28) and d.tolist() == digits.labels[:1].tolist()
    network = MLP([784, 10], generator=torch.Generator().manual_seed(0))
    assert evaluate(network, DataLoader(digits, batch_size=100)).loss == pytest.approx(
        evaluate(network, digits).loss, rel=1e-6
    )


def test_colour_and_label_maps_train_from_the_set_and_from_its_loader():
    images = scenes()
    for data in (images, DataLoader(images, batch_size=4)):
        torch.manual_seed(0)
        network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 1))
        history = fit(
            network, data, epochs=6, batch_size=4, loss=nn.CrossEntropyLoss(), progress=False,
            optimizer=torch.optim.Adam, lr=0.02,
        )  # fmt: skip
        assert history["loss"][-1] < 0.8 * history["loss"][0]


def test_pytorchs_own_tools_for_datasets_take_it():
    images = grey()
    assert isinstance(images, Dataset)
    assert [len(part) for part in random_split(images, [8, 4])] == [8, 4]
    assert torch.equal(Subset(images, [5])[0][0], images[5][0])
    assert len(ConcatDataset([images, images])) == len(images + images) == 24


def test_iteration_goes_over_all_pairs_and_ends():
    assert [label for _, label in grey()] == grey().labels.tolist()


@sets
@pytest.mark.parametrize(
    "index",
    [slice(2, 7), slice(None, None, -2), slice(50, 60), [4, 0, 4], torch.tensor([1, -1]),
     torch.arange(12) > 8, np.array([3, 2])],
    ids=str,
)  # fmt: skip
def test_a_slice_or_a_list_gives_a_smaller_set(make, index):
    images = make()
    part = images[index]
    rows = np.arange(12)[np.asarray(index)] if not isinstance(index, slice) else range(12)[index]
    assert isinstance(part, ImageSet) and len(part) == len(rows)
    assert torch.equal(part.images, images.images[list(rows)])
    assert torch.equal(part.labels, images.labels[list(rows)])
    assert (part.classes, part.mean, part.source) == (images.classes, images.mean, images.source)


@pytest.mark.parametrize("index", [12, -13])
def test_an_image_beyond_the_last_is_an_index_error(index):
    with pytest.raises(IndexError, match=f"there are 12 images, and no image {index}"):
        grey()[index]


@pytest.mark.parametrize("index", [1.5, "a", (0, 1), None])
def test_what_is_no_index_is_told(index):
    with pytest.raises(TypeError, match="a number, a slice or a list of numbers"):
        grey()[index]


def test_a_set_survives_pickling():
    again = pickle.loads(pickle.dumps(colour()))
    assert torch.equal(again[3][0], colour()[3][0])


# Parts


def test_a_subset_of_scenes_is_seeded_and_without_repeats():
    part = scenes().subset(8, generator=torch.Generator().manual_seed(1))
    same = scenes().subset(8, generator=torch.Generator().manual_seed(1))
    other = scenes().subset(8, generator=torch.Generator().manual_seed(2))
    assert torch.equal(part.images, same.images) and part.labels.shape == (8, 16, 24)
    assert not torch.equal(part.images, other.images)
    assert len({bytes(image.flatten().tolist()) for image in part.images}) == 8
    everything = {bytes(image.flatten().tolist()): d for image, d in zip(
        scenes().images, scenes().labels, strict=True)}  # fmt: skip
    for image, d in zip(part.images, part.labels, strict=True):
        assert torch.equal(everything[bytes(image.flatten().tolist())], d)


def test_colour_images_are_chosen_by_class():
    pair = colour().only("ca")
    assert pair.classes == ("c", "a") and pair.images.shape == (8, 3, 5, 7)
    assert torch.equal(pair.images[pair.labels == 0], colour().images[colour().labels == 2])


def test_scenes_cannot_be_chosen_by_class_and_say_so():
    with pytest.raises(ValueError, match="a class for every pixel"):
        scenes().only([1])


def test_batches_of_scenes_keep_images_and_label_maps_together():
    X, d = scenes().tensors()
    seen = 0
    for x, label in Batches(X, d, 5, generator=torch.Generator().manual_seed(0)):
        seen += len(x)
        for one, its in zip(x, label, strict=True):
            (i,) = [i for i in range(12) if torch.equal(X[i], one)]
            assert torch.equal(d[i], its)
    assert seen == 12


def test_batches_of_a_set_as_a_whole_lead_to_its_tensors():
    with pytest.raises(TypeError, match=r"Batches\(\*images.tensors\(\)\)"):
        Batches(scenes(), 5)
    assert len(Batches(*scenes().tensors(), 5)) == 3


# What it says


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (grey(), "ImageSet(12 images of 5 x 7, 3 classes (a, b, c); here)"),
        (colour(), "ImageSet(12 images of 3 x 5 x 7, 3 classes (a, b, c); here)"),
        (scenes(), "3 classes of pixels (background, disc, square); here)"),
        (ImageSet(random_bytes(1, 4, 4), torch.tensor([99]), tuple(map(str, range(100))), "here"),
         "100 classes (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ...); here)"),
    ],
)  # fmt: skip
def test_a_set_says_what_it_is(images, words):
    assert repr(images).endswith(words)


BAD = {
    "channels last": ({"images": random_bytes(12, 5, 7, 3)}, "permute(0, 3, 1, 2)"),
    "numbers in [0, 1]": ({"images": torch.rand(12, 3, 5, 7)}, "(255 * images).round()"),
    "images without a pixel": ({"images": random_bytes(12, 3, 0, 7)}, "uint8 tensor of shape"),
    "rows": ({"images": random_bytes(12, 35)}, "(N, channels, height, width)"),
    "maps of another size": ({"labels": torch.zeros(12, 7, 5).long()}, "(12, 5, 7), one a pixel"),
    "maps with a channel": ({"labels": torch.zeros(12, 1, 5, 7).long()}, "one a pixel, got"),
    "maps of floats": ({"labels": torch.zeros(12, 5, 7)}, "int64"),
    "classes of bytes": ({"labels": torch.zeros(12, dtype=torch.uint8)}, "int64"),
    "a void label": ({"labels": torch.full((12, 5, 7), 255)}, "classes 0 to 2, as many as have"),
    "mean of two channels": ({"mean": (0.1, 0.2)}, "mean must be a number, or one for each of the"),
    "no spread": ({"std": (0.1, 0.0, 0.1)}, "std must be above 0"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_does_not_fit_together_is_told(case):
    change, words = BAD[case]
    given = {"images": colour().images, "labels": colour().labels, "classes": ("a", "b", "c")}
    with pytest.raises(ValueError, match=re.escape(words)):
        ImageSet(**given | change, source="here")


@pytest.mark.parametrize("name", ["images", "labels"])
def test_arrays_lead_to_tensors(name):
    given = {"images": colour().images, "labels": colour().labels}
    with pytest.raises(TypeError, match=f"{name} must be a torch.Tensor, got ndarray"):
        ImageSet(**given | {name: given[name].numpy()}, classes=("a", "b", "c"), source="here")


def test_classes_may_come_as_a_list_of_anything():
    assert ImageSet(random_bytes(1, 4, 4), torch.tensor([1]), [4, 9], "here").classes == ("4", "9")


# The toy set


@pytest.mark.parametrize("size", [16, (16, 24), (40, 9)])
def test_shapes_are_coloured_as_their_label_maps_say(size):
    X, d = shapes(30, size, noise=0, generator=torch.Generator().manual_seed(0))
    height, width = size if isinstance(size, tuple) else (size, size)
    assert X.shape == (30, 3, height, width) and d.shape == (30, height, width)
    assert d.unique().tolist() == [0, 1, 2] == list(range(len(SHAPES)))
    for x, labels in zip(X, d, strict=True):
        for k in labels.unique():
            colours = x[:, labels == k]
            assert (colours == colours[:, :1]).all()  # one colour a class and image
            assert (colours < 0.5).all() if k == 0 else (colours > 0.5).all()


def test_no_shape_is_cut_off_by_the_border():
    _, d = shapes(200, 16, generator=torch.Generator().manual_seed(0))
    squares = d == 2
    assert (squares.sum((1, 2)) >= 3 * 3).all()
    width, height = (squares.any(side).sum(1) for side in (1, 2))
    assert ((width - height).abs() <= 1).all()  # by the place between two pixels


def test_a_seed_gives_the_same_shapes_in_every_precision():
    single, double = (
        shapes(5, 16, generator=torch.Generator().manual_seed(3), dtype=dtype)
        for dtype in (torch.float32, torch.float64)
    )
    assert torch.equal(single[0], double[0].float()) and torch.equal(single[1], double[1])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"n": 0}, "n must be"), ({"size": 7}, "size must be"), ({"size": (8, 3)}, "size must be"),
     ({"noise": -1}, "noise must be"), ({"noise": float("nan")}, "noise must be")],
)  # fmt: skip
def test_shapes_that_cannot_be_are_told(arguments, words):
    with pytest.raises(ValueError, match=words):
        shapes(**arguments)
