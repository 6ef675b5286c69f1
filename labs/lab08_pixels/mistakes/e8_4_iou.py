"""Wrong answers to exercise 8.4 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


def counts(prediction, d, n_classes):
    """Pixels in both, in the prediction, in d, for each class."""
    k = torch.arange(n_classes)[:, None]
    P, D = prediction.flatten() == k, d.flatten() == k
    return (P & D).sum(1).double(), P.sum(1).double(), D.sum(1).double()


def quotients(prediction, d, n_classes):
    """Rightly."""
    both, p, t = counts(prediction, d, n_classes)
    return both / (p + t - both)


NEITHER = "A class that is in neither has no IoU: 0 / 0, which is NaN; neither 0 nor 1 is right."


@mistake("8.4", NEITHER)
def iou__zero_for_neither(prediction, d, n_classes):
    return quotients(prediction, d, n_classes).nan_to_num(0.0)


@mistake("8.4", NEITHER)
def iou__one_for_neither(prediction, d, n_classes):
    return quotients(prediction, d, n_classes).nan_to_num(1.0)


@mistake("8.4", NEITHER)
def iou__union_of_one_at_least(prediction, d, n_classes):
    both, p, t = counts(prediction, d, n_classes)
    return both / (p + t - both).clamp(min=1)


EPS = (
    "A small number is added, so that 0 / 0 does not come about: it makes the other quotients "
    "wrong, and NaN is the answer there."
)


@mistake("8.4", EPS)
def iou__eps_below(prediction, d, n_classes):
    both, p, t = counts(prediction, d, n_classes)
    return both / (p + t - both + 1e-8)


@mistake("8.4", EPS)
def iou__eps_6_below(prediction, d, n_classes):
    both, p, t = counts(prediction, d, n_classes)
    return both / (p + t - both + 1e-6)


@mistake("8.4", EPS)
def iou__eps_above_and_below(prediction, d, n_classes):
    both, p, t = counts(prediction, d, n_classes)
    return (both + 1e-6) / (p + t - both + 1e-6)


@mistake("8.4", EPS)
def iou__eps_8_above_and_below(prediction, d, n_classes):
    both, p, t = counts(prediction, d, n_classes)
    return (both + 1e-8) / (p + t - both + 1e-8)


IMAGES = (
    "This is the mean of the images' IoUs: count the pixels of all images first, and divide once "
    "for each class."
)


@mistake("8.4", IMAGES)
def iou__mean_of_images(prediction, d, n_classes):
    return torch.stack(
        [quotients(p, t, n_classes) for p, t in zip(prediction, d, strict=True)]
    ).mean(0)


@mistake("8.4", IMAGES)
def iou__nanmean_of_images(prediction, d, n_classes):
    return torch.stack(
        [quotients(p, t, n_classes) for p, t in zip(prediction, d, strict=True)]
    ).nanmean(0)


@mistake("8.4", "There is an IoU for each image: asked for is one for each class, over all images.")
def iou__each_image(prediction, d, n_classes):
    return torch.stack([quotients(p, t, n_classes) for p, t in zip(prediction, d, strict=True)])


@mistake(
    "8.4",
    "This is Dice, 2 |P and D| / (|P| + |D|): IoU divides by the union, in which each pixel counts "
    "once.",
)
def iou__dice(prediction, d, n_classes):
    both, p, t = counts(prediction, d, n_classes)
    return 2 * both / (p + t)


@mistake("8.4", "You divided by the pixels of d, which is the recall: divide by the union.")
def iou__recall(prediction, d, n_classes):
    both, _, t = counts(prediction, d, n_classes)
    return both / t


@mistake(
    "8.4",
    "You divided by the pixels of the prediction, which is the precision: divide by the union.",
)
def iou__precision(prediction, d, n_classes):
    both, p, _ = counts(prediction, d, n_classes)
    return both / p


@mistake(
    "8.4",
    "The union is the sum of both sets, in which pixels of both count twice: subtract the "
    "intersection once, or use | of booleans.",
)
def iou__union_as_sum(prediction, d, n_classes):
    both, p, t = counts(prediction, d, n_classes)
    return both / (p + t)


SKIPPED = "Class 0 is left out: it is a class like the others, and has an IoU too."


@mistake("8.4", SKIPPED)
def iou__class_0_left_out(prediction, d, n_classes):
    return quotients(prediction, d, n_classes)[1:]


@mistake("8.4", SKIPPED)
def iou__class_0_left_at_zero(prediction, d, n_classes):
    result = quotients(prediction, d, n_classes)
    result[0] = 0
    return result


@mistake("8.4", "The last class is left out: classes are 0 to n_classes - 1, range(n_classes).")
def iou__last_class_left_out(prediction, d, n_classes):
    return quotients(prediction, d, n_classes)[:-1]


@mistake("8.4", "You returned the mean over the classes: asked for is the IoU of each.")
def iou__mean_of_classes(prediction, d, n_classes):
    return quotients(prediction, d, n_classes).mean()


@mistake("8.4", "You returned the mean over the classes: asked for is the IoU of each.")
def iou__nanmean_of_classes(prediction, d, n_classes):
    return quotients(prediction, d, n_classes).nanmean()


FLOAT32 = "The quotient is float32: convert the counts before you divide, with .double()."


@mistake("8.4", FLOAT32)
def iou__float32(prediction, d, n_classes):
    return quotients(prediction, d, n_classes).float()


@mistake("8.4", FLOAT32)
def iou__float32_in_between(prediction, d, n_classes):
    both, p, t = counts(prediction, d, n_classes)
    return (both.float() / (p + t - both).float()).double()


@mistake("8.4", FLOAT32)
def iou__python_numbers(prediction, d, n_classes):
    return torch.tensor(quotients(prediction, d, n_classes).tolist())


@mistake(
    "8.4",
    "You divided by the number of all pixels: divide by the union of both sets of the class.",
)
def iou__over_all_pixels(prediction, d, n_classes):
    return counts(prediction, d, n_classes)[0] / d.numel()


@mistake(
    "8.4",
    "Pixels count as right where neither is the class, too: that is the accuracy of the class. In "
    "the intersection are pixels that have it in both.",
)
def iou__accuracy(prediction, d, n_classes):
    k = torch.arange(n_classes)[:, None]
    P, D = prediction.flatten() == k, d.flatten() == k
    return (P == D).double().mean(1)


@mistake("8.4", "The union is that of pixels in one set alone (^): it has those of both, too (|).")
def iou__either_or(prediction, d, n_classes):
    both, p, t = counts(prediction, d, n_classes)
    return both / (p + t - 2 * both)


@mistake(
    "8.4",
    "The classes are those that occur, not 0 to n_classes - 1: a class that is in neither has its "
    "place too.",
)
def iou__classes_that_occur(prediction, d, n_classes):
    result = quotients(prediction, d, n_classes)
    return result[torch.cat([prediction.flatten(), d.flatten()]).unique()]


@mistake(
    "8.4",
    "The number of classes is taken from d: classes may be missing there, so use n_classes.",
)
def iou__classes_up_to_the_largest(prediction, d, n_classes):
    return quotients(prediction, d, n_classes)[: int(d.max()) + 1]


@mistake("8.4", "The quotient is turned round: intersection over union, so the union is below.")
def iou__turned_round(prediction, d, n_classes):
    return 1 / quotients(prediction, d, n_classes)


@mistake("8.4", "Counts are divided as whole numbers (//): use / of .double() counts.")
def iou__whole_numbers(prediction, d, n_classes):
    both, p, t = counts(prediction, d, n_classes)
    return both // (p + t - both)


@mistake("8.4", "This is 1 - IoU, a distance: asked for is the IoU itself.")
def iou__distance(prediction, d, n_classes):
    return 1 - quotients(prediction, d, n_classes)


@mistake(
    "8.4",
    "Among Python's numbers 0 / 0 is an error: for a class that is in neither the answer is NaN, "
    "as a quotient of tensors gives it.",
)
def iou__python_division(prediction, d, n_classes):
    values = []
    for k in range(n_classes):
        both = ((prediction == k) & (d == k)).sum().item()
        union = ((prediction == k) | (d == k)).sum().item()
        values.append(both / union)
    return torch.tensor(values, dtype=torch.float64)
