"""A call of a student's function ends in a verdict, whatever the function does."""

from __future__ import annotations

import gc
import math
import signal
import sys
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_dl.calls.backend import LocalBackend, Rules
from course_dl.lab import close
from course_dl.lab.states import Forbidden, NotDone, Wrong
from course_dl.lab.student import Student, drive

X = torch.arange(6.0).reshape(2, 3)


def student(f: Callable[..., Any], **rules: Any) -> Student:
    return Student(LocalBackend({"f": f}), Rules(**rules))


def swallow_everything(x: torch.Tensor) -> None:
    while True:
        try:
            while True:
                time.sleep(0.001)
        except BaseException:
            continue


def loop(x: torch.Tensor) -> None:
    while True:
        try:
            sum(range(100))
        except Exception:
            continue


def put_back(x: torch.Tensor) -> torch.Tensor:
    x += 1
    x -= 1
    return x.clone()


def through_numpy(x: torch.Tensor) -> torch.Tensor:
    x.numpy()[0] = 7
    return x.clone()


def leave_requires_grad(x: torch.Tensor) -> torch.Tensor:
    return x.requires_grad_().detach() * 2


def leave_gradients(x: torch.Tensor) -> None:
    x.requires_grad_().sum().backward()


def raise_(error: BaseException) -> Callable[..., Any]:
    def f(x: torch.Tensor) -> None:
        raise error

    return f


@pytest.mark.parametrize(
    ("f", "verdict", "words"),
    [
        (loop, Wrong, "did not return within 0.2 seconds"),
        (swallow_everything, Wrong, "slept or waited for 0.6 seconds"),
        (raise_(ValueError("shape 3")), Wrong, "raised ValueError: shape 3"),
        (raise_(SystemExit(0)), Wrong, "raised SystemExit"),
        (raise_(NotImplementedError()), NotDone, "not written yet"),
        (raise_(NotImplementedError("later")), NotDone, "not written yet"),
        (lambda x: F.cross_entropy(x.long(), x), Wrong, "raised NotImplementedError"),
        (nn.Module(), Wrong, "missing the required"),
        (put_back, Wrong, "changed argument 1"),
        (through_numpy, Wrong, "changed argument 1"),
        (leave_requires_grad, Wrong, "changed argument 1"),
        (leave_gradients, Wrong, "changed argument 1"),
        (lambda: 1, Wrong, "raised TypeError"),
        (None, NotDone, "There is no f yet"),
        (3, NotDone, "There is no f yet"),
    ],
)
def test_what_a_call_does_is_told(f: Any, verdict: type[Exception], words: str) -> None:
    with pytest.raises(verdict, match=words):
        student(f, seconds=0.2).f(X)


def test_gradients_left_in_a_tensor_that_asks_for_them_are_told() -> None:
    def f(x: torch.Tensor) -> float:
        x.sum().backward()
        return 1.0

    with pytest.raises(Wrong, match="changed the gradients in argument 1"):
        student(f).f(X.clone().requires_grad_())


@pytest.mark.parametrize("kind", [list, tuple, dict])
def test_plain_values_in_arguments_are_watched_too(kind: type) -> None:
    def f(given: Any) -> int:
        sizes = given["sizes"] if isinstance(given, dict) else given[0]
        return int(sizes.pop(0))

    def reads(given: Any) -> int:
        return len(list(given))

    given = {"sizes": [3, 4]} if kind is dict else kind([[3, 4], math.nan])
    with pytest.raises(Wrong, match="changed argument 1"):
        student(f).f(given)
    assert student(reads).f(given) == len(given)


