"""Exercise 2.7: the class ``MLP``, judged by its output for parameters that the check puts in."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, Wrong, close, require

from .shared import Network, Unit, bump, identity, network, output

mlp = Exercise(
    "2.7",
    ["MLP"],
    points=3,
    difficulty=2,
    minutes=20,
    answers=["course_dl.mlp"],
    hints=[
        "In __init__: super().__init__() first, then one nn.Linear(n_in, n_out) for each two "
        "neighbours of sizes; zip(sizes[:-1], sizes[1:]) or pairwise(sizes) gives these.",
        "nn.Module finds the parameters of layers that it holds by itself. It does not look into a "
        "Python list: nn.ModuleList([...]) is a list that it does look into.",
        "forward: for unit in self.layers[:-1]: x = self.activation(unit(x)); at the end, "
        "return self.layers[-1](x), without an activation.",
    ],
)


@mlp.test("parameters W_1, b_1, W_2, b_2, ...")
def test_mlp_parameters(student: Student, rng: Inputs) -> None:
    for usual in ([3, 4, 2], [2, 5, 3, 4], [3, 3, 3]):
        sizes = rng.layers(usual)
        net = student.MLP(sizes)
        put(student, net, network(rng, sizes, torch.float32))


@mlp.test("the output, with three units everywhere")
def test_mlp_equal_sizes(student: Student, rng: Inputs) -> None:
    check_mlp(student, rng, 4, [3, 3, 3, 3], torch.tanh)


@mlp.test("the output, for layers of different sizes")
def test_mlp_sizes(student: Student, rng: Inputs) -> None:
    check_mlp(student, rng, 4, [2, 5, 3], torch.sin)
    check_mlp(student, rng, 6, [4, 3, 5, 2, 3], torch.sigmoid)
    check_mlp(student, rng, 3, [2, 4, 1], torch.tanh)


@mlp.test("ReLU where no activation is given")
def test_mlp_default(student: Student, rng: Inputs) -> None:
    check_mlp(student, rng, 8, [3, 6, 5, 2])


@mlp.test("no hidden layer: a linear layer")
def test_mlp_one_layer(student: Student, rng: Inputs) -> None:
    check_mlp(student, rng, 4, [3, 2], torch.tanh)


@mlp.test("gradients flow through it")
def test_mlp_gradients(student: Student, rng: Inputs) -> None:
    for usual in ([3, 3, 3], [2, 4, 5, 3]):
        sizes = rng.layers(usual)
        net, values = student.MLP(sizes, torch.tanh), network(rng, sizes, torch.float32)
        put(student, net, values)
        X = rng.normal(3, sizes[0], dtype=torch.float32)
        require(
            net(X).requires_grad,
            "The output of the network cannot be differentiated with respect to its parameters: "
            "their graph was cut (detach, .data, no_grad, a tensor in place of an nn.Parameter).",
        )
        truth = torch.autograd.functional.jacobian(
            lambda X, values=values: mlp_output(X, values, torch.tanh), X
        )
        got = student.torch("autograd.functional.jacobian", net, X)
        close(got, truth, "the derivative of the output with respect to the input")


@mlp.test("hidden units start different")
def test_mlp_start(student: Student) -> None:
    net = student.MLP([4, 5, 3, 2])
    for k, W in enumerate([*iter(all_parameters(net))][:-2:2], start=1):
        require(
            len(torch.unique(W.detach(), dim=0)) == len(W),
            f"In layer {k}, units start with the same weights. They would get the same gradients "
            "and stay the same for ever: draw the weights at random, as nn.Linear does.",
            (f"W_{k}", str(W.tolist())),
        )


@mlp.test("two networks keep apart", hidden=True)
def test_mlp_two(student: Student, rng: Inputs) -> None:
    sizes, units = [[2, 3, 2], [2, 4, 3, 2]], [torch.tanh, torch.cos]
    nets = [student.MLP(s, g) for s, g in zip(sizes, units, strict=True)]
    values = [network(rng, s, torch.float32) for s in sizes]
    for net, own in zip(nets, values, strict=True):
        put(student, net, own)
    X = rng.normal(4, 2, dtype=torch.float32)
    for _ in range(2):
        for net, own, g in zip(nets, values, units, strict=True):
            close(net(X), mlp_output(X, own, g), "the output of one of two networks")


@mlp.test("one sample, layers of one unit, any activation", hidden=True)
def test_mlp_one_unit(student: Student, rng: Inputs) -> None:
    check_mlp(student, rng, 1, [3, 4, 2], bump)
    check_mlp(student, rng, 4, [1, 1, 1], torch.tanh)
    check_mlp(student, rng, 1, [2, 1], torch.cos)
    check_mlp(student, rng, 7, [4, 1, 3], torch.exp)


@mlp.test("in float64, and deep", hidden=True)
def test_mlp_float64(student: Student, rng: Inputs) -> None:
    sizes = [3, 4, 4, 2, 5, 3, 2]
    net, values = student.MLP(sizes, activation=torch.sin), network(rng, sizes)
    net.double()
    put(student, net, values)
    X = rng.normal(5, 3)
    close(net(X), mlp_output(X, values, torch.sin), "the output of the network")


def check_mlp(
    student: Student, rng: Inputs, N: int, sizes: list[int], g: Unit | None = None
) -> None:
    """The output of a network with parameters from the check."""
    (N,), sizes = rng.sizes(N), rng.layers(sizes)
    g = None if g is None else rng.simpler(g, torch.square)
    net = student.MLP(sizes) if g is None else student.MLP(sizes, g)
    values = network(rng, sizes, torch.float32)
    put(student, net, values)
    X = rng.normal(N, sizes[0], dtype=torch.float32)
    with student.together():
        outputs = net(X), net(X)
    got, again = (output.value for output in outputs)
    try:
        close(got, mlp_output(X, values, g or torch.relu), "the output of the network")
    except Wrong:
        require(
            not isinstance(got, Tensor) or torch.equal(got, again),
            "The output changes from call to call: there is something random in forward, dropout "
            "say, or layers that are made anew.",
        )
        raise


def mlp_output(X: Tensor, values: Network, g: Unit) -> Tensor:
    return output(X, *values, [g] * (len(values[0]) - 1) + [identity])


def put(student: Student, net: Any, values: Network) -> None:
    """Put weights and biases into the network's parameters, and see that they are in their places.

    What they are called, and how they started, plays no part.
    """
    expected = [p for pair in zip(*values, strict=True) for p in pair]
    spare = expected[0].new_zeros(10_000)  # for parameters that should not be there
    everything = torch.cat([*(p.flatten() for p in expected), spare])
    student.torch("nn.utils.vector_to_parameters", everything, all_parameters(net))
    found = list(iter(all_parameters(net)))  # it has no length
    shapes = [tuple(p.shape) for p in found]
    wanted = [tuple(p.shape) for p in expected]
    require(
        len(found) > 0,
        "The network has no parameters, so that nothing could be trained: layers and tensors in a "
        "Python list are not found (nn.ModuleList), plain tensors are none (nn.Parameter).",
    )
    require(
        shapes == wanted,
        "The parameters of the network should be W_1, b_1, W_2, b_2, ... in this order, where W_k "
        "is (N_k, N_{k-1}) and b_k is (N_k,).",
        ("Shapes expected", str(wanted)),
        ("Shapes that came", str(shapes)),
    )


def all_parameters(net: Any) -> Any:
    """What ``net.parameters()`` gives."""
    try:
        found = net.parameters
    except Wrong:
        raise Wrong(
            "The network has no parameters(): MLP should be a class derived from nn.Module, "
            "class MLP(nn.Module)."
        ) from None
    return found()
