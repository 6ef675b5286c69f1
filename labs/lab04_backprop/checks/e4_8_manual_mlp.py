"""Exercise 4.8: the class ``ManualMLP``: output, gradients and steps, compared with autograd's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.data import moons
from course_dl.lab import (
    Exercise,
    Inputs,
    Recorded,
    Remote,
    Student,
    Wrong,
    close,
    close_all,
    drive,
    operate,
    require,
)

from ..drivers import descend, fill, forward_and_backward
from .shared import Network, Unit, forward, gradients, network

manual_mlp = Exercise(
    "4.8",
    ["ManualMLP"],
    points=4,
    difficulty=3,
    minutes=40,
    autograd=False,
    answers=["course_dl.backprop"],
    hints=[
        "You have written nearly all of it: forward is exercise 4.1 for a batch, backward is 4.5 "
        "followed by 4.7. What must forward keep for backward?",
        "forward: self.A, self.H = [], [X], then for each layer self.H[-1] @ W.T + b. backward: "
        "new = backward_pass_batch(grad_Y, self.A, self.H, self.weights, self.dg), and both lists "
        "of new are added to the gradients.",
        "Weights: torch.randn(n_out, n_in, generator=generator) * (2 / n_in) ** 0.5 for each two "
        "neighbouring sizes. step: every W becomes W - lr * grad_W. zero_grad: lists of "
        "torch.zeros_like(W) and torch.zeros_like(b).",
    ],
)


@manual_mlp.test("a new network: its lists, and gradients of zeros")
def test_manual_mlp_new(student: Student) -> None:
    many = [3, 4, 2], [2, 2, 2]
    made = list(sines(student, *many))
    with student.together():
        read = [(net.read("grad_"), net.read()) for net in made]
    for sizes, (gradients_read, weights_read) in zip(many, read, strict=True):
        check_state(taken(student, gradients_read), zeros(sizes), "grad_")
        own_lists = lists(taken(student, weights_read))
        for name, own, expected in zip(("weights", "biases"), own_lists, zeros(sizes), strict=True):
            check_length(name, own, expected)
            for k, (tensor, zero) in enumerate(zip(own, expected, strict=True), start=1):
                scaled = tensor * 0 if isinstance(tensor, Tensor) else tensor
                close(scaled, zero, f"{name[0]}_{k}")


@manual_mlp.test("weights from the generator, hidden units different")
def test_manual_mlp_start(student: Student, rng: Inputs) -> None:
    generator, other = rng.generator(), rng.generator()
    case = ([4, 5, 3, 2], torch.sin, torch.cos)
    made = []
    for net in trainees(student, case, case, case, generators=(generator, generator, other)):
        require(
            not net.drew_elsewhere,
            "The network drew random numbers from a global generator: take them all from the "
            "generator that you were given.",
        )
        made.append(net)
    with student.together():
        read = [net.read() for net in made]
    (weights, biases), again, (different, _) = (lists(taken(student, one)) for one in read)
    for k, W in enumerate(weights[:-1], start=1):
        require(
            len(torch.unique(W.detach(), dim=0)) == len(W),
            f"In layer {k}, units start with the same weights. They get the same gradients and "
            "stay the same for ever: draw the weights at random.",
            ("W", str(W.tolist())),
        )
    for name, first, second in zip(("weights", "biases"), (weights, biases), again, strict=True):
        require(
            all(torch.equal(p, q) for p, q in zip(first, second, strict=True)),
            f"Two networks from generators in the same state have different {name}.",
        )
    require(
        not any(torch.equal(p, q) for p, q in zip(different[:-1], weights[:-1], strict=True)),
        "Two networks from different generators have the same weights.",
    )


@manual_mlp.test("forward and backward, three samples and units everywhere")
def test_manual_mlp_equal_sizes(student: Student, rng: Inputs) -> None:
    check_passes(student, rng, (3, [3, 3, 3, 3], torch.sin, torch.cos))


@manual_mlp.test("forward and backward, any sizes")
def test_manual_mlp_sizes(student: Student, rng: Inputs) -> None:
    one, two = (6, [2, 4, 3], F.softplus, torch.sigmoid), (5, [3, 2], torch.sin, torch.cos)
    check_passes(student, rng, one, two)


@manual_mlp.test("backward goes with the last forward")
def test_manual_mlp_last_forward(student: Student, rng: Inputs) -> None:
    check_last_forward(student, rng, [3, 3, 3], (3, 3))


@manual_mlp.test("gradients add up until zero_grad")
def test_manual_mlp_accumulates(student: Student, rng: Inputs) -> None:
    sizes = [3, 4, 2]
    given, [net] = network(rng, sizes, torch.float32), sines(student, sizes)
    rounds = [
        [(rng.normal(N, 3).float(), rng.normal(N, 2).float()) for N in batches]
        for batches in ((5, 1, 3), (2,))
    ]
    ends = []
    with student.together():
        placed = net.put(given)
        for batches in rounds:
            passed = [net.passes(X, grad_Y) for X, grad_Y in batches]
            net.remote.zero_grad()
            ends.append((passed, net.read("grad_")))
        weights_read = net.read()
    check_put(taken(student, placed), given)
    for batches, (passed, after_zero_grad) in zip(rounds, ends, strict=True):
        total = zeros(sizes)
        for (X, grad_Y), one in zip(batches, passed, strict=True):
            total = plus(total, batch_gradients(given, torch.sin, torch.cos, X, grad_Y))
            _, *found = taken(student, one)
            check_state(found, total, "grad_")
        check_state(taken(student, after_zero_grad), zeros(sizes), "grad_")
    check_state(taken(student, weights_read), given)


@manual_mlp.test("a step goes downhill, by lr")
def test_manual_mlp_step(student: Student, rng: Inputs) -> None:
    sizes, rates = [3, 4, 2], (0.5, 0.125)
    given, [net] = network(rng, sizes, torch.float32), sines(student, sizes)
    X, grad_Y = rng.normal(4, 3).float(), rng.normal(4, 2).float()
    after = []
    with student.together():
        placed = net.put(given)
        for lr in rates:
            net.remote.zero_grad()
            net.passes(X, grad_Y)
            net.remote.step(lr)
            read = net.read(), net.read("grad_")
            after.append((read, net.remote.forward(X)))
    check_put(taken(student, placed), given)
    for lr, (read, Y) in zip(rates, after, strict=True):
        expected = batch_gradients(given, torch.sin, torch.cos, X, grad_Y)
        given = plus(given, expected, -lr)
        own, own_gradients = (taken(student, one) for one in read)
        check_state(own, given)
        check_state(own_gradients, expected, "grad_")
        check_output(taken(student, Y), X, given, torch.sin, "after a step")


@manual_mlp.test("two networks keep apart")
def test_manual_mlp_two(student: Student, rng: Inputs) -> None:
    sizes = [2, 3, 2]
    nets = [network(rng, sizes, torch.float32) for _ in range(2)]
    X, grad_Y = rng.normal(4, 2).float(), rng.normal(4, 2).float()
    first, second = both = list(sines(student, sizes, sizes))
    with student.together():
        placed = [net.put(given) for net, given in zip(both, nets, strict=True)]
        outputs = [net.remote.forward(X) for net in both]
        first.remote.backward(grad_Y)
        own_gradients, other_gradients = first.read("grad_"), second.read("grad_")
        first.remote.step(0.5)
        other_weights = second.read()
    for one, given in zip(placed, nets, strict=True):
        check_put(taken(student, one), given)
    for Y, given in zip(outputs, nets, strict=True):
        check_output(taken(student, Y), X, given, torch.sin)
    expected = batch_gradients(nets[0], torch.sin, torch.cos, X, grad_Y)
    check_state(taken(student, own_gradients), expected, "grad_")
    check_state(taken(student, other_gradients), zeros(sizes), "grad_")
    check_state(taken(student, other_weights), nets[1])


@manual_mlp.test("any depth, any activation", hidden=True)
def test_manual_mlp_deep(student: Student, rng: Inputs) -> None:
    deep, units = (
        (4, [3, 4, 4, 2, 5, 2], torch.tanh, torch.cos),
        (1, [1] * 3, torch.relu, torch.exp),
    )
    check_passes(student, rng, deep, units, (7, [4, 1], torch.tanh, torch.cos))


@manual_mlp.test("backward goes with the last of several forwards", hidden=True)
def test_manual_mlp_several_forwards(student: Student, rng: Inputs) -> None:
    check_last_forward(student, rng, [3, 4, 2], (6, 2, 3))


@manual_mlp.test("trains on two moons to 99 %", last=True)
def test_manual_mlp_moons(student: Student, rng: Inputs) -> None:
    X, d = moons(100, noise=0.05, generator=rng.generator())
    X, best = X - X.mean(0), 0.0
    for width, g, dg, scale, lr, most in TRAININGS:
        case = ([2, width, 2], g, dg)
        [net] = trainees(student, case, generators=[rng.generator()])
        for _ in range(most // 10):
            with student.together():
                net.descend(scale * X, d, lr, 10)
                outputs = net.remote.forward(scale * X)
            Y = taken(student, outputs)
            best = max(best, float((Y.argmax(1) == d).float().mean()))
            if best >= 0.99:
                return
            if not bool(torch.isfinite(Y).all()):
                break
    raise Wrong(
        "After 500 steps of gradient descent on two moons the network is not right on 99 % of "
        "the samples. Are the first weights too large, or far too small?",
        ("Best accuracy", f"{best:.0%}"),
    )


class Trainee:
    """A student's ``ManualMLP``: ``remote`` itself, and what takes one call for several steps."""

    def __init__(self, remote: Remote, drew_elsewhere: bool) -> None:
        self.remote = remote
        self.drew_elsewhere = drew_elsewhere

    def read(self, kind: str = "") -> Any:
        """Its weights and biases, or (``kind`` is ``"grad_"``) their gradients: see `lists`."""
        return operate(self.remote, "getattrs", f"{kind}weights", f"{kind}biases")

    def put(self, net: Network) -> Any:
        """Weights and biases into its lists: see `check_put`."""
        return drive(fill, self.remote, {"weights": net[0], "biases": net[1]})

    def passes(self, X: Tensor, grad_Y: Tensor) -> Any:
        """Forward and backward: the output, and the gradients as `read` gives them."""
        return drive(forward_and_backward, self.remote, X, grad_Y)

    def descend(self, X: Tensor, d: Tensor, lr: float, steps: int) -> Any:
        """Steps of gradient descent on the cross-entropy of scores and classes."""
        return drive(descend, self.remote, X, d, lr, steps)


