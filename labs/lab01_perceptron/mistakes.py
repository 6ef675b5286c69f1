"""Mistakes that students make in lab 1, and what to tell them."""

from __future__ import annotations

import numpy as np
import torch

from course_dl.lab import mistake

# 1.1


@mistake("1.1", "Your ones stand at the end; the bias is weight 0, so they belong in column 0.")
def add_bias__at_the_end(X):
    return torch.cat([X, X.new_ones(len(X), 1)], dim=1)


@mistake("1.1", "You added a row of ones; every sample needs a 1 of its own: add a column (dim=1).")
def add_bias__row(X):
    return torch.cat([X.new_ones(1, X.shape[1]), X], dim=0)


@mistake(
    "1.1", "Your new column holds zeros: the bias would be multiplied by 0 and have no effect."
)
def add_bias__zeros(X):
    return torch.cat([X.new_zeros(len(X), 1), X], dim=1)


@mistake("1.1", "You wrote the ones over the first feature; they need a column of their own.")
def add_bias__overwrites(X):
    X = X.clone()
    X[:, 0] = 1
    return X


@mistake("1.1", "np.ones is float64, and so became your result: keep the dtype of X.")
def add_bias__float64(X):
    return torch.from_numpy(np.hstack([np.ones((len(X), 1)), X.numpy()]))


@mistake("1.1", "You added 1 to every entry; put a column of ones in front of X instead.")
def add_bias__plus_one(X):
    return X + 1


# 1.2


@mistake("1.2", "You returned the scores; the prediction is their sign, -1 or +1.")
def predict__scores(w, X):
    return X @ w


@mistake("1.2", "torch.sign(0) is 0, which is no class; in the course sign(0) = +1.")
def predict__sign(w, X):
    return torch.sign(X @ w)


@mistake("1.2", "You ask for a score > 0, so that 0 gives -1; in the course sign(0) = +1.")
def predict__strict(w, X):
    return torch.where(X @ w > 0, 1, -1).to(X.dtype)


@mistake("1.2", "You predict 0 and 1; the perceptron's classes are -1 and +1.")
def predict__zero_one(w, X):
    return (X @ w >= 0).to(X.dtype)


@mistake("1.2", "Your two classes are swapped: a score >= 0 is +1.")
def predict__swapped(w, X):
    return torch.where(X @ w >= 0, -1, 1).to(X.dtype)


@mistake("1.2", "You left out the bias: it is weight 0 and meets the ones in column 0.")
def predict__no_bias(w, X):
    return torch.where(X[:, 1:] @ w[1:] >= 0, 1, -1).to(X.dtype)


@mistake("1.2", "Your predictions are integers (int64); they should have the dtype of X.")
def predict__integers(w, X):
    return torch.where(X @ w >= 0, 1, -1)


@mistake("1.2", "Your predictions are float32 whatever X is; they should have the dtype of X.")
def predict__float32(w, X):
    return torch.where(X @ w >= 0, 1.0, -1.0)


@mistake("1.2", "You drop the dimension of the batch where it holds one sample: squeeze() does so.")
def predict__squeezed(w, X):
    return torch.where(X @ w[:, None] >= 0, 1, -1).to(X.dtype).squeeze()


@mistake("1.2", "The small number that you add to a score of 0 also tips scores that are below 0.")
def predict__nudged(w, X):
    return torch.sign(X @ w + 1e-9)


@mistake("1.2", "Your predictions are a column (N, 1): multiply by w itself, not by w[:, None].")
def predict__column(w, X):
    return torch.where(X @ w[:, None] >= 0, 1, -1).to(X.dtype)


@mistake("1.2", "A comparison gives True and False; the classes are the numbers +1 and -1.")
def predict__booleans(w, X):
    return X @ w >= 0


# 1.3


@mistake("1.3", "You took the mean over the samples; the course's loss is their sum.")
def perceptron_loss__mean(w, X, d):
    return (-d * (X @ w)).clamp(min=0).mean()


@mistake("1.3", "A minus is missing: d <w, x> is positive where the sample is on its RIGHT side.")
def perceptron_loss__no_minus(w, X, d):
    return (d * (X @ w)).clamp(min=0).sum()


