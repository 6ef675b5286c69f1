"""Checkpoints: what is written is read again, and goes on with its own training alone."""

from __future__ import annotations

import enum
import json
import math
import warnings
from collections import Counter, OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import SGD, Adam, lr_scheduler
from torch.utils.data import DataLoader, Subset, TensorDataset

from course_dl import MLP, ManualMLP, fit
from course_dl.training import CheckpointError, History
from course_dl.training.checkpoint import UnwritableError, load_checkpoint, save_checkpoint
from course_dl.training.plain import from_plain, to_plain

X = torch.randn(24, 4, generator=torch.Generator().manual_seed(0))
D = torch.randint(2, (24,), generator=torch.Generator().manual_seed(1))


def network() -> nn.Module:
    torch.manual_seed(2)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 2))


def run(file: Path | str | None, epochs: int = 1, model: Any = None, **options: Any) -> Tensor:
    """The weights after a training."""
    model = network() if model is None else model
    data = options.pop("data", (X, D))
    settings = {"batch_size": 8, "progress": False, "device": "cpu", **options}
    fit(model, data, epochs=epochs, checkpoint=file, **settings)
    return torch.cat([p.detach().flatten() for p in model.parameters()])


# What is written is read again


class Warm:
    """A function of the epoch that holds what NumPy makes."""

    def __init__(self) -> None:
        self.base = np.float64(0.5)
        self.table = np.arange(4.0)
        self.steps = [np.int64(3), {"a": np.bool_(True)}]

    def __call__(self, epoch: int) -> float:
        return float(self.base**epoch)


@pytest.mark.parametrize(
    "options",
    [
        {"lr": np.logspace(-3, -1, 3)[1]},
        {"optimizer": lambda p: SGD(p, lr=np.float32(0.1), momentum=np.float64(0.9))},
        {"optimizer": lambda p: Adam(p, betas=tuple(np.array([0.8, 0.9])))},
        {"scheduler": lambda o: lr_scheduler.StepLR(o, np.int64(1), gamma=np.float64(0.5))},
        {"scheduler": lambda o: lr_scheduler.MultiStepLR(o, np.array([1, 2]))},
        {"scheduler": lambda o: lr_scheduler.LambdaLR(o, Warm())},
        {"scheduler": lambda o: lr_scheduler.CosineAnnealingLR(o, np.int32(5))},
        {"seed": np.int64(3), "batch_size": np.int64(8)},
    ],
)
def test_numbers_of_numpy_are_gone_on_from(options: dict[str, Any], tmp_path: Path) -> None:
    run(tmp_path / "run.pt", 2, **options)
    assert torch.equal(run(tmp_path / "run.pt", 4, **options), run(None, 4, **options))


class Colour(enum.IntEnum):
    RED = 1


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 3, 2.5, 1j, "text", b"bytes", torch.ones(2), torch.Size([1, 2])),
        *([1, (2, "a")], {"a": {1: 2}}, {1, 2}, Counter("aab"), OrderedDict(a=1), torch.float32),
        *(np.float64(0.1), np.int8(1), np.bool_(False), np.arange(3), np.ones((2, 2))[::-1]),
        *({np.int64(1): [np.float32(0.5)]}, Colour.RED, np.str_("text")),
    ],
)
def test_what_can_be_written_can_be_read(value: Any, tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "file.pt", {"value": value})
    read = load_checkpoint(tmp_path / "file.pt")["value"]
    if isinstance(value, np.ndarray):
        assert type(read) is np.ndarray
        np.testing.assert_array_equal(read, value)
    else:
        torch.testing.assert_close(read, value) if isinstance(value, Tensor) else None
        assert isinstance(value, Tensor) or read == value
    assert not isinstance(read, np.generic)


@pytest.mark.parametrize(
    "value", [object(), lambda: None, iter([]), np.array([object()]), nn.Linear(1, 1), Warm]
)
def test_what_cannot_be_read_is_not_written_and_named(value: Any, tmp_path: Path) -> None:
    with pytest.raises(UnwritableError, match=r"part\['inner'\]\[0\] holds a .*cannot keep"):
        save_checkpoint(tmp_path / "file.pt", {"part": {"inner": [value]}})
    assert list(tmp_path.iterdir()) == []


def test_a_state_dict_keeps_its_versions() -> None:
    state = network().state_dict()
    assert to_plain(state)._metadata == from_plain(state)._metadata == state._metadata


