"""Wrong answers to exercise 5.3 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake(
    "5.3",
    "You took the mean of the batches' accuracies. The last batch is smaller and counts less: "
    "count right samples, and divide by the number of all samples at the end.",
)
def evaluate__mean_over_batches(model, loader):
    was_training = model.training
    model.eval()
    shares = []
    with torch.no_grad():
        for X, d in loader:
            shares.append((model(X).argmax(1) == d).double().mean().item())
    model.train(was_training)
    return sum(shares) / len(shares)


@mistake("5.3", "The model runs in the mode it was found in: call model.eval() first.")
def evaluate__mode_as_found(model, loader):
    right, n = 0, 0
    with torch.no_grad():
        for X, d in loader:
            right += (model(X).argmax(1) == d).sum().item()
            n += len(d)
    return right / n


@mistake(
    "5.3",
    "The model stays in evaluation mode: whoever trains it would go on without dropout. Note "
    "model.training at the start, and put it back with model.train(...).",
)
def evaluate__left_in_evaluation(model, loader):
    model.eval()
    return evaluate__mode_as_found(model, loader)


@mistake(
    "5.3",
    "The model always ends in training mode, also where it was found in evaluation mode: put back "
    "what model.training was.",
)
def evaluate__left_in_training(model, loader):
    model.eval()
    accuracy = evaluate__mode_as_found(model, loader)
    model.train()
    return accuracy


@mistake(
    "5.3", "The graph for gradients is built all the same: run the model under torch.no_grad()."
)
def evaluate__with_graph(model, loader):
    was_training = model.training
    model.eval()
    right, n = 0, 0
    for X, d in loader:
        right += (model(X).argmax(1) == d).sum().item()
        n += len(d)
    model.train(was_training)
    return right / n


@mistake("5.3", "The result is a percentage; asked for is a number from 0 to 1.")
def evaluate__percent(model, loader):
    return 100 * evaluate__right(model, loader)


@mistake("5.3", "The result is the number of right samples: divide by the number of all samples.")
def evaluate__count(model, loader):
    return evaluate__right(model, loader) * len(loader.dataset)


@mistake("5.3", "The result is the share of wrong samples; the accuracy is that of right ones.")
def evaluate__error_rate(model, loader):
    return 1 - evaluate__right(model, loader)


@mistake(
    "5.3",
    "You divided by the number of batches times the size of one; the last batch is smaller: add up "
    "len(d).",
)
def evaluate__whole_batches(model, loader):
    n = len(loader.dataset)
    return evaluate__right(model, loader) * n / (len(loader) * loader.batch_size)


@mistake("5.3", "The result is the accuracy of the last batch alone: count over all batches.")
def evaluate__last_batch(model, loader):
    return evaluate__right(model, list(loader)[-1:])


@mistake("5.3", "The result is the accuracy of the first batch alone: the return comes too early.")
def evaluate__first_batch(model, loader):
    return evaluate__right(model, list(loader)[:1])


@mistake(
    "5.3",
    "argmax(dim=0) looks for the best sample of each class; asked for is the best class of each "
    "sample, dim=1.",
)
def evaluate__over_samples(model, loader):
    was_training = model.training
    model.eval()
    right, n = 0, 0
    with torch.no_grad():
        for X, d in loader:
            right += (model(X).argmax(0) == d[: model(X).shape[1]]).sum().item()
            n += len(d)
    model.train(was_training)
    return right / n


@mistake(
    "5.3",
    "Gradients are switched off for good: use the block with torch.no_grad(): ..., which ends.",
)
def evaluate__gradients_off_for_good(model, loader):
    torch.set_grad_enabled(False)
    return evaluate__right(model, loader)


def evaluate__right(model, loader):
    was_training = model.training
    model.eval()
    accuracy = evaluate__mode_as_found(model, loader)
    model.train(was_training)
    return accuracy


@mistake("5.3", "argmax() without dim=1 is one number for the whole batch, not a class a sample.")
def evaluate__one_class_for_the_batch(model, loader):
    was_training = model.training
    model.eval()
    right, n = 0, 0
    with torch.no_grad():
        for X, d in loader:
            right += (model(X).argmax() == d).sum().item()
            n += len(d)
    model.train(was_training)
    return right / n


@mistake(
    "5.3",
    "(N, 1) == (N,) compares every prediction with every class: leave keepdim out, so that both "
    "are (N,).",
)
def evaluate__every_pair(model, loader):
    was_training = model.training
    model.eval()
    right, n = 0, 0
    with torch.no_grad():
        for X, d in loader:
            right += (model(X).argmax(1, keepdim=True) == d).sum().item()
            n += len(d)
    model.train(was_training)
    return right / n


def _share(model, loader, right):
    was_training = model.training
    model.eval()
    count, n = 0, 0
    with torch.no_grad():
        for X, d in loader:
            count += int(right(model(X), d))
            n += len(d)
    model.train(was_training)
    return count / n


@mistake(
    "5.3",
    "You ask for a probability above 0.5; right is a sample whose own class has the largest score.",
)
def evaluate__above_a_half(model, loader):
    return _share(
        model,
        loader,
        lambda Y, d: (torch.softmax(Y, dim=1).gather(1, d[:, None]) > 0.5).sum(),
    )


@mistake("5.3", "You compared scores with classes: max gives the largest score, argmax its class.")
def evaluate__largest_scores(model, loader):
    return _share(model, loader, lambda Y, d: (Y.amax(dim=1) == d).sum())


@mistake("5.3", "Y.max(1) gives two things, values and indices: argmax(1) gives the classes.")
def evaluate__values_and_indices(model, loader):
    return _share(model, loader, lambda Y, d: (Y.max(1) == d).sum())


@mistake("5.3", "argmin is the class with the smallest score; asked for is the largest.")
def evaluate__smallest(model, loader):
    return _share(model, loader, lambda Y, d: (Y.argmin(dim=1) == d).sum())