@mistake("1.3", "This is the hinge loss, max(1 - d <w, x>, 0); the perceptron's has no 1 in it.")
def perceptron_loss__hinge(w, X, d):
    return (1 - d * (X @ w)).clamp(min=0).sum()


@mistake("1.3", "You counted the mistakes; the loss adds how far each one is on the wrong side.")
def perceptron_loss__count(w, X, d):
    return (d * (X @ w) < 0).to(X.dtype).sum()


@mistake(
    "1.3", "Samples on their right side must not make up for others: max(..., 0) for each first."
)
def perceptron_loss__no_max(w, X, d):
    return (-d * (X @ w)).sum()


@mistake("1.3", "The max is outside of your sum; it belongs to each sample, before they are added.")
def perceptron_loss__max_of_sum(w, X, d):
    return (-d * (X @ w)).sum().clamp(min=0)


@mistake(
    "1.3", "You took the worst sample; max(..., 0) compares each sample with 0, then sum them."
)
def perceptron_loss__worst(w, X, d):
    return (-d * (X @ w)).clamp(min=0).max()


@mistake("1.3", "You returned one loss a sample; the loss of the set is their sum.")
def perceptron_loss__per_sample(w, X, d):
    return (-d * (X @ w)).clamp(min=0)


@mistake("1.3", "You left out the bias: it is weight 0 and meets the ones in column 0.")
def perceptron_loss__no_bias(w, X, d):
    return (-d * (X[:, 1:] @ w[1:])).clamp(min=0).sum()


@mistake("1.3", "The labels d do not enter: which side is right depends on them.")
def perceptron_loss__no_labels(w, X, d):
    return (-(X @ w)).clamp(min=0).sum()


# 1.4


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


# 1.5


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
    w, mistakes = w0, []
    for _ in range(max_epochs):
        wrong = 0
        for x, label in zip(X, d):
            if (1 if w @ x >= 0 else -1) != label:
                w = w + lr * label * x
                wrong += 1
        if wrong == 0:
            break
        mistakes.append(wrong)
    return w, mistakes


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
    w, mistakes = torch.zeros_like(w0), []
    for _ in range(max_epochs):
        wrong = 0
        for x, label in zip(X, d):
            if (1 if w @ x >= 0 else -1) != label:
                w = w + lr * label * x
                wrong += 1
        mistakes.append(wrong)
        if wrong == 0:
            break
    return w, mistakes


