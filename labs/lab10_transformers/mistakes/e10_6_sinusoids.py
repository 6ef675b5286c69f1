"""Wrong answers to exercise 10.6 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


def waves(positions, frequencies):
    """Sines and cosines side by side, in the dtype asked for."""
    dtype = positions.dtype if positions.is_floating_point() else torch.float32
    angles = positions.double()[:, None] * frequencies
    return angles.sin().to(dtype), angles.cos().to(dtype)


def powers(dim, exponent):
    i = torch.arange(dim // 2, dtype=torch.float64)
    return 10000 ** -exponent(i)


def right(dim):
    return powers(dim, lambda i: 2 * i / dim)


@mistake("10.6", "The exponent is 2 i / dim, not i / dim: the last wave is nearly 10000 long.")
def sinusoids__i_for_2i(positions, dim):
    return torch.cat(waves(positions, powers(dim, lambda i: i / dim)), 1)


@mistake(
    "10.6",
    "The exponents go up to 1 (by dim/2 - 1): the formula has 2 i / dim, so the last one is below "
    "1.",
)
def sinusoids__up_to_1(positions, dim):
    return torch.cat(waves(positions, powers(dim, lambda i: i / max(dim // 2 - 1, 1))), 1)


@mistake(
    "10.6", "Sines and cosines take turns: all sines come first, and then all cosines, in a row."
)
def sinusoids__interleaved(positions, dim):
    return torch.stack(waves(positions, right(dim)), 2).flatten(1)


@mistake("10.6", "The cosines come first: first all sines, then all cosines.")
def sinusoids__cosines_first(positions, dim):
    sines, cosines = waves(positions, right(dim))
    return torch.cat((cosines, sines), 1)


@mistake(
    "10.6",
    "Positions are counted from 1, or moved by 1: take them as they are given; the first may be 0.",
)
def sinusoids__from_1(positions, dim):
    return torch.cat(waves(positions + 1, right(dim)), 1)


@mistake("10.6", "The positions play no part: whatever they are, 0, 1, 2, ... are taken.")
def sinusoids__own_positions(positions, dim):
    counted = torch.arange(len(positions)).to(positions.dtype)
    return torch.cat(waves(counted, right(dim)), 1)


@mistake("10.6", "The frequency is multiplied by 10000^(...): divide by it, waves become longer.")
def sinusoids__multiplied(positions, dim):
    return torch.cat(waves(positions, 1 / right(dim)), 1)


@mistake("10.6", "The base is e: it is 10000, exp(-log(10000) * 2 i / dim).")
def sinusoids__base_e(positions, dim):
    i = torch.arange(dim // 2, dtype=torch.float64)
    return torch.cat(waves(positions, torch.exp(-2 * i / dim)), 1)


@mistake("10.6", "The base is 1000: it is 10000.")
def sinusoids__base_1000(positions, dim):
    i = torch.arange(dim // 2, dtype=torch.float64)
    return torch.cat(waves(positions, 1000 ** (-2 * i / dim)), 1)


@mistake("10.6", "The angles have a factor 2 pi: there is none in the formula.")
def sinusoids__two_pi(positions, dim):
    return torch.cat(waves(positions, 2 * torch.pi * right(dim)), 1)


@mistake(
    "10.6",
    "There are dim waves, so each vector has 2 dim numbers: dim / 2 sines and dim / 2 cosines.",
)
def sinusoids__too_many(positions, dim):
    i = torch.arange(dim, dtype=torch.float64)
    return torch.cat(waves(positions, 10000 ** (-2 * i / dim)), 1)


@mistake(
    "10.6",
    "Each position is a column: vectors are rows, (T, dim).",
)
def sinusoids__columns(positions, dim):
    return torch.cat(waves(positions, right(dim)), 1).T


@mistake(
    "10.6",
    "The sines are there twice, and no cosines: with sines alone, one cannot tell all places "
    "apart.",
)
def sinusoids__sines_alone(positions, dim):
    sines, _ = waves(positions, right(dim))
    return torch.cat((sines, sines), 1)
