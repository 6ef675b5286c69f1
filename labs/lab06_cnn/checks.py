"""Checks of lab 6. What is true of convolutions and of pooling, torch's own functions say.

What makes a network convolutional is judged by what it does: see `check_nonlinear` and
`check_convolutions`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.data import fashion_mnist
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
from course_dl.lab.challenge import SLACK, Challenge, check_scores
from course_dl.lab.states import Forbidden
from course_dl.lab.student import Call, Remote, backward
from course_dl.lab.values import summary

FLOAT32, FLOAT64 = torch.float32, torch.float64
CONVOLUTIONS = ("conv2d", "conv3d", "convolution", "mkldnn_convolution", "thnn_conv2d")
POOLS = (
    "max_pool2d",
    "max_pool2d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "mkldnn_max_pool2d",
)


@contextlib.contextmanager
def about(call: Call) -> Iterator[None]:
    """What the block finds wrong is told with this call, not with the last one."""
    try:
        yield
    except Wrong as wrong:
        told = wrong.failure
        raise Wrong(told.message, *told.details, ("The call", str(call))) from None


def whole(got: Any, truth: int, what: str, case: str) -> None:
    """Check an int; a 0-d tensor of integers will do."""
    if isinstance(got, Tensor) and got.dim() == 0 and not got.is_floating_point():
        got = int(got)
    require(got is not None, f"{what} is None: is a return missing?", ("The call", case))
    require(
        isinstance(got, int) and not isinstance(got, bool),
        f"{what} should be an int.",
        ("The call", case),
        ("It was", summary(got)),
    )
    require(
        got == truth,
        f"{what} is wrong.",
        ("The call", case),
        ("Expected", str(truth)),
        ("Came", str(got)),
    )


# 6.1

output_size = Exercise(
    "6.1",
    ["output_size"],
    points=1,
    difficulty=1,
    minutes=10,
    answers=["course_dl.convolution"],
    hints=[
        "Draw a row of 7 pixels and a filter of 3, and count its places: with a stride of 1, then "
        "of 2. What does padding change?",
        "The first place of the filter begins at pixel 0, the last one can begin at pixel "
        "n + 2 * padding - kernel. How many steps of `stride` lie between?",
        "(n + 2 * padding - kernel) // stride + 1; // rounds down.",
    ],
)


def check_sizes(student: Student, *cases: tuple[int, int, int, int]) -> None:
    got = [student.output_size(*case) for case in cases]
    for size, (n, kernel, stride, padding) in zip(got, cases, strict=True):
        row = torch.zeros(1, 1, n + 2 * padding)
        truth = F.conv1d(row, torch.zeros(1, 1, kernel), stride=stride).shape[2]
        call = f"output_size({n}, {kernel}, {stride}, {padding})"
        whole(size, truth, "The number of places", call)


@output_size.test("one pixel at a time, without padding")
def test_output_size_plain(student: Student) -> None:
    check_sizes(student, (7, 3, 1, 0), (28, 5, 1, 0), (10, 1, 1, 0), (6, 2, 1, 0))
    for case in [(28, 5), (32, 3)]:
        call = f"output_size({case[0]}, {case[1]})"
        whole(student.output_size(*case), case[0] - case[1] + 1, "The number of places", call)


@output_size.test("strides, with and without a rest")
def test_output_size_strides(student: Student) -> None:
    check_sizes(student, (7, 3, 2, 0), (8, 3, 2, 0), (28, 2, 2, 0), (10, 3, 3, 0), (11, 3, 3, 0))


@output_size.test("padding")
def test_output_size_padding(student: Student) -> None:
    check_sizes(student, (28, 5, 1, 2), (28, 3, 1, 1), (7, 3, 2, 1), (8, 3, 2, 1), (5, 5, 3, 4))
    got = student.output_size(9, 4, padding=2, stride=3)
    whole(got, 4, "The number of places", "output_size(9, 4, padding=2, stride=3)")


@output_size.test("a filter as large as the image")
def test_output_size_whole_image(student: Student) -> None:
    check_sizes(student, (5, 5, 1, 0), (28, 28, 3, 0), (1, 1, 1, 0), (3, 5, 2, 1), (4, 4, 7, 0))


@output_size.test("any sizes", hidden=True)
def test_output_size_any(student: Student, rng: Inputs) -> None:
    cases: list[tuple[int, int, int, int]] = []
    while len(cases) < 40:
        n, kernel, stride, padding = (int(rng.integers(low, 12, 1)) for low in (1, 1, 1, 0))
        if kernel <= n + 2 * padding:
            cases.append((n, kernel, stride, padding))
    check_sizes(student, *cases)
    check_sizes(student, (224, 7, 2, 3), (227, 11, 4, 0), (1000, 7, 5, 2))


# 6.2 and 6.3

conv2d = Exercise(
    "6.2",
    ["conv2d"],
    points=3,
    difficulty=2,
    minutes=25,
    library=CONVOLUTIONS,
    answers=["course_dl.convolution"],
    hints=[
        "Start with one filter and no padding: two loops over the places (i, j) of the output. "
        "Which part of the image does the filter lie on there?",
        "The patch is x[:, i * stride : i * stride + k, j * stride : j * stride + k], of all "
        "channels; multiply it with the filter entry by entry, add up, add the bias.",
        "F.pad(x, (padding,) * 4) first. All filters at once: out[:, i, j] = (w * patch)"
        ".sum((1, 2, 3)) + b. torch.empty and torch.zeros need dtype=x.dtype.",
    ],
)

conv2d_unfold = Exercise(
    "6.3",
    ["conv2d_unfold"],
    points=3,
    difficulty=2,
    minutes=25,
    library=CONVOLUTIONS,
    answers=["course_dl.convolution"],
    hints=[
        "F.unfold(x, k, stride=stride, padding=padding) makes a column of each patch: print its "
        "shape for a small x. What is the shape of the filters as rows?",
        "w.reshape(M, -1) @ columns is (N, M, patches): matmul goes through the batch by itself. "
        "The bias has to stand beside the filters: b[:, None].",
        "The patches are in the order of the pixels of the output: .reshape(N, M, H', W'), with "
        "the two sizes from output_size.",
    ],
)

Case = tuple[int, int, int, int, int, int, int, int]  # N, C, H, W, M, k, stride, padding


def filters(rng: Inputs, M: int, C: int, k: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    return rng.normal(M, C, k, k, dtype=dtype), rng.normal(M, dtype=dtype)


def describe(H: int, W: int, k: int, stride: int, padding: int) -> str:
    text = f"image of {H} x {W}, filters of {k} x {k}"
    text += f", stride {stride}" * (stride != 1) + f", padding {padding}" * (padding != 0)
    return f"({text})"


def check_convolution(
    student: Student, rng: Inputs, name: str, cases: list[Case], dtype: torch.dtype = FLOAT64
) -> None:
    """All calls are made before any is judged: together they tell one mistake from another."""
    given, results = [], []
    for N, C, H, W, M, k, stride, padding in cases:
        x, (w, b) = rng.normal(N, C, H, W, dtype=dtype), filters(rng, M, C, k, dtype)
        given.append((x, w, b))
        image = x[0] if name == "conv2d" else x
        steps = {} if (stride, padding) == (1, 0) else {"stride": stride, "padding": padding}
        results.append(getattr(student, name)(image, w, b, **steps))
    calls = student.calls[-len(cases) :]
    for got, (x, w, b), case, call in zip(results, given, cases, calls, strict=True):
        truth = F.conv2d(x, w, b, stride=case[6], padding=case[7])
        what = f"the output {describe(*case[2:4], *case[5:])}"
        with about(call):
            close(got, truth[0] if name == "conv2d" else truth, what)


@conv2d.test("one filter on one channel, by hand")
def test_conv2d_by_hand(student: Student) -> None:
    x = torch.arange(12.0).view(1, 3, 4)
    x[0, 1, 1] = -1.0
    w = torch.tensor([[[[1.0, 2.0], [0.0, -1.0]]]])
    got = student.conv2d(x, w, torch.tensor([0.5]))
    # the entry at the top left: 1 * 0 + 2 * 1 + 0 * 4 - 1 * -1 + 0.5
    truth = torch.tensor([[[3.5, -0.5, 1.5], [-6.5, 1.5, 9.5]]])
    close(got, truth, "the output")


@conv2d.test("a filter is laid on the image as it is")
def test_conv2d_impulse(student: Student, rng: Inputs) -> None:
    # An image that is the filter: the largest response is its energy, in the middle.
    w = rng.normal(1, 1, 3, 3)
    x = F.pad(w[0], (2, 2, 2, 2))
    got = student.conv2d(x, w, torch.zeros(1, dtype=FLOAT64))
    close(got, F.conv2d(x[None], w)[0], "the output for an image of the filter itself")


@conv2d.test("several channels, several filters, images that are not square")
def test_conv2d_channels(student: Student, rng: Inputs) -> None:
    cases = [(1, 3, 6, 6, 3, 3, 1, 0), (1, 2, 5, 8, 4, 3, 1, 0), (1, 4, 7, 4, 2, 2, 1, 0)]
    check_convolution(student, rng, "conv2d", cases)
    check_convolution(student, rng, "conv2d", cases[1:2], FLOAT32)


@conv2d.test("stride and padding")
def test_conv2d_steps(student: Student, rng: Inputs) -> None:
    cases = [
        (1, 2, 7, 9, 3, 3, 2, 0),
        (1, 1, 5, 6, 2, 3, 1, 1),
        (1, 2, 8, 6, 2, 3, 2, 1),
        (1, 1, 6, 5, 1, 2, 3, 2),
    ]
    check_convolution(student, rng, "conv2d", cases)
    check_convolution(student, rng, "conv2d", cases[2:3], FLOAT32)


@conv2d.test("one pixel, and a filter as large as the image", hidden=True)
def test_conv2d_small(student: Student, rng: Inputs) -> None:
    cases = [
        (1, 3, 4, 6, 2, 1, 1, 0),
        (1, 2, 4, 4, 3, 4, 1, 0),
        (1, 1, 1, 1, 1, 1, 1, 0),
        (1, 2, 1, 3, 2, 3, 1, 1),
    ]
    for dtype in (FLOAT64, FLOAT32):
        check_convolution(student, rng, "conv2d", cases, dtype)


@conv2d.test("larger strides, wider margins", hidden=True)
def test_conv2d_wide(student: Student, rng: Inputs) -> None:
    cases = [
        (1, 2, 9, 6, 2, 2, 4, 0),
        (1, 1, 4, 7, 3, 3, 2, 3),
        (1, 3, 6, 9, 5, 5, 3, 2),
        (1, 5, 6, 7, 1, 4, 2, 1),
    ]
    check_convolution(student, rng, "conv2d", cases)


@conv2d_unfold.test("a batch of one image")
def test_conv2d_unfold_one(student: Student, rng: Inputs) -> None:
    cases = [(1, 1, 4, 4, 1, 3, 1, 0), (1, 3, 6, 6, 3, 3, 1, 0), (1, 2, 5, 8, 4, 2, 1, 0)]
    check_convolution(student, rng, "conv2d_unfold", cases)


@conv2d_unfold.test("batches, images that are not square")
def test_conv2d_unfold_batch(student: Student, rng: Inputs) -> None:
    cases = [(3, 2, 5, 8, 4, 3, 1, 0), (4, 3, 7, 5, 2, 2, 1, 0), (2, 1, 6, 6, 2, 3, 1, 0)]
    check_convolution(student, rng, "conv2d_unfold", cases)
    check_convolution(student, rng, "conv2d_unfold", cases[:1], FLOAT32)


@conv2d_unfold.test("stride and padding")
def test_conv2d_unfold_steps(student: Student, rng: Inputs) -> None:
    cases = [
        (2, 2, 7, 9, 3, 3, 2, 0),
        (3, 1, 5, 6, 2, 3, 1, 1),
        (2, 3, 8, 6, 2, 3, 2, 1),
        (1, 1, 6, 5, 1, 2, 3, 2),
    ]
    check_convolution(student, rng, "conv2d_unfold", cases)
    check_convolution(student, rng, "conv2d_unfold", cases[2:3], FLOAT32)


@conv2d_unfold.test("no loop over pixels")
def test_conv2d_unfold_no_loop(student: Student, rng: Inputs) -> None:
    w, b = filters(rng, 3, 2, 3, FLOAT64)
    counts = {}
    for size in (5, 17):
        x = rng.normal(2, 2, size, size + 1)
        counts[size] = student.conv2d_unfold.operations(x, w, b, 1, 1)
    require(
        counts[17] < 1.5 * counts[5] + 100,
        "The work grows with the size of the image: there is a loop over its pixels, or over its "
        "rows. One matrix product can do all of them.",
        *((f"Operations for {n} x {n + 1} pixels", f"{count:,}") for n, count in counts.items()),
    )


@conv2d_unfold.test("one pixel, one filter, one channel", hidden=True)
def test_conv2d_unfold_small(student: Student, rng: Inputs) -> None:
    cases = [
        (3, 3, 4, 6, 2, 1, 1, 0),
        (2, 2, 4, 4, 3, 4, 1, 0),
        (1, 1, 1, 1, 1, 1, 1, 0),
        (5, 1, 6, 4, 1, 3, 1, 0),
    ]
    for dtype in (FLOAT64, FLOAT32):
        check_convolution(student, rng, "conv2d_unfold", cases, dtype)


@conv2d_unfold.test("larger strides, wider margins, a larger image", hidden=True)
def test_conv2d_unfold_wide(student: Student, rng: Inputs) -> None:
    cases = [
        (2, 2, 9, 6, 2, 2, 4, 0),
        (2, 1, 4, 7, 3, 3, 2, 3),
        (4, 3, 6, 9, 5, 5, 3, 2),
        (2, 4, 28, 20, 6, 5, 1, 2),
    ]
    check_convolution(student, rng, "conv2d_unfold", cases)


# 6.4

max_pool2d = Exercise(
    "6.4",
    ["max_pool2d"],
    points=2,
    difficulty=2,
    minutes=15,
    library=POOLS,
    answers=["course_dl.convolution"],
    hints=[
        "There are H // k times W // k windows; cut off the rows and columns that do not fill one.",
        "reshape can split an axis: H rows become H // k groups of k rows. With both axes split, "
        "the windows lie along axes 3 and 5 of (N, C, H // k, k, W // k, k).",
        "x[:, :, :h*k, :w*k].reshape(N, C, h, k, w, k).amax((3, 5)) with h, w = H // k, W // k.",
    ],
)


def check_pool(student: Student, *cases: tuple[Tensor, int]) -> None:
    results = [student.max_pool2d(x, k) for x, k in cases]
    calls = student.calls[-len(cases) :]
    for got, (x, k), call in zip(results, cases, calls, strict=True):
        H, W = x.shape[2:]
        with about(call):
            close(got, F.max_pool2d(x, k), f"the output for {H} x {W} pixels and k = {k}")


@max_pool2d.test("windows side by side")
def test_max_pool2d_even(student: Student, rng: Inputs) -> None:
    x = rng.permutation(36).double().view(1, 1, 6, 6)
    check_pool(student, (x, 2), (x, 3), (rng.normal(3, 2, 4, 6), 2), (rng.normal(2, 5, 8, 4), 4))
    check_pool(student, (rng.normal(2, 3, 6, 4, dtype=FLOAT32), 2))


@max_pool2d.test("pixels below 0")
def test_max_pool2d_negative(student: Student, rng: Inputs) -> None:
    x = rng.normal(2, 2, 6, 6)
    check_pool(student, (-1 - x.abs(), 2), (-3 - x.abs(), 3))


@max_pool2d.test("rows and columns that fill no window are left out")
def test_max_pool2d_odd(student: Student, rng: Inputs) -> None:
    cases = [(5, 5, 2), (7, 4, 2), (4, 7, 3), (8, 10, 3)]
    check_pool(student, *((rng.normal(2, 3, H, W), k) for H, W, k in cases))


@max_pool2d.test("windows of one pixel, and one window", hidden=True)
def test_max_pool2d_extremes(student: Student, rng: Inputs) -> None:
    x = rng.normal(2, 3, 4, 4)
    check_pool(student, (x, 1), (x, 4), (rng.normal(1, 1, 1, 1), 1), (rng.normal(3, 1, 5, 7), 4))


@max_pool2d.test("larger images, float32, scores of 1e4", hidden=True)
def test_max_pool2d_large(student: Student, rng: Inputs) -> None:
    x = rng.normal(4, 6, 28, 27, dtype=FLOAT32)
    check_pool(student, (x, 2), (1e4 * x - 2e4, 2), (x, 5), (x - 10, 3))


# 6.5

conv_parameters = Exercise(
    "6.5",
    ["conv_parameters"],
    points=1,
    difficulty=1,
    minutes=5,
    hints=[
        "How many numbers are in one filter? It looks at all channels of its input.",
        "c_out filters of c_in * kernel * kernel weights, and a bias each.",
        "c_out * (c_in * kernel**2 + 1)",
    ],
)


def check_parameters(student: Student, *cases: tuple[int, int, int]) -> None:
    results = [student.conv_parameters(*case) for case in cases]
    for got, (c_in, c_out, kernel) in zip(results, cases, strict=True):
        layer = torch.nn.Conv2d(c_in, c_out, kernel, device="meta")
        truth = sum(p.numel() for p in layer.parameters())
        call = f"conv_parameters({c_in}, {c_out}, {kernel})"
        whole(got, truth, "The number of parameters", call)


@conv_parameters.test("LeNet's two convolutions")
def test_conv_parameters_lenet(student: Student) -> None:
    check_parameters(student, (1, 6, 5), (6, 16, 5))


@conv_parameters.test("other channels, other filters")
def test_conv_parameters_others(student: Student) -> None:
    check_parameters(student, (3, 8, 3), (8, 3, 3), (3, 3, 1), (16, 4, 7))


@conv_parameters.test("one of each, and many", hidden=True)
def test_conv_parameters_extremes(student: Student, rng: Inputs) -> None:
    check_parameters(student, (1, 1, 1), (64, 128, 3), (512, 512, 3), (1, 9, 2))
    for _ in range(5):
        c_in, c_out, kernel = rng.integers(1, 20, 3).tolist()
        check_parameters(student, (c_in, c_out, kernel))


# 6.6

lenet = Exercise(
    "6.6",
    ["LeNet"],
    points=3,
    difficulty=2,
    minutes=25,
    seconds=10,  # the first optimizer of a process takes some of them to make
    answers=["course_dl.convolution"],
    hints=[
        "super().__init__() first, then the layers as attributes: self.conv1 = nn.Conv2d(1, 6, 5, "
        "padding=2), and so on; forward calls them one after the other.",
        "After each convolution torch.relu and F.max_pool2d(h, 2). Print h.shape after every line "
        "of forward: the first linear layer needs as many inputs as there are numbers.",
        "28 x 28, with conv1 and pooling (N, 6, 14, 14), with nn.Conv2d(6, 16, 5) and pooling "
        "(N, 16, 5, 5), with h.flatten(1) (N, 400); nn.Linear(400, 84), ReLU, nn.Linear(84, "
        "n_classes), and nothing after it.",
    ],
)


def is_network(value: Any) -> bool:
    return isinstance(value, Remote) and bool(value._on("isinstance", "nn.Module"))


def network(student: Student, **given: Any) -> Remote:
    """A new network of the student's, in evaluation mode."""
    net: Remote = student.LeNet(**given)
    require(
        is_network(net),
        "LeNet should be a network of PyTorch's: class LeNet(nn.Module).",
        ("LeNet() is", repr(net)),
    )
    net.eval()
    return net


