"""The state of a training in a file, from which a training that was ended goes on."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from course_dl.training.history import History

__all__ = ["Checkpoint", "CheckpointError", "check_match", "load_checkpoint", "save_checkpoint"]

_FORMAT = "course_dl checkpoint 1"
_ADVICE = "delete it, or give another file, to start anew"


class CheckpointError(ValueError):
    """A file from which this training cannot go on: damaged, or of another training."""


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write ``state`` (tensors, numbers, strings, lists, dicts) to ``path``, atomically.

    If the process is killed meanwhile, the file is the former one or the new one, never a part.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")  # in the same folder: a rename is atomic
    try:
        with partial.open("wb") as file:
            torch.save({"format": _FORMAT, **state}, file)
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
        state = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(state, dict) or state.get("format") != _FORMAT:
            raise ValueError(f"it is not a {_FORMAT!r}")
    except OSError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(
            f"{path} is no checkpoint, or damaged ({reason}): {_ADVICE}"
        ) from error
    return state


class Checkpoint:
    """The file of one training.

    Parameters
    ----------
    path : the file.
    parts : objects with ``state_dict`` and ``load_state_dict``, by name; one of them is "model".
    fingerprint : values that must be the same for a training to go on, by name. The shapes of the
        model's parameters are added.
    """

    def __init__(
        self, path: Path, parts: Mapping[str, Any], *, fingerprint: Mapping[str, Any]
    ) -> None:
        self.path = path
        self.parts = parts
        shapes = {name: list(p.shape) for name, p in parts["model"].state_dict().items()}
        self.fingerprint = {**fingerprint, **shapes}

    def resume(self) -> History:
        """Load the saved state into every part; returns the saved history.

        If there is no file, the state at the start is saved first. So a folder that cannot be
        written to is an error before the first epoch and not after it.
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
    differences = [
        f"{name} is {kept.get(name)} there and {wanted.get(name)} here"
        for name in {**wanted, **kept}
        if kept.get(name) != wanted.get(name)
    ]
    if differences:
        if len(differences) > 4:
            differences[3:] = [f"and {len(differences) - 3} differences more"]
        raise CheckpointError(
            f"{path} belongs to another training: {'; '.join(differences)}. "
            f"Ask for what it was made with to go on; {_ADVICE}"
        )
