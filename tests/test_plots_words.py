"""Figures in words: true to what is drawn, without the signs of formulas, and there to be heard."""

from __future__ import annotations

import base64
import re
from html import unescape

import pytest
import torch

from course_dl import plots
from course_dl.plots._words import describe, plain, some
from tests.test_plots import D2, GALLERY, SIGNS, X2, counts, picture, randn


@pytest.mark.parametrize("name", GALLERY)
def test_every_picture_is_told_in_plain_words(name):
    words = describe(picture(name))
    assert len(words) > 20
    assert not re.search(r"[$\\{}]|nan\b|  |\.\.", words), words
    assert len(words) < 4_000


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([2.3, 0.5, 0.1], "falls from 2.3 at 1 to 0.1 at 3."),
        ([2.3, 0.1, 0.5], "falls from 2.3 at 1 to 0.5 at 3, lowest 0.1 at 2."),
        ([1, 3, 0, 1], "goes from 1 at 1 to 1 at 4, lowest 0 at 3 and highest 3 at 2."),
        ([2, 2, 2], "2 at 1 to 3."),
        ([float("nan"), 1, 2], "rises from 1 at 2 to 2 at 3."),
        ([4], "a point, 4 at 1."),
    ],
)
def test_a_curve_is_told_by_its_ends_and_what_lies_between(values, told):
    assert describe(plots.curves({"loss": values})).endswith(f"loss: {told}")


def test_axes_are_told_with_their_ranges_and_their_scale():
    words = describe(plots.curves([1, 10, 100], xlabel="epoch", ylabel=r"$\varepsilon_1$", log="y"))
    assert words.startswith("x axis (epoch): 1 to 3; y axis (epsilon 1): 1 to 100, logarithmic.")


def test_shares_are_told_in_percent():
    history = [{"loss": 1.0, "accuracy": 0.5}, {"loss": 0.5, "accuracy": 0.985}]
    assert "rises from 50% at 1 to 98.5% at 2" in describe(plots.training_curves(history))


def test_samples_are_counted_by_class():
    words = describe(plots.scatter(X2, SIGNS))
    for label in (-1, 1):
        assert f"d = {label:+d}: {int((label == SIGNS).sum())} points" in words


def test_pictures_are_told_by_their_captions():
    digits = torch.tensor([7, 2, 1])
    words = describe(plots.image_grid(randn(3, 28, 28), digits, torch.tensor([7, 3, 1])))
    assert words == "3 pictures of 28 x 28 pixels: ✓ 7, ✗ 3 is 2 and ✓ 1."


def test_a_confusion_matrix_tells_what_is_right_and_what_is_taken_for_what():
    matrix = torch.tensor([[90, 10], [0, 100]])
    words = describe(plots.confusion_matrix(matrix, classes=["cat", "dog"]))
    assert "Right: 95% of 200. Right in each class: cat 90.0% and dog 100.0%." in words
    assert "Most often taken: cat for dog 10 times." in words
    assert "Most often" not in describe(plots.confusion_matrix(torch.eye(3)))
    assert describe(plots.confusion_matrix(counts(10))).count(" times") == 5


def test_regions_are_told_by_their_share_of_the_plane():
    limits = ((-1.0, 1.0), (-1.0, 1.0))
    X, d = torch.tensor([[-0.5, 0.0], [0.5, 0.0]]), torch.tensor([0, 1])
    words = describe(plots.decision_regions(lambda P: (P[:, 0] > 0.5).long(), X, d, limits=limits))
    assert "Of the plane belong 75% to d = 0 and 25% to d = 1." in words


def test_label_maps_tell_how_many_pixels_are_as_labelled():
    maps = torch.zeros(1, 10, 10, dtype=torch.int64)
    maps[:, :5] = 1
    predicted = maps.clone()
    predicted[:, 0, :] = 0
    figure = plots.label_maps(randn(1, 10, 10), maps, predicted, classes=["ground", "digit"])
    words = describe(figure)
    assert "labels: ground 50.0% and digit 50.0%." in words
    assert "predicted: ground 60.0% and digit 40.0%; as labelled in 90.0% of the pixels." in words


def test_the_panels_of_a_page_are_told_one_after_the_other():
    figure, panels = plots.page(1, 2, title="Two panels")
    plots.curves([1, 2], title="left", figure=panels[0])
    plots.confusion_matrix(torch.eye(2), title="right", figure=panels[1])
    words = describe(figure)
    assert words.startswith("Two panels. left.")
    assert words.index("rises") < words.index("right.") < words.index("Right: 100%")


def test_an_animation_tells_its_frames_and_the_last_one():
    animation = plots.animate(lambda ax, k: ax.plot([0, 1], [0, k], label="slope"), 3)
    assert animation.words.startswith("An animation of 3 frames. The last: ")
    assert "slope: rises from 0 at 0 to 2 at 1." in animation.words


def test_a_straight_line_is_told_by_two_of_its_points():
    words = describe(plots.decision_boundary(X2, D2, {"the axis": [0.0, 1.0, 0.0]}))
    assert "the axis: a straight line through (0, 0) and (0, 1)." in words


def test_words_without_signs():
    assert plain(r"$\hat{y}$ of $W_{12} x$, $P(d = 1 \mid x)$") == (
        "hat y of W12 x, P(d = 1 given x)"
    )
    assert some([]) == ""
    assert some("a") == "a"
    assert some("abc") == "a, b and c"
    assert some("abcdef", most=4) == "a, b, c and 3 more"


# Where they are heard


def test_a_notebook_gets_the_words_with_the_picture():
    figure = plots.curves([3, 2, 1], title='a "title" <of> its own')
    data, metadata = figure._repr_mimebundle_()
    alternative = re.search(r'<img alt="([^"]*)"', data["text/html"])
    assert alternative and unescape(alternative[1]) == figure.words
    assert 'a "title" <of> its own.' in figure.words
    assert "<of>" not in data["text/html"]
    assert metadata == {"image/png": {"alt": figure.words}}
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["image/png"] in data["text/html"]


def test_a_player_has_names_for_its_picture_and_its_slider_and_waits():
    animation = plots.animate(lambda ax, k: ax.plot([k, 1]), 2)
    html = animation.to_html()
    image, slider = re.search(r"<img [^>]*>", html), re.search(r'<input [^>]*type="range"', html)
    assert image and unescape(image[0]).startswith(f'<img alt="{animation.words}"')
    assert slider and 'aria-label="Frame"' in slider[0]
    played = [line for line in html.splitlines() if re.search(r"anim[0-9a-f]{32}\.play", line)]
    assert all("onclick" in line for line in played)
