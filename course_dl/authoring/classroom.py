"""GitHub Classroom: a repository to begin from, a lab's notebook with a workflow that checks it.

The workflow installs the student edition, from the repository and at the tag that
``pyproject.toml`` names, and runs ``course-dl check`` at each push.
"""

from __future__ import annotations

from pathlib import Path

from course_dl.authoring.notebooks import make_notebook
from course_dl.authoring.sources import Project, repository_root
from course_dl.lab.catalog import LabFolder, find_lab

__all__ = ["workflow", "write_classroom"]

_WORKFLOW = """\
# Runs the lab's public tests at each push. The hidden ones are run by whoever grades.
name: check

on:
  push:
  workflow_dispatch:

permissions:
  contents: read

jobs:
  check:
    if: github.actor != 'github-classroom[bot]'
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@v5
      - uses: actions/setup-python@v6
        with:
          python-version: "3.12"
      - name: Install the course
        # PyTorch as pip has it, with CUDA. pytorch.org's command for Pip and CPU, in a step before
        # this one, saves minutes.
        run: pip install --quiet "course-dl[grade] @ git+https://github.com/{repository}@{tag}"
      - name: Check {short}
        run: |
          set -o pipefail
          echo '```text' >> "$GITHUB_STEP_SUMMARY"
          course-dl check {short} {file} --weak-sandbox | tee -a "$GITHUB_STEP_SUMMARY" || status=$?
          echo '```' >> "$GITHUB_STEP_SUMMARY"
          exit "${{status:-0}}"
"""

_README = """\
# {title}

Fill in the exercises of [{file}]({file}), here or on Colab: open
<https://colab.research.google.com/github>, choose this repository, and save with "Save a copy in
GitHub" into it, under the same name.

At each push GitHub runs the lab's public tests: see the tab "Actions". A cross there means that an
exercise is not right yet, or not done yet; the summary of the run says which, and why. The notebook
says the same while you work, by `lab.check`.
"""


def write_classroom(lab_name: str, out: Path) -> list[Path]:
    """Write the files of the repository into a folder that is empty, or holds them; their paths.

    Raises
    ------
    FileExistsError
        Where the folder holds anything else.
    """
    lab, project = find_lab(lab_name), Project.read(repository_root())
    file = f"{lab.name}.ipynb"
    content = {
        "README.md": _README.format(title=lab.title, file=file),
        file: make_notebook(lab, project, solutions=False),
        ".github/workflows/check.yml": workflow(lab, project),
    }
    others = {path.name for path in out.iterdir()} if out.exists() else set()
    others -= {name.partition("/")[0] for name in content} | {".git"}
    if others:
        raise FileExistsError(
            f"{out} holds {', '.join(sorted(others)[:5])}: give an empty folder, or an earlier one"
        )
    for name, text in content.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8", newline="\n")
    return [out / name for name in content]


def workflow(lab: LabFolder, project: Project) -> str:
    """The workflow of GitHub Actions, as YAML."""
    return _WORKFLOW.format(
        repository=project.repository,
        tag=project.tag,
        short=lab.name.partition("_")[0],
        file=f"{lab.name}.ipynb",
    )
