"""Wrong answers to exercise 5.6 that students write, and what to tell them."""

from __future__ import annotations

from torch import nn

from course_dl.lab import mistake


@mistake("5.6", "Frozen parameters are counted as well: take those with p.requires_grad.")
def count_parameters__frozen_too(model):
    return sum(p.numel() for p in model.parameters())


@mistake(
    "5.6",
    "state_dict holds buffers too, frozen parameters, and what is shared as often as it is used: "
    "go through model.parameters().",
)
def count_parameters__state_dict(model):
    return sum(value.numel() for value in model.state_dict().values())


@mistake("5.6", "The result is the number of tensors: add up how many entries each has, p.numel().")
def count_parameters__tensors(model):
    return len([p for p in model.parameters() if p.requires_grad])


@mistake("5.6", "len(p) is the number of rows: p.numel() is the number of all entries.")
def count_parameters__rows(model):
    return sum(len(p) for p in model.parameters() if p.requires_grad)


@mistake("5.6", "Only weights are counted: biases are parameters too.")
def count_parameters__no_biases(model):
    named = model.named_parameters()
    return sum(p.numel() for name, p in named if p.requires_grad and "bias" not in name)


@mistake(
    "5.6",
    "You went through the layers by yourself, and what is used twice is counted twice: "
    "model.parameters() knows each parameter once.",
)
def count_parameters__shared_twice(model):
    named = model.named_parameters(remove_duplicate=False)
    return sum(p.numel() for _, p in named if p.requires_grad)


@mistake(
    "5.6",
    "Only nn.Linear layers are counted: other modules have parameters too. model.parameters() "
    "finds all.",
)
def count_parameters__linear_alone(model):
    layers = [m for m in model.modules() if isinstance(m, nn.Linear)]
    return sum(p.numel() for m in layers for p in m.parameters() if p.requires_grad)


@mistake("5.6", "The result is a float: the number of parameters is an int.")
def count_parameters__float(model):
    return float(sum(p.numel() for p in model.parameters() if p.requires_grad))


CHILDREN = (
    "You look at the model's direct children alone, and what stands in none of them, or deeper, is "
    "left out: model.parameters() finds all."
)


@mistake("5.6", CHILDREN)
def count_parameters__children(model):
    layers = [m for m in model.children() if hasattr(m, "weight")]
    return sum(m.weight.numel() + m.bias.numel() for m in layers)


@mistake("5.6", CHILDREN)
def count_parameters__children_not_deeper(model):
    found = [p for m in model.children() for p in m.parameters(recurse=False)]
    return sum(p.numel() for p in found if p.requires_grad)


@mistake("5.6", CHILDREN)
def count_parameters__children_and_deeper(model):
    found = [p for m in model.children() for p in m.parameters()]
    return sum(p.numel() for p in found if p.requires_grad)


@mistake("5.6", "recurse=False leaves out what stands in the model's layers.")
def count_parameters__not_deeper(model):
    return sum(p.numel() for p in model.parameters(recurse=False) if p.requires_grad)


@mistake(
    "5.6",
    "modules() gives modules within modules, and each has all parameters below it: they count "
    "several times.",
)
def count_parameters__each_module(model):
    return sum(p.numel() for m in model.modules() for p in m.parameters() if p.requires_grad)


SAME_SIZE = "Parameters of equal shape or size are not the same parameter: each of them counts."


@mistake("5.6", SAME_SIZE)
def count_parameters__equal_shapes(model):
    return sum({p.shape: p.numel() for p in model.parameters() if p.requires_grad}.values())


@mistake("5.6", SAME_SIZE)
def count_parameters__equal_sizes(model):
    return sum({p.numel() for p in model.parameters() if p.requires_grad})


@mistake("5.6", "p.grad is None before the first backward: what is trained has p.requires_grad.")
def count_parameters__with_gradient(model):
    return sum(p.numel() for p in model.parameters() if p.grad is not None)
