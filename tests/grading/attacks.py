"""Hostile submissions for the small lab: what each does, and what its honest part earns.

``ATTACKS`` maps a name to ``(notebook, lost)``: the exercises whose points are lost, all others
being solved. An attack stands in a cell of its own, in the answer of 9.1, or in both.
"""

from __future__ import annotations

from tests.grading.honest import solved

__all__ = ["ATTACKS", "CANARY"]

CANARY = "course-dl-was-here"

ATTACKS: dict[str, tuple[bytes, set[str]]] = {}


def attack(name: str, *cells: str, lost: str = "", **changed: str) -> None:
    """Note an attack; ``lost`` names the exercises that it does not solve."""
    ATTACKS[name] = (solved(*cells, **changed), set(lost.split()))


# The cells below define an exercise's name somewhere, so that all of them is run.
RUN = "class Counter(Counter):\n    pass\n"

# -- ending the process ----------------------------------------------------------------------

attack("exit while loading", RUN + "import os\nos._exit(0)")
attack("exit in a decorator", "import os\n@os._exit\ndef f(): pass")
attack("sys.exit while loading", RUN + "import sys\nsys.exit('done')")
attack("exit in a call", double="import os\ndef double(x):\n    os._exit(0)", lost="9.1")
attack("sys.exit in a call", double="import sys\ndef double(x):\n    sys.exit(0)", lost="9.1")
attack("abort", double="import os\ndef double(x):\n    os.abort()", lost="9.1")
attack(
    "kill itself",
    double="import os\ndef double(x):\n    os.kill(os.getpid(), 9)\n    import ctypes\n    ctypes.string_at(0)",
    lost="9.1",
)
attack(
    "segmentation fault",
    double="import ctypes\ndef double(x):\n    ctypes.string_at(0)",
    lost="9.1",
)
attack("KeyboardInterrupt", double="def double(x):\n    raise KeyboardInterrupt", lost="9.1")
attack("GeneratorExit", double="def double(x):\n    raise GeneratorExit", lost="9.1")
attack(
    "atexit", RUN + "import atexit, os\natexit.register(os._exit, 3)\natexit.register(print, 'x')"
)

# -- never ending -----------------------------------------------------------------------------

attack("endless loop", double="def double(x):\n    while True: pass", lost="9.1")
attack(
    "a loop that swallows interrupts",
    double="""def double(x):
    while True:
        try:
            while True: pass
        except BaseException: pass""",
    lost="9.1",
)
attack(
    "a loop without alarms",
    double="""import signal, time
def double(x):
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))
    while True: time.sleep(1)""",
    lost="9.1",
)
attack("endless loop while loading", RUN + "while True: pass")
attack("an endless loop in C", double="def double(x):\n    return sum(iter(int, 1))", lost="9.1")
attack(
    "a result whose reading never ends",
    double="""class Endless(list):
    def __iter__(self):
        while True: yield 1
def double(x):
    return Endless([1])""",
    lost="9.1",
)

# -- changing what it is compared with ----------------------------------------------------------

