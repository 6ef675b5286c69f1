"""Wrong answers to exercise 11.9 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake

from .shared import at_level


def put(x_s, known, mask):
    return mask * known + (1 - mask) * x_s


@mistake(
    "11.9",
    "The clean y is put in: x_s is noisy, and y has to be as noisy, "
    "sqrt(abar_s) y + sqrt(1 - abar_s) noise.",
)
def keep_known__clean(x_s, y, mask, abar_s, noise):
    return put(x_s, y, mask)


@mistake("11.9", "The mask is inverted: where it is 1 the picture is known.")
def keep_known__inverted(x_s, y, mask, abar_s, noise):
    return put(x_s, at_level(y, noise, abar_s), 1 - mask)


@mistake("11.9", "The mask is inverted, and y is clean: where it is 1 comes y, noised.")
def keep_known__inverted_and_clean(x_s, y, mask, abar_s, noise):
    return put(x_s, y, 1 - mask)


@mistake("11.9", "y and x_s are in each other's place: x_s is noisy already, and y is noised.")
def keep_known__x_s_noised(x_s, y, mask, abar_s, noise):
    return put(at_level(x_s, noise, abar_s), y, mask)


@mistake("11.9", "The unknown part gets noise as well: there x_s stays as it is.")
def keep_known__noise_everywhere(x_s, y, mask, abar_s, noise):
    return at_level(put(x_s, y, mask), noise, abar_s)


@mistake("11.9", "The noise goes to the unknown part as well: multiply it by the mask.")
def keep_known__noise_unmasked(x_s, y, mask, abar_s, noise):
    return put(x_s, abar_s**0.5 * y, mask) + (1 - abar_s) ** 0.5 * noise


@mistake("11.9", "The noise goes to the unknown part alone: y is noised, x_s is already.")
def keep_known__noise_on_the_unknown(x_s, y, mask, abar_s, noise):
    return put(x_s + (1 - abar_s) ** 0.5 * noise, abar_s**0.5 * y, mask)


@mistake("11.9", "The picture lacks its root: sqrt(abar_s) y.")
def keep_known__no_root_on_y(x_s, y, mask, abar_s, noise):
    return put(x_s, abar_s * y + (1 - abar_s) ** 0.5 * noise, mask)


@mistake("11.9", "The noise lacks its root: sqrt(1 - abar_s) noise.")
def keep_known__no_root_on_noise(x_s, y, mask, abar_s, noise):
    return put(x_s, abar_s**0.5 * y + (1 - abar_s) * noise, mask)


@mistake("11.9", "There are no roots: sqrt(abar_s) y + sqrt(1 - abar_s) noise.")
def keep_known__no_roots(x_s, y, mask, abar_s, noise):
    return put(x_s, abar_s * y + (1 - abar_s) * noise, mask)


@mistake("11.9", "1 - sqrt(abar_s) is not sqrt(1 - abar_s): the root goes over the whole.")
def keep_known__root_first(x_s, y, mask, abar_s, noise):
    return put(x_s, abar_s**0.5 * y + (1 - abar_s**0.5) * noise, mask)


@mistake("11.9", "The factors are exchanged: sqrt(abar_s) y + sqrt(1 - abar_s) noise.")
def keep_known__exchanged(x_s, y, mask, abar_s, noise):
    return put(x_s, at_level(noise, y, abar_s), mask)


@mistake(
    "11.9", "The noise is missing: y at this level is sqrt(abar_s) y + sqrt(1 - abar_s) noise."
)
def keep_known__faded(x_s, y, mask, abar_s, noise):
    return put(x_s, abar_s**0.5 * y, mask)


@mistake("11.9", "y does not fade: sqrt(abar_s) y.")
def keep_known__not_faded(x_s, y, mask, abar_s, noise):
    return put(x_s, y + (1 - abar_s) ** 0.5 * noise, mask)


@mistake("11.9", "The noise is not scaled: sqrt(1 - abar_s) noise.")
def keep_known__noise_unscaled(x_s, y, mask, abar_s, noise):
    return put(x_s, abar_s**0.5 * y + noise, mask)


@mistake("11.9", "The noise is subtracted: add it.")
def keep_known__minus(x_s, y, mask, abar_s, noise):
    return put(x_s, at_level(y, -noise, abar_s), mask)


@mistake("11.9", "x_s is not taken out where y is known: (1 - mask) * x_s.")
def keep_known__x_s_everywhere(x_s, y, mask, abar_s, noise):
    return x_s + mask * at_level(y, noise, abar_s)


@mistake("11.9", "The known part is put in everywhere: mask * known.")
def keep_known__known_everywhere(x_s, y, mask, abar_s, noise):
    return at_level(y, noise, abar_s) + (1 - mask) * x_s


@mistake("11.9", "The mask is not used: x_s stays where it is 0.")
def keep_known__no_mask(x_s, y, mask, abar_s, noise):
    return at_level(y, noise, abar_s)


@mistake("11.9", "Where the mask is 0 there is nothing: x_s belongs there, (1 - mask) * x_s.")
def keep_known__rest_empty(x_s, y, mask, abar_s, noise):
    return mask * at_level(y, noise, abar_s)


@mistake("11.9", "You return x_s as it is: where the mask is 1, the known picture, noised.")
def keep_known__nothing(x_s, y, mask, abar_s, noise):
    return x_s


@mistake("11.9", "The mean of both is taken: the mask chooses one or the other.")
def keep_known__mean(x_s, y, mask, abar_s, noise):
    return put(x_s, (x_s + at_level(y, noise, abar_s)) / 2, mask)


@mistake("11.9", "The noise is drawn anew: use the noise that is given.")
def keep_known__own_noise(x_s, y, mask, abar_s, noise):
    return put(x_s, at_level(y, torch.randn_like(y), abar_s), mask)


@mistake(
    "11.9", "y is put in where it is not 0: the mask says where it is known, black is known too."
)
def keep_known__where_y(x_s, y, mask, abar_s, noise):
    known = mask * y
    return torch.where(known != 0, at_level(known, noise, abar_s), x_s)


@mistake("11.9", "x_s fades as well: sqrt(abar_s) belongs to y alone, x_s is at its level already.")
def keep_known__masked_before(x_s, y, mask, abar_s, noise):
    return at_level(put(x_s, y, mask), mask * noise, abar_s)


@mistake("11.9", "The known picture is divided by sqrt(abar_s): it fades, multiply.")
def keep_known__divided(x_s, y, mask, abar_s, noise):
    if abar_s == 0:
        return put(x_s, noise, mask)
    return put(x_s, y / abar_s**0.5 + (1 - abar_s) ** 0.5 * noise, mask)


@mistake("11.9", "The result is clamped to [-1, 1]: noise goes beyond, leave it as it is.")
def keep_known__clamped(x_s, y, mask, abar_s, noise):
    return put(x_s, at_level(y, noise, abar_s), mask).clamp(-1, 1)


@mistake("11.9", "A mask of numbers is no condition: torch.where(mask == 1, ...), or mask.bool().")
def keep_known__where_of_numbers(x_s, y, mask, abar_s, noise):
    return torch.where(mask, at_level(y, noise, abar_s), x_s)


@mistake("11.9", "~ turns booleans round, not numbers: 1 - mask is 1 where mask is 0.")
def keep_known__tilde(x_s, y, mask, abar_s, noise):
    return mask * at_level(y, noise, abar_s) + ~mask * x_s


@mistake(
    "11.9",
    "torch.sqrt takes tensors alone, and abar_s may be a Python float: abar_s ** 0.5 takes both.",
)
def keep_known__torch_sqrt(x_s, y, mask, abar_s, noise):
    return put(x_s, torch.sqrt(abar_s) * y + torch.sqrt(1 - abar_s) * noise, mask)


@mistake("11.9", "A Python float has no .sqrt(): abar_s ** 0.5 takes floats and tensors.")
def keep_known__method_sqrt(x_s, y, mask, abar_s, noise):
    return put(x_s, abar_s.sqrt() * y + (1 - abar_s).sqrt() * noise, mask)


@mistake("11.9", "x_s is changed in place: make a new tensor, x_s.clone() or by the mask.")
def keep_known__in_place(x_s, y, mask, abar_s, noise):
    x_s[mask == 1] = at_level(y, noise, abar_s)[mask == 1]
    return x_s
