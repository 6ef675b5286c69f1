"""What is to be said of a submission besides its marks: damage, and that another file was meant."""

from __future__ import annotations

from course_dl.grading.intake.answers import looks_like
from course_dl.grading.intake.notebooks import Reading
from course_dl.lab.catalog import LabFolder, find_labs

__all__ = ["said_of"]


def said_of(reading: Reading, lab: LabFolder, points: float) -> str:
    """A sentence or two, or ``""``; for the instructor's list and the student's feedback."""
    said = [reading.damage] if reading.damage else []
    if not points:
        cells = [cell.source for cell in reading.cells]
        labs = {one.name: _names(one) for one in find_labs() if one.name != lab.name}
        said.append(looks_like(cells, _names(lab), labs))
    return "; ".join(filter(None, said))


def _names(lab: LabFolder) -> list[str]:
    return [name for exercise in lab.exercises for name in exercise.names]
