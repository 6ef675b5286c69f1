"""Losses of every kind: what fits them, what they count, and what is a right answer."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.utils.data import DataLoader, TensorDataset

from course_dl import MLP, ManualMLP, evaluate, fit
from course_dl.training import Metrics, NonFiniteLoss

SEED = torch.Generator().manual_seed(0)
X = torch.randn(40, 4, generator=SEED)
SUM = X.sum(1)
CLASSES = torch.randint(3, (40,), generator=SEED)


def own_square(y: Tensor, d: Tensor) -> Tensor:
    return ((y - d) ** 2).mean()


def quiet(model: nn.Module, data: Any, **options: Any) -> Any:
    return fit(model, data, **{"epochs": 1, "progress": False, "device": "cpu", **options})


def judged(y: Tensor, d: Tensor, loss: Any = None, **options: Any) -> Metrics:
    """Scores y measured as they are."""
    return evaluate(nn.Identity(), (y, d), loss=loss, device="cpu", **options)


# Shapes and types

BROADCASTING = [
    own_square,
    lambda y, d: F.mse_loss(y, d),
    lambda y, d: (d - y).abs().mean(),
    *(nn.MSELoss(), nn.L1Loss(), nn.SmoothL1Loss(), nn.HuberLoss(), F.mse_loss, F.l1_loss),
    partial(F.huber_loss, delta=2.0),
    *(None, "square_error"),
]


@pytest.mark.filterwarnings("ignore:Using a target size")
@pytest.mark.parametrize("loss", BROADCASTING)
@pytest.mark.parametrize("wide", [False, True])
def test_a_loss_that_compares_each_output_with_all_targets_is_refused(loss, wide) -> None:
    model, d = nn.Linear(4, 1), SUM
    if wide:  # outputs (N,), targets (N, 1)
        model, d = nn.Sequential(model, nn.Flatten(0)), SUM[:, None]
    before = [p.clone() for p in model.parameters()]
    for data in ((X, d), DataLoader(TensorDataset(X, d), 8)):
        with pytest.raises(ValueError, match=r"d must have the shape of y.*reshape"):
            quiet(model, data, loss=loss)
        with pytest.raises(ValueError, match=r"d must have the shape of y"):
            evaluate(model, data, loss=loss)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


@pytest.mark.parametrize(
    ("loss", "width", "d"),
    [
        (lambda y, d: F.mse_loss(y[:, 0], d), 1, SUM),
        (lambda y, d: F.mse_loss(y.squeeze(1), d), 1, SUM),
        (lambda y, d: own_square(y, d[:, None]), 1, SUM),
        (lambda y, d: F.binary_cross_entropy_with_logits(y[:, 0], d.float()), 1, (SUM > 0).long()),
        (lambda y, d: F.gaussian_nll_loss(y[:, 0], d, y[:, 1].exp()), 2, SUM),
    ],
)
def test_a_function_that_brings_shapes_together_itself_is_trusted(loss, width, d) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history = quiet(nn.Linear(4, width), (X, d), loss=loss, epochs=20, lr=0.1)
    assert history["loss"][-1] < history["loss"][0]


def test_the_broadcast_probe_does_not_take_a_network_that_says_0_for_a_wrong_loss() -> None:
    model = nn.Linear(4, 1)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    quiet(model, (X, SUM), loss=lambda y, d: F.mse_loss(y[:, 0], d))


def test_a_first_batch_that_cannot_tell_leaves_it_to_the_next() -> None:
    batches = [(X[:1], SUM[:1]), (X[:8], torch.ones(8)), (X[:8], SUM[:8])]
    with pytest.raises(ValueError, match="shape of y"):
        quiet(nn.Linear(4, 1), batches, loss=own_square)


def test_a_broadcast_along_the_outputs_is_refused_for_known_losses_and_told_for_others() -> None:
    with pytest.raises(ValueError, match="shape of y"):
        quiet(nn.Linear(4, 3), (X, SUM[:, None]), loss=nn.MSELoss())
    with pytest.warns(UserWarning, match="may broadcast.*shape of y") as caught:
        quiet(nn.Linear(4, 3), (X, SUM[:, None]), loss=own_square, epochs=3, batch_size=8)
    assert len(caught) == 1
    assert caught[0].filename == __file__


ONE_HOT = F.one_hot(CLASSES, 3)


@pytest.mark.parametrize(
    ("loss", "width", "d", "error", "message"),
    [
        (nn.BCEWithLogitsLoss(), 1, (SUM > 0).long()[:, None], TypeError, r"d\.float\(\)"),
        (nn.MSELoss(), 1, CLASSES[:, None], TypeError, r"d\.float\(\)"),
        (nn.CrossEntropyLoss(), 3, ONE_HOT, ValueError, "one-hot"),
        (F.cross_entropy, 3, ONE_HOT, ValueError, "one-hot"),
        (nn.CrossEntropyLoss(), 3, CLASSES.int(), TypeError, r"d\.long\(\)"),
        (nn.CrossEntropyLoss(), 3, CLASSES.float(), TypeError, r"d\.long\(\)"),
        (nn.CrossEntropyLoss(), 3, CLASSES[:, None], ValueError, "reshape"),
        (nn.CrossEntropyLoss(), 2, CLASSES, ValueError, "0..1 as y has 2 columns; got 2"),
        (nn.NLLLoss(), 3, CLASSES - 1, ValueError, "got -1"),
        (partial(F.cross_entropy, ignore_index=7), 3, CLASSES - 1, ValueError, "got -1"),
    ],
)
def test_targets_that_do_not_fit_an_nn_loss_are_told(loss, width, d, error, message) -> None:
    with pytest.raises(error, match=message):
        quiet(nn.Linear(4, width), (X, d), loss=loss)
    with pytest.raises(error, match=message):
        quiet(nn.Linear(4, width), [(X, d)], loss=loss)


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(4, 3, batch_first=True)

    def forward(self, x: Tensor) -> Any:
        return self.rnn(x[:, None])


class Named(nn.Linear):
    def forward(self, x: Tensor) -> Any:
        return {"scores": super().forward(x)}


@pytest.mark.parametrize(
    ("model", "what"), [(Recurrent(), "a tuple of 2"), (Named(4, 3), "a dict")]
)
@pytest.mark.parametrize("loss", [None, nn.CrossEntropyLoss(), "cross_entropy"])
def test_outputs_that_are_no_tensor_are_told(model, what, loss) -> None:
    with pytest.raises(TypeError, match=f"scores as a tensor, got {what}: give loss="):
        quiet(model, (X, CLASSES), loss=loss)
    with pytest.raises(TypeError, match=what):
        evaluate(model, (X, CLASSES), loss=loss)


def test_a_loss_of_ones_own_takes_any_outputs_and_targets() -> None:
    data = [({"x": X[:n]}, {"labels": CLASSES[:n], "names": ["a"] * n}) for n in (16, 4)]

    class Both(Named):
        def forward(self, x: Any) -> Any:
            return super().forward(x["x"])

    def loss(y: Any, d: Any) -> Tensor:
        return F.cross_entropy(y["scores"], d["labels"])

    model = Both(4, 3)
    scores = F.linear(X, model.weight, model.bias)
    both = torch.cat([scores[:16], scores[:4]]), torch.cat([CLASSES[:16], CLASSES[:4]])
    told = evaluate(model, data, loss=loss)
    assert told.n == 20  # the samples, not the entries of a dict
    assert told.loss == pytest.approx(F.cross_entropy(*both).item())
    assert len(quiet(model, data, loss=loss).steps) == 2


def test_samples_that_cannot_be_counted_are_told() -> None:
    class Constant(nn.Linear):
        def forward(self, x: Any) -> Tensor:
            return self.weight.sum()

    with pytest.raises(TypeError, match="samples of a batch cannot be counted"):
        quiet(Constant(1, 1), [({"a": "b"}, "c")], loss=lambda y, d: y)


@pytest.mark.parametrize("make", [lambda: nn.Linear(4, 3), lambda: ManualMLP([4, 3])])
@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (((X * 50).to(torch.uint8), CLASSES), "X holds torch.uint8: scale it"),
        ((X.double(), CLASSES), "X must have the dtype of the weights"),
        ((X.numpy(), CLASSES), "X must be a torch.Tensor, got a NumPy array"),
        ((X, CLASSES.numpy()), "d must be a torch.Tensor, got a NumPy array"),
        ((X, CLASSES.tolist()), "d must be a torch.Tensor, got list"),
        ((X.tolist(), CLASSES), "X"),
    ],
)
def test_the_first_batch_of_a_loader_is_checked_as_a_pair_is(make, batch, message) -> None:
    with pytest.raises(TypeError, match=f"train {message}"):
        quiet(make(), [batch])
    with pytest.raises(TypeError, match=f"val {message}"):
        quiet(make(), (X, CLASSES), val=[batch])
    with pytest.raises(TypeError, match=f"data {message}"):
        evaluate(make(), [batch])


def test_a_loader_with_nan_is_refused_by_evaluate_as_a_pair_is() -> None:
    for data in ((X / 0, CLASSES), [(X / 0, CLASSES)]):
        with pytest.raises(ValueError, match="data X must be finite"):
            evaluate(nn.Linear(4, 3), data)


# What counts

IGNORING = CLASSES.clone()
IGNORING[::3] = -100
KEPT = IGNORING != -100
SCORES = torch.randn(40, 3, generator=SEED)


@pytest.mark.parametrize(
    "loss",
    [
        nn.CrossEntropyLoss(),
        nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 5.0])),
        nn.CrossEntropyLoss(reduction="sum"),
        nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 5.0]), reduction="none"),
        F.cross_entropy,
        partial(F.cross_entropy, weight=torch.tensor([1.0, 2.0, 5.0])),
    ],
)
@pytest.mark.parametrize("batch_size", [7, 40])
def test_a_mean_over_batches_is_that_over_all_that_counts(loss, batch_size) -> None:
    weight = getattr(loss, "weight", None)
    if isinstance(loss, partial):
        weight = loss.keywords["weight"]
    told = judged(SCORES, IGNORING, loss, batch_size=batch_size)
    expected = F.cross_entropy(SCORES, IGNORING, weight=weight)
    assert told.loss == pytest.approx(expected.item(), rel=1e-5)
    assert told.accuracy == pytest.approx((SCORES.argmax(1) == IGNORING)[KEPT].float().mean())
    assert told.n == int(KEPT.sum())

    history = quiet(
        *(nn.Linear(4, 3), (X, IGNORING)), val=(X, IGNORING), loss=loss, batch_size=7, lr=1e-12
    )
    row = history.rows[0]
    assert row.loss == pytest.approx(row.val_loss, rel=1e-5)
    assert row.accuracy == row.val_accuracy


def test_another_index_to_ignore_is_the_losss_own() -> None:
    loss = nn.CrossEntropyLoss(ignore_index=1)
    told = judged(SCORES, CLASSES, loss, batch_size=7)
    assert told.loss == pytest.approx(loss(SCORES, CLASSES).item(), rel=1e-5)
    assert told.n == int((CLASSES != 1).sum())


def test_a_batch_of_which_nothing_counts_adds_nothing() -> None:
    d = CLASSES.clone()
    d[:8] = -100
    for reduction in ("mean", "sum"):
        loss = nn.CrossEntropyLoss(reduction=reduction)
        model, other = MLP([4, 3]), MLP([4, 3])
        other.load_state_dict(model.state_dict())
        whole = quiet(model, list(zip(X.split(8), d.split(8), strict=True)), loss=loss)
        rest = quiet(other, list(zip(X[8:].split(8), d[8:].split(8), strict=True)), loss=loss)
        assert whole.steps == rest.steps
        assert whole["loss"] == rest["loss"]
        assert torch.equal(model.layers[0].weight, other.layers[0].weight)
    with pytest.raises(ValueError, match="train holds no target that counts"):
        quiet(MLP([4, 3]), (X, torch.full((40,), -100)), loss=nn.CrossEntropyLoss())


def test_a_plateau_watches_the_mean_over_what_counts() -> None:
    seen = []

    class Watch(ReduceLROnPlateau):
        def step(self, metrics: float) -> None:  # type: ignore[override]
            seen.append(metrics)

    history = quiet(
        *(nn.Linear(4, 3), (X, IGNORING)),
        loss=nn.CrossEntropyLoss(),
        val=(X, IGNORING),
        scheduler=Watch,
    )
    assert seen == history["val_loss"]


def test_sequences_of_different_lengths_weigh_by_their_tokens() -> None:
    data = [
        (SCORES[:12].view(2, 3, 6), CLASSES[:12].view(2, 6)),
        (SCORES[12:14].view(1, 3, 2),) * 2,
    ]
    data[1] = (data[1][0], CLASSES[12:14].view(1, 2))
    scores, d = (
        torch.cat([y.movedim(1, -1).reshape(-1, 3) for y, _ in data]),
        torch.cat([d.flatten() for _, d in data]),
    )
    for loss in (nn.CrossEntropyLoss(), None):
        told = evaluate(nn.Identity(), data, loss=loss)
        assert told.loss == pytest.approx(F.cross_entropy(scores, d).item(), rel=1e-5)
        assert told.n == 3


def test_a_batchmean_is_not_divided_again() -> None:
    y, d = SCORES.log_softmax(1), torch.rand(40, 3, generator=SEED).softmax(1)
    loss = nn.KLDivLoss(reduction="batchmean")
    assert judged(y, d, loss, batch_size=7).loss == pytest.approx(loss(y, d).item(), rel=1e-5)


# Right answers


@pytest.mark.parametrize("smooth", [0.0, 0.1, 0.4])
@pytest.mark.parametrize(
    "loss",
    [nn.BCEWithLogitsLoss(), "binary_cross_entropy", F.binary_cross_entropy_with_logits, "BCE"],
)
def test_a_smoothed_label_is_judged_as_the_hard_one(loss, smooth) -> None:
    y = torch.tensor([[-3.0], [3.0], [1.0], [-1.0]])
    hard = torch.tensor([[0.0], [1.0], [0.0], [0.0]])
    d = hard * (1 - smooth) + smooth / 2
    if loss == "BCE":
        y, loss = torch.sigmoid(y), nn.BCELoss()
    assert judged(y, d, loss).accuracy == 0.75


def test_labels_of_minus_and_plus_1_are_judged_by_their_sign() -> None:
    y, d = torch.tensor([-2.0, 0.5, 3.0, -1.0]), torch.tensor([-1.0, -1.0, 1.0, 1.0])
    for loss in ("perceptron_loss", nn.SoftMarginLoss()):
        assert judged(y, d, loss).accuracy == 0.5


def test_probabilities_as_targets_are_judged_by_their_largest() -> None:
    one_hot = F.one_hot(CLASSES, 3).float()
    for d in (one_hot, 0.9 * one_hot + 0.1 / 3):
        told = judged(SCORES, d, nn.CrossEntropyLoss())
        assert told.accuracy == pytest.approx((SCORES.argmax(1) == CLASSES).float().mean())


# Label maps and sequences

Scores = Callable[[Tensor], Tensor]


@pytest.mark.parametrize("loss", [None, "cross_entropy", nn.CrossEntropyLoss(), F.cross_entropy])
@pytest.mark.parametrize("shape", [(5, 3, 4, 6), (5, 3, 3, 3), (5, 3, 7), (5, 3, 2, 2, 2)])
def test_label_maps_are_judged_place_by_place(loss, shape) -> None:
    y = torch.randn(shape, generator=SEED)
    d = torch.randint(3, (shape[0], *shape[2:]), generator=SEED)
    told = judged(y, d, loss, batch_size=2)
    assert told.loss == pytest.approx(F.cross_entropy(y, d).item(), rel=1e-5)
    assert told.accuracy == pytest.approx((y.argmax(1) == d).float().mean())
    assert told.n == 5


BY_TOKEN = [
    lambda y, d: F.cross_entropy(y.transpose(1, 2), d),
    lambda y, d: F.cross_entropy(y.flatten(0, 1), d.flatten()),
]


@pytest.mark.parametrize("loss", BY_TOKEN)
@pytest.mark.parametrize("length", [6, 9])  # as many tokens as words, and not
def test_the_class_axis_is_where_a_function_of_ones_own_has_it(loss, length) -> None:
    y = torch.randn(8, length, 6, generator=SEED)
    d = torch.randint(6, (8, length), generator=SEED)
    told = judged(y, d, loss)
    assert told.accuracy == pytest.approx((y.argmax(2) == d).float().mean())
    turned = judged(y.transpose(1, 2), d, lambda y, d: F.cross_entropy(y, d))
    assert turned.accuracy == told.accuracy


def test_sequences_with_the_classes_last_are_trained_by_default() -> None:
    tokens = torch.randint(6, (8, 9), generator=SEED)
    model = nn.Sequential(nn.Embedding(6, 8), nn.Linear(8, 6))
    history = quiet(model, (tokens, tokens), epochs=60, lr=1.0)
    assert history["accuracy"][-1] == 1
    assert history["loss"][-1] < 0.5


def test_where_nothing_tells_the_class_axis_the_default_asks() -> None:
    y, d = torch.randn(8, 6, 6), torch.randint(6, (8, 6))
    with pytest.raises(ValueError, match=r"both axis 1 and the last axis.*give loss="):
        judged(y, d)


@pytest.mark.parametrize("wrong", [3, -1])
@pytest.mark.parametrize("loss", [None, nn.CrossEntropyLoss()])
def test_a_label_map_with_a_class_that_is_none_is_told(wrong, loss) -> None:
    d = torch.zeros(2, 4, 4, dtype=torch.int64)
    d[1, 2, 3] = wrong
    with pytest.raises(ValueError, match=rf"classes must lie in 0..2.*got {wrong}"):
        judged(torch.randn(2, 3, 4, 4), d, loss)


def test_places_that_a_label_map_leaves_out_do_not_count() -> None:
    y = torch.randn(4, 3, 5, 5, generator=SEED)
    d = torch.randint(3, (4, 5, 5), generator=SEED)
    d[:, 0], d[3] = -100, -100
    for loss in (None, nn.CrossEntropyLoss()):
        told = judged(y, d, loss, batch_size=1)
        assert told.loss == pytest.approx(F.cross_entropy(y, d).item(), rel=1e-5)
        assert told.accuracy == pytest.approx((y.argmax(1) == d)[d >= 0].float().mean())
        assert told.n == 3


# Metrics of one's own


def iou(y: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
    found, there = F.one_hot(y.argmax(1), 4).bool(), F.one_hot(d, 4).bool()
    return (found & there).sum((0, 1, 2)), (found | there).sum((0, 1, 2))


def test_an_iou_is_that_of_the_whole_set_and_leaves_out_a_class_that_is_nowhere() -> None:
    y = torch.randn(10, 4, 5, 5, generator=SEED)
    y[:, 3] = -1e4
    d = torch.randint(3, (10, 5, 5), generator=SEED)
    hit, all_ = iou(y, d)
    expected = (hit[:3] / all_[:3]).mean()
    for batch_size in (1, 3, 10):
        told = judged(y, d, metrics={"iou": iou}, batch_size=batch_size)
        assert told["iou"] == pytest.approx(expected.item())


def test_metrics_are_means_over_samples_in_history_bar_and_plot(capfd) -> None:
    metrics = {
        "error": lambda y, d: (y - d).abs().mean(),
        "worst": lambda y, d: (y - d).abs()[:, 0],
    }
    model = nn.Linear(4, 1)
    history = fit(
        *(model, (X, SUM[:, None])),
        epochs=2,
        batch_size=7,
        metrics=metrics,
        val=(X, SUM[:, None]),
        device="cpu",
    )
    assert "error" in capfd.readouterr().err
    with torch.no_grad():
        expected = (model(X)[:, 0] - SUM).abs().mean().item()
    assert history["val_error"][-1] == pytest.approx(expected, rel=1e-5)
    assert history["val_worst"][-1] == pytest.approx(expected, rel=1e-5)
    assert "val error" in str(history)
    assert [ax.get_ylabel() for ax in history.plot().axes] == ["loss", "error", "worst"]
    assert evaluate(model, (X, SUM[:, None]), metrics=metrics)["error"] == history["val_error"][-1]
    with pytest.raises(KeyError, match=r"no column 'nats'.*val_error"):
        history["nats"]


@pytest.mark.parametrize(
    ("metrics", "error"),
    [
        ([iou], TypeError),
        ({"iou": 3}, TypeError),
        ({"loss": iou}, ValueError),
        ({"val_iou": iou}, ValueError),
        ({"text": lambda y, d: "good"}, TypeError),
    ],
)
def test_metrics_that_are_none_are_told(metrics, error) -> None:
    with pytest.raises(error, match="metric"):
        quiet(nn.Linear(4, 3), (X, CLASSES), metrics=metrics)


def test_numpy_numbers_are_metrics_too() -> None:
    told = judged(SCORES, CLASSES, metrics={"half": lambda y, d: np.float32(0.5)}, batch_size=7)
    assert told["half"] == 0.5


def test_a_loss_that_is_nan_says_so_where_targets_count() -> None:
    with pytest.raises(NonFiniteLoss):
        quiet(nn.Linear(4, 3), (X, CLASSES), loss=lambda y, d: F.cross_entropy(y, d) / 0)
