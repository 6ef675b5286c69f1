"""Exercise 5.6: the number of parameters, of models in which it can be worked out by hand."""

from __future__ import annotations

from torch import Tensor

from course_dl.lab import Exercise, Remote, Student, require, summary

from .shared import normalized, perceptron

count_parameters = Exercise(
    "5.6",
    ["count_parameters"],
    points=1,
    difficulty=1,
    minutes=5,
    hints=[
        "model.parameters() goes through all parameters, each of them once; how many numbers does "
        "one of them hold?",
        "p.numel() is the number of entries, p.requires_grad says whether p is trained.",
        "sum(p.numel() for p in model.parameters() if p.requires_grad)",
    ],
)


@count_parameters.test("weights and biases of several layers")
def test_count_parameters_layers(student: Student) -> None:
    make = student.torch
    check_count(student, make("nn.Linear", 784, 10), 7850, "a layer of 784 to 10")
    check_count(student, perceptron(make, 5), 3 * 5 + 5 + 5 * 4 + 4, "layers of 3 to 5 to 4")
    without = make("nn.Linear", 6, 2, bias=False)
    check_count(student, without, 12, "a layer of 6 to 2 without biases")
    nested = make("nn.Sequential", perceptron(make, 5), make("nn.Sequential", without))
    check_count(student, nested, 44 + 12, "layers of 3 to 5 to 4, then 6 to 2 without biases")


@count_parameters.test("what is not trained does not count")
def test_count_parameters_frozen(student: Student) -> None:
    make = student.torch
    model = perceptron(make, 5)
    model[0].requires_grad_(False)
    check_count(student, model, 5 * 4 + 4, "layers of 3 to 5 to 4, the first one frozen")
    model.requires_grad_(False)
    check_count(student, model, 0, "layers of 3 to 5 to 4, both frozen")
    # Running mean, running variance and the number of batches are buffers.
    check_count(student, normalized(make, 5), 20 + 10 + 24, "a network with batch normalization")


@count_parameters.test("what is shared counts once")
def test_count_parameters_shared(student: Student) -> None:
    make = student.torch
    layer = make("nn.Linear", 4, 4)
    twice = make("nn.Sequential", layer, make("nn.Tanh"), layer)
    check_count(student, twice, 20, "one layer of 4 to 4, used twice")
    tied = make("nn.ParameterList", layer.parameters())
    both = make("nn.ModuleList", [make("nn.Sequential", layer), tied, make("nn.Linear", 4, 1)])
    check_count(student, both, 25, "a layer of 4 to 4, its parameters once more, one of 4 to 1")


@count_parameters.test("no parameters, convolutions, a parameter of one entry", hidden=True)
def test_count_parameters_others(student: Student) -> None:
    make = student.torch
    check_count(student, make("nn.ReLU"), 0, "a ReLU")
    convolution = make("nn.Conv2d", 3, 8, 5)
    check_count(student, convolution, 8 * 3 * 25 + 8, "a convolution of 3 to 8 channels")
    model = make("nn.Sequential", convolution, make("nn.PReLU"), make("nn.LayerNorm", [8, 2]))
    convolution.requires_grad_(False)
    check_count(student, model, 1 + 32, "a frozen convolution, a PReLU, a LayerNorm of 8 x 2")


def check_count(student: Student, model: Remote, truth: int, what: str) -> None:
    got = student.count_parameters(model)
    if isinstance(got, Tensor) and got.dim() == 0 and not got.is_floating_point():
        got = int(got)
    require(got is not None, "The number of parameters is None: is a return missing?")
    require(
        isinstance(got, int) and not isinstance(got, bool),
        "The number of parameters should be an int.",
        ("It was", summary(got)),
    )
    require(
        got == truth,
        f"The number of parameters is wrong for {what}.",
        ("Expected", str(truth)),
        ("Came", str(got)),
    )
