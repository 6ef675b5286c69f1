"""Laws of gradient descent, of its largest step, of differences and of SGD."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from course_dl.descent import gradient_descent, largest_step, numerical_gradient, sgd


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def positive_definite(size: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    M = torch.randn(size, size, generator=seeded(seed), dtype=dtype)
    return M @ M.T + 0.1 * torch.eye(size, dtype=dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_trajectory_on_a_quadratic_is_the_closed_form(dtype: torch.dtype) -> None:
    A, x0 = positive_definite(3, dtype=dtype), torch.tensor([1.0, -2.0, 3.0], dtype=dtype)
    path = gradient_descent(lambda x: A @ x, x0, 0.01, 20)
    assert path.shape == (21, 3)
    assert path.dtype == dtype
    assert torch.equal(path[0], x0)
    contraction = torch.eye(3, dtype=dtype) - 0.01 * A
    assert_close(path[20], torch.linalg.matrix_power(contraction, 20) @ x0)


def test_no_step_is_just_the_start_and_the_start_is_left_alone() -> None:
    x0 = torch.ones(2)
    assert torch.equal(gradient_descent(lambda x: x, x0, 0.1, 0), torch.ones(1, 2))
    gradient_descent(lambda x: x, x0, 0.1, 5)
    assert torch.equal(x0, torch.ones(2))


def test_a_gradient_that_changes_its_argument_does_not_spoil_the_path() -> None:
    """Each row is stored once, whatever grad returns: even its own argument."""
    path = gradient_descent(lambda x: x, torch.ones(2), 0.5, 3)
    assert_close(path[:, 0], torch.tensor([1.0, 0.5, 0.25, 0.125]))


@pytest.mark.parametrize("seed", range(5))
def test_descent_converges_below_the_largest_step_and_not_above(seed: int) -> None:
    A = positive_definite(2, seed)
    bound = largest_step(A)
    x0 = torch.ones(2, dtype=torch.float64)
    below = gradient_descent(lambda x: A @ x, x0, 0.99 * bound, 3000)
    above = gradient_descent(lambda x: A @ x, x0, 1.01 * bound, 3000)
    assert below[-1].norm() < 1e-6
    assert above[-1].norm() > 1e3


def test_largest_step_of_a_diagonal() -> None:
    bound = largest_step(torch.diag(torch.tensor([1.0, 4.0])))
    assert isinstance(bound, float)
    assert bound == pytest.approx(0.5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_largest_step_is_two_over_the_largest_eigenvalue(size: int, dtype: torch.dtype) -> None:
    A = positive_definite(size, dtype=dtype)
    assert largest_step(A) == pytest.approx(2 / torch.linalg.matrix_norm(A, 2).item(), rel=1e-5)


def test_differences_find_the_gradient_of_what_autograd_knows() -> None:
    x = torch.randn(6, generator=seeded(), dtype=torch.float64)

    def f(x: Tensor) -> Tensor:
        return (torch.sin(x) * torch.exp(x.flip(0))).sum()

    assert_close(numerical_gradient(f, x), torch.func.grad(f)(x), rtol=1e-8, atol=1e-8)


def test_differences_take_any_function_and_leave_x_alone() -> None:
    x = torch.tensor([2.0, 3.0], dtype=torch.float64)
    gradient = numerical_gradient(lambda v: float(v[0]) ** 2 * v[1].item(), x)
    assert_close(gradient, torch.tensor([12.0, 4.0], dtype=torch.float64))
    assert x.tolist() == [2, 3]


def test_central_differences_are_exact_on_quadratics_at_any_step() -> None:
    A, x = positive_definite(3), torch.ones(3, dtype=torch.float64)
    assert_close(numerical_gradient(lambda x: 0.5 * x @ A @ x, x, eps=0.5), A @ x)


@pytest.mark.parametrize(("n", "batch_size"), [(10, 3), (10, 5), (4, 10), (1, 1)])
def test_every_epoch_visits_each_sample_once_in_a_fresh_order(n: int, batch_size: int) -> None:
    visited: list[list[int]] = []

    def grad_batch(W: Tensor, batch: Tensor) -> Tensor:
        assert batch.dtype == torch.int64
        visited.append(batch.tolist())
        return torch.zeros_like(W)

    sgd(grad_batch, torch.zeros(2), n, batch_size, 0.1, 6, seeded())
    per_epoch = -(-n // batch_size)
    assert len(visited) == 6 * per_epoch
    epochs = [
        [i for batch in visited[e * per_epoch : (e + 1) * per_epoch] for i in batch]
        for e in range(6)
    ]
    assert all(sorted(order) == list(range(n)) for order in epochs)
    if n == 10:
        assert len({tuple(order) for order in epochs}) == 6
        assert len(visited[per_epoch - 1]) == (n % batch_size or batch_size)


def test_sgd_steps_against_the_gradient_of_each_batch() -> None:
    W = sgd(
        lambda W, batch: torch.full_like(W, len(batch)), torch.zeros(2), 10, 3, 0.1, 2, seeded()
    )
    assert_close(W, torch.full((2,), -0.1 * 10 * 2))


def test_sgd_with_one_batch_is_gradient_descent() -> None:
    A, W0 = positive_definite(3), torch.ones(3, dtype=torch.float64)
    trained = sgd(lambda W, batch: A @ W, W0, 5, 5, 0.05, 8, seeded())
    assert_close(trained, gradient_descent(lambda W: A @ W, W0, 0.05, 8)[-1])
    assert torch.equal(W0, torch.ones(3, dtype=torch.float64))


def test_sgd_is_repeatable_and_leaves_the_global_generator_alone() -> None:
    X = torch.randn(20, 3, generator=seeded(1))

    def run(seed: int) -> Tensor:
        return sgd(lambda W, b: (W - X[b]).sum(0), torch.zeros(3), 20, 6, 0.01, 3, seeded(seed))

    before = torch.random.get_rng_state()
    assert torch.equal(run(0), run(0))
    assert not torch.equal(run(0), run(1))
    assert torch.equal(torch.random.get_rng_state(), before)
