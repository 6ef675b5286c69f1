"""Wrong answers to exercise 1.5 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


def _trained(X, d, w0, lr, max_epochs, sign=lambda s: s >= 0):
    """Rosenblatt's algorithm, rightly by default; also the weights met on the way."""
    w, mistakes, met = w0, [], []
    for _ in range(max_epochs):
        wrong = 0
        for x, label in zip(X, d):
            if (1 if sign(w @ x) else -1) != label:
                w = w + lr * label * x
                wrong += 1
                met.append(w)
        mistakes.append(wrong)
        if wrong == 0:
            break
    return w, mistakes, met


@mistake("1.5", "You visit the samples once; go on, epoch after epoch, until one has no mistake.")
def train_perceptron__one_epoch(X, d, w0, lr=1.0, max_epochs=100):
    w, wrong = w0, 0
    for x, label in zip(X, d):
        if (1 if w @ x >= 0 else -1) != label:
            w = w + lr * label * x
            wrong += 1
    return w, [wrong]


@mistake(
    "1.5", "You run max_epochs epochs in any case; stop after the first one without a mistake."
)
def train_perceptron__no_stop(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes = w0, []
    for _ in range(max_epochs):
        wrong = 0
        for x, label in zip(X, d):
            if (1 if w @ x >= 0 else -1) != label:
                w = w + lr * label * x
                wrong += 1
        mistakes.append(wrong)
    return w, mistakes


@mistake("1.5", "The last epoch, the one without a mistake, belongs to the list too: append its 0.")
def train_perceptron__no_last_zero(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes, _ = _trained(X, d, w0, lr, max_epochs)
    return w, [wrong for wrong in mistakes if wrong]


@mistake(
    "1.5",
    "You counted the mistakes after the epoch; count them as they are met, before each update.",
)
def train_perceptron__counts_after(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes = w0, []
    for _ in range(max_epochs):
        for x, label in zip(X, d):
            if (1 if w @ x >= 0 else -1) != label:
                w = w + lr * label * x
        mistakes.append(int((torch.where(X @ w >= 0, 1, -1) != d).sum()))
        if mistakes[-1] == 0:
            break
    return w, mistakes


@mistake("1.5", "Your count goes on from epoch to epoch; it begins at 0 in each.")
def train_perceptron__count_goes_on(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes, wrong = w0, [], 0
    for _ in range(max_epochs):
        before = wrong
        for x, label in zip(X, d):
            if (1 if w @ x >= 0 else -1) != label:
                w = w + lr * label * x
                wrong += 1
        mistakes.append(wrong)
        if wrong == before:
            break
    return w, mistakes


@mistake(
    "1.5", "Every epoch starts from w0 again and forgets what was learnt; w0 is for the first."
)
def train_perceptron__starts_anew(X, d, w0, lr=1.0, max_epochs=100):
    mistakes = []
    for _ in range(max_epochs):
        w, wrong = w0, 0
        for x, label in zip(X, d):
            if (1 if w @ x >= 0 else -1) != label:
                w = w + lr * label * x
                wrong += 1
        mistakes.append(wrong)
        if wrong == 0:
            break
    return w, mistakes


@mistake("1.5", "Training starts from zeros whatever w0 is; start from w0.")
def train_perceptron__from_zeros(X, d, w0, lr=1.0, max_epochs=100):
    return _trained(X, d, torch.zeros_like(w0), lr, max_epochs)[:2]


@mistake("1.5", "The learning rate lr is missing from your update.")
def train_perceptron__no_lr(X, d, w0, lr=1.0, max_epochs=100):
    return _trained(X, d, w0, 1.0, max_epochs)[:2]


@mistake(
    "1.5",
    "You judge a whole epoch with the weights of its start; each sample meets the weights as they "
    "are after the one before.",
)
def train_perceptron__batch(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes = w0, []
    for _ in range(max_epochs):
        wrong = torch.where(X @ w >= 0, 1, -1) != d
        w = w + lr * (d[wrong, None] * X[wrong]).sum(0)
        mistakes.append(int(wrong.sum()))
        if mistakes[-1] == 0:
            break
    return w, mistakes


@mistake(
    "1.5", "After a mistake you leave the epoch; learn from it and go on with the next sample."
)
def train_perceptron__leaves_epoch(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes = w0, []
    for _ in range(max_epochs):
        wrong = 0
        for x, label in zip(X, d):
            if (1 if w @ x >= 0 else -1) != label:
                w = w + lr * label * x
                wrong += 1
                break
        mistakes.append(wrong)
        if wrong == 0:
            break
    return w, mistakes


@mistake("1.5", "You visit the samples in random order; here they come in the order of the rows.")
def train_perceptron__shuffled(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes = w0, []
    for _ in range(max_epochs):
        wrong = 0
        for i in torch.randperm(len(X)):
            if (1 if w @ X[i] >= 0 else -1) != d[i]:
                w = w + lr * d[i] * X[i]
                wrong += 1
        mistakes.append(wrong)
        if wrong == 0:
            break
    return w, mistakes


@mistake(
    "1.5",
    "You count a score of 0 as a mistake for both labels; sign(0) = +1, so for d = +1 it is right.",
)
def train_perceptron__zero_wrong(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes = w0, []
    for _ in range(max_epochs):
        wrong = 0
        for x, label in zip(X, d):
            if label * (w @ x) <= 0:
                w = w + lr * label * x
                wrong += 1
        mistakes.append(wrong)
        if wrong == 0:
            break
    return w, mistakes


@mistake(
    "1.5",
    "You count a score of 0 as right for both labels; sign(0) = +1, so for d = -1 it is a mistake.",
)
def train_perceptron__zero_right(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes = w0, []
    for _ in range(max_epochs):
        wrong = 0
        for x, label in zip(X, d):
            if label * (w @ x) < 0:
                w = w + lr * label * x
                wrong += 1
        mistakes.append(wrong)
        if wrong == 0:
            break
    return w, mistakes


@mistake("1.5", "w += ... writes into the caller's w0; start from a copy, w0.clone().")
def train_perceptron__in_place(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes = w0, []
    for _ in range(max_epochs):
        wrong = 0
        for x, label in zip(X, d):
            if (1 if w @ x >= 0 else -1) != label:
                w += lr * label * x
                wrong += 1
        mistakes.append(wrong)
        if wrong == 0:
            break
    return w, mistakes


@mistake("1.5", "You returned the average of the weights met; the perceptron's are the last ones.")
def train_perceptron__averaged(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes, met = w0, [], []
    for _ in range(max_epochs):
        wrong = 0
        for x, label in zip(X, d):
            if (1 if w @ x >= 0 else -1) != label:
                w = w + lr * label * x
                wrong += 1
            met.append(w)
        mistakes.append(wrong)
        if wrong == 0:
            break
    return torch.stack(met).mean(0), mistakes


@mistake("1.5", "You returned the number of all mistakes; a list is wanted, one number an epoch.")
def train_perceptron__total(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes, _ = _trained(X, d, w0, lr, max_epochs)
    return w, sum(mistakes)


@mistake("1.5", "The two results come in the other order: first w, then mistakes.")
def train_perceptron__swapped(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes, _ = _trained(X, d, w0, lr, max_epochs)
    return mistakes, w


@mistake("1.5", "You returned w alone; the list of mistakes is asked for too: return w, mistakes.")
def train_perceptron__weights_alone(X, d, w0, lr=1.0, max_epochs=100):
    return _trained(X, d, w0, lr, max_epochs)[0]


@mistake("1.5", "You went away from the samples: the update is + lr d x, not - lr d x.")
def train_perceptron__away(X, d, w0, lr=1.0, max_epochs=100):
    return _trained(X, d, w0, -lr, max_epochs)[:2]


@mistake("1.5", "Your steps are twice too long: d - y is 2 d where the prediction y is wrong.")
def train_perceptron__twice(X, d, w0, lr=1.0, max_epochs=100):
    return _trained(X, d, w0, 2 * lr, max_epochs)[:2]


@mistake("1.5", "You learn from every sample; the perceptron learns from its mistakes alone.")
def train_perceptron__always(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes = w0, []
    for _ in range(max_epochs):
        wrong = 0
        for x, label in zip(X, d):
            wrong += int((1 if w @ x >= 0 else -1) != label)
            w = w + lr * label * x
        mistakes.append(wrong)
        if wrong == 0:
            break
    return w, mistakes


BEST = "You return the best weights met (the pocket algorithm); asked for are the last ones."


def _errors(w, X, d):
    return int((torch.where(X @ w >= 0, 1, -1) != d).sum())


@mistake("1.5", BEST)
def train_perceptron__best_of_all(X, d, w0, lr=1.0, max_epochs=100):
    _, mistakes, met = _trained(X, d, w0, lr, max_epochs)
    return min([w0, *met], key=lambda w: _errors(w, X, d)), mistakes


@mistake("1.5", BEST)
def train_perceptron__best_of_updates(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes, met = _trained(X, d, w0, lr, max_epochs)
    return min(met or [w], key=lambda w: _errors(w, X, d)), mistakes


def _epoch_by_epoch(X, d, w0, lr, max_epochs):
    """The mistakes of each epoch, and the weights after it."""
    w, mistakes, after = w0, [], []
    for _ in range(max_epochs):
        w, wrong, _ = _trained(X, d, w, lr, 1)
        mistakes += wrong
        after.append(w)
        if wrong == [0]:
            break
    return mistakes, after


@mistake("1.5", BEST)
def train_perceptron__best_of_epochs(X, d, w0, lr=1.0, max_epochs=100):
    mistakes, after = _epoch_by_epoch(X, d, w0, lr, max_epochs)
    return min(after, key=lambda w: _errors(w, X, d)), mistakes


@mistake("1.5", BEST)
def train_perceptron__fewest_mistakes(X, d, w0, lr=1.0, max_epochs=100):
    mistakes, after = _epoch_by_epoch(X, d, w0, lr, max_epochs)
    return after[mistakes.index(min(mistakes))], mistakes


@mistake("1.5", "Your prediction for a score of 0 is -1; in the course sign(0) = +1.")
def train_perceptron__zero_minus(X, d, w0, lr=1.0, max_epochs=100):
    return _trained(X, d, w0, lr, max_epochs, sign=lambda s: s > 0)[:2]


@mistake(
    "1.5",
    "You counted the mistakes after the epoch; count them as they are met, before each update.",
)
def train_perceptron__counts_after_and_stops_without_update(X, d, w0, lr=1.0, max_epochs=100):
    _, after = _epoch_by_epoch(X, d, w0, lr, max_epochs)
    return after[-1], [_errors(w, X, d) for w in after]


@mistake(
    "1.5", "new != w compares entry by entry: torch.equal(new, w) is one answer. Or ask predict."
)
def train_perceptron__weights_compared(X, d, w0, lr=1.0, max_epochs=100):
    w = w0
    for x, label in zip(X, d):
        new = w + lr * label * x if (1 if w @ x >= 0 else -1) != label else w
        if new != w:
            w = new
    return w, []


@mistake(
    "1.5", "A mistake counts only where every entry of w changes; ask torch.equal, or predict."
)
def train_perceptron__all_weights_compared(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes = w0, []
    for _ in range(max_epochs):
        wrong = 0
        for x, label in zip(X, d):
            new = w + lr * label * x if (1 if w @ x >= 0 else -1) != label else w
            wrong += int((new != w).all())
            w = new
        mistakes.append(wrong)
        if wrong == 0:
            break
    return w, mistakes


@mistake("1.5", "You run one epoch more than max_epochs allows.")
def train_perceptron__one_epoch_more(X, d, w0, lr=1.0, max_epochs=100):
    return _trained(X, d, w0, lr, max_epochs + 1)[:2]
