"""What grading a class of 200 costs, and whether its memory grows.

The class hands in lab 4: notebooks made of its right answers, its mistakes, stubs, broken cells,
and one endless loop.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.measure import Row, cores, medians, report
from tests.grading.classroom import classroom
from tests.grading.honest import notebook

STUDENTS = 200
ENDLESS = "def forward_pass(x, weights, biases, g):\n    while True:\n        pass"
RUN = """
import sys
from pathlib import Path
from course_dl.grading.bulk import grade_class
if __name__ == "__main__":
    grade_class("lab04", Path(sys.argv[1]), Path(sys.argv[2]), progress=False)
"""


def main() -> None:
    """The time of a submission, in imports of torch; the memory's growth from half the class on.

    Two runs, since to add up the memory of processes takes time from them.
    """
    before = medians({"torch": lambda: run("import torch")}, 5)["torch"]
    with tempfile.TemporaryDirectory() as folder:
        submissions, out = Path(folder) / "in", Path(folder) / "out"
        hand_in(submissions, STUDENTS - 1)
        (submissions / "Endless Eve.ipynb").write_bytes(notebook("import torch", ENDLESS))
        began = time.perf_counter()
        run(RUN, str(submissions), str(out))
        taken = (time.perf_counter() - began) / STUDENTS
        after = medians({"torch": lambda: run("import torch")}, 5)["torch"]
        out = Path(folder) / "again"
        process = subprocess.Popen([sys.executable, "-c", RUN, str(submissions), str(out)])
        peaks = Peaks(process.pid, out)
        assert process.wait() == 0
    start = (before + after) / 2  # the machine's speed may drift meanwhile
    against = f"`python -c 'import torch'` ({start:.2f} s)"
    rows = [
        Row(
            f"grading a submission ({taken:.3f} s, {cores()} cores)", against, taken / start, 1 / 15
        )
    ]
    first, second = peaks.halves()
    if first:
        name = f"peak memory of grading, second 100 ({second >> 20} MB)"
        rows.append(Row(name, "the first 100", second / first, 1.05))
    report(rows)


def hand_in(folder: Path, students: int) -> None:
    """Put the notebooks of a class into a new folder."""
    folder.mkdir()
    for one in classroom("lab04", students):
        (folder / f"{one.student}.ipynb").write_bytes(one.data)


def run(code: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-c", code, *arguments], check=True)


class Peaks:
    """Watches the memory of a process and all below it, while results come (Linux alone)."""

    def __init__(self, pid: int, out: Path) -> None:
        self._samples: list[tuple[int, int]] = []
        threading.Thread(target=self._watch, args=(pid, out), daemon=True).start()

    def halves(self) -> tuple[int, int]:
        """The most bytes while the first half was graded, and while the second was."""
        parts = ([0], [0])
        for done, size in self._samples:
            parts[done >= STUDENTS // 2].append(size)
        return max(parts[0]), max(parts[1])

    def _watch(self, pid: int, out: Path) -> None:
        while Path(f"/proc/{pid}").exists():
            done = sum(1 for _ in out.glob("records/*/result.json"))
            self._samples.append((done, sum(map(own_memory, family(pid)))))
            time.sleep(1.0)  # to add up the pages of a process takes as long as several calls


def family(pid: int) -> list[int]:
    """The process and all below it."""
    parents: dict[int, int] = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            parents[int(name)] = int(
                Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[1]
            )
        except OSError:
            continue
    found = {pid}
    while more := {p for p, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)


def own_memory(pid: int) -> int:
    """The process's share of memory in bytes, pages that several use divided among them."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) << 10
    except OSError:
        pass
    return 0


if __name__ == "__main__":
    main()
