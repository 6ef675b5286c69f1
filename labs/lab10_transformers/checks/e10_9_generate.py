"""Exercise 10.9: drawing sequences, from models of which everything is known."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_dl.lab import Exercise, Inputs, Student, about, equal, require, shaped, shown_as

from .shared import ANSWERS, FLOAT64

generate = Exercise(
    "10.9",
    ["generate"],
    points=3,
    difficulty=2,
    minutes=20,
    answers=ANSWERS,
    hints=[
        "A loop: as long as there are too few tokens, ask the model for logits, draw one token for "
        "each sequence, and put it at the end. The model is given all tokens so far.",
        "model(tokens) has a row for each token. The last one, [:, -1], is the guess of what comes "
        "next. Divide these logits by the temperature, then take the softmax: (N, V).",
        "torch.multinomial(p, 1, generator=generator) draws a column (N, 1), and "
        "torch.cat([tokens, drawn], dim=1) appends it.",
    ],
)

SURE = 50.0  # a logit that leaves no doubt, at temperature 1
DRAWS = 20_000
Model = Callable[[Tensor], Tensor]


@generate.test("a model without doubts: the next word is the last one plus 1")
def test_generate_counting(student: Student, rng: Inputs) -> None:
    (N,), (V,) = rng.sizes(3), rng.sizes(5, at_least=3)
    start = torch.arange(N)[:, None] % V
    check_sure(student, rng, start, 6, V, lambda tokens: tokens[:, -1] + 1)


@generate.test("a model that looks at all tokens so far; a longer start")
def test_generate_memory(student: Student, rng: Inputs) -> None:
    (N,), (V,) = rng.sizes(3), rng.sizes(4, at_least=3)
    start = rng.integers(0, V, N, 3)
    check_sure(student, rng, start, 7, V, lambda tokens: tokens.sum(1) + tokens.shape[1])


@generate.test("nothing to add: the start itself")
def test_generate_nothing(student: Student, rng: Inputs) -> None:
    (N,) = rng.sizes(2)
    start = rng.integers(0, 3, N, 4)
    check_sure(student, rng, start, 4, 3, lambda tokens: tokens[:, -1])


@generate.test(f"how often words are drawn, {DRAWS:,} times")
def test_generate_frequencies(student: Student, rng: Inputs) -> None:
    check_frequencies(student, rng, temperature=1.0)


@generate.test("a temperature of 2, and of 1/2")
def test_generate_temperature(student: Student, rng: Inputs) -> None:
    check_frequencies(student, rng, temperature=2.0)
    check_frequencies(student, rng, temperature=0.5)


@generate.test("a temperature of 0.001: always the most probable word")
def test_generate_cold(student: Student, rng: Inputs) -> None:
    chain = rng.normal(4, 4)
    start = torch.arange(4)[:, None].repeat(5, 1)
    got = student.generate(model_of(chain, 4), start, 5, 1e-3, rng.generator())
    truth = start
    for _ in range(4):
        truth = torch.cat([truth, chain.argmax(1)[truth[:, -1:]]], dim=1)
    equal(got, truth, "the sequences")


@generate.test("all that is random comes from generator")
def test_generate_generator(student: Student, rng: Inputs) -> None:
    chain, start = torch.zeros(8, 8, dtype=FLOAT64), torch.zeros(5, 1, dtype=torch.int64)
    generator, other = rng.generator(), rng.generator()

    def drawn(generator: torch.Generator) -> Tensor:
        got = student.generate(model_of(chain, 8), start, 12, 1.0, generator)
        require(
            not student.calls[-1].outcome.used_randomness,
            "Random numbers came from a global generator: hand generator=generator to "
            "torch.multinomial, so that the same pictures can be drawn again.",
        )
        return shaped(got, (5, 12), torch.int64, "the sequences")

    first = drawn(generator)
    require(
        torch.equal(drawn(generator), first),
        "With the same generator, other sequences come the second time.",
    )
    require(
        not torch.equal(drawn(other), first),
        "With another generator the same sequences come: draws should come from generator.",
    )
    require(
        len({tuple(row) for row in first.tolist()}) == len(first),
        "Sequences that begin alike go on alike: draw a token of its own for each of them.",
    )


@generate.test("longer, more words, float32; two steps of a chain", hidden=True)
def test_generate_others(student: Student, rng: Inputs) -> None:
    start = rng.integers(0, 30, 4, 2)
    check_sure(student, rng, start, 20, 30, lambda tokens: 7 * tokens[:, 0] + tokens[:, -1])
    check_sure(student, rng, start[:1, :1], 2, 30, lambda tokens: tokens[:, -1] + 3)
    check_frequencies(student, rng, temperature=1.5, dtype=torch.float32, steps=2)


def check_sure(
    student: Student,
    rng: Inputs,
    start: Tensor,
    length: int,
    V: int,
    follows: Callable[[Tensor], Tensor],
) -> None:
    """What comes is what follows, modulo the number of words."""

    def model(tokens: Tensor) -> Tensor:
        tokens = taken(tokens, start)
        rows = [follows(tokens[:, : t + 1]) % V for t in range(tokens.shape[1])]
        return SURE * torch.nn.functional.one_hot(torch.stack(rows, 1), V).double()

    truth = start
    while truth.shape[1] < length:
        truth = torch.cat([truth, (follows(truth) % V)[:, None]], dim=1)
    got = student.generate(shown_as(model, "model"), start, length, 1.0, rng.generator())
    with about(student.calls[-1]):
        equal(got, truth, "the sequences")


def check_frequencies(
    student: Student,
    rng: Inputs,
    *,
    temperature: float,
    dtype: torch.dtype = FLOAT64,
    steps: int = 1,
) -> None:
    """Words come as often as they are probable, by 5 standard deviations."""
    V = 3
    chain = torch.tensor([[0.0, 1.0, 2.5], [1.5, 0.0, 0.5], [0.0, -1.0, 1.0]], dtype=dtype)
    chain = chain[:, rng.permutation(V)]
    start = torch.zeros(DRAWS // 10, 1, dtype=torch.int64) if steps > 1 else starts()
    got = student.generate(model_of(chain, V), start, 1 + steps, temperature, rng.generator())
    with about(student.calls[-1]):
        tokens = shaped(got, (len(start), 1 + steps), torch.int64, "the sequences")
        equal(tokens[:, :1], start, "the start")
        p = (chain.double() / temperature).softmax(1)
        now = torch.nn.functional.one_hot(start[:, 0], V).double() @ torch.matrix_power(p, steps)
        expected = now.mean(0)
        often = torch.bincount(tokens[:, -1].clamp(0, V - 1), minlength=V) / len(tokens)
        spread = (expected * (1 - expected) / len(tokens)).sqrt()
        require(
            bool(((often - expected).abs() < 5 * spread).all()),
            "Words are not drawn as often as they are probable.",
            ("The last word was 0, 1, 2", ", ".join(f"{100 * f:.1f} %" for f in often.tolist())),
            ("Expected", ", ".join(f"{100 * f:.1f} %" for f in expected.tolist())),
            ("The temperature", f"{temperature:g}"),
        )


def starts() -> Tensor:
    """The words 0, 1 and 2 in turn."""
    return (torch.arange(DRAWS) % 3)[:, None]


def model_of(chain: Tensor, V: int) -> Model:
    """A Markov chain: the logits of the next word are the row of the last one."""

    def model(tokens: Tensor) -> Tensor:
        return chain[taken(tokens, None).clamp(0, V - 1)]

    return shown_as(model, "model")


def taken(tokens: Tensor, start: Tensor | None) -> Tensor:
    """The tokens that a model was given, if it can do something with them."""
    if not isinstance(tokens, Tensor) or tokens.dtype != torch.int64 or tokens.dim() != 2:
        raise TypeError("the model takes tokens (N, t), int64")
    if start is not None and len(tokens) != len(start):
        raise ValueError(f"the model was given {len(tokens)} sequences; there are {len(start)}")
    return tokens
