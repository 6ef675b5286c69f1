"""Laws of fit and evaluate: the plain loop they stand for, and what they leave as it was."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, IterableDataset, TensorDataset
from tqdm import tqdm

from course_dl import MLP, ManualMLP, evaluate, fit
from course_dl.backprop import Elementwise, Linear, ManualNetwork
from course_dl.data import Batches, ImageSet, mnist
from course_dl.losses import LOSSES, Loss, square_error
from course_dl.training import NonFiniteLoss
from course_dl.training.history import History


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


X = torch.randn(50, 4, generator=seeded(1))
CLASSES = torch.randint(3, (50,), generator=seeded(2))
NUMBERS = torch.randn(50, 3, generator=seeded(3))
SIGNS = (X[:, :1] + 0.1 * NUMBERS[:, :1] >= 0).float() * 2 - 1


def network(*sizes: int, seed: int = 4) -> MLP:
    return MLP(sizes or (4, 8, 3), generator=seeded(seed))


def dropout_network() -> nn.Sequential:
    first, last = network().layers
    return nn.Sequential(first, nn.ReLU(), nn.Dropout(0.5), last)


def weights(model: Any) -> list[Tensor]:
    return [p.detach().clone() for p in model.state_dict().values()]


def same(one: list[Tensor], other: list[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def quiet_fit(model: Any, train: Any = (X, CLASSES), epochs: int = 2, **options: Any) -> History:
    """fit with small batches, in the order of the data where these are tensors."""
    if isinstance(train, tuple):
        train = Batches(*train, batch_size=16, shuffle=False)
    return fit(model, train, epochs=epochs, **{"progress": False, "device": "cpu", **options})


def plain_loop(
    model: nn.Module,
    loss: Callable[[Tensor, Tensor], Tensor],
    optimizer: torch.optim.Optimizer,
    d: Tensor = CLASSES,
    epochs: int = 2,
) -> list[float]:
    """What fit stands for, on batches of 16 in order."""
    steps = []
    for _ in range(epochs):
        for x_batch, d_batch in zip(X.split(16), d.split(16), strict=True):
            optimizer.zero_grad()
            value = loss(model(x_batch), d_batch)
            value.backward()
            optimizer.step()
            steps.append(value.item())
    return steps


# The step


@pytest.mark.parametrize(
    ("loss", "d", "reference"),
    [
        (None, CLASSES, F.cross_entropy),
        (None, NUMBERS, lambda y, d: F.mse_loss(y, d) * 3 / 2),
        ("cross_entropy", CLASSES, F.cross_entropy),
        (LOSSES["square_error"], NUMBERS, lambda y, d: F.mse_loss(y, d) * 3 / 2),
        (square_error, NUMBERS, lambda y, d: F.mse_loss(y, d) * 3 / 2),
        (nn.CrossEntropyLoss(), CLASSES, F.cross_entropy),
        (nn.CrossEntropyLoss(reduction="sum"), CLASSES, F.cross_entropy),
        (nn.CrossEntropyLoss(reduction="none"), CLASSES, F.cross_entropy),
        (nn.MSELoss(reduction="sum"), NUMBERS, lambda y, d: F.mse_loss(y, d) * 3),
        (F.l1_loss, NUMBERS, F.l1_loss),
        (lambda y, d: (y - d).abs().max(), NUMBERS, lambda y, d: (y - d).abs().max()),
    ],
)
def test_a_step_is_that_of_the_plain_loop_for_every_kind_of_loss(loss, d, reference) -> None:
    model, twin = network(), network()
    history = quiet_fit(model, (X, d), loss=loss, lr=0.05)
    steps = plain_loop(twin, reference, torch.optim.SGD(twin.parameters(), lr=0.05), d)
    torch.testing.assert_close(history.steps, steps, rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(weights(model), weights(twin), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3),
        torch.optim.Adam,
        torch.optim.AdamW,
        torch.optim.RMSprop,
        torch.optim.Adagrad,
    ],
)
def test_any_optimizer_steps_as_in_the_plain_loop(make) -> None:
    by_factory, by_instance, twin = network(), network(), network()
    quiet_fit(by_factory, optimizer=make)
    quiet_fit(by_instance, optimizer=make(by_instance.parameters()))
    plain_loop(twin, F.cross_entropy, make(twin.parameters()))
    assert same(weights(by_factory), weights(twin))
    assert same(weights(by_instance), weights(twin))


def test_lr_goes_to_the_optimizer_that_is_made() -> None:
    one, other = network(), network()
    quiet_fit(one, optimizer=torch.optim.Adam, lr=0.01)
    quiet_fit(other, optimizer=lambda p: torch.optim.Adam(p, lr=0.01))
    assert same(weights(one), weights(other))


def test_lbfgs_which_looks_at_the_loss_many_times_a_step_reaches_a_minimum() -> None:
    model = nn.Linear(4, 3)
    history = quiet_fit(
        model,
        Batches(X, NUMBERS, batch_size=50, shuffle=False),
        epochs=5,
        optimizer=lambda p: torch.optim.LBFGS(p, line_search_fn="strong_wolfe"),
    )
    ones = torch.cat([X, torch.ones(50, 1)], 1)
    best = torch.linalg.lstsq(ones, NUMBERS).solution
    assert torch.allclose(model.weight.T, best[:4], atol=1e-3)
    assert history["loss"] == sorted(history["loss"], reverse=True)


def test_gradients_left_over_count_for_nothing_and_none_is_left() -> None:
    clean, stale = network(), network()
    for parameter in stale.parameters():
        parameter.grad = torch.ones_like(parameter)
    quiet_fit(clean)
    quiet_fit(stale)
    assert same(weights(clean), weights(stale))
    assert all(p.grad is None for p in stale.parameters())


def test_parameters_that_the_optimizer_does_not_hold_stay_and_gather_no_gradient() -> None:
    model = network()
    before = weights(model)
    quiet_fit(model, optimizer=torch.optim.SGD(model.layers[1].parameters(), lr=0.1))
    after = weights(model)
    assert same(before[:2], after[:2])
    assert not torch.equal(before[2], after[2])
    assert all(p.grad is None for p in model.parameters())


# The two ways


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "softplus"])
@pytest.mark.parametrize(
    ("loss", "d"), [(None, CLASSES), ("square_error", NUMBERS), ("binary_cross_entropy", SIGNS > 0)]
)
def test_autograd_and_manual_training_agree_for_100_steps(activation, loss, d) -> None:
    d = d if d.dtype == torch.int64 else d.float()
    sizes = (4, 16, 8, 3 if d.dtype == torch.int64 else d.shape[1])
    model = MLP(sizes, activation, generator=seeded(5))
    twin = ManualMLP.from_module(model)
    options = {"epochs": 25, "batch_size": 16, "loss": loss, "progress": False, "device": "cpu"}
    one, other = fit(model, (X, d), **options), fit(twin, (X, d), **options)
    assert len(one.steps) == 100
    torch.testing.assert_close(one.steps, other.steps, rtol=1e-5, atol=0)
    assert one["accuracy"] == other["accuracy"]


def test_a_manual_network_of_any_layers_follows_a_schedule() -> None:
    def chain() -> ManualNetwork:
        first, last = network().layers
        return ManualNetwork(
            [Linear(first.weight, first.bias), Elementwise("relu"), Linear(last.weight, last.bias)]
        )

    def halved(optimizer: torch.optim.Optimizer) -> Any:
        return lr_scheduler.StepLR(optimizer, 1, gamma=0.5)

    manual, model = chain(), network()
    history = quiet_fit(manual, scheduler=halved, lr=0.2)
    quiet_fit(model, scheduler=halved, lr=0.2)
    assert history["lr"] == [0.2, 0.1]
    torch.testing.assert_close(weights(manual), weights(model), rtol=1e-5, atol=1e-6)


@pytest.mark.full_data
def test_both_networks_learn_the_full_mnist() -> None:
    train, test = mnist("train"), mnist("test")
    assert len(train) == 60_000
    data, held_out = train.tensors(), test.tensors()
    model = MLP([784, 256, 128, 10], generator=seeded())
    twin = ManualMLP.from_module(model)
    one = fit(model, data, epochs=5, lr=0.2, device="cpu", progress=False)
    other = fit(twin, data, epochs=5, lr=0.2, device="cpu", progress=False)
    torch.testing.assert_close(one.steps[:100], other.steps[:100], rtol=1e-5, atol=0)
    for trained in (model, twin):
        accuracy = evaluate(trained, held_out, device="cpu").accuracy
        assert accuracy is not None
        assert accuracy > 0.975


# What is told


def test_losses_and_accuracies_are_means_over_samples_and_not_over_batches() -> None:
    model = network()
    y = model(X)
    right = (y.argmax(1) == CLASSES).float().mean().item()
    met = quiet_fit(model, epochs=1, lr=1e-12).rows[0]  # 50 samples: the last batch has but 2
    reached = evaluate(model, (X, CLASSES), batch_size=7, device="cpu")
    for row in (met, reached):
        assert row.loss == pytest.approx(F.cross_entropy(y, CLASSES).item(), rel=1e-6)
        assert row.accuracy == pytest.approx(right)
    assert reached.n == 50


def test_binary_scores_are_judged_by_their_sign_and_numbers_not_at_all() -> None:
    scores = torch.tensor([[-2.0], [-0.1], [0.0], [0.1], [2.0]])
    signs = torch.tensor([[-1.0], [1.0], [1.0], [1.0], [-1.0]])
    for loss, d in [
        ("perceptron_loss", signs),
        ("binary_cross_entropy", (signs + 1) / 2),
        (nn.BCEWithLogitsLoss(), (signs + 1) / 2),
    ]:
        assert evaluate(nn.Identity(), (scores, d), loss=loss, device="cpu").accuracy == 0.6
    assert evaluate(nn.Identity(), (scores, signs), device="cpu").accuracy is None


def test_every_pixel_counts_where_each_has_a_class() -> None:
    images = torch.randn(6, 2, 4, 4, generator=seeded())
    d = images.argmax(1)
    metrics = evaluate(nn.Identity(), (images, d), loss=nn.CrossEntropyLoss(), device="cpu")
    assert metrics.accuracy == 1
    assert metrics.n == 6


def test_validation_is_that_of_the_weights_at_the_end_of_the_epoch() -> None:
    model = network()
    history = quiet_fit(model, val=(X, CLASSES))
    metrics = evaluate(model, (X, CLASSES), device="cpu")
    assert (history["val_loss"][-1], history["val_accuracy"][-1]) == (
        metrics.loss,
        metrics.accuracy,
    )


def test_validation_does_not_change_the_training() -> None:
    one, other = dropout_network(), dropout_network()
    loader = DataLoader(TensorDataset(X, CLASSES), batch_size=8, shuffle=True)
    fit(one, (X, CLASSES), epochs=3, batch_size=16, progress=False, device="cpu")
    fit(other, (X, CLASSES), epochs=3, batch_size=16, val=loader, progress=False, device="cpu")
    assert same(weights(one), weights(other))


def test_the_bar_shows_loss_and_accuracy_and_can_be_left_out(capfd) -> None:
    fit(network(), (X, CLASSES), epochs=3, device="cpu")
    shown = capfd.readouterr().err
    assert "epoch 3/3" in shown
    assert "3/3" in shown
    assert "loss" in shown
    assert "accuracy" in shown
    quiet_fit(network())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("ipywidgets", "module"), [(None, "tqdm.std"), (object(), "tqdm.auto")])
def test_the_bar_is_a_plain_one_where_a_widget_would_only_warn(
    ipywidgets, module, monkeypatch
) -> None:
    monkeypatch.setattr("course_dl.training.progress.find_spec", lambda name: ipywidgets)
    chosen = []

    class Watched(tqdm):
        def __init__(self, **options: Any) -> None:
            chosen.append(options)
            super().__init__(**options)

    monkeypatch.setattr(f"{module}.tqdm", Watched)
    fit(network(), (X, CLASSES), epochs=1, device="cpu")
    assert len(chosen) == 1


# Schedulers


def one_cycle(optimizer: torch.optim.Optimizer) -> Any:
    return lr_scheduler.OneCycleLR(optimizer, max_lr=0.5, total_steps=8)


@pytest.mark.parametrize(
    ("make", "per_batch"),
    [
        (lambda o: lr_scheduler.StepLR(o, 1, gamma=0.5), False),
        (lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=2), False),
        (one_cycle, True),
        (lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.1, step_size_up=3), True),
        (lambda o: lr_scheduler.ChainedScheduler([one_cycle(o)], optimizer=o), True),
    ],
)
@pytest.mark.parametrize("instance", [False, True])
def test_a_scheduler_is_stepped_when_it_wants_to_be(make, per_batch, instance) -> None:
    model, twin = network(), network()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    quiet_fit(model, optimizer=optimizer, scheduler=make(optimizer) if instance else make)

    reference = torch.optim.SGD(twin.parameters(), lr=0.1, momentum=0.9)
    schedule = make(reference)
    for _ in range(2):
        for x, d in zip(X.split(16), CLASSES.split(16), strict=True):
            reference.zero_grad()
            F.cross_entropy(twin(x), d).backward()
            reference.step()
            if per_batch:
                schedule.step()
        if not per_batch:
            schedule.step()
    assert same(weights(model), weights(twin))


@pytest.mark.parametrize("val", [None, (X, CLASSES)])
def test_a_plateau_is_one_of_the_validation_loss_or_else_of_the_training_loss(val) -> None:
    seen = []

    class Watch(lr_scheduler.ReduceLROnPlateau):
        def step(self, metrics: float) -> None:  # type: ignore[override]
            seen.append(metrics)

    history = quiet_fit(network(), val=val, scheduler=Watch)
    assert seen == history["loss" if val is None else "val_loss"]


# Data


class Pairs(IterableDataset):
    """Batches that nobody knows the number of."""

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        yield from zip(X.split(16), CLASSES.split(16), strict=True)


@pytest.mark.parametrize(
    "train",
    [
        DataLoader(TensorDataset(X, CLASSES), batch_size=16),
        DataLoader(Pairs(), batch_size=None),
        list(zip(X.split(16), CLASSES.split(16), strict=True)),
    ],
)
def test_all_kinds_of_data_train_alike(train) -> None:
    one, other = network(), network()
    quiet_fit(one, train)
    quiet_fit(other, (X, CLASSES))
    assert same(weights(one), weights(other))


def test_an_image_set_is_trained_on_as_its_tensors() -> None:
    images = torch.randint(256, (20, 3, 3), dtype=torch.uint8, generator=seeded())
    digits = ImageSet(images, torch.arange(20) % 3, ("a", "b", "c"), "noise", 0.5, 0.3)
    one, other = network(9, 3), network(9, 3)
    fit(one, digits, epochs=2, batch_size=8, val=digits, progress=False, device="cpu")
    fit(other, digits.tensors(), epochs=2, batch_size=8, progress=False, device="cpu")
    assert same(weights(one), weights(other))


def test_an_epoch_takes_every_sample_once_in_a_fresh_order() -> None:
    seen: list[list[float]] = [[]]

    class Spy(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            seen[-1] += x[:, 0].tolist()
            if len(seen[-1]) == 50:
                seen.append([])
            return super().forward(x)

    fit(Spy(4, 3), (X, CLASSES), epochs=2, batch_size=16, progress=False, device="cpu")
    first, second, rest = seen
    assert sorted(first) == sorted(second) == sorted(X[:, 0].tolist())
    assert first != second
    assert not rest


def test_evaluation_does_not_draw_from_the_generator_of_batches() -> None:
    generator = seeded()
    before = generator.get_state()
    evaluate(network(), Batches(X, CLASSES, generator=generator), device="cpu")
    assert torch.equal(generator.get_state(), before)


# Randomness


def shuffled(seed: int | None) -> DataLoader[Any]:
    generator = None if seed is None else seeded(seed)
    data = TensorDataset(X, CLASSES)
    return DataLoader(data, batch_size=16, shuffle=True, generator=generator)


@pytest.mark.parametrize(
    "data",
    [
        lambda: (X, CLASSES),
        lambda: shuffled(None),
        lambda: shuffled(7),
        lambda: Batches(X, CLASSES, 16, generator=seeded(7)),
    ],
)
def test_the_same_seed_gives_the_same_weights_whatever_came_before(data) -> None:
    results = []
    for disturbance in range(2):
        torch.manual_seed(disturbance)
        model = dropout_network()
        fit(model, data(), epochs=2, batch_size=16, seed=3, progress=False, device="cpu")
        results.append(weights(model))
    assert same(*results)


def test_another_seed_gives_other_weights() -> None:
    one, other = network(), network()
    for model, seed in ((one, 0), (other, 1)):
        fit(model, (X, CLASSES), epochs=1, batch_size=16, seed=seed, progress=False, device="cpu")
    assert not same(weights(one), weights(other))


def test_numpy_and_python_randomness_in_a_loader_is_repeatable_too() -> None:
    class Augmented(Pairs):
        def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
            for x, d in super().__iter__():
                yield x + random.random() + np.random.rand(), d

    one, other = network(), network()
    for disturbance, model in enumerate((one, other)):
        random.seed(disturbance)
        np.random.seed(disturbance)
        quiet_fit(model, DataLoader(Augmented(), batch_size=None))
    assert same(weights(one), weights(other))


def test_the_callers_random_states_are_left_as_they_were() -> None:
    torch.manual_seed(1)
    np.random.seed(1)
    random.seed(1)
    states = torch.get_rng_state(), str(np.random.get_state()), random.getstate()
    fit(dropout_network(), shuffled(None), epochs=1, val=shuffled(None), progress=False)
    evaluate(dropout_network(), shuffled(None))
    assert torch.equal(torch.get_rng_state(), states[0])
    assert str(np.random.get_state()) == states[1]
    assert random.getstate() == states[2]


# Modes


class Noted(nn.Module):
    """Notes the modes and the graph that it is called with."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.BatchNorm1d(4)
        self.outer = nn.Linear(4, 3)
        self.calls: list[tuple[bool, bool, bool]] = []

    def forward(self, x: Tensor) -> Tensor:
        y = self.outer(self.inner(x))
        self.calls.append((self.training, self.inner.training, y.requires_grad))
        return y