def images(rng: Inputs, N: int) -> Tensor:
    return rng.normal(N, 1, 28, 28, dtype=FLOAT32)


def scores(net: Remote, X: Tensor, n_classes: int = 10) -> Tensor:
    what = f"the output for {len(X)} image{'s' * (len(X) != 1)} and {n_classes} classes"
    got = shaped(net(X), (len(X), n_classes), FLOAT32, what).detach()
    require(bool(torch.isfinite(got).all()), "The scores hold values that are not finite.")
    return got


def parameters(net: Remote) -> dict[str, Tensor]:
    """The parameters by name, without the buffers."""
    found = {name: p.detach() for name, p in net.named_parameters()}
    require(
        bool(found),
        "net.parameters() is empty: layers must be attributes of the network (self.conv1 = ...), "
        "made in __init__, not entries of a plain list.",
    )
    return found


def drawn(rng: Inputs, net: Remote, centre: bool = False) -> dict[str, Tensor]:
    """A state for the network: every parameter random, so that none is at a special value.

    With ``centre``, filters have their middle entry alone, and do not see an image's margin.
    """
    state: dict[str, Tensor] = dict(net.state_dict())
    for name, p in parameters(net).items():
        size = 1.0 if p.dim() < 2 else p[0].numel() ** -0.5
        value = size * rng.normal(*p.shape, dtype=p.dtype)
        if centre and p.dim() == 4:
            middle = torch.zeros_like(value)
            i, j = p.shape[2] // 2, p.shape[3] // 2
            middle[..., i, j] = value[..., i, j] * (p.shape[2] * p.shape[3]) ** 0.5
            value = middle
        state[name] = value
    return state


