"""Peak memory of training on MNIST, in a process of its own."""

from __future__ import annotations

import resource
import subprocess
import sys

from benchmarks.digits import BATCH, LR, network, training_set
from benchmarks.measure import Row, report
from course_dl.training import fit


def main() -> None:
    """The growth of a process that trains on all, beyond one that trains on little."""
    small, large = (int(run(part)) for part in ("little", "all"))
    data = 4 * 784 * len(training_set())
    report(
        [
            Row(
                "peak memory of training on MNIST",
                "the data as float32",
                (large - small) / data,
                2.5,
            )
        ]
    )


def run(part: str) -> str:
    command = [sys.executable, "-m", "benchmarks.memory", part]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def train(part: str) -> None:
    digits = training_set()
    if part == "little":
        digits = digits.subset(1000)
    fit(network(), digits, epochs=1, batch_size=BATCH, lr=LR, progress=False)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


if __name__ == "__main__":
    train(sys.argv[1]) if len(sys.argv) > 1 else main()
