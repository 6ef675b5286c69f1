"""Pictures of points on their way: what lies where, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from course_dl import plots

# three points, two steps
PATH = torch.tensor(
    [[[0.0, 0], [1, 1], [2, -2]], [[0, 1], [1, 0], [0, 0]], [[0, 2], [1, -1], [3, 0]]]
)


def test_a_table_of_ways_shows_lines_beginnings_and_ends() -> None:
    table = {
        "DDPM": {"2 steps": PATH, "1 step": PATH[:2]},
        "flow": {"2 steps": PATH, "1 step": PATH},
    }
    data = torch.rand(50, 2)
    captions = {"flow": {"1 step": "0.1"}}
    figure = plots.trajectories(table, data, captions=captions, title="Ways")
    assert len(figure.axes) == 4
    ax = figure.axes[0]
    lines, grey, begin, end = (ax.collections[k] for k in (1, 0, 2, 3))
    assert [len(way) for way in lines.get_segments()] == [3, 3, 3]  # type: ignore[attr-defined]
    np.testing.assert_allclose(grey.get_offsets(), data)
    np.testing.assert_allclose(begin.get_offsets(), PATH[0])
    np.testing.assert_allclose(end.get_offsets(), PATH[-1])
    assert figure.axes[3].get_xlabel() == "0.1" and figure.axes[1].get_title() == "1 step"
    assert len({ax.get_xlim() for ax in figure.axes}) == 1


def test_of_many_points_some_ways_are_drawn_and_all_ends() -> None:
    path = torch.randn(4, 300, 2, generator=torch.Generator().manual_seed(0))
    ax = plots.trajectories({"": {"": path}}).axes[0]
    assert len(ax.collections[0].get_segments()) == 20  # type: ignore[attr-defined]
    assert len(ax.collections[2].get_offsets()) == 300


def test_clouds_stand_side_by_side_and_what_is_far_is_left_out() -> None:
    animation = plots.animate_points({"a": PATH, "b": PATH}, limit=2.5, titles=["0", "1", "2"])
    ax = animation.still.axes[0]
    left, right = (cloud.get_offsets() for cloud in ax.collections)
    assert len(left) == len(right) == 2  # the third point has gone too far
    np.testing.assert_allclose(right - left, [[2.2 * 2.5, 0]] * 2)
    assert ax.get_title() == "2" and [t.get_text() for t in ax.texts] == ["a", "b"]
    assert "<img" in animation.to_html()


BAD: list[tuple[Callable[[], object], str]] = [
    (lambda: plots.trajectories({}), "at least one row"),
    (
        lambda: plots.trajectories({"a": {"x": PATH}, "b": {"y": PATH}}),
        "columns \\['x'\\] in row 'b'",
    ),
    (lambda: plots.trajectories({"a": {"x": PATH[..., :1]}}), "a, x: expected the ways"),
    (lambda: plots.trajectories({"a": {"x": PATH}}, torch.ones(3, 3)), r"points \(M, 2\)"),
    (lambda: plots.animate_points({}), "at least one"),
    (lambda: plots.animate_points({"a": PATH, "b": PATH[:2]}), "as many frames in each"),
    (lambda: plots.animate_points({"a": PATH}, titles=["one"]), "titles: expected 3"),
    (lambda: plots.trajectories({"a": {"x": PATH}}, limit=0.0), "a positive number"),
    (lambda: plots.animate_points({"a": PATH}, limit=-1.0), "a positive number"),
]


@pytest.mark.parametrize(("call", "words"), BAD)
def test_what_cannot_be_drawn_is_told(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
