"""The checks of lab 2.

The truth is torch's own (``F.linear``, ``torch.softmax``, ``F.cross_entropy``) or a closed form in
float64. An activation that is handed in may be one that no library has, so that none is assumed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import (
    Exercise,
    Inputs,
    Student,
    Wrong,
    close,
    require,
    shaped,
    unpack,
)
from course_dl.lab.values import summary

Unit = Callable[[Tensor], Tensor]
Network = tuple[list[Tensor], list[Tensor]]
DTYPES = (torch.float64, torch.float32)
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-9}


# Activations that are handed in. They are called with whatever a student gives them.


def step(a: Any) -> Tensor:
    """Heaviside's step, the activation of McCulloch and Pitts."""
    a = torch.as_tensor(a)
    return (a >= 0).to(a.dtype)


def identity(a: Any) -> Any:
    return a


def bump(a: Any) -> Any:
    """An activation of no name, neither odd nor even nor monotone."""
    return (a + 1) / (1 + a * a)


# What is true.


def network(rng: Inputs, sizes: Sequence[int], dtype: torch.dtype = torch.float64) -> Network:
    """Random weights and biases of layers of these sizes."""
    weights = [rng.normal(m, n, dtype=dtype) for n, m in pairwise(sizes)]
    return weights, [rng.normal(m, dtype=dtype) for m in sizes[1:]]


def output(
    X: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor], activations: Sequence[Unit]
) -> Tensor:
    for W, b, g in zip(weights, biases, activations, strict=True):
        X = g(F.linear(X, W, b))
    return X


def scalar(got: Any, dtype: torch.dtype, what: str) -> Tensor:
    """A Python number or a 0-d tensor of this dtype, as the latter."""
    if isinstance(got, int | float) and not isinstance(got, bool):
        return torch.tensor(got, dtype=dtype)
    return shaped(got, (), dtype, what)


# 2.1

neuron = Exercise(
    "2.1",
    ["neuron"],
    points=1,
    difficulty=1,
    minutes=5,
    hints=[
        "Three things happen, one after another: a weighted sum of the inputs, the bias, the "
        "activation.",
        "<w, x> is the sum of all products w_k x_k. For two vectors, w @ x is that sum.",
        "return g(w @ x + b)",
    ],
)


