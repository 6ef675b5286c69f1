"""A training that is killed goes on as if nothing had been; a wrong file is told."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset

from course_dl import MLP, ManualMLP, fit
from course_dl.training.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from course_dl.training.history import History

X = torch.randn(40, 4, generator=torch.Generator().manual_seed(1))
CLASSES = torch.randint(3, (40,), generator=torch.Generator().manual_seed(2))
EPOCHS, BATCHES = 5, 5


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


class Deadly:
    """A loader, shuffling from a generator of its own, that kills the process on its way."""

    def __init__(self, die_at: int | None) -> None:
        self.loader = DataLoader(TensorDataset(X, CLASSES), 8, shuffle=True, generator=seeded(7))
        self.generator = self.loader.generator
        self.die_at = die_at
        self.given = 0

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for batch in self.loader:
            if self.given == self.die_at:
                os.kill(os.getpid(), signal.SIGKILL)
            self.given += 1
            yield batch


def one_cycle(optimizer: torch.optim.Optimizer) -> Any:
    return lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=EPOCHS * BATCHES)


def adam() -> tuple[Any, dict[str, Any]]:
    first, last = MLP([4, 16, 3], generator=seeded()).layers
    model = nn.Sequential(first, nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.5), last)
    return model, {"optimizer": torch.optim.Adam, "scheduler": one_cycle}


def momentum() -> tuple[Any, dict[str, Any]]:
    model, _ = adam()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    plateau = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, threshold=0.5)
    return model, {"optimizer": optimizer, "scheduler": plateau}


def manual() -> tuple[Any, dict[str, Any]]:
    def scheduler(
        optimizer: torch.optim.Optimizer,
    ) -> Any:  # the step of the course has no momentum
        return lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.1, total_steps=EPOCHS * BATCHES, cycle_momentum=False
        )

    return ManualMLP([4, 16, 3], generator=seeded()), {"scheduler": scheduler}


RECIPES = {recipe.__name__: recipe for recipe in (adam, momentum, manual)}


def train(name: str, file: str | None, die_at: int | None = None) -> tuple[Any, History]:
    """A training with everything in it that has a state."""
    model, options = RECIPES[name]()
    history = fit(
        model,
        Deadly(die_at),
        epochs=EPOCHS,
        val=(X, CLASSES),
        checkpoint=file,
        progress=False,
        device="cpu",
        **options,
    )
    return model, history


def same(one: Any, other: Any) -> bool:
    states = one.state_dict(), other.state_dict()
    return all(torch.equal(a, b) for a, b in zip(*map(dict.values, states), strict=True))


@pytest.mark.parametrize("name", RECIPES)
def test_a_training_killed_in_an_epoch_ends_with_the_weights_of_one_never_cut(
    name: str, tmp_path: Path
) -> None:
    file = str(tmp_path / "run.pt")
    call = f"{name!r}, {file!r}, die_at={2 * BATCHES + 3}"
    program = f"import runpy; runpy.run_path({__file__!r})['train']({call})"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(load_checkpoint(Path(file))["history"]["rows"]) == 2

    resumed, history = train(name, file)
    uncut, reference = train(name, None)
    assert same(resumed, uncut)
    assert history.steps == reference.steps
    for column in ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "lr"):
        assert history[column] == reference[column]


def short(model: Any = None, file: Path | None = None, epochs: int = 2, **options: Any) -> History:
    settings = {"batch_size": 8, "progress": False, "device": "cpu", **options}
    model = MLP([4, 8, 3], generator=seeded()) if model is None else model
    return fit(model, (X, CLASSES), epochs=epochs, checkpoint=file, **settings)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The checkpoint of a training of two epochs."""
    path = tmp_path / "run.pt"
    short(file=path)
    return path


def test_a_training_that_ended_gives_its_weights_and_history_at_once(file: Path) -> None:
    first, second = MLP([4, 8, 3], generator=seeded()), MLP([4, 8, 3], generator=seeded(9))
    history = short(first)
    before = file.read_bytes()
    kept = short(second, file)
    assert same(first, second)
    assert kept.steps == history.steps
    assert file.read_bytes() == before


def test_more_epochs_than_before_go_on(file: Path) -> None:
    model, uncut = MLP([4, 8, 3], generator=seeded(9)), MLP([4, 8, 3], generator=seeded())
    history = short(model, file, epochs=4)
    assert history["epoch"] == [1, 2, 3, 4]
    assert history.steps == short(uncut, epochs=4).steps
    assert same(model, uncut)


def test_a_checkpoint_changes_nothing_in_the_training(tmp_path: Path) -> None:
    with_file, without = MLP([4, 8, 3], generator=seeded()), MLP([4, 8, 3], generator=seeded())
    short(with_file, tmp_path / "a folder" / "run.pt")
    short(without)
    assert same(with_file, without)