def trainees(
    student: Student,
    *cases: tuple[list[int], Unit, Unit],
    generators: Sequence[torch.Generator] = (),
) -> Iterator[Trainee]:
    """A new network for each case: sizes, g, dg."""
    drawn = generators or [torch.Generator().manual_seed(1)] * len(cases)
    asked = [(*case, generator) for case, generator in zip(cases, drawn, strict=True)]
    for net in student.ManualMLP.each(asked):
        yield Trainee(net, student.calls[-1].outcome.used_randomness)


def sines(student: Student, *sizes: list[int]) -> Iterator[Trainee]:
    """A new network of sines for each list of sizes."""
    return trainees(student, *((one, torch.sin, torch.cos) for one in sizes))


def taken(student: Student, recorded: Recorded) -> Any:
    """The value of a recorded call; an attribute that is lacking is told."""
    try:
        return recorded.value
    except Wrong:
        error = student.calls[-1].outcome.error
        if error is None or error.kind != "AttributeError" or error.where:
            raise
        name = re.search(r"attribute '(\w+)'", error.message)
        raise Wrong(
            f"The network has no {name[1] if name else 'such part'}. It needs the lists "
            "weights, biases, grad_weights and grad_biases, and the methods forward, backward, "
            "step and zero_grad.",
            ("What happened", error.message),
        ) from None