def same(a: Tensor, b: Tensor) -> bool:
    return bool(((a - b).abs().max() <= 1e-4 * b.abs().max().clamp_min(1e-6)).all())


@lenet.test("a score for each class, for any number of images")
def test_lenet_shapes(student: Student, rng: Inputs) -> None:
    net = network(student)
    for N in (4, 1, 33):
        scores(net, images(rng, N))
    for n_classes in (3, 26):
        scores(network(student, n_classes=n_classes), images(rng, 5), n_classes)


@lenet.test("scores, not probabilities")
def test_lenet_scores(student: Student, rng: Inputs) -> None:
    net = network(student)
    X = images(rng, 40)
    Y = scores(net, X)
    require(
        not bool((Y >= 0).all() and (Y.sum(1) - 1).abs().max() < 1e-4),
        "The scores of each image are positive and add up to 1: they are probabilities. The loss "
        "takes the scores as they are and has softmax in it; leave softmax out.",
    )
    state, own = drawn(rng, net), parameters(net)
    net.load_state_dict({name: 10 * p if name in own else p for name, p in state.items()})
    Y = scores(net, X)
    low, high = float(Y.min()), float(Y.max())
    require(
        low < 0 and max(-low, high) > 1,
        "However large the weights, the scores stay positive, or between -1 and 1: the last layer "
        "should be linear, with no activation after it.",
        ("With large weights, scores go from", f"{low:.4g} to {high:.4g}"),
    )


