"""Laws of the toy sets: what a seed fixes, what the labels mean, and the truth behind each."""

from __future__ import annotations

import math

import pytest
import torch

from course_dl.data import toy

PERCEPTRON = [toy.separable_clouds, toy.overlapping_clouds, toy.xor]
CLASSES = [toy.moons, toy.circles, toy.spirals, toy.gaussian_classes]
RANDOM = [toy.separable_clouds, toy.overlapping_clouds, *CLASSES, toy.noisy_regression]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def counts_differ_by_at_most_one(d: torch.Tensor) -> bool:
    counts = d.unique(return_counts=True)[1]
    return int(counts.max() - counts.min()) <= 1


@pytest.mark.parametrize("make", RANDOM)
def test_a_seed_fixes_the_set_and_another_seed_changes_it(make):
    (X, d), (X_again, d_again) = (make(50, generator=seeded(1)) for _ in range(2))
    assert torch.equal(X, X_again) and torch.equal(d, d_again)
    assert not torch.equal(X, make(50, generator=seeded(2))[0])


@pytest.mark.parametrize("make", [*RANDOM, toy.xor])
def test_the_global_generator_is_left_alone(make):
    before = torch.get_rng_state()
    make(20, generator=seeded())
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("make", RANDOM)
def test_without_a_generator_the_global_seed_decides(make):
    torch.manual_seed(3)
    X, d = make(20)
    torch.manual_seed(3)
    X_again, d_again = make(20)
    assert torch.equal(X, X_again) and torch.equal(d, d_again)
    assert not torch.equal(X, make(20)[0])


@pytest.mark.parametrize("make", [*RANDOM, toy.xor])
@pytest.mark.parametrize("n", [1, 2, 33])
def test_n_samples_one_a_row(make, n):
    X, d = make(n, generator=seeded())
    assert X.shape == (n, 1 if make is toy.noisy_regression else 2)
    assert len(d) == n and X.isfinite().all()


@pytest.mark.parametrize("make", [*RANDOM, toy.xor])
def test_float32_is_float64_rounded(make):
    X, d = make(40, generator=seeded())
    X64, d64 = make(40, generator=seeded(), dtype=torch.float64)
    assert X.dtype == torch.float32 and X64.dtype == torch.float64
    assert torch.equal(X, X64.float()) and torch.equal(d, d64.to(d.dtype))


@pytest.mark.parametrize("make", PERCEPTRON)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_labels_of_the_perceptron_are_signs_in_the_dtype_of_the_points(make, dtype):
    _, d = make(40, generator=seeded(), dtype=dtype)
    assert d.dtype == dtype and d.shape == (40,)
    assert set(d.tolist()) == {-1.0, 1.0}


@pytest.mark.parametrize("make", CLASSES)
def test_labels_of_the_others_are_whole_classes_from_0(make):
    _, d = make(200, generator=seeded())
    assert d.dtype == torch.int64 and d.shape == (200,)
    assert d.unique().tolist() == list(range(int(d.max()) + 1))


@pytest.mark.parametrize("make", [*PERCEPTRON, toy.moons, toy.circles, toy.spirals])
@pytest.mark.parametrize("n", [40, 101])
def test_classes_are_balanced(make, n):
    assert counts_differ_by_at_most_one(make(n, generator=seeded())[1])


@pytest.mark.parametrize("make", [toy.separable_clouds, toy.moons, toy.spirals])
def test_classes_come_in_random_order(make):
    _, d = make(100, generator=seeded())
    assert counts_differ_by_at_most_one(d) and not torch.equal(d, d.sort().values)
    assert (d[1:] == d[:-1]).any()


@pytest.mark.parametrize("margin", [0.0, 0.2, 5.0])
def test_separable_clouds_keep_their_margin_from_the_known_line(margin):
    b, *w = toy.SEPARATOR
    X, d = toy.separable_clouds(5000, margin, generator=seeded(), dtype=torch.float64)
    w = torch.tensor(w, dtype=torch.float64)
    assert math.isclose(float(w.norm()), 1)
    distances = d * (X @ w + b)
    assert margin - 1e-12 <= distances.min() <= margin + 0.05


def test_the_line_between_overlapping_clouds_errs_as_often_as_stated():
    b, *w = toy.SEPARATOR
    n, distance = 20_000, 2.0
    X, d = toy.overlapping_clouds(n, distance, generator=seeded(), dtype=torch.float64)
    wrong = (d * (X @ torch.tensor(w, dtype=torch.float64) + b) < 0).double().mean()
    p = 0.5 * math.erfc(distance / 2 / math.sqrt(2))
    assert abs(wrong - p) < 4 * math.sqrt(p * (1 - p) / n)


def test_xor_is_its_four_points():
    X, d = toy.xor()
    assert X.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert d.tolist() == [-1, 1, 1, -1]


def test_noisy_xor_lies_in_clouds_around_the_four_points():
    X, d = toy.xor(4000, noise=0.1, generator=seeded())
    corners, truth = toy.xor()
    for k in range(4):
        cloud = X[k::4]
        assert torch.allclose(cloud.mean(dim=0), corners[k], atol=4 * 0.1 / math.sqrt(1000))
        assert torch.allclose(cloud.std(dim=0), torch.tensor(0.1), rtol=0.1)
        assert (d[k::4] == truth[k]).all()


def test_moons_without_noise_are_two_half_circles():
    X, d = toy.moons(500, noise=0, generator=seeded())
    for k, (centre, side) in enumerate([((0, 0), 1), ((1, 0.5), -1)]):
        offset = X[d == k] - torch.tensor(centre)
        assert torch.allclose(offset.norm(dim=1), torch.tensor(1.0), atol=1e-6)
        assert (side * offset[:, 1] >= -1e-6).all()


