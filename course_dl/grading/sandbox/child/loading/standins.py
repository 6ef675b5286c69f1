# Runs in: child
"""What a notebook has around it and a grader lacks: plain things in their place, that do nothing.

A progress bar is one of text; widgets, Colab's own modules and ``display`` do nothing; magics run
what they hold of Python.
"""

from __future__ import annotations

import ast
import builtins
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from typing import Any

from course_dl.grading.sandbox.child.loading.cells import Statement, read
from course_dl.grading.sandbox.child.loading.ipython import Magic, magic_in

__all__ = ["Inert", "Shell", "give_standins", "modules_stand_in"]

# Modules that need a notebook's page around them, with all that is in them.
_OF_A_PAGE = ("ipywidgets", "google.colab", "matplotlib_inline", "ipympl")
_BARS = ("tqdm.notebook", "tqdm.autonotebook")


class Inert:
    """Whatever is asked of it does nothing. As a decorator it leaves the function as it is."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Inert()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and isinstance(args[0], types.FunctionType) and not kwargs:
            return args[0]
        return Inert()

    def __enter__(self) -> Inert:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __bool__(self) -> bool:
        return False


class Quiet:
    """``lab`` and the like: what is asked of it does nothing, and gives None."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return _nothing


class Shell(Inert):
    """What ``get_ipython()`` gives: it runs the Python that magics hold, in the notebook's names.

    It is false, as None is: libraries that ask whether they are in a notebook are in none.
    """

    def __init__(self, namespace: dict[str, Any], run: Callable[[ast.stmt], Any]) -> None:
        self.user_ns = namespace
        self._run = run

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self

    def run_cell(self, text: str, *args: Any, **kwargs: Any) -> None:
        """Run a cell's text."""
        for part in read("a cell", text, {}):
            if isinstance(part, Statement):
                self._run(part.node)

    def run_line_magic(self, name: str, line: str = "", *args: Any, **kwargs: Any) -> Any:
        """``%time f(x)`` gives what ``f(x)`` gives."""
        return self._magic(f"get_ipython().run_line_magic({name!r}, {line!r})")

    def run_cell_magic(self, name: str, line: str, body: str) -> Any:
        """Run the cell if it is of Python."""
        return self._magic(f"get_ipython().run_cell_magic({name!r}, {line!r}, {body!r})")

    def magic(self, text: str) -> Any:
        """The old form of :meth:`run_line_magic`."""
        return self._magic(f"get_ipython().magic({text!r})")

    def getoutput(self, *args: Any, **kwargs: Any) -> list[str]:
        """No program is run here."""
        return []

    def push(self, names: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        """Give names their values."""
        self.user_ns.update(names)

    def ev(self, text: str) -> Any:
        """The value of an expression."""
        return eval(text, self.user_ns)

    def ex(self, text: str) -> None:
        """Run statements."""
        exec(text, self.user_ns)

    def _magic(self, call: str) -> Any:
        magic = magic_in(ast.parse(call).body[0])
        if not isinstance(magic, Magic) or magic.weak or not magic.body:
            return None
        try:
            return self.ev(magic.body.strip())
        except SyntaxError:
            return self.run_cell(magic.body)


def modules_stand_in() -> None:
    """Modules that need a notebook's page are plain ones in this process from here on."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())  # type: ignore[arg-type]
    for name in [*_BARS, *_OF_A_PAGE]:
        sys.modules.pop(name, None)
    lab = types.ModuleType("course_dl.lab")  # what judges is not imported here
    vars(lab).update(Lab=Quiet, __all__=["Lab"])
    sys.modules["course_dl.lab"] = lab
    for name in ("IPython", "IPython.core.getipython"):
        vars(sys.modules[name])["get_ipython"] = _get_ipython


def give_standins(namespace: dict[str, Any], run: Callable[[ast.stmt], Any]) -> None:
    """Put ``lab``, ``display``, ``get_ipython`` and ``input`` in place for a submission."""
    shell = Shell(namespace, run)
    for name, standin in (
        ("display", _nothing),
        ("get_ipython", shell),
        ("input", _asked),
    ):
        setattr(builtins, name, standin)
    namespace["lab"] = Quiet()


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Do nothing."""


def _get_ipython() -> Any:
    return getattr(builtins, "get_ipython", None)


def _asked(prompt: object = "") -> str:
    raise EOFError("input() waits for somebody who types, and in grading nobody does")


class _Finder:
    """First in line of all finders: makes the stand-ins when they are imported."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        top = [page for page in _OF_A_PAGE if name == page or name.startswith(f"{page}.")]
        if name in _BARS or top:
            return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]
        if name == "google" and not _is_found_elsewhere(name, self):
            return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]
        return None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return types.ModuleType(spec.name) if spec.name in (*_BARS, "google") else _Page(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        if module.__name__ in _BARS:
            import tqdm.std

            bar, numbers = tqdm.std.tqdm, tqdm.std.trange
            vars(module).update(
                tqdm=bar,
                tqdm_notebook=bar,
                trange=numbers,
                tnrange=numbers,
                __all__=["tqdm", "trange"],
            )


class _Page(types.ModuleType):
    """A module in which every name is there, and does nothing."""

    __all__: Sequence[str] = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Inert()


def _is_found_elsewhere(name: str, ours: object) -> bool:
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        if finder is not ours and find is not None and find(name, None) is not None:
            return True
    return False
