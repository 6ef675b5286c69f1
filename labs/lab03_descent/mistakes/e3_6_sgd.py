"""Wrong answers to exercise 3.6 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


@mistake("3.6", "You visit the samples in the order in which they stand; shuffle them first.")
def sgd__in_order(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        for batch in torch.arange(n_samples).split(batch_size):
            W = W - lr * grad_batch(W, batch)
    return W


@mistake("3.6", "You shuffle once; every epoch needs a fresh order.")
def sgd__shuffled_once(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    order = torch.randperm(n_samples, generator=generator)
    W = W0
    for _ in range(epochs):
        for batch in order.split(batch_size):
            W = W - lr * grad_batch(W, batch)
    return W


@mistake(
    "3.6",
    "You shuffle the batches, but each holds the same neighbours in every epoch: shuffle the "
    "samples, then cut.",
)
def sgd__batches_shuffled(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    batches = torch.arange(n_samples).split(batch_size)
    W = W0
    for _ in range(epochs):
        last = torch.randperm(max(n_samples // batch_size, 1), generator=generator).tolist()
        for k in last + list(range(len(last), len(batches))):
            W = W - lr * grad_batch(W, batches[k])
    return W


@mistake(
    "3.6",
    "You draw each batch anew from all samples, so that some come twice in an epoch and others "
    "never; cut one random order into pieces.",
)
def sgd__with_replacement(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        for batch in torch.arange(n_samples).split(batch_size):
            drawn = torch.randint(n_samples, (len(batch),), generator=generator)
            W = W - lr * grad_batch(W, drawn)
    return W


@mistake(
    "3.6",
    "You shuffle anew for every batch and take the first batch_size of the order: shuffle once an "
    "epoch, and take one piece after the other.",
)
def sgd__shuffled_for_each_batch(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        for batch in torch.arange(n_samples).split(batch_size):
            order = torch.randperm(n_samples, generator=generator)
            W = W - lr * grad_batch(W, order[: len(batch)])
    return W


@mistake("3.6", "You leave out the last batch where it is smaller; its samples count as well.")
def sgd__last_batch_left_out(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for k in range(n_samples // batch_size):
            W = W - lr * grad_batch(W, order[k * batch_size : (k + 1) * batch_size])
    return W


@mistake("3.6", "An epoch is one pass over all samples; you make one step with a single batch.")
def sgd__one_batch_an_epoch(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        batch = torch.randperm(n_samples, generator=generator)[:batch_size]
        W = W - lr * grad_batch(W, batch)
    return W


@mistake("3.6", "batch_size plays no part: you take all samples at once.")
def sgd__full_batch(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        W = W - lr * grad_batch(W, torch.randperm(n_samples, generator=generator))
    return W


@mistake("3.6", "Your return stands inside the loop: training ends with the first epoch.")
def sgd__one_epoch(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            W = W - lr * grad_batch(W, batch)
        return W
    return W


@mistake("3.6", "You begin every epoch with W0 again: go on with the W that you have.")
def sgd__starts_anew(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    for _ in range(epochs):
        W = W0
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            W = W - lr * grad_batch(W, batch)
    return W


@mistake("3.6", "You take the gradient at W0 every time; take it at the W that you have now.")
def sgd__gradient_at_the_start(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            W = W - lr * grad_batch(W0, batch)
    return W


@mistake(
    "3.6",
    "You add up the gradients of an epoch and make one step with their sum; the point of SGD is to "
    "step after every batch.",
)
def sgd__one_step_an_epoch(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        W = W - lr * sum(grad_batch(W, batch) for batch in order.split(batch_size))
    return W


@mistake("3.6", "You go uphill: the gradient is subtracted.")
def sgd__uphill(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            W = W + lr * grad_batch(W, batch)
    return W


@mistake("3.6", "lr plays no part: the gradient is multiplied by it.")
def sgd__lr_unused(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            W = W - grad_batch(W, batch)
    return W


@mistake(
    "3.6",
    "You divide by the size of the batch; grad_batch alone decides whether it sums or averages.",
)
def sgd__mean(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            W = W - lr * grad_batch(W, batch) / len(batch)
    return W


@mistake("3.6", "W -= ... writes into W0, which belongs to your caller: W = W - lr * ...")
def sgd__in_place(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            W -= lr * grad_batch(W, batch)
    return W


@mistake(
    "3.6",
    "torch.randperm(n_samples) draws from the global generator: hand generator=generator to it.",
)
def sgd__global_generator(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples)
        for batch in order.split(batch_size):
            W = W - lr * grad_batch(W, batch)
    return W


@mistake(
    "3.6",
    "You seed a generator yourself, so that the order is always the same: use the one that you are "
    "given, as it is.",
)
def sgd__own_seed(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    generator = torch.Generator().manual_seed(0)
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            W = W - lr * grad_batch(W, batch)
    return W


@mistake("3.6", "You return all the W met on the way; asked for is the last one.")
def sgd__history(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    history = [W0]
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator)
        for batch in order.split(batch_size):
            history.append(history[-1] - lr * grad_batch(history[-1], batch))
    return history


@mistake("3.6", "grad_batch takes indices (int64): hand it the piece of the order, not a list.")
def sgd__lists(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        order = torch.randperm(n_samples, generator=generator).tolist()
        for start in range(0, n_samples, batch_size):
            W = W - lr * grad_batch(W, order[start : start + batch_size])
    return W


@mistake("3.6", "chunk(n) makes n pieces; split(batch_size) makes pieces of batch_size samples.")
def sgd__chunk(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for _ in range(epochs):
        for batch in torch.randperm(n_samples, generator=generator).chunk(batch_size):
            W = W - lr * grad_batch(W, batch)
    return W


@mistake("3.6", "lr is the same in every epoch; you made it smaller on the way.")
def sgd__decaying_lr(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W = W0
    for epoch in range(epochs):
        for batch in torch.randperm(n_samples, generator=generator).split(batch_size):
            W = W - lr / (1 + epoch) * grad_batch(W, batch)
    return W


@mistake(
    "3.6", "There is momentum in your steps; here each goes by the gradient of its batch alone."
)
def sgd__momentum(grad_batch, W0, n_samples, batch_size, lr, epochs, generator):
    W, velocity = W0, torch.zeros_like(W0)
    for _ in range(epochs):
        for batch in torch.randperm(n_samples, generator=generator).split(batch_size):
            velocity = 0.9 * velocity + grad_batch(W, batch)
            W = W - lr * velocity
    return W