@neuron.test("any inputs, any activation")
def test_neuron_values(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for D, g in [(3, torch.tanh), (5, torch.exp), (2, torch.sigmoid)]:
            judge_neuron(student, rng, D, g, dtype)


@neuron.test("the bias as a 0-d tensor and as a float")
def test_neuron_bias(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for b in (0.5, -2.0, 0.0):
            judge_neuron(student, rng, 4, torch.sin, dtype, b)
            judge_neuron(student, rng, 4, torch.sin, dtype, torch.tensor(b, dtype=dtype))


@neuron.test("the logic gates of McCulloch and Pitts")
def test_neuron_gates(student: Student) -> None:
    inputs = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float64)
    for gate, w, b, truth in [
        ("AND", [1, 1], -2.0, [0, 0, 0, 1]),
        ("OR", [1, 1], -1.0, [0, 1, 1, 1]),
        ("x_1 AND NOT x_2", [1, -1], -1.0, [0, 0, 1, 0]),
        ("NOT x_1", [-1, 0], 0.0, [1, 1, 0, 0]),
    ]:
        weights = torch.tensor(w, dtype=torch.float64)
        for x, y in zip(inputs, truth, strict=True):
            got = scalar(student.neuron(x, weights, b, step), x.dtype, "the output of the neuron")
            require(
                float(got) == y,
                f"{gate} of {tuple(x.int().tolist())} should be {y}; your neuron says "
                f"{float(got):g}.",
                ("w", str(tuple(w))),
                ("b", f"{b:g}"),
                ("g", "Heaviside's step: 1 for a >= 0, else 0"),
            )


@neuron.test("one input, many inputs, activations without a name", hidden=True)
def test_neuron_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for D in (1, 2, 20):
            judge_neuron(student, rng, D, bump, dtype)
            judge_neuron(student, rng, D, identity, dtype)
            judge_neuron(student, rng, D, torch.relu, dtype, 1.5)


def judge_neuron(
    student: Student,
    rng: Inputs,
    D: int,
    g: Unit,
    dtype: torch.dtype,
    b: Tensor | float | None = None,
) -> None:
    """Several samples, so that no wrong output is a mere factor away from a right one."""
    X, w = rng.normal(4, D, dtype=dtype), rng.normal(D, dtype=dtype)
    if b is None:
        b = rng.normal(1, dtype=dtype)[0]
    truth = output(X, [w[None]], [torch.as_tensor(b, dtype=dtype)[None]], [g])[:, 0]
    got = [scalar(student.neuron(x, w, b, g), dtype, "the output of the neuron") for x in X]
    close(torch.stack(got), truth, "the output of the neuron for four samples")


# 2.2

layer = Exercise(
    "2.2",
    ["layer"],
    points=2,
    difficulty=1,
    minutes=10,
    hints=[
        "Write down entry (i, m) of the result: it is the output of neuron m, whose weights are "
        "row m of W, for sample i, which is row i of X.",
        "All scalar products of rows of X and rows of W at once are the product X W^T. What is its "
        "shape, and along which of its axes does b (M,) belong?",
        "return g(X @ W.T + b): a vector (M,) is added to every row.",
    ],
)


@layer.test("three samples, three inputs, three neurons")
def test_layer_equal_sizes(student: Student, rng: Inputs) -> None:
    judge_layer(student, rng, 3, 3, 3, torch.tanh)


@layer.test("different numbers of samples, inputs and neurons")
def test_layer_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_layer(student, rng, 5, 2, 4, torch.relu, dtype)
        judge_layer(student, rng, 2, 6, 3, torch.exp, dtype)
        judge_layer(student, rng, 4, 3, 1, torch.sigmoid, dtype)


@layer.test("one sample")
def test_layer_one_sample(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_layer(student, rng, 1, 3, 4, torch.cos, dtype)


@layer.test("one input, activations without a name", hidden=True)
def test_layer_one_input(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_layer(student, rng, 4, 3, 4, bump, dtype)
        judge_layer(student, rng, 4, 1, 3, identity, dtype)
        judge_layer(student, rng, 1, 1, 1, torch.exp, dtype)
        judge_layer(student, rng, 7, 4, 2, step, dtype)


def judge_layer(
    student: Student,
    rng: Inputs,
    N: int,
    D: int,
    M: int,
    g: Unit,
    dtype: torch.dtype = torch.float64,
) -> None:
    X, W, b = (rng.normal(*shape, dtype=dtype) for shape in ((N, D), (M, D), (M,)))
    close(student.layer(X, W, b, g), output(X, [W], [b], [g]), "the output of the layer")


# 2.3

forward = Exercise(
    "2.3",
    ["forward"],
    points=2,
    difficulty=1,
    minutes=10,
    hints=[
        "The output of a layer is the input of the next one. A variable H, which is X at the "
        "start, goes through all of them.",
        "zip(weights, biases, activations) gives W_k, b_k and g_k of one layer after another; your "
        "`layer` does the rest.",
        "H = X; for W, b, g in zip(weights, biases, activations): H = layer(H, W, b, g); at the "
        "end, after the loop, return H.",
    ],
)


@forward.test("three layers of three units")
def test_forward_equal_sizes(student: Student, rng: Inputs) -> None:
    judge_forward(student, rng, 3, [3, 3, 3, 3], [torch.tanh, torch.exp, torch.sin])


@forward.test("layers of different sizes, each with its own activation")
def test_forward_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_forward(student, rng, 5, [2, 4, 3], [torch.relu, torch.tanh], dtype)
        judge_forward(student, rng, 4, [3, 5, 2, 4], [torch.sin, bump, identity], dtype)


@forward.test("one layer, one sample, one output")
def test_forward_one(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_forward(student, rng, 4, [3, 2], [torch.tanh], dtype)
        judge_forward(student, rng, 1, [2, 3, 4], [torch.tanh, torch.cos], dtype)
        judge_forward(student, rng, 5, [2, 3, 1], [torch.sin, torch.sigmoid], dtype)


@forward.test("the same call gives the same again")
def test_forward_again(student: Student, rng: Inputs) -> None:
    weights, biases = network(rng, [2, 3, 2])
    units = [torch.tanh, torch.cos]
    for X in (first := rng.normal(4, 2), rng.normal(3, 2), first):
        got = student.forward(X, weights, biases, units)
        close(got, output(X, weights, biases, units), "the output of the network")


@forward.test("layers of one unit", hidden=True)
def test_forward_one_unit(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_forward(student, rng, 1, [3, 4, 2], [torch.cos, torch.sigmoid], dtype)
        judge_forward(student, rng, 3, [1, 1, 1], [bump, torch.tanh], dtype)
        judge_forward(student, rng, 1, [4, 1], [identity], dtype)


@forward.test("a deep network", hidden=True)
def test_forward_deep(student: Student, rng: Inputs) -> None:
    units: list[Unit] = [torch.tanh, identity, torch.relu, torch.sigmoid, torch.sin, torch.cos]
    for dtype in DTYPES:
        judge_forward(student, rng, 6, [3, 4, 4, 2, 5, 3, 2], units, dtype)


def judge_forward(
    student: Student,
    rng: Inputs,
    N: int,
    sizes: Sequence[int],
    units: list[Unit],
    dtype: torch.dtype = torch.float64,
) -> None:
    weights, biases = network(rng, sizes, dtype)
    X = rng.normal(N, sizes[0], dtype=dtype)
    got = student.forward(X, weights, biases, units)
    close(got, output(X, weights, biases, units), "the output of the network")


# 2.4

activations = Exercise(
    "2.4",
    ["sigmoid", "tanh_from_sigmoid", "relu", "softplus"],
    points=4,
    difficulty=3,
    minutes=30,
    library=["sigmoid", "expit", "log_sigmoid", "glu", "tanh", "softplus", "relu"],
    answers=["course_dl.activations"],
    hints=[
        "exp(1e4) is infinite in a computer, exp(-1e4) is 0, and that is no harm. So never let exp "
        "see a large positive number: exp(-|a|) is at most 1.",
        "For a >= 0 write sigmoid(a) = 1 / (1 + exp(-a)); for a < 0 multiply above and below by "
        "exp(a). With e = torch.exp(-a.abs()) both are safe, and torch.where chooses between them. "
        "It computes both, so both must be safe, or the gradient is NaN.",
        "log(1 + exp(a)) = max(0, a) + log(1 + exp(-|a|)), and torch.log1p(t) is log(1 + t) which "
        "keeps its digits for a tiny t. For tanh put 2 a in place of a: tanh(a) = "
        "2 sigmoid(2 a) - 1.",
    ],
)

# Nothing between 16 and 40, where "log(1 + exp(a)) = a" begins to hold to all digits; and none of
# the round numbers where students cut, and where a derivative is a matter of taste.
SMALL = [1.0, -1.0, 0.5, -0.5, 0.1, -0.1, 2.0, -3.0, 4.0, -5.0, -8.0, 10.25, 16.25, -16.25]
MEDIUM = [-40.5, 40.5]
LARGE = {
    torch.float32: [-80.5, 80.5, -100.5, 100.5, -300.5],
    torch.float64: [-100.5, 100.5, -300.5, 700.5, -700.5],
}
HUGE = [-1e4, 1e4, -1e3, 1e3]


def true_sigmoid(a: Tensor) -> Tensor:
    e = torch.exp(-a.abs())
    return torch.where(a >= 0, 1.0, e) / (1 + e)


def true_softplus(a: Tensor) -> Tensor:
    return a.clamp(min=0) + torch.log1p(torch.exp(-a.abs()))


def true_dsigmoid(a: Tensor) -> Tensor:
    return true_sigmoid(a) * true_sigmoid(-a)


@activations.test("sigmoid: values, and the digits of small ones")
def test_sigmoid_values(student: Student, rng: Inputs) -> None:
    judge_values(student, rng, "sigmoid", true_sigmoid)


@activations.test("sigmoid: gradients")
def test_sigmoid_gradients(student: Student) -> None:
    judge_gradients(student, "sigmoid", true_dsigmoid, absolute=lambda a: (a > 0) | (a < -50))


@activations.test("tanh_from_sigmoid: values")
def test_tanh_from_sigmoid_values(student: Student, rng: Inputs) -> None:
    judge_values(student, rng, "tanh_from_sigmoid", torch.tanh, absolute=lambda a: a.abs() < 0.2)


@activations.test("tanh_from_sigmoid: gradients")
def test_tanh_from_sigmoid_gradients(student: Student) -> None:
    judge_gradients(student, "tanh_from_sigmoid", lambda a: 4 * true_dsigmoid(2 * a))


@activations.test("relu: values")
def test_relu_values(student: Student, rng: Inputs) -> None:
    judge_values(student, rng, "relu", lambda a: torch.where(a > 0, a, 0.0))


@activations.test("relu: gradients")
def test_relu_gradients(student: Student) -> None:
    judge_gradients(student, "relu", lambda a: (a > 0).to(a.dtype))


@activations.test("softplus: values, and the digits of small ones")
def test_softplus_values(student: Student, rng: Inputs) -> None:
    judge_values(student, rng, "softplus", true_softplus)


@activations.test("softplus: gradients")
def test_softplus_gradients(student: Student) -> None:
    judge_gradients(student, "softplus", true_sigmoid)


@activations.test("elementwise, for tensors of any shape", hidden=True)
def test_activations_shapes(student: Student, rng: Inputs) -> None:
    for name, truth in [
        ("relu", lambda a: a.clamp(min=0)),
        ("sigmoid", true_sigmoid),
        ("tanh_from_sigmoid", torch.tanh),
        ("softplus", true_softplus),
    ]:
        function = function_of(student, name)
        for dtype in DTYPES:
            for shape in [(1,), (4, 3), (1, 5), (2, 3, 4)]:
                a = 3 * rng.normal(*shape, dtype=dtype)
                close(function(a), truth(a.double()).to(dtype), f"{name}(a)")


def function_of(student: Student, name: str) -> Any:
    """The student's function; where it is not relu itself, the library's relu is a mere tool."""
    if name != "relu":
        student.rules = student.rules._replace(library=student.rules.library - {"relu"})
    return getattr(student, name)


def judge_values(
    student: Student,
    rng: Inputs,
    name: str,
    truth: Unit,
    absolute: Unit = torch.zeros_like,
) -> None:
    function = function_of(student, name)
    for dtype in DTYPES:
        for points in (SMALL, MEDIUM, LARGE[dtype], HUGE):
            a = torch.tensor([0.0, *points], dtype=dtype)
            expected = truth(a.double())
            got = function(a)
            judge_entries(got, a, expected, name + "({})", TOLERANCE[dtype], absolute(a))
        a = 4 * rng.normal(3, 4, dtype=dtype)
        close(function(a), truth(a.double()).to(dtype), f"{name}(a)")


def judge_gradients(
    student: Student, name: str, truth: Unit, absolute: Unit = torch.ones_like
) -> None:
    """Gradients at any point but 0; like torch's own, they may lose digits where they are tiny."""
    function = function_of(student, name)
    for dtype in DTYPES:
        for points in (SMALL, MEDIUM, HUGE, LARGE[dtype]):
            a = torch.tensor(points, dtype=dtype)
            (got,) = function.gradient(a)
            expected = truth(a.double())
            entry = f"The derivative of {name} at {{}}"
            judge_entries(got, a, expected, entry, TOLERANCE[dtype], absolute(a))


def judge_entries(
    got: Any, a: Tensor, expected: Tensor, entry: str, tolerance: float, absolute: Tensor
) -> None:
    """Each entry relative to itself, but relative to 1 where ``absolute`` says so.

    Of values that the dtype is too small for it is only asked that they are tiny.
    """
    got = shaped(got, a.shape, a.dtype, entry.format("a"))
    allowed = tolerance * expected.abs()
    allowed[expected.abs() < torch.finfo(a.dtype).tiny] = 1e-30
    allowed[absolute.bool()] = tolerance
    answer = got.detach().double()
    wrong = ~((answer - expected).abs() <= allowed)
    if bool(wrong.any()):
        k = int(wrong.int().argmax())
        digits = 6 if f"{expected[k]:.6g}" != f"{answer[k]:.6g}" else 12
        raise Wrong(
            f"{entry.format(f'{a[k]:g}')} should be {expected[k]:.{digits}g}; yours is "
            f"{answer[k]:.{digits}g}.",
            ("dtype", str(a.dtype).removeprefix("torch.")),
            ("a", summary(a, 20)),
            ("Expected", summary(expected.to(a.dtype), 20)),
            ("Came", summary(got, 20)),
            ("Allowed there", f"a difference of {float(allowed[k]):.2g}"),
        )


# 2.5

collapse = Exercise(
    "2.5",
    ["collapse"],
    points=2,
    difficulty=2,
    minutes=15,
    hints=[
        "Take two layers and write the second one's output with the first one put in: "
        "W_2 (W_1 x + b_1) + b_2. Multiply out.",
        "So two layers are one layer with W = W_2 W_1 and b = W_2 b_1 + b_2. Put this one together "
        "with the third, and so on.",
        "W, b = weights[0], biases[0]; then for each further W_k, b_k: W, b = W_k @ W, W_k @ b + "
        "b_k.",
    ],
)


@collapse.test("three layers of three units")
def test_collapse_equal_sizes(student: Student, rng: Inputs) -> None:
    judge_collapse(student, rng, [3, 3, 3, 3])


@collapse.test("layers of different sizes")
def test_collapse_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_collapse(student, rng, [2, 5, 3], dtype)
        judge_collapse(student, rng, [4, 3, 6, 2, 5], dtype)


@collapse.test("one layer is itself")
def test_collapse_one_layer(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_collapse(student, rng, [3, 2], dtype)


@collapse.test("layers of one unit, many layers", hidden=True)
def test_collapse_one_unit(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_collapse(student, rng, [1, 1, 1], dtype)
        judge_collapse(student, rng, [4, 1, 3], dtype)
        judge_collapse(student, rng, [1, 3, 1], dtype)
        judge_collapse(student, rng, [2, 3, 2, 4, 3, 2, 3], dtype)


def judge_collapse(
    student: Student, rng: Inputs, sizes: Sequence[int], dtype: torch.dtype = torch.float64
) -> None:
    weights, biases = network(rng, sizes, dtype)
    W, b = unpack(student.collapse(weights, biases), "W, b")
    shaped(W, (sizes[-1], sizes[0]), dtype, "W")
    shaped(b, (sizes[-1],), dtype, "b")
    units = [identity] * len(weights)
    zero = torch.zeros(1, sizes[0], dtype=dtype)
    close(b, output(zero, weights, biases, units)[0], "b, the network's output for x = 0,")
    X = rng.normal(5, sizes[0], dtype=dtype)
    close(F.linear(X, W, b), output(X, weights, biases, units), "X W^T + b")
    without_biases = [torch.zeros_like(b_k) for b_k in biases]
    close(W, output(torch.eye(sizes[0], dtype=dtype), weights, without_biases, units).T, "W")


# 2.6

xor_network = Exercise(
    "2.6",
    ["xor_network"],
    points=2,
    difficulty=2,
    minutes=15,
    hints=[
        "Look at the sum s = x_1 + x_2: the output must be 0, 1, 0 for s = 0, 1, 2. Draw this "
        "function of s. Where does its slope change?",
        "relu(s) rises with slope 1 from s = 0 on. At s = 1 the slope must become -1: what has to "
        "be added there?",
        "h_1 = relu(x_1 + x_2) and h_2 = relu(x_1 + x_2 - 1) are rows (1, 1), (1, 1) of W1 and "
        "b1 = (0, -1); the output is h_1 - 2 h_2.",
    ],
)

POINTS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))


@xor_network.test("four tensors of the right shapes")
def test_xor_network_shapes(student: Student) -> None:
    read_xor(student.xor_network())


@xor_network.test("the output for the four points")
def test_xor_network_outputs(student: Student) -> None:
    judge_xor(student)


@xor_network.test("the output again, of a second call", hidden=True)
def test_xor_network_again(student: Student) -> None:
    read_xor(student.xor_network())
    judge_xor(student)


def judge_xor(student: Student) -> None:
    W1, b1, w2, b2 = read_xor(student.xor_network())
    A = (torch.tensor(POINTS, dtype=W1.dtype)[:, None, :] * W1).sum(-1) + b1
    H = A.clamp(min=0)
    Y = (H * w2).sum(-1) + b2
    rounding = 4 * torch.finfo(W1.dtype).eps  # as left by thirds and tenths
    for x, a, h, y in zip(POINTS, A, H, Y, strict=True):
        truth = float(x[0] != x[1])
        require(
            abs(float(y) - truth) <= rounding,
            f"The output for ({x[0]:g}, {x[1]:g}) should be exactly {truth:g}; it is "
            f"{float(y):.8g}.",
            ("a = W1 x + b1", summary(a)),
            ("h = relu(a)", summary(h)),
            ("The outputs for (0, 0), (0, 1), (1, 0), (1, 1)", summary(Y)),
        )


def read_xor(got: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The four parameters, all in the dtype of the first."""
    W1, b1, w2, b2 = unpack(got, "W1, b1, w2, b2")
    for name, tensor, shape in (("W1", W1, (2, 2)), ("b1", b1, (2,)), ("w2", w2, (2,))):
        shaped(tensor, shape, what=name)
        require(
            tensor.dtype in DTYPES,
            f"{name} holds {str(tensor.dtype).removeprefix('torch.')}, which no float32 X can be "
            "multiplied with: write 1.0 in place of 1.",
        )
    require(
        isinstance(b2, int | float | Tensor) and not isinstance(b2, bool),
        "b2 should be a number, or a 0-d tensor.",
        ("It was", summary(b2)),
    )
    b2 = shaped(torch.as_tensor(b2), (), what="b2")
    W1, b1, w2, b2 = (p.detach().to(W1.dtype) for p in (W1, b1, w2, b2))
    return W1, b1, w2, b2


# 2.7

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
    for sizes in ([3, 4, 2], [2, 5, 3, 4], [3, 3, 3]):
        net = student.MLP(sizes)
        put(student, net, network(rng, sizes, torch.float32))


@mlp.test("the output, with three units everywhere")
def test_mlp_equal_sizes(student: Student, rng: Inputs) -> None:
    judge_mlp(student, rng, 4, [3, 3, 3, 3], torch.tanh)


@mlp.test("the output, for layers of different sizes")
def test_mlp_sizes(student: Student, rng: Inputs) -> None:
    judge_mlp(student, rng, 4, [2, 5, 3], torch.sin)
    judge_mlp(student, rng, 6, [4, 3, 5, 2, 3], torch.sigmoid)
    judge_mlp(student, rng, 3, [2, 4, 1], torch.tanh)


@mlp.test("ReLU where no activation is given")
def test_mlp_default(student: Student, rng: Inputs) -> None:
    judge_mlp(student, rng, 8, [3, 6, 5, 2])


@mlp.test("no hidden layer: a linear unit")
def test_mlp_one_layer(student: Student, rng: Inputs) -> None:
    judge_mlp(student, rng, 4, [3, 2], torch.tanh)


@mlp.test("gradients flow through it")
def test_mlp_gradients(student: Student, rng: Inputs) -> None:
    for sizes in ([3, 3, 3], [2, 4, 5, 3]):
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
    judge_mlp(student, rng, 1, [3, 4, 2], bump)
    judge_mlp(student, rng, 4, [1, 1, 1], torch.tanh)
    judge_mlp(student, rng, 1, [2, 1], torch.cos)
    judge_mlp(student, rng, 7, [4, 1, 3], torch.exp)


@mlp.test("in float64, and deep", hidden=True)
def test_mlp_float64(student: Student, rng: Inputs) -> None:
    sizes = [3, 4, 4, 2, 5, 3, 2]
    net, values = student.MLP(sizes, activation=torch.sin), network(rng, sizes)
    net.double()
    put(student, net, values)
    X = rng.normal(5, 3)
    close(net(X), mlp_output(X, values, torch.sin), "the output of the network")


def judge_mlp(
    student: Student, rng: Inputs, N: int, sizes: list[int], g: Unit | None = None
) -> None:
    """The output of a network with parameters from the check."""
    net = student.MLP(sizes) if g is None else student.MLP(sizes, g)
    values = network(rng, sizes, torch.float32)
    put(student, net, values)
    X = rng.normal(N, sizes[0], dtype=torch.float32)
    close(net(X), mlp_output(X, values, g or torch.relu), "the output of the network")


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


# 2.8

softmax = Exercise(
    "2.8",
    ["softmax"],
    points=2,
    difficulty=2,
    minutes=10,
    library=["softmax", "log_softmax", "softmin", "gumbel_softmax"],
    hints=[
        "exp(1e4) overflows. Which number can you subtract from all scores of a row without any "
        "effect on the quotient?",
        "exp(y_k - c) / sum_j exp(y_j - c) is the same for every c. With c the largest score of "
        "the row no exponent is above 0, and the sum is at least 1.",
        "E = torch.exp(Y - Y.amax(dim=1, keepdim=True)), then E / E.sum(dim=1, keepdim=True).",
    ],
)


@softmax.test("as many samples as classes")
def test_softmax_square(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_softmax(student, rng.normal(3, 3, dtype=dtype))


@softmax.test("any numbers of samples and classes")
def test_softmax_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for shape in [(5, 3), (2, 6), (1, 4), (4, 2)]:
            judge_softmax(student, 3 * rng.normal(*shape, dtype=dtype))


@softmax.test("scores of 1e4")
def test_softmax_large(student: Student, rng: Inputs) -> None:
    Y = torch.tensor(
        [[1e4, 1e4 - 1, 0], [-1e4, -1e4 + 2, -1e4], [1e4, -1e4, 0], [1, 0, 2]], dtype=torch.float64
    )
    for row in Y:
        judge_softmax(student, row[None])
    judge_softmax(student, Y)
    judge_softmax(student, 1e4 * rng.normal(6, 5))


@softmax.test("it can be differentiated")
def test_softmax_gradients(student: Student, rng: Inputs) -> None:
    for Y in (rng.normal(4, 3), rng.normal(2, 5, dtype=torch.float32), 1e4 * rng.normal(4, 3)):
        (got,) = student.softmax.gradient(Y)
        # The rows sum to 1 wherever the scores are, so that this sum has no slope.
        said = "1 + the gradient of the sum of all probabilities"
        close(1 + got, torch.ones_like(Y), said)


@softmax.test("one class, equal scores, float32 and scores of 1e4", hidden=True)
def test_softmax_extremes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_softmax(student, rng.normal(4, 1, dtype=dtype))
        judge_softmax(student, torch.zeros(2, 5, dtype=dtype))
        judge_softmax(student, torch.full((1, 4), -50.0, dtype=dtype))
        judge_softmax(student, rng.normal(40, 10, dtype=dtype))
    Y = torch.tensor([[1e4, 1e4, -1e4, 0.0], [-1e4, -2e4, -1e4, -3e4]])
    judge_softmax(student, Y, tolerance=1e-2)
    judge_softmax(student, torch.tensor([[1e4], [-1e4]]), tolerance=1e-2)


def judge_softmax(student: Student, Y: Tensor, tolerance: float | None = None) -> None:
    close(student.softmax(Y), torch.softmax(Y, dim=1), "softmax(Y)", tolerance=tolerance)


# 2.9

losses = Exercise(
    "2.9",
    ["square_error", "cross_entropy"],
    points=2,
    difficulty=2,
    minutes=15,
    library=["cross_entropy", "cross_entropy_loss"],
    answers=["course_dl.losses"],
    hints=[
        "Both are sums over the samples of the batch, no means. Square error: all squares of y - d "
        "added up, and a half of that.",
        "Cross-entropy needs one score a row, that of the class d_i: y.gather(1, d[:, None]), or "
        "y[torch.arange(len(y)), d]. And log sum_k exp(y_k) overflows at 1e4, unless the largest "
        "score is taken out of it first: c + log sum_k exp(y_k - c).",
        "torch.logsumexp(y, dim=1) does this. Subtract the scores of the classes d, then .sum(); "
        "no .item(), which would cut the graph.",
    ],
)


@losses.test("square_error: values")
def test_square_error_values(student: Student, rng: Inputs) -> None:
    y, d = torch.tensor([[1.0, 2.0], [0.0, -1.0]]), torch.tensor([[0.0, 4.0], [0.0, 2.0]])
    said = "The square error for differences y - d of (1, -2) and (0, -3)"
    judge_by_hand(student.square_error(y, d), 7.0, said)
    for dtype in DTYPES:
        for shape in [(5, 3), (4, 1), (1, 6), (1, 1)]:
            judge_square_error(student, rng, shape, dtype)


@losses.test("square_error: gradients")
def test_square_error_gradients(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for shape in [(5, 3), (4, 1)]:
            y, d = rng.normal(*shape, dtype=dtype), rng.normal(*shape, dtype=dtype)
            (got,) = student.square_error.gradient(y, d)
            close(got, y - d, "the gradient of the square error")


@losses.test("cross_entropy: values")
def test_cross_entropy_values(student: Student, rng: Inputs) -> None:
    y, d = torch.zeros(4, 5), torch.tensor([0, 4, 2, 2])
    said = "The cross-entropy of 4 samples whose 5 scores are all 0, 4 log 5,"
    judge_by_hand(student.cross_entropy(y, d), 4 * math.log(5), said)
    for dtype in DTYPES:
        for N, K in [(3, 3), (6, 4), (2, 5), (1, 3)]:
            batches = [(2 * rng.normal(N, K, dtype=dtype), rng.classes(N, K)) for _ in range(3)]
            judge_cross_entropy(student, batches)


@losses.test("cross_entropy: gradients")
def test_cross_entropy_gradients(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for N, K in [(6, 4), (3, 3), (1, 2)]:
            y, d = rng.normal(N, K, dtype=dtype), rng.classes(N, K)
            judge_cross_entropy_gradient(student, y, d)


@losses.test("cross_entropy: scores of 1e4")
def test_cross_entropy_large(student: Student, rng: Inputs) -> None:
    y = torch.tensor(
        [[1e4, 1e4 - 1, 0], [-1e4, -1e4 + 2, -1e4], [1e4, -1e4, 0], [1, 0, 2]], dtype=torch.float64
    )
    batches = [(y, torch.tensor(d)) for d in ([0, 0, 0, 0], [1, 1, 1, 1], [2, 0, 2, 1])]
    batches += [(1e4 * rng.normal(6, 4), rng.classes(6, 4))]
    judge_cross_entropy(student, batches)
    for batch in batches:
        judge_cross_entropy_gradient(student, *batch)


@losses.test("square_error: large batches, errors of 1e4, no error", hidden=True)
def test_square_error_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        judge_square_error(student, rng, (60, 4), dtype)
        y = rng.normal(3, 2, dtype=dtype)
        got = scalar_loss(student.square_error(y, y.clone()), dtype)
        close(got, y.new_zeros(()), "the square error where y = d")
    judge_square_error(student, rng, (4, 3), torch.float64, size=1e4)


@losses.test("cross_entropy: large batches, one class, two classes", hidden=True)
def test_cross_entropy_sizes(student: Student, rng: Inputs) -> None:
    for dtype in DTYPES:
        for N, K in [(60, 10), (5, 2), (1, 2)]:
            batches = [(rng.normal(N, K, dtype=dtype), rng.classes(N, K)) for _ in range(3)]
            judge_cross_entropy(student, batches)
        y, d = rng.normal(4, 1, dtype=dtype), torch.zeros(4, dtype=torch.int64)
        got = scalar_loss(student.cross_entropy(y, d), dtype)
        close(1 + got, y.new_ones(()), "1 + the cross-entropy with a single class")
    y = torch.tensor([[1e4, 0, 3], [0, -1e4, 1e4]])
    judge_cross_entropy(student, [(y, torch.tensor([1, 1]))], tolerance=1e-2)


def judge_square_error(
    student: Student, rng: Inputs, shape: tuple[int, int], dtype: torch.dtype, size: float = 1.0
) -> None:
    """Several batches, so that only a constant factor is told to be one."""
    got, truth = [], []
    for _ in range(3):
        y, d = (size * rng.normal(*shape, dtype=dtype) for _ in range(2))
        got.append(scalar_loss(student.square_error(y, d), dtype))
        truth.append(F.mse_loss(y, d, reduction="sum") / 2)
    close(torch.stack(got), torch.stack(truth), f"the square error of three batches {shape}")


def judge_cross_entropy(
    student: Student, batches: Sequence[tuple[Tensor, Tensor]], tolerance: float | None = None
) -> None:
    """Several batches, so that only a constant factor is told to be one."""
    y = batches[0][0]
    got = [scalar_loss(student.cross_entropy(y, d), y.dtype) for y, d in batches]
    truth = [F.cross_entropy(y, d, reduction="sum") for y, d in batches]
    said = f"the cross-entropy of {len(batches)} batches of scores {tuple(y.shape)}"
    close(torch.stack(got), torch.stack(truth), said, tolerance=tolerance)


def judge_cross_entropy_gradient(student: Student, y: Tensor, d: Tensor) -> None:
    truth = torch.softmax(y, dim=1) - F.one_hot(d, y.shape[1])
    (got,) = student.cross_entropy.gradient(y, d)
    close(1 + got, 1 + truth, "1 + the gradient of the cross-entropy")


def judge_by_hand(got: Any, truth: float, what: str) -> None:
    value = float(scalar_loss(got, torch.float32))
    require(abs(value - truth) <= 1e-4 * truth, f"{what} should be {truth:g}; yours is {value:g}.")


def scalar_loss(got: Any, dtype: torch.dtype) -> Tensor:
    """A 0-d tensor of this dtype; a Python number has no gradient."""
    require(
        not isinstance(got, int | float),
        "The loss is a Python number, which autograd cannot differentiate: return the 0-d tensor "
        "itself, without .item() or float().",
    )
    return shaped(got, (), dtype, "the loss")
