"""Wrong answers to exercise 7.1 that students write, and what to tell them."""

from __future__ import annotations

from math import prod

from course_dl.lab import mistake


@mistake(
    "7.1", "You added kernel for each layer: it reaches over kernel - 1 steps, so that is added."
)
def receptive_field__whole_kernels(layers):
    side, step = 1, 1
    for kernel, stride in layers:
        side += kernel * step
        step *= stride
    return side


@mistake(
    "7.1",
    "A layer's own stride is in its step: only the strides of the layers before it count, so "
    "multiply by it after you have added.",
)
def receptive_field__own_stride(layers):
    side, step = 1, 1
    for kernel, stride in layers:
        step *= stride
        side += (kernel - 1) * step
    return side


@mistake(
    "7.1",
    "The strides of the layers after a layer are multiplied, not of those before it: the first "
    "layer of the list is next to the image.",
)
def receptive_field__turned_round(layers):
    side, step = 1, 1
    for kernel, stride in reversed(layers):
        side += (kernel - 1) * step
        step *= stride
    return side


@mistake("7.1", "The strides play no part: behind a stride of 2, each step is two pixels wide.")
def receptive_field__no_strides(layers):
    return 1 + sum(kernel - 1 for kernel, _ in layers)


@mistake(
    "7.1",
    "You multiplied the kernels: two layers of 3 x 3 see 5 pixels along a row, not 9. Each layer "
    "adds (kernel - 1) steps.",
)
def receptive_field__product_of_kernels(layers):
    return prod(kernel for kernel, _ in layers)


@mistake("7.1", "The result is a float: a number of pixels is an int; use // or no division.")
def receptive_field__float(layers):
    side, step = 1.0, 1.0
    for kernel, stride in layers:
        side += (kernel - 1) * step
        step *= stride
    return side


@mistake(
    "7.1",
    "The strides before a layer are added up: behind strides of 2 and 2, a step is four pixels "
    "wide. Multiply them.",
)
def receptive_field__strides_added(layers):
    side, step = 1, 0
    for kernel, stride in layers:
        side += (kernel - 1) * max(step, 1)
        step += stride
    return side


@mistake(
    "7.1",
    "The step is only the stride of the layer just before: the strides of all layers before "
    "belong to it, multiplied.",
)
def receptive_field__last_stride_alone(layers):
    side, step = 1, 1
    for kernel, stride in layers:
        side += (kernel - 1) * step
        step = stride
    return side


@mistake(
    "7.1", "The first pixel is missing: without any layer an entry sees itself, so begin at 1."
)
def receptive_field__from_zero(layers):
    side, step = 0, 1
    for kernel, stride in layers:
        side += (kernel - 1) * step
        step *= stride
    return side


@mistake("7.1", "You returned the square's area; asked for is its side.")
def receptive_field__area(layers):
    side, step = 1, 1
    for kernel, stride in layers:
        side += (kernel - 1) * step
        step *= stride
    return side**2


@mistake(
    "7.1",
    "This is for strides of 1, times all strides at the end: multiply each layer's (kernel - 1) "
    "by the strides before that layer.",
)
def receptive_field__strides_at_the_end(layers):
    side = 1 + sum(kernel - 1 for kernel, _ in layers)
    return side * prod(stride for _, stride in layers)
