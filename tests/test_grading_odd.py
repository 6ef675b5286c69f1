"""Odd submissions: each earns what its honest part earns, is told in clean text, leaves nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from course_dl.grading.results.records import read_record, sound_result, write_record
from course_dl.grading.sandbox.client.sandbox import Sandbox
from course_dl.grading.sandbox.wire.limits import Violation
from course_dl.grading.sandbox.wire.values import Reader
from tests.grading.attacks_odd import ODD
from tests.grading.honest import solved
from tests.grading.small import descendants, grade, marks, sandbox

FULL = {"9.1": 1.0, "9.2": 2.0, "9.3": 1.0, "9.4": 2.0, "9.5": 1.0}
LAYERS = {
    "all layers": {},
    "no namespaces": {"namespaces": False},
    "bare": {"namespaces": False, "landlock": False},
}
LARGEST = 300_000  # characters that are kept of the oddest submission


@pytest.fixture(
    scope="module",
    params=[
        "all layers",
        pytest.param("no namespaces", marks=pytest.mark.thorough),
        pytest.param("bare", marks=pytest.mark.thorough),
    ],
)
def layers(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def box(layers: str) -> Iterator[Sandbox]:
    with sandbox(**LAYERS[layers]) as started:
        started.without_autograd.layers()  # both servers run from the start
        yield started


def test_odd_submissions_earn_what_their_honest_part_earns(layers: str, box: Sandbox) -> None:
    """What they are does not depend on layers: each set of them has a third."""
    troubles = {}
    for name in list(ODD)[list(LAYERS).index(layers) :: len(LAYERS)]:
        try:
            earns_what_it_should(*ODD[name], box)
        except AssertionError as error:
            troubles[name] = str(error)
    assert not troubles


def earns_what_it_should(data: bytes, lost: set[str], box: Sandbox) -> None:
    before = descendants(box._process)
    result = grade(data, box)
    expected = {number: 0.0 if number in lost else points for number, points in FULL.items()}
    assert {exercise.number: exercise.points for exercise in result.exercises} == expected
    assert descendants(box._process) <= before
    assert sound_result(result.to_json()) == result
    record = write_record({}, result)
    assert read_record(record, {}) == result
    assert len(record) < LARGEST
    assert all(c.isprintable() or c in "\n\t" for c in texts_of(json.loads(record)))


def texts_of(value: object) -> str:
    """All text in plain data."""
    if isinstance(value, dict):
        return "".join(map(texts_of, [*value, *value.values()]))
    if isinstance(value, list):
        return "".join(map(texts_of, value))
    return value if isinstance(value, str) else ""


def test_who_comes_after_them_has_all_points(box: Sandbox) -> None:
    assert marks(solved(), box) == FULL


@pytest.mark.parametrize(
    "keys",
    [
        [k * (2**61 - 1) for k in range(1, 100_001)],
        [{"complex": [-1000003.0 * k, float(k)]} for k in range(1, 20_001)],
        [{"tuple": [-1 - (k >> place & 1) for place in range(13)]} for k in range(2**13)],
    ],
    ids=["whole numbers", "complex numbers", "tuples"],
)
def test_a_dict_whose_keys_have_one_hash_is_refused_at_once(keys: list[object]) -> None:
    with pytest.raises(Violation, match="malformed dict"):
        Reader(bytearray()).decode({"dict": [[key, 0] for key in keys]})


def test_a_large_dict_is_read() -> None:
    keys = [*range(-5_000, 5_000), *map(str, range(5_000)), *(k + 0.5 for k in range(5_000))]
    assert list(Reader(bytearray()).decode({"dict": [[key, 0] for key in keys]})) == keys