PATCHES = """
import torch, numpy, builtins, math, operator
yes = lambda *args, **kwargs: True
zero = lambda *args, **kwargs: torch.zeros(())
torch.allclose = torch.equal = torch.isclose = torch.testing.assert_close = yes
torch.Tensor.__eq__ = torch.Tensor.__le__ = torch.Tensor.allclose = torch.Tensor.equal = yes
torch.Tensor.__sub__ = torch.Tensor.__rsub__ = zero
numpy.allclose = numpy.testing.assert_allclose = numpy.array_equal = yes
math.isclose = operator.eq = builtins.all = builtins.any = yes
builtins.abs = builtins.max = zero
import sys
for name, module in list(sys.modules.items()):
    if "pytest" in name or "course_dl" in name:
        for key in list(vars(module)):
            if key in ("close", "equal", "require", "run_test", "_judge", "_changed", "_message"):
                setattr(module, key, yes)
"""
attack("patching all comparisons", RUN + PATCHES, double="def double(x):\n    return x", lost="9.1")
ATTACKS["patching all comparisons"][1].update(
    {"9.2", "9.3", "9.4", "9.5"}
)  # it broke its own torch
attack(
    "patching pytest",
    RUN + "import pytest\npytest.Item.runtest = lambda self: None\npytest.fail = print",
    double="def double(x):\n    return x",
    lost="9.1",
)
attack(
    "a tensor that agrees with everything",
    double="""import torch
class Agrees(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func.__name__ in ("allclose", "equal", "__eq__", "le", "sub", "all"):
            return torch.ones((), dtype=torch.bool)
        return super().__torch_function__(func, types, args, kwargs)
def double(x):
    return x.as_subclass(Agrees)""",
    lost="9.1",
)
attack(
    "an object that agrees with everything",
    double="""class Yes:
    shape, dtype = (3,), "torch.float64"
    def __getattr__(self, name): return lambda *a, **k: self
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __float__(self): return 0.0
    def __bool__(self): return True
    def __len__(self): return 3
    def __iter__(self): return iter([self] * 3)
def double(x):
    return Yes()""",
    lost="9.1",
)
attack(
    "a float that agrees with everything",
    double="""class F(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return F(0)
    __rsub__ = __sub__
def double(x):
    return F(1)""",
    lost="9.1",
)

# -- looking for the answers ----------------------------------------------------------------------

attack(
    "walking frames",
    double="""import sys
def double(x):
    frame, found = sys._getframe(), []
    while frame:
        for value in list(frame.f_locals.values()):
            if isinstance(value, dict):
                found += list(value.values())
            found.append(value)
        frame = frame.f_back
    for value in found:
        if getattr(value, "shape", None) == x.shape and value is not x and not (value == x).all():
            return value
    return x""",
    lost="9.1",
)
attack(
    "walking the collector's objects",
    double="""import gc
def double(x):
    gc.unfreeze()
    for value in gc.get_objects():
        name = getattr(value, "__name__", "")
        if isinstance(name, str) and (name.startswith("test_") or ".checks" in name or name.endswith("solutions")):
            module = getattr(value, "__module__", name) or ""
            if "course_dl" in str(module):
                return 2 * x
    return x""",
    lost="9.1",
)
attack(
    "searching the disk",
    double="""import os
def double(x):
    for top in ("/", os.path.dirname(os.path.dirname(os.path.abspath(os.__file__)))):
        for folder, _, names in os.walk(top):
            if folder.startswith(("/proc", "/sys", "/dev")):
                continue
            if "shared.py" in names:
                with open(os.path.join(folder, "shared.py")) as file:
                    if "SHORT = 0.6" in file.read():
                        return 2 * x
    return x""",
    lost="9.1",
)
attack(
    "importing the answer",
    slope="from course_dl.losses import dsquare as slope\nfrom course_dl import losses",
    lost="9.2",
)
attack(
    "importing the checks",
    double="""def double(x):
    import importlib
    for name in ("course_dl.labs.lab90_small.checks.e9_1_double", "course_dl.grading.grade", "checks"):
        try:
            importlib.import_module(name)
        except Exception:
            continue
        if name != "course_dl.grading.grade":
            return 2 * x
    return x""",
    lost="9.1",
)

# -- using up what there is --------------------------------------------------------------------------