def lists(got: Any, kind: str = "") -> Network:
    """The two lists that a network's ``read`` gave."""
    for name, found in zip((f"{kind}weights", f"{kind}biases"), got, strict=True):
        if not isinstance(found, list):
            told = f"{name} should be a list, with one tensor for each layer."
            raise Wrong(told, ("It was", repr(found)[:200]))
    return got[0], got[1]


def check_put(got: Any, net: Network) -> None:
    """See that the weights and biases have stayed where they were put."""
    for name, now, given in zip(("weights", "biases"), lists(got), net, strict=True):
        require(
            len(now) == len(given)
            and all(
                isinstance(own, Tensor) and torch.equal(own.detach(), put)
                for own, put in zip(now, given, strict=True)
            ),
            f"The check put tensors into the list {name}, and they did not stay there: keep "
            f"one list self.{name}, and compute with the tensors in it.",
        )


def check_length(name: str, found: Sequence[Any], expected: Sequence[Tensor]) -> None:
    require(
        len(found) == len(expected),
        f"{name} has {len(found)} entries; it should have one a layer, {len(expected)}.",
    )


def check_state(got: Any, net: Network, kind: str = "") -> None:
    """Compare the network's weights and biases, or (``kind`` is ``"grad_"``) their gradients."""
    weights, biases = lists(got, kind)
    close_all(weights, net[0], f"{kind}W")
    close_all(biases, net[1], f"{kind}b")


