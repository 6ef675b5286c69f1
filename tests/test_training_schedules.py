"""When schedulers are stepped, and with what; sizes at which a batch norm fails."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD, lr_scheduler
from torch.utils.data import DataLoader, TensorDataset

from course_dl import MLP, fit
from course_dl.training import per_batch

X = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
D = (X.sum(1) > 0).long()


def train(scheduler: Any, epochs: int = 6, **options: Any) -> Any:
    torch.manual_seed(0)
    data, model = options.pop("data", (X, D)), options.pop("model", MLP([4, 8, 2]))
    settings = {"progress": False, "device": "cpu", "batch_size": 16, **options}
    return fit(model, data, epochs=epochs, scheduler=scheduler, **settings)


@pytest.mark.parametrize("val", [None, (X, D)])
def test_a_plateau_of_mode_max_watches_the_accuracy(val: Any) -> None:
    seen = []

    class Watch(lr_scheduler.ReduceLROnPlateau):
        def step(self, metrics: float) -> None:  # type: ignore[override]
            seen.append(metrics)
            super().step(metrics)

    history = train(lambda o: Watch(o, mode="max", patience=6), val=val)
    assert seen == history["accuracy" if val is None else "val_accuracy"]
    assert set(history["lr"]) == {0.1}


def test_a_plateau_of_mode_max_without_an_accuracy_is_refused() -> None:
    with pytest.raises(ValueError, match=r"mode='max' watches the accuracy.*mode='min'"):
        fit(
            *(nn.Linear(4, 4), (X, X)),
            epochs=2,
            scheduler=lambda o: lr_scheduler.ReduceLROnPlateau(o, mode="max"),
            progress=False,
        )


def test_an_optimizer_that_maximises_is_refused() -> None:
    for optimizer in (lambda p: SGD(p, 0.1, maximize=True), torch.optim.Adam):
        if optimizer is torch.optim.Adam:
            fit(MLP([4, 2]), (X, D), epochs=1, optimizer=optimizer, progress=False)
        else:
            with pytest.raises(ValueError, match="maximize=True, but fit minimises"):
                fit(MLP([4, 2]), (X, D), epochs=1, optimizer=optimizer, progress=False)


def warm_up(optimizer: Any) -> Any:
    return lr_scheduler.LinearLR(optimizer, 0.1, total_iters=4)


@pytest.mark.parametrize("instance", [False, True])
def test_what_is_told_to_be_per_batch_is_stepped_after_every_batch(instance: bool) -> None:
    model = MLP([4, 8, 2])
    optimizer = SGD(model.parameters(), 0.1)
    scheduler = per_batch(warm_up(optimizer) if instance else warm_up)
    history = train(scheduler, epochs=2, model=model, optimizer=optimizer)
    assert history["lr"] == pytest.approx([0.01, 0.1])  # four batches an epoch


def test_a_plateau_per_batch_is_refused() -> None:
    with pytest.raises(TypeError, match="watches epochs"):
        train(per_batch(lr_scheduler.ReduceLROnPlateau))


@pytest.mark.parametrize(
    "make",
    [
        lambda o: lr_scheduler.LinearLR(o, 0.01, total_iters=500),
        lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=24 * 40),
        lambda o: lr_scheduler.LambdaLR(o, lambda step: min(1.0, (step + 1) / 500)),
        lambda o: lr_scheduler.SequentialLR(
            o,
            [lr_scheduler.LinearLR(o, 0.01, total_iters=5), lr_scheduler.ExponentialLR(o, 0.999)],
            milestones=[300],
        ),
    ],
)
def test_a_schedule_that_seems_meant_by_the_batch_is_told(make: Callable[[Any], Any]) -> None:
    with pytest.warns(UserWarning, match=r"meant by the batch, say scheduler=per_batch") as caught:
        train(make)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train(per_batch(make))


@pytest.mark.parametrize(
    "make",
    [
        lr_scheduler.LinearLR,  # five epochs
        lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=20),
        lambda o: lr_scheduler.LambdaLR(o, lambda epoch: min(1.0, (epoch + 1) / 5)),
        lambda o: lr_scheduler.MultiStepLR(o, [30, 60]),
    ],
)
def test_a_schedule_by_the_epoch_is_not_suspected(make: Callable[[Any], Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train(make)


# Batches of one sample


def normed(*layers: nn.Module) -> nn.Module:
    torch.manual_seed(1)
    return nn.Sequential(
        *layers or (nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
    )


def first(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    return X[:n], D[:n]


def state(model: nn.Module) -> list[torch.Tensor]:
    return [part.clone() for part in model.state_dict().values()]


def test_a_single_sample_left_over_goes_with_the_batch_before_it() -> None:
    sizes: list[int] = []
    model = normed()
    model.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    history = train(None, epochs=2, model=model, data=first(33))
    assert sizes == [16, 17, 16, 17]
    assert len(history.steps) == 4
    sizes.clear()
    train(None, epochs=1, model=model, data=first(34))
    assert sizes == [16, 16, 2]
    sizes.clear()
    train(None, epochs=1, model=model.eval(), data=first(33), val=first(33))
    assert sizes == [16, 17, 33]


def test_without_a_batch_norm_or_with_a_frozen_one_batches_stay_as_they_are() -> None:
    model = normed()
    model[1].eval()
    for one in (model, MLP([4, 8, 2])):
        assert len(train(None, epochs=1, model=one, data=first(33)).steps) == 3


def test_a_loader_that_will_end_in_one_sample_is_told_before_the_weights_change() -> None:
    model = normed()
    before = state(model)
    loader = DataLoader(TensorDataset(*first(33)), 16)
    with pytest.raises(ValueError, match=r"last batch of train has one sample.*drop_last=True"):
        train(None, model=model, data=loader)
    assert all(torch.equal(a, b) for a, b in zip(before, state(model), strict=True))
    dropping = DataLoader(TensorDataset(*first(33)), 16, drop_last=True)
    assert len(train(None, epochs=1, model=model, data=dropping).steps) == 2


def test_a_batch_norm_of_maps_takes_one_image() -> None:
    images = X.view(16, 1, 4, 4)[:9], D[:9]
    model = normed(nn.BatchNorm2d(1), nn.Flatten(), nn.Linear(16, 2))
    loader = DataLoader(TensorDataset(*images), 8)
    assert len(train(None, epochs=2, model=model, data=loader).steps) == 4


@pytest.mark.parametrize(
    "data",
    [
        list(zip(X[:17].split(8), D[:17].split(8), strict=True)),
        DataLoader(TensorDataset(*first(3)), 1),
        first(3),
    ],
)
def test_batches_of_one_that_can_be_foreseen_are_told_before_the_weights_change(data: Any) -> None:
    model = normed()
    before = state(model)
    with pytest.raises(ValueError, match="batch of train has one sample, which a BatchNorm"):
        train(None, model=model, data=data, batch_size=1)
    parameters = dict(model.named_parameters())
    kept = zip(model.state_dict(), before, state(model), strict=True)
    assert all(torch.equal(a, b) for name, a, b in kept if name in parameters)


def test_a_batch_of_one_that_nobody_could_foresee_is_told_in_words() -> None:
    class Stream:
        def __iter__(self) -> Any:
            return iter([first(8), first(1)])

    with pytest.raises(ValueError, match="a batch of train has one sample, which a BatchNorm"):
        train(None, model=normed(), data=Stream())


def test_an_instance_norm_of_one_pixel_is_told_in_words() -> None:
    images = X.view(16, 1, 4, 4), D[:16]
    model = normed(nn.AvgPool2d(4), nn.InstanceNorm2d(1), nn.Flatten(), nn.Linear(1, 2))
    with pytest.raises(ValueError, match="an InstanceNorm gets maps of one pixel"):
        train(None, model=model, data=images)
