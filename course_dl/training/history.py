"""The history of a training: a row for each epoch, a loss for each step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course_dl.training.plain import to_plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from course_dl.training.metrics import Metrics

__all__ = ["Epoch", "History"]

_SHOWN = 20  # rows of a long table that are printed


@dataclass(frozen=True)
class Epoch:
    """One epoch: losses are means over samples, accuracies lie in [0, 1], time is in seconds.

    ``loss`` and ``accuracy`` are over the training batches, each before its step; ``val_loss`` and
    ``val_accuracy`` are those of the weights at the end of the epoch; ``lr`` is that of its first
    step. None means that there is no such value. ``named`` holds the metrics of one's own, those on
    the validation set as ``val_...``.
    """

    epoch: int
    loss: float
    accuracy: float | None
    val_loss: float | None
    val_accuracy: float | None
    lr: float
    seconds: float
    named: dict[str, float] = field(default_factory=dict)


COLUMNS = tuple(column.name for column in fields(Epoch) if column.name != "named")


@dataclass(repr=False)
class History:
    """The course of a training; ``history["val_loss"]`` is a column.

    Attributes
    ----------
    rows : one `Epoch` for each epoch completed.
    steps : the loss of every batch, before its step.
    device : the device in words.
    interrupted : whether the training was stopped by hand.
    """

    rows: list[Epoch] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    device: str = ""
    interrupted: bool = False

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Epoch]:
        return iter(self.rows)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns; metrics of one's own stand before lr and seconds."""
        own = {name: None for row in self.rows for name in row.named}
        return (*COLUMNS[:-2], *own, *COLUMNS[-2:])

    def __getitem__(self, column: str) -> list[Any]:
        if column in COLUMNS:
            return [getattr(row, column) for row in self.rows]
        if column not in self.columns:
            raise KeyError(f"no column {column!r}; there are {', '.join(self.columns)}")
        return [row.named.get(column) for row in self.rows]

    def __repr__(self) -> str:
        cells = [
            [name.replace("_", " "), *(_cell(name, value) for value in self[name])]
            for name in self.columns
            if any(value is not None for value in self[name])
        ]
        aligned = [[f"{cell:>{max(map(len, column))}}" for cell in column] for column in cells]
        lines = ["  ".join(row) for row in zip(*aligned, strict=True)]
        if len(self) > _SHOWN:
            lines[1 + _SHOWN // 2 : -_SHOWN // 2] = ["  ..."]
        end = "interrupted after" if self.interrupted else "trained for"
        epochs = f"{len(self)} epoch" + "s" * (len(self) != 1)
        where = f" on {self.device}" if self.device else ""
        lines.append(f"{end} {epochs}, {sum(self['seconds']):.1f} s{where}")
        return "\n".join(lines)

    def append(
        self, epoch: int, met: Metrics, reached: Metrics | None, lr: float, seconds: float
    ) -> None:
        """Add an epoch: metrics over its training batches, and those on the validation set."""
        val_loss = val_accuracy = None
        named = dict(met.named)
        if reached is not None:
            told = reached.n > 0 or reached.loss == reached.loss  # NaN over no sample is no loss
            val_loss, val_accuracy = reached.loss if told else None, reached.accuracy
            named |= {f"val_{name}": value for name, value in reached.named.items()}
        self.rows.append(
            Epoch(epoch, met.loss, met.accuracy, val_loss, val_accuracy, lr, seconds, named)
        )

    def plot(self) -> Figure:
        """Loss, accuracy and metrics against epochs, as a matplotlib figure."""
        from course_dl.plots import training_curves

        return training_curves(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, numbers and strings: what JSON and a checkpoint can hold."""
        return {**vars(self), "rows": [asdict(row) for row in self]}

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> History:
        """The inverse of `to_dict`."""
        return cls(**{**kept, "rows": [Epoch(**row) for row in kept["rows"]]})

    def save(self, path: str | Path) -> None:
        """Write the history as JSON; ``~`` is the home folder."""
        file = _file(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        kept = to_plain(self.to_dict(), "the history")
        file.write_text(json.dumps(kept, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> History:
        """Read what `save` wrote. Raises ValueError if the file holds something else."""
        file = _file(path)
        try:
            return cls.from_dict(json.loads(file.read_text(encoding="utf-8")))
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{path} holds no history written by History.save: {error}") from error


def _file(path: str | Path) -> Path:
    if not str(path) or not Path(path).name:
        raise ValueError(f"path must name a file, got {str(path)!r}")
    return Path(path).expanduser()


def _cell(column: str, value: float | None) -> str:
    if value is None:
        return ""
    if column.endswith("accuracy"):
        return f"{100 * value:.2f} %"
    return format(value, {"epoch": "d", "lr": ".4g", "seconds": ".2f"}.get(column, ".4f"))
