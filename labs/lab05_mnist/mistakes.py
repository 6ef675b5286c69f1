"""Wrong answers to the exercises of lab 5 that students write, and what to tell them."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.nn import functional as F

from course_dl.lab import mistake

# 5.1


@mistake("5.1", "0.1307 and 0.3081 belong to pixels from 0 to 1: divide by 255 first.")
def standardize__not_divided(images):
    return ((images.float() - 0.1307) / 0.3081).flatten(1)


@mistake("5.1", "The mean is taken out, but not the standard deviation: divide by 0.3081 as well.")
def standardize__mean_alone(images):
    return (images.float() / 255 - 0.1307).flatten(1)


@mistake(
    "5.1",
    "You divided by 0.3081 before you subtracted 0.1307; the mean goes first, then the division.",
)
def standardize__divided_first(images):
    return (images.float() / 255 / 0.3081 - 0.1307).flatten(1)


@mistake("5.1", "You multiplied by the standard deviation; divide by it.")
def standardize__multiplied(images):
    return ((images.float() / 255 - 0.1307) * 0.3081).flatten(1)


@mistake(
    "5.1",
    "You took mean and standard deviation of the images that came. They are numbers of the "
    "training set, 0.1307 and 0.3081, or else each batch, and each test image, would get a scale "
    "of its own.",
)
def standardize__own_mean(images):
    X = images.flatten(1).float() / 255
    return (X - X.mean()) / X.std()


@mistake("5.1", "The images are still images, (N, 28, 28): make one row of each, (N, 784).")
def standardize__not_flat(images):
    return (images.float() / 255 - 0.1307) / 0.3081


@mistake("5.1", "The result is a float64: networks compute in float32, so use .float().")
def standardize__float64(images):
    return ((images.double() / 255 - 0.1307) / 0.3081).flatten(1)


@mistake("5.1", "The grey values go up to 255, which is to become 1: divide by 255, not by 256.")
def standardize__by_256(images):
    return ((images.float() / 256 - 0.1307) / 0.3081).flatten(1)


@mistake(
    "5.1",
    "The division gave whole numbers: // (or a division in uint8) loses all grey. Use .float() / "
    "255.",
)
def standardize__whole_numbers(images):
    return (((images // 255).float() - 0.1307) / 0.3081).flatten(1)


# 5.2


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


# 5.3


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


# 5.4


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


# 5.5


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


@mistake("5.5", "The share val_fraction went to training; it is the share for validation.")
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


# 5.6


@mistake("5.6", "Frozen parameters are counted as well: take those with p.requires_grad.")
def count_parameters__frozen_too(model):
    return sum(p.numel() for p in model.parameters())


@mistake(
    "5.6",
    "state_dict holds buffers too, frozen parameters, and what is shared as often as it is used: "
    "go through model.parameters().",
)
def count_parameters__state_dict(model):
    return sum(value.numel() for value in model.state_dict().values())


@mistake("5.6", "The result is the number of tensors: add up how many entries each has, p.numel().")
def count_parameters__tensors(model):
    return len([p for p in model.parameters() if p.requires_grad])


@mistake("5.6", "len(p) is the number of rows: p.numel() is the number of all entries.")
def count_parameters__rows(model):
    return sum(len(p) for p in model.parameters() if p.requires_grad)


@mistake("5.6", "Only weights are counted: biases are parameters too.")
def count_parameters__no_biases(model):
    named = model.named_parameters()
    return sum(p.numel() for name, p in named if p.requires_grad and "bias" not in name)


@mistake(
    "5.6",
    "You went through the layers by yourself, and what is used twice is counted twice: "
    "model.parameters() knows each parameter once.",
)
def count_parameters__shared_twice(model):
    named = model.named_parameters(remove_duplicate=False)
    return sum(p.numel() for _, p in named if p.requires_grad)


@mistake(
    "5.6",
    "Only nn.Linear layers are counted: other modules have parameters too. model.parameters() "
    "finds all.",
)
def count_parameters__linear_alone(model):
    layers = [m for m in model.modules() if isinstance(m, nn.Linear)]
    return sum(p.numel() for m in layers for p in m.parameters() if p.requires_grad)


@mistake("5.6", "The result is a float: the number of parameters is an int.")
def count_parameters__float(model):
    return float(sum(p.numel() for p in model.parameters() if p.requires_grad))


# 5.7


@mistake(
    "5.7",
    "The network waits for images (N, 1, 28, 28), but X is (N, 784): begin with "
    "nn.Unflatten(1, (1, 28, 28)).",
)
def build_model__images_expected():
    return nn.Sequential(nn.Conv2d(1, 4, 5), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 576, 10))


@mistake(
    "5.7", "The network has one output, a number; asked for are ten scores, one for each class."
)
def build_model__one_output():
    return nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 1))


@mistake("5.7", "There are ten digits, 0 to 9: the last layer needs ten outputs.")
def build_model__nine_classes():
    return nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 9))


@mistake(
    "5.7", "The result is a class or a function, not a network: call it, Net() in place of Net."
)
def build_model__class():
    return nn.Sequential


@mistake(
    "5.7",
    "The classes are returned in place of their scores: leave the argmax to those who use the "
    "model.",
)
def build_model__argmax():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))

        def forward(self, X):
            return self.layers(X).argmax(dim=1)

    return Net()


@mistake(
    "5.7",
    "You trained a copy, and the model that you were given has learnt nothing: train that one, in "
    "place.",
)
def train__copy(model, X, d, seconds):
    model = copy.deepcopy(model)
    optimizer = torch.optim.Adam(model.parameters())
    for batch in torch.randperm(len(X)).split(128):
        optimizer.zero_grad()
        F.cross_entropy(model(X[batch]), d[batch]).backward()
        optimizer.step()
    return model


@mistake(
    "5.7", "The weights do not move: does optimizer.step() follow backward, in a loop that runs?"
)
def train__no_step(model, X, d, seconds):
    for batch in torch.randperm(len(X)).split(128):
        model.zero_grad()
        F.cross_entropy(model(X[batch]), d[batch]).backward()


@mistake(
    "5.7",
    "The training does not end when the time is up: compare time.monotonic() with the time at the "
    "start after every batch.",
)
def train__ignores_seconds(model, X, d, seconds):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    while True:
        for batch in torch.randperm(len(X)).split(128):
            optimizer.zero_grad()
            F.cross_entropy(model(X[batch]), d[batch]).backward()
            optimizer.step()
