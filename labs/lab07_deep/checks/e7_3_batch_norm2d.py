"""Exercise 7.3: the class ``BatchNorm2d``, in lock step with torch's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from course_dl.lab import (
    Exercise,
    Inputs,
    Remote,
    Student,
    about,
    check_network,
    check_shapes,
    close,
    drive,
    operate,
    require,
)

from ..drivers import output_and_gradients, set_scales
from .shared import FLOAT32, FLOAT64, NORMS, maps, vectors

batch_norm2d = Exercise(
    "7.3",
    ["BatchNorm2d"],
    points=3,
    difficulty=2,
    minutes=25,
    library=NORMS,
    answers=["course_dl.residual"],
    hints=[
        "gamma and beta are nn.Parameter. The running statistics are no parameters, but belong to "
        "the network: self.register_buffer('running_mean', torch.zeros(channels)).",
        "forward has two branches, by self.training. In training it is batch_norm, and afterwards "
        "the running statistics take a share `momentum` of the batch's. Do that in a block with "
        "torch.no_grad(), and in place (mul_, add_, copy_).",
        "Two variances: the batch is normalized by the biased one (correction=0), and the running "
        "one moves towards the unbiased one, x.var(dim=(0, 2, 3), correction=1). In evaluation use "
        "self.running_mean[:, None, None] and self.running_var[:, None, None].",
    ],
)


@batch_norm2d.test("parameters and buffers at the start")
def test_batch_norm2d_start(student: Student, rng: Inputs) -> None:
    (channels,) = rng.sizes(3)
    net = norm(student, channels)
    check_shapes(net, 2 * [(channels,)], "gamma and beta are nn.Parameter, and nothing else is.")
    ones, zeros = torch.ones(channels), torch.zeros(channels)
    with student.together():
        parameters = net.parameters()
        read = operate(net, "getattrs", "running_mean", "running_var")
        state = net.state_dict()
    for name, got, truth in zip(("gamma", "beta"), parameters.value, (ones, zeros), strict=True):
        close(got, truth, f"{name} at the start")
    for name, got, truth in zip(("mean", "var"), read.value, (zeros, ones), strict=True):
        close(got, truth, f"running_{name} at the start")
    missing = {"running_mean", "running_var"} - set(state.value)
    require(
        not missing,
        f"state_dict() holds no {' and no '.join(sorted(missing))}: who saves and loads the "
        "network loses it. Use register_buffer.",
        ("It holds", ", ".join(state.value)),
    )


@batch_norm2d.test("in training: by the batch")
def test_batch_norm2d_training(student: Student, rng: Inputs) -> None:
    check_steps(student, rng, "tt", statistics=False)
    check_steps(student, rng, "t", statistics=False, dtype=FLOAT32)


@batch_norm2d.test("the running statistics move")
def test_batch_norm2d_running(student: Student, rng: Inputs) -> None:
    check_steps(student, rng, "t")
    check_steps(student, rng, "tttt", momentum=0.25)


@batch_norm2d.test("in evaluation: by the running statistics, which stay as they are")
def test_batch_norm2d_evaluation(student: Student, rng: Inputs) -> None:
    check_steps(student, rng, "e")
    check_steps(student, rng, "tette")


@batch_norm2d.test("in evaluation a sample's output does not depend on its batch")
def test_batch_norm2d_samples_apart(student: Student, rng: Inputs) -> None:
    N, C = (*rng.sizes(3, at_least=2), *rng.sizes(2))
    net = norm(student, C).double()
    x = maps(rng, (N, C, 1, 2))
    net(x)
    net.eval()
    with student.together():
        whole, alone = net(x), net(x[:1])
    close(alone.value, whole.value[:1], "the output of the first sample, alone")


@batch_norm2d.test("gradients go through the mean and the variance of the batch")
def test_batch_norm2d_gradients(student: Student, rng: Inputs) -> None:
    check_gradients(student, rng, training=True)


@batch_norm2d.test("state_dict holds all; nothing of the past has a graph")
def test_batch_norm2d_state(student: Student, rng: Inputs) -> None:
    N, C = (*rng.sizes(3, at_least=2), *rng.sizes(2))
    net, other = norm(student, C).double(), norm(student, C).double()
    x = maps(rng, (N, C, 1, 2))
    drive(output_and_gradients, net, x, x)
    require(
        not any(t.requires_grad for t in operate(net, "getattrs", "running_mean", "running_var")),
        "The running statistics have a graph behind them, which grows with each batch and keeps "
        "all of them in memory: let them move in a block `with torch.no_grad():`.",
    )
    net.eval()
    other.eval()
    other.load_state_dict(net.state_dict())
    close(other(x), net(x), "the output of a second norm that was given the first one's state_dict")


@batch_norm2d.test("other eps and momentum, larger maps", hidden=True)
def test_batch_norm2d_others(student: Student, rng: Inputs) -> None:
    check_steps(student, rng, "tteet", eps=0.3, momentum=0.9, shape=(4, 3, 3, 3))
    check_steps(student, rng, "te", eps=1e-3, momentum=1.0, shape=(1, 4, 3, 4))
    check_steps(student, rng, "te", momentum=0.0, shape=(5, 1, 1, 1), dtype=FLOAT32)


@batch_norm2d.test("gradients in evaluation", hidden=True)
def test_batch_norm2d_gradients_in_evaluation(student: Student, rng: Inputs) -> None:
    check_gradients(student, rng, training=False)


def norm(student: Student, channels: int, *args: Any, **kwargs: Any) -> Remote:
    net: Remote = student.BatchNorm2d(channels, *args, **kwargs)
    check_network(net, "BatchNorm2d")
    return net


def twins(
    student: Student, rng: Inputs, channels: int, dtype: torch.dtype, **given: float
) -> tuple[Remote, nn.BatchNorm2d]:
    """The student's norm and torch's, with the same gamma and beta."""
    gamma, beta = vectors(rng, 2, channels, dtype)
    truth = nn.BatchNorm2d(channels, **given).to(dtype)
    truth.load_state_dict({**truth.state_dict(), "weight": gamma, "bias": beta})
    net = norm(student, channels, **given)
    check_shapes(net, 2 * [(channels,)], "gamma and beta are nn.Parameter, and nothing else is.")
    if dtype is FLOAT64:
        net.double()
    drive(set_scales, net, [gamma], [beta])
    return net, truth


def check_steps(
    student: Student,
    rng: Inputs,
    modes: str,
    *,
    statistics: bool = True,
    shape: Sequence[int] = (3, 2, 1, 2),
    dtype: torch.dtype = FLOAT64,
    **given: float,
) -> None:
    """Batch after batch, in training (t) or evaluation (e), both norms do the same."""
    (N,), (C, H, W) = rng.sizes(shape[0], at_least=min(2, shape[0])), rng.sizes(*shape[1:])
    if N == 1 and H * W == 1:
        H, W = shape[2:]
    net, truth = twins(student, rng, C, dtype, **given)
    for k, mode in enumerate(modes, start=1):
        training = mode == "t"
        truth.train(training)
        net.train(training)
        x = maps(rng, (N, C, H, W), dtype) + k
        with torch.no_grad():
            expected = truth(x)
        got = net(x)
        where = f"batch {k}, in {'training' if training else 'evaluation'}"
        call = student.calls[-1]
        with about(call):
            close(got, expected, f"the output ({where})")
        if not statistics:
            continue
        names = ("running_mean", "running_var")
        with about(call):
            for name, own in zip(names, operate(net, "getattrs", *names), strict=True):
                right: Tensor = getattr(truth, name)
                close(own, right, f"{name} (after {where})")


def check_gradients(student: Student, rng: Inputs, training: bool) -> None:
    N, C = (*rng.sizes(3, at_least=2), *rng.sizes(2))
    net, truth = twins(student, rng, C, FLOAT64, eps=0.1)
    first, x, grad_out = (maps(rng, (N, C, 1, 2)) for _ in range(3))
    for one in (net, truth):
        one(first)
        one.train(training)
    got = drive(output_and_gradients, net, x, grad_out)
    expected = output_and_gradients(truth, x, grad_out)
    names = ("the output", "grad_x", "grad_gamma", "grad_beta")
    for name, own, right in zip(names, got, expected, strict=True):
        close(own, right, name)
