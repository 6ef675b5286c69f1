"""Python environments in odd places: what an answer imports first is there, in the sandbox too."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from course_dl.grading.sandbox.server.needed import needed, unseen

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the view of files is Linux's")
TOLD = """
import json, sys, course_dl
from course_dl.grading.sandbox.client.launch import launch
from course_dl.grading.sandbox.client.child import Cell, Child, Program
from course_dl.grading.sandbox.client.remote import RemoteBackend
from course_dl.grading.sandbox.client.sandbox import Sandbox
from course_dl.calls.backend import Rules
ANSWER = '''
def seen(names):
    import importlib, os
    told = []
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:
            told.append(f"{name}: {error!r}")
    with open(os.path.join(os.environ["HOME"], "mine"), "w") as file:
        file.write("x")
    return told
'''
layers = json.loads(sys.argv[1])
with Sandbox(**layers) as box:
    child = Child(box, Program([Cell("cell 1", ANSWER)], []))
    backend = RemoteBackend(child)
    told = backend.call("student:seen", (sys.argv[2:],), {}, Rules())
    child.end()
    print(json.dumps([told.value, told.error and told.error.message, box.layers()]))
"""


def package(folder: Path, name: str) -> Path:
    home = folder / name
    home.mkdir(parents=True)
    (home / "__init__.py").write_text("from . import part")
    (home / "part.py").write_text("")
    return home


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment below ``/tmp`` with packages as different tools install them; its Python."""
    top = tmp_path_factory.mktemp("odd")
    home, away = top / "env", top / "away"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    site = next(home.glob("lib/*/site-packages"))
    others = [path for path in sys.path if path.endswith("-packages")]
    course = f"import sys; sys.path.append({str(away / 'course')!r})\n"
    (site / "others.pth").write_text("\n".join([*others, str(away / "by-path-file")]) + "\n")
    (site / "course.pth").write_text(course)
    package(site, "plain")
    (site / "linked").symlink_to(package(away / "whole", "linked"))
    for name in ("filewise", "spread/one"):  # each file of a package is a link
        for file in package(away / "cache" / name.replace("/", "-"), name).iterdir():
            (site / name).mkdir(parents=True, exist_ok=True)
            (site / name / file.name).symlink_to(file)
    package(away / "by-path-file", "pathfile")
    import course_dl

    (away / "course").mkdir()
    (away / "course" / "course_dl").symlink_to(next(iter(course_dl.__path__)))
    return home / "bin" / "python"


@LINUX
@pytest.mark.parametrize("layers", [{}, {"namespaces": False}], ids=["namespaces", "landlock"])
def test_a_first_import_in_a_child_works(environment: Path, layers: dict[str, bool]) -> None:
    names = ["torchvision", "matplotlib.backends.backend_svg", "tqdm.auto"]
    names += ["plain", "linked", "filewise", "spread.one", "pathfile"]
    done = subprocess.run(
        [environment, "-c", TOLD, json.dumps(layers), *names],
        capture_output=True, text=True, cwd="/", timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told, error, report = json.loads(done.stdout)
    assert (told, error) == ([], None)
    assert report["Python's packages in sight"] == [True, ""]


@LINUX
def test_a_covered_folder_may_hold_the_course_itself(environment: Path) -> None:
    """A student's file may lie in a checkout: then its folder is covered with all that is in it."""
    course = environment.parents[2] / "away"
    done = subprocess.run(
        [environment, "-c", TOLD, json.dumps({"covered": [str(course)]}), "torchvision"],
        capture_output=True, text=True, cwd="/", timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told, error, _ = json.loads(done.stdout)
    assert (told, error) == ([], None)


def test_a_package_that_cannot_be_read_is_told_by_name(tmp_path: Path) -> None:
    package(tmp_path, "there")
    packages = {"there": str(tmp_path / "there"), "gone": str(tmp_path / "gone")}
    assert unseen({"there": packages["there"]}) == ""
    assert unseen(packages).startswith(f"gone ({tmp_path / 'gone'}) cannot be seen in the sandbox")


def test_a_home_folder_is_not_shown_for_being_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, inside = tmp_path / "home", tmp_path / "home" / "project"
    inside.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(sys, "path", [*sys.path, str(home), "/", str(inside)])
    shown = needed("/scratch")
    assert str(inside) in shown
    assert not {str(home), "/"} & set(shown)
    assert any(sysconfig.get_path("stdlib").startswith(path) for path in shown)
