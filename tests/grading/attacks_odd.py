"""Odd submissions for the small lab: what is legal and rare, and hostile where nobody looks.

``ODD`` maps a name to ``(notebook, lost)``, as ``ATTACKS`` of the other file does.
"""

from __future__ import annotations

import json
from typing import Any

from tests.grading.honest import notebook, solved

__all__ = ["ODD"]

ODD: dict[str, tuple[bytes, set[str]]] = {}


def odd(name: str, *cells: str, lost: str = "", **changed: str) -> None:
    """Note a submission; ``lost`` names the exercises that it does not solve."""
    ODD[name] = (solved(*cells, **changed), set(lost.split()))


def raised(name: str, code: str) -> None:
    """One whose answer to 9.1 raises an exception that is not easily told."""
    odd(f"raises {name}", double=f"{code}\n\ndef double(x):\n    raise E", lost="9.1")


def returned(name: str, value: str, before: str = "", lost: str = "9.1") -> None:
    """One whose answer to 9.1 is an odd value."""
    odd(f"returns {name}", double=f"{before}\ndef double(x):\n    return {value}", lost=lost)


# The cells below define an exercise's name somewhere, so that all of them is run.
RUN = "class Counter(Counter):\n    pass\n"

# -- exceptions that lie about themselves ---------------------------------------------------

raised("what has no class", "class E(Exception):\n    __class__ = property(lambda self: 1 / 0)")
raised("what has no traceback", "class E(Exception):\n    __traceback__ = property(lambda self: 7)")
raised("a cycle of causes", "E = ValueError('a')\nE.__cause__ = E.__context__ = E")
raised("notes that are none", "E = ValueError('a')\nE.__notes__ = 3")
raised("what has no dict", "class E(Exception):\n    __dict__ = property(lambda self: 1 / 0)")
raised("a name of control characters", "E = type('\\x1b[2J\\r\\n\\ud800<b>', (Exception,), {})")
raised("a name of a megabyte", "E = type('E' * 10**6, (Exception,), {})")
raised(
    "what has another name at every look",
    """import itertools
class Meta(type):
    __name__ = property(lambda self: next(names))
names = itertools.cycle(["passed", 3, None, "\\ud800"])
class E(Exception, metaclass=Meta): pass""",
)
raised(
    "a text that is cut otherwise",
    """class Text(str):
    def __getitem__(self, part): return self
    def __len__(self): return 3
    def encode(self, *_): return b""
class E(Exception):
    def __str__(self): return Text("\\ud800" * 10**6)""",
)
raised("a group of exceptions", "E = ExceptionGroup('\\x00', [ValueError('a')] * 1000)")
raised("TimeUp's own kind", "from course_dl.calls.limits import TimeUp as E")
odd(
    "raises from code with an odd name and an odd place",
    double="""def double(x):
    code = compile("def f():\\n  raise ValueError", "\\ud800\\x1b[31m" * 1000, "exec")
    exec(code, globals())
    f.__code__ = f.__code__.replace(co_name="\\udfff" * 1000, co_firstlineno=2**30)
    f()""",
    lost="9.1",
)

# -- values that are nearly right, or nearly values -------------------------------------------