def test_a_whole_file_of_something_else_is_not_called_damaged(tmp_path: Path) -> None:
    file = tmp_path / "run.pt"
    torch.save({"lr": np.float64(0.1)}, file)
    with pytest.raises(CheckpointError) as caught:
        run(file)
    assert "damaged" not in str(caught.value)
    assert "weights_only" not in str(caught.value).lower()
    assert "\x1b" not in str(caught.value)


def test_a_file_of_another_version_is_told(tmp_path: Path) -> None:
    torch.save({"format": "course_dl checkpoint 1", "history": {}}, tmp_path / "run.pt")
    with pytest.raises(CheckpointError, match="another version of this package"):
        run(tmp_path / "run.pt")


def test_a_history_with_numbers_of_numpy_is_saved(tmp_path: Path) -> None:
    history = fit(network(), (X, D), epochs=1, progress=False)
    history.steps.append(np.float32(0.5))  # type: ignore[arg-type]
    history.save(tmp_path / "new folder" / "history.json")
    assert History.load(tmp_path / "new folder" / "history.json").steps[-1] == 0.5
    assert json.loads((tmp_path / "new folder" / "history.json").read_text())


class Extra(nn.Linear):
    """A layer with a state besides its tensors."""

    def __init__(self, state: Any) -> None:
        super().__init__(4, 2)
        self.extra = state

    def get_extra_state(self) -> Any:
        return self.extra

    def set_extra_state(self, state: Any) -> None:
        self.extra = state


def test_extra_states_are_kept(tmp_path: Path) -> None:
    kept = {"n": np.float32(0.5), "table": np.arange(3), "name": "a"}
    run(tmp_path / "run.pt", 1, Extra(kept))
    model = Extra(None)
    run(tmp_path / "run.pt", 1, model)
    assert model.extra["n"] == 0.5
    np.testing.assert_array_equal(model.extra["table"], kept["table"])
    with pytest.raises(UnwritableError, match=r"_extra_state.*holds a object"):
        run(tmp_path / "other.pt", 1, Extra(object()))


def test_lazy_layers_learn_their_sizes_first(tmp_path: Path) -> None:
    def lazy() -> nn.Module:
        return nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(2))

    for data in ((X, D), DataLoader(TensorDataset(X, D), 8, shuffle=True)):
        file = tmp_path / f"{type(data).__name__}.pt"
        run(file, 2, lazy(), data=data)
        assert torch.equal(run(file, 3, lazy(), data=data), run(None, 3, lazy(), data=data))
    with pytest.raises(ValueError, match="lazy layers: call it on one batch"):
        fit(lazy(), X, step=lambda model, x: model(x).mean(), epochs=1)


@pytest.mark.skipif(not hasattr(torch, "compile"), reason="no torch.compile")
def test_a_compiled_network_goes_on_with_the_file_of_the_plain_one(tmp_path: Path) -> None:
    run(tmp_path / "run.pt", 1)
    compiled = torch.compile(network(), backend="eager")
    resumed = run(tmp_path / "run.pt", 2, compiled)
    assert torch.equal(resumed, run(None, 2))


# What belongs to another training


def other(**options: Any) -> dict[str, Any]:
    return options


def sgd(**settings: Any) -> dict[str, Any]:
    return {"optimizer": lambda p: SGD(p, **{"lr": 0.1, **settings})}


def with_dropout(p: float) -> nn.Module:
    model = network()
    model[2] = nn.Dropout(p)
    return model


class OwnDropout(nn.Linear):
    def __init__(self, p: float, act: Callable[[Tensor], Tensor] = torch.relu) -> None:
        torch.manual_seed(2)
        super().__init__(4, 2)
        self.p, self.act = p, act

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(self.act(super().forward(x)), self.p, self.training)


def step_of(beta: float) -> Callable[[nn.Module, Tensor, Tensor], Tensor]:
    return lambda model, x, d: beta * F.cross_entropy(model(x), d)


def frozen() -> nn.Module:
    model = network()
    model[0].requires_grad_(False)
    return model


def by_step(gamma: float) -> dict[str, Any]:
    return {"scheduler": lambda o: lr_scheduler.StepLR(o, 1, gamma)}


def by_function(base: float) -> dict[str, Any]:
    return {"scheduler": lambda o: lr_scheduler.LambdaLR(o, lambda epoch: base**epoch)}