@pytest.mark.parametrize("training", [False, True])
def test_modes_are_set_for_the_purpose_and_put_back(training) -> None:
    model = Noted().train(training)
    quiet_fit(model, Batches(X, CLASSES, 50), epochs=1, val=(X, CLASSES))
    assert model.calls == [(True, True, True), (False, False, False)]
    assert (model.training, model.inner.training) == (training, training)


def test_a_frozen_part_stays_frozen_in_training_and_after() -> None:
    model = Noted().train()
    model.inner.eval()
    quiet_fit(model, Batches(X, CLASSES, 50), epochs=1, val=(X, CLASSES))
    assert model.calls == [(True, False, True), (False, False, False)]
    assert (model.training, model.inner.training) == (True, False)
    assert model.inner.num_batches_tracked == 0


def test_modes_are_put_back_after_an_error() -> None:
    model = Noted().eval()
    with pytest.raises(IndexError):
        quiet_fit(model, (X, CLASSES + 3), loss=nn.CrossEntropyLoss())
    assert not model.training


# Ends


def test_a_loss_that_is_not_finite_stops_before_the_step() -> None:
    def spoilt(y: Tensor, d: Tensor) -> Tensor:
        loss = F.cross_entropy(y, d)
        return loss / 0 if next(calls) == 5 else loss

    calls = iter(range(100))
    model, twin = network(), network()
    with pytest.raises(
        NonFiniteLoss, match=r"loss is inf in epoch 2, step 6; .*1/x of 0"
    ) as caught:
        quiet_fit(model, loss=spoilt)
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.1)
    plain_loop(twin, F.cross_entropy, optimizer, epochs=1)  # 4 steps
    optimizer.zero_grad()
    F.cross_entropy(twin(X[:16]), CLASSES[:16]).backward()
    optimizer.step()
    assert same(weights(model), weights(twin))
    error = caught.value
    assert isinstance(error, FloatingPointError)
    assert (error.epoch, error.step, error.value) == (2, 6, float("inf"))
    assert len(error.history) == 1
    assert len(error.history.steps) == 5


