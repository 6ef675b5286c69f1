"""Wrong answers to exercise 6.1 that students write, and what to tell them."""

from __future__ import annotations

from course_dl.lab import mistake


@mistake("6.1", "One place is missing: between n places there are n - 1 steps, so add 1.")
def output_size__one_less(n, kernel, stride=1, padding=0):
    return (n + 2 * padding - kernel) // stride


@mistake("6.1", "Padding is put on both sides of the image: it counts twice.")
def output_size__padding_once(n, kernel, stride=1, padding=0):
    return (n + padding - kernel) // stride + 1


@mistake("6.1", "You rounded up: a place that reaches over the end of the image does not count.")
def output_size__rounded_up(n, kernel, stride=1, padding=0):
    return -(-(n + 2 * padding - kernel) // stride) + 1


@mistake("6.1", "The result is a float: // divides and rounds down, and gives an int.")
def output_size__float(n, kernel, stride=1, padding=0):
    return (n + 2 * padding - kernel) / stride + 1


@mistake("6.1", "The stride plays no part: the filter moves by that many pixels at a time.")
def output_size__no_stride(n, kernel, stride=1, padding=0):
    return n + 2 * padding - kernel + 1


@mistake("6.1", "The padding plays no part: it makes the image 2 * padding pixels longer.")
def output_size__no_padding(n, kernel, stride=1, padding=0):
    return (n - kernel) // stride + 1


@mistake("6.1", "You added the 1 before dividing: divide first, then add 1.")
def output_size__one_inside(n, kernel, stride=1, padding=0):
    return (n + 2 * padding - kernel + 1) // stride


@mistake(
    "6.1",
    "This is the size that TensorFlow calls SAME, n / stride rounded up; here the padding is "
    "given: (n + 2 padding - kernel) // stride + 1.",
)
def output_size__same(n, kernel, stride=1, padding=0):
    return -(-n // stride)


@mistake("6.1", "You rounded to the nearest: a place that reaches over the end does not count.")
def output_size__rounded(n, kernel, stride=1, padding=0):
    return round((n + 2 * padding - kernel) / stride + 1)


BRACKETS = "// and / come before + and -: put brackets round what is to be divided by the stride."


@mistake("6.1", BRACKETS)
def output_size__brackets(n, kernel, stride=1, padding=0):
    return n + 2 * padding - kernel // stride + 1


@mistake("6.1", BRACKETS)
def output_size__brackets_of_a_quotient(n, kernel, stride=1, padding=0):
    return int(n + 2 * padding - kernel / stride + 1)


@mistake("6.1", "You took the padding off: it makes the image longer.")
def output_size__padding_taken_off(n, kernel, stride=1, padding=0):
    return (n - 2 * padding - kernel) // stride + 1
