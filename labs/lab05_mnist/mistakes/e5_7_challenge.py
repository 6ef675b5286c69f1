"""Wrong answers to exercise 5.7 that students write, and what to tell them."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.nn import functional as F

from course_dl.lab import mistake


@mistake(
    "5.7",
    "The network waits for images (N, 1, 28, 28), but X is (N, 784): begin with "
    "nn.Unflatten(1, (1, 28, 28)).",
)
def build_model__images_expected():
    return nn.Sequential(nn.Conv2d(1, 4, 5), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 576, 10))


@mistake(
    "5.7", "The network has one output, a number; asked for are ten scores, one for each class."
)
def build_model__one_output():
    return nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 1))


@mistake("5.7", "There are ten digits, 0 to 9: the last layer needs ten outputs.")
def build_model__nine_classes():
    return nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 9))


@mistake(
    "5.7", "The result is a class or a function, not a network: call it, Net() in place of Net."
)
def build_model__class():
    return nn.Sequential


@mistake(
    "5.7",
    "The classes are returned in place of their scores: leave the argmax to those who use the "
    "model.",
)
def build_model__argmax():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))

        def forward(self, X):
            return self.layers(X).argmax(dim=1)

    return Net()


@mistake(
    "5.7",
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
    "5.7", "The weights do not move: does optimizer.step() follow backward, in a loop that runs?"
)
def train__no_step(model, X, d, seconds):
    for batch in torch.randperm(len(X)).split(128):
        model.zero_grad()
        F.cross_entropy(model(X[batch]), d[batch]).backward()


@mistake(
    "5.7",
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
