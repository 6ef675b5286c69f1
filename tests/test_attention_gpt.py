"""Tokens guessed one after the other: causal, exact, the same with a cache; words by k-means."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

import pytest
import torch
from torch import Tensor

from course_dl.attention import PatchGPT, patchify, sequence_log_likelihood
from course_dl.attention.block import Cache
from course_dl.data import Codebook, codebook
from tests.exact import FLOAT64, close, seeded


def small_gpt(tokens: int = 5, vocabulary: int = 3) -> PatchGPT:
    """With weights large enough that everything depends on everything."""
    gpt = PatchGPT(tokens, vocabulary, 8, 2, 2, 4, generator=seeded(0)).double()
    for k, p in enumerate(gpt.parameters()):
        p.data.add_(0.5 * torch.randn(p.shape, generator=seeded(k), dtype=FLOAT64))
    return gpt


def some_tokens(N: int, t: int, vocabulary: int = 3) -> tuple[Tensor, Tensor]:
    d = torch.arange(N) % 4
    return torch.randint(vocabulary, (N, t), generator=seeded(t)), d


# Likelihoods


def test_the_likelihood_of_a_markov_chain_is_in_closed_form() -> None:
    first = torch.tensor([0.2, 0.8], dtype=FLOAT64)
    then = torch.tensor([[0.9, 0.1], [0.3, 0.7]], dtype=FLOAT64)
    T = torch.tensor([[0, 0, 1, 1], [1, 0, 1, 0]])
    logits = torch.cat((first.expand(2, 1, 2), then[T[:, :-1]]), 1).log()
    truth = [0.2 * 0.9 * 0.1 * 0.7, 0.8 * 0.3 * 0.1 * 0.3]
    close(sequence_log_likelihood(logits + 1e4, T), torch.tensor(truth, dtype=FLOAT64).log(), 1e-8)


def test_the_probabilities_of_all_sequences_sum_to_1() -> None:
    gpt = small_gpt()
    everything = torch.tensor(list(product(range(3), repeat=5)))
    log_p = gpt.log_likelihood(everything, torch.full((len(everything),), 2))
    close(log_p.exp().sum(), torch.ones((), dtype=FLOAT64))


def test_a_row_depends_on_the_class_and_on_earlier_tokens_alone() -> None:
    gpt = small_gpt()
    T, d = some_tokens(4, 5)
    logits = gpt(T, d)
    assert logits.shape == (4, 5, 3)
    for s in range(5):
        other = T.clone()
        other[:, s:] = (other[:, s:] + 1) % 3
        close(gpt(other, d)[:, : s + 1], logits[:, : s + 1])
        assert s == 4 or not torch.allclose(gpt(other, d)[:, s + 1], logits[:, s + 1])
    assert not torch.allclose(gpt(T, (d + 1) % 4)[:, 0], logits[:, 0])


# The cache


@pytest.mark.parametrize("steps", [[0, 1, 2, 3, 4], [0, 3, 4], [2, 4], [5], [1, 5]])
def test_with_a_cache_the_logits_are_the_very_same(steps: list[int]) -> None:
    gpt = small_gpt()
    T, d = some_tokens(4, 5)
    cache = gpt.cache()
    with torch.no_grad():
        rows = torch.cat([gpt(T[:, :t], d, cache) for t in steps], 1)
        close(rows, gpt(T, d))


def test_completing_with_a_cache_draws_what_is_drawn_without() -> None:
    gpt = small_gpt(8)
    start, d = some_tokens(6, 3)
    generator, T = seeded(1), start
    while T.shape[1] < 8:
        p = (gpt(T, d)[:, -1] / 0.7).softmax(1)
        T = torch.cat((T, torch.multinomial(p, 1, generator=generator)), 1)
    state = torch.random.get_rng_state()
    assert torch.equal(gpt.complete(start, d, 0.7, seeded(1)), T)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(gpt.complete(T, d), T)


def test_sequences_are_drawn_as_often_as_they_are_probable() -> None:
    gpt, n = small_gpt(3, 2), 20_000
    d = torch.zeros(n, dtype=torch.int64)
    T = gpt.complete(torch.empty(n, 0, dtype=torch.int64), d, generator=seeded(0))
    everything = torch.tensor(list(product(range(2), repeat=3)))
    p = gpt.log_likelihood(everything, d[:8]).exp().detach()
    often = torch.bincount(T @ torch.tensor([4, 2, 1]), minlength=8) / n
    assert bool(((often - p).abs() < 5 * (p * (1 - p) / n).sqrt()).all())


def test_a_low_temperature_takes_the_most_probable_word() -> None:
    gpt = small_gpt()
    start, d = some_tokens(4, 4)
    last = gpt.complete(start, d, 1e-3, seeded(0))[:, -1]
    assert torch.equal(last, gpt(start, d)[:, -1].argmax(1))


# Patches as words


def test_words_are_found_where_patches_are_few() -> None:
    """Four patches, each many times over: four words are enough to get all images back."""
    patches = torch.randn(4, 1, 2, 2, generator=seeded(0))
    which = torch.randint(4, (50, 6), generator=seeded(1))
    images = Codebook(patches.flatten(1), 2).decode(which, (4, 6))
    book = codebook(images, 2, 4, generator=seeded(2))
    close(book.decode(book.encode(images), (4, 6)), images, 1e-6)


def test_a_word_is_the_mean_of_its_patches_and_more_words_are_nearer() -> None:
    X = torch.rand(60, 2, 8, 8, generator=seeded(0), dtype=FLOAT64)
    errors = []
    for k in (1, 4, 16, 64):
        book = codebook(X, 4, k, generator=seeded(1))
        tokens = book.encode(X)
        assert tokens.shape == (60, 4) and tokens.unique().numel() == k
        errors.append(float((book.decode(tokens) - X).square().mean()))
    assert errors == sorted(errors, reverse=True)
    close(codebook(X, 4, 1).words[0], patchify(X, 4).flatten(0, 1).mean(0))


def test_tokens_follow_patchify_and_the_generator_alone() -> None:
    X = torch.rand(5, 3, 4, 6, generator=seeded(0))
    state = torch.random.get_rng_state()
    one, other = (codebook(X, 2, 7, generator=seeded(1)) for _ in range(2))
    assert torch.equal(one.words, other.words)
    assert torch.equal(torch.random.get_rng_state(), state)
    distances = torch.cdist(patchify(X, 2), one.words.expand(5, -1, -1))
    assert torch.equal(one.encode(X), distances.argmin(2))


LOGITS, T = torch.zeros(2, 3, 4), torch.zeros(2, 3, dtype=torch.int64)
D, GPT = T[:, 0], PatchGPT(3, 4, 4, 1, 2)
IMAGES = torch.zeros(2, 1, 4, 4)
BOOK = Codebook(torch.zeros(3, 4), 2)


def seen_before() -> object:
    cache = GPT.cache()
    GPT(T, D, cache)
    return GPT(T, D, cache)


BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: sequence_log_likelihood(LOGITS[0], T), ValueError, r"scores \(N, T, V\)"),
    (lambda: sequence_log_likelihood(LOGITS, T[:, :2]), ValueError, r"\(N, T\), 3 a row"),
    (lambda: sequence_log_likelihood(LOGITS, T[:1]), ValueError, "must have 2 rows"),
    (lambda: sequence_log_likelihood(LOGITS, T + 4), ValueError, r"0\.\.3, got 4 to 4"),
    (lambda: sequence_log_likelihood(LOGITS, T.float()), TypeError, "tokens must be int64"),
    (lambda: GPT(torch.cat((T, T), 1), D), ValueError, "at most 3 a row"),
    (lambda: GPT(T - 1, D), ValueError, r"0\.\.3, got -1 to -1"),
    (lambda: GPT(T, D + 10), ValueError, r"classes must lie in 0\.\.9"),
    (lambda: GPT.complete(T[:, :1], D, 0), ValueError, "temperature must be a positive"),
    (seen_before, ValueError, "the cache has seen 2 tokens, and T has 2: no more"),
    (lambda: Cache(1).extend(*2 * (torch.zeros(1, 2, 2, 3),)), ValueError, "room for 1 tokens"),
    (lambda: PatchGPT(dim=6), ValueError, "a multiple of heads = 4, got 6"),
    (lambda: codebook(IMAGES, 3), ValueError, "multiples of 3"),
    (lambda: codebook(IMAGES, 2, 9), ValueError, "8 patches, too few for k = 9"),
    (lambda: codebook(IMAGES.byte(), 2, 2), TypeError, "images must hold floating-point"),
    (lambda: BOOK.encode(torch.zeros(2, 3, 4, 4)), ValueError, "must have 1 channels, got 3"),
    (lambda: BOOK.decode(T + 1), ValueError, "3 patches of 2 x 2 pixels do not make 2 x 2"),
    (lambda: BOOK.decode(T + 3), ValueError, r"0\.\.2, got 3 to 3"),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_what_does_not_fit_is_told(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()


def test_uniform_guesses_cost_the_log_of_the_vocabulary() -> None:
    gpt = PatchGPT(4, 5, 8, 1, 2, generator=seeded(0))
    torch.nn.init.zeros_(gpt.head.weight)
    log_p = gpt.log_likelihood(torch.zeros(2, 4, dtype=torch.int64), D)
    close(log_p, torch.full((2,), -4 * math.log(5)), 1e-5)
