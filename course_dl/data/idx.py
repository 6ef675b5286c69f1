"""The IDX files of MNIST and its kin: their names, and whether they are whole.

torchvision looks only whether the files are there; an empty or cut one ends in an error of its
parser. Here the header is held against the size of the file first.
"""

from __future__ import annotations

import math
import os
import struct
from pathlib import Path

__all__ = ["PREFIX", "find_problems", "raw_files"]

PREFIX = {"train": "train", "test": "t10k"}  # how the files of a split begin
_CLASSES = 10
_SIDE = 28


def raw_files(split: str) -> tuple[str, str]:
    """The names of a split's images and labels, ``split`` being ``"train"`` or ``"test"``."""
    return f"{PREFIX[split]}-images-idx3-ubyte", f"{PREFIX[split]}-labels-idx1-ubyte"


def find_problems(raw: Path, split: str) -> dict[Path, str]:
    """What is wrong with the files of a split in the folder ``raw``; empty if they are whole."""
    images, labels = (raw / name for name in raw_files(split))
    problems = {path: p for path, ndim in ((images, 3), (labels, 1)) if (p := _problem(path, ndim))}
    if not problems and (n := _count(images)) != (m := _count(labels)):
        problems[labels] = f"holds {m:,} labels, expected {n:,}, one for each image"
    return problems


def _problem(path: Path, ndim: int) -> str | None:
    """What is wrong with one file, as the end of a sentence that begins with its name."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(4 + 4 * ndim)
            body = file.read() if ndim == 1 else b""
    except FileNotFoundError:
        packed = path.with_name(path.name + ".gz")
        return f"is missing; {packed.name} is there: unpack it" if packed.exists() else "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if size == 0:
        return "is empty (0 bytes)"
    if head[:2] == b"\x1f\x8b":
        return "is still packed with gzip: unpack it"
    magic = bytes([0, 0, 8, ndim])
    if head[:4] != magic[: len(head)]:
        return f"is not an IDX file of bytes: it begins with {head[:4]!r}, expected {magic!r}"
    if len(head) < 4 + 4 * ndim:
        return f"is truncated: {size} bytes, not even its header"
    shape = struct.unpack(f">{ndim}I", head[4:])
    expected = len(head) + math.prod(shape)
    if size != expected:
        fault = "is truncated" if size < expected else "is too long"
        return f"{fault}: expected {expected:,} bytes, found {size:,}"
    if shape[0] == 0:
        return "holds no sample"
    if ndim == 3 and shape[1:] != (_SIDE, _SIDE):
        return f"holds images of {shape[1]} x {shape[2]}, expected {_SIDE} x {_SIDE}"
    if ndim == 1 and max(body) >= _CLASSES:
        return f"holds a label {max(body)}, expected 0 to {_CLASSES - 1}"
    return None


def _count(path: Path) -> int:
    with path.open("rb") as file:
        return int.from_bytes(file.read(8)[4:], "big")
