"""Wrong answers to exercise 9.9 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake

from .shared import covariance, distance, root


@mistake(
    "9.9",
    "The root is taken entry by entry: the root of a matrix is another one, by torch.linalg.eigh.",
)
def frechet_distance__entries(a, b):
    S_a, S_b = covariance(a), covariance(b)
    shared = (S_a.abs().sqrt() @ S_b @ S_a.abs().sqrt()).abs().sqrt().trace()
    means = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    return (means + S_a.trace() + S_b.trace() - 2 * shared).item()


@mistake("9.9", "The root is left out: the trace is that of the root of S_a^1/2 S_b S_a^1/2.")
def frechet_distance__no_root(a, b):
    S_a, S_b = covariance(a), covariance(b)
    means = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    return (means + S_a.trace() + S_b.trace() - 2 * (S_a @ S_b).trace()).item()


@mistake(
    "9.9",
    "The trace of the root is taken as the root of the trace: sum the roots of the eigenvalues.",
)
def frechet_distance__root_of_trace(a, b):
    S_a, S_b = covariance(a), covariance(b)
    means = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    return (means + S_a.trace() + S_b.trace() - 2 * (S_a @ S_b).trace().sqrt()).item()


@mistake("9.9", "The distance of the means is not squared.")
def frechet_distance__means_not_squared(a, b):
    S_a, S_b = covariance(a), covariance(b)
    m = (a.mean(dim=0) - b.mean(dim=0)).norm()
    return distance(m, torch.zeros_like(m), S_a, S_b) - m.square().item() + m.item()


@mistake(
    "9.9",
    "S_a @ S_b is not symmetric, and eigh looks at one half of it alone: take the eigenvalues of "
    "S_a^1/2 S_b S_a^1/2.",
)
def frechet_distance__eigh_of_product(a, b):
    S_a, S_b = covariance(a), covariance(b)
    shared = torch.linalg.eigvalsh(S_a @ S_b).clamp(min=0).sqrt().sum()
    means = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    return (means + S_a.trace() + S_b.trace() - 2 * shared).item()


@mistake("9.9", "The covariance is one of the samples: features are columns, torch.cov(a.T).")
def frechet_distance__transposed(a, b):
    S_a, S_b = torch.cov(a), torch.cov(b)
    means = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    n = min(len(a), len(b))
    shared = root(root(S_a[:n, :n]) @ S_b[:n, :n] @ root(S_a[:n, :n])).trace()
    return (means + S_a.trace() + S_b.trace() - 2 * shared).item()


@mistake(
    "9.9", "The covariances are over N: here they are over N - 1 and M - 1, as torch.cov has them."
)
def frechet_distance__over_n(a, b):
    S_a, S_b = covariance(a, 0), covariance(b, 0)
    return distance(a.mean(dim=0), b.mean(dim=0), S_a, S_b)


@mistake("9.9", "The mean is not subtracted before the covariance is taken.")
def frechet_distance__not_centred(a, b):
    S_a, S_b = a.T @ a / (len(a) - 1), b.T @ b / (len(b) - 1)
    return distance(a.mean(dim=0), b.mean(dim=0), S_a, S_b)


@mistake("9.9", "The last term counts once: it is twice the trace of the root.")
def frechet_distance__no_two(a, b):
    S_a, S_b = covariance(a), covariance(b)
    shared = root(root(S_a) @ S_b @ root(S_a)).trace()
    means = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    return (means + S_a.trace() + S_b.trace() - shared).item()


@mistake("9.9", "You returned the root of the distance: the Fréchet distance stays squared.")
def frechet_distance__rooted(a, b):
    S_a, S_b = covariance(a), covariance(b)
    return max(distance(a.mean(dim=0), b.mean(dim=0), S_a, S_b), 0) ** 0.5


@mistake("9.9", "The means are left out: add the square of their distance.")
def frechet_distance__no_means(a, b):
    zero = torch.zeros_like(a[0])
    return distance(zero, zero, covariance(a), covariance(b))


@mistake(
    "9.9", "Only variances are compared: features depend on each other, take whole covariances."
)
def frechet_distance__variances(a, b):
    means = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    return (means + (a.std(dim=0) - b.std(dim=0)).square().sum()).item()


@mistake(
    "9.9",
    "The root of a tiny negative eigenvalue is NaN: by rounding 0 becomes a little less. Clamp the "
    "eigenvalues at 0.",
)
def frechet_distance__nan(a, b):
    def careless(S):
        values, vectors = torch.linalg.eigh(S)
        return vectors * values.sqrt() @ vectors.T

    S_a, S_b = covariance(a), covariance(b)
    shared = careless(careless(S_a) @ S_b @ careless(S_a)).trace()
    means = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    return (means + S_a.trace() + S_b.trace() - 2 * shared).item()


@mistake("9.9", "The roots are multiplied, not the root taken of S_a^1/2 S_b S_a^1/2.")
def frechet_distance__product_of_roots(a, b):
    S_a, S_b = covariance(a), covariance(b)
    means = (a.mean(dim=0) - b.mean(dim=0)).square().sum()
    return (means + S_a.trace() + S_b.trace() - 2 * (root(S_a) @ root(S_b)).trace()).item()


@mistake("9.9", "The differences of the means are averaged: sum their squares over the features.")
def frechet_distance__mean_of_means(a, b):
    S_a, S_b = covariance(a), covariance(b)
    zero = torch.zeros_like(a[0])
    means = (a.mean(dim=0) - b.mean(dim=0)).square().mean().item()
    return means + distance(zero, zero, S_a, S_b)


@mistake("9.9", "These are correlations: torch.corrcoef divides the covariances by the spreads.")
def frechet_distance__correlations(a, b):
    return distance(a.mean(dim=0), b.mean(dim=0), torch.corrcoef(a.T), torch.corrcoef(b.T))