def check_output(got: Any, X: Tensor, net: Network, g: Unit, what: str = "of forward") -> None:
    close(got, forward(X, *net, g)[1][-1], f"the output {what}")


def batch_gradients(net: Network, g: Unit, dg: Unit, X: Tensor, grad_Y: Tensor) -> Network:
    return gradients(grad_Y, *forward(X, *net, g), net[0], dg)


def plus(first: Network, second: Network, factor: float = 1.0) -> Network:
    """``first + factor * second``, parameter by parameter."""
    weights, biases = (
        [p + factor * q for p, q in zip(*pair, strict=True)]
        for pair in zip(first, second, strict=True)
    )
    return weights, biases


def zeros(sizes: Sequence[int]) -> Network:
    return [torch.zeros(m, n) for n, m in pairwise(sizes)], [torch.zeros(m) for m in sizes[1:]]


def check_passes(student: Student, rng: Inputs, *cases: tuple[int, list[int], Unit, Unit]) -> None:
    """Forward and backward with given weights, for each case: samples, sizes, g, dg."""
    nets = [network(rng, sizes, torch.float32) for _, sizes, _, _ in cases]
    batches = [
        (rng.normal(N, sizes[0]).float(), rng.normal(N, sizes[-1]).float())
        for N, sizes, _, _ in cases
    ]
    made = list(trainees(student, *(case[1:] for case in cases)))
    with student.together():
        asked = [
            (net.put(given), net.passes(*batch))
            for net, given, batch in zip(made, nets, batches, strict=True)
        ]
    for (_, _, g, dg), given, (X, grad_Y), (placed, passed) in zip(
        cases, nets, batches, asked, strict=True
    ):
        check_put(taken(student, placed), given)
        Y, *found = taken(student, passed)
        check_output(Y, X, given, g)
        check_state(found, batch_gradients(given, g, dg, X, grad_Y), "grad_")


def check_last_forward(
    student: Student, rng: Inputs, sizes: list[int], batches: Sequence[int]
) -> None:
    """One batch after another goes forward, then the gradient of the last one goes back."""
    given, [net] = network(rng, sizes, torch.float32), sines(student, sizes)
    inputs = [rng.normal(N, sizes[0]).float() for N in batches]
    grad_Y = rng.normal(batches[-1], sizes[-1]).float()
    with student.together():
        placed = net.put(given)
        outputs = [net.remote.forward(X) for X in inputs]
        net.remote.backward(grad_Y)
        back = net.read("grad_")
    check_put(taken(student, placed), given)
    for X, Y in zip(inputs, outputs, strict=True):
        check_output(taken(student, Y), X, given, torch.sin)
    expected = batch_gradients(given, torch.sin, torch.cos, inputs[-1], grad_Y)
    check_state(taken(student, back), expected, "grad_")


# Width, activation, its derivative, scale of the samples, lr, steps: the first is quick from most
# first weights, the second gets away from small ones.
TRAININGS = (
    (64, torch.sin, torch.cos, 3.0, 1.0, 100),
    (32, F.softplus, torch.sigmoid, 5.0, 1.0, 500),
)