returned("twenty thousand objects", "[object() for _ in range(20_000)]")
returned("an object of an odd class", "type('\\ud800\\x1b[2J<script>', (), {})()")
returned("a class", "type(x)")
returned("a module", "torch")
returned("a generator", "(v for v in x)")
returned("itself", "double")
returned("an array of long doubles", "np.asarray(2 * x, dtype=np.longdouble)", "import numpy as np")
returned("an array of dates", "np.array(['2020-01-01'] * 3, dtype='M8[D]')", "import numpy as np")
returned("an array of objects", "np.array([print] * 3, dtype=object)", "import numpy as np")
returned("nothing as a tensor", "torch.empty(0, 2**30)")
returned("sixteen dimensions", "torch.zeros([1] * 16)")
returned("seventeen dimensions", "torch.zeros([1] * 17)")
returned("not a number", "x * float('nan')")
returned("a nested tensor", "torch.nested.nested_tensor([x, x])")
returned("a quantised tensor", "torch.quantize_per_tensor(x.float(), 0.1, 0, torch.qint8)")
returned("sixty million bytes", "torch.ones(60_000_000, dtype=torch.uint8)")
returned("a dict with itself for a key", "{double: {(): {None: x}}}")
returned("a parameter", "torch.nn.Parameter(2 * x)", lost="")
returned(
    "a tensor of a subclass", "(2 * x).as_subclass(Mine)", "class Mine(torch.Tensor): pass", ""
)
returned(
    "a view from the middle of a larger one", "torch.stack([x, 2 * x, x], -1)[..., 1]", lost=""
)
returned("a lazily negated tensor", "torch._neg_view(-2 * x)", lost="")
odd(
    "returns what ends the process when it is forgotten",
    double="""import os
class Bomb:
    def __del__(self): os._exit(0)
def double(x):
    return Bomb()""",
    lost="9.1",
)
odd(
    "returns numbers with a mind of their own",
    double="""class N(int):
    def __int__(self): return 7
    def __index__(self): return 8
    def bit_length(self): raise MemoryError
    def __eq__(self, other): return True
    def __hash__(self): raise KeyError
def double(x):
    return [N(1), {N(2): N(3)}] if False else (N(1), N(2))""",
    lost="9.1",
)
odd(
    "returns a dict with a mind of its own",
    double="""class D(dict):
    def items(self):
        while True: yield 1, 2
    def __len__(self): return -1
def double(x):
    return D(a=1)""",
    lost="9.1",
)

# -- forged ---------------------------------------------------------------------------------------

FORGE = """import json, struct, os, sys
def forge(value, size=0):
    frame = sys._getframe()
    while "question" not in frame.f_locals: frame = frame.f_back
    told = '{"outcomes":[{"value":%s}],"to":%d}' % (value, frame.f_locals["question"].number)
    raw = told.encode()
    data = struct.pack(">IQ", len(raw), size) + raw + bytes(size)
    for fd in range(3, 32):
        try: sent = os.write(fd, data)
        except OSError: continue
        while sent < len(data): sent += os.write(fd, data[sent:])
    os._exit(0)
"""


def forged(name: str, value: str, size: int = 0) -> None:
    """One that answers in place of the child's own code: ``value`` is an expression for JSON."""
    odd(
        f"forged: {name}", double=f"{FORGE}\ndef double(x):\n    forge({value}, {size})", lost="9.1"
    )


forged(
    "a dict of numbers that all have one hash",
    "'{\"dict\":[' + ','.join(f'[{k * (2**61 - 1)},0]' for k in range(1, 40_001)) + ']}'",
)
forged("twenty thousand empty tensors",
       "'{\"list\":[' + ','.join(['{\"tensor\":[\"int8\",[0],false,0]}'] * 20_000) + ']}'")  # fmt: skip
forged("long ranges", "'{\"list\":[' + ','.join(['{\"range\":[0,999999,1]}'] * 20_000) + ']}'")
forged("a range without steps", "'{\"range\":[0,9,0]}'")
forged("a number of a million digits", "'9' * 1_000_000")
forged("a float of a million digits", "'0.' + '9' * 1_000_000")
forged("numbers without end", "'[' + 'NaN,' * 1000 + '-Infinity,1e999]'")
forged("a generator in no state", "'{\"generator\":5056}'", 5056)
forged("gradients of whole numbers", '\'{"tensor":["int64",[3],true,24]}\'', 32)
forged("an object's number that is none", '\'{"handle":[2147483647,"T"]}\'')
forged("an object with an odd name", '\'{"handle":[0,"\\\\ud800\\\\u001b[2J"]}\'')
forged("a slice of slices", '\'{"slice":[{"slice":[1,2,3]},null,"x"]}\'')
forged("thirty lists in each other", "'{\"list\":[' * 30 + '1' + ']}' * 30")
forged("an array with an odd type", '\'{"array":["<f16",[3],48]}\'', 48)
forged("an array of the other byte order", '\'{"array":[">f8",[3],24]}\'', 32)

# -- its own surroundings, changed -----------------------------------------------------------------

