"""How many threads: one where steps are small and where answers are judged, and back as before."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset
from torch.utils.flop_counter import FlopCounterMode

from course_dl import MLP, ManualMLP, evaluate, fit
from course_dl.calls.backend import LocalBackend, Rules
from course_dl.calls.threads import one_thread
from course_dl.cli import demo
from course_dl.convolution import ConvNet, ManualConvNet
from course_dl.data import Batches, ImageSet
from course_dl.lab import diagnosis, judge
from course_dl.lab.catalog import find_lab
from course_dl.lab.inputs import Inputs
from course_dl.training import NonFiniteLoss, threads
from course_dl.training.threads import LARGE, few_threads, on_threads, step_size


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


class Spy(nn.Module):
    """A linear unit that notes the number of threads in every forward pass."""

    def __init__(self, unit: nn.Module | None = None) -> None:
        super().__init__()
        self.unit = unit or nn.Linear(4, 2)
        self.seen: set[int] = set()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.add(torch.get_num_threads())
        y: torch.Tensor = self.unit(x)
        return y


def points(n: int = 8, width: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(n, width, generator=torch.Generator().manual_seed(0)), torch.arange(n) % 2


@pytest.fixture
def everything_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "LARGE", 0)


# fit and evaluate


@pytest.mark.parametrize("run", [lambda net: fit(net, points(), epochs=2, progress=False),
                                 lambda net: evaluate(net, points())])  # fmt: skip
def test_small_steps_have_one_thread_and_the_callers_number_comes_back(run):
    spy = Spy()
    run(spy)
    assert spy.seen == {1} and torch.get_num_threads() == 2


@pytest.mark.parametrize("run", [lambda net: fit(net, points(), epochs=2, progress=False),
                                 lambda net: evaluate(net, points())])  # fmt: skip
def test_large_steps_have_the_callers_number(run, everything_large):
    spy = Spy()
    run(spy)
    assert spy.seen == {2} and torch.get_num_threads() == 2


def test_the_history_says_on_how_many_threads_it_was():
    assert "1 thread" in fit(Spy(), points(), epochs=1, progress=False, device="cpu").device


class Failing(nn.Module):
    def __init__(self, error: type[BaseException]) -> None:
        super().__init__()
        self.unit, self.error, self.calls = nn.Linear(4, 2), error, 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        if self.calls > 1:
            raise self.error
        y: torch.Tensor = self.unit(x)
        return y


def test_after_an_interruption_the_number_comes_back(capsys):
    history = fit(Failing(KeyboardInterrupt), points(), epochs=3, progress=False)
    assert history.interrupted and torch.get_num_threads() == 2


@pytest.mark.parametrize("error", [RuntimeError, SystemExit, MemoryError])
def test_after_an_error_the_number_comes_back(error):
    with pytest.raises(error):
        fit(Failing(error), points(), epochs=3, progress=False)
    assert torch.get_num_threads() == 2


def test_after_a_loss_that_is_not_finite_the_number_comes_back():
    def nan(y: torch.Tensor, d: torch.Tensor) -> torch.Tensor:
        return y.mean() * float("nan")

    with pytest.raises(NonFiniteLoss):
        fit(nn.Linear(4, 2), points(), epochs=1, loss=nan, progress=False)
    assert torch.get_num_threads() == 2


def test_a_bad_argument_leaves_the_number_as_it_was():
    with pytest.raises(TypeError):
        fit(nn.Linear(4, 2), 3, epochs=1, progress=False)
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("before", [1, 2, 3])
def test_the_same_weights_come_from_any_number_that_the_caller_had(before):
    torch.set_num_threads(before)
    X, d = points(512, 784)
    network = MLP([784, 256, 128, 10], generator=torch.Generator().manual_seed(0))
    fit(network, (X, d), epochs=2, batch_size=128, progress=False)
    torch.set_num_threads(1)
    alone = MLP([784, 256, 128, 10], generator=torch.Generator().manual_seed(0))
    fit(alone, (X, d), epochs=2, batch_size=128, progress=False)
    assert all(map(torch.equal, network.parameters(), alone.parameters()))


def test_a_training_resumed_has_the_number_that_it_began_with(tmp_path):
    X, d = points(512, 784)
    for resumed in (False, True):
        network = MLP([784, 256, 128, 10], generator=torch.Generator().manual_seed(0))
        file = tmp_path / f"{resumed}.pt"
        if resumed:
            fit(network, (X, d), epochs=1, batch_size=128, checkpoint=file, progress=False)
            torch.set_num_threads(3)
        fit(network, (X, d), epochs=3, batch_size=128, checkpoint=file, progress=False)
        if not resumed:
            whole = [parameter.detach().clone() for parameter in network.parameters()]
    assert all(map(torch.equal, network.parameters(), whole))


# The size of a step


def exact(model: nn.Module, X: torch.Tensor) -> float:
    """The multiplications of the forward pass, as PyTorch counts them."""
    with FlopCounterMode(display=False) as counter:
        model(X)
    return counter.get_total_flops() / 2


def lenet() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(),
        nn.AvgPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.Linear(120, 10),
    )  # fmt: skip


def hourglass() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.Conv2d(8, 16, 3, padding=1),
        nn.ConvTranspose2d(16, 8, 2, stride=2), nn.Conv2d(8, 2, 1),
    )  # fmt: skip


# Network, batch, and how far off the estimate may be: biases, which are added, count for it too.
NETWORKS: dict[str, tuple[nn.Module, tuple[int, ...], float]] = {
    "MLP": (MLP([784, 256, 10]), (16, 784), 0.01),
    "convolutions": (lenet(), (4, 1, 28, 28), 0.7),  # it does not see that edges are lost
    "strides": (nn.Sequential(nn.Conv2d(3, 8, 4, 4), nn.Conv2d(8, 8, 1)), (2, 3, 32, 32), 0.01),
    "down and up": (hourglass(), (2, 3, 16, 16), 0.01),
    "sequence of vectors": (nn.Sequential(nn.Linear(8, 64), nn.Linear(64, 8)), (4, 20, 8), 0.1),
    "convolution along a row": (nn.Conv1d(4, 8, 3, padding=1), (4, 4, 50), 0.01),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_size_of_a_step_is_about_what_pytorch_counts(name):
    model, shape, tolerance = NETWORKS[name]
    X = torch.randn(shape)
    size = step_size(model, (X, torch.zeros(shape[0])), batch_size=shape[0])
    assert size == pytest.approx(exact(model, X), rel=tolerance)


def test_words_are_looked_up_and_each_goes_through_the_weights():
    model = nn.Sequential(nn.Embedding(1000, 16), nn.Linear(16, 4, bias=False))
    words = torch.randint(1000, (6, 30))
    assert step_size(model, (words, words), 6) == 6 * 30 * 64


def test_networks_by_hand_are_counted_too():
    X, d = torch.zeros(5, 8), torch.zeros(5)
    assert step_size(ManualMLP([8, 6]), (X, d), 5) == 5 * 54
    images = torch.zeros(5, 1, 28, 28), d
    assert step_size(ManualConvNet(), images, 5) >= exact(ConvNet(), images[0])


@pytest.mark.parametrize(
    "model",
    [nn.Sequential(nn.LazyLinear(8), nn.Linear(8, 2)), nn.MultiheadAttention(4, 2),
     nn.LSTM(4, 8), nn.Identity()],
    ids=lambda model: type(model).__name__,
)  # fmt: skip
def test_every_kind_of_module_has_a_size(model):
    assert 0 <= step_size(model, points(), 8) < LARGE


class Secret(Dataset[Any]):
    def __len__(self) -> int:
        return 100

    def __getitem__(self, i: int) -> Any:
        raise AssertionError("only fit may read it")


PIXELS, CLASSES = torch.zeros(40, 3, 12, 12, dtype=torch.uint8), torch.zeros(40, dtype=torch.int64)
COLOUR = ImageSet(PIXELS, CLASSES, ("a",), "here")
SAME = TensorDataset(PIXELS.float(), CLASSES)


@pytest.mark.parametrize(
    "data",
    [
        (PIXELS.float(), CLASSES),
        PIXELS.float(),
        Batches(PIXELS.float(), CLASSES, 10),
        COLOUR,
        DataLoader(COLOUR, batch_size=10),
        DataLoader(SAME, batch_size=10),
        DataLoader(Subset(Subset(SAME, range(30)), range(20)), batch_size=10),
    ],
    ids=[
        "pair",
        "images alone",
        "batches",
        "image set",
        "loader of it",
        "loader",
        "loader of a subset",
    ],
)
def test_every_kind_of_data_tells_the_shape_of_a_sample(data):
    model = nn.Conv2d(3, 8, 3, bias=False)
    assert step_size(model, data, batch_size=10) == 10 * 12 * 12 * 216


def test_a_loader_that_does_not_tell_is_not_read_and_taken_for_small_images():
    model = nn.Conv2d(3, 8, 3, bias=False)
    loader = DataLoader(Secret(), batch_size=10)
    assert step_size(model, loader, 128) == 10 * 32 * 32 * 216


def test_a_loader_that_knows_no_batch_size_has_the_one_given():
    loader = DataLoader(SAME, batch_sampler=[[0, 1], [2, 3]])
    assert step_size(nn.Conv2d(3, 8, 3, bias=False), loader, 7) == 7 * 12 * 12 * 216


def test_the_networks_of_the_course_are_small_and_those_of_photographs_are_not():
    X, d = torch.zeros(2, 784), torch.zeros(2)
    assert step_size(MLP([784, 256, 128, 10]), (X, d), 128) < LARGE
    assert step_size(lenet(), (X.view(2, 1, 28, 28), d), 128) < LARGE
    photographs = torch.zeros(1, 3, 224, 224), d[:1]
    deep = nn.Sequential(nn.Conv2d(3, 64, 7, 2), *(nn.Conv2d(64, 64, 3) for _ in range(8)))
    assert step_size(deep, photographs, 32) > LARGE


def test_an_accelerator_leaves_the_number_alone(monkeypatch):
    monkeypatch.setattr(threads, "home_of", lambda model: torch.device("meta"))
    with few_threads(nn.Linear(4, 2), points(), 8):
        assert torch.get_num_threads() == 2


def test_blocks_within_blocks_each_put_back_what_they_found():
    with on_threads(1):
        with on_threads(3):
            assert torch.get_num_threads() == 3
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


# Judging


def test_a_block_on_one_thread_ends_as_it_began_even_where_the_code_in_it_set_another():
    for inside in (1, 3):
        with one_thread():
            assert torch.get_num_threads() == 1
            torch.set_num_threads(inside)
        assert torch.get_num_threads() == 2


def call(function: Callable[..., Any]) -> Any:
    return LocalBackend({"f": function}).call("student:f", (), {}, Rules()).value


def test_an_answer_is_called_on_one_thread():
    assert call(torch.get_num_threads) == 1
    assert torch.get_num_threads() == 2


def test_a_number_that_an_answer_sets_ends_with_its_call():
    call(lambda: torch.set_num_threads(3))
    assert torch.get_num_threads() == 2
    torch.set_num_threads(1)  # as in a sandbox
    call(lambda: torch.set_num_threads(3))
    assert torch.get_num_threads() == 1


def test_an_answer_that_fails_leaves_the_number_as_it_was():
    def fail() -> None:
        torch.set_num_threads(3)
        raise ValueError

    call(fail)
    assert torch.get_num_threads() == 2


def test_checks_draw_compute_and_compare_on_one_thread(monkeypatch):
    seen: dict[str, set[int]] = {"inputs": set(), "comparisons": set()}

    def noting(what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any, **kwargs: Any) -> Any:
            seen[what].add(torch.get_num_threads())
            return function(*args, **kwargs)

        return noted

    monkeypatch.setattr(Inputs, "normal", noting("inputs", Inputs.normal))
    compare = noting("comparisons", diagnosis.same_outcome)
    monkeypatch.setattr(diagnosis, "same_outcome", compare)
    lab = find_lab("lab04")
    (known, *_) = (one for one in lab.mistakes if one.number == "4.3")
    names = vars(importlib.import_module(f"course_dl.labs.{lab.name}.solutions"))
    wrong = {**names, known.name: known.code}
    result = judge.run_exercise(lab.exercise("4.3"), LocalBackend(wrong))
    assert diagnosis.diagnose(result, lab.mistakes, wrong) == known.sentence
    assert seen == {"inputs": {1}, "comparisons": {1}} and torch.get_num_threads() == 2


def test_the_demo_has_one_thread(monkeypatch):
    def stop(out: object) -> None:
        raise InterruptedError(torch.get_num_threads())

    monkeypatch.setattr(demo, "_writable", stop)
    with pytest.raises(InterruptedError, match="1"):
        demo.tour()
    assert torch.get_num_threads() == 2