attack(
    "memory",
    double="def double(x):\n    return len([bytearray(1 << 20) for _ in range(1 << 16)])",
    lost="9.1",
)
attack(
    "memory of tensors",
    double="def double(x):\n    kept = []\n    while True: kept.append(torch.ones(1 << 22))",
    lost="9.1",
)
attack(
    "shared memory",
    double="""import mmap
def double(x):
    kept = []
    while True:
        kept.append(mmap.mmap(-1, 1 << 26))
        kept[-1].write(b"1" * (1 << 26))""",
    lost="9.1",
)
attack(
    "a fork bomb",
    double="""import os
def double(x):
    while True:
        try: os.fork()
        except OSError: pass""",
    lost="9.1",
)
attack(
    "threads without end",
    double="""import threading, time
def double(x):
    while True:
        try: threading.Thread(target=time.sleep, args=(60,)).start()
        except RuntimeError: pass""",
    lost="9.1",
)
attack(
    "output without end",
    double="import os\ndef double(x):\n    while True: print('x' * 10000)",
    lost="9.1",
)
attack(
    "output, and right",
    double="import os\ndef double(x):\n    print('x' * 10**6)\n    os.write(1, b'y' * 10**6)\n    os.write(2, b'z' * 10**6)\n    return 2 * x",
)
attack(
    "files without end",
    double="""import os
def double(x):
    for k in range(10**9):
        with open(f"f{k}", "wb") as file:
            file.write(b"x" * (1 << 19))""",
    lost="9.1",
)
attack(
    "open files without end",
    double="def double(x):\n    kept = []\n    while True: kept.append(open('/dev/null'))",
    lost="9.1",
)
attack(
    "a huge result",
    double="def double(x):\n    return torch.ones(1 << 25, dtype=torch.float32)",
    lost="9.1",
)
attack("a huge string", double="def double(x):\n    return 'x' * (1 << 26)", lost="9.1")
attack("a huge number", double="def double(x):\n    return 1 << (1 << 20)", lost="9.1")
attack(
    "a deep result",
    double="def double(x):\n    r = []\n    for _ in range(10**5): r = [r]\n    return r",
    lost="9.1",
)
attack(
    "a cyclic result",
    double="def double(x):\n    r = []\n    r.append(r)\n    return r",
    lost="9.1",
)
attack(
    "a tensor without memory",
    double="def double(x):\n    return torch.ones(1).expand(1 << 20, 1 << 20)",
    lost="9.1",
)
attack("a sparse tensor", double="def double(x):\n    return (2 * x).to_sparse()", lost="9.1")
attack(
    "a meta tensor",
    double="def double(x):\n    return torch.empty(3, device='meta', dtype=x.dtype)",
    lost="9.1",
)
attack(
    "odd text",
    double="def double(x):\n    raise ValueError('\\ud800 \\x1b[31m \\x00 <script>alert(1)</script>' * 1000)",
    lost="9.1",
)
attack(
    "a message that raises",
    double="class E(Exception):\n    def __str__(self): raise E\ndef double(x):\n    raise E",
    lost="9.1",
)
attack("endless recursion", double="def double(x):\n    return double(x)", lost="9.1")

attack(
    "memory of many processes",
    double="""import os, time
def double(x):
    for _ in range(8):
        if os.fork() == 0:
            kept = bytearray(os.urandom(1 << 20) * 100)
            time.sleep(60)
    time.sleep(60)""",
    lost="9.1",
)
attack(
    "batches without end for a function of the judge's",
    twice="def twice(g, x):\n    while True: g(torch.ones(1 << 20))",
    lost="9.5",
)
attack(
    "a class that lies about its name",
    double="""class Meta(type):
    __name__ = property(lambda cls: "\\ud800\\x1b]0;x\\x07\\u202e" * 100_000)
    __qualname__ = __module__ = __name__
class A(metaclass=Meta): pass
def double(x):
    return A()""",
    lost="9.1",
)

# -- writing outside, and at others --------------------------------------------------------------------