@lenet.test("a sample's scores do not depend on its batch")
def test_lenet_samples_apart(student: Student, rng: Inputs) -> None:
    net = network(student)
    X = images(rng, 6)
    for trial in range(2):
        whole_batch, again = scores(net, X), scores(net, X)
        require(
            same(again, whole_batch),
            "In evaluation mode the network gives other scores at a second call: is something "
            "random left? F.dropout needs training=self.training; nn.Dropout knows by itself.",
        )
        alone = torch.cat([scores(net, x[None]) for x in X])
        turned = scores(net, torch.cat([5 * X.flip(0) + 3, X.flip(0)]))[6:].flip(0)
        require(
            same(alone, whole_batch) and same(turned, whole_batch),
            "In evaluation mode, the scores of an image change with the other images in its batch.",
            ("In a batch of 6", summary(whole_batch[0])),
            ("Alone", summary(alone[0])),
        )
        if trial == 0:
            net.load_state_dict(drawn(rng, net))


@lenet.test("convolutions and non-linearities")
def test_lenet_what_it_is(student: Student, rng: Inputs) -> None:
    net = network(student)
    X = images(rng, 8)
    before = scores(net, X)
    net.load_state_dict(drawn(rng, net))
    require(
        not same(scores(net, X), before) or not same(scores(net, 2 * X), before),
        "The scores do not depend on the network's parameters.",
    )
    check_convolutions(student, net, X)
    check_nonlinear(student, rng, net)


