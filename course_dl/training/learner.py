"""The two ways to take a training step: by autograd, and by the course's own backward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from course_dl._arguments import check_positive
from course_dl._fast.descent import descend
from course_dl.backprop import ManualNetwork
from course_dl.training.objective import Objective, course_loss, objective

__all__ = ["AutogradLearner", "Learner", "ManualLearner", "check_model", "make_learner"]

DEFAULT_LR = 0.1


class Learner(Protocol):
    """A step in two halves, so that a bad loss is seen before the weights are changed."""

    objective: Objective

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """Makes the step, at a learning rate that a scheduler may change."""

    def forward(self, x: Any, d: Any) -> tuple[Any, Tensor]:
        """Outputs and mean loss of a batch."""

    def update(self) -> None:
        """Gradients of that loss, then a step of the optimizer."""

    def zero_grad(self) -> None:
        """Forget the gradients."""


class AutogradLearner:
    """``loss.backward()``, then any ``torch.optim`` optimizer."""

    def __init__(self, model: nn.Module, loss: Any, optimizer: torch.optim.Optimizer) -> None:
        self.model = model
        self.objective = objective(loss)
        self.optimizer = optimizer
        held = [p for group in optimizer.param_groups for p in group["params"]]
        # The model may hold parameters that the optimizer does not: their gradients would pile up.
        self._parameters = list({id(p): p for p in [*model.parameters(), *held]}.values())

    def forward(self, x: Any, d: Any) -> tuple[Any, Tensor]:
        self._batch = x, d
        y = self.model(x)
        self._loss = self.objective.mean(y, d)
        return y, self._loss

    def update(self) -> None:
        self.zero_grad()
        self._loss.backward()
        if isinstance(self.optimizer, torch.optim.LBFGS):
            self.optimizer.step(self._again)  # it looks at the loss several times a step
        else:
            self.optimizer.step()

    def _again(self) -> float:
        self.zero_grad()
        _, loss = self.forward(*self._batch)
        loss.backward()
        return loss.item()

    def zero_grad(self) -> None:
        for parameter in self._parameters:
            parameter.grad = None


class ManualLearner:
    """The course's backward pass and ``W <- W - lr grad_W E``, without autograd.

    The step is taken by `course_dl._fast.descent.descend`, which computes the same as the form to
    read, ``zero_grad``, ``backward`` and ``step`` of `ManualNetwork`, in less time.
    """

    def __init__(self, network: ManualNetwork, loss: Any, optimizer: ManualSGD) -> None:
        self.network = network
        self.loss = course_loss(loss)
        self.objective = objective(self.loss)
        self.optimizer = optimizer

    def forward(self, x: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
        self._y, self._d = self.network.forward(x), d
        return self._y, self.objective.mean(self._y, d)

    def update(self) -> None:
        self.optimizer.grad_Y = self.loss.grad(self._y, self._d, reduction="mean")
        self.optimizer.step()

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


def make_learner(
    model: Any,
    loss: Any,
    optimizer: torch.optim.Optimizer | Callable[..., torch.optim.Optimizer] | None,
    lr: float | None,
) -> Learner:
    """The learner of a model; raises TypeError or ValueError where its parts do not fit."""
    if lr is not None:
        check_positive(lr, "lr")
    if isinstance(model, ManualNetwork):
        if optimizer is not None:
            raise TypeError(
                "a manual network makes its own step, W <- W - lr * grad: give lr, not optimizer"
            )
        return ManualLearner(model, loss, ManualSGD(model, DEFAULT_LR if lr is None else lr))
    return AutogradLearner(model, loss, _make_optimizer(model, optimizer, lr))


def _make_optimizer(model: nn.Module, optimizer: Any, lr: float | None) -> torch.optim.Optimizer:
    if isinstance(optimizer, torch.optim.Optimizer):
        if lr is not None:
            raise ValueError("this optimizer has its own lr: give lr to it, not to fit")
        held = {id(p) for group in optimizer.param_groups for p in group["params"]}
        if not held & {id(p) for p in model.parameters()}:
            raise ValueError("the optimizer holds no parameter of this model: make it anew for it")
        return optimizer
    parameters: Iterable[nn.Parameter] = [p for p in model.parameters() if p.requires_grad]
    if not parameters:
        raise ValueError("the model has no parameter to train (requires_grad is False for all)")
    if optimizer is None:
        return torch.optim.SGD(parameters, lr=DEFAULT_LR if lr is None else lr)
    if not callable(optimizer):
        raise TypeError(
            "optimizer must be a torch.optim optimizer, or a function that makes one of the "
            f"model's parameters such as torch.optim.Adam, got {optimizer!r}"
        )
    made = optimizer(parameters) if lr is None else optimizer(parameters, lr=lr)
    if not isinstance(made, torch.optim.Optimizer):
        raise TypeError(f"optimizer(parameters) must return an optimizer, got {made!r}")
    return made
