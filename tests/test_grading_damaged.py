"""A damaged notebook is read as far as it is whole, and what is missing is told."""

from __future__ import annotations

import json
import random

import pytest

from course_dl.grading.intake.notebooks import Unreadable, read
from tests.grading.handed_in import book

CELLS = [f'def f{k}():\n    return {k}  # é "x" \\n' for k in range(6)]
WHOLE = book(*CELLS)
PRETTY = json.dumps(json.loads(WHOLE), indent=1, ensure_ascii=False)


def sources(data: bytes | str, name: str = "lab.ipynb") -> tuple[list[str], str]:
    reading = read(data.encode() if isinstance(data, str) else data, name)
    return [cell.source for cell in reading.cells], reading.damage


def test_a_whole_notebook_has_no_damage() -> None:
    for data in (WHOLE, PRETTY, "\ufeff" + PRETTY, PRETTY.encode("utf-16"), PRETTY + "\n\n"):
        assert sources(data) == (CELLS, "")
    assert sources(PRETTY.replace('"metadata": {}', '"metadata": {"x": NaN}', 1)) == (CELLS, "")


def test_cut_off_anywhere_the_whole_cells_before_are_read() -> None:
    ends = [PRETTY.index(f"f{k}()") + 60 for k in range(6)]
    for cut in range(PRETTY.index("f0()"), len(PRETTY) - 2, 17):
        try:
            found, damage = sources(PRETTY[:cut])
        except Unreadable as error:
            assert "damaged" in str(error)  # noqa: PT017
            assert cut < ends[0] + 40
            continue
        assert found == CELLS[: len(found)] and damage
        assert len(found) >= sum(end + 40 < cut for end in ends)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_damaged_in_one_place_costs_that_cell_alone(seed: int) -> None:
    rng = random.Random(seed)
    place = rng.randrange(1, 5)
    at = PRETTY.index(f"def f{place}()") + rng.randrange(3)
    broken = PRETTY[:at] + rng.choice(['"', '"}', "\\q", '", [', '" : "']) + PRETTY[at:]
    found, damage = sources(broken)
    assert [c for c in CELLS if c in found] == CELLS[:place] + CELLS[place + 1 :]
    assert f"after cell {place}" in damage


def test_a_merge_s_marks_are_taken_out() -> None:
    line = PRETTY.splitlines(keepends=True)
    at = next(k for k, text in enumerate(line) if "execution_count" in text)
    conflict = f"<<<<<<< HEAD\n{line[at]}=======\n{line[at]}>>>>>>> other\n"
    found, damage = sources("".join([*line[:at], conflict, *line[at + 1 :]]))
    assert found == CELLS and "merge" in damage
    both = PRETTY.replace('  "cell_type"', '<<<<<<< HEAD\n  "cell_type"', 1)  # a mark alone
    found, damage = sources(both)
    assert found == CELLS[1:] and damage


def test_text_behind_the_end_and_a_second_copy() -> None:
    assert sources(PRETTY + "\x00\x00garbage") == (CELLS, "")
    found, damage = sources(PRETTY + PRETTY)
    assert found == CELLS and "more than one notebook" in damage


def test_a_file_is_what_it_holds_and_not_what_it_is_called() -> None:
    assert sources(WHOLE, "lab.py")[0] == CELLS
    assert sources(WHOLE, "lab.ipynb.txt")[0] == CELLS
    assert sources("def f():\n    return 1", "lab.py.txt")[0] == ["def f():\n    return 1"]
    assert sources("import torch\n", "lab.ipynb")[0] == ["import torch\n"]


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 3_000_000,
        b'{"cells": [' + b'{"id":' * 200_000,
        b'{"cells": [' + b'{"id": "' * 100_000,
        b'{"cells": [' + b'{"cell_type": 1, "source": ' * 50_000,
        b'{"cells": [' + b"<<<<<<< a\n" * 100_000,
        b'{"cells": [[], 3, null, {"cell_type": 3}]}',
        b'{"cells": {"a": 1}}',
        b'["cells", {"nbformat": 4}]',
        b'{"cells": ' + b"9" * 10_000 + b"}",
    ],
)
def test_hostile_notebooks_end_in_a_sentence(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read(data, "lab.ipynb")
