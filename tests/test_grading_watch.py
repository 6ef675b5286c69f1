"""Tricks are told to the instructor by name; what honest answers and libraries do is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from course_dl.calls.backend import Outcome, Rules
from course_dl.grading.sandbox.client.child import Cell, Child, Program
from course_dl.grading.sandbox.client.remote import RemoteBackend
from course_dl.grading.sandbox.client.sandbox import Sandbox

TRICKS = {
    "threads": "import threading, time\nthreading.Thread(target=time.sleep, args=(0,)).start()",
    "threads of C's own function": "import _thread\n_thread.start_new_thread(print, ())",
    "processes": "import os\nif os.fork() == 0: os._exit(0)",
    "other programs": "import subprocess\nsubprocess.run(['/bin/true'])",
    "signals": "import os, signal\nos.kill(os.getpid(), signal.SIGCONT)",
    "tracing": "import sys\nsys.settrace(None)",
    "frames of callers": "import sys\nsys._getframe(1)",
    "all objects in memory": "import gc\ngc.get_objects()",
    "ctypes": "import ctypes\nctypes.string_at(b'abc')",
    "sockets": "import socket\nsocket.socketpair()",
    "files elsewhere": "import os\nos.listdir('/')",
    "bytecode": "double.__code__ = double.__code__.replace(co_name='other')",
    "compiled functions": "torch.jit.script(double)",
    "PyTorch's private switches": "getattr(torch._C, 'DisableTorchFunction')",
    "PyTorch's functions patched": "torch.allclose = lambda *args: True",
    "Python's functions patched": "import builtins\nbuiltins.round = lambda x: 0",
    "the grader's own modules": "import sys\nsys.modules['course_dl.grading.sandbox.wire']",
}

HONEST = """
import asyncio, contextlib, copy, dataclasses, enum, functools, itertools, logging, math, pathlib
import pickle, random, re, tempfile, time, typing, warnings
from collections import Counter, namedtuple
import matplotlib.pyplot as plt
import numpy as np
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from tqdm.auto import tqdm, trange

@dataclasses.dataclass(frozen=True)
class Pair:
    a: int = 1
    b: list = dataclasses.field(default_factory=list)

Point = namedtuple("Point", "x y")
Kind = enum.Enum("Kind", "one two")

class Named(typing.NamedTuple):
    a: int

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Dropout(), nn.Linear(3, 2))

    def forward(self, x):
        return self.layers(x)

async def later():
    await asyncio.sleep(0)

def work():
    warnings.warn("careful")
    logging.getLogger("mine").info("done")
    asyncio.run(later())
    net = Net()
    optimizer = torch.optim.AdamW(net.parameters())
    data = DataLoader(TensorDataset(torch.randn(8, 2), torch.arange(8) % 2), 4, shuffle=True)
    for x, d in tqdm(data):
        nn.functional.cross_entropy(net(x), d)
    torch.vmap(torch.sin)(torch.ones(3))
    pathlib.Path("a.txt").write_text("x")
    torch.save(net.state_dict(), "net.pt")
    net.load_state_dict(torch.load("net.pt"))
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/b", "w") as file:
        file.write("b")
    fig, axes = plt.subplots(1, 2)
    axes[0].imshow(np.eye(3))
    axes[1].hist([1, 2, 2], label="h")
    fig.legend()
    fig.savefig("figure.png")
    plt.close(fig)
    return [Pair(2).a, Point(1, 2).x, copy.deepcopy([1]), re.sub("a", "b", "aa"), Named(1).a]
"""


@pytest.fixture(scope="module", params=[True, False], ids=["autograd", "no autograd"])
def box(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox if request.param else sandbox.without_autograd


def run(box: Sandbox, body: str, more: str = "") -> tuple[set[str], Outcome]:
    """What is told of a function with this body, called."""
    body = body.replace("\n", "\n    ")
    source = f"import torch\n\ndef double(x):\n    return 2 * x\n{more}\ndef f():\n    {body}\n"
    child = Child(box, Program([Cell("cell 1", source, True)], ["f"]))
    backend = RemoteBackend(child)
    outcome = backend.call("student:f", (), {}, Rules(seconds=20.0))
    child.finish()
    return child.remarks, outcome


@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_is_told_by_its_name(trick: str, box: Sandbox) -> None:
    remarks, _ = run(box, TRICKS[trick])
    assert trick.partition(" of C's")[0] in remarks


def test_honest_code_and_libraries_are_not_told(box: Sandbox) -> None:
    remarks, outcome = run(box, "return work()", HONEST)
    assert outcome.error is None
    assert outcome.value == [2, 1, [1], "bb", 1]
    assert remarks == set()


def test_what_a_child_tells_of_tricks_is_cleaned_and_bounded() -> None:
    child = Child(None, Program([], []))  # type: ignore[arg-type]
    child._remark({"tricks": [f"{k}\x1b[31m\n" + "x" * 500 for k in range(1000)]})
    assert len(child.remarks) <= 32
    assert all(len(remark) <= 80 and remark.isprintable() for remark in child.remarks)
