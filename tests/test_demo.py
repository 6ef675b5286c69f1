"""The tour: a glimpse of each lab, in order, each with its picture and its rows of the table."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
import torch
from matplotlib.text import Text

from course_dl import plots
from course_dl.cli import demo
from course_dl.cli.stops import STOPS, Given, Row
from course_dl.data import mnist
from course_dl.training import runs_on
from course_dl.training.threads import on_threads

FEW = 150  # digits: what is learnt from them is not looked at here


@dataclass
class Seen:
    """What a stop printed, drew and returned."""

    said: str
    texts: list[str]
    rows: list[Row]


@on_threads(1)
def walk(given: Given) -> list[Seen]:
    _, panels = plots.page(len(STOPS), 1)
    seen = []
    for stop, panel in zip(STOPS, panels, strict=True):
        with redirect_stdout(StringIO()) as said:
            rows = stop(given, panel)
        texts = [one.get_text() for one in panel.findobj(Text) if one.get_text()]
        seen.append(Seen(said.getvalue(), texts, rows))
    return seen


@pytest.fixture(scope="module")
def stops() -> list[Seen]:
    generator = torch.Generator().manual_seed(0)
    digits, test = (mnist(split).subset(FEW, generator=generator) for split in ("train", "test"))
    before = torch.get_rng_state()
    seen = walk(Given(digits, test, None, 0, quick=True))
    assert torch.equal(before, torch.get_rng_state())  # random numbers come from the seed alone
    return seen


def test_every_lab_has_a_stop_and_they_come_in_order(stops: list[Seen]) -> None:
    labs = [int(n) for seen in stops for n in re.findall(r"^Lab (\d+)\. ", seen.said, re.M)]
    assert labs == sorted(labs)
    assert set(labs) == set(range(1, 12))


def test_every_stop_draws_a_picture_that_names_its_lab(stops: list[Seen]) -> None:
    for seen in stops:
        (lab,) = re.findall(r"^Lab (\d+)\. ", seen.said, re.M)
        assert any(text.startswith(f"Lab {lab}: ") for text in seen.texts), seen.texts


def test_every_stop_has_rows_in_the_table(stops: list[Seen]) -> None:
    rows = [row for seen in stops for row in seen.rows]
    assert all(seen.rows for seen in stops)
    assert all(len(row.what) < 40 and len(row.result) < 50 and row.result for row in rows)
    assert not [row for row in rows if "nan" in row.result]


def test_the_page_is_saved_and_the_table_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(given: Given, panel: object) -> list[Row]:
        return [Row("digits to learn from", str(len(given.digits)))]

    monkeypatch.setattr(demo, "STOPS", (stop, stop, stop))
    page = tmp_path / "page.svg"
    rows = demo.tour(out=page, quick=True)
    said = capsys.readouterr().out
    assert [row.result for row in rows] == ["2000"] * 3
    assert page.read_text().count("<svg") == 1
    assert "digits to learn from  2000\n" in said and str(page) in said
    assert "PyTorch " in said.splitlines()[0] and "networks train on" in said.splitlines()[0]
    with on_threads(1):
        assert said.startswith(f"{runs_on()}.\n")