def sequence(factor: float) -> dict[str, Any]:
    return {
        "scheduler": lambda o: lr_scheduler.SequentialLR(
            o, [lr_scheduler.ConstantLR(o, factor, 1), lr_scheduler.ExponentialLR(o, 0.9)], [1]
        )
    }


DATA = TensorDataset(X, D), TensorDataset(X + 1, D)


@pytest.mark.parametrize(
    ("first", "then", "named"),
    [
        (sgd(), sgd(weight_decay=5.0), "weight_decay is 0 there and 5.0 here"),
        (sgd(momentum=0.5), sgd(momentum=0.9), "momentum is 0.5 there and 0.9 here"),
        (sgd(momentum=0.5), sgd(momentum=0.5, nesterov=True), "nesterov is False"),
        (
            other(optimizer=Adam),
            other(optimizer=lambda p: Adam(p, betas=(0.5, 0.9))),
            r"betas is \[0.9, 0.999\] there and \[0.5, 0.9\] here",
        ),
        (by_step(0.5), by_step(0.1), "gamma is 0.5 there and 0.1 here"),
        (by_function(0.5), by_function(0.9), "base is 0.5 there and 0.9 here"),
        (sequence(0.5), sequence(0.2), "0.5 there and 0.2 here"),
        ({}, other(loss=nn.CrossEntropyLoss(label_smoothing=0.1)), "loss is None there"),
        (
            other(loss=nn.CrossEntropyLoss()),
            other(loss=nn.CrossEntropyLoss(label_smoothing=0.1)),
            "loss: label_smoothing is 0.0 there and 0.1 here",
        ),
        (
            other(loss=nn.CrossEntropyLoss(weight=torch.ones(2))),
            other(loss=nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0]))),
            "loss: weight is ",
        ),
        (
            other(loss=partial(F.cross_entropy, label_smoothing=0.1)),
            other(loss=partial(F.cross_entropy, label_smoothing=0.2)),
            "loss: label_smoothing is 0.1 there and 0.2 here",
        ),
        (
            other(loss=lambda y, d: F.cross_entropy(y, d) * 2.5),
            other(loss=lambda y, d: F.cross_entropy(y, d) * 3.5),
            "loss is 2.5 there and 3.5 here",
        ),
        (
            other(step=step_of(0.5)),
            other(step=step_of(2.0)),
            "loss: beta is 0.5 there and 2.0 here",
        ),
        ({}, other(data=(X + 1, D)), "train data is "),
        ({}, other(data=(X, 1 - D)), "train data is "),
        ({}, other(data=(X.flip(0), D)), "train data is "),
        (
            other(data=DataLoader(DATA[0], 8)),
            other(data=DataLoader(DATA[1], 8)),
            "train data is ",
        ),
        (
            other(data=DataLoader(Subset(DATA[0], range(8)), 8)),
            other(data=DataLoader(Subset(DATA[0], range(8, 16)), 8)),
            "train data is ",
        ),
        (other(data=[(X, D)]), other(data=[(X, 1 - D)]), "train data is "),
        ({}, other(val=(X, D)), "val data is None there"),
        (other(val=(X, D)), other(val=(X + 1, D)), "val data is "),
        ({}, other(clip=1.0), "clip is None there and 1.0 here"),
        ({}, other(model=lambda: with_dropout(0.1)), "p=0.5.* there and p=0.1.* here"),
        (
            other(model=lambda: MLP([4, 8, 2], "relu")),
            other(model=lambda: MLP([4, 8, 2], "tanh")),
            "'relu' there and .*'tanh' here",
        ),
        (
            other(model=lambda: ManualMLP([4, 8, 2], "relu")),
            other(model=lambda: ManualMLP([4, 8, 2], "tanh")),
            "relu.*tanh",
        ),
        (
            other(model=lambda: OwnDropout(0.5)),
            other(model=lambda: OwnDropout(0.1)),
            "0.5 there and 0.1 here",
        ),
        (
            other(model=lambda: OwnDropout(0.5)),
            other(model=lambda: OwnDropout(0.5, torch.tanh)),
            "relu there and tanh here",
        ),
        ({}, other(model=frozen), "there and "),
    ],
)
def test_a_training_that_differs_in_anything_is_told_what(first, then, named, tmp_path) -> None:
    def call(options: dict[str, Any], epochs: int) -> None:
        options = dict(options)
        run(tmp_path / "run.pt", epochs, options.pop("model", network)(), **options)

    call(first, 1)
    before = (tmp_path / "run.pt").read_bytes()
    with pytest.raises(CheckpointError, match=named):
        call(then, 2)
    assert (tmp_path / "run.pt").read_bytes() == before
    call(first, 2)


