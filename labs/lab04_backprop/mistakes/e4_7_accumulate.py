"""Wrong answers to exercise 4.7 that students write, and what to tell them."""

from __future__ import annotations

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