def test_weights_that_blow_up_are_told_to_take_a_smaller_lr() -> None:
    with pytest.raises(NonFiniteLoss, match=r"smaller lr \(it is 1e\+30\)"):
        quiet_fit(network(), (X, NUMBERS), lr=1e30, epochs=9)
    with pytest.raises(NonFiniteLoss, match=r"smaller lr \(it is 1e\+30\)"):
        quiet_fit(ManualMLP([4, 3], generator=seeded()), (X, NUMBERS), lr=1e30, epochs=9)


def test_bad_inputs_of_a_loader_are_told() -> None:
    batches = [(torch.full((2, 4), float("nan")), CLASSES[:2])]
    with pytest.raises(NonFiniteLoss, match="inputs of this batch hold NaN"):
        quiet_fit(network(), batches)
    with pytest.raises(NonFiniteLoss, match="targets of this batch hold NaN"):
        quiet_fit(network(), [(X[:2], NUMBERS[:2] / 0)])


@pytest.mark.parametrize("make", [network, lambda: ManualMLP.from_module(network())])
def test_ctrl_c_ends_cleanly_and_keeps_the_history(make, capsys) -> None:
    class Stopped(Batches):
        def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
            for x, d in super().__iter__():
                if len(seen) == 6:
                    raise KeyboardInterrupt
                seen.append(len(x))
                yield x, d

    seen: list[int] = []
    model = make()
    history = quiet_fit(model, Stopped(X, CLASSES, 16), epochs=5)
    assert history.interrupted
    assert len(history) == 1
    assert len(history.steps) == 6
    assert capsys.readouterr().out.count("\n") == 1
    assert "interrupted after 1 epoch" in str(history)
    assert evaluate(model, (X, CLASSES)).n == 50
    assert len(quiet_fit(model)) == 2


