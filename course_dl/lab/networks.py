"""What a network that a student made is asked first: to be one, with the parameters asked for."""

from __future__ import annotations

from typing import Any

from course_dl.lab.compare import require
from course_dl.lab.student import Remote, is_network

__all__ = ["check_network", "check_shapes"]


def check_network(net: Any, name: str) -> None:
    """Raise unless ``name``, called, gave a network."""
    require(
        is_network(net),
        f"{name} should be a network of PyTorch's: class {name}(nn.Module).",
        (f"{name}(...) is", repr(net)),
    )


def check_shapes(net: Remote, expected: list[tuple[int, ...]], advice: str) -> None:
    """The network's parameters have these shapes, in whatever order."""
    got = [tuple(p.shape) for p in net.parameters()]
    require(
        sorted(got) == sorted(expected),
        f"The module has other parameters than it should. {advice}",
        ("Expected", ", ".join(map(str, expected))),
        ("Came", ", ".join(map(str, got)) or "none"),
    )