def test_the_same_training_is_known_again_when_its_parts_are_used_again(tmp_path: Path) -> None:
    """As in a notebook, where a cell is run again with the model, loss and optimizer of before."""
    count = {"calls": 0}

    def loss(y: Tensor, d: Tensor) -> Tensor:
        count["calls"] += 1
        return F.cross_entropy(y, d)

    class Counting(nn.Linear):
        calls = 0

        def forward(self, x: Tensor) -> Tensor:
            self.calls += 1
            return super().forward(x)

    torch.manual_seed(0)
    model = Counting(4, 2)
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
    cycle = lr_scheduler.CyclicLR(optimizer, 0.01, 0.1, step_size_up=3)
    options = {"optimizer": optimizer, "scheduler": cycle, "loss": loss}
    for epochs in (1, 2, 3):
        run(tmp_path / "run.pt", epochs, model, **options)
    assert len(load_checkpoint(tmp_path / "run.pt")["history"]["rows"]) == 3


def test_a_nan_among_the_settings_is_the_same_nan(tmp_path: Path) -> None:
    for epochs in (1, 2):
        run(tmp_path / "run.pt", epochs, **sgd(weight_decay=0.0) | {"loss": _with(math.nan)})


def _with(unused: float) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda y, d: F.cross_entropy(y, d, label_smoothing=0 if unused else 0.1)


# Paths


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    run("~/run.pt")
    history = fit(network(), (X, D), epochs=1, progress=False)
    history.save("~/history.json")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["history.json", "run.pt"]
    assert History.load(Path("~/history.json")) == history


@pytest.mark.parametrize("path", ["", ".", Path(), "/"])
def test_a_path_without_a_file_is_told(path: Any) -> None:
    history = History()
    for call in (lambda: run(path), lambda: history.save(path), lambda: History.load(path)):
        with pytest.raises(ValueError, match="must name a file"):
            call()


# Parts that keep no state


class Halve:
    """What steers a learning rate, with no more than a step."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.groups = optimizer.param_groups

    def step(self) -> None:
        for group in self.groups:
            group["lr"] /= 2


class HalveByBatch(Halve):
    per_batch = True


def test_a_scheduler_needs_but_a_step(tmp_path: Path) -> None:
    history = fit(network(), (X, D), epochs=3, scheduler=Halve, progress=False)
    assert history["lr"] == [0.1, 0.05, 0.025]
    history = fit(network(), (X, D), epochs=2, batch_size=8, scheduler=HalveByBatch, progress=False)
    assert history["lr"] == [0.1, 0.0125]
    with pytest.raises(TypeError, match="scheduler is a Halve without state_dict"):
        run(tmp_path / "run.pt", scheduler=Halve)
    assert not (tmp_path / "run.pt").exists()


class Wrapper:
    """An optimizer around another one, as look-ahead optimizers are."""

    def __init__(self, parameters: Any) -> None:
        self.inner = SGD(parameters, lr=0.1)

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        return self.inner.param_groups

    def step(self) -> None:
        self.inner.step()


def test_an_optimizer_that_is_none_of_pytorchs_steps_as_well(tmp_path: Path) -> None:
    assert torch.equal(run(None, 2, optimizer=Wrapper), run(None, 2))
    with pytest.raises(TypeError, match="optimizer is a Wrapper without state_dict"):
        run(tmp_path / "run.pt", optimizer=Wrapper)


class NamedReduction(nn.Module):
    """A loss whose ``reduction`` is not PyTorch's word."""

    reduction = lambda self, values: values.mean()  # noqa: E731

    def forward(self, y: Tensor, d: Tensor) -> Tensor:
        return self.reduction(F.cross_entropy(y, d, reduction="none"))


def test_a_reduction_of_another_kind_is_the_losss_own_affair() -> None:
    assert torch.equal(run(None, 2, loss=NamedReduction()), run(None, 2, loss=F.cross_entropy))


def test_nothing_warns_in_a_training_with_everything(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for epochs in (1, 2):
            run(
                *(tmp_path / "run.pt", epochs),
                optimizer=torch.optim.AdamW,
                scheduler=lambda o: lr_scheduler.CosineAnnealingLR(o, 5),
                val=(X, D),
                clip=1.0,
            )
