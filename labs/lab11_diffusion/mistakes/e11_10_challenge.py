"""Wrong answers to exercise 11.10 that students write, and what to tell them."""

from __future__ import annotations

import copy

import torch
from torch import nn

from course_dl.lab import mistake


class Small(nn.Module):
    """A small model that is right: the mean digit of each class, and how pixels are spread."""

    def __init__(self):
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(10, 1, 28, 28))
        self.spread = nn.Parameter(torch.ones(10, 1, 28, 28))


@mistake(
    "11.10",
    "The result is a class or a function, not a network: call it, Net() in place of Net.",
)
def build_model__class():
    return Small


@mistake(
    "11.10",
    "train trains a copy, and the model that it was given has learnt nothing: train that one, in "
    "place.",
)
def train__copy(model, X, d, seconds):
    model = copy.deepcopy(model)
    optimizer = torch.optim.Adam(model.parameters())
    for batch in X.split(128):
        loss = sum(p.square().sum() for p in model.parameters()) + batch.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def drawn(n, generator):
    """Pictures in [0, 1], rightly, whatever the model."""
    return torch.rand(n, 1, 28, 28, generator=generator)


@mistake(
    "11.10",
    "sample draws its noise from PyTorch's global generator: hand on the one that it is given, "
    "torch.randn(..., generator=generator).",
)
def sample__global_noise(model, d, generator):
    return torch.rand(len(d), 1, 28, 28)


@mistake("11.10", "sample gives rows of 784 pixels: it gives pictures, (n, 1, 28, 28).")
def sample__rows(model, d, generator):
    return drawn(len(d), generator).flatten(1)


@mistake(
    "11.10",
    "The pictures are in [-1, 1], as the network sees them: (x + 1) / 2 brings them to [0, 1].",
)
def sample__in_minus_one_to_one(model, d, generator):
    return 2 * drawn(len(d), generator) - 1


@mistake("11.10", "One picture came for all classes: d holds a class for each picture.")
def sample__one_picture(model, d, generator):
    return drawn(1, generator)
