"""Steps of one's own: networks of labs to come train, are killed, and go on to the same weights."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Adam
from torch.optim.lr_scheduler import ExponentialLR, LinearLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from course_dl import MLP, ManualMLP, evaluate, fit
from course_dl.training import NonFiniteLoss, per_batch
from course_dl.training.history import History

EPOCHS = 4


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


X = torch.randn(48, 4, generator=seeded(0)) * torch.tensor([1.0, 2.0, 0.5, 1.0])
D = (X.sum(1) > 0).long()
IMAGES = torch.randn(24, 2, 6, 6, generator=seeded(1))
MAPS = (IMAGES[:, 0] > IMAGES[:, 1]).long()
MAPS[:, 0] = -100
NOISE = torch.Generator()  # of the notebook, so to speak


def noise(n: int) -> Tensor:
    return torch.randn(n, 3, generator=NOISE)


# The networks and their steps, as a lab writes them


class GAN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.G = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 4))
        self.D = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.2), nn.LeakyReLU(0.2), nn.Linear(8, 1))


def gan_step(gan: GAN, x: Tensor) -> Iterator[dict[str, Tensor]]:
    real, fake = gan.D(x), gan.D(gan.G(noise(len(x))).detach())
    yield {"D": F.softplus(-real).mean() + F.softplus(fake).mean()}
    yield {"G": F.softplus(-gan.D(gan.G(noise(len(x))))).mean()}


def gan() -> tuple[nn.Module, Any, dict[str, Any]]:
    model = GAN()
    optimizers = {"D": Adam(model.D.parameters(), 1e-3), "G": Adam(model.G.parameters(), 2e-3)}
    schedulers = {"G": lambda optimizer: ExponentialLR(optimizer, 0.9)}
    return model, X, {"step": gan_step, "optimizer": optimizers, "scheduler": schedulers}


def gan_by_itself() -> tuple[nn.Module, Any, dict[str, Any]]:
    """The step of an exercise: it goes backward and steps by itself, and returns two floats."""
    model = GAN()
    opt_D, opt_G = Adam(model.D.parameters(), 1e-3), Adam(model.G.parameters(), 2e-3)

    def step(gan: GAN, x: Tensor) -> dict[str, float]:
        losses = {}
        for (name, loss), optimizer in zip(
            (next(iter(made.items())) for made in gan_step(gan, x)), (opt_D, opt_G), strict=True
        ):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses[name] = loss.item()
        return losses

    return model, X, {"step": step}


class VAE(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encode, self.decode = nn.Linear(4, 4), nn.Linear(2, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mu, log_var = self.encode(x).chunk(2, 1)
        return self.decode(mu + torch.randn_like(mu) * (log_var / 2).exp()), mu, log_var


def elbo_step(vae: VAE, x: Tensor) -> dict[str, Tensor]:
    y, mu, log_var = vae(x)
    kl = 0.5 * (mu**2 + log_var.exp() - 1 - log_var).sum(1).mean()
    reconstruction = 0.5 * ((y - x) ** 2).sum(1).mean()
    return {"loss": reconstruction + kl, "reconstruction": reconstruction, "kl": kl}


def vae() -> tuple[nn.Module, Any, dict[str, Any]]:
    return (
        VAE(),
        DataLoader(X, 16, shuffle=True),
        {"step": elbo_step, "optimizer": Adam, "lr": 0.02, "val": X},
    )


class Flow(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.nets = nn.ModuleList(nn.Linear(2, 4) for _ in range(3))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        log_det = torch.zeros(len(x))
        for net in self.nets:
            kept, changed = x.chunk(2, 1)
            s, t = net(kept).chunk(2, 1)
            x, log_det = torch.cat([changed * s.exp() + t, kept], 1), log_det + s.sum(1)
        return x, log_det


def flow_step(flow: Flow, x: Tensor) -> dict[str, Tensor]:
    z, log_det = flow(x)
    nats = 0.5 * (z**2 + math.log(2 * math.pi)).sum(1) - log_det
    return {"loss": nats.mean(), "nats per dimension": nats / x.shape[1]}


def flow() -> tuple[nn.Module, Any, dict[str, Any]]:
    return Flow(), (X,), {"step": flow_step, "optimizer": Adam, "lr": 1e-2, "clip": 1.0}


def iou(y: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
    there = torch.stack([d == 0, d == 1], 1)
    found = F.one_hot(y.argmax(1), 2).movedim(-1, 1).bool() & (d >= 0)[:, None]
    return (found & there).sum((0, 2, 3)), (found | there).sum((0, 2, 3))


def segmentation() -> tuple[nn.Module, Any, dict[str, Any]]:
    model = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 1))
    options = {"metrics": {"iou": iou}, "val": (IMAGES, MAPS), "loss": nn.CrossEntropyLoss()}
    return model, (IMAGES, MAPS), {**options, "optimizer": Adam, "lr": 0.02}


def diffusion() -> tuple[nn.Module, Any, dict[str, Any]]:
    """With its average, clipped gradients, and a warm-up by the batch."""
    net = nn.Sequential(nn.Linear(5, 16), nn.SiLU(), nn.Linear(16, 4))
    average = AveragedModel(net, multi_avg_fn=get_ema_multi_avg_fn(0.9))

    def step(net: nn.Module, x: Tensor, d: Tensor) -> Tensor:
        t, eps = torch.rand(len(x), 1), torch.randn_like(x)
        return F.mse_loss(net(torch.cat([(1 - t) * x + t * eps, t], 1)), eps - x)

    return (
        net,
        (X, D),
        {
            "step": step,
            "average": average,
            "clip": 1.0,
            "optimizer": torch.optim.AdamW,
            "scheduler": per_batch(lambda optimizer: LinearLR(optimizer, 0.01, total_iters=7)),
            "val": lambda net: {
                "size": weights(average).norm(),
                "size of the net": weights(net).norm(),
            },
        },
    )


def distillation() -> tuple[nn.Module, Any, dict[str, Any]]:
    teacher = MLP([4, 8, 2]).requires_grad_(False).eval()
    both = nn.ModuleDict({"student": MLP([4, 3, 2]), "teacher": teacher})

    def step(both: nn.ModuleDict, x: Tensor, d: Tensor) -> dict[str, Any]:
        assert not both["teacher"].training
        y = both["student"](x)
        soft = F.cross_entropy(y, both["teacher"](x).softmax(1))
        return {"loss": soft, "accuracy": ((y.argmax(1) == d).sum(), len(d))}

    return both, (X, D), {"step": step, "lr": 0.5}


RECIPES = {
    recipe.__name__: recipe
    for recipe in (gan, gan_by_itself, vae, flow, segmentation, diffusion, distillation)
}


def weights(*networks: Any) -> Tensor:
    states = [part for network in networks for part in network.state_dict().values()]
    return torch.cat([part.detach().double().flatten() for part in states])


def train(
    name: str, file: str | None = None, epochs: int = EPOCHS, die_in: int | None = None
) -> tuple[Tensor, History]:
    """A training from the start, or from where ``file`` was left; ``die_in`` an epoch, or never."""
    torch.manual_seed(0)
    NOISE.manual_seed(1)
    model, data, options = RECIPES[name]()
    if die_in is not None:
        calls = iter(range(10**6))

        def deadly(*_: Any) -> None:
            if next(calls) == 3 * (die_in - 1) + 1:
                os.kill(os.getpid(), signal.SIGKILL)

        next(model.modules()).register_forward_pre_hook(deadly)
        for part in model.children():
            part.register_forward_pre_hook(deadly)
    history = fit(
        *(model, data),
        epochs=epochs,
        batch_size=16,
        checkpoint=file,
        progress=False,
        device="cpu",
        **options,
    )
    average = options.get("average")
    return weights(model, *([] if average is None else [average])), history


@pytest.mark.parametrize("name", RECIPES)
def test_a_resumed_training_reaches_the_very_same_weights(name: str, tmp_path: Path) -> None:
    file = str(tmp_path / "run.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        uncut, reference = train(name)
        train(name, file, epochs=2)
        resumed, history = train(name, file)
    assert torch.equal(resumed, uncut)
    assert history.steps == reference.steps
    for column in history.columns:
        if column != "seconds":
            assert history[column] == reference[column], column


@pytest.mark.parametrize("name", ["gan", "vae", "flow", "segmentation"])
def test_a_training_that_is_killed_reaches_the_very_same_weights(name: str, tmp_path: Path) -> None:
    file = str(tmp_path / "run.pt")
    call = f"{name!r}, {file!r}, die_in=3"
    program = f"import runpy; runpy.run_path({__file__!r})['train']({call})"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert Path(file).exists()

    resumed, history = train(name, file)
    uncut, reference = train(name)
    assert torch.equal(resumed, uncut)
    assert history.steps == reference.steps


@pytest.mark.parametrize("name", ["vae", "flow", "segmentation", "distillation"])
def test_each_learns(name: str) -> None:
    _, history = train(name, epochs=12)
    assert history["loss"][-1] < 0.95 * history["loss"][0]


def test_a_step_that_yields_is_the_plain_loop_with_two_optimizers() -> None:
    learnt, _ = train("gan", epochs=2)
    torch.manual_seed(0)
    NOISE.manual_seed(1)
    model, _, options = gan()
    optimizers = options["optimizer"]
    falling = ExponentialLR(optimizers["G"], 0.9)

    def plain(model: GAN, x: Tensor) -> float:
        for made in gan_step(model, x):
            ((name, loss),) = made.items()
            for optimizer in optimizers.values():
                optimizer.zero_grad()
            loss.backward()
            optimizers[name].step()
        return loss.item()

    for epoch in (1, 2):  # fit is asked for the order and the noise alone
        fit(model, X, step=_in_epoch(epoch, plain), epochs=epoch, batch_size=16, progress=False)
        falling.step()
    assert torch.equal(weights(model), learnt)


def _in_epoch(epoch: int, step: Callable[[Any, Tensor], float]) -> Callable[[Any, Tensor], float]:
    """The step in the batches of one epoch of three, and nothing in those before."""
    calls = iter(range(1000))
    return lambda model, x: step(model, x) if next(calls) // 3 == epoch - 1 else 0.0


def test_numbers_of_a_step_are_in_history_and_bar(capfd: pytest.CaptureFixture[str]) -> None:
    history = fit(VAE(), X, step=elbo_step, epochs=2, val=X, device="cpu")
    for row in history:
        both = row.named["reconstruction"] + row.named["kl"]
        assert row.loss == pytest.approx(both, rel=1e-5)
        assert row.val_loss == pytest.approx(
            row.named["val_reconstruction"] + row.named["val_kl"], rel=1e-5
        )
    assert "kl" in capfd.readouterr().err
    assert "val kl" in str(history)


def test_evaluate_measures_by_a_step() -> None:
    model = Flow()
    told = evaluate(model, X, step=flow_step, batch_size=7)
    assert told.n == len(X)
    assert told["nats per dimension"] == pytest.approx(told.loss / 4, rel=1e-5)
    assert told.loss == pytest.approx(flow_step(model, X)["loss"].item(), rel=1e-5)


def test_validation_moves_nothing() -> None:
    measured, plain = (train_vae(val) for val in (X, None))
    assert torch.equal(measured, plain)


def train_vae(val: Any) -> Tensor:
    torch.manual_seed(0)
    model = VAE()
    fit(model, X, step=elbo_step, epochs=2, val=val, progress=False)
    return weights(model)


# Ends


@pytest.mark.parametrize("name", ["gan", "gan_by_itself", "flow"])
@pytest.mark.parametrize("where", ["loss", "gradient"])
def test_nan_is_found_before_the_weights_change(name: str, where: str) -> None:
    torch.manual_seed(0)
    model, _, options = RECIPES[name]()
    before = weights(model)
    bad = X.clone()
    if where == "loss":
        bad[5, 2] = float("nan")
        data: Any = [bad]  # a loader: tensors in memory are looked at beforehand
        message = "inputs of this batch hold NaN"
    else:
        data, message = [X], "norm of the gradients"
        for parameter in model.parameters():
            parameter.register_hook(lambda gradient: gradient / 0)
    with pytest.raises(NonFiniteLoss, match=message):
        fit(model, data, epochs=1, progress=False, **options)
    moved = weights(model) != before
    assert not moved.any() or name != "flow"
    assert weights(model).isfinite().all() or where == "loss"
    if where == "gradient":
        parameters = torch.cat([p.detach().flatten() for p in model.parameters()])
        assert parameters.isfinite().all()


def test_ctrl_c_in_a_step_keeps_the_history(capsys: pytest.CaptureFixture[str]) -> None:
    calls = iter(range(100))

    def step(model: nn.Module, x: Tensor) -> Iterator[Tensor]:
        yield model(x).square().mean()
        if next(calls) == 4:
            raise KeyboardInterrupt

    history = fit(nn.Linear(4, 2), X, step=step, epochs=9, batch_size=16, progress=False)
    assert history.interrupted
    assert len(history) == 1
    assert "Interrupted in epoch 2 of 9" in capsys.readouterr().out


def test_seconds_end_a_training_within_an_epoch_and_over_runs(tmp_path: Path) -> None:
    def slow(model: nn.Module, x: Tensor) -> Tensor:
        time.sleep(0.01)
        return model(x).square().mean()

    options: dict[str, Any] = {"step": slow, "batch_size": 1, "progress": False, "val": X[:2]}
    history = fit(nn.Linear(4, 2), X, seconds=0.1, **options)
    assert len(history) == 1
    assert 1 <= len(history.steps) < len(X)
    assert history["val_loss"][0] is not None

    file = tmp_path / "run.pt"
    first = fit(nn.Linear(4, 2), X, seconds=0.1, checkpoint=file, **options)
    again = fit(nn.Linear(4, 2), X, seconds=0.1, checkpoint=file, **options)
    assert again.steps[: len(first.steps)] == first.steps
    assert len(again.steps) <= len(first.steps) + len(X)
    longer = fit(nn.Linear(4, 2), X, seconds=0.5, checkpoint=file, **options)
    assert len(longer) > len(first)
    assert len(fit(nn.Linear(4, 2), X, step=slow, epochs=1, seconds=99.0, progress=False)) == 1


# What is told

LINEAR = nn.Linear(4, 2)


def loss_of(name: str) -> Callable[..., Any]:
    return lambda model, x: {name: model(x).square().mean()}


@pytest.mark.parametrize(
    ("step", "error", "message"),
    [
        (3, TypeError, "step must be a function"),
        (lambda model: 0.0, TypeError, r"a batch has 1 part: let it be step\(model, x\)"),
        (lambda model, x, d: 0.0, TypeError, r"a batch has 1 part: let it be step\(model, x\)"),
        (lambda model, x: model(x), TypeError, "return or yield a loss"),
        (lambda model, x: None, TypeError, "return or yield a loss"),
        (lambda model, x: iter(()), ValueError, "handed on no loss"),
        (loss_of("E"), ValueError, "call what is to be minimised 'loss'"),
        (lambda model, x: {"loss": model(x)}, ValueError, "must be one number"),
        (
            lambda model, x: {"loss": 1.0, "kl": model(x).mean()},
            ValueError,
            "no graph to go backward through",
        ),
        (lambda model, x: {"loss": model(x).mean(), "lr": 1.0}, ValueError, "called 'lr'"),
    ],
)
def test_a_step_that_hands_on_something_else_is_told(step, error, message) -> None:
    with pytest.raises(error, match=message):
        fit(LINEAR, X, step=step, epochs=1, progress=False)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"loss": "square_error"}, TypeError, "give loss= or step="),
        ({"metrics": {"a": len}}, TypeError, "put them into its dict"),
        ({"optimizer": {}}, ValueError, "empty dict"),
        ({"optimizer": {"loss": Adam}}, TypeError, "made already"),
        ({"optimizer": torch.optim.LBFGS}, TypeError, "LBFGS"),
        ({"clip": 0.0}, ValueError, "clip must be a positive"),
        ({"clip": "1"}, TypeError, "clip must be a number, got '1'"),
        ({"epochs": None, "seconds": "5"}, TypeError, "seconds must be a number"),
        ({"average": LINEAR}, TypeError, "AveragedModel"),
        ({"scheduler": {"G": None}}, ValueError, "no optimizer of this name"),
        ({"epochs": None}, TypeError, "epochs=, seconds=, or both"),
        ({"epochs": None, "seconds": 0.0}, ValueError, "seconds must be a positive"),
    ],
)
def test_options_that_do_not_go_with_a_step_are_told(options, error, message) -> None:
    with pytest.raises(error, match=message):
        fit(LINEAR, X, **{"step": loss_of("loss"), "epochs": 1, "progress": False, **options})


def test_what_goes_with_a_step_alone_is_told() -> None:
    for options in ({"step": loss_of("loss")}, {"clip": 1.0}):
        with pytest.raises(TypeError, match="manual network takes its own step"):
            fit(ManualMLP([4, 2]), (X, D), epochs=1, **options)
    optimizers = {"a": Adam(LINEAR.parameters()), "b": Adam(LINEAR.parameters())}
    with pytest.raises(ValueError, match="several optimizers need a step="):
        fit(LINEAR, (X, D), optimizer=optimizers, epochs=1)
    with pytest.raises(TypeError, match="dict of schedulers"):
        fit(
            *(LINEAR, X),
            step=loss_of("a"),
            optimizer=optimizers,
            scheduler=lambda o: ExponentialLR(o, 0.9),
            epochs=1,
        )
    with pytest.raises(TypeError, match="train must be a pair"):
        fit(LINEAR, X, epochs=1)
    with pytest.raises(TypeError, match=r"pairs \(x, d\).*step="):
        fit(LINEAR, DataLoader(X, 8), epochs=1, progress=False)
    with pytest.raises(ValueError, match="of one length"):
        fit(LINEAR, (X, X[:3], D), step=lambda model, *batch: 0.0, epochs=1)


def test_a_step_that_steps_by_itself_measures_by_a_function_of_the_model() -> None:
    model, data, options = gan_by_itself()
    with pytest.raises(TypeError, match="give val a function of the model"):
        fit(model, data, val=X, epochs=1, progress=False, **options)
    history = fit(model, data, val=lambda gan: gan.training, epochs=1, progress=False, **options)
    assert history["val_loss"] == [0.0]  # in evaluation mode
    with pytest.raises(TypeError, match="must return a number"):
        fit(model, data, val=lambda gan: "good", epochs=1, progress=False, **options)
