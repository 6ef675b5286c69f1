"""A new lab: all of its files, with one sample exercise."""

from __future__ import annotations

import re
from pathlib import Path

from course_dl.authoring.sources import repository_root

__all__ = ["new_lab"]

TEMPLATE = Path(__file__).with_name("template")
RIGHT_ANSWERS = "right_answers.py"  # in tests/, not in the lab


def new_lab(name: str) -> list[Path]:
    """Make ``labs/<name>/`` and its right answers in ``tests/``; returns the files written.

    Raises
    ------
    ValueError
        If the name is not like ``lab12_topic``.
    FileExistsError
        If there is a lab of that name or number already.
    """
    match = re.fullmatch(r"lab(\d\d)_[a-z0-9_]+", name)
    if match is None:
        raise ValueError(f"a lab's name is lab, two digits and a topic, lab12_topic; not {name!r}")
    root = repository_root()
    same_number = [path.name for path in (root / "labs").glob(f"lab{match[1]}_*")]
    if same_number:
        raise FileExistsError(f"there is {same_number[0]} already")
    number = str(int(match[1]))
    written = []
    for part in sorted(TEMPLATE.rglob("*.py")):
        path = root / "labs" / name / str(part.relative_to(TEMPLATE)).replace("99", number)
        if part.name == RIGHT_ANSWERS:
            path = root / "tests" / "right_answers" / f"{name}.py"
        text = part.read_text(encoding="utf-8")
        text = text.replace("lab99_template", name).replace("lab99", name[:5])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("99", number), encoding="utf-8", newline="\n")
        written.append(path)
    return written