def test_after_a_time_out_the_process_is_as_before() -> None:
    handler, tracer = signal.getsignal(signal.SIGALRM), sys.gettrace()
    with pytest.raises(Wrong):
        student(swallow_everything, seconds=0.1).f(X)
    assert signal.getsignal(signal.SIGALRM) is handler
    assert sys.gettrace() is tracer
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_what_a_function_prints_is_kept_and_told_where_it_fails(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def f(x: torch.Tensor) -> None:
        print("debug" * 10_000)
        raise ValueError

    with pytest.raises(Wrong) as wrong:
        student(f).f(X)
    printed = dict(wrong.value.failure.details)["It printed"]
    assert printed.startswith("debug") and len(printed) <= 2_000
    assert capsys.readouterr().out == ""


def test_values_pass_by_copy_both_ways() -> None:
    kept: list[torch.Tensor] = []

    def f(x: torch.Tensor) -> torch.Tensor:
        kept.append(x)
        return x

    given = X.clone()
    result = student(f).f(given)
    assert kept[0] is not given and result is not kept[0]
    assert torch.equal(result, given)


def test_results_come_plain_whatever_their_class() -> None:
    class Liar(torch.Tensor):
        def __eq__(self, other: object) -> bool:  # type: ignore[override]
            return True

    made = (X.as_subclass(Liar), np.float64(2.0), np.array(2.0), np.arange(3))
    results = student(lambda x: made).f(X)
    assert type(results[0]) is torch.Tensor
    assert [type(result) for result in results[1:]] == [float, float, np.ndarray]


def gradient_by_grad(x: torch.Tensor) -> torch.Tensor:
    with torch.enable_grad():
        leaf = x.clone().requires_grad_()
        return torch.autograd.grad((leaf**2).sum(), leaf)[0]


def gradient_by_backward(x: torch.Tensor) -> torch.Tensor:
    with torch.enable_grad():
        leaf = x.clone().requires_grad_()
        (leaf**2).sum().backward()
        return leaf.grad  # type: ignore[return-value]


def gradient_in_an_except(x: torch.Tensor) -> torch.Tensor:
    try:
        return gradient_by_grad(x)
    except Exception:
        return 2 * x


@pytest.mark.parametrize(
    "f",
    [
        gradient_by_grad,
        gradient_by_backward,
        gradient_in_an_except,
        torch.func.grad(lambda x: (x**2).sum()),
        torch.func.jacrev(lambda x: (x**2).sum()),
        torch.func.jacfwd(lambda x: (x**2).sum()),
        lambda x: torch.autograd.functional.jacobian(lambda t: (t**2).sum(), x),
        lambda x: torch.func.jvp(lambda t: t**2, (x,), (torch.ones_like(x),))[1],
    ],
)
def test_autograd_cannot_help_where_it_is_not_allowed(f: Callable[..., Any]) -> None:
    with pytest.raises(Forbidden, match="write the gradient yourself"):
        student(f, autograd=False).f(X)
    assert torch.equal(student(f).f(X), 2 * X)  # and works again at once


@pytest.mark.parametrize(
    "f",
    [
        lambda y: torch.softmax(y, 1),
        lambda y: y.softmax(dim=1),
        lambda y: F.softmax(y, dim=1),
        nn.Softmax(dim=1),
        lambda y: torch.special.softmax(y, 1),
        lambda y: torch._softmax(y, 1, False),
    ],
)
def test_the_library_answer_is_refused_however_it_is_reached(f: Callable[..., Any]) -> None:
    with pytest.raises(Forbidden, match="write it yourself"):
        student(f, library=frozenset({"softmax"})).f(X)


class Soft(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return torch.softmax(args[0].as_subclass(torch.Tensor), 1)


def with_modes_off(y: torch.Tensor) -> torch.Tensor:
    with torch._C.DisableTorchFunction():
        return torch.softmax(y, 1)


def called_back(y: torch.Tensor) -> torch.Tensor:
    found: list[torch.Tensor] = []
    torch.ones(1).apply_(lambda v: found.append(torch.softmax(y, 1)) or v)  # type: ignore[func-returns-value]
    return found[0]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_library_answer_is_refused_where_modes_do_not_see_it() -> None:
    hidden = torch.jit.trace(lambda y: torch.softmax(y, 1), X)
    for f in (with_modes_off, called_back, hidden, lambda y: y.as_subclass(Soft) + 0):
        with pytest.raises(Forbidden):
            student(f, library=frozenset({"softmax"})).f(X)


def test_what_other_functions_do_inside_is_their_own_affair() -> None:
    for f in (
        lambda y: F.cross_entropy(y, torch.tensor([0, 1])),
        lambda y: nn.MultiheadAttention(3, 1)(y, y, y)[0],
        lambda y: torch.vmap(lambda row: row.exp() / row.exp().sum())(y),
    ):
        student(f, library=frozenset({"softmax", "log_softmax"})).f(X)


def in_a_thread(x: torch.Tensor) -> torch.Tensor:
    found: list[torch.Tensor] = []
    thread = threading.Thread(target=lambda: found.append(torch.softmax(x, 1)))
    thread.start()
    thread.join()
    return found[0]


def untraced(x: torch.Tensor) -> torch.Tensor:
    sys.settrace(None)
    return torch.softmax(x, 1)


def test_nothing_is_hidden_in_threads_or_from_tracing() -> None:
    for rules in ({"library": frozenset({"softmax"})}, {"autograd": False}):
        with pytest.raises(Wrong, match="one thread"):
            student(in_a_thread, **rules).f(X)
    for f in (in_a_thread, untraced):
        with pytest.raises(Wrong, match=r"one thread|without switching tracing"):
            student(f).f.operations(X)
    assert torch.equal(student(in_a_thread).f(X), torch.softmax(X, 1))  # and go on as before


def test_a_refused_call_is_found_out_behind_an_except() -> None:
    def f(y: torch.Tensor) -> torch.Tensor:
        try:
            return y.softmax(1)
        except Exception:
            return y.exp() / y.exp().sum(1, keepdim=True)

    with pytest.raises(Forbidden):
        student(f, library=frozenset({"softmax"})).f(X)


def test_other_functions_of_the_library_may_be_called() -> None:
    f = student(lambda y: torch.logsumexp(y, 1), library=frozenset({"softmax"})).f
    assert torch.equal(f(X), torch.logsumexp(X, 1))


def test_gradients_go_through_the_function() -> None:
    gradients = student(lambda x, w: x * w).f.gradient(X, 2 * X, wrt=(0, 1))
    assert torch.equal(gradients[0], 2 * X) and torch.equal(gradients[1], X)
    with pytest.raises(Wrong, match="graph was cut"):
        student(lambda x: x.detach() * 2).f.gradient(X)


def without_modes(x: torch.Tensor) -> torch.Tensor:
    with torch._C.DisableTorchFunction():
        return torch.stack(list(map(torch.sin, x.unbind())))


@pytest.mark.parametrize(
    ("f", "grows"),
    [
        (lambda x: x.sum(0), False),
        (lambda x: torch.einsum("nd->d", x), False),
        (lambda x: x.numpy().sum(0), False),
        (lambda x: sum(row for row in x), True),
        (lambda x: torch.stack([row * 2 for row in x.unbind()]), True),
        (lambda x: sum(map(torch.sum, x.unbind())), True),
        (lambda x: np.add.reduce([row + 1 for row in x.numpy()]), True),
        (lambda x: sum(x.numpy()), True),
        (lambda x: list(map(np.negative, x.numpy())), True),
        (lambda x: [sum(column) for column in x.T.tolist()], True),
        (without_modes, True),
    ],
)
def test_operations_grow_with_a_loop_over_samples(f: Callable[..., Any], grows: bool) -> None:
    few, many = (student(f).f.operations(torch.ones(n, 3)) for n in (4, 64))
    assert (many > few + 40) == grows


def test_randomness_is_private_and_noticed() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    for draw, noticed in [(torch.rand, True), (np.random.rand, True), (torch.zeros, False)]:
        seen = student(lambda n, draw=draw: float(draw(n)[0]))
        seen.f(1)
        assert seen.calls[-1].outcome.used_randomness == noticed
    assert torch.equal(torch.get_rng_state(), before)


def test_objects_are_used_as_if_they_were_here() -> None:
    class Counter:
        def __init__(self, start: int) -> None:
            self.weights = [torch.zeros(start)]

        def __call__(self, x: torch.Tensor) -> torch.Tensor:
            return x + self.weights[0]

        def step(self) -> None:
            self.weights[0] += 1

        def __len__(self) -> int:
            return 9

    this = student(Counter)
    counter = this.f(2)
    counter.step()
    assert torch.equal(counter.weights[0], torch.ones(2))
    assert len(counter) == 9
    (weights,) = drive(fill, counter, {"weights": [torch.ones(2)]})
    assert torch.equal(weights[0], torch.ones(2))
    counter.step()
    assert torch.equal(counter.weights[0], torch.full((2,), 2.0))
    counter.weights = [torch.full((2,), 5.0)]
    assert torch.equal(counter(torch.ones(2)), torch.full((2,), 6.0))
    with pytest.raises(Wrong, match="AttributeError"):
        counter.nothing  # noqa: B018


def fill(net: Any, lists: dict[str, list[Any]]) -> list[Any]:
    """As a lab's driver: torch and the arguments are all it has."""
    for name, values in lists.items():
        getattr(net, name)[:] = [torch.clone(value) for value in values]
    return [getattr(net, name) for name in lists]


def count_up(counter: Any, by: float) -> Any:
    return counter.total + by


def test_a_driver_is_told_by_its_name_and_what_it_was_given() -> None:
    this = student(lambda: type("Counter", (), {"total": 2.0})())
    counter = this.f()
    assert drive(count_up, counter, 3.0) == 5.0
    assert str(this.calls[-1]) == "count up(f(), 3.0)"
    with pytest.raises(Wrong, match="count up raised TypeError"):
        drive(count_up, counter, "a")


def test_what_a_call_that_raised_had_in_hand_is_let_go() -> None:
    kept: list[weakref.ref[Any]] = []

    def f(x: int) -> None:
        large = torch.nn.Linear(2, 2)
        kept.append(weakref.ref(large))
        error = ValueError("it is in a local variable of the frame that it holds")
        raise error

    gc.disable()
    try:
        with pytest.raises(Wrong, match="ValueError"):
            student(f).f(1)
        assert kept[0]() is None
    finally:
        gc.enable()


def test_each_case_is_judged_when_its_result_is_taken() -> None:
    this = student(lambda x: 1 / x)
    results = this.f.each([(2,), (0,), (4,)])
    assert next(results) == 0.5
    assert len(this.calls) == 1
    with pytest.raises(Wrong, match="ZeroDivisionError"):
        next(results)
    assert [call.outcome.error is None for call in this.calls] == [True, False]


def test_each_case_has_its_own_seed() -> None:
    together = list(student(lambda: torch.rand(1).item()).f.each([()] * 3))
    this = student(lambda: torch.rand(1).item())
    assert together == [this.f() for _ in range(3)] and len(set(together)) == 3


def test_torch_objects_are_built_on_the_students_side() -> None:
    this = student(lambda model, x: model(x))
    model = this.torch("nn.Linear", 3, 2)
    assert this.f(model, X).shape == (2, 2)
    assert [tuple(p.shape) for p in model.parameters()] == [(2, 3), (2,)]


def test_a_function_that_leaves_autograd_switched_off_is_told_and_does_so_for_itself() -> None:
    def f(x: torch.Tensor) -> torch.Tensor:
        torch.set_grad_enabled(False)
        return x

    with pytest.raises(Wrong, match="changed the recording of gradients"):
        student(f).f(X)
    assert torch.is_grad_enabled()


class Pair:
    def __init__(self, sizes: list[int]) -> None:
        self.sizes = sizes

    def change(self, x: torch.Tensor) -> None:
        x += 1

    def count(self) -> Any:
        yield from self.sizes


def test_a_call_on_an_object_is_told_as_it_is_written() -> None:
    this = student(Pair)
    pair = this.f([2, 3])
    with pytest.raises(Wrong, match=r"f\(\[2, 3\]\)\.change changed argument 1:") as wrong:
        pair.change(torch.zeros(1))
    told = dict(wrong.value.failure.details)["The call"]
    assert told == "f([2, 3]).change([0] (float32, shape (1,)))"
    with pytest.raises(Wrong, match=r"f\(\[2, 3\]\)\.nothing raised AttributeError"):
        pair.nothing  # noqa: B018
    with pytest.raises(Wrong, match="a tensor, not a generator"):
        close(pair.count(), X)


def test_a_call_with_long_arguments_is_told_by_shapes() -> None:
    this = student(lambda weights, scale: weights)
    this.f([torch.ones(3, 3)] * 9, torch.tensor(2.0))
    told = str(this.calls[-1])
    assert "float32 tensor of shape (3, 3), ..." in told and "[1, 1" not in told
    assert told.endswith("2 (float32, shape ()))")
