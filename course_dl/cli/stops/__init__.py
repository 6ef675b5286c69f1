"""The stops of the tour, one for each lab, in their order.

A stop does one thing, prints what it does, draws its panels, and returns its rows of the closing
table.
"""

from course_dl.cli.stops.drawing import from_noise, half_digits, walk_through_codes
from course_dl.cli.stops.given import Given, Row
from course_dl.cli.stops.images import filters_and_shifts, pixel_by_pixel, twenty_layers
from course_dl.cli.stops.networks import (
    digits_by_hand,
    down_a_valley,
    gradients_by_hand,
    the_limit_of_a_line,
    two_digits,
    where_it_is_wrong,
)

__all__ = ["STOPS", "Given", "Row"]

STOPS = (  # lab 4 has two
    two_digits,
    the_limit_of_a_line,
    down_a_valley,
    gradients_by_hand,
    digits_by_hand,
    where_it_is_wrong,
    filters_and_shifts,
    twenty_layers,
    pixel_by_pixel,
    walk_through_codes,
    half_digits,
    from_noise,
)
