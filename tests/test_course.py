"""The course as a whole: README, map and notebooks tell the same way from lab to lab."""

from __future__ import annotations

import re
from pathlib import Path

import jupytext
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Text

import course_dl
from course_dl.lab.catalog import LabFolder, find_labs
from scripts import make_map

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LABS = find_labs()
SERVICES = {"data", "lab", "plots", "training"}  # parts of the package that are no chapters

each_lab = pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.name)


def number_of(lab: LabFolder) -> int:
    return int(lab.name[3:5])


def sessions() -> dict[int, tuple[list[int], list[str]]]:
    """The README's table: the labs and the chapters of each session."""
    rows = re.findall(r"^\| (\d)\. [^|]+ \| ([\d, ]+) \| ([^|]+) \|$", README, re.M)
    return {
        int(session): ([int(n) for n in labs.split(",")], re.findall(r"`(\w+)`", chapters))
        for session, labs, chapters in rows
    }


def test_seven_sessions_hold_all_labs_in_order() -> None:
    labs = [n for numbers, _ in sessions().values() for n in numbers]
    assert list(sessions()) == [1, 2, 3, 4, 5, 6, 7]
    assert labs == list(range(1, 12))
    assert {number_of(lab) for lab in LABS} <= set(labs)


def test_the_chapters_of_the_sessions_are_those_of_the_package() -> None:
    named = [name for _, chapters in sessions().values() for name in chapters]
    assert len(named) == len(set(named))
    assert set(course_dl._PARTS) - SERVICES <= set(named)


def cells_of(lab: LabFolder) -> list[tuple[str, str]]:
    story = jupytext.reads(lab.story.read_text(encoding="utf-8"), fmt="py:percent").cells
    return [(cell.cell_type, cell.source) for cell in story]


@each_lab
def test_a_notebook_begins_with_its_session_and_what_one_brings(lab: LabFolder) -> None:
    session = next(s for s, (labs, _) in sessions().items() if number_of(lab) in labs)
    title, line = cells_of(lab)[0][1].split("\n\n")[:2]
    assert title == f"# {lab.title}"
    assert re.fullmatch(rf"\*Session {session}\b[^*]+\bYou bring [^*]+\*", line)


@each_lab
def test_a_notebook_ends_with_what_was_built_what_is_next_and_what_is_used_again(
    lab: LabFolder,
) -> None:
    *_, (kind, way_on), last = cells_of(lab)
    assert last == ("code", "lab.progress()")
    assert kind == "markdown" and way_on.startswith("## The way on\n\n- **Built here:** ")
    if number_of(lab) == 11:
        return
    _, _, rest = way_on.partition("- **Next:** ")
    following, _, again = rest.partition("- **Used again:** ")
    assert f"**lab {number_of(lab) + 1}**" in following.lower()
    labs = map(int, re.findall(r"\b\d+\b", again.partition("\n\n")[0]))
    assert any(n > number_of(lab) for n in labs)


def test_a_notebook_calls_by_name_only_what_its_exercises_make() -> None:
    """What is said to be built, or used again, in backticks, can be found in the course."""
    known = {name for lab in LABS for exercise in lab.exercises for name in exercise.names}
    known |= {"grad_x", "train", "course_dl.fit", "loss.backward()"}
    for lab in LABS:
        told = cells_of(lab)[-2][1].split("\n\n")[1]
        named = set(re.findall(r"`([^`]+)`", told))
        assert named <= known, (lab.name, named - known)


def test_the_map_has_the_sessions_of_the_table() -> None:
    drawn = [list(labs) for labs in make_map.SESSIONS]
    assert drawn == [labs for labs, _ in sessions().values()]


def test_the_map_uses_again_what_an_earlier_lab_built() -> None:
    for labs in make_map.SESSIONS:
        for lab, (_, again) in labs.items():
            assert all(int(n) < lab for n in re.findall(r"\d+", again))
    said = {lab: again for labs in make_map.SESSIONS for lab, (_, again) in labs.items()}
    for start, end in (*make_map.LEFT, *make_map.RIGHT):
        assert re.search(rf"\b{start}\b", said[end]), (start, end)


def test_the_map_is_readable_at_400_pixels() -> None:
    figure = make_map.course_map()
    canvas = FigureCanvasAgg(figure)
    assert figure.bbox.width == 400
    renderer = canvas.get_renderer()
    texts = [one for one in figure.findobj(Text) if one.get_text()]
    boxes = [one.get_window_extent(renderer) for one in figure.findobj(FancyBboxPatch)]
    extents = [one.get_window_extent(renderer) for one in texts]
    assert len(texts) == 2 * len(boxes) == 22
    for one, text in zip(extents, texts, strict=True):
        assert one.height >= 10, text  # pixels, about those of small print on a page
        assert (
            sum(b.x0 < one.x0 and one.x1 < b.x1 and b.y0 < one.y0 and one.y1 < b.y1 for b in boxes)
            == 1
        )
    for k, one in enumerate(extents):
        assert not any(one.overlaps(other) for other in extents[k + 1 :])


def test_the_map_is_light_and_told_in_words() -> None:
    assert make_map.PICTURE.stat().st_size < 60_000
    (alt,) = re.findall(r'<img src="docs/images/map.png" width="400" alt="([^"]+)">', README)
    assert all(re.search(rf"\b{n} \w", alt) for n in range(1, 12))


def test_the_index_of_the_pages_names_each_of_them() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages <= set(re.findall(r"\]\((\w+\.md)\)", index))


def test_students_are_told_where_their_progress_is_kept() -> None:
    from course_dl.lab import course

    page = (ROOT / "docs" / "students.md").read_text(encoding="utf-8")
    assert course.FOLDER in page and f"%env {course.NAMED_BY}=" in page
