"""Wrong answers to exercise 10.9 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


def drawn(model, start, length, generator, p_of, row=-1):
    """``p_of`` makes probabilities (N, V) of logits."""
    tokens = start
    while tokens.shape[1] < length:
        p = p_of(model(tokens)[:, row])
        tokens = torch.cat((tokens, torch.multinomial(p, 1, generator=generator)), 1)
    return tokens


def cooled(temperature):
    return lambda logits: torch.softmax(logits / temperature, -1)


@mistake("10.9", "The most probable word is taken each time: draw one, by torch.multinomial.")
def generate__argmax(model, start, length, temperature, generator):
    tokens = start
    while tokens.shape[1] < length:
        tokens = torch.cat((tokens, model(tokens)[:, -1].argmax(-1, keepdim=True)), 1)
    return tokens


UNCHANGED = (
    "The temperature changes nothing: divide the logits by it, before the softmax. (To divide "
    "probabilities has no effect, since they are made to sum to 1 again.)"
)


@mistake("10.9", UNCHANGED)
def generate__probabilities_divided(model, start, length, temperature, generator):
    p_of = lambda logits: torch.softmax(logits, -1) / temperature  # noqa: E731
    return drawn(model, start, length, generator, p_of)


@mistake("10.9", UNCHANGED)
def generate__no_temperature(model, start, length, temperature, generator):
    tokens = start
    while tokens.shape[1] < length:
        p = torch.softmax(model(tokens)[:, -1], -1)
        tokens = torch.cat((tokens, torch.multinomial(p, 1, generator=generator)), 1)
    return tokens


@mistake("10.9", "The logits are multiplied by the temperature: divide them by it.")
def generate__multiplied(model, start, length, temperature, generator):
    return drawn(model, start, length, generator, cooled(1 / temperature))


@mistake(
    "10.9",
    "The first row of the logits is taken: the guess of the next token is the last one, [:, -1].",
)
def generate__first_row(model, start, length, temperature, generator):
    return drawn(model, start, length, generator, cooled(temperature), row=0)


@mistake(
    "10.9",
    "The model is given the last token alone: hand it all tokens so far.",
)
def generate__last_token_alone(model, start, length, temperature, generator):
    tokens = start
    while tokens.shape[1] < length:
        p = torch.softmax(model(tokens[:, -1:])[:, -1] / temperature, -1)
        tokens = torch.cat((tokens, torch.multinomial(p, 1, generator=generator)), 1)
    return tokens


@mistake("10.9", "The model is given the start each time: hand it the tokens drawn so far, too.")
def generate__start_each_time(model, start, length, temperature, generator):
    tokens = start
    while tokens.shape[1] < length:
        p = torch.softmax(model(start)[:, -1] / temperature, -1)
        tokens = torch.cat((tokens, torch.multinomial(p, 1, generator=generator)), 1)
    return tokens


@mistake(
    "10.9",
    "The tokens come from the global generator: hand generator=generator to torch.multinomial.",
)
def generate__global_generator(model, start, length, temperature, generator):
    return drawn(model, start, length, None, cooled(temperature))


@mistake(
    "10.9",
    "A generator is made anew, with a seed of its own, so that all pictures come out the same: use "
    "the one that is given.",
)
def generate__own_seed(model, start, length, temperature, generator):
    own = torch.Generator().manual_seed(0)
    return drawn(model, start, length, own, cooled(temperature))


@mistake("10.9", "The start is missing from the result: it comes first, and counts for length.")
def generate__start_lost(model, start, length, temperature, generator):
    tokens = drawn(model, start, length, generator, cooled(temperature))
    return tokens[:, start.shape[1] :]


@mistake(
    "10.9",
    "length tokens are drawn after the start: length is that of the whole sequence, start and all.",
)
def generate__length_more(model, start, length, temperature, generator):
    return drawn(model, start, length + start.shape[1], generator, cooled(temperature))


@mistake("10.9", "There is one token too many: stop once there are length of them.")
def generate__one_too_many(model, start, length, temperature, generator):
    return drawn(model, start, length + 1, generator, cooled(temperature))


@mistake("10.9", "There is one token too few: go on until there are length of them.")
def generate__one_too_few(model, start, length, temperature, generator):
    return drawn(model, start, max(length - 1, start.shape[1]), generator, cooled(temperature))


@mistake(
    "10.9",
    "One word is drawn for all sequences: each has probabilities of its own, and draws of its own.",
)
def generate__one_for_all(model, start, length, temperature, generator):
    tokens = start
    while tokens.shape[1] < length:
        p = torch.softmax(model(tokens)[:1, -1] / temperature, -1)
        word = torch.multinomial(p, 1, generator=generator)
        tokens = torch.cat((tokens, word.expand(len(tokens), 1)), 1)
    return tokens


@mistake(
    "10.9",
    "The softmax goes over the sequences: it goes over the words, the last axis.",
)
def generate__over_sequences(model, start, length, temperature, generator):
    p_of = lambda logits: torch.softmax(logits / temperature, 0) + 1e-12  # noqa: E731
    return drawn(model, start, length, generator, p_of)


@mistake(
    "10.9",
    "New tokens are put before the old ones: they come at the end, torch.cat([tokens, new], "
    "dim=1).",
)
def generate__at_the_front(model, start, length, temperature, generator):
    tokens = start
    while tokens.shape[1] < length:
        p = torch.softmax(model(tokens)[:, -1] / temperature, -1)
        tokens = torch.cat((torch.multinomial(p, 1, generator=generator), tokens), 1)
    return tokens


@mistake("10.9", "The tokens are floating-point numbers: they stay int64.")
def generate__float(model, start, length, temperature, generator):
    return drawn(model, start, length, generator, cooled(temperature)).float()
