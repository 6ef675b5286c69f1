"""The state of a training in a file, from which a training that was ended goes on."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from course_dl.training.history import History
from course_dl.training.plain import CheckpointError, UnwritableError, from_plain, to_plain

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "UnwritableError",
    "check_match",
    "load_checkpoint",
    "save_checkpoint",
]

_FAMILY = "course_dl checkpoint"
_FORMAT = f"{_FAMILY} 2"
_ADVICE = "delete it, or give another file, to start anew"
_OTHER_VERSION = (
    "{path} was written by another version of this package, which reads it: use that one, or give "
    "another file to start anew"
)


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write ``state`` (tensors, numbers, strings, lists, dicts) to ``path``, atomically.

    If the process is killed meanwhile, the file is the former one or the new one, never a part.
    Raises UnwritableError, and writes nothing, for a value that `load_checkpoint` could not read.
    """
    plain = {name: to_plain(part, name) for name, part in state.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")  # in the same folder: a rename is atomic
    try:
        with partial.open("wb") as file:
            torch.save({"format": _FORMAT, **plain}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote; tensors are on the CPU.

    No code in the file is run (``weights_only``). Raises CheckpointError if it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged:
            raise zipfile.BadZipFile(f"{damaged} does not have its checksum")
    except OSError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(
            f"{path} is no checkpoint, or damaged ({reason}): {_ADVICE}"
        ) from error
    # The file is whole from here on: what cannot be read is no damage.
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:
        raise CheckpointError(
            f"{path} is whole, but holds something else than a checkpoint of this package, which "
            f"is made of tensors and plain values: {_ADVICE}"
        ) from error
    kind = state.get("format") if isinstance(state, dict) else None
    if isinstance(kind, str) and kind.startswith(_FAMILY) and kind != _FORMAT:
        raise CheckpointError(_OTHER_VERSION.format(path=path))
    if kind != _FORMAT:
        raise CheckpointError(f"{path} is no checkpoint, it is not a {_FORMAT!r}: {_ADVICE}")
    return {name: from_plain(part) for name, part in state.items()}


class Checkpoint:
    """The file of one training.

    Parameters
    ----------
    path : the file; ``~`` is the home folder.
    parts : objects with ``state_dict`` and ``load_state_dict``, by name.
    fingerprint : values that must be the same for a training to go on, by name.
    """

    def __init__(
        self, path: str | Path, parts: Mapping[str, Any], *, fingerprint: Mapping[str, Any]
    ) -> None:
        if not str(path) or not Path(path).name:
            raise ValueError(f"checkpoint must name a file, got {str(path)!r}")
        self.path = Path(path).expanduser()
        for name, part in parts.items():
            if not hasattr(part, "state_dict") or not hasattr(part, "load_state_dict"):
                raise TypeError(
                    f"the {name} is a {type(part).__name__} without state_dict and "
                    "load_state_dict, so a checkpoint cannot keep it: write both methods, or train "
                    "without checkpoint"
                )
        self.parts = parts
        self.fingerprint = dict(to_plain(dict(fingerprint), "the fingerprint"))

    def resume(self) -> History:
        """Load the saved state into every part; returns the saved history.

        If there is no file, the state at the start is saved first, and read again. So a folder that
        cannot be written to is an error before the first epoch and not after it.
        """
        if not self.path.exists():
            self.save(History())
        kept = load_checkpoint(self.path)
        check_match(self.path, kept["fingerprint"], self.fingerprint)
        for name, part in self.parts.items():
            part.load_state_dict(kept[name])
        return History.from_dict(kept["history"])

    def save(self, history: History) -> None:
        """Save the present state."""
        save_checkpoint(
            self.path,
            {
                **{name: part.state_dict() for name, part in self.parts.items()},
                "history": history.to_dict(),
                "fingerprint": self.fingerprint,
            },
        )


def check_match(path: Path, kept: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise CheckpointError, naming both sides, unless the fingerprints are the same."""
    differences = []
    for name in {**wanted, **kept}:
        there, here = kept.get(name), wanted.get(name)
        if not _same(there, here):
            inner, there, here = _first_difference(there, here)
            what = ": ".join([name, *inner])
            differences.append(f"{what} is {_short(there)} there and {_short(here)} here")
    if differences:
        if len(differences) > 4:
            differences[3:] = [f"and {len(differences) - 3} differences more"]
        raise CheckpointError(
            f"{path} belongs to another training: {'; '.join(differences)}. "
            f"Ask for what it was made with to go on; {_ADVICE}"
        )


def _first_difference(one: Any, other: Any) -> tuple[list[str], Any, Any]:
    """The first parts of two nested values that differ, and the names that lead there."""
    parts: list[tuple[list[str], Any, Any]] = []
    if isinstance(one, dict) and isinstance(other, dict):
        parts = [([key], one.get(key), other.get(key)) for key in {**other, **one}]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        told_whole = len(one) <= 3 and not any(isinstance(part, (list, dict)) for part in one)
        parts = [] if told_whole else [([], *pair) for pair in zip(one, other, strict=True)]
    for names, there, here in parts:
        if not _same(there, here):
            inner, there, here = _first_difference(there, here)
            return [*names, *inner], there, here
    return [], one, other


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) or repr(one) == repr(other)  # NaN is the same setting as NaN


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:60]}... ({len(text)} characters)"
