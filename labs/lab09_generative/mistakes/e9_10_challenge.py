"""Wrong answers to exercise 9.10 that students write, and what to tell them."""

from __future__ import annotations

import copy

import torch
from torch import nn

from course_dl.lab import mistake


class Small(nn.Module):
    def __init__(self, latent=2):
        super().__init__()
        self.latent = latent
        self.encoder, self.decoder = nn.Linear(784, 2 * latent), nn.Linear(latent, 784)

    def encode(self, x):
        return self.encoder(x.flatten(1)).chunk(2, dim=1)

    def decode(self, z):
        return self.decoder(z).view(-1, 1, 28, 28)


@mistake("9.10", "decode gives rows of 784 logits: it gives images, (N, 1, 28, 28).")
def build_model__rows():
    class Rows(Small):
        def decode(self, z):
            return self.decoder(z)

    return Rows()


@mistake("9.10", "decode gives probabilities: it gives logits, before the sigmoid.")
def build_model__probabilities():
    class Probabilities(Small):
        def decode(self, z):
            return super().decode(z).sigmoid()

    return Probabilities()


@mistake("9.10", "encode gives a draw of the code: it gives (mu, log_var), the judge draws.")
def build_model__draw():
    class Draw(Small):
        def encode(self, x):
            mu, log_var = super().encode(x)
            return mu + torch.exp(log_var / 2) * torch.randn_like(mu)

    return Draw()


@mistake(
    "9.10", "The result is a class or a function, not a network: call it, Net() in place of Net."
)
def build_model__class():
    return Small


@mistake(
    "9.10",
    "train trains a copy, and the model that it was given has learnt nothing: train that one, in "
    "place.",
)
def train__copy(model, X, seconds):
    model = copy.deepcopy(model)
    optimizer = torch.optim.Adam(model.parameters())
    for batch in X.split(128):
        mu, log_var = model.encode(batch)
        loss = model.decode(mu).square().mean() + log_var.square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model
