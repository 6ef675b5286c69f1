"""Wrong answers to exercise 8.9 that students write, and what to tell them."""

from __future__ import annotations

import math

import torch

from course_dl.lab import mistake


def mean_square(x, y):
    """Rightly."""
    return (x.double() - y.double()).square().mean().item()


def decibels(quotient, mse):
    return 10 * math.log10(quotient) if mse else math.inf


@mistake("8.9", "The logarithm is the natural one: decibels are made with that of base 10.")
def psnr__natural(x, y, peak=1.0):
    mse = mean_square(x, y)
    return 10 * math.log(peak**2 / mse) if mse else math.inf


@mistake("8.9", "The logarithm is that of base 2: decibels are made with that of base 10.")
def psnr__base_2(x, y, peak=1.0):
    mse = mean_square(x, y)
    return 10 * math.log2(peak**2 / mse) if mse else math.inf


@mistake(
    "8.9", "The factor is 20: with squares in the logarithm it is 10; 20 belongs to peak / root."
)
def psnr__twenty(x, y, peak=1.0):
    mse = mean_square(x, y)
    return 20 * math.log10(peak**2 / mse) if mse else math.inf


@mistake("8.9", "The factor 10 is missing: these are bels, not decibels.")
def psnr__bels(x, y, peak=1.0):
    mse = mean_square(x, y)
    return math.log10(peak**2 / mse) if mse else math.inf


@mistake("8.9", "peak is not squared: above the square error stands the square of the peak.")
def psnr__peak_not_squared(x, y, peak=1.0):
    mse = mean_square(x, y)
    return 10 * math.log10(peak / mse) if mse else math.inf


@mistake("8.9", "peak is not squared, and the factor is 20: it is 20 log10(peak / sqrt(mse)).")
def psnr__twenty_without_root(x, y, peak=1.0):
    mse = mean_square(x, y)
    return 20 * math.log10(peak / mse) if mse else math.inf


@mistake(
    "8.9",
    "This is 10 log10(peak / sqrt(mse)), half of what is asked for: with the root the factor is "
    "20.",
)
def psnr__root(x, y, peak=1.0):
    mse = mean_square(x, y)
    return 10 * math.log10(peak / math.sqrt(mse)) if mse else math.inf


@mistake("8.9", "The root of the mean square stands below a square: mse itself belongs there.")
def psnr__squared_peak_over_root(x, y, peak=1.0):
    mse = mean_square(x, y)
    return 10 * math.log10(peak**2 / math.sqrt(mse)) if mse else math.inf


@mistake("8.9", "peak plays no part: it stands squared above the square error.")
def psnr__no_peak(x, y, peak=1.0):
    mse = mean_square(x, y)
    return 10 * math.log10(1 / mse) if mse else math.inf


@mistake("8.9", "The quotient is turned round: a small error gives many decibels, not few.")
def psnr__turned_round(x, y, peak=1.0):
    mse = mean_square(x, y)
    return 10 * math.log10(mse / peak**2) if mse else -math.inf


@mistake(
    "8.9",
    "This is the mean of the images' PSNRs: take the mean of the square error over all images, and "
    "one logarithm of it.",
)
def psnr__mean_of_images(x, y, peak=1.0):
    images = zip(x, y, strict=True)
    values = [decibels(peak**2 / (mean_square(*pair) or 1), mean_square(*pair)) for pair in images]
    return sum(values) / len(values)


@mistake("8.9", "The error is not squared: mse is the mean of (x - y)^2.")
def psnr__absolute_error(x, y, peak=1.0):
    mae = (x.double() - y.double()).abs().mean().item()
    return 10 * math.log10(peak**2 / mae) if mae else math.inf


@mistake(
    "8.9",
    "Differences cancel: square each one before you take the mean, not the mean afterwards.",
)
def psnr__mean_squared(x, y, peak=1.0):
    mse = (x.double() - y.double()).mean().item() ** 2
    return 10 * math.log10(peak**2 / mse) if mse else math.inf


