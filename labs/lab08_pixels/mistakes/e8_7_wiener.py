"""Wrong answers to exercise 8.7 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


def noisy(C, sigma):
    """The covariance of y."""
    return C + sigma**2 * torch.eye(len(C), dtype=C.dtype)


def filtered(deviation, C, A):
    """C A^-1 times each row."""
    return torch.linalg.solve(A, deviation.T).T @ C


@mistake("8.7", "The mean is not put back: it is added at the end.")
def wiener__mean_not_put_back(y, mean, C, sigma):
    return filtered(y - mean, C, noisy(C, sigma))


@mistake("8.7", "The mean is not taken off: the filter is for y - mean.")
def wiener__mean_not_taken_off(y, mean, C, sigma):
    return mean + filtered(y, C, noisy(C, sigma))


@mistake("8.7", "The mean plays no part: it is taken off first and put back at the end.")
def wiener__no_mean(y, mean, C, sigma):
    return filtered(y, C, noisy(C, sigma))


@mistake("8.7", "The mean of y's rows is taken: that of the images is given, mean.")
def wiener__mean_of_y(y, mean, C, sigma):
    own = y.mean(0)
    return own + filtered(y - own, C, noisy(C, sigma))


@mistake("8.7", "y is added at the end: what was taken off, and is put back, is mean.")
def wiener__y_put_back(y, mean, C, sigma):
    return y + filtered(y - mean, C, noisy(C, sigma))


@mistake("8.7", "sigma is added to C, not its square: the noise has the variance sigma^2.")
def wiener__sigma(y, mean, C, sigma):
    return mean + filtered(y - mean, C, C + sigma * torch.eye(len(C), dtype=C.dtype))


INVERSE = (
    "C itself is inverted: it may be singular, and need not be inverted; C + sigma^2 I is never "
    "singular for a sigma above 0."
)


@mistake("8.7", INVERSE)
def wiener__inverse_of_c(y, mean, C, sigma):
    W = torch.linalg.inv(torch.eye(len(C), dtype=C.dtype) + sigma**2 * torch.linalg.inv(C))
    return mean + (y - mean) @ W.T


@mistake("8.7", INVERSE)
def wiener__solved_with_c(y, mean, C, sigma):
    W = torch.linalg.inv(noisy(torch.linalg.solve(C, sigma**2 * torch.eye(len(C)).to(C)), 1.0))
    return mean + (y - mean) @ W.T


@mistake(
    "8.7",
    "The factor is sigma^2 (C + sigma^2 I)^-1, which leaves the noise: the image is what C "
    "(C + sigma^2 I)^-1 leaves.",
)
def wiener__noise_left(y, mean, C, sigma):
    A = noisy(C, sigma)
    return mean + sigma**2 * torch.linalg.solve(A, (y - mean).T).T


@mistake("8.7", "The factor C is missing in front of the inverse: C (C + sigma^2 I)^-1.")
def wiener__no_c(y, mean, C, sigma):
    return mean + torch.linalg.solve(noisy(C, sigma), (y - mean).T).T


@mistake("8.7", "The inverse is missing: you multiplied with C + sigma^2 I, solve with it.")
def wiener__not_inverted(y, mean, C, sigma):
    return mean + (y - mean) @ noisy(C, sigma) @ C


@mistake(
    "8.7",
    "sigma^2 is added to all entries of C: it belongs on the diagonal, sigma**2 * torch.eye(D).",
)
def wiener__no_identity(y, mean, C, sigma):
    return mean + filtered(y - mean, C, C + sigma**2)


@mistake("8.7", "sigma plays no part: what is added to C is sigma^2 times the identity.")
def wiener__identity_alone(y, mean, C, sigma):
    return mean + filtered(y - mean, C, noisy(C, 1.0))


@mistake("8.7", "sigma plays no part: C C^-1 is the identity, and y comes back as it is.")
def wiener__y_itself(y, mean, C, sigma):
    return y.clone()


ROWS = (
    "torch.linalg.solve wants a sample in each column, y has one in each row: transpose y - mean, "
    "and the result."
)


@mistake("8.7", ROWS)
def wiener__rows_for_columns(y, mean, C, sigma):
    return mean + C @ torch.linalg.solve(noisy(C, sigma), y - mean)


@mistake("8.7", ROWS)
def wiener__rows_for_columns_by_inverse(y, mean, C, sigma):
    return mean + C @ torch.linalg.inv(noisy(C, sigma)) @ (y - mean)


@mistake("8.7", "The result is transposed: one sample a row, (N, D).")
def wiener__transposed(y, mean, C, sigma):
    return (mean + filtered(y - mean, C, noisy(C, sigma))).T


@mistake("8.7", "mean is added to columns, not to rows: add it after you have transposed back.")
def wiener__mean_before_transposing(y, mean, C, sigma):
    return (mean + C @ torch.linalg.solve(noisy(C, sigma), (y - mean).T)).T


@mistake("8.7", "mean is added to columns, not to rows: add it after you have transposed back.")
def wiener__not_transposed_back(y, mean, C, sigma):
    return mean + C @ torch.linalg.solve(noisy(C, sigma), (y - mean).T)


@mistake("8.7", "The identity has as many rows as there are samples: it is (D, D), as C is.")
def wiener__identity_of_samples(y, mean, C, sigma):
    return mean + filtered(y - mean, C, C + sigma**2 * torch.eye(len(y), dtype=C.dtype))


@mistake(
    "8.7",
    "Each pixel is filtered by itself, with the diagonal of C: pixels that vary together tell of "
    "each other.",
)
def wiener__diagonal(y, mean, C, sigma):
    variance = C.diagonal()
    return mean + variance / (variance + sigma**2) * (y - mean)


@mistake("8.7", "The matrices are divided entry by entry: / is no inverse of a matrix.")
def wiener__divided(y, mean, C, sigma):
    return mean + (y - mean) @ (C / noisy(C, sigma))


@mistake("8.7", "The matrices are multiplied entry by entry (*): the product of matrices is @.")
def wiener__multiplied(y, mean, C, sigma):
    return mean + (y - mean) @ (C * torch.linalg.inv(noisy(C, sigma)))


@mistake("8.7", "The sign of sigma^2 is turned round: the noise adds to the variance of y.")
def wiener__subtracted(y, mean, C, sigma):
    return mean + filtered(y - mean, C, C - sigma**2 * torch.eye(len(C), dtype=C.dtype))


FLOAT = "The identity is float32 whatever comes in: make it with dtype=C.dtype."


@mistake("8.7", FLOAT)
def wiener__identity_of_float32(y, mean, C, sigma):
    A = C.float() + sigma**2 * torch.eye(len(C))
    return mean + (y - mean) @ (C @ torch.linalg.inv(A)).T


@mistake("8.7", FLOAT)
def wiener__float32(y, mean, C, sigma):
    A = C.float() + sigma**2 * torch.eye(len(C))
    return mean.float() + filtered((y - mean).float(), C.float(), A)


@mistake(
    "8.7", "C is a factor once too often: C (C + sigma^2 I)^-1 has one in front of the inverse."
)
def wiener__c_twice(y, mean, C, sigma):
    return mean + filtered(y - mean, C @ C, noisy(C, sigma))


@mistake("8.7", "The noise is added once for each sample: sigma^2 I stands as it is.")
def wiener__times_samples(y, mean, C, sigma):
    return mean + filtered(y - mean, C, noisy(C, sigma * len(y) ** 0.5))
