"""Wrong answers to exercise 6.8 that students write, and what to tell them."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.nn import functional as F

from course_dl.lab import mistake


@mistake(
    "6.8", "The first layer waits for rows of 784 pixels, but X is (N, 1, 28, 28): nn.Flatten()."
)
def build_model__rows_expected():
    return nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))


@mistake("6.8", "There is one output, a number; asked for are ten scores, one for each class.")
def build_model__one_output():
    return nn.Sequential(nn.Conv2d(1, 4, 5), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 576, 1))


@mistake(
    "6.8", "The scores are maps still: nn.Flatten() and a linear layer make ten numbers of them."
)
def build_model__maps():
    return nn.Sequential(nn.Conv2d(1, 8, 5), nn.ReLU(), nn.Conv2d(8, 10, 5))


@mistake(
    "6.8", "The result is a class or a function, not a network: call it, Net() in place of Net."
)
def build_model__class():
    return nn.Sequential


@mistake(
    "6.8",
    "The classes are returned in place of their scores: leave the argmax to those who use the "
    "model.",
)
def build_model__argmax():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Conv2d(1, 4, 5, 4), nn.ReLU(), nn.Flatten())
            self.output = nn.Linear(4 * 36, 10)

        def forward(self, X):
            return self.output(self.layers(X)).argmax(dim=1)

    return Net()


@mistake(
    "6.8",
    "You trained a copy, and the model that you were given has learnt nothing: train that one, in "
    "place.",
)
def train__copy(model, X, d, seconds):
    model = copy.deepcopy(model)
    optimizer = torch.optim.Adam(model.parameters())
    for batch in torch.randperm(len(X)).split(128):
        optimizer.zero_grad()
        F.cross_entropy(model(X[batch]), d[batch]).backward()
        optimizer.step()
    return model


@mistake(
    "6.8", "The weights do not move: does optimizer.step() follow backward, in a loop that runs?"
)
def train__no_step(model, X, d, seconds):
    for batch in torch.randperm(len(X)).split(128):
        model.zero_grad()
        F.cross_entropy(model(X[batch]), d[batch]).backward()


@mistake(
    "6.8",
    "The training does not end when the time is up: compare time.monotonic() with the time at the "
    "start after every batch.",
)
def train__ignores_seconds(model, X, d, seconds):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    while True:
        for batch in torch.randperm(len(X)).split(128):
            optimizer.zero_grad()
            F.cross_entropy(model(X[batch]), d[batch]).backward()
            optimizer.step()
