"""Wrong answers to exercise 5.2 that students write, and what to tell them."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from course_dl.lab import mistake


@mistake(
    "5.2",
    "You took the mean over the batches. The last one is smaller and counts less: add up the mean "
    "loss times the number of samples, and divide by the number of samples in all.",
)
def train_one_epoch__mean_over_batches(model, loader, loss_fn, optimizer):
    model.train()
    losses = []
    for X, d in loader:
        loss = loss_fn(model(X), d)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


@mistake(
    "5.2",
    "The gradients are never set to zero, so those of all batches so far add up: "
    "optimizer.zero_grad() before each backward.",
)
def train_one_epoch__no_zero_grad(model, loader, loss_fn, optimizer):
    model.train()
    total, n = 0.0, 0
    for X, d in loader:
        loss = loss_fn(model(X), d)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(X)
        n += len(X)
    return total / n


@mistake(
    "5.2",
    "The gradients are set to zero after the step, so those of before the call go into the first "
    "one: call optimizer.zero_grad() before backward.",
)
def train_one_epoch__zero_grad_last(model, loader, loss_fn, optimizer):
    model.train()
    total, n = 0.0, 0
    for X, d in loader:
        loss = loss_fn(model(X), d)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        total += loss.item() * len(X)
        n += len(X)
    return total / n


@mistake(
    "5.2",
    "The gradients are set to zero once for the whole epoch, so those of its batches add up: "
    "optimizer.zero_grad() belongs into the loop.",
)
def train_one_epoch__zero_grad_once(model, loader, loss_fn, optimizer):
    optimizer.zero_grad()
    return train_one_epoch__no_zero_grad(model, loader, loss_fn, optimizer)


@mistake(
    "5.2",
    "No step moves the weights: optimizer.step() has to follow backward, with no zero_grad "
    "between.",
)
def train_one_epoch__zeroed_before_step(model, loader, loss_fn, optimizer):
    model.train()
    total, n = 0.0, 0
    for X, d in loader:
        loss = loss_fn(model(X), d)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        total += loss.item() * len(X)
        n += len(X)
    return total / n


@mistake(
    "5.2",
    "No step moves the weights: optimizer.step() has to follow backward, with no zero_grad "
    "between.",
)
def train_one_epoch__no_step(model, loader, loss_fn, optimizer):
    model.train()
    total, n = 0.0, 0
    for X, d in loader:
        loss = loss_fn(model(X), d)
        optimizer.zero_grad()
        loss.backward()
        total += loss.item() * len(X)
        n += len(X)
    return total / n


@mistake(
    "5.2",
    "The model is not put in training mode: call model.train() before you go through batches.",
)
def train_one_epoch__mode_as_found(model, loader, loss_fn, optimizer):
    total, n = 0.0, 0
    for X, d in loader:
        loss = loss_fn(model(X), d)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(X)
        n += len(X)
    return total / n


@mistake(
    "5.2",
    "You computed the loss anew after the step; asked for is the loss as it was met, before the "
    "step.",
)
def train_one_epoch__loss_after_step(model, loader, loss_fn, optimizer):
    model.train()
    total, n = 0.0, 0
    for X, d in loader:
        optimizer.zero_grad()
        loss_fn(model(X), d).backward()
        optimizer.step()
        model.eval()
        with torch.no_grad():
            total += loss_fn(model(X), d).item() * len(X)
        model.train()
        n += len(X)
    return total / n


@mistake("5.2", "The result is the loss of the last batch alone; add up over all of them.")
def train_one_epoch__last_batch(model, loader, loss_fn, optimizer):
    model.train()
    for X, d in loader:
        loss = loss_fn(model(X), d)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


@mistake(
    "5.2",
    "You added up the mean loss of each batch and divided by the number of samples: multiply each "
    "by the number of samples in its batch first.",
)
def train_one_epoch__not_weighted(model, loader, loss_fn, optimizer):
    return (
        train_one_epoch__mean_over_batches(model, loader, loss_fn, optimizer)
        * len(loader)
        / len(loader.dataset)
    )


@mistake(
    "5.2", "You computed cross-entropy, whatever the loss: use the loss_fn that you are given."
)
def train_one_epoch__own_loss(model, loader, loss_fn, optimizer):
    return train_one_epoch__right(model, loader, F.cross_entropy, optimizer)


@mistake("5.2", "You used plain SGD of your own: use the optimizer that you are given.")
def train_one_epoch__own_optimizer(model, loader, loss_fn, optimizer):
    own = torch.optim.SGD(model.parameters(), lr=optimizer.param_groups[0]["lr"])
    return train_one_epoch__right(model, loader, loss_fn, own)


@mistake("5.2", "The model comes back in evaluation mode: it was in training mode, leave it there.")
def train_one_epoch__left_in_evaluation(model, loader, loss_fn, optimizer):
    mean = train_one_epoch__right(model, loader, loss_fn, optimizer)
    model.eval()
    return mean


@mistake("5.2", "The function returns after the first batch: the return belongs after the loop.")
def train_one_epoch__first_batch(model, loader, loss_fn, optimizer):
    return train_one_epoch__right(model, [next(iter(loader))], loss_fn, optimizer)


@mistake("5.2", "The mean loss is not returned: end with return total / n.")
def train_one_epoch__no_return(model, loader, loss_fn, optimizer):
    train_one_epoch__right(model, loader, loss_fn, optimizer)


@mistake("5.2", "The result is the sum over the samples: divide by their number.")
def train_one_epoch__sum(model, loader, loss_fn, optimizer):
    n = len(loader.dataset)
    return n * train_one_epoch__right(model, loader, loss_fn, optimizer)


def train_one_epoch__right(model, loader, loss_fn, optimizer):
    model.train()
    return train_one_epoch__mode_as_found(model, loader, loss_fn, optimizer)


def _met(model, loader, loss_fn, optimizer, of_scores=lambda Y: Y):
    """Right training, on what this makes of the scores; the loss and size of each batch."""
    model.train()
    met = []
    for X, d in loader:
        loss = loss_fn(of_scores(model(X)), d)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        met.append((loss.item(), len(X)))
    return met


def _mean(met):
    return sum(loss * n for loss, n in met) / sum(n for _, n in met)


@mistake("5.2", "You added the losses of the batches up; asked for is the mean over the samples.")
def train_one_epoch__sum_of_batches(model, loader, loss_fn, optimizer):
    return sum(loss for loss, _ in _met(model, loader, loss_fn, optimizer))


@mistake("5.2", "You divided by the number of batches; the losses are summed over samples.")
def train_one_epoch__sum_over_batches(model, loader, loss_fn, optimizer):
    met = _met(model, loader, loss_fn, optimizer)
    return sum(loss * n for loss, n in met) / len(met)


@mistake("5.2", "You weighted each batch by the size of the first; the last one may be smaller.")
def train_one_epoch__first_size(model, loader, loss_fn, optimizer):
    met = _met(model, loader, loss_fn, optimizer)
    return sum(loss for loss, _ in met) * met[0][1] / sum(n for _, n in met)


NOT_THE_SCORES = (
    "The loss gets something else than the model's output: hand model(X) to loss_fn as it is, "
    "without softmax or sigmoid. What cross-entropy needs of them it has in it."
)


@mistake("5.2", NOT_THE_SCORES)
def train_one_epoch__softmax(model, loader, loss_fn, optimizer):
    return _mean(_met(model, loader, loss_fn, optimizer, lambda Y: torch.softmax(Y, dim=1)))


@mistake("5.2", NOT_THE_SCORES)
def train_one_epoch__log_softmax(model, loader, loss_fn, optimizer):
    return _mean(_met(model, loader, loss_fn, optimizer, lambda Y: torch.log_softmax(Y, dim=1)))


@mistake("5.2", NOT_THE_SCORES)
def train_one_epoch__sigmoid(model, loader, loss_fn, optimizer):
    return _mean(_met(model, loader, loss_fn, optimizer, torch.sigmoid))


def _measured(model, loader, loss_fn, training):
    model.train(training)
    total, n = 0.0, 0
    with torch.no_grad():
        for X, d in loader:
            total += loss_fn(model(X), d).item() * len(X)
            n += len(X)
    model.train()
    return total / n


AFTER = "You measured the loss after the epoch; asked for is the loss as met, before each step."


@mistake("5.2", AFTER)
def train_one_epoch__measured_after(model, loader, loss_fn, optimizer):
    _met(model, loader, loss_fn, optimizer)
    return _measured(model, loader, loss_fn, training=False)


@mistake("5.2", AFTER)
def train_one_epoch__measured_after_in_training_mode(model, loader, loss_fn, optimizer):
    _met(model, loader, loss_fn, optimizer)
    return _measured(model, loader, loss_fn, training=True)
