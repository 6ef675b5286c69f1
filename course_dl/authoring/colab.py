"""What a notebook needs to run on Colab: its badge, its first cell, its metadata."""

from __future__ import annotations

from typing import Any

from course_dl.authoring.sources import Project

__all__ = ["METADATA", "badge", "setup_code"]

METADATA: dict[str, Any] = {
    "colab": {"provenance": [], "toc_visible": True, "generative_ai_disabled": True},
    "kernelspec": {"name": "python3", "display_name": "Python 3"},
    "language_info": {"name": "python"},
}

_BADGE = (
    "[![Open In Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
    "(https://colab.research.google.com/github/{repository}/blob/{tag}/colab/{lab}.ipynb)"
)

# The package is installed on Colab alone, if this version is not there yet. Exporters comment the
# magic out: the print beside it keeps the file valid Python. The last line is no import statement,
# so that grading, which runs these, does without it.
_SETUP = """\
#@title Setup: run this cell first
import sys
from importlib import import_module
from importlib.metadata import distributions
from importlib.util import find_spec

installed = [found.version for found in distributions(name="course-dl")]
if "google.colab" in sys.modules and "{version}" not in installed:
    print("Fetching the course's package: a minute or two")
    %pip install -q "git+https://github.com/{repository}@{tag}"
if find_spec("course_dl") is None:
    raise ModuleNotFoundError(
        "the package course_dl is not here. On Colab: wait a minute, then run this cell again. "
        "At home: pip install git+https://github.com/{repository}@{tag} "
        "If that fails: https://github.com/{repository}/blob/{tag}/docs/students.md"
    )

{rest}
print(import_module("course_dl.training").runs_on())"""


def badge(project: Project, lab: str) -> str:
    """The picture in Markdown that opens a lab's notebook on Colab."""
    return _BADGE.format(repository=project.repository, tag=project.tag, lab=lab)


def setup_code(project: Project, rest: str) -> str:
    """The setup cell: the installation, then the lab's own lines."""
    return _SETUP.format(
        version=project.version, repository=project.repository, tag=project.tag, rest=rest
    )
