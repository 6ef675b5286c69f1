"""Wrong answers to exercise 7.9 that students write, and what to tell them."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.nn import functional as F

from course_dl.lab import mistake


def learn(model, X, d):
    optimizer = torch.optim.Adam(model.parameters())
    for batch in torch.randperm(len(X)).split(128):
        optimizer.zero_grad()
        F.cross_entropy(model(X[batch]), d[batch]).backward()
        optimizer.step()


@mistake("7.9", "There are ten scores; each of the two tasks has five classes.")
def build_model__ten_scores():
    return nn.Sequential(nn.Conv2d(1, 4, 5, 4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 10))


@mistake(
    "7.9", "The result is a class or a function, not a network: call it, Net() in place of Net."
)
def build_model__class():
    return nn.Sequential


@mistake(
    "7.9", "The first layer waits for rows of 784 pixels, but X is (N, 1, 28, 28): nn.Flatten()."
)
def build_model__rows_expected():
    return nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 5))


@mistake(
    "7.9",
    "pretrain trains a copy, and the model that it was given has learnt nothing: train that one, "
    "in place.",
)
def pretrain__copy(model, X, d, seconds):
    model = copy.deepcopy(model)
    learn(model, X, d)
    return model


@mistake(
    "7.9",
    "adapt trains a copy, and the model that it was given still tells the old classes apart: "
    "change that one, in place.",
)
def adapt__copy(model, X_few, d_few, seconds):
    model = copy.deepcopy(model)
    learn(model, X_few, d_few)
    return model


@mistake(
    "7.9", "In adapt the weights do not move: does optimizer.step() follow backward, in a loop?"
)
def adapt__no_step(model, X_few, d_few, seconds):
    F.cross_entropy(model(X_few), d_few).backward()