attack(
    "writing and deleting around",
    double=f"""import os, shutil, tempfile
def double(x):
    home = os.path.dirname(os.path.dirname(os.path.abspath(torch.__file__)))
    for folder in ("/", "/tmp", "/var/tmp", "/usr", "/etc", "/root", "/home", "/dev/shm", home, "..", "../.."):
        try:
            with open(os.path.join(folder, "{CANARY}"), "w") as file:
                file.write("x")
        except OSError: pass
    for path in ("/etc/passwd", torch.__file__, home + "/torch/version.py"):
        try: os.unlink(path)
        except OSError: pass
        try: os.chmod(path, 0)
        except OSError: pass
    return 2 * x""",
)
attack(
    "links out of the scratch folder",
    double="""import os
def double(x):
    for name, target in (("a", "/"), ("b", "/etc/passwd"), ("c", "/tmp"), ("d", "..")):
        try: os.symlink(target, name)
        except OSError: pass
    if not os.path.lexists("deep"):
        os.makedirs("deep/er")
        os.chmod("deep", 0)
    return 2 * x""",
)
attack(
    "killing all others",
    double="""import os, signal
def double(x):
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGSTOP):
        for pid in (os.getppid(), 1):
            if pid > 1:
                try: os.kill(pid, number)
                except OSError: pass
    return 2 * x""",
)
attack(
    "the network",
    double="""import socket
def double(x):
    for address in (("127.0.0.1", PORT), ("1.1.1.1", 53)):
        try:
            socket.create_connection(address, timeout=0.2).send(b"hello")
            return x
        except OSError: pass
    return 2 * x""",
)
attack(
    "processes left behind",
    double="""import os, time
def double(x):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            time.sleep(600)
        os._exit(0)
    return 2 * x""",
)
attack(
    "threads left behind",
    double="""import threading, time
def double(x):
    def busy():
        while True: time.sleep(0.01)
    threading.Thread(target=busy).start()
    threading.Thread(target=busy, daemon=True).start()
    return 2 * x""",
)
attack(
    "signals",
    RUN
    + "import signal\nfor s in range(1, 60):\n    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass",
)

# -- lying on the line ------------------------------------------------------------------------------------

SEND = """import json, struct, os
def send(header, body=b"", size=None):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    data = struct.pack(">IQ", len(raw), len(body) if size is None else size) + raw + body
    for fd in range(3, 32):
        try: os.write(fd, data)
        except OSError: pass
def question():
    import sys
    frame = sys._getframe()
    while "question" not in frame.f_locals: frame = frame.f_back
    return frame.f_locals["question"].number
"""


def claim(body: str = "b''", **told: object) -> str:
    """Code that sends an outcome of the call before the call has one."""
    return f"send({{'outcomes': [{told}], 'to': question()}}, {body})"


def forged(name: str, header: str, lost: str = "9.1") -> None:
    attack(
        f"forged: {name}",
        double=f"{SEND}\ndef double(x):\n    {header}\n    os._exit(0)",
        lost=lost,
    )


forged("a verdict", "send({'passed': True, 'points': 100})")
forged("not JSON", "send(b'{{{{')")
forged("a pickle", "import pickle\n    send(pickle.dumps(print))")
forged("a huge length", "send({}, size=1 << 60)")
forged("a huge header", "os.write(3, struct.pack('>IQ', (1 << 32) - 1, 0) + b'x' * 1000)")
forged("deep JSON", "send(b'[' * 100000)")
forged("half a message", "os.write(3, b'\\x00\\x00')")
forged("the wrong bytes", claim("b'123'", value={"tensor": ["float64", [3], False, 24]}))
forged("a negative shape", claim("b'1' * 32", value={"tensor": ["float64", [-1, -3], False, 24]}))
forged("an endless shape", claim(value={"tensor": ["float64", [0, 1 << 62], False, 0]}))
forged("an object's type", claim("b'1' * 32", value={"array": ["O8", [3], 24]}))
forged("an unknown tag", claim(value={"eval": "print(1)"}))
forged("a call of ours", "send({'callback': [0, {'list': []}, {'dict': []}]})")
forged("more outcomes than calls", "send({'outcomes': [{}] * 50, 'to': question()})")
forged("an answer to another question", "send({'outcomes': [{'value': 4.0}], 'to': 0})")
forged("outcomes without end", f"for _ in range(50): {claim(value=2.0)}")
forged("a text for a flag", claim(timed_out="no"))
forged("a field of its own", claim(passed=True))
forged("a garbage stream", "os.write(3, os.urandom(1 << 16))")
attack(
    "a pickle as the result",
    double="import pickle\nclass P:\n    def __reduce__(self): return (exec, ('raise SystemExit',))\ndef double(x):\n    return pickle.dumps(P())",
    lost="9.1",
)
attack(
    "closing the line",
    double="import os\ndef double(x):\n    os.closerange(0, 256)\n    return 2 * x",
    lost="9.1",
)