def check_convolutions(student: Student, net: Remote, X: Tensor) -> None:
    """There are filters among the parameters, or the network cannot do without convolutions."""
    if any(p.dim() == 4 for p in parameters(net).values()):
        return
    rules = student.rules
    patches = {*CONVOLUTIONS, "conv1d", "unfold", "im2col", "as_strided"}
    student.rules = rules._replace(library=frozenset(patches))
    try:
        net(X)
    except Forbidden:
        return
    finally:
        student.rules = rules
    raise Wrong(
        "There are no convolutions in this network.",
        ("Its parameters", ", ".join(str(tuple(p.shape)) for p in parameters(net).values())),
    )


def check_nonlinear(student: Student, rng: Inputs, net: Remote) -> None:
    """Scores are not affine in the image; nor along rays, as they would be with pooling alone.

    Pooling takes the largest of ``c u_j + b`` over places j, which is ``c max_j u_j + b`` for all
    c > 0: with the same bias everywhere, scores are affine in c. Where there are no biases, ReLU
    gives scores affine in c too: then nothing is said.
    """
    X = images(rng, 16)
    zero = scores(net, torch.zeros_like(X))
    plus, minus = scores(net, X) - zero, scores(net, -X) - zero
    straight = same(-minus, plus)
    shapes = [p.dim() for p in parameters(net).values()]
    if not straight and 2 * shapes.count(1) >= len(shapes):
        net.load_state_dict(drawn(rng, net, centre=True))
        once, twice, thrice = (scores(net, c * X) for c in (1.0, 2.0, 3.0))
        straight = same(2 * twice - once, thrice)
    require(
        not straight,
        "There is no non-linearity between the layers: a ReLU, say, belongs after each "
        "convolution, and between linear layers.",
    )


