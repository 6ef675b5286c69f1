"""A mistake to be recognized."""

from __future__ import annotations

from typing import Any

from course_dl.lab import mistake


@mistake("9.1", "You squared where you should double.")
def double__squared(x: Any) -> Any:
    return x * x
