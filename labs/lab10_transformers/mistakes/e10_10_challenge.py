"""Wrong answers to exercise 10.10 that students write, and what to tell them."""

from __future__ import annotations

import copy
import time

import torch
from torch import nn
from torch.nn import functional as F

from course_dl.lab import mistake


class _Recurrent(nn.Module):
    """A small model that is right, from which the wrong ones differ."""

    def __init__(self, vocabulary, tokens):
        super().__init__()
        self.classes, self.words = nn.Embedding(10, 8), nn.Embedding(vocabulary, 8)
        self.memory, self.head = nn.GRU(8, 8, batch_first=True), nn.Linear(8, vocabulary)

    def forward(self, T, d):
        x = torch.cat((self.classes(d)[:, None], self.words(T[:, :-1])), 1)
        return self.head(self.memory(x)[0])


@mistake(
    "10.10",
    "Row t is computed from token t itself: it must be guessed before it is seen. Put the class "
    "first, and leave out the last token, T[:, :-1].",
)
def build_model__not_shifted(vocabulary, tokens):
    class Net(_Recurrent):
        def forward(self, T, d):
            return self.head(self.memory(self.words(T) + self.classes(d)[:, None])[0])

    return Net(vocabulary, tokens)


@mistake(
    "10.10",
    "All tokens are looked at, later ones too: the attention needs the causal mask.",
)
def build_model__no_mask(vocabulary, tokens):
    class Net(_Recurrent):
        def forward(self, T, d):
            x = torch.cat((self.classes(d)[:, None], self.words(T[:, :-1])), 1)
            return self.head(F.scaled_dot_product_attention(x, x, x))

    return Net(vocabulary, tokens)


@mistake(
    "10.10",
    "There is one row too many: the class and all tokens but the last one make as many rows as "
    "there are tokens.",
)
def build_model__one_row_too_many(vocabulary, tokens):
    class Net(_Recurrent):
        def forward(self, T, d):
            x = torch.cat((self.classes(d)[:, None], self.words(T)), 1)
            return self.head(self.memory(x)[0])

    return Net(vocabulary, tokens)


@mistake(
    "10.10",
    "There are logits for one token alone, the next one: asked for are those of every token.",
)
def build_model__last_row_alone(vocabulary, tokens):
    class Net(_Recurrent):
        def forward(self, T, d):
            return super().forward(T, d)[:, -1]

    return Net(vocabulary, tokens)


@mistake(
    "10.10", "The result is a class or a function, not a network: call it, Net() in place of Net."
)
def build_model__class(vocabulary, tokens):
    return _Recurrent


def learn(model, T, d, seconds):
    start = time.process_time()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    while time.process_time() - start < 0.3 * seconds:
        batch = torch.randint(len(T), (8,))
        optimizer.zero_grad()
        F.cross_entropy(model(T[batch], d[batch]).transpose(1, 2), T[batch]).backward()
        optimizer.step()


@mistake(
    "10.10",
    "You trained a copy, and the model that you were given has learnt nothing: train that one, in "
    "place.",
)
def train__copy(model, T, d, seconds):
    model = copy.deepcopy(model)
    learn(model, T, d, seconds)
    return model


STILL = (
    "The weights of the model that you were given do not move: does optimizer.step() follow "
    "backward, in a loop that runs? And is it that model that you train, no new one?"
)


@mistake("10.10", STILL)
def train__no_step(model, T, d, seconds):
    F.cross_entropy(model(T[:8], d[:8]).transpose(1, 2), T[:8]).backward()


@mistake("10.10", STILL)
def train__new_model(model, T, d, seconds):
    model = _Recurrent(256, T.shape[1])
    learn(model, T, d, seconds)
