"""Wrong answers to exercise 8.8 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake


def squares_of(y, images):
    """The squares of all distances, (N, M)."""
    return (y[:, None] - images).square().sum(2)


def mean_of(y, images, factor):
    """The mean of the images, weighted by the softmax of minus the squares times a factor."""
    return torch.softmax(-squares_of(y, images) * factor, 1) @ images


@mistake("8.8", "The square is divided by sigma: the exponent is -square / (2 sigma^2).")
def ideal_denoiser__sigma(y, images, sigma):
    return mean_of(y, images, 1 / (2 * sigma))


@mistake("8.8", "The 2 is missing: the exponent of a normal density is -square / (2 sigma^2).")
def ideal_denoiser__no_two(y, images, sigma):
    return mean_of(y, images, 1 / sigma**2)


@mistake("8.8", "2 sigma is squared as a whole: the square is divided by 2 sigma^2.")
def ideal_denoiser__two_squared(y, images, sigma):
    return mean_of(y, images, 1 / (2 * sigma) ** 2)


@mistake(
    "8.8",
    "You multiplied by sigma^2 where you wanted to divide: a / 2 * b is (a / 2) * b; put 2 * "
    "sigma**2 in brackets.",
)
def ideal_denoiser__no_brackets(y, images, sigma):
    return mean_of(y, images, sigma**2 / 2)


@mistake("8.8", "sigma plays no part: the square is divided by 2 sigma^2.")
def ideal_denoiser__no_sigma(y, images, sigma):
    return mean_of(y, images, 0.5)


@mistake("8.8", "sigma plays no part: the square is divided by 2 sigma^2.")
def ideal_denoiser__squares_alone(y, images, sigma):
    return mean_of(y, images, 1.0)


DISTANCE = "The exponent has the distance: it must be the distance squared."


@mistake("8.8", DISTANCE)
def ideal_denoiser__distance(y, images, sigma):
    return torch.softmax(-squares_of(y, images).sqrt() / (2 * sigma**2), 1) @ images


@mistake("8.8", DISTANCE)
def ideal_denoiser__distance_over_sigma(y, images, sigma):
    return torch.softmax(-squares_of(y, images).sqrt() / (2 * sigma), 1) @ images


@mistake("8.8", "The distance is the sum of absolute differences: sum their squares.")
def ideal_denoiser__absolute(y, images, sigma):
    return torch.softmax(-(y[:, None] - images).abs().sum(2) / (2 * sigma**2), 1) @ images


@mistake("8.8", "The squares are averaged over the pixels: ||y - x_m||^2 is their sum.")
def ideal_denoiser__mean_square(y, images, sigma):
    return mean_of(y, images, 1 / (2 * sigma**2 * y.shape[1]))


@mistake("8.8", "The sign is missing: the far images have the large weights, not the near ones.")
def ideal_denoiser__no_minus(y, images, sigma):
    return mean_of(y, images, -1 / (2 * sigma**2))


SAMPLES = "The softmax is over the samples: for each y the weights of the images sum to 1."


@mistake("8.8", SAMPLES)
def ideal_denoiser__over_samples(y, images, sigma):
    return torch.softmax(-squares_of(y, images) / (2 * sigma**2), 0) @ images


@mistake("8.8", SAMPLES)
def ideal_denoiser__over_samples_by_hand(y, images, sigma):
    density = torch.exp(-squares_of(y, images) / (2 * sigma**2))
    return density / density.sum(0) @ images


@mistake(
    "8.8",
    "Each pixel has a softmax of its own: an image is one guess, whose squares are summed over the "
    "pixels before the softmax.",
)
def ideal_denoiser__pixel_by_pixel(y, images, sigma):
    weights = torch.softmax(-(y[:, None] - images).square() / (2 * sigma**2), 1)
    return (weights * images).sum(1)


UNDERFLOW = (
    "Where an image is far for its sigma, its density is 0 in floating point, and the sum of all "
    "may be: torch.softmax takes care of it, or subtract the largest exponent first."
)


@mistake("8.8", UNDERFLOW)
def ideal_denoiser__underflow(y, images, sigma):
    density = torch.exp(-squares_of(y, images) / (2 * sigma**2))
    return density @ images / density.sum(1, keepdim=True)


@mistake("8.8", UNDERFLOW)
def ideal_denoiser__underflow_with_eps(y, images, sigma):
    density = torch.exp(-squares_of(y, images) / (2 * sigma**2))
    return density @ images / (density.sum(1, keepdim=True) + 1e-12)


@mistake("8.8", UNDERFLOW)
def ideal_denoiser__underflow_with_eps_8(y, images, sigma):
    density = torch.exp(-squares_of(y, images) / (2 * sigma**2))
    return density @ images / (density.sum(1, keepdim=True) + 1e-8)


@mistake("8.8", UNDERFLOW)
def ideal_denoiser__underflow_with_the_whole_density(y, images, sigma):
    scale = (2 * torch.pi * sigma**2) ** (y.shape[1] / 2)
    density = torch.exp(-squares_of(y, images) / (2 * sigma**2)) / scale
    return density @ images / density.sum(1, keepdim=True)


@mistake(
    "8.8",
    "You subtracted one largest exponent for all samples: that of a y which is far from every "
    "image is far below it. Each y has its own.",
)
def ideal_denoiser__largest_of_all(y, images, sigma):
    exponents = -squares_of(y, images) / (2 * sigma**2)
    density = torch.exp(exponents - exponents.max())
    return density @ images / density.sum(1, keepdim=True)


@mistake(
    "8.8",
    "The weights are not divided by their sum: for each y those of the images sum to 1.",
)
def ideal_denoiser__not_normalized(y, images, sigma):
    return torch.exp(-squares_of(y, images) / (2 * sigma**2)) @ images


@mistake("8.8", "This is a mean of the nearest few: all images count, each by its density.")
def ideal_denoiser__nearest_three(y, images, sigma):
    nearest = squares_of(y, images).topk(min(3, len(images)), largest=False).indices
    return images[nearest].mean(1)


@mistake("8.8", "This is a mean of the nearest few: all images count, each by its density.")
def ideal_denoiser__nearest_two(y, images, sigma):
    nearest = squares_of(y, images).topk(min(2, len(images)), largest=False).indices
    return images[nearest].mean(1)


@mistake(
    "8.8",
    "This is the nearest image, the most probable one: asked for is the mean of all, each weighted "
    "with its probability.",
)
def ideal_denoiser__nearest(y, images, sigma):
    return images[squares_of(y, images).argmin(1)]


@mistake("8.8", "This is the mean of all images: near ones weigh more than far ones.")
def ideal_denoiser__plain_mean(y, images, sigma):
    return images.mean(0).expand_as(y).clone()


@mistake("8.8", "You returned the weights: the result is their product with the images.")
def ideal_denoiser__weights(y, images, sigma):
    return torch.softmax(-squares_of(y, images) / (2 * sigma**2), 1)


@mistake(
    "8.8",
    "The scores are y . x_m / sigma^2 alone: with the square written out, -||x_m||^2 / (2 sigma^2) "
    "is left beside them.",
)
def ideal_denoiser__products_alone(y, images, sigma):
    return torch.softmax(y @ images.T / sigma**2, 1) @ images


@mistake(
    "8.8",
    "The scores are y . x_m / sigma^2 alone: with the square written out, -||x_m||^2 / (2 sigma^2) "
    "is left beside them.",
)
def ideal_denoiser__products_over_two(y, images, sigma):
    return torch.softmax(y @ images.T / (2 * sigma**2), 1) @ images


@mistake(
    "8.8",
    "The product 2 y . x_m has lost its 2: ||y - x||^2 is ||y||^2 - 2 y . x + ||x||^2.",
)
def ideal_denoiser__product_once(y, images, sigma):
    squares = y.square().sum(1, keepdim=True) - y @ images.T + images.square().sum(1)
    return torch.softmax(-squares / (2 * sigma**2), 1) @ images


@mistake(
    "8.8",
    "You returned the guess of the noise, y minus the image: asked for is the image.",
)
def ideal_denoiser__noise(y, images, sigma):
    return y - mean_of(y, images, 1 / (2 * sigma**2))


@mistake("8.8", "The weights are inverse squares: they are the softmax of -square / (2 sigma^2).")
def ideal_denoiser__inverse_squares(y, images, sigma):
    weights = 1 / squares_of(y, images)
    return weights @ images / weights.sum(1, keepdim=True)


@mistake(
    "8.8",
    "The logarithms of the weights stand for the weights (log_softmax): take softmax.",
)
def ideal_denoiser__log_softmax(y, images, sigma):
    return torch.log_softmax(-squares_of(y, images) / (2 * sigma**2), 1) @ images


@mistake(
    "8.8",
    "This is the score, the gradient of log p(y): the guess is y plus sigma^2 times it.",
)
def ideal_denoiser__score(y, images, sigma):
    return (mean_of(y, images, 1 / (2 * sigma**2)) - y) / sigma**2


@mistake(
    "8.8",
    "y - images goes row by row, sample 0 with image 0: each with each is y[:, None] - images, "
    "(N, M, D).",
)
def ideal_denoiser__row_by_row(y, images, sigma):
    squares = (y - images).square().sum(1)
    return torch.softmax(-squares / (2 * sigma**2), 0) @ images
