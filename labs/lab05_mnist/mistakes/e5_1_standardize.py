"""Wrong answers to exercise 5.1 that students write, and what to tell them."""

from __future__ import annotations

from course_dl.lab import mistake


@mistake("5.1", "0.1307 and 0.3081 belong to pixels from 0 to 1: divide by 255 first.")
def standardize__not_divided(images):
    return ((images.float() - 0.1307) / 0.3081).flatten(1)


@mistake("5.1", "The mean is taken out, but not the standard deviation: divide by 0.3081 as well.")
def standardize__mean_alone(images):
    return (images.float() / 255 - 0.1307).flatten(1)


@mistake(
    "5.1",
    "You divided by 0.3081 before you subtracted 0.1307; the mean goes first, then the division.",
)
def standardize__divided_first(images):
    return (images.float() / 255 / 0.3081 - 0.1307).flatten(1)


@mistake("5.1", "You multiplied by the standard deviation; divide by it.")
def standardize__multiplied(images):
    return ((images.float() / 255 - 0.1307) * 0.3081).flatten(1)


@mistake(
    "5.1",
    "You took mean and standard deviation of the images that came. They are numbers of the "
    "training set, 0.1307 and 0.3081, or else each batch, and each test image, would get a scale "
    "of its own.",
)
def standardize__own_mean(images):
    X = images.flatten(1).float() / 255
    return (X - X.mean()) / X.std()


@mistake("5.1", "The images are still images, (N, 28, 28): make one row of each, (N, 784).")
def standardize__not_flat(images):
    return (images.float() / 255 - 0.1307) / 0.3081


@mistake("5.1", "The result is a float64: networks compute in float32, so use .float().")
def standardize__float64(images):
    return ((images.double() / 255 - 0.1307) / 0.3081).flatten(1)


@mistake("5.1", "The grey values go up to 255, which is to become 1: divide by 255, not by 256.")
def standardize__by_256(images):
    return ((images.float() / 256 - 0.1307) / 0.3081).flatten(1)


@mistake(
    "5.1",
    "The division gave whole numbers: // (or a division in uint8) loses all grey. Use .float() / "
    "255.",
)
def standardize__whole_numbers(images):
    return (((images // 255).float() - 0.1307) / 0.3081).flatten(1)


@mistake("5.1", "0.5 and 0.5 are another set's numbers; here they are 0.1307 and 0.3081.")
def standardize__halves(images):
    return ((images.float() / 255 - 0.5) / 0.5).flatten(1)


@mistake("5.1", "Divide by 255 first, and then take out mean and standard deviation.")
def standardize__divided_last(images):
    return ((images.float() - 0.1307) / 0.3081 / 255).flatten(1)


def _rightly(images):
    return (images.float() / 255 - 0.1307) / 0.3081


MIXED = "The numbers are right, but not in their places: images[i].flatten() is row i of X."


@mistake("5.1", MIXED)
def standardize__transposed(images):
    return _rightly(images).transpose(1, 2).flatten(1)


@mistake("5.1", MIXED)
def standardize__pixels_first(images):
    return _rightly(images).reshape(784, -1).T


@mistake("5.1", MIXED)
def standardize__images_last(images):
    return _rightly(images).permute(1, 2, 0).reshape(len(images), -1)


@mistake("5.1", "The mean is that of another set; here it is 0.1307.")
def standardize__half_as_mean(images):
    return ((images.float() / 255 - 0.5) / 0.3081).flatten(1)


@mistake("5.1", "You divided by the square of 0.3081; divide by the standard deviation itself.")
def standardize__variance(images):
    return ((images.float() / 255 - 0.1307) / 0.3081**2).flatten(1)


@mistake("5.1", "You made numbers from 0 to 1; mean and standard deviation are still to be done.")
def standardize__from_0_to_1(images):
    return (images.float() / 255).flatten(1)


@mistake("5.1", "Mean and standard deviation are swapped: 0.1307 is the mean.")
def standardize__swapped(images):
    return ((images.float() / 255 - 0.3081) / 0.1307).flatten(1)


@mistake("5.1", "flatten() makes one row of all images: flatten(1) makes a row of each.")
def standardize__one_row(images):
    return _rightly(images).flatten()


OWN = (
    "You took mean and standard deviation of the images that came, pixel by pixel or image by "
    "image: they are numbers of the training set, 0.1307 and 0.3081."
)


@mistake("5.1", OWN)
def standardize__each_image(images):
    X = images.flatten(1).float() / 255
    return (X - X.mean(1, keepdim=True)) / X.std(1, keepdim=True)


@mistake("5.1", OWN)
def standardize__each_pixel(images):
    X = images.flatten(1).float() / 255
    return (X - X.mean(0)) / (X.std(0, correction=0) + 1e-8)
