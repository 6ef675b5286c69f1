"""The ways to take a training step: by autograd, and by the course's own backward pass.

A third, a step of one's own, is in `course_dl.training.steps`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from course_dl._arguments import check_positive
from course_dl._fast.descent import descend
from course_dl.backprop import ManualNetwork
from course_dl.training.agreement import check_outputs, check_targets
from course_dl.training.metrics import Quotient, quotient
from course_dl.training.objective import Objective
from course_dl.training.optimizers import DEFAULT_LR, ONLY, parameters_of
from course_dl.training.types import MetricLike

__all__ = [
    "AutogradLearner",
    "Learner",
    "ManualLearner",
    "Met",
    "NotFinite",
    "Supervised",
    "check_model",
]


class NotFinite(ArithmeticError):
    """A loss or a gradient that is NaN or infinite, found before the weights were changed."""

    def __init__(self, value: float, y: Any = None, what: str = "loss is") -> None:
        super().__init__(value)
        self.value, self.y, self.what = value, y, what


class Met(NamedTuple):  # made at every step, and cheaper to make than a frozen dataclass
    """What a batch gave: its mean loss, over how much that is a mean, its samples, its metrics."""

    loss: float
    weight: float
    n: int
    named: Mapping[str, Quotient]


class Learner(Protocol):
    """Takes the steps of a training."""

    optimizers: Mapping[str, torch.optim.Optimizer]

    def step(self, batch: Any) -> Met | None:
        """Train on a batch. None if the loss leaves it out as a whole: then no step is made.

        Raises NotFinite before a step that would spoil the weights.
        """

    def measure(self, batch: Any) -> Met | None:
        """The same numbers, without a step."""

    def zero_grad(self) -> None:
        """Forget the gradients."""


class Supervised:
    """Loss, accuracy and metrics of batches (x, d), by a model that returns scores."""

    def __init__(
        self, model: Any, objective: Objective, metrics: Mapping[str, MetricLike], name: str
    ) -> None:
        self.model = model
        self.objective = objective
        self.metrics = metrics
        self._name = name
        self._checked = False

    def outputs(self, x: Any, d: Any) -> Any:
        """The model's outputs, of which the first are compared with the targets."""
        if self._checked:
            return self.model(x)
        check_targets(self.objective, d, self._name)
        y = self.model(x)
        self._checked = check_outputs(self.objective, y, d)
        return y

    def met(self, loss: float, weight: float, n: int, y: Any, d: Any) -> Met:
        """What is told of a batch."""
        named: dict[str, Quotient] = {}
        counted = self.objective.count_correct(y, d)
        if counted is not None:
            named["accuracy"] = counted
        if self.metrics:
            with torch.no_grad():
                for name, metric in self.metrics.items():
                    named[name] = quotient(metric(y, d), n, f"metrics[{name!r}]")
        return Met(loss, weight, n, named)

    def measure(self, batch: Any) -> Met | None:
        x, d = batch
        y = self.outputs(x, d)
        weight, n = self.objective.counts(y, d)
        if not weight:
            return None
        return self.met(self.objective.mean(y, d).item(), weight, n, y, d)


class AutogradLearner:
    """``loss.backward()``, then any ``torch.optim`` optimizer."""

    def __init__(
        self,
        model: nn.Module,
        judge: Supervised,
        optimizers: Mapping[str, torch.optim.Optimizer],
        clip: float | None = None,
    ) -> None:
        if list(optimizers) != [ONLY]:
            raise ValueError("several optimizers need a step= that says what each minimises")
        self.judge = judge
        self.optimizers = optimizers
        self.clip = clip
        self._optimizer = optimizers[ONLY]
        held = parameters_of(self._optimizer)
        # The model may hold parameters that the optimizer does not: their gradients would pile up.
        self._parameters = list({id(p): p for p in [*model.parameters(), *held]}.values())

    def step(self, batch: Any) -> Met | None:
        x, d = batch
        objective = self.judge.objective
        y = self.judge.outputs(x, d)
        weight, n = objective.counts(y, d)
        if not weight:
            return None
        loss = objective.mean(y, d)
        value = loss.item()
        if not math.isfinite(value):
            raise NotFinite(value, y)

        def again() -> float:
            self.zero_grad()
            loss = objective.mean(self.judge.model(x), d)
            loss.backward()
            return loss.item()

        self._descend(loss, again)
        return self.judge.met(value, weight, n, y, d)

    def _descend(self, loss: Tensor, again: Callable[[], float]) -> None:
        self.zero_grad()
        loss.backward()
        if self.clip is not None:
            nn.utils.clip_grad_norm_(self._parameters, self.clip)
        if isinstance(self._optimizer, torch.optim.LBFGS):
            self._optimizer.step(again)  # it looks at the loss several times a step
        else:
            self._optimizer.step()

    def measure(self, batch: Any) -> Met | None:
        return self.judge.measure(batch)

    def zero_grad(self) -> None:
        for parameter in self._parameters:
            parameter.grad = None


class ManualLearner:
    """The course's backward pass and ``W <- W - lr grad_W E``, without autograd.

    The step is taken by `course_dl._fast.descent.descend`, which computes the same as the form to
    read, ``zero_grad``, ``backward`` and ``step`` of `ManualNetwork`, in less time.
    """

    def __init__(self, network: ManualNetwork, judge: Supervised, lr: float | None) -> None:
        if lr is not None:
            check_positive(lr, "lr")
        self.network = network
        self.judge = judge
        self._optimizer = ManualSGD(network, DEFAULT_LR if lr is None else lr)
        self.optimizers: Mapping[str, torch.optim.Optimizer] = {ONLY: self._optimizer}

    def step(self, batch: Any) -> Met | None:
        x, d = batch
        y = self.judge.outputs(x, d)
        weight, n = self.judge.objective.counts(y, d)
        value = self.judge.objective.mean(y, d).item()
        if not math.isfinite(value):
            raise NotFinite(value, y)
        self._optimizer.grad_Y = self.judge.objective.loss.grad(y, d, reduction="mean")
        self._optimizer.step()
        return self.judge.met(value, weight, n, y, d)

    def measure(self, batch: Any) -> Met | None:
        return self.judge.measure(batch)

    def zero_grad(self) -> None:
        self.network.zero_grad()


class ManualSGD(torch.optim.Optimizer):
    """The step of `ManualLearner` as an optimizer, since schedulers change an optimizer's lr."""

    grad_Y: Tensor

    def __init__(self, network: ManualNetwork, lr: float) -> None:
        super().__init__(network.parameters(), {"lr": lr})
        self.network = network

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        descend(self.network, self.grad_Y, self.param_groups[0]["lr"])


def check_model(model: Any) -> None:
    """Raise TypeError unless ``model`` is of one of the two kinds."""
    if not isinstance(model, (nn.Module, ManualNetwork)):
        raise TypeError(
            f"model must be an nn.Module or a manual network, got a {type(model).__name__}"
        )