# Bad input

NAN = X.clone()
NAN[3, 1] = float("nan")
LINEAR = nn.Linear(4, 3)
FROZEN = nn.Linear(4, 3).requires_grad_(False)


def fits(model: Any = None, train: Any = (X, CLASSES), **options: Any) -> Callable[[], object]:
    def call() -> object:
        settings = {"epochs": 1, "progress": False, "device": "cpu", **options}
        return fit(network() if model is None else model, train, **settings)

    return call


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (fits(epochs=0), ValueError, "epochs must be at least 1, got 0"),
        (fits(epochs=1.5), TypeError, "epochs must be an integer"),
        (fits(batch_size=0), ValueError, "batch_size must be at least 1"),
        (fits(seed=-1), ValueError, "seed must be at least 0"),
        (fits(lr=0), ValueError, "lr must be a positive"),
        (fits(lr=float("nan")), ValueError, "lr must be a positive"),
        (fits(model=lambda x: x), TypeError, "model must be an nn.Module or a manual network"),
        (fits(model=FROZEN), ValueError, "no parameter to train"),
        (fits(train=(X, CLASSES[:7])), ValueError, "50 samples X and 7 of d"),
        (fits(train=(X[:0], CLASSES[:0])), ValueError, "one sample or more"),
        (fits(train=[]), ValueError, "train gave no batch"),
        (fits(train=[(X, CLASSES, X)]), TypeError, r"pairs \(x, d\)"),
        (fits(train=[X, CLASSES]), TypeError, r"pairs \(x, d\), got a float32 tensor"),
        (fits(train=X), TypeError, "train must be a pair"),
        (fits(train="mnist"), TypeError, "train must be a pair .* got a str"),
        (fits(train=(X.numpy(), CLASSES)), TypeError, "train X must be a torch.Tensor"),
        (fits(train=(X, CLASSES.tolist())), TypeError, "train d must be a torch.Tensor"),
        (fits(train=iter([(X, CLASSES)])), TypeError, "only once"),
        (fits(train=TensorDataset(X, CLASSES)), TypeError, "a dataset, not a loader"),
        (
            fits(train=(NAN, CLASSES)),
            ValueError,
            r"train X must be finite, got nan at index \(3, 1\)",
        ),
        (fits(val=(NAN, CLASSES)), ValueError, "val X must be finite"),
        (fits(train=(X, NUMBERS / 0)), ValueError, "train d must be finite"),
        (fits(train=(X.to(torch.uint8), CLASSES)), TypeError, "scale it"),
        (fits(train=(X.double(), CLASSES)), TypeError, "float64"),
        (fits(train=(X, CLASSES + 1)), ValueError, r"classes must lie in 0..2 .* got 3"),
        (fits(train=(X, CLASSES - 1)), ValueError, r"got -1"),
        (fits(train=(X, CLASSES.int())), TypeError, "int64"),
        (fits(train=(X, CLASSES[:, None])), ValueError, "one class a sample"),
        (fits(train=(X, NUMBERS[:, 0])), ValueError, "shape of y"),
        (fits(train=(X, 3 * SIGNS), model=network(4, 1), loss="perceptron_loss"), ValueError, "-1"),
        (fits(train=(X[:, :2], CLASSES)), ValueError, r"\(N, 4\)"),
        (fits(loss="huber"), ValueError, "unknown loss 'huber'; the known ones are: square_error"),
        (fits(loss=nn.CrossEntropyLoss), TypeError, "loss must be"),
        (fits(loss=3), TypeError, "loss must be"),
        (fits(loss=lambda y, d: (y - 1) ** 2), ValueError, "one number"),
        (fits(loss=lambda y, d: 1.0), ValueError, "one number"),
        (fits(optimizer="adam"), TypeError, "optimizer must be"),
        (fits(optimizer=lambda p: p), TypeError, "must return an optimizer"),
        (fits(optimizer=torch.optim.SGD(LINEAR.parameters(), 0.1)), ValueError, "no parameter of"),
        (
            fits(model=LINEAR, optimizer=torch.optim.SGD(LINEAR.parameters(), 0.1), lr=1.0),
            ValueError,
            "has its own lr",
        ),
        (fits(scheduler="cosine"), TypeError, "scheduler must be"),
        (
            fits(scheduler=lr_scheduler.StepLR(torch.optim.SGD(LINEAR.parameters(), 0.1), 1)),
            ValueError,
            "another optimizer",
        ),
        (
            fits(batch_size=5, epochs=2, scheduler=one_cycle),
            ValueError,
            "made for 8 batches.*total_steps=20",
        ),
        (fits(ManualMLP([4, 3]), optimizer=torch.optim.SGD), TypeError, "give lr, not optimizer"),
        (fits(ManualMLP([4, 3]), loss=nn.CrossEntropyLoss()), TypeError, "no gradient is known"),
        (fits(device="tpu"), ValueError, "device 'tpu' cannot be used here"),
        (lambda: evaluate(network(), (X, CLASSES + 1)), ValueError, "classes must lie in 0..2"),
        (lambda: evaluate(network(), []), ValueError, "data gave no batch"),
        (lambda: evaluate(network(), (NAN, CLASSES)), ValueError, "data X must be finite"),
        (lambda: evaluate(network(), (X, CLASSES), batch_size=0), ValueError, "at least 1"),
        (lambda: evaluate("model", (X, CLASSES)), TypeError, "model must be"),
    ],
)
def test_bad_input_is_told(
    call: Callable[[], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call()


def test_a_loss_of_ones_own_with_its_gradient_trains_both_networks() -> None:
    quartic = Loss(
        "quartic",
        lambda y, d, reduction="sum": ((y - d) ** 4).sum() / (len(y) if reduction == "mean" else 1),
        lambda y, d, reduction="sum": 4 * (y - d) ** 3 / (len(y) if reduction == "mean" else 1),
    )
    model = network()
    twin = ManualMLP.from_module(model)
    one = quiet_fit(model, (X, NUMBERS), loss=quartic, lr=1e-3)
    other = quiet_fit(twin, (X, NUMBERS), loss=quartic, lr=1e-3)
    torch.testing.assert_close(one.steps, other.steps, rtol=1e-5, atol=0)