for said, code in {
    "warnings are errors": "import warnings\nwarnings.simplefilter('error')",
    "numpy's warnings are errors": "import numpy\nnumpy.seterr(all='raise')",
    "double precision everywhere": "import torch\ntorch.set_default_dtype(torch.float64)",
    "all is printed in full": "import torch\ntorch.set_printoptions(profile='full')",
    "no collector": "import gc\ngc.disable(); gc.freeze(); gc.set_threshold(1)",
    "a recursion without bound": "import sys\nsys.setrecursionlimit(10**9)",
    "nowhere": "import os\nos.makedirs('a'); os.chdir('a'); os.rmdir('../a')",
    "no environment": "import os\nos.environ.clear(); os.umask(0o777)",
    "no path": "import sys\nsys.path.clear(); sys.argv.clear(); sys.meta_path.clear()",
    "no output": "import sys\nsys.stdout = sys.stderr = sys.__stdout__ = None",
    "a closed output": "import sys\nsys.stdout.close(); sys.stderr.close()",
    "another main": "import sys, types\nsys.modules['__main__'] = types.ModuleType('x')",
    "no time": "import time\ntime.monotonic = time.time = time.perf_counter = lambda: 0.0",
    "its own display": "def display(*_): raise SystemExit\nget_ipython = lab = display",
    "an excepthook": "import sys, os\nsys.excepthook = sys.unraisablehook = os._exit",
    "other limits": """import resource
for kind in (resource.RLIMIT_CORE, resource.RLIMIT_STACK):
    resource.setrlimit(kind, (0, 0) if kind == resource.RLIMIT_CORE else resource.getrlimit(kind))""",
    "all signals blocked": "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 60))",
}.items():
    odd(f"surroundings: {said}", RUN + code)
odd(
    "its own line, broken",
    RUN + "import json, struct, zlib\njson.loads = struct.unpack = zlib.crc32 = None",
    lost="9.1 9.2 9.3 9.4 9.5",
)
odd(
    "inference mode, as a decorator",
    double="@torch.inference_mode()\ndef double(x):\n    return 2 * x",
)
odd(
    "inference mode for ever",
    double="def double(x):\n    torch.inference_mode().__enter__()\n    return 2 * x",
)
odd(
    "output that is closed in a call",
    double="import sys\ndef double(x):\n    print('a')\n    sys.stdout.close()\n    return 2 * x",
)
odd(
    "output that is no output any more",
    double="import sys\ndef double(x):\n    sys.stdout.kept = 7\n    sys.stdout._limit = 10**9\n    return 2 * x",
    lost="9.1",
)
odd("stops itself", double="import os\ndef double(x):\n    os.kill(os.getpid(), 19)", lost="9.1")
odd(
    "stops itself after it was right",
    slope="import os, threading\ndef slope(x):\n    raise StopAsyncIteration(os.getpid())",
    lost="9.2",
)
odd(
    "a clock that lies",
    double="import time\ntime.monotonic = lambda: 1e18\ndef double(x):\n    while True: time.sleep(0.1)",
    lost="9.1",
)
odd(
    "what it keeps from call to call",
    double="seen = []\ndef double(x):\n    seen.append(x.clone())\n    return 2 * seen[0]",
    lost="9.1",
)
odd(
    "generators that say that nobody drew",
    double="""import numpy as np, random
def double(x):
    torch.get_rng_state = lambda: torch.zeros(1)
    np.random.random_sample = random.random = lambda: 0.0
    return 2 * x + 0 * torch.rand(3).sum()""",
)

# -- functions of the judge ----------------------------------------------------------------------------

odd(
    "a callback in a thread",
    twice="""import threading
def twice(g, x):
    found = []
    thread = threading.Thread(target=lambda: found.append(g(g(x))))
    thread.start(); thread.join()
    return found[0]""",
)
odd(
    "a callback that is given itself",
    twice="""def twice(g, x):
    for odd in (g, [g], {"g": g}, twice, x.storage, type, ...):
        try: g(odd)
        except BaseException: pass
        else: return x
    return g(g(x))""",
)
odd(
    "a callback within a callback",
    twice="""class Calls(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        inner(torch.ones(3))
        return super().__torch_function__(func, types, args, kwargs or {})
def twice(g, x):
    global inner
    inner = g
    return g(g(x.as_subclass(Calls)).as_subclass(torch.Tensor))""",
    lost="9.5",
)
odd(
    "a callback with too many arguments",
    twice="""def twice(g, x):
    for args, kwargs in (((), {}), ((x,) * 1000, {}), ((x,), {"a" * 10**5: 1}), ((), {"self": x})):
        try: g(*args, **kwargs)
        except Exception: pass
    return g(g(x))""",
)
# -- notebooks as no program writes them -----------------------------------------------------------------

