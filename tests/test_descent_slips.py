"""What lab 3 tells of slips that no list of mistakes holds in all their forms."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from course_dl.calls.backend import LocalBackend
from course_dl.lab.catalog import find_lab
from course_dl.lab.judge import ExerciseResult, run_exercise
from course_dl.lab.states import Failure, State

LAB = find_lab("lab03")
eigenvalues = torch.linalg.eigvals
RIGHT = vars(importlib.import_module("course_dl.labs.lab03_descent.solutions"))


def checked(number: str, **answers: Callable[..., Any]) -> ExerciseResult:
    return run_exercise(LAB.exercise(number), LocalBackend({**RIGHT, **answers}), hidden=False)


def failure(result: ExerciseResult) -> Failure:
    failed = result.first_failure
    assert failed is not None and failed.failure is not None
    return failed.failure


def by_engine(f: Any, x: Tensor, eps: float = 1e-5) -> Any:
    leaf = x.clone().requires_grad_()
    f(leaf).backward()
    return leaf.grad


def by_nothing(f: Any, x: Tensor, eps: float = 1e-5) -> Any:
    f(x)
    return torch.zeros_like(x)


@pytest.mark.parametrize("answer", [by_engine, by_nothing])
def test_whoever_asks_autograd_for_differences_is_told_what_is_asked_for(answer: Any) -> None:
    told = failure(checked("3.3", numerical_gradient=answer)).told
    assert "autograd" in told.casefold() and "Asked for are finite differences" in told


@pytest.mark.parametrize(
    "largest", [lambda A: eigenvalues(A).abs().max(), lambda A: eigenvalues(A).real.max()]
)
def test_complex_eigenvalues_count_by_their_size_or_real_part(largest: Any) -> None:
    assert checked("3.2", largest_step=lambda A: 2 / largest(A).item())


@pytest.mark.parametrize("wrong", ["square_error_grad", "cross_entropy_grad"])
def test_an_error_in_one_function_fails_the_tests_of_that_function_alone(wrong: str) -> None:
    def raises(y: Tensor, d: Tensor) -> Tensor:
        raise IndexError("list index out of range")

    result = checked("3.4", **{wrong: raises})
    of_squares = [test.state for test in result.tests if test.test.title == "square error"]
    others = [test.state for test in result.tests if test.test.title != "square error"]
    failed, passed = (of_squares, others) if "square" in wrong else (others, of_squares)
    assert set(failed) == {State.FAILED} and set(passed) == {State.PASSED}


def test_a_sample_that_counts_once_is_shown_in_a_batch_of_it_twice() -> None:
    def by_mask(W: Tensor, X: Tensor, d: Tensor, batch: Tensor) -> Tensor:
        chosen = torch.zeros(len(X), dtype=torch.bool)
        chosen[batch] = True
        X, d = X[chosen], d[chosen]
        return (torch.softmax(X @ W.T, dim=1) - F.one_hot(d, len(W))).T @ X

    call = dict(failure(checked("3.5", minibatch_gradient=by_mask)).details)["The call"]
    assert "batch=torch.tensor([1, 1])" in call