@lenet.test("all parameters are known to PyTorch, and are trained")
def test_lenet_parameters(student: Student, rng: Inputs) -> None:
    X, d = images(rng, 12), rng.classes(12, 10)
    net, other = network(student), network(student)
    scores(net, X), scores(other, X)
    names = list(parameters(net))
    kept = other.state_dict()
    net.load_state_dict(drawn(rng, net))
    require(
        all(torch.equal(kept[name], now) for name, now in other.state_dict().items()),
        "Changing the weights of one LeNet changed those of another: make the layers in __init__.",
    )
    other.load_state_dict(net.state_dict())
    require(
        same(scores(net, X), scores(other, X)),
        "A second network with the same state_dict gives other scores: some of its layers are not "
        "known to PyTorch. They must be attributes of the network, not entries of a plain list "
        "(nn.ModuleList is a list that is known), and be made in __init__.",
    )
    check_gradients(student, net, names, X, d)


def check_gradients(student: Student, net: Remote, names: list[str], X: Tensor, d: Tensor) -> None:
    """Every parameter has a gradient after backward."""
    net.train()
    torch.optim.SGD([torch.zeros(1)])  # see `lenet`: here, where there is no limit
    optimizer = student.torch("optim.SGD", net.parameters(), lr=0.0, momentum=0.5)
    backward(net, student.torch("nn.CrossEntropyLoss"), X, d)
    optimizer.step()
    reached = optimizer.state_dict()["state"]  # its momentum: of parameters with a gradient alone
    missed = [name for i, name in enumerate(names) if i not in reached]
    require(
        not missed,
        f"No gradient comes to {', '.join(missed)}: is it not used in forward, or is the graph cut "
        "on the way (detach, no_grad, numpy)?",
    )
    still = [name for i, name in enumerate(names) if not bool(reached[i]["momentum_buffer"].any())]
    require(
        len(still) < len(names),
        "The gradients of all parameters are 0: what do the scores depend on?",
    )


