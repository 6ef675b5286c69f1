"""The progress bar of a training, updated so rarely that it costs nothing."""

from __future__ import annotations

from importlib.util import find_spec
from time import perf_counter
from typing import Any

from course_dl.training.metrics import Tally

__all__ = ["Progress"]

_INTERVAL = 0.2  # seconds between two updates


class Progress:
    """One tqdm bar over all batches of a training, with running loss, accuracy and metrics.

    Its end is not known where the number of ``epochs`` is None or that of ``batches`` is 0.
    """

    def __init__(self, shown: bool, epochs: int | None, done: int, batches: int) -> None:
        self.epochs = epochs
        self._waiting = 0
        self._next = perf_counter() + _INTERVAL
        total = (epochs or 0) * batches or None
        self._bar = _tqdm()(total=total, initial=done * batches, unit="batch") if shown else None

    def step(self, epoch: int, tally: Tally) -> None:
        """Count a batch; update the bar by ``tally`` if the last update is long ago."""
        self._waiting += 1
        if self._bar is not None and perf_counter() >= self._next:
            self.show(epoch, tally)

    def show(self, epoch: int, tally: Tally) -> None:
        """Update the bar."""
        if self._bar is not None:
            of = "" if self.epochs is None else f"/{self.epochs}"
            self._bar.set_description(f"epoch {epoch}{of}", refresh=False)
            if not tally.empty:
                self._bar.set_postfix_str(str(tally.metrics()), refresh=False)
            self._bar.update(self._waiting)
        self._waiting = 0
        self._next = perf_counter() + _INTERVAL

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _tqdm() -> Any:
    """The notebook's bar if it can be drawn; tqdm.auto warns if ipywidgets is missing."""
    if find_spec("ipywidgets") is None:
        from tqdm.std import tqdm
    else:
        from tqdm.auto import tqdm
    return tqdm
