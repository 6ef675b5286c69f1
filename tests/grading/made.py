"""Labs' notebooks as the course makes them; each is made once in a process."""

from __future__ import annotations

from functools import cache

from course_dl.authoring.notebooks import make_notebook
from course_dl.authoring.sources import Project, repository_root
from course_dl.lab.catalog import find_lab

__all__ = ["notebook_of"]


@cache
def notebook_of(lab: str, *, solutions: bool) -> str:
    """The notebook of the lab of this name, or of one that begins so, as text."""
    return make_notebook(find_lab(lab), Project.read(repository_root()), solutions=solutions)
