"""A check's function, or its generator, as one types it: so that a call can be pasted and run."""

from __future__ import annotations

import ast
import builtins
import inspect
import math
import textwrap
from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch.nn import functional

__all__ = ["function_text", "generator_text", "shown_as"]

AT_HAND = {"torch", "math", *dir(builtins)}  # what a cell has, or gets by an import


F = TypeVar("F", bound=Callable[..., Any])


def shown_as(function: F, shown: Callable[..., Any]) -> F:
    """The function, told to students as another one: without what the check does in it besides."""
    function.__wrapped__ = shown  # type: ignore[attr-defined]
    return function


def generator_text(generator: torch.Generator) -> str | None:
    """What makes this generator, if nothing has been drawn from it yet."""
    seed = generator.initial_seed()
    fresh = torch.Generator().manual_seed(seed)
    if generator.device.type != "cpu" or not torch.equal(generator.get_state(), fresh.get_state()):
        return None
    return f"torch.Generator().manual_seed({seed})"


def function_text(function: Callable[..., Any]) -> tuple[str, dict[str, Any]] | None:
    """A function as an expression, or as a definition, and the values that it uses besides.

    None where it cannot be pasted: it uses more than torch, math and values, or has no text.
    """
    function = inspect.unwrap(function)
    name = str(getattr(function, "__name__", ""))
    for home in (torch, functional, torch.nn, math):
        if getattr(home, name, None) is function:
            return f"{home.__name__}.{name}", {}
    if not inspect.isfunction(function):
        return None
    try:
        closure = inspect.getclosurevars(function).nonlocals
    except ValueError:  # a name of it has no value yet
        return None
    node = _definition(function)
    if node is None or any(map(callable, closure.values())):
        return None
    made = {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    made |= {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    if used - made - closure.keys() - AT_HAND:
        return None
    return ast.unparse(node), dict(closure)


def _definition(function: Any) -> ast.AST | None:
    """The syntax of a function, without types and docstring; None where it is not clear."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
    kind = ast.Lambda if function.__name__ == "<lambda>" else ast.FunctionDef
    found = [node for node in ast.walk(tree) if isinstance(node, kind)]
    if kind is ast.Lambda and len(found) != 1:
        return None
    for node in ast.walk(found[0]):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            if ast.get_docstring(node) and len(node.body) > 1:
                del node.body[0]
        elif isinstance(node, ast.arg):
            node.annotation = None
    return found[0]
