"""Wrong answers to exercise 2.6 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake("2.6", "This network computes OR: at (1, 1) the output must be down at 0 again.")
def xor_network__or():
    W1, b1 = torch.ones(2, 2), torch.tensor([0.0, -1.0])
    return W1, b1, torch.tensor([1.0, -1.0]), torch.tensor(0.0)


@mistake("2.6", "This network computes AND; XOR is 1 where exactly one input is 1.")
def xor_network__and():
    W1, b1 = torch.ones(2, 2), torch.tensor([0.0, -1.0])
    return W1, b1, torch.tensor([0.0, 1.0]), torch.tensor(0.0)


@mistake("2.6", "0 and 1 are swapped: your network says whether both inputs are the same.")
def xor_network__swapped():
    W1, b1 = torch.ones(2, 2), torch.tensor([0.0, -1.0])
    return W1, b1, torch.tensor([-1.0, 2.0]), torch.tensor(1.0)


@mistake("2.6", "Your network says -1 and +1, as a perceptron does; here 0 and 1 are wanted.")
def xor_network__signs():
    W1, b1 = torch.ones(2, 2), torch.tensor([0.0, -1.0])
    return W1, b1, torch.tensor([2.0, -4.0]), torch.tensor(-1.0)


@mistake(
    "2.6",
    "This works with steps (McCulloch and Pitts) as hidden units; relu gives more than 0 or 1.",
)
def xor_network__steps():
    W1, b1 = torch.ones(2, 2), torch.tensor([-0.5, -1.5])
    return W1, b1, torch.tensor([1.0, -1.0]), torch.tensor(0.0)


@mistake(
    "2.6",
    "Without a bias both hidden units are the same: the second should wake up at x_1 + x_2 = 1.",
)
def xor_network__no_bias():
    W1, b1 = torch.ones(2, 2), torch.zeros(2)
    return W1, b1, torch.tensor([1.0, -2.0]), torch.tensor(0.0)


@mistake("2.6", "Row m of W1 holds the weights of hidden unit m; you have them in the columns.")
def xor_network__transposed():
    W1, b1 = torch.tensor([[1.0, 2.0], [1.0, 2.0]]), torch.tensor([0.0, -2.0])
    return W1, b1, torch.tensor([1.0, -1.0]), torch.tensor(0.0)


@mistake("2.6", "Your tensors hold integers; write 1.0 in place of 1.")
def xor_network__integers():
    W1, b1 = torch.tensor([[1, 1], [1, 1]]), torch.tensor([0, -1])
    return W1, b1, torch.tensor([1, -2]), torch.tensor(0)


@mistake("2.6", "Trained weights come close; with weights thought out, 0 and 1 come out exactly.")
def xor_network__trained():
    W1, b1 = torch.full((2, 2), 0.9993), torch.tensor([0.0008, -0.9991])
    return W1, b1, torch.tensor([0.9996, -1.9989]), torch.tensor(0.0004)


@mistake("2.6", "w2 is a vector, shape (2,), since the network has one output.")
def xor_network__row():
    W1, b1 = torch.ones(2, 2), torch.tensor([0.0, -1.0])
    return W1, b1, torch.tensor([[1.0, -2.0]]), torch.tensor([0.0])


@mistake("2.6", "b2 is a single number: a float, or torch.tensor(0.0), which has no dimension.")
def xor_network__b2_vector():
    W1, b1 = torch.ones(2, 2), torch.tensor([0.0, -1.0])
    return W1, b1, torch.tensor([1.0, -2.0]), torch.tensor([0.0])
