"""Limits in a submission's own time: the same file gets the same mark on a busy machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from course_dl.calls import limits
from course_dl.calls.backend import LocalBackend, Outcome, Rules
from course_dl.calls.limits import TimeOut
from course_dl.grading.sandbox.client import child as children
from course_dl.grading.sandbox.client import meter as meter_module
from course_dl.grading.sandbox.client.child import Cell, Child, Program
from course_dl.grading.sandbox.client.meter import Meter
from course_dl.grading.sandbox.client.remote import RemoteBackend
from course_dl.grading.sandbox.client.sandbox import Sandbox
from course_dl.grading.sandbox.server.usage import Usage, memory_of, used_by
from course_dl.grading.sandbox.wire.channel import TimedOut
from course_dl.grading.sandbox.wire.limits import TooMuch
from course_dl.lab.states import Wrong
from course_dl.lab.student import Student
from tests.grading.honest import solved
from tests.grading.small import BOUNDS, grade, sandbox

linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux tells what a process waits")
FULL = 7.0
SPIN = "while True: pass"
# Half the limit of a call, in seconds of a core.
WORK = """\
import time
def work():
    start = time.thread_time()
    while time.thread_time() < start + 0.3: pass
"""


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with sandbox() as started:
        yield started


@pytest.fixture(scope="module")
def busy_box() -> Iterator[Sandbox]:
    """A sandbox with all of these tests on one core, and three others there who never rest."""
    if sys.platform != "linux":
        pytest.skip("the cores of a process are chosen on Linux alone")
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, [min(before)])
    others = []
    try:
        with sandbox() as started:
            started.without_autograd.layers()
            others = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(3)]
            yield started
    finally:
        os.sched_setaffinity(0, before)
        for other in others:
            other.kill()
            other.wait()


def call(box: Sandbox, source: str, seconds: float = 0.3, together: float = 100.0) -> Outcome:
    """The outcome of ``f()`` in a child."""
    child = Child(box, Program([Cell("cell 1", source)], ["f"]))
    backend = RemoteBackend(child)
    child.begin(together)
    try:
        return backend.call("student:f", (), {}, Rules(seconds=seconds))
    finally:
        child.end()


def sentence(outcome: Outcome, seconds: float = 0.3) -> str:
    """What the student is told of it."""

    class Known(LocalBackend):
        def call(self, *_: Any) -> Outcome:
            return outcome

    with pytest.raises(Wrong) as wrong:
        Student(Known({}), Rules(seconds=seconds)).f()
    return wrong.value.failure.message


# -- what a submission's time is -----------------------------------------------------------------


class Clock:
    """Stands in for ``time.monotonic``, and for a sandbox whose server tells of its child."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.here, self.bounds = 1000.0, 0.0, BOUNDS
        self.told = Usage()
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(meter_module, "waited_here", lambda: self.here)

    def usage(self) -> Usage:
        return self.told

    def go_on(self, seconds: float, cpu: float = 0.0, waited: float = 0.0) -> None:
        self.now += seconds
        self.told = Usage(self.told.cpu + cpu, self.told.waited + waited, self.told.memory)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def until_it_is_over(meter: Meter, clock: Clock, seconds: float, **share: float) -> TimeOut:
    """Why a wait for so many seconds ends, where the child has these shares of the time."""
    wait = meter.wait(seconds)
    while True:
        step = wait.until - clock.now
        clock.go_on(step, *(step * share.get(name, 0.0) for name in ("cpu", "waited")))
        try:
            wait.passed()
        except TimedOut as end:
            return end.why


@pytest.mark.parametrize(
    ("share", "reason", "least", "most"),
    [
        ({"cpu": 1.0}, "long", 2.0, 2.5),
        ({"cpu": 4.0, "waited": 3.0}, "long", 2.0, 2.5),
        ({"cpu": 0.25, "waited": 0.75}, "long", 7.0, 9.0),
        ({}, "asleep", 6.0, 6.5),
        ({"waited": 0.6}, "asleep", 14.0, 16.0),
        ({"cpu": 0.02, "waited": 0.98}, "busy", 20.0, 21.0),
    ],
)
def test_a_wait_is_for_a_childs_own_time(
    share: dict[str, float], reason: str, least: float, most: float, clock: Clock
) -> None:
    start = clock.now
    why = until_it_is_over(Meter(clock, 100.0), clock, 2.0, **share)  # type: ignore[arg-type]
    assert why.reason == reason
    assert least <= clock.now - start <= most


