"""Training and evaluation of any network: by autograd, or by the course's own backward pass."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from course_dl._arguments import check_count
from course_dl.training.assemble import assemble, make_meter
from course_dl.training.budget import Budget
from course_dl.training.device import device_name, on_device, pick_device
from course_dl.training.epoch import NonFiniteLoss, measure, mode, train_epoch
from course_dl.training.feed import Feed
from course_dl.training.history import History
from course_dl.training.learner import check_model
from course_dl.training.metrics import Metrics
from course_dl.training.norms import noticed
from course_dl.training.progress import Progress
from course_dl.training.randomness import isolated_randomness, reseed
from course_dl.training.resume import resume
from course_dl.training.threads import few_threads
from course_dl.training.types import (
    Data,
    LossLike,
    MetricLike,
    OptimizerLike,
    SchedulerLike,
    StepLike,
)

__all__ = ["Metrics", "NonFiniteLoss", "evaluate", "fit", "mode"]


def fit(
    model: Any,
    train: Data,
    *,
    epochs: int | None = None,
    seconds: float | None = None,
    loss: LossLike | None = None,
    step: StepLike | None = None,
    optimizer: OptimizerLike | dict[str, torch.optim.Optimizer] | None = None,
    scheduler: SchedulerLike = None,
    val: Any = None,
    metrics: dict[str, MetricLike] | None = None,
    clip: float | None = None,
    average: Any = None,
    batch_size: int = 128,
    lr: float | None = None,
    device: torch.device | str | None = None,
    seed: int = 0,
    checkpoint: str | Path | None = None,
    progress: bool = True,
) -> History:
    """Train ``model`` in place: for every batch, forward, loss, backward, step.

    The same start, data and seed give the same weights, and the caller's random state stays as it
    was. Ctrl-C (the notebook's stop button) ends the training and returns the history so far.

    Parameters
    ----------
    model : an ``nn.Module``, or a manual network of `course_dl.backprop`, whose steps are then made
        by the fast form in `course_dl._fast.descent`. Submodules that were put in evaluation mode
        within a model in training mode (a frozen BatchNorm, a teacher) stay in it.
    train : a pair (X, d) of tensors, `course_dl.data.Batches`, an image set, or any loader of pairs
        (x, d), such as a DataLoader. With ``step`` also X alone, more tensors than two, and any
        loader. Samplers, datasets and loaders that have ``set_epoch`` are told the epoch, from 1.
    epochs, seconds : passes over the training set, time, or both: what is reached first ends it.
        Seconds may end within an epoch, which is then the last row of the history.
    loss : a name or `Loss` of `course_dl.losses`, an ``nn`` loss, or any function ``loss(y, d)``
        that returns the mean over the batch. What is minimised is always a mean over samples: sums
        are divided. By default cross-entropy for int64 targets, square error for floats.
    step : in place of a loss, a step of one's own, for GAN, VAE, flow, diffusion, distillation: a
        function ``step(model, *batch)`` that returns or yields what is to be minimised; see
        `course_dl.training.steps`.
    optimizer : a ``torch.optim`` optimizer, or a function that makes one from the parameters, such
        as ``torch.optim.Adam``. SGD by default. For a step that yields: several, in a dict.
    scheduler : a scheduler of ``torch.optim.lr_scheduler``, or a function that makes one from the
        optimizer, or a dict of these; one that is meant by the batch says so by
        `course_dl.training.per_batch`; see `course_dl.training.schedule`.
    val : data to measure after each epoch, of the kinds of ``train``; or a function of the model
        that returns a number, a dict of numbers, or `Metrics`.
    metrics : functions ``metric(y, d)`` by name, for history, bar and plots; see
        `course_dl.training.metrics`.
    clip : the largest norm of the gradients of an optimizer; larger ones are scaled down to it.
    average : a ``torch.optim.swa_utils.AveragedModel`` of the model, updated after each step.
    batch_size : samples a batch, if ``train`` does not come in batches.
    lr : learning rate, for an optimizer made here; 0.1 for SGD by default.
    device : the device to compute on; by default an accelerator, if there is one. At the end the
        model is back on its own device.
    seed : of the order of the samples, of dropout and the like.
    checkpoint : a file, written after every epoch; ``~`` is the home folder. If it exists, training
        goes on from it, and ends with the same weights as a training without interruption; one that
        holds as many epochs already, or more, is read and returned.
    progress : whether a bar is shown.

    What goes with what::

        targets           shape          scores                      loss               accuracy
        classes           (N,) int64     (N, K)                      default, nn, own   yes
        label maps        (N, H, W)      (N, K, H, W)                default, nn, own   each pixel
        sequences         (N, T)         (N, V, T), or (N, T, V) *   default, nn, own   each token
        numbers           as scores      any, float                  default, nn, own   no
        binary labels     as scores      any, float                  BCE, perceptron    yes
        soft labels       as scores      (N, K)                      CrossEntropyLoss   yes
        anything, none    any, none      any; tuples, dicts          own; step          the step's

        * the class axis is axis 1 for nn losses; for the default the shapes tell it, and for a
          function of one's own they do, or what it computes.

        manual network    loss of the course, lr, scheduler, val, metrics, checkpoint
        nn.Module, loss   all but a dict of optimizers
        nn.Module, step   all but loss, metrics, LBFGS

    Returns
    -------
    `History` : a row for each epoch, a loss for each step.

    Raises
    ------
    NonFiniteLoss
        If a loss is NaN or infinite, before the step that would spoil the weights.
    CheckpointError
        If the file is damaged or belongs to another training.
    TypeError, ValueError
        If arguments, shapes or types do not fit.
    """
    budget = Budget(epochs, seconds)
    check_count(batch_size, "batch_size")
    check_count(seed, "seed", least=0)
    check_model(model)
    home = pick_device(device, model)
    with (
        isolated_randomness(home),
        on_device(home, model, loss, step, average, optimizer=optimizer),
        few_threads(model, train, batch_size),
        mode(model, training=True),
    ):
        reseed(home, seed, 0)
        training = assemble(
            *(model, train),
            loss=loss,
            step=step,
            optimizer=optimizer,
            scheduler=scheduler,
            val=val,
            metrics=metrics,
            clip=clip,
            average=average,
            batch_size=batch_size,
            lr=lr,
        )
        history, file = History(), None
        if checkpoint is not None:
            file, history = resume(training, checkpoint, seed)
        history.device = device_name(home)
        history.interrupted = False
        batches, schedules = training.batches, training.schedules
        to_come = None if budget.epochs is None else budget.epochs - len(history)
        schedules.check_length(to_come, batches.count)

        bar = Progress(progress, budget.epochs, done=len(history), batches=batches.count)
        budget.start(spent=sum(history["seconds"]))
        try:
            with noticed(model, batches.single):
                while budget.more_epochs(len(history)):
                    epoch = len(history) + 1
                    reseed(home, seed, epoch)  # an epoch then does not depend on those before
                    batches.set_epoch(epoch)
                    start, rate = perf_counter(), schedules.lr
                    met = train_epoch(
                        *(epoch, batches, training.learner, schedules, training.after_step),
                        *(history, bar, budget),
                    )
                    reached = training.validate() if training.validate is not None else None
                    schedules.after_epoch(met, reached)
                    history.append(epoch, met, reached, rate, perf_counter() - start)
                    if file is not None:
                        file.save(history)
        except KeyboardInterrupt:
            history.interrupted = True
        finally:
            bar.close()
            training.learner.zero_grad()
    if history.interrupted:
        of = "" if epochs is None else f" of {epochs}"
        print(
            f"Interrupted in epoch {len(history) + 1}{of}: the model keeps the weights of "
            f"its last step, the history the {len(history)} epochs completed."
        )
    return history


def evaluate(
    model: Any,
    data: Data,
    *,
    loss: LossLike | None = None,
    step: StepLike | None = None,
    metrics: dict[str, MetricLike] | None = None,
    batch_size: int = 1024,
    device: torch.device | str | None = None,
) -> Metrics:
    """Mean loss and accuracy of ``model`` over ``data``, in evaluation mode and without a graph.

    Arguments are those of `fit`. Modes and random state are at the end as they were.
    """
    check_count(batch_size, "batch_size")
    check_model(model)
    home = pick_device(device, model)
    with (
        isolated_randomness(home),
        on_device(home, model, loss, step),
        few_threads(model, data, batch_size),
    ):
        meter = make_meter(model, loss, step, metrics)
        feed = Feed(data, model, batch_size, training=False, name="data", pairs=step is None)
        return measure(model, feed, meter)
