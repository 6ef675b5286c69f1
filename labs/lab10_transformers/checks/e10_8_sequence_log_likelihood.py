"""Exercise 10.8: the likelihood of a sequence: a Markov chain's, and PyTorch's cross-entropy."""

from __future__ import annotations

import math
from itertools import product

import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.lab import CROSS_ENTROPY, Exercise, Inputs, Student, about, close, number, shaped

from .shared import ANSWERS, DTYPES, FLOAT32, FLOAT64

sequence_log_likelihood = Exercise(
    "10.8",
    ["sequence_log_likelihood"],
    points=2,
    difficulty=2,
    minutes=15,
    library=CROSS_ENTROPY,
    answers=[*ANSWERS, "course_dl.losses"],
    hints=[
        "One token of one sequence is lab 2 again: log p = logit of the word that came, minus "
        "logsumexp of all logits. Which axis holds the words?",
        "logits[:, t] was computed from the tokens before t, so it is the guess of token t: logits "
        "and tokens fit as they are, nothing is shifted.",
        "logits.log_softmax(dim=-1).gather(2, tokens[:, :, None]) is (N, T, 1). Sum over the "
        "tokens: probabilities multiply, so their logarithms add.",
    ],
)


@sequence_log_likelihood.test("two tokens of two words, by hand")
def test_sequence_by_hand(student: Student) -> None:
    for dtype in DTYPES:
        logits = torch.tensor([[[0.0, math.log(3)], [0.0, 0.0]]], dtype=dtype)
        for tokens, p in [((0, 0), 1 / 8), ((1, 1), 3 / 8)]:
            got = student.sequence_log_likelihood(logits, torch.tensor([tokens]))
            close(got, torch.tensor([p], dtype=dtype).log(), "the result")


@sequence_log_likelihood.test("several sequences, several words")
def test_sequence_any(student: Student, rng: Inputs) -> None:
    for N, T, V in [(2, 3, 4), (3, 2, 2), (3, 3, 3)]:
        (N, T), (V,) = rng.sizes(N, T), rng.sizes(V, at_least=2)
        check_sequences(student, rng, N, T, V)
    check_sequences(student, rng, N, T, V, dtype=FLOAT32)


@sequence_log_likelihood.test("logits of 10,000")
def test_sequence_large(student: Student, rng: Inputs) -> None:
    (N, T), (V,) = rng.sizes(2, 2), rng.sizes(3, at_least=2)
    check_sequences(student, rng, N, T, V, size=1e4)


@sequence_log_likelihood.test("the probabilities of all sequences sum to 1")
def test_sequence_sums(student: Student, rng: Inputs) -> None:
    """Of a Markov chain: the logits of a token depend on the one before it."""
    (T, V) = rng.sizes(3, 2, at_least=2)
    first, then = rng.normal(V), rng.normal(V, V)
    tokens = torch.tensor(list(product(range(V), repeat=T)))
    logits = torch.cat([first.expand(len(tokens), 1, V), then[tokens[:, :-1]]], dim=1)
    got = student.sequence_log_likelihood(logits, tokens)
    with about(student.calls[-1]):
        log_p = shaped(got, (len(tokens),), FLOAT64, "the result")
        number(log_p.exp().sum(), 1.0, "The sum of the probabilities of all sequences")


@sequence_log_likelihood.test("gradients; one token, one word, long sequences", hidden=True)
def test_sequence_others(student: Student, rng: Inputs) -> None:
    for N, T, V in [(4, 1, 3), (2, 5, 1), (1, 49, 20), (6, 6, 6)]:
        check_sequences(student, rng, N, T, V)
    logits, tokens = rng.normal(2, 4, 5), rng.integers(0, 5, 2, 4)
    leaf = logits.clone().requires_grad_()
    (right,) = torch.autograd.grad(likelihoods(leaf, tokens).sum(), leaf)
    (got,) = student.sequence_log_likelihood.gradient(logits, tokens)
    close(got, right, "the gradient with respect to the logits")


def check_sequences(
    student: Student,
    rng: Inputs,
    N: int,
    T: int,
    V: int,
    *,
    size: float = 2.0,
    dtype: torch.dtype = FLOAT64,
) -> None:
    logits, tokens = size * rng.normal(N, T, V, dtype=dtype), rng.integers(0, V, N, T)
    got = student.sequence_log_likelihood(logits, tokens)
    with about(student.calls[-1]):
        close(got, likelihoods(logits, tokens), "the result")


def likelihoods(logits: Tensor, tokens: Tensor) -> Tensor:
    return -F.cross_entropy(logits.transpose(1, 2), tokens, reduction="none").sum(1)