@lenet.test("other numbers of classes, images of one colour", hidden=True)
def test_lenet_others(student: Student, rng: Inputs) -> None:
    for n_classes in (1, 2, 100):
        net = network(student, n_classes=n_classes)
        scores(net, images(rng, 3), n_classes)
        scores(net, torch.zeros(2, 1, 28, 28), n_classes)
    scores(student.LeNet(7).eval(), images(rng, 2), 7)


@lenet.test("the same answer in a large batch", hidden=True)
def test_lenet_large_batch(student: Student, rng: Inputs) -> None:
    net = network(student)
    X = images(rng, 128)
    scores(net, X[:2])  # lazy layers find their sizes now
    net.load_state_dict(drawn(rng, net))
    parts = torch.cat([scores(net, part) for part in X.split(50)])
    require(
        same(parts, scores(net, X)),
        "In evaluation mode, the scores of an image change with the other images in its batch.",
    )


# 6.7

conv2d_backward = Exercise(
    "6.7",
    ["conv2d_backward"],
    points=4,
    difficulty=3,
    minutes=40,
    autograd=False,
    library=("convolution_backward", "conv2d_input", "conv2d_weight"),
    answers=["course_dl.convolution"],
    hints=[
        "out = W columns + b is a linear unit whose samples are patches: lab 4 gives the gradients "
        "of W, of b and of the columns, all from delta = grad_out.flatten(2).",
        "grad_W = delta columns^T, summed over the images; grad_b is the sum of delta over images "
        "and places. grad_columns = W^T delta: which pixel does each of its entries belong to?",
        "A pixel is in several patches and collects from all: F.fold(grad_columns, (H, W), k, "
        "stride=stride, padding=padding) is the way back of F.unfold. "
        "torch.einsum('nmp,ncp->mc', delta, columns) is the sum for W.",
    ],
)


def check_backward(
    student: Student, rng: Inputs, cases: list[Case], dtype: torch.dtype = FLOAT64
) -> None:
    given, results = [], []
    for N, C, H, W, M, k, stride, padding in cases:
        x, (w, b) = rng.normal(N, C, H, W, dtype=dtype), filters(rng, M, C, k, dtype)
        leaves = [t.clone().requires_grad_() for t in (x, w, b)]
        out = F.conv2d(leaves[0], leaves[1], leaves[2], stride, padding)
        grad_out = rng.normal(*out.shape, dtype=dtype)
        given.append(torch.autograd.grad(out, leaves, grad_out))
        steps = {} if (stride, padding) == (1, 0) else {"stride": stride, "padding": padding}
        results.append(student.conv2d_backward(grad_out, x, w, **steps))
    names = "grad_x, grad_w, grad_b"
    calls = student.calls[-len(cases) :]
    for got, truth, case, call in zip(results, given, cases, calls, strict=True):
        of = describe(*case[2:4], *case[5:])
        with about(call):
            answers = unpack(got, names)
            for answer, right, name in zip(answers, truth, names.split(", "), strict=True):
                close(answer, right, f"{name} {of}")


@conv2d_backward.test("one image, one filter")
def test_conv2d_backward_one(student: Student, rng: Inputs) -> None:
    check_backward(student, rng, [(1, 1, 4, 4, 1, 3, 1, 0), (1, 1, 5, 5, 1, 2, 1, 0)])


