"""Wrong answers to exercise 8.10 that students write, and what to tell them."""

from __future__ import annotations

import copy
import time

import torch
from torch import nn
from torch.nn import functional as F

from course_dl.lab import mistake


def learn(model, X, d, seconds):
    start = time.process_time()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    while time.process_time() - start < 0.1 * seconds:
        batch = torch.randint(len(X), (8,))
        optimizer.zero_grad()
        F.cross_entropy(model(X[batch]), d[batch]).backward()
        optimizer.step()


@mistake("8.10", "There are ten scores a pixel; with the background there are eleven classes.")
def build_model__ten_scores():
    return nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 10, 1))


@mistake(
    "8.10",
    "There are eleven scores for each image; asked for are eleven for each pixel: let the maps "
    "keep their height and width to the end.",
)
def build_model__scores_of_images():
    layers = nn.Conv2d(1, 8, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    return nn.Sequential(*layers, nn.Linear(8, 11))


@mistake(
    "8.10",
    "The maps of scores are smaller than the images: each convolution without padding takes away a "
    "border. With 3 x 3 filters padding=1 keeps the size.",
)
def build_model__no_padding():
    return nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 11, 3))


@mistake(
    "8.10",
    "The maps of scores have half the height and width of the images: after each pooling the way "
    "back up has to double them once.",
)
def build_model__stays_down():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 11, 3, padding=1)
    )


@mistake(
    "8.10",
    "The classes are returned in place of their scores: leave the argmax to those who use the "
    "model.",
)
def build_model__argmax():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.scores = nn.Conv2d(1, 11, 3, padding=1)

        def forward(self, X):
            return self.scores(X).argmax(dim=1)

    return Net()


@mistake(
    "8.10", "The result is a class or a function, not a network: call it, Net() in place of Net."
)
def build_model__class():
    return nn.Sequential


@mistake(
    "8.10",
    "You trained a copy, and the model that you were given has learnt nothing: train that one, in "
    "place.",
)
def train__copy(model, X, d, seconds):
    model = copy.deepcopy(model)
    learn(model, X, d, seconds)
    return model


@mistake(
    "8.10", "The weights do not move: does optimizer.step() follow backward, in a loop that runs?"
)
def train__no_step(model, X, d, seconds):
    F.cross_entropy(model(X[:8]), d[:8]).backward()


@mistake(
    "8.10",
    "A new network is trained, and the one that you were given has learnt nothing: build_model is "
    "called for you.",
)
def train__new_model(model, X, d, seconds):
    model = nn.Conv2d(1, 11, 3, padding=1)
    learn(model, X, d, seconds)
