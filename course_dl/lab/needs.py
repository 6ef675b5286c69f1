"""Which names a cell needs that it does not make itself."""

from __future__ import annotations

import builtins
import symtable
from collections.abc import Mapping
from typing import Any

__all__ = ["missing_names", "names_needed"]


def names_needed(source: str) -> set[str]:
    """The names that a cell reads, itself or in what it defines, and nowhere assigns.

    Empty where it is no Python, or takes all names of a module: then running it tells more.
    """
    try:
        whole = symtable.symtable(source, "cell", "exec")
    except SyntaxError:
        return set()
    if "import *" in source:
        return set()
    needed: set[str] = set()
    left = [whole]
    while left:
        table = left.pop()
        needed |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (table is whole or symbol.is_global())
        }
        left += table.get_children()
    made = (s for s in whole.get_symbols() if s.is_assigned() or s.is_imported())
    return needed - {symbol.get_name() for symbol in made} - set(dir(builtins))


def missing_names(source: str, namespace: Mapping[str, Any]) -> list[str]:
    """The names that a cell needs and that are not there, in alphabetical order."""
    return sorted(name for name in names_needed(source) if name not in namespace)
