"""Wrong answers to exercise 5.5 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake("5.5", "The parts come in the other order: validation first, then training.")
def split__swapped(n, val_fraction, generator):
    order = torch.randperm(n, generator=generator)
    n_val = int(n * val_fraction)
    return order[n_val:], order[:n_val]


@mistake(
    "5.5",
    "The random order comes from torch's global generator: torch.randperm(n, generator=generator).",
)
def split__global_generator(n, val_fraction, generator):
    order = torch.randperm(n)
    n_val = int(n * val_fraction)
    return order[:n_val], order[n_val:]


@mistake(
    "5.5",
    "The samples are not shuffled: the first ones are always for validation. Data often comes "
    "sorted; draw with torch.randperm.",
)
def split__not_shuffled(n, val_fraction, generator):
    n_val = int(n * val_fraction)
    return torch.arange(n_val), torch.arange(n_val, n)


@mistake("5.5", "A part is in ascending order: both are to be in random order, so do not sort.")
def split__sorted(n, val_fraction, generator):
    order = torch.randperm(n, generator=generator)
    n_val = int(n * val_fraction)
    return order[:n_val].sort().values, order[n_val:].sort().values


@mistake(
    "5.5",
    "Both parts are shuffled, but the first samples are always for validation: shuffle all of them "
    "first, then cut.",
)
def split__cut_first(n, val_fraction, generator):
    n_val = int(n * val_fraction)
    val = torch.randperm(n_val, generator=generator)
    return val, n_val + torch.randperm(n - n_val, generator=generator)


@mistake(
    "5.5",
    "The two parts overlap: each was drawn from all samples by itself. Draw one order, and cut it.",
)
def split__two_draws(n, val_fraction, generator):
    n_val = int(n * val_fraction)
    val = torch.randperm(n, generator=generator)[:n_val]
    return val, torch.randperm(n, generator=generator)[: n - n_val]


@mistake("5.5", "The size is rounded up; it is int(n * val_fraction), which rounds down.")
def split__rounded(n, val_fraction, generator):
    order = torch.randperm(n, generator=generator)
    n_val = round(n * val_fraction)
    return order[:n_val], order[n_val:]


@mistake(
    "5.5",
    "The first part is for validation and holds the share val_fraction. Yours holds the rest: swap "
    "the two parts, or take the share for the first one.",
)
def split__fraction_for_training(n, val_fraction, generator):
    order = torch.randperm(n, generator=generator)
    n_train = int(n * val_fraction)
    return order[: n - n_train], order[n - n_train :]


@mistake(
    "5.5", "A seed is written into the function: the same split comes, whatever the generator."
)
def split__fixed_seed(n, val_fraction, generator):
    order = torch.randperm(n, generator=torch.Generator().manual_seed(0))
    n_val = int(n * val_fraction)
    return order[:n_val], order[n_val:]


@mistake("5.5", "order[-n_val:] is everything where n_val is 0, and order[:-n_val] is nothing.")
def split__from_the_end(n, val_fraction, generator):
    order = torch.randperm(n, generator=generator)
    n_val = int(n * val_fraction)
    return order[-n_val:], order[:-n_val]
