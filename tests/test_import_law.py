"""Imports run one way: the law of the house, held against the real import graph.

The graph has an edge for every import statement, inside functions and for type checkers too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import course_dl

ROOT = Path(__file__).parents[1]

# What each part of the house may import of the course besides itself, from the ground up. A part is
# a package of course_dl; "chapters" are the modules at its top level. A longer name has the say
# over a shorter one.
LAW = {
    "_arguments": (),
    "chapters": ("_arguments", "_fast"),
    "attention": ("_arguments", "chapters"),  # a chapter in several files
    "generative": ("_arguments", "chapters"),  # a chapter in several files
    "diffusion": ("_arguments", "chapters", "attention", "generative"),  # the same
    "_fast": ("_arguments", "chapters"),
    "data": ("_arguments",),
    "plots": ("chapters",),
    "training": ("_arguments", "chapters", "_fast", "data", "plots"),
    "the face": ("chapters", "training"),  # course_dl/__init__.py
    "calls": (),
    "lab": ("calls",),
    "labs": (
        *("the face", "chapters", "attention", "generative", "diffusion"),
        *("data", "plots", "training", "lab"),
    ),
    # What a process of the sandbox may know: a child nothing of its judge.
    "grading.texts": (),
    "grading.files": (),
    "grading.sandbox.wire": ("calls", "grading.texts"),
    "grading.sandbox.child": ("calls", "grading.sandbox.wire", "grading.sandbox.server"),
    "grading.sandbox.server": (
        *("the face", "calls", "grading.files", "grading.sandbox.wire", "grading.sandbox.child"),
    ),
    "grading": (
        *("calls", "lab", "grading.texts", "grading.files"),
        *("grading.sandbox.wire", "grading.sandbox.server"),
    ),
    "authoring": ("calls", "lab"),
    "authoring.template": ("data", "plots", "lab", "labs"),  # a lab to begin from
    "cli": (
        *("the face", "chapters", "attention", "diffusion", "generative", "data", "plots"),
        *("training", "lab", "grading", "authoring"),
    ),
    # Where an isolated interpreter begins: it becomes the command line, a judge or a server.
    "grading.start.bootstrap": ("grading", "grading.sandbox.server", "cli"),
}


def modules() -> dict[str, Path]:
    """Every module of the package and of the labs, by its name."""
    found = {}
    for folder, prefix in (("course_dl", ""), ("labs", "course_dl.")):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found[prefix + name.removesuffix(".__init__")] = path
    return found


def imports(module: str, known: dict[str, Path]) -> Iterator[str]:
    """The modules of the course that a module imports, wherever in it."""
    path = known[module]
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            home = ".".join([*above, node.module] if node.module else above)
            inside = [f"{home}.{alias.name}" for alias in node.names]
            named = [name if name in known else home for name in inside]
        else:
            continue
        yield from (name for name in named if name.partition(".")[0] == "course_dl")


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    known = modules()
    return {name: set(imports(name, known)) for name in known}


def part(module: str) -> str:
    """The part of the house to which a module belongs."""
    names = module.split(".")[1:]
    for length in range(len(names), 0, -1):
        if ".".join(names[:length]) in LAW:
            return ".".join(names[:length])
    if not names:
        return "the face"
    top = ROOT / "course_dl" / names[0]
    assert not top.is_dir(), f"{top.name}: a new package needs its row in the law"
    return "chapters"


def test_a_part_imports_what_the_law_lets_it(graph: dict[str, set[str]]) -> None:
    broken = [
        f"{module} ({part(module)}) imports {target} ({part(target)})"
        for module, targets in graph.items()
        for target in sorted(targets)
        if part(target) not in (part(module), *LAW[part(module)])
    ]
    assert not broken, "\n".join(broken)


def test_no_modules_import_each_other(graph: dict[str, set[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_a_lab_imports_no_other_lab(graph: dict[str, set[str]]) -> None:
    def lab(module: str) -> str:
        return ".".join(module.split(".")[:3])

    labs = {name: targets for name, targets in graph.items() if part(name) == "labs"}
    assert len(labs) > 6
    for module, targets in labs.items():
        others = {one for one in targets if part(one) == "labs" and lab(one) != lab(module)}
        assert not others, f"{module} imports {others}"


def test_every_row_of_the_law_is_of_a_part_that_is_there(graph: dict[str, set[str]]) -> None:
    assert set(map(part, graph)) == set(LAW)


def test_the_top_level_is_chapters_and_packages(graph: dict[str, set[str]]) -> None:
    chapters = {name.partition(".")[2] for name in graph if part(name) == "chapters"}
    # The command line, fast forms and argument checks are in packages: no chapter is private.
    assert chapters <= set(course_dl._PARTS)
    assert not [name for name in chapters if name.startswith("_")]


ROOMS = re.compile(r"# Runs in: ((?:notebook|judge|server|child)(?:, (?:judge|server|child))*)\n")


def rooms() -> dict[str, set[str]]:
    """The processes in which each module says that it runs, of those where rights differ."""
    found = {}
    for name, path in modules().items():
        if name.startswith(("course_dl.calls.", "course_dl.grading.")):
            said = ROOMS.match(path.read_text(encoding="utf-8"))
            assert said or path.name == "__init__.py", f"{name} does not say where it runs"
            if said:
                found[name] = set(said[1].split(", "))
    return found


def test_what_runs_in_a_child_imports_nothing_of_its_judge(graph: dict[str, set[str]]) -> None:
    rooms_of = rooms()
    assert {room for name, room in rooms_of.items() if ".child." in name for room in room} == {
        "child"
    }
    for name, room in rooms_of.items():
        # A child is forked from its server, and finds in memory what that has imported.
        allowed = {"child", "server"} if "server" in room else {"child"}
        if room & {"child", "server"} and name != "course_dl.grading.start.bootstrap":
            for target in graph[name] & rooms_of.keys():
                assert rooms_of[target] & allowed, f"{name} imports {target}"
