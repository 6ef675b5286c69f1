"""Wrong answers to exercise 6.5 that students write, and what to tell them."""

from __future__ import annotations

from course_dl.lab import mistake


@mistake("6.5", "The biases are missing: one for each of the c_out filters.")
def conv_parameters__no_bias(c_in, c_out, kernel):
    return c_out * c_in * kernel**2


@mistake("6.5", "There is one bias for each filter, that is c_out of them, not one in all.")
def conv_parameters__one_bias(c_in, c_out, kernel):
    return c_out * c_in * kernel**2 + 1


@mistake("6.5", "There is a bias for each channel of the output, c_out, not of the input.")
def conv_parameters__bias_of_input(c_in, c_out, kernel):
    return c_out * c_in * kernel**2 + c_in


@mistake("6.5", "A filter is kernel x kernel: its side counts twice.")
def conv_parameters__side_once(c_in, c_out, kernel):
    return c_out * (c_in * kernel + 1)


@mistake(
    "6.5", "A filter looks at all channels of its input: it has c_in * kernel * kernel weights."
)
def conv_parameters__one_channel(c_in, c_out, kernel):
    return c_out * (kernel**2 + 1)


@mistake("6.5", "A bias belongs to a filter, not to each pair of input and output channel.")
def conv_parameters__bias_for_each_pair(c_in, c_out, kernel):
    return c_out * c_in * (kernel**2 + 1)
