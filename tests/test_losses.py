"""Laws of the losses and of their gradients."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.testing import assert_close

from course_dl import losses
from course_dl.descent import numerical_gradient
from course_dl.losses import LOSSES, Loss, get_loss

DTYPES = [torch.float32, torch.float64]
SHAPES: dict[str, list[tuple[int, ...]]] = {
    "square_error": [(5, 3), (5, 1), (5,), (1, 1)],
    "cross_entropy": [(5, 3), (5, 1), (1, 4), (1, 1)],
    "binary_cross_entropy": [(5,), (5, 1), (1,)],
    "perceptron_loss": [(5,), (5, 1), (1,)],
}
CASES = [(LOSSES[name], shape) for name, shapes in SHAPES.items() for shape in shapes]

each = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
each_shape = pytest.mark.parametrize(
    ("loss", "shape"), CASES, ids=[f"{loss.name}{shape}" for loss, shape in CASES]
)
both_dtypes = pytest.mark.parametrize("dtype", DTYPES)
both_reductions = pytest.mark.parametrize("reduction", ["sum", "mean"])


def batch(loss: Loss, shape: tuple[int, ...], dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    y = 3 * torch.randn(shape, generator=generator, dtype=dtype)
    if loss.name == "square_error":
        return y, torch.randn(shape, generator=generator, dtype=dtype)
    if loss.name == "cross_entropy":
        return y, torch.randint(shape[1], shape[:1], generator=generator)
    d = torch.randint(2, shape, generator=generator).to(dtype)
    return y, d if loss.name == "binary_cross_entropy" else 2 * d - 1


@each_shape
@both_dtypes
@both_reductions
def test_gradient_is_what_autograd_finds(loss, shape, dtype, reduction) -> None:
    y, d = batch(loss, shape, dtype)
    y.requires_grad_()
    (expected,) = torch.autograd.grad(loss(y, d, reduction), y)
    gradient = loss.grad(y.detach(), d, reduction)
    assert gradient.shape == y.shape
    assert gradient.dtype == dtype
    assert_close(gradient, expected, rtol=0, atol=100 * torch.finfo(dtype).eps)


@each_shape
@both_reductions
def test_gradient_is_what_differences_find(loss, shape, reduction) -> None:
    y, d = batch(loss, shape, torch.float64)
    expected = numerical_gradient(lambda v: loss(v.reshape(shape), d, reduction), y.flatten())
    assert_close(loss.grad(y, d, reduction).flatten(), expected, rtol=0, atol=1e-8)


@each_shape
@both_dtypes
def test_value_is_a_scalar_of_the_dtype_of_the_scores(loss, shape, dtype) -> None:
    y, d = batch(loss, shape, dtype)
    for reduction in ("sum", "mean"):
        value = loss(y, d, reduction)
        assert value.shape == ()
        assert value.dtype == dtype


@each
def test_mean_is_the_sum_over_the_number_of_samples(loss: Loss) -> None:
    y, d = batch(loss, SHAPES[loss.name][0], torch.float64)
    assert_close(loss(y, d, "mean"), loss(y, d) / len(y))
    assert_close(loss.grad(y, d, "mean"), loss.grad(y, d) / len(y))


@each
def test_sum_adds_up_over_samples(loss: Loss) -> None:
    y, d = batch(loss, SHAPES[loss.name][0], torch.float64)
    one_by_one = sum(loss(y[i : i + 1], d[i : i + 1]) for i in range(len(y)))
    assert_close(loss(y, d), one_by_one)


@each
def test_arguments_are_left_alone(loss: Loss) -> None:
    y, d = batch(loss, SHAPES[loss.name][0], torch.float64)
    y_before, d_before = y.clone(), d.clone()
    loss(y, d)
    loss.grad(y, d)
    assert torch.equal(y, y_before)
    assert torch.equal(d, d_before)


def test_square_error_is_half_the_squared_distance() -> None:
    y, d = torch.tensor([[1.0, 2.0], [0.0, 0.0]]), torch.tensor([[1.0, 0.0], [3.0, 4.0]])
    assert losses.square_error(y, d).item() == 0.5 * (4 + 25)
    assert torch.equal(losses.square_error_grad(y, d), y - d)


@pytest.mark.parametrize(
    ("ours", "torchs"),
    [
        (losses.cross_entropy, F.cross_entropy),
        (losses.binary_cross_entropy, F.binary_cross_entropy_with_logits),
    ],
)
@both_reductions
def test_entropies_agree_with_torch(ours: Callable, torchs: Callable, reduction: str) -> None:
    loss = get_loss(ours)
    y, d = batch(loss, SHAPES[loss.name][0], torch.float64)
    assert_close(ours(y, d, reduction), torchs(y, d, reduction=reduction))


def test_square_error_mean_is_over_samples_not_entries() -> None:
    y, d = torch.zeros(4, 3), torch.ones(4, 3)
    assert losses.square_error(y, d, "mean").item() == 1.5


def test_cross_entropy_of_two_classes_is_binary_cross_entropy() -> None:
    y, d = batch(LOSSES["binary_cross_entropy"], (5,), torch.float64)
    two = torch.stack([torch.zeros_like(y), y], dim=1)
    assert_close(losses.cross_entropy(two, d.long()), losses.binary_cross_entropy(y, d))


@each
@both_dtypes
@pytest.mark.parametrize("size", [1e2, 1e4])
def test_huge_scores_give_finite_values_and_gradients(loss, dtype, size) -> None:
    y, d = batch(loss, SHAPES[loss.name][0], dtype)
    y = (size * y.sign()).requires_grad_()
    value = loss(y, d)
    (gradient,) = torch.autograd.grad(value, y)
    assert value.isfinite()
    assert gradient.isfinite().all()
    assert_close(loss.grad(y.detach(), d), gradient)


@both_dtypes
def test_cross_entropy_of_huge_scores_is_exact(dtype: torch.dtype) -> None:
    y = torch.tensor([[1e4, 1e4 - 1.0, 0.0]], dtype=dtype)
    log_sum = math.log(1 + math.exp(-1))
    for k, expected in enumerate([log_sum, 1 + log_sum, 1e4 + log_sum]):
        value = losses.cross_entropy(y, torch.tensor([k])).item()
        assert value == pytest.approx(expected, rel=1e-6 if dtype == torch.float32 else 1e-14)


@both_dtypes
def test_cross_entropy_keeps_its_digits_when_the_network_is_sure(dtype: torch.dtype) -> None:
    y = torch.tensor([[40.0, 0.0, 0.0]], dtype=dtype, requires_grad=True)
    d = torch.tensor([0])
    tiny = math.exp(-40)
    value = losses.cross_entropy(y, d)
    (gradient,) = torch.autograd.grad(value, y)
    assert value.item() == pytest.approx(2 * tiny, rel=1e-5, abs=0)
    for g in (gradient, losses.cross_entropy_grad(y.detach(), d)):
        assert g[0].tolist() == pytest.approx([-2 * tiny, tiny, tiny], rel=1e-5, abs=0)


@both_dtypes
def test_binary_cross_entropy_keeps_its_digits_on_both_sides(dtype: torch.dtype) -> None:
    y = torch.tensor([40.0], dtype=dtype)
    tiny = math.exp(-40)
    for sign, d in [(1, 1.0), (-1, 0.0)]:
        value = losses.binary_cross_entropy(sign * y, torch.full_like(y, d)).item()
        gradient = losses.binary_cross_entropy_grad(sign * y, torch.full_like(y, d)).item()
        assert value == pytest.approx(tiny, rel=1e-5, abs=0)
        assert gradient == pytest.approx(-sign * tiny, rel=1e-5, abs=0)


def test_binary_cross_entropy_takes_probabilities_and_integer_labels() -> None:
    y = torch.tensor([0.3, -1.2], dtype=torch.float64)
    soft = torch.tensor([0.25, 0.9], dtype=torch.float64)
    expected = F.binary_cross_entropy_with_logits(y, soft, reduction="sum")
    assert_close(losses.binary_cross_entropy(y, soft), expected)
    hard = torch.tensor([1, 0])
    assert_close(
        losses.binary_cross_entropy(y, hard), losses.binary_cross_entropy(y, hard.double())
    )


def test_cross_entropy_gradient_is_softmax_less_onehot() -> None:
    y, d = batch(LOSSES["cross_entropy"], (5, 3), torch.float64)
    expected = torch.softmax(y, 1) - F.one_hot(d, 3)
    assert_close(losses.cross_entropy_grad(y, d), expected)


def test_cross_entropy_gradient_sums_to_zero_over_classes() -> None:
    y, d = batch(LOSSES["cross_entropy"], (5, 3), torch.float64)
    assert_close(losses.cross_entropy_grad(y, d).sum(1), torch.zeros(5, dtype=torch.float64))


def test_one_class_costs_nothing() -> None:
    y, d = torch.tensor([[7.0], [-3.0]]), torch.tensor([0, 0])
    assert losses.cross_entropy(y, d).item() == 0
    assert torch.equal(losses.cross_entropy_grad(y, d), torch.zeros(2, 1))


def test_perceptron_loss_counts_only_the_wrong_side() -> None:
    y, d = torch.tensor([2.0, -3.0, 4.0, 0.0]), torch.tensor([1.0, 1.0, -1.0, -1.0])
    assert losses.perceptron_loss(y, d).item() == 3 + 4
    assert losses.perceptron_loss_grad(y, d).tolist() == [0, -1, 1, 0]


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_found_by_name_function_and_itself(name: str) -> None:
    loss = get_loss(name)
    assert loss.value is getattr(losses, name)
    assert loss.grad is getattr(losses, f"{name}_grad")
    assert get_loss(loss.value) is loss
    assert get_loss(loss) is loss
