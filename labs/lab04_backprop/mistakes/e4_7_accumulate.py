"""Wrong answers to exercise 4.7 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake("4.7", "You changed total in place; make new tensors, in a new list: t + n.")
def accumulate__in_place(total, new):
    for t, n in zip(total, new, strict=True):
        t += n
    return total


@mistake("4.7", "For lists, + joins them end to end; add the tensors, pair by pair.")
def accumulate__joined(total, new):
    return total + new


@mistake("4.7", "The new gradients replace the old ones; they are to be added to them.")
def accumulate__overwritten(total, new):
    return [n.clone() for n in new]


@mistake("4.7", "You took the mean of the two; gradients are summed.")
def accumulate__mean(total, new):
    return [(t + n) / 2 for t, n in zip(total, new, strict=True)]


@mistake("4.7", "You subtracted the new gradients; the minus sign belongs to the descent step.")
def accumulate__subtracted(total, new):
    return [t - n for t, n in zip(total, new, strict=True)]


ZIP = "sum(...) adds the tensors of a list to one another: pair those of total and new with zip."


@mistake("4.7", ZIP)
def accumulate__sum_of_each_list(total, new):
    return sum(total) + sum(new)


@mistake("4.7", ZIP)
def accumulate__sum_of_pairs(total, new):
    return sum(t + n for t, n in zip(total, new))


@mistake("4.7", "t = t + n gives a new tensor the name t; the list total still holds the old one.")
def accumulate__total_as_it_was(total, new):
    return list(total)


@mistake("4.7", "Your loop keeps the last sum alone: append each to a list.")
def accumulate__last_alone(total, new):
    return [total[-1] + new[-1]]


@mistake(
    "4.7", "The tensors have shapes of their own, so they cannot be stacked: pair them with zip."
)
def accumulate__stacked(total, new):
    return torch.stack(total) + torch.stack(new)
