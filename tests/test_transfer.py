"""A frozen body stays bit for bit as it is; the ridge classifier is the minimizer."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_dl.training import fit
from course_dl.transfer import Frozen, ridge_classifier


def made() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Dropout(0.5), nn.Flatten()
    )


def samples(n: int = 8) -> tuple[Tensor, Tensor]:
    X = torch.rand(n, 1, 4, 4, generator=torch.Generator().manual_seed(1))
    return X, torch.arange(n) % 3


def test_a_frozen_body_is_bit_for_bit_what_it_was_after_five_steps_buffers_too() -> None:
    body = made()
    before = copy.deepcopy(body.state_dict())
    net = nn.Sequential(Frozen(body), nn.Linear(12, 3))
    head = net[1].weight.detach().clone()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5, momentum=0.9, weight_decay=0.1)
    X, d = samples()
    for _ in range(5):
        net.train()
        optimizer.zero_grad()
        F.cross_entropy(net(X), d).backward()
        optimizer.step()
    assert all(torch.equal(before[name], t) for name, t in body.state_dict().items())
    assert not torch.equal(head, net[1].weight)
    assert torch.equal(net(X), net.eval()(X))


def test_fit_leaves_a_frozen_body_as_it_was() -> None:
    body = made()
    before = copy.deepcopy(body.state_dict())
    net = nn.Sequential(Frozen(body), nn.Linear(12, 3))
    fit(net, samples(), epochs=2, batch_size=4, lr=0.1, progress=False)
    assert all(torch.equal(before[name], t) for name, t in body.state_dict().items())


def test_features_have_no_graph_and_are_the_bodys_own() -> None:
    body = made()
    X, _ = samples()
    z = Frozen(body).train()(X)
    assert not z.requires_grad and torch.equal(z, body.eval()(X))


@pytest.mark.parametrize(("N", "D"), [(20, 3), (5, 9), (4, 3)])
def test_the_ridge_classifier_has_gradient_zero_and_solves_the_stacked_system(
    N: int, D: int
) -> None:
    g = torch.Generator().manual_seed(N)
    Z, d = torch.randn(N, D, generator=g, dtype=torch.float64), torch.arange(N) % 3
    W = ridge_classifier(Z, d, 3, 0.7).requires_grad_()
    features = torch.cat([torch.ones(N, 1, dtype=torch.float64), Z], 1)
    targets = F.one_hot(d, 3).double()
    error = (features @ W.T - targets).square().sum() + 0.7 * W[:, 1:].square().sum()
    (grad,) = torch.autograd.grad(error, W)
    assert W.shape == (3, D + 1) and float(grad.abs().max()) < 1e-10
    ridge = 0.7**0.5 * torch.eye(D + 1, dtype=torch.float64)[1:]
    stacked = torch.cat([features, ridge]), torch.cat([targets, ridge.new_zeros(D, 3)])
    torch.testing.assert_close(torch.linalg.lstsq(*stacked).solution.T, W.detach())


def test_scores_of_the_ridge_classifier_add_up_to_one() -> None:
    Z = torch.randn(30, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    W = ridge_classifier(Z, torch.arange(30) % 5, 5, 2.0)
    expected = torch.zeros(5, dtype=torch.float64)
    expected[0] = 1  # the bias adds up to one, and the weights of each feature to zero
    torch.testing.assert_close(W.sum(0), expected)


Z, D = torch.ones(4, 2), torch.tensor([0, 1, 2, 0])
BAD: list[tuple[Callable[[], object], type[Exception], str]] = [
    (lambda: Frozen(torch.relu), TypeError, "body must be an nn.Module"),  # type: ignore[arg-type]
    (lambda: ridge_classifier(torch.ones(4), D, 3, 1.0), ValueError, "Z must be features"),
    (lambda: ridge_classifier(Z, D.float(), 3, 1.0), TypeError, "int64"),
    (lambda: ridge_classifier(Z, D, 2, 1.0), ValueError, "0..1"),
    (lambda: ridge_classifier(Z, D, 3, 0.0), ValueError, "strength must be"),
]


@pytest.mark.parametrize(("call", "error", "words"), BAD)
def test_what_does_not_fit_is_told(
    call: Callable[[], object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()
