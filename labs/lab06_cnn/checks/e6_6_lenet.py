"""Exercise 6.6: the class ``LeNet``, judged by what it does, not by how it is written."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course_dl.lab import (
    Exercise,
    Forbidden,
    Inputs,
    Remote,
    Student,
    Wrong,
    backward,
    is_network,
    require,
    shaped,
    summary,
)

from .shared import CONVOLUTIONS, FLOAT32, images

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


@lenet.test("a score for each class, for any number of images")
def test_lenet_shapes(student: Student, rng: Inputs) -> None:
    net = network(student)
    try:
        for N in (4, 1, 33):
            scores(net, images(rng, N))
    except Wrong:
        check_batch_size_is_free(student, rng)
        raise
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
            alike(again, whole_batch),
            "In evaluation mode the network gives other scores at a second call: is something "
            "random left? F.dropout needs training=self.training; nn.Dropout knows by itself.",
        )
        alone = torch.cat([scores(net, x[None]) for x in X])
        turned = scores(net, torch.cat([5 * X.flip(0) + 3, X.flip(0)]))[6:].flip(0)
        require(
            alike(alone, whole_batch) and alike(turned, whole_batch),
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
        not alike(scores(net, X), before) or not alike(scores(net, 2 * X), before),
        "The scores do not depend on the network's parameters.",
    )
    check_convolutions(student, net, X)
    check_nonlinear(student, rng, net)


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
        alike(scores(net, X), scores(other, X)),
        "A second network with the same state_dict gives other scores: some of its layers are not "
        "known to PyTorch. They must be attributes of the network, not entries of a plain list "
        "(nn.ModuleList is a list that is known), and be made in __init__.",
    )
    check_gradients(student, net, names, X, d)


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
        alike(parts, scores(net, X)),
        "In evaluation mode, the scores of an image change with the other images in its batch.",
    )


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


def check_batch_size_is_free(student: Student, rng: Inputs) -> None:
    """Fail with a word on it where the network works for batches of one usual size alone."""
    net = network(student)
    for N in (1, 64, 32, 128, 100, 16, 10, 256):
        try:
            scores(net, images(rng, N))
        except Wrong:
            continue
        fails = 5 if N == 1 else N - 1
        try:
            scores(net, images(rng, fails))
        except Wrong:
            raise Wrong(
                f"The network works for {N} image{'s' * (N != 1)} at a time, and not for {fails}: "
                "is the size of the batch written into view or reshape? flatten(1) asks for none."
            ) from None
        return


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


def alike(a: Tensor, b: Tensor) -> bool:
    return bool(((a - b).abs().max() <= 1e-4 * b.abs().max().clamp_min(1e-6)).all())


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
    straight = alike(-minus, plus)
    shapes = [p.dim() for p in parameters(net).values()]
    if not straight and 2 * shapes.count(1) >= len(shapes):
        net.load_state_dict(drawn(rng, net, centre=True))
        once, twice, thrice = (scores(net, c * X) for c in (1.0, 2.0, 3.0))
        straight = alike(2 * twice - once, thrice)
    require(
        not straight,
        "There is no activation between the layers; pooling alone is none. A ReLU, say, belongs "
        "after each convolution, and between linear layers.",
    )


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