def test_what_the_judge_waits_for_a_core_is_not_the_childs(clock: Clock) -> None:
    meter = Meter(clock, 5.0)  # type: ignore[arg-type]
    with meter.wait(2.0):
        clock.go_on(4.0, cpu=0.5)
        clock.here += 3.5
    meter.look()
    assert meter.left == pytest.approx(4.5)
    assert meter.busy


def test_calls_that_are_too_long_together_are_told_as_such(clock: Clock) -> None:
    meter = Meter(clock)  # type: ignore[arg-type]
    meter.begin(2.0)
    while not (why := meter.over()):
        with meter.wait(2.0):
            clock.go_on(0.2, cpu=0.2)
    assert why == TimeOut("together", "", 2.0, pytest.approx(0.2, rel=0.2))
    told = sentence(Outcome(timed_out=why))
    assert "took more than 2 seconds together; one took about 0.2" in told


def test_quick_calls_ask_the_server_nothing(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    meter = Meter(clock, 100.0)  # type: ignore[arg-type]
    monkeypatch.setattr(meter, "look", lambda: pytest.fail("it was asked"))
    for _ in range(100):
        with meter.wait(2.0):
            clock.go_on(0.001)


def test_a_group_that_holds_too_much_is_ended(clock: Clock) -> None:
    meter = Meter(clock, 100.0)  # type: ignore[arg-type]
    clock.told = Usage(0.0, 0.0, BOUNDS.data + 1)
    with meter.wait(2.0):
        clock.go_on(1.1)
    with pytest.raises(TooMuch, match="held more than 400 MB together"):
        meter.wait(2.0)


@linux
def test_a_process_is_found_with_all_below_it() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", f"import os\nos.fork()\nos.fork()\n{SPIN}"], start_new_session=True
    )
    try:
        while (used := used_by(child.pid, {os.getpid()}, 0)).cpu < 0.2:
            time.sleep(0.01)
        assert used.memory > memory_of(child.pid) > 0
    finally:
        os.killpg(child.pid, 9)
        child.wait()


# -- what is told ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("while True: pass", "did not return within 0.3 seconds: does a loop never end?"),
        ("sum(iter(int, 1))", "did not return within 0.3 seconds: does a loop never end?"),
        ("time.sleep(100)", "slept or waited for 0.9 seconds"),
        ("threading.Lock().acquire(); lock = threading.Lock(); lock.acquire(); lock.acquire()",
         "slept or waited for 0.9 seconds"),
        ("os.read(os.pipe()[0], 1)", "slept or waited for 0.9 seconds"),
    ],
)  # fmt: skip
def test_a_loop_without_end_and_a_wait_without_end_are_told_apart(
    body: str, words: str, box: Sandbox
) -> None:
    source = f"import os, threading, time\ndef f():\n    {body}"
    assert words in sentence(call(box, source))


def test_one_call_of_many_that_are_slow_is_not_called_endless(box: Sandbox) -> None:
    source = f"{WORK}f = work"
    child = Child(box, Program([Cell("cell 1", source)], ["f"]))
    backend = RemoteBackend(child)
    child.begin(0.8)
    ends = [backend.call("student:f", (), {}, Rules(seconds=0.6)) for _ in range(9)]
    child.end()
    told = sentence(next(end for end in ends if end.timed_out))
    assert "together" in told and "loop" not in told


# -- imports -----------------------------------------------------------------------------------

PARTS = {"__init__": "from slow_{n} import a, b", "a": "import time\ntime.sleep(0.8)", "b": "B = 2"}


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Makes a package whose import takes long; its name."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(name: str, **parts: str) -> str:
        folder = tmp_path / f"slow_{name}"
        folder.mkdir()
        for part, text in (PARTS | parts).items():
            (folder / f"{part}.py").write_text(text.replace("{n}", name))
        return folder.name

    return make


def importing(name: str) -> Callable[[], Any]:
    def f() -> Any:
        module = __import__(name)
        return module.b.B

    return f


def test_no_alarm_rings_inside_an_import(slow: Callable[..., str]) -> None:
    name = slow("whole")
    first = Student(LocalBackend({"f": importing(name)}), Rules(seconds=0.2))
    assert first.f() == 2
    assert {f"{name}.a", f"{name}.b"} <= set(sys.modules)
    assert first.f() == 2


