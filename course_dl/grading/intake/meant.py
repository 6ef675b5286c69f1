# Runs in: judge
"""What is to be said of a submission besides its marks: damage, and that another file was meant."""

from __future__ import annotations

from course_dl.grading.intake.answers import labs_said, looks_like
from course_dl.grading.intake.notebooks import Reading
from course_dl.lab.catalog import LabFolder, find_labs

__all__ = ["said_of"]


def said_of(reading: Reading, lab: LabFolder, points: float) -> str:
    """A sentence or two, or ``""``; for the instructor's list and the student's feedback."""
    cells = [cell.source for cell in reading.cells]
    said = labs_said(cells)
    told = [reading.damage]
    if not points or (said and lab.name.partition("_")[0] not in said):
        labs = {one.name: one for one in find_labs()} | {lab.name: lab}
        asked = {name: [n for e in one.exercises for n in e.names] for name, one in labs.items()}
        told.append(looks_like(cells, lab.name, asked))
    return "; ".join(filter(None, told))
