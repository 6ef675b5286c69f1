"""The order of the batches, and the noise in them: repeated after a resumption, or told."""

from __future__ import annotations

import itertools
import random
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    DistributedSampler,
    Sampler,
    TensorDataset,
)

from course_dl import MLP, fit
from course_dl.training.order import Order

N = 32


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


X = torch.randn(N, 4, generator=seeded(0))
D = (X.sum(1) > 0).long()


class Own(Sampler):
    """A sampler that draws from something that only it knows."""

    def __len__(self) -> int:
        return N


class NumpyGenerator(Own):
    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)

    def __iter__(self) -> Iterator[int]:
        return iter(self.rng.permutation(N).tolist())


class OldNumpyGenerator(NumpyGenerator):
    def __init__(self) -> None:
        self.rng = np.random.RandomState(0)


class PythonGenerator(Own):
    def __init__(self) -> None:
        self.inner = {"rng": random.Random(0)}

    def __iter__(self) -> Iterator[int]:
        return iter(self.inner["rng"].sample(range(N), N))


class GeneratorOfAnotherName(Own):
    def __init__(self) -> None:
        self.dice = seeded(0)

    def __iter__(self) -> Iterator[int]:
        return iter(torch.randperm(N, generator=self.dice).tolist())


class EpochCounter(Own):
    def __init__(self) -> None:
        self.passes = 0

    def __iter__(self) -> Iterator[int]:
        self.passes += 1
        return iter(torch.randperm(N, generator=seeded(self.passes)).tolist())


class OrderShuffledInPlace(Own):
    def __init__(self) -> None:
        self.order = list(range(N))

    def __iter__(self) -> Iterator[int]:
        random.shuffle(self.order)
        return iter(self.order)


