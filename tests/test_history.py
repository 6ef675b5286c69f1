"""The history of a training: printed, drawn, kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from course_dl.training.history import Epoch, History


def history(epochs: int = 2, val: bool = True) -> History:
    rows = [
        Epoch(
            epoch=n,
            loss=1 / n,
            accuracy=1 - 0.5 / n,
            val_loss=2 / n if val else None,
            val_accuracy=1 - 0.75 / n if val else None,
            lr=0.1,
            seconds=1.5,
        )
        for n in range(1, epochs + 1)
    ]
    return History(rows, steps=[3.0, 2.0, 1.0], device="cpu, 2 threads")


def test_a_column_is_reached_by_its_name_and_a_row_by_going_through() -> None:
    kept = history()
    assert kept["val_loss"] == [2.0, 1.0]
    assert [row.epoch for row in kept] == kept["epoch"] == [1, 2]
    assert len(kept) == 2


def test_an_unknown_column_is_told_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"no column 'test_loss'.*val_loss"):
        history()["test_loss"]


def test_it_prints_as_an_aligned_table() -> None:
    *table, end = str(history()).splitlines()
    head, first, second = table
    assert head.split("  ")[-1].strip() == "seconds"
    assert first.split() == ["1", "1.0000", "50.00", "%", "2.0000", "25.00", "%", "0.1", "1.50"]
    assert len(head) == len(first) == len(second)
    assert end == "trained for 2 epochs, 3.0 s on cpu, 2 threads"


def test_columns_without_a_value_are_left_out() -> None:
    assert "val" not in str(history(val=False))


def test_a_long_table_shows_its_two_ends() -> None:
    lines = str(history(epochs=200)).splitlines()
    assert len(lines) == 23
    assert lines[1].split()[0] == "1"
    assert lines[11].strip() == "..."
    assert lines[-2].split()[0] == "200"


def test_an_empty_one_prints_too() -> None:
    assert str(History(interrupted=True)) == "interrupted after 0 epochs, 0.0 s"


@pytest.mark.parametrize("kept", [history(), history(val=False), History(interrupted=True)])
def test_what_is_saved_is_loaded(kept: History, tmp_path: Path) -> None:
    kept.save(tmp_path / "history.json")
    assert History.load(tmp_path / "history.json") == kept
    assert History.from_dict(kept.to_dict()) == kept


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"rows": [{"epoch": 1}]})])
def test_a_file_of_something_else_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"history\.json holds no history"):
        History.load(path)


def test_it_draws_its_curves() -> None:
    figure = history().plot()
    loss, accuracy = figure.axes
    assert list(loss.lines[0].get_ydata()) == [1.0, 0.5]
    assert list(loss.lines[1].get_ydata()) == [2.0, 1.0]
    assert list(accuracy.lines[0].get_ydata()) == [0.5, 0.75]
