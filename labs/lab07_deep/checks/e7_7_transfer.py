"""Exercise 7.7: a new head on a frozen body, judged by what moves and what does not."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_dl.lab import (
    Exercise,
    Inputs,
    Remote,
    Student,
    Wrong,
    check_network,
    drive,
    is_network,
    require,
    shaped,
    summary,
)

from ..drivers import learn, signals_left
from .shared import FLOAT32

SIDE, FEATURES = 3, 8  # of the images; of the body below

transfer = Exercise(
    "7.7",
    ["Transfer"],
    points=3,
    difficulty=2,
    minutes=20,
    seconds=10,  # the first optimizer of a process takes some of them to make
    answers=["course_dl.transfer"],
    hints=[
        "Three things can move in a body: parameters, by gradients; the running statistics of its "
        "batch norms, in training mode; and its features, where dropout is on. What stops each?",
        "requires_grad_(False) on the body stops the first. body.eval() stops the other two, but "
        "net.train() puts all parts into training mode again: where could you undo that?",
        "Call self.body.eval() at the start of forward (or in a train() of your own, which calls "
        "super().train(mode) first and returns self). Then z = self.body(X) in a block `with "
        "torch.no_grad():`, and self.head(z) outside of it.",
    ],
)


@transfer.test("scores of a linear head on the body's features")
def test_transfer_scores(student: Student, rng: Inputs) -> None:
    for n_classes in (3, 2):
        body, twin = bodies(student, rng)
        net = head_on(student, body, n_classes)
        net.eval()
        check_linear(net, twin, images(rng, 20), n_classes)


@transfer.test("the same scores in training mode")
def test_transfer_modes(student: Student, rng: Inputs) -> None:
    body, twin = bodies(student, rng)
    net, X = head_on(student, body, 3), images(rng, 20)
    net.eval()
    expected = net(X)
    require(
        is_network(net.train()),
        "train() should return the network itself, as nn.Module's does: return self.",
    )
    got = net(X)
    check_linear(net, twin, X, 3)
    require(
        bool(torch.allclose(got, expected, atol=1e-5)),
        "In training mode the scores are others than in evaluation mode: the head should get the "
        "features that the body computes in evaluation mode, even after net.train().",
    )


@transfer.test("five steps of training: the head moves, the body stays bit for bit")
def test_transfer_five_steps(student: Student, rng: Inputs) -> None:
    check_training(student, rng, decay=0.0, n_classes=3)


@transfer.test("with weight decay too")
def test_transfer_decay(student: Student, rng: Inputs) -> None:
    check_training(student, rng, decay=0.1, n_classes=2)


@transfer.test("no error signal is sent into the body")
def test_transfer_no_graph(student: Student, rng: Inputs) -> None:
    body, _ = bodies(student, rng)
    net = head_on(student, body, 3)
    drive(learn, net, images(rng, 12), rng.classes(12, 3), 0.1, 0.0, 1)
    require(
        not any(drive(signals_left, body)),
        "After a step the body's parameters have gradients: the whole way back through the body "
        "was computed for nothing. Use torch.no_grad() around the body, or "
        "body.requires_grad_(False).",
    )


@transfer.test("evaluation, and training again", hidden=True)
def test_transfer_again(student: Student, rng: Inputs) -> None:
    check_training(student, rng, decay=0.01, n_classes=4, rounds=3)


@transfer.test("another body, one sample", hidden=True)
def test_transfer_other_body(student: Student, rng: Inputs) -> None:
    inside = ("nn.Flatten",), ("nn.Linear", SIDE * SIDE, 5), ("nn.BatchNorm1d", 5)
    body = student.torch("nn.Sequential", *(student.torch(*part) for part in inside))
    twin = nn.Sequential(nn.Flatten(), nn.Linear(SIDE * SIDE, 5), nn.BatchNorm1d(5))
    twin.load_state_dict(body.state_dict())
    net: Remote = student.Transfer(body, 5, 7)
    check_linear(net, twin, images(rng, 30), 7, n_features=5)
    shaped(net(images(rng, 1)), (1, 7), FLOAT32, "the scores of one image")


def bodies(student: Student, rng: Inputs) -> tuple[Remote, nn.Module]:
    """A body in training mode on the student's side, and its twin here, in evaluation mode."""
    parts: tuple[tuple[object, ...], ...] = (
        ("nn.Conv2d", 1, 2, 2),
        ("nn.BatchNorm2d", 2),
        ("nn.Tanh",),
        ("nn.Dropout", 0.5),
        ("nn.Flatten",),
    )
    made = [student.torch(str(name), *sizes) for name, *sizes in parts]
    body: Remote = student.torch("nn.Sequential", *made)
    twin = nn.Sequential(
        nn.Conv2d(1, 2, 2), nn.BatchNorm2d(2), nn.Tanh(), nn.Dropout(0.5), nn.Flatten()
    )
    state = {
        name: rng.normal(*t.shape, dtype=FLOAT32) if t.is_floating_point() else t
        for name, t in twin.state_dict().items()
    }
    state["1.running_var"] = state["1.running_var"].square() + 0.5
    body.load_state_dict(state)
    twin.load_state_dict(state)
    return body, twin.eval()


