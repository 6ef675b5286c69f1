"""Gradescope's autograder of a lab: a zip with a set-up script, a run script and the course.

The layout is that of https://gradescope-autograders.readthedocs.io/en/latest/specs/: what the zip
holds lies in ``/autograder/source``; the run script finds a student's files in
``/autograder/submission`` and leaves ``/autograder/results/results.json``.
"""

from __future__ import annotations

import io
import shlex
import zipfile
from pathlib import Path, PurePath

from course_dl.authoring.release import tracked
from course_dl.authoring.sources import repository_root
from course_dl.lab.catalog import find_lab

__all__ = ["autograder_zip", "write_autograder"]

_NEVER = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can tell: the same bytes each time
_FILES = ("CITATION.cff", "LICENSE*", "README.md", "pyproject.toml", "setup.py")

# AUTOGRADER is set only to try it elsewhere.
_SETUP = """\
#!/usr/bin/env bash
# Installs the course once, when Gradescope makes its image.
set -euo pipefail
home=${AUTOGRADER:-/autograder}

python=
for name in python3.13 python3.12 python3.11 python3; do
    if "$name" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
        python=$name
        break
    fi
done
if [ -z "$python" ]; then
    apt-get -qq update
    apt-get -qq install --no-install-recommends python3.11 python3.11-venv > /dev/null
    python=python3.11
fi

"$python" -m venv "$home/env"
pip=("$home/env/bin/python" -m pip --disable-pip-version-check install --quiet)
# PyTorch as pip has it, with CUDA. Before this line, pytorch.org's command for Pip and CPU, by
# "${pip[@]}" in place of pip3 install, makes the image several gigabytes smaller.
"${pip[@]}" "$home/source/course[grade]"
rm -rf "$home/source/course"  # it holds hidden tests, which are needed no more than installed
"$home/env/bin/course-dl" grade --sandbox-report
"""

_RUN = """\
#!/usr/bin/env bash
# Grades one submission. Without results.json, Gradescope says that the autograder failed.
set -euo pipefail
home=${{AUTOGRADER:-/autograder}}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A folder as of one student, however many files were handed in. Gradescope knows who is late.
student="$work/in/Student_1_assignsubmission_file_"
mkdir -p "$student" "$home/results"
cp -r "$home/submission/." "$student"
find "$work/in" -exec touch -h -d @0 {{}} +

cd "$work"
"$home/env/bin/course-dl" grade {lab} "$work/in" -o "$work/out" --processes 1{weak}
cp "$work"/out/records/*/results.json "$home/results/results.json"
"""


def write_autograder(lab_name: str, out: Path, *, weak_sandbox: bool = False) -> Path:
    """Write the zip of a lab; its path.

    Raises
    ------
    ValueError
        Where there is no such lab, git does not know it, or ``out`` is no ``.zip``.
    """
    if out.suffix.lower() != ".zip":
        raise ValueError(f"{out} is no .zip: Gradescope takes a zip, -o autograder.zip")
    data = autograder_zip(lab_name, weak_sandbox=weak_sandbox)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)
    return out


def autograder_zip(lab_name: str, *, weak_sandbox: bool = False) -> bytes:
    """The zip: scripts at its top, in ``course/`` what git tracks of the package and the lab."""
    root, lab = repository_root(), find_lab(lab_name).name
    files = sorted(path for path in tracked(root) if _goes_in(path, lab))
    if PurePath("labs", lab, "__init__.py") not in files:
        raise ValueError(f"labs/{lab} is not known to git: git add it")
    weak = " --weak-sandbox" if weak_sandbox else ""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "setup.sh", _SETUP.encode(), executable=True)
        run = _RUN.format(lab=shlex.quote(lab), weak=weak)
        _add(archive, "run_autograder", run.encode(), executable=True)
        for path in files:
            _add(archive, f"course/{path.as_posix()}", (root / path).read_bytes())
    return made.getvalue()


def _goes_in(path: PurePath, lab: str) -> bool:
    top, *rest = path.parts
    if top == "course_dl":
        return rest[0] != "authoring"
    if top == "labs":
        return rest in (["__init__.py"], ["README.md"]) or rest[0] == lab
    return not rest and any(path.match(pattern) for pattern in _FILES)


def _add(archive: zipfile.ZipFile, name: str, data: bytes, *, executable: bool = False) -> None:
    entry = zipfile.ZipInfo(name, _NEVER)
    entry.external_attr = (0o755 if executable else 0o644) << 16
    archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