@mistake("8.9", "The squares are summed: mse is their mean, over all images and pixels.")
def psnr__summed(x, y, peak=1.0):
    mse = mean_square(x, y) * x.numel()
    return 10 * math.log10(peak**2 / mse) if mse else math.inf


WRAPS = (
    "Bytes wrap round: in uint8, 3 - 5 is 254, and 20 squared is 144. Convert both images before "
    "you subtract."
)


@mistake("8.9", WRAPS)
def psnr__bytes_wrap(x, y, peak=1.0):
    mse = (x - y).double().square().mean().item()
    return 10 * math.log10(peak**2 / mse) if mse else math.inf


@mistake("8.9", WRAPS)
def psnr__squares_of_bytes_wrap(x, y, peak=1.0):
    mse = ((x - y) ** 2).double().mean().item()
    return 10 * math.log10(peak**2 / mse) if mse else math.inf


@mistake("8.9", WRAPS)
def psnr__mean_of_bytes(x, y, peak=1.0):
    mse = ((x - y) ** 2).mean().item()
    return 10 * math.log10(peak**2 / mse) if mse else math.inf


@mistake("8.9", WRAPS)
def psnr__mean_of_bytes_by_torch(x, y, peak=1.0):
    return (10 * torch.log10(peak**2 / torch.mean((x - y) ** 2))).item()


EQUAL = "Equal images have no error, and peak^2 / 0 is infinite: return math.inf there."


@mistake("8.9", EQUAL)
def psnr__division_by_zero(x, y, peak=1.0):
    return 10 * math.log10(peak**2 / mean_square(x, y))


@mistake("8.9", EQUAL)
def psnr__logarithm_of_zero(x, y, peak=1.0):
    return 20 * math.log10(peak) - 10 * math.log10(mean_square(x, y))


@mistake("8.9", EQUAL)
def psnr__eps(x, y, peak=1.0):
    return 10 * math.log10(peak**2 / (mean_square(x, y) + 1e-10))


@mistake("8.9", EQUAL)
def psnr__eps_8(x, y, peak=1.0):
    return 10 * math.log10(peak**2 / (mean_square(x, y) + 1e-8))


@mistake("8.9", EQUAL)
def psnr__eps_12(x, y, peak=1.0):
    return 10 * math.log10(peak**2 / (mean_square(x, y) + 1e-12))


@mistake("8.9", EQUAL)
def psnr__hundred(x, y, peak=1.0):
    mse = mean_square(x, y)
    return 10 * math.log10(peak**2 / mse) if mse else 100.0


@mistake("8.9", EQUAL)
def psnr__zero_for_equal(x, y, peak=1.0):
    mse = mean_square(x, y)
    return 10 * math.log10(peak**2 / mse) if mse else 0.0


@mistake(
    "8.9", "The peak is taken from the image, its largest pixel: it is given, and 1 by default."
)
def psnr__largest_pixel(x, y, peak=1.0):
    mse = mean_square(x, y)
    return decibels(float(x.max()) ** 2 / (mse or 1) or 1e-300, mse)


@mistake("8.9", "You returned the mean square error: PSNR is 10 log10(peak^2 / mse).")
def psnr__mse(x, y, peak=1.0):
    return mean_square(x, y)


@mistake(
    "8.9",
    "The noise is compared with the mean square of x: that is a signal-to-noise ratio without the "
    "peak, whose square stands above here.",
)
def psnr__signal(x, y, peak=1.0):
    mse = mean_square(x, y)
    return decibels(x.double().square().mean().item() / (mse or 1) or 1e-300, mse)


@mistake(
    "8.9", "The sum of squares is divided by one less than there are values: mse is their mean."
)
def psnr__one_less(x, y, peak=1.0):
    mse = mean_square(x, y) * x.numel() / max(x.numel() - 1, 1)
    return 10 * math.log10(peak**2 / mse) if mse else math.inf
