"""Calls that are recorded while a block of a check runs, to be sent in one message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from course_dl.calls.backend import Rules

__all__ = ["Asked", "Recorded", "Recording"]

Asked = tuple[str, tuple[Any, ...], dict[str, Any], Rules]  # target, args, kwargs, rules


class Recorded:
    """What a recorded call will give: its ``value``, once the block has ended."""

    def __init__(self, recording: Recording, place: int) -> None:
        self._recording = recording
        self._place = place

    @property
    def value(self) -> Any:
        """The value. All calls up to this one are judged first, in the order of the block."""
        return self._recording.value(self._place)

    def __call__(self, *args: Any) -> Recorded:
        """Call a method: ``net.forward`` was recorded, ``net.forward(X)`` takes its place."""
        self._recording.make_method(self._place, args)
        return self


class Recording:
    """The calls of one block, and their values as far as they have been judged."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._values: list[Any] = []
        self._coming: Iterator[Any] | None = None

    def add(self, asked: Asked) -> Recorded:
        """One call more."""
        self.asked.append(asked)
        return Recorded(self, len(self.asked) - 1)

    def make_method(self, place: int, args: tuple[Any, ...]) -> None:
        """Call the attribute that was asked for at this place, in the same step."""
        target, of, _, rules = self.asked[place]
        if target != "on:getattr" or self._coming is not None:
            raise TypeError("only a method of an object is called so, within the block")
        self.asked[place] = ("on:method", (*of, *args), {}, rules)

    def send(self, coming: Iterator[Any]) -> None:
        """The block has ended: from ``coming`` the values come one by one, each judged."""
        self._coming = coming

    def value(self, place: int) -> Any:
        """The value of the call at this place."""
        if self._coming is None:
            raise RuntimeError("a recorded call has no value before its block has ended")
        while len(self._values) <= place:
            try:
                self._values.append(next(self._coming))
            except StopIteration:
                raise RuntimeError("a call before it has failed: it has no value") from None
        return self._values[place]

    def settle(self) -> None:
        """Judge the calls whose values nobody has asked for."""
        if self._coming is not None:
            self._values.extend(self._coming)
