"""Wrong answers to exercise 5.4 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake("5.4", "Rows and columns are the other way round: the row is the true class.")
def confusion_matrix__transposed(targets, predictions, n_classes):
    return confusion_matrix__right(predictions, targets, n_classes)


@mistake(
    "5.4",
    "matrix[targets, predictions] += 1 counts a pair once, however often it occurs: use a loop, "
    "torch.bincount, or matrix.index_put_(..., accumulate=True).",
)
def confusion_matrix__once_a_pair(targets, predictions, n_classes):
    matrix = torch.zeros(n_classes, n_classes, dtype=torch.int64)
    matrix[targets, predictions] += 1
    return matrix


@mistake("5.4", "The entries are shares of a row; asked for are the counts.")
def confusion_matrix__shares(targets, predictions, n_classes):
    matrix = confusion_matrix__right(targets, predictions, n_classes)
    return matrix / matrix.sum(1, keepdim=True).clamp(min=1)


@mistake(
    "5.4", "The counts are floats: torch.zeros makes float32 unless it is told dtype=torch.int64."
)
def confusion_matrix__floats(targets, predictions, n_classes):
    return confusion_matrix__right(targets, predictions, n_classes).float()


@mistake(
    "5.4",
    "The size comes from the classes that occur; it should be n_classes, also where the last "
    "classes do not occur.",
)
def confusion_matrix__classes_present(targets, predictions, n_classes):
    K = int(max(targets.max(), predictions.max())) + 1
    return confusion_matrix__right(targets, predictions, K)


@mistake("5.4", "Only right predictions are counted: the diagonal is there, but no confusion.")
def confusion_matrix__diagonal(targets, predictions, n_classes):
    return confusion_matrix__right(targets, predictions, n_classes).diagonal().diag()


@mistake("5.4", "Only wrong predictions are counted: right ones belong on the diagonal.")
def confusion_matrix__no_diagonal(targets, predictions, n_classes):
    wrong = targets != predictions
    return confusion_matrix__right(targets[wrong], predictions[wrong], n_classes)


@mistake(
    "5.4",
    "Only classes that occur among the targets have a row: there should be one for each of "
    "n_classes.",
)
def confusion_matrix__unique_targets(targets, predictions, n_classes):
    classes = torch.unique(targets)
    return confusion_matrix__right(targets, predictions, n_classes)[classes]


def confusion_matrix__right(targets, predictions, n_classes):
    matrix = torch.zeros(n_classes, n_classes, dtype=torch.int64)
    for t, p in zip(targets, predictions, strict=True):
        matrix[t, p] += 1
    return matrix


@mistake(
    "5.4",
    "You count in uint8, which begins anew after 255: count in int64, from the start.",
)
def confusion_matrix__uint8(targets, predictions, n_classes):
    return confusion_matrix__right(targets, predictions, n_classes).to(torch.uint8).long()


TOO_SHORT = (
    "bincount counts up to the largest number that occurs, and no further: minlength=n_classes**2 "
    "makes it long enough."
)


@mistake("5.4", TOO_SHORT)
def confusion_matrix__bincount_too_short(targets, predictions, n_classes):
    counts = torch.bincount(targets * n_classes + predictions)
    return counts.reshape(n_classes, n_classes)


@mistake("5.4", TOO_SHORT)
def confusion_matrix__bincount_too_short_unflattened(targets, predictions, n_classes):
    counts = torch.bincount(targets * n_classes + predictions)
    return counts.unflatten(0, (n_classes, n_classes))


@mistake(
    "5.4", "A wrong prediction is counted twice, in both of its entries: row d, column y alone."
)
def confusion_matrix__both_entries(targets, predictions, n_classes):
    matrix = confusion_matrix__right(targets, predictions, n_classes)
    return matrix + matrix.T - matrix.diagonal().diag()


@mistake("5.4", "The classes begin at 0, so that n_classes rows and columns are enough.")
def confusion_matrix__one_more(targets, predictions, n_classes):
    return confusion_matrix__right(targets, predictions, n_classes + 1)
