"""Choose the small MNIST and the small Fashion-MNIST that ship inside the package.

    python scripts/make_small_images.py DATA_DIR [OUT_DIR]

reads `DATA_DIR/MNIST/raw` and `DATA_DIR/FashionMNIST/raw` (the IDX files as torchvision unpacks
them) and writes `OUT_DIR/*/raw/*.gz`, by default into `course_dl/data/small`. Training images come
from the training set and test images from the test set; every class has as many as the others;
the choice hangs on the seed alone, so that a second run writes the same bytes.
"""

from __future__ import annotations

import gzip
import random
import sys
from pathlib import Path

import numpy as np

SEED = 1958  # the year of Rosenblatt's perceptron
# Fashion-MNIST packs three times worse: fewer training images keep every file below 1.5 MB.
SIZES = {
    "MNIST": {"train": 5000, "t10k": 1000},
    "FashionMNIST": {"train": 3000, "t10k": 1000},
}
SMALL = Path(__file__).resolve().parent.parent / "course_dl" / "data" / "small"


def read_idx(path: Path) -> np.ndarray:
    """The array of unsigned bytes in an IDX file."""
    data = path.read_bytes()
    shape = np.frombuffer(data, dtype=">i4", count=data[3], offset=4)
    return np.frombuffer(data, dtype=np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def idx_bytes(array: np.ndarray) -> bytes:
    """The IDX file that holds an array of unsigned bytes."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">i4").tobytes()
    return header + array.tobytes()


def choose(labels: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Indices of `n` samples in random order, equally many of each class."""
    rng = random.Random(seed)  # its random() is the same in every version of Python
    order = np.argsort([rng.random() for _ in labels], kind="stable")
    per_class = n // len(np.unique(labels))
    chosen = [order[labels[order] == k][:per_class] for k in np.unique(labels)]
    return order[np.isin(order, np.concatenate(chosen))]


def write_gz(path: Path, data: bytes) -> None:
    """Pack without name and time, which would differ from run to run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(data)


def main(data_dir: Path, out_dir: Path = SMALL) -> None:
    for name, sizes in SIZES.items():
        for split, n in sizes.items():
            raw = data_dir / name / "raw"
            images = read_idx(raw / f"{split}-images-idx3-ubyte")
            labels = read_idx(raw / f"{split}-labels-idx1-ubyte")
            chosen = choose(labels, n, SEED)
            for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
                path = out_dir / name / "raw" / f"{split}-{kind}-ubyte.gz"
                write_gz(path, idx_bytes(array[chosen]))
                print(f"{path.stat().st_size:>9,} bytes  {path.relative_to(out_dir)}")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
