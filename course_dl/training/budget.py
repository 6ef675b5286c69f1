"""How long a training lasts: a number of epochs, seconds, or whichever ends first."""

from __future__ import annotations

from time import perf_counter

from course_dl._arguments import check_count, check_positive

__all__ = ["Budget"]


class Budget:
    """Says after each batch whether there is time for another one.

    Raises TypeError or ValueError unless ``epochs`` is a count or None, ``seconds`` a positive
    number or None, and one of them is given.
    """

    def __init__(self, epochs: int | None, seconds: float | None) -> None:
        if epochs is None and seconds is None:
            raise TypeError("say how long to train: epochs=, seconds=, or both")
        self.epochs = None if epochs is None else check_count(epochs, "epochs")
        if seconds is not None:
            check_positive(seconds, "seconds")
        self.seconds = seconds
        self._end = float("inf")
        self._last = 0.0
        self._spent = False

    def start(self, spent: float) -> None:
        """Start the clock of a training that took ``spent`` seconds before it was interrupted."""
        self._last = perf_counter()
        if self.seconds is not None:
            self._end = self._last + self.seconds - spent

    def begin_epoch(self) -> None:
        """What was done since the last batch, such as a validation, is not the time of a batch."""
        self._last = perf_counter()

    def more_epochs(self, done: int) -> bool:
        """Whether another epoch begins."""
        if self.epochs is not None and done >= self.epochs:
            return False
        return not self._spent and perf_counter() < self._end

    def is_spent(self) -> bool:
        """Whether the time would be over before another batch, which takes as long as the last."""
        if self.seconds is None:
            return False
        now = perf_counter()
        took, self._last = now - self._last, now
        self._spent = now + took > self._end
        return self._spent
