"""Wrong answers to exercise 1.6 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake("1.6", "This is OR: of (1, 1) both are true, and XOR asks for exactly one.")
def xor_dataset__or():
    X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return X, torch.tensor([-1.0, 1.0, 1.0, 1.0])


@mistake("1.6", "This is AND: it is true where both are 1, XOR where exactly one is.")
def xor_dataset__and():
    X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return X, torch.tensor([-1.0, -1.0, -1.0, 1.0])


@mistake("1.6", "Your labels are swapped: +1 stands for true, where exactly one coordinate is 1.")
def xor_dataset__swapped():
    X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return X, torch.tensor([1.0, -1.0, -1.0, 1.0])


@mistake("1.6", "Your labels are 0 and 1; those of a perceptron are -1 and +1.")
def xor_dataset__zero_one():
    X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return X, torch.tensor([0.0, 1.0, 1.0, 0.0])


@mistake(
    "1.6", "Your coordinates are -1 and +1; they should be 0 and 1 (the labels are -1 and +1)."
)
def xor_dataset__signs():
    X = torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    return X, torch.tensor([-1.0, 1.0, 1.0, -1.0])


@mistake("1.6", "Your tensors hold integers; write 0.0 and 1.0, or say dtype=torch.float32.")
def xor_dataset__integers():
    X = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
    return X, torch.tensor([-1, 1, 1, -1])


@mistake("1.6", "Leave the column of ones out: add_bias puts it there later.")
def xor_dataset__with_ones():
    X = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    return X, torch.tensor([-1.0, 1.0, 1.0, -1.0])


@mistake("1.6", "Your labels are a column (4, 1); d has one dimension, (4,).")
def xor_dataset__column():
    X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return X, torch.tensor([[-1.0], [1.0], [1.0], [-1.0]])
