"""Where training happens, and that everything comes home from there."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from course_dl import MLP, ManualMLP, fit
from course_dl.training.device import device_name, home_of, on_device, pick_device, runs_on

CPU = torch.device("cpu")
META = torch.device("meta")  # holds shapes alone, on every machine: a device to move to
MODEL = MLP([4, 3])


def accelerator() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda", torch.cuda.current_device())
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def test_the_device_asked_for_is_taken() -> None:
    assert pick_device("cpu", MODEL) == pick_device(CPU, MODEL) == CPU


def test_without_a_wish_the_best_one_is_taken() -> None:
    assert pick_device(None, MODEL) == accelerator()


def test_a_model_that_is_on_an_accelerator_stays_there() -> None:
    assert pick_device(None, nn.Linear(2, 2, device=META)) == META


@pytest.mark.parametrize("device", ["tpu", "cuda:99", ""])
def test_a_device_that_cannot_be_had_is_told(device: str) -> None:
    with pytest.raises(ValueError, match=f"device '{device}' cannot be used here"):
        pick_device(device, MODEL)


def test_a_device_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Tesla T4")
    assert device_name(CPU) == "cpu, 2 threads"
    assert device_name(torch.device("cuda", 0)) == "cuda (Tesla T4)"
    assert device_name(torch.device("mps")) == "mps"
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert device_name(CPU) == "cpu, 1 thread"


BUILDS = {  # version.cuda, whether there is a GPU; what is told of the build, and the device
    "cpu": (None, False, "CPU build", "cpu, 2 threads"),
    "cuda": ("12.8", True, "CUDA 12.8 build", "cuda (Tesla T4)"),
    "no GPU": ("12.8", False, "CUDA 12.8 build, and no GPU that it can use", "cpu, 2 threads"),
}


@pytest.mark.parametrize(("cuda", "has_gpu", "build", "device"), BUILDS.values(), ids=BUILDS)
def test_the_build_of_pytorch_and_the_device_are_told(
    cuda: str | None, has_gpu: bool, build: str, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "__version__", "2.11.0")
    monkeypatch.setattr(torch.version, "cuda", cuda)
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Tesla T4")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert runs_on() == f"PyTorch 2.11.0, {build}; networks train on {device}"


def test_the_device_is_kept_in_the_history() -> None:
    X, d = torch.zeros(4, 4), torch.zeros(4, dtype=torch.int64)
    assert fit(MLP([4, 3]), (X, d), epochs=1, device="cpu", progress=False).device.startswith("cpu")


class Traveller(nn.Linear):
    """Notes where it is sent, and stays."""

    def to(self, device: torch.device) -> Traveller:  # type: ignore[override]
        journey.append(device)
        return self


journey: list[torch.device] = []


def test_a_network_goes_and_comes_back_after_an_error_too() -> None:
    journey.clear()
    with pytest.raises(ZeroDivisionError), on_device(META, Traveller(2, 2)):
        journey.append(1 / 0)
    assert journey == [META, CPU]


def test_a_network_that_is_there_is_not_moved() -> None:
    journey.clear()
    with on_device(CPU, Traveller(2, 2)):
        pass
    assert journey == []


@pytest.mark.skipif(accelerator() == CPU, reason="there is no accelerator on this machine")
@pytest.mark.parametrize("make", [MLP, ManualMLP])
def test_an_accelerator_trains_as_the_cpu_does(make: Any) -> None:
    X = torch.randn(64, 4, generator=torch.Generator().manual_seed(1))
    d = X[:, :3].argmax(1)
    one, other = (make([4, 8, 3], generator=torch.Generator().manual_seed(2)) for _ in range(2))
    there = fit(one, (X, d), epochs=3, batch_size=16, val=(X, d), progress=False)
    here = fit(other, (X, d), epochs=3, batch_size=16, device="cpu", progress=False)
    assert there.device.startswith(accelerator().type)
    torch.testing.assert_close(there.steps, here.steps, rtol=1e-3, atol=1e-4)
    assert home_of(one) == CPU


@pytest.mark.skipif(accelerator() == CPU, reason="there is no accelerator on this machine")
def test_an_optimizer_that_was_used_before_follows_its_parameters() -> None:
    X, d = torch.ones(8, 4), torch.zeros(8, dtype=torch.int64)
    model = MLP([4, 3])
    optimizer = torch.optim.Adam(model.parameters())
    for device in ("cpu", accelerator(), "cpu"):
        fit(model, (X, d), epochs=1, optimizer=optimizer, device=device, progress=False)
    assert {state["exp_avg"].device for state in optimizer.state.values()} == {CPU}


def test_parts_that_cannot_move_are_left_alone() -> None:
    with on_device(META, None, "cross_entropy", nn.CrossEntropyLoss):
        pass
    assert home_of(nn.Identity()) == CPU