def test_after_an_import_a_loop_is_ended_all_the_same(slow: Callable[..., str]) -> None:
    name = slow("loop")

    def f() -> None:
        __import__(name)
        while True:
            pass

    with pytest.raises(Wrong, match="does a loop never end"):
        Student(LocalBackend({"f": f}), Rules(seconds=0.2)).f()
    assert importing(name)() == 2


BUSY_FOR = "import time\nt = time.thread_time()\nwhile time.thread_time() < t + {}: pass"


def test_an_import_that_has_ended_does_not_count_either(slow: Callable[..., str]) -> None:
    name = slow("ended", a=BUSY_FOR.format(0.1))

    def f(name: str) -> int:
        __import__(name)
        exec(BUSY_FOR.format(0.45 if name != "math" else 0.6))
        return 2

    student = Student(LocalBackend({"f": f}), Rules(seconds=0.5))
    assert student.f(name) == 2
    with pytest.raises(Wrong, match="does a loop never end"):
        student.f("math")


def test_an_import_without_end_is_ended_and_named_and_leaves_no_half_package(
    slow: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = slow(
        "endless", __init__="from slow_endless import b\nwhile b.__dict__.get('stop') != 1: pass"
    )
    monkeypatch.setattr(limits, "IMPORTING", 0.5)
    this = Student(LocalBackend({"f": importing(name)}), Rules(seconds=0.2))
    for _ in range(2):
        with pytest.raises(Wrong, match=f"since importing {name} took too long"):
            this.f()
        assert not [module for module in sys.modules if module.startswith(name)]


def test_in_grading_too_an_import_may_take_long(box: Sandbox) -> None:
    source = """import sys
sys.path.insert(0, ".")
def f():
    with open("slow.py", "w") as file:
        file.write("import time\\nt = time.thread_time()\\nwhile time.thread_time() < t + 2: pass")
    import slow
    return 2"""
    assert call(box, source).value == 2


# -- sums ------------------------------------------------------------------------------------------


@linux
def test_the_memory_of_all_processes_is_bounded_together(box: Sandbox) -> None:
    source = """import os, time
def f():
    for _ in range(8):
        if os.fork() == 0:
            held = bytearray(os.urandom(1 << 20) * 100)
            time.sleep(60)
    time.sleep(60)"""
    error = call(box, source, seconds=20.0).error
    assert error is not None and "held more than 400 MB together" in error.message


def test_what_a_function_of_the_judge_is_given_is_bounded(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "_RECEIVED", 1 << 20)
    monkeypatch.setattr(children, "_CALLED_BACK", 50)
    given: list[Any] = []
    for size, words in ((1 << 16, "more than 1 MB"), (1, "more than 50 times")):
        source = f"import torch\ndef f(g):\n    while True: g(torch.ones({size}))"
        child = Child(box, Program([Cell("cell 1", source)], ["f"]))
        backend = RemoteBackend(child)
        child.begin(100.0)
        outcome = backend.call("student:f", (given.append,), {}, Rules(seconds=20.0))
        child.end()
        assert outcome.error is not None and words in outcome.error.message
    assert len(given) <= 70


def test_what_calls_return_is_bounded_together(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "_RECEIVED", 1 << 20)
    source = "import torch\ndef f():\n    return torch.ones(1 << 16)"
    child = Child(box, Program([Cell("cell 1", source)], ["f"]))
    backend = RemoteBackend(child)
    child.begin(100.0)
    ends = [backend.call("student:f", (), {}, Rules()) for _ in range(9)]
    child.begin(100.0)
    again = backend.call("student:f", (), {}, Rules())
    child.end()
    assert [end.error is None for end in ends[:3]] == [True] * 3
    assert ends[-1].error is not None and "more than 1 MB" in ends[-1].error.message
    assert again.error is None


# -- a busy machine ---------------------------------------------------------------------------


def test_six_identical_files_get_one_mark_on_a_machine_loaded_threefold(busy_box: Sandbox) -> None:
    soft = "def soft(Y):\n    work()\n    return (Y - Y.logsumexp(1, keepdim=True)).exp()"
    results = [grade(solved(soft=WORK + soft), busy_box) for _ in range(6)]
    assert [result.total for result in results] == [FULL] * 6
    assert len(set(map(repr, results))) == 1


def test_a_busy_machine_fails_nothing_in_a_notebook(busy_box: Sandbox) -> None:
    space: dict[str, Any] = {}
    exec(WORK, space)
    assert Student(LocalBackend({"f": space["work"]}), Rules(seconds=0.5)).f() is None
