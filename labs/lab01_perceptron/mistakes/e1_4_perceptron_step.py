"""Wrong answers to exercise 1.4 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake("1.4", "You learn from every sample; the perceptron learns from its mistakes alone.")
def perceptron_step__always(w, x, d, lr):
    return w + lr * d * x


@mistake("1.4", "You update where the sample is right, and leave w where it is wrong.")
def perceptron_step__when_right(w, x, d, lr):
    y = 1 if w @ x >= 0 else -1
    return w + lr * d * x if y == d else w


@mistake(
    "1.4",
    "You count a score of 0 as a mistake for both labels; sign(0) = +1, so for d = +1 it is right.",
)
def perceptron_step__zero_wrong(w, x, d, lr):
    return w + lr * d * x if d * (w @ x) <= 0 else w


@mistake(
    "1.4",
    "You count a score of 0 as right for both labels; sign(0) = +1, so for d = -1 it is a mistake.",
)
def perceptron_step__zero_right(w, x, d, lr):
    return w + lr * d * x if d * (w @ x) < 0 else w


@mistake("1.4", "Your prediction for a score of 0 is -1; in the course sign(0) = +1.")
def perceptron_step__zero_minus(w, x, d, lr):
    y = 1 if w @ x > 0 else -1
    return w + lr * d * x if y != d else w


@mistake("1.4", "You went away from the sample: the update is + lr d x, not - lr d x.")
def perceptron_step__minus(w, x, d, lr):
    y = 1 if w @ x >= 0 else -1
    return w - lr * d * x if y != d else w


@mistake(
    "1.4", "The label is missing from your update: x is added for d = +1, taken off for d = -1."
)
def perceptron_step__no_label(w, x, d, lr):
    y = 1 if w @ x >= 0 else -1
    return w + lr * x if y != d else w


@mistake("1.4", "The learning rate lr is missing from your update.")
def perceptron_step__no_lr(w, x, d, lr):
    y = 1 if w @ x >= 0 else -1
    return w + d * x if y != d else w


@mistake(
    "1.4", "Your step is twice too long: d - y is not d but 2 d where the prediction y is wrong."
)
def perceptron_step__twice(w, x, d, lr):
    y = 1 if w @ x >= 0 else -1
    return w + lr * (d - y) * x


@mistake("1.4", "The bias does not learn: it is weight 0 and moves by lr d x_0 like the others.")
def perceptron_step__no_bias(w, x, d, lr):
    y = 1 if w @ x >= 0 else -1
    if y == d:
        return w
    return torch.cat([w[:1], w[1:] + lr * d * x[1:]])


@mistake("1.4", "w += ... writes into the caller's weights; make a new tensor: w = w + ...")
def perceptron_step__in_place(w, x, d, lr):
    y = 1 if w @ x >= 0 else -1
    if y != d:
        w += lr * d * x
    return w


@mistake("1.4", "You return nothing where the sample is right; return w as it is.")
def perceptron_step__none(w, x, d, lr):
    y = 1 if w @ x >= 0 else -1
    if y != d:
        return w + lr * d * x


@mistake("1.4", "You returned the change of w; return the new weights, w plus the change.")
def perceptron_step__change(w, x, d, lr):
    y = 1 if w @ x >= 0 else -1
    return lr * d * x if y != d else torch.zeros_like(w)


@mistake("1.4", "d may be a plain number, which has no .item(); compare with d as it is.")
def perceptron_step__item(w, x, d, lr):
    y = 1 if w @ x >= 0 else -1
    return w + lr * d.item() * x if y != d.item() else w


@mistake("1.4", "You left the bias out of the score; it is weight 0 and meets x[0] = 1.")
def perceptron_step__score_without_bias(w, x, d, lr):
    y = 1 if w[1:] @ x[1:] >= 0 else -1
    return w + lr * d * x if y != d else w


@mistake("1.4", "This is the delta rule, d - <w, x>: the perceptron compares labels, not scores.")
def perceptron_step__delta_rule(w, x, d, lr):
    return w + lr * (d - w @ x) * x


@mistake("1.4", "You predict 0 or 1 and compare with -1 or +1: a score below 0 gives -1.")
def perceptron_step__zero_one(w, x, d, lr):
    return w + lr * d * x if float(w @ x >= 0) != float(d) else w


@mistake("1.4", "You predict 0 or 1 and compare with -1 or +1: a score below 0 gives -1.")
def perceptron_step__zero_one_difference(w, x, d, lr):
    y = 1 if w @ x >= 0 else 0
    return w + lr * (d - y) * x


@mistake(
    "1.4",
    "Your step has d - <w, x> in it, as the delta rule has: the step of a perceptron is lr d x.",
)
def perceptron_step__delta_rule_where_wrong(w, x, d, lr):
    y = 1 if w @ x >= 0 else -1
    return w + lr * (d - w @ x) * x if y != d else w


@mistake("1.4", "You divided x by its length; here x enters as it is.")
def perceptron_step__normalized(w, x, d, lr):
    y = 1 if w @ x >= 0 else -1
    return w + lr * d * x / x.norm() if y != d else w


@mistake("1.4", "You compare the score with the label; the prediction is the sign of the score.")
def perceptron_step__score_compared(w, x, d, lr):
    return w + lr * d * x if w @ x != d else w
