"""Wrong answers to exercise 10.8 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake

from .shared import log_likelihoods

SHIFTED = (
    "Logits and tokens are shifted against each other: logits[:, t] is the guess of token t "
    "already, computed from those before it."
)


@mistake("10.8", SHIFTED)
def sequence_log_likelihood__next_token(logits, tokens):
    return log_likelihoods(logits[:, :-1], tokens[:, 1:]).sum(1)


@mistake("10.8", SHIFTED)
def sequence_log_likelihood__token_before(logits, tokens):
    return log_likelihoods(logits[:, 1:], tokens[:, :-1]).sum(1)


@mistake("10.8", "The first token is left out: logits[:, 0] is a guess, too, with nothing seen.")
def sequence_log_likelihood__first_left_out(logits, tokens):
    return log_likelihoods(logits, tokens)[:, 1:].sum(1)


@mistake("10.8", "The last token is left out: the sum goes over all of them.")
def sequence_log_likelihood__last_left_out(logits, tokens):
    return log_likelihoods(logits, tokens)[:, :-1].sum(1)


@mistake(
    "10.8", "This is the mean over the tokens: probabilities multiply, so logarithms are summed."
)
def sequence_log_likelihood__mean(logits, tokens):
    return log_likelihoods(logits, tokens).mean(1)


@mistake("10.8", "The softmax goes over the tokens of a sequence: it goes over the words, dim=-1.")
def sequence_log_likelihood__over_tokens(logits, tokens):
    return torch.log_softmax(logits, 1).gather(2, tokens[:, :, None])[:, :, 0].sum(1)


@mistake("10.8", "The sign is turned round: this is the loss, and asked for is log p itself.")
def sequence_log_likelihood__loss(logits, tokens):
    return -log_likelihoods(logits, tokens).sum(1)


@mistake("10.8", "There is no softmax: logits have to become logarithms of probabilities first.")
def sequence_log_likelihood__logits(logits, tokens):
    return logits.gather(2, tokens[:, :, None])[:, :, 0].sum(1)


@mistake(
    "10.8",
    "Probabilities that are 0 in floating point have no logarithm: take log_softmax, or logsumexp, "
    "not the log of the softmax.",
)
def sequence_log_likelihood__log_of_softmax(logits, tokens):
    return torch.softmax(logits, 2).gather(2, tokens[:, :, None])[:, :, 0].log().sum(1)


@mistake(
    "10.8",
    "Large logits overflow in exp: take log_softmax, or torch.logsumexp.",
)
def sequence_log_likelihood__overflow(logits, tokens):
    chosen = logits.gather(2, tokens[:, :, None])[:, :, 0]
    return (chosen - logits.exp().sum(2).log()).sum(1)


@mistake("10.8", "The probabilities themselves are summed: multiply them, or sum their logarithms.")
def sequence_log_likelihood__sum_of_probabilities(logits, tokens):
    return torch.softmax(logits, 2).gather(2, tokens[:, :, None])[:, :, 0].sum(1)


@mistake("10.8", "This is the probability: asked for is its logarithm.")
def sequence_log_likelihood__probability(logits, tokens):
    return log_likelihoods(logits, tokens).sum(1).exp()


@mistake(
    "10.8", "This is one number for the whole batch: one for each sequence, (N,), is asked for."
)
def sequence_log_likelihood__scalar(logits, tokens):
    return log_likelihoods(logits, tokens).sum()


@mistake("10.8", "There is a number for each token, (N, T): sum over the tokens of a sequence.")
def sequence_log_likelihood__each_token(logits, tokens):
    return log_likelihoods(logits, tokens)


@mistake(
    "10.8",
    "This is the likelihood of the most probable words: take the words of tokens.",
)
def sequence_log_likelihood__largest(logits, tokens):
    return torch.log_softmax(logits, 2).amax(2).sum(1)


@mistake("10.8", "The sum goes over the sequences, (T,): it goes over the tokens of each.")
def sequence_log_likelihood__over_sequences(logits, tokens):
    return log_likelihoods(logits, tokens).sum(0)