@conv2d_backward.test("batches, channels, images that are not square")
def test_conv2d_backward_batch(student: Student, rng: Inputs) -> None:
    cases = [(2, 3, 6, 6, 3, 3, 1, 0), (3, 2, 5, 7, 4, 3, 1, 0), (2, 4, 6, 4, 2, 2, 1, 0)]
    check_backward(student, rng, cases)
    check_backward(student, rng, cases[1:2], FLOAT32)


@conv2d_backward.test("padding")
def test_conv2d_backward_padding(student: Student, rng: Inputs) -> None:
    check_backward(student, rng, [(2, 2, 5, 6, 3, 3, 1, 1), (1, 1, 4, 3, 2, 2, 1, 2)])


@conv2d_backward.test("strides; pixels that no filter reaches get 0")
def test_conv2d_backward_stride(student: Student, rng: Inputs) -> None:
    cases = [(2, 2, 7, 5, 3, 3, 2, 0), (1, 2, 6, 8, 2, 3, 2, 0), (2, 1, 7, 8, 2, 2, 3, 0)]
    check_backward(student, rng, cases)


@conv2d_backward.test("stride and padding together")
def test_conv2d_backward_both(student: Student, rng: Inputs) -> None:
    cases = [(2, 2, 6, 7, 3, 3, 2, 1), (1, 3, 8, 5, 2, 3, 3, 2)]
    check_backward(student, rng, cases)
    check_backward(student, rng, cases[:1], FLOAT32)


@conv2d_backward.test("filters of one pixel, or as large as the image", hidden=True)
def test_conv2d_backward_small(student: Student, rng: Inputs) -> None:
    cases = [
        (2, 3, 4, 5, 2, 1, 1, 0),
        (3, 2, 4, 4, 3, 4, 1, 0),
        (1, 1, 1, 1, 1, 1, 1, 0),
        (2, 2, 5, 4, 1, 1, 2, 0),
    ]
    for dtype in (FLOAT64, FLOAT32):
        check_backward(student, rng, cases, dtype)


@conv2d_backward.test("larger strides, wider margins, more filters", hidden=True)
def test_conv2d_backward_wide(student: Student, rng: Inputs) -> None:
    cases = [
        (2, 2, 9, 6, 2, 2, 4, 1),
        (2, 1, 4, 6, 3, 3, 2, 3),
        (3, 3, 7, 9, 8, 5, 3, 2),
        (4, 6, 8, 8, 5, 3, 1, 1),
    ]
    check_backward(student, rng, cases)


# 6.8

SECONDS = 20.0  # to train
LADDER = ((0.88, 2), (0.90, 3), (0.91, 4))  # accuracy and points, with all of Fashion-MNIST
SMALL_LADDER = ((0.80, 2), (0.82, 3), (0.83, 4))  # with the 3,000 images inside the package

challenge = Exercise(
    "6.8",
    ["build_model", "train"],
    points=4,
    difficulty=3,
    minutes=40,
    seconds=SECONDS + SLACK,
    answers=["course_dl.training"],
    hints=[
        "Begin with what you have: LeNet, and batches in random order until time is up, with Adam "
        "and a learning rate of 0.001 to 0.004. Look at the clock after every batch.",
        "A learning rate that falls to 0 towards the end of the budget is worth a percent. Time is "
        "short, and a network that is twice as fast sees twice as many images: how much of the "
        "work does the first layer make, and all pooling?",
        "A stride of 2 halves the image without pooling: 16 filters of 5 x 5, then 48 of 3 x 3, "
        "both with stride=2, then two linear layers. And a shoe that points to the left is a shoe: "
        "mirror half of the batches, X.flip(3). Scores normalized before the last non-linearity, "
        "nn.BatchNorm1d, are worth half a percent.",
    ],
)


@cache
def clothes() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Standardized images to train on, their classes, and those to test on."""
    train, test = (fashion_mnist(split).tensors(flat=False) for split in ("train", "test"))
    return *train, *test


race = Challenge(challenge, SECONDS, clothes, {60_000: LADDER, 3_000: SMALL_LADDER})


@challenge.test("ten scores for each image")
def test_challenge_scores(student: Student, rng: Inputs) -> None:
    model = race.built(student)
    model.eval()
    for N in (6, 1):
        check_scores(model(images(rng, N)), N, 10)


@challenge.test("train changes the model in place, and is back in time")
def test_challenge_in_place(student: Student) -> None:
    race.check_in_place(student)


@challenge.test(f"accuracy on test images after {SECONDS:g} seconds", measured=True, last=True)
def test_challenge_accuracy(student: Student, rng: Inputs) -> None:
    race.check_accuracy(student, rng)