SOLVED = json.loads(solved())


def shaped(name: str, lost: str = "", **top: Any) -> None:
    """A solved notebook with other fields."""
    ODD[name] = (json.dumps(SOLVED | top).encode(), set(lost.split()))


def cells(**fields: Any) -> list[Any]:
    """The solved cells with further fields."""
    return [cell | fields for cell in SOLVED["cells"]]


shaped("cells with odd ids", cells=cells(id={"exercise-": ["Zoe Müller"]}))
shaped("cells with odd metadata", cells=cells(metadata=[["exercise"]], tags=None, attachments=7))
shaped("exercises that are all and none", cells=cells(metadata={"exercise": {"9.1": None}}))
shaped("cells that are none", cells=[None, 3, "x", [], {}, {"cell_type": ["code"]}, *cells()])
shaped("sources in odd pieces",
       cells=[c | {"source": [None, 3, *c["source"], ["x"]]} for c in cells()])  # fmt: skip
shaped(
    "metadata of another student", metadata={"authors": [{"name": "../../Zoe"}], "title": "\x1b[2J"}
)
shaped("metadata, nested deep", metadata=json.loads('{"a":' * 300 + "1" + "}" * 300))
shaped("megabytes of output",
       cells=cells(outputs=[{"output_type": "stream", "text": ["x" * 999 + "\n"] * 1000}]))  # fmt: skip
shaped("outputs that are none", cells=cells(outputs={"a": 1}, execution_count="many"))
shaped("of a format to come", nbformat=99, nbformat_minor="x", worksheets=[[[]]])
ODD["ten thousand empty cells"] = (
    notebook(*(["", "\n", "# only words"] * 3333), *(c["source"] for c in SOLVED["cells"])), set()
)  # fmt: skip
ODD["the cells twice in one notebook"] = (
    solved()[:-1] + b"," + json.dumps({"cells": SOLVED["cells"]})[1:].encode(), set()
)  # fmt: skip
ODD["more after its end"] = (solved() + b"\n}]}\x00\xff" * 100, set())

# -- cells that no parser likes ---------------------------------------------------------------------------

for said, code in {
    "minus signs": "y = " + "-" * 20_000 + "1",
    "nots": "y = " + "not " * 20_000 + "1",
    "brackets": "y = " + "[" * 10_000 + "]" * 10_000,
    "calls": "y = " + "f(" * 5_000 + ")" * 5_000,
    "attributes": "y = a" + ".b" * 990,
    "more attributes": "y = a" + ".b" * 5_000,
    "a sum": "y = 1" + " + 1" * 990,
    "a long sum": "y = 1" + " + 1" * 5_000,
    "a power": "y = 2" + " ** 2" * 3_000,
    "lambdas": "y = " + "lambda: " * 2_000 + "1",
    "conditions": "y = " + "1 if 1 else " * 2_000 + "1",
    "else ifs": "if 0:\n    y = 1\n" + "elif 0:\n    y = 1\n" * 3_000,
    "a long line": "y = '" + "x" * 100_000 + "'",
    "long numbers": "y = " + "9" * 20_000,
    "comparisons": "y = 1" + " < 1" * 5_000,
    "decorators": "@print\n" * 3_000 + "def f(): pass",
    "a huge constant": "y = 10 ** 10 ** 8\nz = 'x' * 10 ** 12",
    "f-strings": "y = f'{" * 3 + "1",
    "escapes that are none": "y = '\\N{no such name}'",
    "another coding": "# -*- coding: utf-7 -*-\ny = '+AHg-'",
    "odd letters": "ｙ = 1\nx́ = 2\u2028z = 3\x0cw = 4",
}.items():
    odd(f"a cell of {said}", code)