@mistake("1.5", "The learning rate lr is missing from your update.")
def train_perceptron__no_lr(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes = w0, []
    for _ in range(max_epochs):
        wrong = 0
        for x, label in zip(X, d):
            if (1 if w @ x >= 0 else -1) != label:
                w = w + label * x
                wrong += 1
        mistakes.append(wrong)
        if wrong == 0:
            break
    return w, mistakes


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
    w, total = w0, 0
    for _ in range(max_epochs):
        wrong = 0
        for x, label in zip(X, d):
            if (1 if w @ x >= 0 else -1) != label:
                w = w + lr * label * x
                wrong += 1
        total += wrong
        if wrong == 0:
            break
    return w, total


@mistake("1.5", "The two results come in the other order: first w, then mistakes.")
def train_perceptron__swapped(X, d, w0, lr=1.0, max_epochs=100):
    w, mistakes = w0, []
    for _ in range(max_epochs):
        wrong = 0
        for x, label in zip(X, d):
            if (1 if w @ x >= 0 else -1) != label:
                w = w + lr * label * x
                wrong += 1
        mistakes.append(wrong)
        if wrong == 0:
            break
    return mistakes, w


@mistake("1.5", "You returned w alone; the list of mistakes is asked for too: return w, mistakes.")
def train_perceptron__weights_alone(X, d, w0, lr=1.0, max_epochs=100):
    w = w0
    for _ in range(max_epochs):
        wrong = 0
        for x, label in zip(X, d):
            if (1 if w @ x >= 0 else -1) != label:
                w = w + lr * label * x
                wrong += 1
        if wrong == 0:
            break
    return w


# 1.6


@mistake("1.6", "This is OR: of (1, 1) both are true, and XOR asks for exactly one.")
def xor_dataset__or():
    X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return X, torch.tensor([-1.0, 1.0, 1.0, 1.0])


@mistake("1.6", "This is AND: it is true where both are 1, XOR where exactly one is.")
def xor_dataset__and():
    X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return X, torch.tensor([-1.0, -1.0, -1.0, 1.0])


@mistake("1.6", "Your labels are swapped: +1 stands for true, where exactly one coordinate is 1.")
def xor_dataset__swapped():
    X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return X, torch.tensor([1.0, -1.0, -1.0, 1.0])


@mistake("1.6", "Your labels are 0 and 1; those of a perceptron are -1 and +1.")
def xor_dataset__zero_one():
    X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return X, torch.tensor([0.0, 1.0, 1.0, 0.0])


@mistake(
    "1.6", "Your coordinates are -1 and +1; they should be 0 and 1 (the labels are -1 and +1)."
)
def xor_dataset__signs():
    X = torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    return X, torch.tensor([-1.0, 1.0, 1.0, -1.0])


@mistake("1.6", "Your tensors hold integers; write 0.0 and 1.0, or say dtype=torch.float32.")
def xor_dataset__integers():
    X = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
    return X, torch.tensor([-1, 1, 1, -1])


@mistake("1.6", "Leave the column of ones out: add_bias puts it there later.")
def xor_dataset__with_ones():
    X = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    return X, torch.tensor([-1.0, 1.0, 1.0, -1.0])


@mistake("1.6", "Your labels are a column (4, 1); d has one dimension, (4,).")
def xor_dataset__column():
    X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return X, torch.tensor([[-1.0], [1.0], [1.0], [-1.0]])


# 1.7


@mistake("1.7", "The bias must not enter the length: it moves the separator but does not turn it.")
def margin__whole_norm(w, X, d):
    return (d * (X @ w)).min() / w.norm()


@mistake("1.7", "This is the smallest score, not a distance: divide by the length of w[1:].")
def margin__not_divided(w, X, d):
    return (d * (X @ w)).min()


@mistake(
    "1.7", "You divided by the square of the length: norm() has the square root in it already."
)
def margin__squared_norm(w, X, d):
    return (d * (X @ w)).min() / (w[1:] ** 2).sum()


@mistake("1.7", "Your distances have no sign; d tells on which side a sample should be.")
def margin__unsigned(w, X, d):
    return (X @ w).abs().min() / w[1:].norm()


@mistake(
    "1.7", "The labels d do not enter: a sample of label -1 is right where its score is below 0."
)
def margin__no_labels(w, X, d):
    return (X @ w).min() / w[1:].norm()


@mistake("1.7", "You took the mean distance; the margin is that of the closest sample.")
def margin__mean(w, X, d):
    return (d * (X @ w)).mean() / w[1:].norm()


@mistake("1.7", "You took the farthest sample; the margin is the distance of the closest, the min.")
def margin__max(w, X, d):
    return (d * (X @ w)).max() / w[1:].norm()


@mistake(
    "1.7", "You left the bias out of the scores: it is weight 0 and meets the ones in column 0."
)
def margin__no_bias(w, X, d):
    return (d * (X[:, 1:] @ w[1:])).min() / w[1:].norm()


@mistake("1.7", "You cut the margin off at 0; below 0 it tells how far the worst sample is astray.")
def margin__cut_off(w, X, d):
    return (d * (X @ w)).min().clamp(min=0) / w[1:].norm()


@mistake("1.7", "You returned one distance a sample; the margin is the smallest of them.")
def margin__per_sample(w, X, d):
    return d * (X @ w) / w[1:].norm()


@mistake(
    "1.7", "You took the sample next to the line; one far on the wrong side has less, below 0."
)
def margin__next_to_the_line(w, X, d):
    distances = d * (X @ w) / w[1:].norm()
    return distances[distances.abs().argmin()]


@mistake("1.7", "You left the misclassified samples out; they count, and make the margin negative.")
def margin__right_ones_alone(w, X, d):
    distances = d * (X @ w) / w[1:].norm()
    return distances[distances > 0].min() if bool((distances > 0).any()) else torch.zeros_like(w[0])