class StateDict(EpochCounter):
    __slots__ = ()

    def state_dict(self) -> dict[str, Any]:
        return {"n": np.int64(self.passes)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.passes = state["n"]


class Told(Own):
    def __init__(self) -> None:
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        return iter(torch.randperm(N, generator=seeded(self.epoch)).tolist())


class ClosedOver(Own):
    def __init__(self) -> None:
        rng = np.random.default_rng(1)
        self.draw = lambda: rng.permutation(N).tolist()

    def __iter__(self) -> Iterator[int]:
        return iter(self.draw())


class NoisyDataset(Dataset):
    def __init__(self) -> None:
        self.noise = seeded(3)

    def __len__(self) -> int:
        return N

    def __getitem__(self, k: int) -> tuple[Tensor, Tensor]:
        return X[k] + torch.randn(4, generator=self.noise), D[k]


class Stream:
    """Batches of a class of one's own."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(2)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for _ in range(3):
            chosen = self.rng.integers(N, size=8)
            yield X[chosen], D[chosen]


def loader(sampler: type[Own]) -> DataLoader[Any]:
    return DataLoader(TensorDataset(X, D), 8, sampler=sampler())


def in_batches(sampler: type[Own]) -> DataLoader[Any]:
    return DataLoader(TensorDataset(X, D), batch_sampler=BatchSampler(sampler(), 8, False))


def noisy_collate() -> DataLoader[Any]:
    rng = np.random.default_rng(4)

    def collate(samples: list[Any]) -> tuple[Tensor, Tensor]:
        x, d = map(torch.stack, zip(*samples, strict=True))
        return x * rng.random(), d

    return DataLoader(TensorDataset(X, D), 8, collate_fn=collate)


SAMPLERS = [
    *(NumpyGenerator, OldNumpyGenerator, PythonGenerator, GeneratorOfAnotherName, EpochCounter),
    *(OrderShuffledInPlace, StateDict, Told, ClosedOver),
]


def trained(make: Callable[[], Any], epochs: int, file: Path | None = None) -> Tensor:
    model = MLP([4, 8, 2], generator=seeded(1))
    fit(model, make(), epochs=epochs, checkpoint=file, progress=False, device="cpu")
    return torch.cat([p.detach().flatten() for p in model.parameters()])


@pytest.mark.parametrize(
    "make",
    [
        *(partial(loader, sampler) for sampler in SAMPLERS),
        *(partial(in_batches, sampler) for sampler in SAMPLERS),
        lambda: DataLoader(NoisyDataset(), 8, shuffle=True),
        noisy_collate,
        Stream,
    ],
)
def test_a_resumed_training_has_the_order_of_one_never_cut(
    make: Callable[[], Any], tmp_path: Path
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trained(make, 2, tmp_path / "run.pt")
        assert torch.equal(trained(make, 4, tmp_path / "run.pt"), trained(make, 4))


class Endless(Stream):
    def __init__(self) -> None:
        self.batches = itertools.cycle(list(zip(X.split(8), D.split(8), strict=True)))

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        return itertools.islice(self.batches, 3)


def persistent() -> DataLoader[Any]:
    return DataLoader(NoisyDataset(), 8, num_workers=1, persistent_workers=True)


@pytest.mark.parametrize(
    ("make", "why"), [(Endless, "cycle, which only goes on"), (persistent, "persistent workers")]
)
def test_an_order_that_cannot_be_repeated_is_told_once_at_the_first_save(
    make: Callable[[], Any], why: str, tmp_path: Path
) -> None:
    with pytest.warns(UserWarning, match=why) as caught:
        trained(make, 1, tmp_path / "run.pt")
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trained(make, 2, tmp_path / "run.pt")
        trained(make, 1)  # nothing is promised without a file
        file = tmp_path / "val.pt"  # in whatever order a set is measured, its means are the same
        fit(MLP([4, 2]), (X, D), val=persistent(), epochs=1, checkpoint=file, progress=False)


def test_samplers_datasets_and_loaders_are_told_the_number_of_the_epoch(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []

    class Data(TensorDataset):
        def set_epoch(self, epoch: int) -> None:
            told.append(("dataset", epoch))

    class Batches(BatchSampler):
        def set_epoch(self, epoch: int) -> None:
            told.append(("batch sampler", epoch))

    data = Data(X, D)
    sampler = DistributedSampler(data, num_replicas=1, rank=0)
    orders = []

    class Loader(DataLoader):
        def set_epoch(self, epoch: int) -> None:
            told.append(("loader", epoch))

        def __iter__(self) -> Any:
            orders.append(list(self.sampler if self.batch_size else self.batch_sampler.sampler))
            return super().__iter__()

    for epochs in (2, 3):
        batches = Loader(data, batch_sampler=Batches(sampler, 8, False))
        fit(
            *(MLP([4, 2]), batches),
            epochs=epochs,
            checkpoint=tmp_path / f"{epochs}.pt",
            progress=False,
        )
        fit(MLP([4, 2]), batches, epochs=epochs, checkpoint=tmp_path / "one.pt", progress=False)
    assert len({tuple(order) for order in orders[:2]}) == 2
    assert {owner for owner, _ in told} == {"dataset", "batch sampler", "loader"}
    resumed_at = [epoch for owner, epoch in told if owner == "loader"]
    assert resumed_at == [1, 2, 1, 2, 1, 2, 3, 3]


def test_generators_of_a_network_a_loss_and_a_global_one_are_kept_too(tmp_path: Path) -> None:
    class Noisy(nn.Linear):
        def __init__(self) -> None:
            super().__init__(4, 2)
            self.dice = seeded(5)

        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x + torch.randn(x.shape, generator=self.dice))

    def run(epochs: int, file: Path | None = None) -> Tensor:
        global _RNG
        _RNG = np.random.default_rng(6)
        torch.manual_seed(0)
        model = Noisy()
        fit(model, (X, D), loss=_noisy_loss, epochs=epochs, checkpoint=file, progress=False)
        return model.weight.detach()

    whole = run(4)
    run(2, tmp_path / "run.pt")
    assert torch.equal(run(4, tmp_path / "run.pt"), whole)


_RNG = np.random.default_rng(6)


def _noisy_loss(y: Tensor, d: Tensor) -> Tensor:
    return nn.functional.cross_entropy(y, d) * float(_RNG.random())


def test_what_has_no_state_is_not_looked_at() -> None:
    assert len(Order(loader=DataLoader(TensorDataset(X, D), 8, shuffle=True))) == 0
    order = Order(loader=list(zip(X.split(8), D.split(8), strict=True)), function=len, none=None)
    assert order.state_dict() == {"objects": {}, "generators": {}, "attributes": {}}


def test_a_loader_whose_length_changes_is_trained_on_to_its_end() -> None:
    class Growing:
        def __init__(self) -> None:
            self.n = 1

        def __len__(self) -> int:
            return self.n

        def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
            self.n += 1
            return iter([(X[:8], D[:8])] * (self.n - 1))

    history = fit(MLP([4, 2]), Growing(), epochs=3, progress=False)
    assert len(history.steps) == 1 + 2 + 3
