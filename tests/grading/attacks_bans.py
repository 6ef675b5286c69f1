"""Hostile submissions that get round what an exercise does without: autograd, a library's function.

Importing this adds them to ``ATTACKS``.
"""

from __future__ import annotations

from tests.grading.attacks import attack

SCRIPT = """
text = "def cube(x):\\n    return x * x * x\\n"
try: compiled = torch.jit.CompilationUnit(text).cube
except Exception: compiled = None
"""
GRADIENT = """
    from torch.autograd.variable import ImperativeEngine
    with torch.enable_grad():
        leaf = x.clone().requires_grad_()
        for _ in range(4): y = compiled(leaf)
        engine = ImperativeEngine()
        ones, last = torch.ones_like(y), {"accumulate_grad": False}
        return engine.run_backward((y,), (ones,), False, False, (leaf,), False, **last)[0]"""

attack(
    "TorchScript's formulas, by an older executor",
    SCRIPT,
    slope=f"""def slope(x):
    torch._C._jit_set_profiling_executor(False){GRADIENT}""",
    lost="9.2",
)
attack(
    "TorchScript's formulas, by a copy of PyTorch's core",
    SCRIPT,
    slope=f"""import sys
def slope(x):
    kept = sys.modules.pop("torch._C")
    try:
        import torch._C as again
        again._jit_set_profiling_executor(False)
    finally:
        sys.modules["torch._C"] = kept{GRADIENT}""",
    lost="9.2",
)


def soft(name: str, code: str) -> None:
    attack(f"the library's own function, {name}", soft=code, lost="9.3")


soft(
    "in another thread",
    """import threading
def soft(Y):
    found = []
    thread = threading.Thread(target=lambda: found.append(torch.softmax(Y, 1)))
    thread.start()
    thread.join()
    return found[0]""",
)
soft(
    "in a thread of C's own function",
    """import _thread, time
def soft(Y):
    found = []
    _thread.start_new_thread(lambda: found.append(torch.softmax(Y, 1)), ())
    while not found: time.sleep(0.001)
    return found[0]""",
)
soft(
    "with modes switched off",
    "def soft(Y):\n    with torch._C.DisableTorchFunction(): return torch.softmax(Y, 1)",
)
soft(
    "with the mode taken away",
    """from torch.overrides import _pop_mode, _push_mode
def soft(Y):
    mode = _pop_mode()
    try: return torch.softmax(Y, 1)
    finally: _push_mode(mode)""",
)
soft(
    "traced before",
    """traced = torch.jit.trace(lambda Y: torch.softmax(Y, 1), torch.ones(3, 4))
def soft(Y):
    return traced(Y)""",
)
soft(
    "by a class of tensors",
    """class Soft(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return torch.softmax(args[0].as_subclass(torch.Tensor), 1)
def soft(Y):
    return Y.as_subclass(Soft) + 0""",
)
soft(
    "by a class of tensors, at the dispatcher",
    """class Soft(torch.Tensor):
    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return torch.softmax(wanted, 1)
def soft(Y):
    global wanted
    wanted = Y
    return torch.Tensor._make_subclass(Soft, Y) + 0""",
)
soft(
    "called back by another function",
    """def soft(Y):
    found = []
    torch.ones(1).apply_(lambda v: found.append(torch.softmax(Y, 1)) or v)
    return found[0]""",
)
soft(
    "in a hook of autograd",
    """def soft(Y):
    found = []
    leaf = torch.ones(1, requires_grad=True)
    leaf.register_hook(lambda grad: found.append(torch.softmax(Y, 1)))
    (2 * leaf).backward()
    return found[0]""",
)
