"""A step of one's own: what GAN, VAE, flow, diffusion and distillation train by.

A step is a function ``step(model, *batch)`` that hands its losses to `fit`, which looks for NaN,
goes backward and changes the weights. Three ways, from the shortest:

1. It **returns** the loss, or a dict with the loss and other numbers to be told::

       def step(vae, x):
           logits, mu, log_var = vae(x)
           ...
           return {"loss": reconstruction + kl, "kl": kl}

2. It **yields** several losses one after the other, each called as the optimizer that minimises it.
   Behind a ``yield`` the weights are new::

       def step(gan, x):
           yield {"D": discriminator_loss(gan.D(x), gan.D(gan.G(noise(x)).detach()))}
           yield {"G": generator_loss(gan.D(gan.G(noise(x))))}

       fit(gan, X, step=step, optimizer={"D": opt_D, "G": opt_G}, epochs=20)

3. It goes backward and steps the optimizers **itself**, and returns numbers without a graph. Then
   the gradients are looked at before an optimizer steps.

Other numbers may be means over the batch, or what else a metric may be (`metrics`). "accuracy" is
the history's accuracy. The history's loss is the "loss", or the sum of what is minimised.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from course_dl._arguments import describe
from course_dl.training.learner import Met, NotFinite
from course_dl.training.metrics import TAKEN, Quotient, quotient
from course_dl.training.nested import count_samples, parts
from course_dl.training.optimizers import ONLY, parameters_of
from course_dl.training.types import StepLike

__all__ = ["StepLearner"]


class StepLearner:
    """Trains by a step of one's own."""

    def __init__(
        self,
        model: nn.Module,
        step: StepLike,
        optimizers: Mapping[str, torch.optim.Optimizer],
        clip: float | None = None,
    ) -> None:
        if not callable(step) or isinstance(step, type):
            raise TypeError(f"step must be a function step(model, *batch), got {step!r}")
        if any(isinstance(optimizer, torch.optim.LBFGS) for optimizer in optimizers.values()):
            raise TypeError(
                "LBFGS looks at the loss several times a step: it goes with loss= alone"
            )
        self.model = model
        self.optimizers = optimizers
        self.clip = clip
        self._step = step
        self._called = False
        self._alone = False  # whether the step goes backward and steps by itself
        held = [p for optimizer in optimizers.values() for p in parameters_of(optimizer)]
        self._parameters = list({id(p): p for p in [*model.parameters(), *held]}.values())

    def step(self, batch: Any) -> Met:
        # Backward passes and steps may be the step's own: a gradient is looked at in any case.
        with self._guarded():
            return self._run(batch, self._minimise)

    def measure(self, batch: Any) -> Met:
        if self._alone:
            raise TypeError(
                "this step changes the weights by itself, so it cannot measure: give val a "
                'function of the model, such as val=lambda model: {"error": ...}'
            )
        return self._run(batch, None)

    def zero_grad(self) -> None:
        for parameter in self._parameters:
            parameter.grad = None

    def _run(self, batch: Any, minimise: Callable[[str, Tensor], None] | None) -> Met:
        n = count_samples(batch)
        named: dict[str, Any] = {}
        minimised: list[float] = []
        for handed in self._handed(batch):
            chosen = self._chosen(handed, training=minimise is not None)
            for name in chosen:
                minimised.append(_finite(handed[name], name, raising=minimise is not None))
            if minimise is not None:
                for name in chosen:
                    minimise(name, handed[name])
            named.update(handed)
        if not named:
            raise ValueError("the step handed on no loss: let it return or yield one")
        if minimise is not None:
            self._alone = not minimised
        return _met(named, minimised, n)

    def _handed(self, batch: Any) -> Iterator[Mapping[str, Any]]:
        """What the step returns or yields, as dicts."""
        arguments = parts(batch)
        if not self._called:
            _check_signature(self._step, arguments)
            self._called = True
        result = self._step(self.model, *arguments)
        if not isinstance(result, Iterator):
            yield _as_dict(result)
            return
        try:
            for handed in result:
                yield _as_dict(handed)
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()

    def _chosen(self, handed: Mapping[str, Any], training: bool) -> list[str]:
        """The names of what is to be minimised now."""
        chosen = [name for name in handed if name in self.optimizers]
        if training:
            chosen = [name for name in chosen if _has_graph(handed[name])]
        if not chosen and training and any(_has_graph(value) for value in handed.values()):
            known = " or ".join(map(repr, self.optimizers))
            raise ValueError(
                f"the step hands on {', '.join(map(repr, handed))}: call what is to be minimised "
                f"{known}, as its optimizer is called, and .detach() what is not"
                if not set(handed) & set(self.optimizers)
                else f"the step's {known} has no graph to go backward through: was it detached?"
            )
        return chosen

    def _minimise(self, name: str, loss: Tensor) -> None:
        optimizer = self.optimizers[name]
        self.zero_grad()
        loss.backward()
        if self.clip is not None:
            nn.utils.clip_grad_norm_(parameters_of(optimizer), self.clip)
        optimizer.step()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Within it an optimizer does not step by a gradient that is NaN or infinite."""

        def look(optimizer: Any, *_: Any) -> None:
            gradients = [p.grad for p in parameters_of(optimizer) if p.grad is not None]
            if not gradients:
                return
            norm = nn.utils.get_total_norm(gradients).item()
            if not math.isfinite(norm):
                raise NotFinite(norm, what="norm of the gradients is")

        hooks = [
            optimizer.register_step_pre_hook(look)
            for optimizer in self.optimizers.values()
            if isinstance(optimizer, torch.optim.Optimizer)
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()


def _as_dict(handed: Any) -> Mapping[str, Any]:
    if isinstance(handed, Mapping):
        return handed
    if isinstance(handed, (int, float)) or (isinstance(handed, Tensor) and handed.numel() == 1):
        return {ONLY: handed}
    if isinstance(handed, tuple) and handed and all(isinstance(v, (int, float)) for v in handed):
        return {f"{ONLY}_{k}": value for k, value in enumerate(handed, 1)}
    raise TypeError(
        'a step must return or yield a loss, a tensor of one number, or a dict such as {"loss": '
        f'E, "kl": kl}}; got a {describe(handed)}'
    )


def _has_graph(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def _finite(value: Any, name: str, raising: bool) -> float:
    number = value.item() if isinstance(value, Tensor) and value.numel() == 1 else value
    if not isinstance(number, (int, float)):
        raise ValueError(
            f"the step's {name!r} must be one number, the mean over the batch, got a "
            f"{describe(value)}"
        )
    if raising and not math.isfinite(number):
        raise NotFinite(number, what="loss is" if name == ONLY else f"loss {name!r} is")
    return float(number)


def _met(named: dict[str, Any], minimised: list[float], n: int) -> Met:
    """Means and sums of what was handed on."""
    if ONLY in named:
        loss = _finite(named.pop(ONLY), ONLY, raising=False)
    elif minimised:
        loss = sum(minimised)
    else:
        numbers = [quotient(value, n, name) for name, value in named.items()]
        loss = float(sum(float(top) / float(bottom) for top, bottom in numbers))
    if not math.isfinite(loss) and torch.is_grad_enabled():
        raise NotFinite(loss)
    quotients: dict[str, Quotient] = {}
    for name, value in named.items():
        if not isinstance(name, str) or name in TAKEN or name.startswith("val_"):
            raise ValueError(
                f"a step's number cannot be called {name!r}: the history has this name"
            )
        quotients[name] = quotient(value, n, f"the step's {name!r}")
    return Met(loss, n, n, quotients)


def _check_signature(step: Any, arguments: tuple[Any, ...]) -> None:
    """Raise TypeError, in words, if a batch has other parts than the step takes."""
    try:
        signature = inspect.signature(step)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(None, *arguments)
    except TypeError:
        names = ", ".join(("model", "x", "d", *"abcdefgh")[: 1 + len(arguments)])
        raise TypeError(
            f"step takes {signature}, and a batch has {len(arguments)} "
            f"part{'s' * (len(arguments) != 1)}: let it be step({names})"
        ) from None