@pytest.mark.parametrize("step", [3, 12])  # in the first epoch, in the third
def test_stopped_by_hand_and_started_again_it_ends_as_if_never_stopped(
    step: int, tmp_path: Path
) -> None:
    stopped = {"left": step}

    def loss(y: Tensor, d: Tensor) -> Tensor:
        stopped["left"] -= 1
        if stopped["left"] == 0:
            raise KeyboardInterrupt
        return nn.functional.cross_entropy(y, d)

    model, uncut = MLP([4, 8, 3], generator=seeded()), MLP([4, 8, 3], generator=seeded())
    optimizer = torch.optim.Adam(model.parameters())
    options = {"loss": loss, "optimizer": optimizer, "scheduler": lr_scheduler.StepLR(optimizer, 1)}
    file = tmp_path / "run.pt"
    assert short(model, file, epochs=4, **options).interrupted
    assert not short(model, file, epochs=4, **options).interrupted
    halved = {"optimizer": torch.optim.Adam, "scheduler": lambda o: lr_scheduler.StepLR(o, 1)}
    short(uncut, epochs=4, loss=nn.CrossEntropyLoss(), **halved)
    assert same(model, uncut)


@pytest.mark.parametrize(
    "make",
    [
        lambda o: lr_scheduler.StepLR(o, 1),
        lambda o: lr_scheduler.MultiStepLR(o, [1, 2]),
        lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 0.5**epoch),
        lambda o: lr_scheduler.CosineAnnealingLR(o, 5),
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 2),
        lambda o: lr_scheduler.ExponentialLR(o, 0.9),
        lambda o: lr_scheduler.PolynomialLR(o, 4),
        lambda o: lr_scheduler.LinearLR(o),
        lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.1, step_size_up=3),
        lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=20),
        lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0, threshold=0.9),
        lambda o: lr_scheduler.SequentialLR(
            o, [lr_scheduler.LinearLR(o), lr_scheduler.ExponentialLR(o, 0.9)], [2]
        ),
        lambda o: lr_scheduler.ChainedScheduler(
            [lr_scheduler.LinearLR(o), lr_scheduler.ExponentialLR(o, 0.9)], optimizer=o
        ),
    ],
)
def test_every_scheduler_goes_on_where_it_was(
    make: Callable[[torch.optim.Optimizer], Any], tmp_path: Path
) -> None:
    options = {"scheduler": make, "optimizer": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)}
    file = tmp_path / "run.pt"
    short(file=file, epochs=2, **options)
    assert short(file=file, epochs=4, **options).steps == short(epochs=4, **options).steps


# Files that are not the right one


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 1}, "seed is 0 there and 1 here"),
        ({"batch_size": 10}, "batch_size is 8 there and 10 here"),
        ({"lr": 0.5}, r"lr is \[0.1\] there and \[0.5\] here"),
        ({"optimizer": torch.optim.Adam}, "optimizer is SGD there and Adam here"),
        ({"model": MLP([4, 9, 3])}, r"layers.0.weight is \[8, 4\] there and \[9, 4\] here"),
        ({"model": MLP([4, 8, 8, 3])}, "layers.2.weight is None there"),
        ({"model": ManualMLP([4, 8, 3])}, "optimizer is SGD there and ManualSGD here"),
        ({"scheduler": lambda o: lr_scheduler.StepLR(o, 1)}, "scheduler is None there and StepLR"),
    ],
)
def test_a_checkpoint_of_another_training_is_told(change, message, file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(CheckpointError, match=message) as caught:
        short(file=file, **change)
    assert str(file) in str(caught.value)
    assert "delete it, or give another file" in str(caught.value)
    assert file.read_bytes() == before


def flipped(content: bytes) -> bytes:
    middle = content.index(b"data/0") + 100
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"not a checkpoint",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        flipped,
        lambda content: pickle.dumps({"history": []}),
    ],
)
def test_a_damaged_file_is_told_and_kept(damage: Callable[[bytes], bytes], file: Path) -> None:
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)
    with pytest.raises(CheckpointError, match=r"run\.pt .*delete it, or give another file"):
        short(file=file)
    assert file.read_bytes() == damaged


def test_a_file_of_something_else_is_told(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save(MLP([4, 3]).state_dict(), path)
    with pytest.raises(CheckpointError, match="delete it"):
        short(file=path)


class Evil:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, ("evil",)


def test_a_file_runs_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"history": Evil()}, "run.pt")
    with pytest.raises(CheckpointError):
        short(file=Path("run.pt"))
    assert not Path("evil").exists()


def test_a_folder_in_place_of_a_file_is_found_out_before_training(tmp_path: Path) -> None:
    model = MLP([4, 3], generator=seeded())
    with pytest.raises(OSError, match="directory"):
        short(model, tmp_path)
    assert same(model, MLP([4, 3], generator=seeded()))


# Atomic


def test_a_write_that_fails_leaves_the_former_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "run.pt"
    save_checkpoint(path, {"number": 1})
    with pytest.raises((AttributeError, pickle.PicklingError)):
        save_checkpoint(path, {"number": 2, "function": lambda: None})
    assert load_checkpoint(path)["number"] == 1
    assert os.listdir(tmp_path) == ["run.pt"]


def test_the_file_is_whole_on_the_disk_before_it_takes_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.pt"
    save_checkpoint(path, {"number": 1})
    done = []
    fsync, replace = os.fsync, os.replace

    def watched_replace(source: Path, target: Path) -> None:
        done.append("replace")
        assert source.parent == target.parent
        assert load_checkpoint(source)["number"] == 2
        assert load_checkpoint(target)["number"] == 1
        replace(source, target)

    monkeypatch.setattr(os, "fsync", lambda number: (done.append("fsync"), fsync(number)))
    monkeypatch.setattr(os, "replace", watched_replace)
    save_checkpoint(path, {"number": 2})
    assert done == ["fsync", "replace"]
