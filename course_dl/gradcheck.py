"""Is the gradient right? Backpropagation by hand, autograd and finite differences compared."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor

from course_dl.backprop import ManualNetwork
from course_dl.descent import numerical_gradient
from course_dl.losses import Loss, get_loss

__all__ = ["GradientReport", "ParameterCheck", "check_gradients"]

EPS = 1e-5  # The step of the finite differences.
SAMPLED = 20  # Entries of a parameter that are compared with them; each costs two losses.
# E has a rounding error of some 1e-16 E, its finite differences of 1e-11 E. In deep networks
# gradients vanish: errors of gradients below 1e-6 E are relative to that size, not to their own.
RESOLVED = 1e-6


@dataclass(frozen=True)
class ParameterCheck:
    """What `check_gradients` found for one parameter: three largest relative differences.

    Each is the largest difference over the largest entry of the gradient; if the gradient is 0, the
    difference itself. ``n_checked`` entries were compared with finite differences.
    """

    name: str
    shape: tuple[int, ...]
    manual_autograd: float
    manual_numerical: float
    autograd_numerical: float
    n_checked: int


@dataclass(frozen=True)
class GradientReport:
    """One `ParameterCheck` for each of W1, b1, W2, b2, ...; printing it shows a table."""

    rows: tuple[ParameterCheck, ...]
    loss: str
    dtype: torch.dtype

    @property
    def worst(self) -> float:
        """The largest relative difference between manual gradients and autograd's."""
        return max(row.manual_autograd for row in self.rows)

    @property
    def worst_numerical(self) -> float:
        """The largest relative difference between manual gradients and finite differences."""
        return max(row.manual_numerical for row in self.rows)

    def agree(self, tol: float | None = None) -> bool:
        """Whether manual and autograd agree to ``tol``, and with finite differences to 1e-4.

        ``tol`` is 1e-10 for float64 and 1e-4 for float32 if it is not given.
        """
        if tol is None:
            tol = 1e-10 if self.dtype == torch.float64 else 1e-4
        return self.worst <= tol and self.worst_numerical <= max(tol, 1e-4)

    def __str__(self) -> str:
        lines = [
            f"largest relative difference of gradients ({self.loss}, {self.dtype})",
            f"{'':<6}{'shape':<16}{'manual-autograd':>16}{'manual-differences':>20}"
            f"{'autograd-differences':>22}{'entries':>16}",
        ]
        for row in self.rows:
            size = torch.Size(row.shape).numel()
            lines.append(
                f"{row.name:<6}{row.shape!s:<16}{row.manual_autograd:>16.1e}"
                f"{row.manual_numerical:>20.1e}{row.autograd_numerical:>22.1e}"
                f"{f'{row.n_checked} of {size}':>16}"
            )
        return "\n".join(lines)


def check_gradients(
    network: ManualNetwork, X: Tensor, d: Tensor, loss: str | Loss | Callable[..., Tensor]
) -> GradientReport:
    """Compare the network's gradients of ``E = sum_i L(y_i; d_i)`` with those of two other methods.

    These are autograd through the same forward pass, in the network's dtype, and central finite
    differences, in float64, at up to 20 entries of each parameter (a seeded sample if it has more).
    The network is not changed, and neither are its parameters and gradients.
    """
    loss = get_loss(loss)
    manual = _manual_gradients(network, X, d, loss)
    auto = _autograd_gradients(network, X, d, loss)
    sampled = _sample_entries(network)
    differences, E = _finite_differences(network, X, d, loss, sampled)

    rows = []
    for k, (m, a, f, at) in enumerate(zip(manual, auto, differences, sampled, strict=True)):
        m, a = m.cpu().double(), a.cpu().double()
        scale = max(_largest(m), _largest(a))
        resolved = max(scale, RESOLVED * abs(E))
        rows.append(
            ParameterCheck(
                name=f"{'Wb'[k % 2]}{k // 2 + 1}",
                shape=tuple(m.shape),
                manual_autograd=_over(_largest(m - a), scale),
                manual_numerical=_over(_largest(m.take(at) - f), resolved),
                autograd_numerical=_over(_largest(a.take(at) - f), resolved),
                n_checked=len(at),
            )
        )
    return GradientReport(tuple(rows), loss.name, X.dtype)


def _largest(x: Tensor) -> float:
    """The largest absolute entry."""
    return x.abs().max().item()


def _over(difference: float, scale: float) -> float:
    return difference / scale if scale > 0 else difference


def _manual_gradients(network: ManualNetwork, X: Tensor, d: Tensor, loss: Loss) -> list[Tensor]:
    twin = deepcopy(network)
    twin.zero_grad()
    twin.backward(loss.grad(twin(X), d))
    return twin.gradients()


def _autograd_gradients(
    network: ManualNetwork, X: Tensor, d: Tensor, loss: Loss
) -> tuple[Tensor, ...]:
    twin = deepcopy(network)
    parameters = [p.requires_grad_() for p in twin.parameters()]
    return torch.autograd.grad(loss.value(twin(X), d), parameters)


def _sample_entries(network: ManualNetwork) -> list[Tensor]:
    """Flat indices of at most `SAMPLED` entries of every parameter, the same ones every time."""
    generator = torch.Generator().manual_seed(0)
    return [torch.randperm(p.numel(), generator=generator)[:SAMPLED] for p in network.parameters()]


def _finite_differences(
    network: ManualNetwork, X: Tensor, d: Tensor, loss: Loss, sampled: list[Tensor]
) -> tuple[list[Tensor], float]:
    """Differences in float64 at the sampled entries of every parameter, and E itself."""
    twin = deepcopy(network).to("cpu").to(torch.float64)
    X, d = X.cpu().double(), d.cpu()

    def differences(parameter: Tensor, entries: Tensor) -> Tensor:
        def E(values: Tensor) -> Tensor:
            parameter.put_(entries, values)
            return loss.value(twin(X), d)

        start = parameter.take(entries)
        slopes = numerical_gradient(E, start, EPS)
        parameter.put_(entries, start)
        return slopes

    slopes = [differences(p, at) for p, at in zip(twin.parameters(), sampled, strict=True)]
    return slopes, loss.value(twin(X), d).item()