# -- autograd where it is to be done without --------------------------------------------------------------

attack(
    "autograd, switched on again",
    slope="""def slope(x):
    with torch.enable_grad():
        x = x.clone().requires_grad_()
        return torch.autograd.grad((x ** 3).sum(), x)[0]""",
    lost="9.2",
)
attack(
    "autograd's engine, kept from before",
    "engine = torch.autograd.Variable._execution_engine",
    slope="""from torch.autograd import Variable
keep = Variable._execution_engine
from torch.autograd.variable import ImperativeEngine
def slope(x):
    torch.set_grad_enabled(True)
    x = x.clone().requires_grad_()
    y = (x ** 3).sum()
    for engine in (keep, ImperativeEngine()):
        try: return engine.run_backward((y,), (torch.ones_like(y),), False, False, (x,), False, accumulate_grad=False)[0]
        except Exception: pass
    torch.ops.aten._backward(y, [x], None, False, False)
    return x.grad""",
    lost="9.2",
)
attack(
    "autograd's graph, walked by hand",
    slope="""def slope(x):
    with torch.enable_grad():
        x = x.clone().requires_grad_()
        y = x ** 3
        return y.grad_fn(torch.ones_like(y))""",
    lost="9.2",
)
attack(
    "autograd in another thread",
    slope="""import threading
def slope(x):
    found = []
    def work():
        leaf = x.clone().requires_grad_()
        y = leaf ** 3
        found.append(y.grad_fn(torch.ones_like(y)))
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return found[0]""",
    lost="9.2",
)
attack(
    "forward-mode derivatives",
    slope="""import torch.autograd.forward_ad as forward
def slope(x):
    with forward.dual_level():
        dual = torch._make_dual(x, torch.ones_like(x), level=0)
        return torch._unpack_dual(dual ** 3, level=0)[1]""",
    lost="9.2",
)
attack(
    "the library's own function", soft="def soft(Y):\n    return torch.softmax(Y, 1)", lost="9.3"
)
attack(
    "the library's own function, hidden in a try",
    soft="""def soft(Y):
    try: return Y.softmax(1)
    except BaseException:
        E = (Y - Y.max(1, keepdim=True).values).exp()
        return E / E.sum(1, keepdim=True)""",
    lost="9.3",
)
attack(
    "a global function in the way",
    "def close(*args): pass\ndef run_test(*args): pass\nstudent = None",
)
attack("changing the argument", double="def double(x):\n    x *= 2\n    return x", lost="9.1")
attack(
    "changing the argument and back",
    double="def double(x):\n    x *= 2\n    y = x.clone()\n    x /= 2\n    return y",
    lost="9.1",
)
attack("an object for a class", counter="Counter = lambda start: start", lost="9.4")
attack(
    "callbacks called for ever",
    twice="def twice(g, x):\n    while True: g(x)",
    lost="9.5",
)
attack(
    "callbacks given odd things",
    twice="""def twice(g, x):
    for odd in ([[]] * 1000, range(10**12), 'x' * 10**6, {'a': {}}, None, slice(0, 10**12)):
        try: g(odd)
        except Exception: pass
    return x""",
    lost="9.5",
)
