"""Every picture of the course, as functions that return a matplotlib figure.

A notebook shows a figure that is the value of a cell; ``figure.savefig("file.png")`` saves it.
pyplot is not used, so there is nothing to close. Arguments are tensors of any dtype, with or
without gradient, arrays or lists. All functions but those that animate take ``title=`` and
``figure=``, a panel of `page` to draw on.
"""

from course_dl.plots._style import page
from course_dl.plots.activation import activation_curves
from course_dl.plots.animation import Animation, animate, animate_descent, animate_separator
from course_dl.plots.attention import (
    animate_images,
    attention_map,
    position_similarities,
    surprise_maps,
)
from course_dl.plots.comparison import image_table, pixel_counts
from course_dl.plots.confusion import confusion_matrix
from course_dl.plots.descent import descent_1d, descent_path
from course_dl.plots.diffusion import animate_points, trajectories
from course_dl.plots.images import (
    feature_maps,
    filter_responses,
    filters,
    image_grid,
    weights_as_images,
)
from course_dl.plots.lines import curves, regression_fit, v_curve
from course_dl.plots.measurements import (
    accuracy_against_parameters,
    histogram,
    monte_carlo,
    relation,
)
from course_dl.plots.network import network_diagram
from course_dl.plots.normalization import animate_values, running_statistics
from course_dl.plots.regions import (
    decision_boundary,
    decision_regions,
    half_spaces,
    probability_maps,
    scatter,
)
from course_dl.plots.segmentation import label_maps
from course_dl.plots.training import gradient_norms, mistakes_per_epoch, training_curves

__all__ = [
    "Animation",
    "accuracy_against_parameters",
    "activation_curves",
    "animate",
    "animate_descent",
    "animate_images",
    "animate_points",
    "animate_separator",
    "animate_values",
    "attention_map",
    "confusion_matrix",
    "curves",
    "decision_boundary",
    "decision_regions",
    "descent_1d",
    "descent_path",
    "feature_maps",
    "filter_responses",
    "filters",
    "gradient_norms",
    "half_spaces",
    "histogram",
    "image_grid",
    "image_table",
    "label_maps",
    "mistakes_per_epoch",
    "monte_carlo",
    "network_diagram",
    "page",
    "pixel_counts",
    "position_similarities",
    "probability_maps",
    "regression_fit",
    "relation",
    "running_statistics",
    "scatter",
    "surprise_maps",
    "training_curves",
    "trajectories",
    "v_curve",
    "weights_as_images",
]