def head_on(student: Student, body: Remote, n_classes: int) -> Remote:
    net: Remote = student.Transfer(body, FEATURES, n_classes)
    check_network(net, "Transfer")
    return net


def images(rng: Inputs, n: int) -> Tensor:
    return rng.normal(n, 1, SIDE, SIDE, dtype=FLOAT32)


def check_linear(
    net: Remote, twin: nn.Module, X: Tensor, n_classes: int, n_features: int = FEATURES
) -> None:
    """The scores are an affine function of the features that the twin computes in evaluation."""
    scores = shaped(net(X), (len(X), n_classes), FLOAT32, "the scores").detach().double()
    with torch.no_grad():
        Z = twin.eval()(X).double()
    features = torch.cat([torch.ones_like(Z[:, :1]), Z], dim=1)
    rest = scores - features @ torch.linalg.lstsq(features, scores).solution
    require(
        float(rest.abs().max()) < 1e-4 * float(scores.abs().max()),
        "The scores are no linear function of the features that the body computes in evaluation "
        "mode: is the head one linear layer, on the features of the body as it was given?",
        ("Largest difference to the nearest linear function", f"{float(rest.abs().max()):.2g}"),
        ("Largest score", f"{float(scores.abs().max()):.2g}"),
    )


def check_training(
    student: Student, rng: Inputs, decay: float, n_classes: int, rounds: int = 1
) -> None:
    body, twin = bodies(student, rng)
    net, X, d = head_on(student, body, n_classes), images(rng, 12), rng.classes(12, n_classes)
    before, whole = body.state_dict(), net.state_dict()
    first = net(X)
    for _ in range(rounds):
        drive(learn, net, X, d, 0.1, decay, 5)
        net.eval()
        net(X)
    after, now = body.state_dict(), net.state_dict()
    moved = [name for name, t in before.items() if not torch.equal(t, after[name])]
    for name in moved[:1]:
        raise Wrong(
            f"After net.train() and {5 * rounds} steps, the body is not what it was: "
            f"{', '.join(moved)} moved.",
            (f"{name} before", summary(before[name])),
            ("after", summary(after[name])),
        )
    changed = sum(t.numel() for name, t in whole.items() if not torch.equal(t, now[name]))
    require(
        not torch.equal(first, net(X)),
        "After five steps the scores are what they were: the head does not learn. Is it outside "
        "of torch.no_grad(), and does it belong to net.parameters()?",
    )
    require(
        changed <= n_classes * (FEATURES + 1),
        "More numbers moved than the head has: something else of the network was trained too.",
        ("Numbers that moved", str(changed)),
        ("Numbers of the head", str(n_classes * (FEATURES + 1))),
    )
    check_linear(net, twin, images(rng, 20), n_classes)
