"""Changes of numbers: one too large, one too small, another default."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from course_dl.authoring.changes.axes import called, is_axis
from course_dl.authoring.changes.place import Edit, Place
from course_dl.authoring.changes.words import Scope

__all__ = ["defaults", "numbers"]


def numbers(place: Place, scope: Scope) -> Iterator[Edit]:
    """Whole numbers one off, others twice as large or 0."""
    node = place.node
    if not isinstance(node, ast.Constant) or is_axis(place) or place.field.endswith("defaults"):
        return
    if any(isinstance(one, ast.Slice | ast.Subscript) for one in place.above[-2:]):
        return  # where a part of something begins is another kind of change
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    if isinstance(value, int) or value == round(value):
        others = [(value + 1, "one too large"), (value - 1, "one too small")]
    else:
        others = [(2 * value, "twice too large"), (value / 2, "half as large as it should be")]
    target = scope.target(place)
    of = f" of {target}" if target else ""
    for other, much in others:
        words = None
        if _is_a_place_to_insert(place):
            words = f"with the new entries{of} put at another place"
        elif scope.says(str(value), place):
            words = f"with {other:g} for {value:g}{scope.where(place)}"
        elif target:
            words = f"with a number{scope.where(place)} that is {much}"
        yield Edit(ast.Constant(other), words, 6)


def _is_a_place_to_insert(place: Place) -> bool:
    parent = place.parent
    return isinstance(parent, ast.Call) and called(parent) == "insert" and place.index == 0


def defaults(place: Place, scope: Scope) -> Iterator[Edit]:
    """Another default of a parameter."""
    node, parent = place.node, place.parent
    if place.field != "defaults" or not isinstance(node, ast.Constant):
        return
    assert isinstance(parent, ast.arguments) and place.index is not None
    names = [arg.arg for arg in (*parent.posonlyargs, *parent.args)][-len(parent.defaults) :]
    value, name = node.value, names[place.index]
    if isinstance(value, bool):
        new: bool | int | float = not value
    elif isinstance(value, int):
        new = value + 1
    elif isinstance(value, float):
        new = value * 10
    else:
        return
    yield Edit(ast.Constant(new), f"with another default of {name}", 2)
