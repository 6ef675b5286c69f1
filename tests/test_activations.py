"""Laws of the activations and of their derivatives."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from course_dl import activations
from course_dl.activations import ACTIVATIONS, Activation, get_activation
from course_dl.descent import numerical_gradient

DTYPES = [torch.float32, torch.float64]
EXTREME = [-1e4, -100.0, -30.0, -1.0, 1.0, 30.0, 100.0, 1e4]

each = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
each_differentiable = pytest.mark.parametrize(
    "activation", [g for g in ACTIVATIONS.values() if g.differentiable], ids=lambda g: g.name
)


def scores(n: int = 200, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return 5 * torch.randn(n, generator=torch.Generator().manual_seed(0), dtype=dtype)


def test_values_known_in_closed_form() -> None:
    a = torch.tensor([-2.0, 0.0, 3.0], dtype=torch.float64)
    e = torch.exp(a)
    assert_close(activations.linear(a), a)
    assert activations.sign(a).tolist() == [-1, 1, 1]
    assert activations.heaviside(a).tolist() == [0, 1, 1]
    assert activations.relu(a).tolist() == [0, 0, 3]
    assert_close(activations.sigmoid(a), e / (1 + e))
    assert_close(activations.tanh(a), (e - 1 / e) / (e + 1 / e))
    assert_close(activations.softplus(a), torch.log(1 + e))


def test_derivatives_at_the_kink() -> None:
    zero = torch.zeros(1)
    assert activations.drelu(zero).item() == 0
    assert activations.dsign(zero).item() == 0
    assert activations.dheaviside(zero).item() == 0


@each_differentiable
def test_derivative_is_what_autograd_finds(activation: Activation) -> None:
    a = scores().requires_grad_()
    (slope,) = torch.autograd.grad(activation(a).sum(), a)
    assert_close(activation.dg(a.detach()), slope, rtol=0, atol=1e-14)


@each
def test_derivative_is_what_differences_find(activation: Activation) -> None:
    a = scores(50)
    slope = numerical_gradient(lambda a: activation(a).sum(), a)
    assert_close(activation.dg(a), slope, rtol=0, atol=1e-8)


@each
@pytest.mark.parametrize("dtype", DTYPES)
def test_safe_for_large_scores(activation: Activation, dtype: torch.dtype) -> None:
    a = torch.tensor(EXTREME, dtype=dtype)
    assert activation(a).isfinite().all()
    assert activation.dg(a).isfinite().all()


@each_differentiable
@pytest.mark.parametrize("dtype", DTYPES)
def test_autograd_is_safe_for_large_scores(activation: Activation, dtype: torch.dtype) -> None:
    a = torch.tensor(EXTREME, dtype=dtype, requires_grad=True)
    (slope,) = torch.autograd.grad(activation(a).sum(), a)
    assert_close(slope, activation.dg(a.detach()))


@each
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3, 2), (2, 3, 4)])
def test_shape_and_dtype_are_kept_and_the_argument_too(
    activation: Activation, dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    a = torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=dtype)
    before = a.clone()
    for result in (activation(a), activation.dg(a)):
        assert result.shape == a.shape
        assert result.dtype == dtype
    assert torch.equal(a, before)


def test_symmetries() -> None:
    a = scores()
    assert_close(activations.sigmoid(-a), 1 - activations.sigmoid(a))
    assert_close(activations.tanh(a / 2), 2 * activations.sigmoid(a) - 1)
    assert_close(activations.softplus(a) - activations.softplus(-a), a)
    assert_close(activations.dsoftplus(a), activations.sigmoid(a))
    assert_close(activations.sign(a), 2 * activations.heaviside(a) - 1)


def test_sigmoid_derivative_keeps_its_digits_on_both_sides() -> None:
    a = torch.tensor([30.0, 60.0])
    assert_close(activations.dsigmoid(a), torch.exp(-a), rtol=1e-6, atol=0)
    assert torch.equal(activations.dsigmoid(-a), activations.dsigmoid(a))


def test_softplus_keeps_its_digits_where_it_is_nearly_linear() -> None:
    a = torch.tensor([21.0, 25.0], dtype=torch.float64)
    assert_close(activations.softplus(a) - a, torch.exp(-a), rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_found_by_name_function_and_itself(name: str) -> None:
    activation = get_activation(name)
    assert activation.name == name
    assert activation.g is getattr(activations, name)
    assert activation.dg is getattr(activations, f"d{name}")
    assert get_activation(activation.g) is activation
    assert get_activation(activation) is activation


@pytest.mark.parametrize("function", [torch.sigmoid, torch.tanh, torch.relu])
def test_torchs_own_functions_are_known(function) -> None:
    assert get_activation(function) is ACTIVATIONS[function.__name__]


def test_only_the_steps_are_not_differentiable() -> None:
    assert {g.name for g in ACTIVATIONS.values() if not g.differentiable} == {"sign", "heaviside"}
