"""Hostile submissions: each earns what its honest part earns, and leaves nothing behind."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from course_dl.grading.sandbox.client.sandbox import Sandbox
from tests.grading import attacks_bans, attacks_outside  # noqa: F401  (they add theirs)
from tests.grading.attacks import ATTACKS, CANARY
from tests.grading.honest import solved
from tests.grading.small import descendants, grade, marks, sandbox

FULL = {"9.1": 1.0, "9.2": 2.0, "9.3": 1.0, "9.4": 2.0, "9.5": 1.0}

# What these do is stopped by layers that not every system has.
NEED_A_VIEW = {"searching the disk", "writing and deleting around", "the network"}
NEED_NAMESPACES = {"files without end"}

# Where a layer is missing, these show whether the others hold; the rest does not depend on layers.
WITH_FEWER_LAYERS = {
    *(name for name in ATTACKS if name.startswith(("TorchScript", "the other child"))),
    *(name for name in ATTACKS if name.startswith("the library's own function, in a thread")),
    "System V's memory",
    "a new interpreter where there is no autograd",
    "a tracer",
    "another priority",
    "leaving its core",
    "namespaces of its own",
    "news of what others open",
    "a fork bomb",
    "a loop without alarms",
    "autograd's graph, walked by hand",
    "closing the line",
    "endless loop while loading",
    "exit in a call",
    "exit while loading",
    "forged: a garbage stream",
    "importing the answer",
    "importing the checks",
    "killing all others",
    "links out of the scratch folder",
    "memory",
    "output, and right",
    "processes left behind",
    "searching the disk",
    "shared memory",
    "signals",
    "the network",
    "threads left behind",
    "threads without end",
    "writing and deleting around",
}


@pytest.fixture(scope="module", params=["all layers", "no namespaces", "bare"])
def box(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    layers = {
        "all layers": {},
        "no namespaces": {"namespaces": False},
        "bare": {"namespaces": False, "landlock": False},
    }[request.param]
    forget_what_was_written()
    with sandbox(**layers) as started:
        started.without_autograd.layers()  # both servers run from the start
        started.kind = request.param  # type: ignore[attr-defined]
        yield started
    forget_what_was_written()


def written_outside() -> list[Path]:
    """The marks that attacks have left where no submission may write."""
    folders = ["/", "/tmp", "/var/tmp", "/usr", "/etc", "/dev/shm", ".", "..", Path.home()]
    return [mark for folder in folders if (mark := Path(folder) / CANARY).exists()]


def forget_what_was_written() -> None:
    """Without any layer they get through, and would be held against the next sandbox."""
    for mark in written_outside():
        mark.unlink()


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


def needs_more(name: str, box: Sandbox) -> bool:
    """Whether an attack is one that the layers left in this sandbox need not stop."""
    if box.kind != "all layers" and name not in WITH_FEWER_LAYERS:  # type: ignore[attr-defined]
        return True
    active = {layer for layer, found in box.layers().items() if found.active}
    return (name in NEED_A_VIEW and active.isdisjoint(["own root, read only", "landlock"])) or (
        name in NEED_NAMESPACES and "pid namespace" not in active
    )


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_earns_what_its_honest_part_earns(
    name: str, box: Sandbox, listener: socket.socket
) -> None:
    if needs_more(name, box):
        pytest.skip("a layer is missing here that this one is stopped by")
    data, lost = ATTACKS[name]
    data = data.replace(b"PORT", str(listener.getsockname()[1]).encode())
    expected = {number: 0.0 if number in lost else points for number, points in FULL.items()}
    before = descendants(box._process)
    assert marks(data, box) == expected
    assert descendants(box._process) <= before
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_the_others_marks_are_as_before(box: Sandbox) -> None:
    """After all of the above, in the same sandbox."""
    assert marks(solved(), box) == FULL


def test_nothing_was_written_outside(box: Sandbox) -> None:
    if box.kind != "bare":  # type: ignore[attr-defined]
        assert written_outside() == []
    assert os.listdir(box._scratch) == []


def test_attacks_are_told_apart_by_nothing_but_their_text(box: Sandbox) -> None:
    data, _ = ATTACKS["odd text"]
    assert grade(data, box) == grade(data, box)