def test_circles_without_noise_have_radius_1_and_a_half():
    X, d = toy.circles(500, noise=0, generator=seeded())
    assert torch.allclose(X.norm(dim=1), 1 - d / 2, atol=1e-6)


@pytest.mark.parametrize("classes", [1, 2, 3, 5])
def test_an_arm_of_the_spiral_turns_with_its_radius(classes):
    X, d = toy.spirals(500, classes, noise=0, generator=seeded(), dtype=torch.float64)
    r = X.norm(dim=1)
    assert ((r >= 0.1) & (r <= 1)).all() and d.unique().tolist() == list(range(classes))
    angle = torch.atan2(X[:, 1], X[:, 0]) - 2 * math.pi * (d / classes + 2 / 3 * r)
    assert torch.allclose(angle.cos(), torch.ones_like(angle))


@pytest.mark.parametrize("make", [toy.moons, toy.circles, toy.spirals])
def test_noise_is_a_standard_deviation(make):
    clean, _ = make(4000, noise=0, generator=seeded(), dtype=torch.float64)
    noisy, _ = make(4000, noise=0.3, generator=seeded(), dtype=torch.float64)
    assert torch.allclose((noisy - clean).std(dim=0), torch.full((2,), 0.3).double(), rtol=0.05)


def test_averages_of_a_regression_agree_with_its_known_mean():
    noise, n = 0.3, 20_000
    X, d = toy.noisy_regression(n, noise, generator=seeded(), dtype=torch.float64)
    assert X.shape == d.shape == (n, 1) and X.abs().max() <= 3
    residual = d - toy.regression_mean(X)
    for left in range(-3, 3):
        here = residual[X.floor() == left]
        assert abs(here.mean()) < 4 * noise / math.sqrt(len(here))
        assert math.isclose(here.std(), noise, rel_tol=0.1)


def test_the_mean_of_a_regression_is_the_formula_it_states():
    x = torch.tensor([[-math.pi], [0.0], [math.pi / 4]], dtype=torch.float64)
    expected = torch.tensor([[-math.pi / 2], [0.0], [1 + math.pi / 8]], dtype=torch.float64)
    assert torch.allclose(toy.regression_mean(x), expected)


def test_a_regression_without_noise_is_its_mean():
    X, d = toy.noisy_regression(50, noise=0, generator=seeded(), dtype=torch.float64)
    assert torch.equal(d, toy.regression_mean(X))
    assert X.std() > 1


def test_the_posterior_is_bayes_rule():
    X = 4 * torch.randn(200, 2, generator=seeded(), dtype=torch.float64)
    joint = torch.stack(
        [
            prior
            * torch.distributions.MultivariateNormal(
                torch.tensor(mean, dtype=torch.float64),
                spread**2 * torch.eye(2, dtype=torch.float64),
            )
            .log_prob(X)
            .exp()
            for prior, mean, spread in zip(toy.PRIORS, toy.MEANS, toy.SPREADS, strict=True)
        ],
        dim=1,
    )
    expected = joint / joint.sum(dim=1, keepdim=True)
    assert torch.allclose(toy.gaussian_posterior(X), expected, atol=1e-10)


def test_the_posterior_agrees_with_the_frequencies_of_the_classes():
    X, d = toy.gaussian_classes(60_000, generator=seeded(), dtype=torch.float64)
    P = toy.gaussian_posterior(X)
    assert torch.allclose(P.sum(dim=1), torch.ones(len(P), dtype=torch.float64))
    for k in range(3):
        for lowest in (0.0, 0.2, 0.4, 0.6, 0.8):
            here = (lowest <= P[:, k]) & (P[:, k] < lowest + 0.2)
            frequency, probability = (d[here] == k).double().mean(), P[here, k].mean()
            spread = (P[here, k] * (1 - P[here, k])).sum().sqrt() / here.sum()
            assert here.sum() > 100 and abs(frequency - probability) < 4 * spread


def test_the_posterior_averages_to_the_prior():
    X, _ = toy.gaussian_classes(40_000, generator=seeded(), dtype=torch.float64)
    mean = toy.gaussian_posterior(X).mean(dim=0)
    assert torch.allclose(mean, torch.tensor(toy.PRIORS, dtype=torch.float64), atol=0.01)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_posterior_holds_far_away(dtype):
    P = toy.gaussian_posterior(torch.tensor([[1e4, -1e4], [0.0, 0.0]], dtype=dtype))
    assert P.dtype == dtype
    assert torch.allclose(P.sum(dim=1), torch.ones(2, dtype=dtype))
    assert P[0, 0] == 1  # the widest class wins


@pytest.mark.parametrize("make", [*RANDOM, toy.xor])
@pytest.mark.parametrize(
    ("n", "error"), [(0, ValueError), (-3, ValueError), (2.5, TypeError), (True, TypeError)]
)
def test_a_bad_number_of_samples_is_told(make, n, error):
    with pytest.raises(error, match="n must be"):
        make(n)


@pytest.mark.parametrize(
    "call",
    [
        lambda: toy.moons(10, noise=-1),
        lambda: toy.circles(10, noise=math.nan),
        lambda: toy.spirals(10, noise=-0.1),
        lambda: toy.spirals(10, classes=0),
        lambda: toy.xor(4, noise=math.inf),
        lambda: toy.noisy_regression(10, noise=-1),
        lambda: toy.separable_clouds(10, margin=-0.1),
        lambda: toy.overlapping_clouds(10, distance=-1),
        lambda: toy.gaussian_posterior(torch.zeros(3)),
        lambda: toy.gaussian_posterior(torch.zeros(3, 4)),
    ],
)
def test_bad_values_are_told(call):
    with pytest.raises(ValueError, match="must"):
        call()
