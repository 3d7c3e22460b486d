"""The page of measures: who sees it, what it says, and that its rows are those of its figures."""

from __future__ import annotations

import csv
import io
import re
from random import Random

import pytest

from central.measures.plots import HEIGHT, WIDTH, Column, plot
from tests.central.test_pages import browser
from tests.dispatches import cad
from tests.measures.stored import store_shifts, store_videos
from tests.measures.worlds import random_shifts, random_videos, shift

ALWAYS = "?from=2020-01-01"


@pytest.mark.django_db
def test_the_page_says_each_figure_with_its_counts_and_names_no_officer() -> None:
    store_shifts([shift("A", officer="badge-77"), shift("B", "late", camera="C2", officer="badge-78", late_by_s=1e5)])
    page = browser("supervisor").get(f"/measures/{ALWAYS}").content.decode()
    assert "50.0%" in page
    assert "1 of 2" in page
    assert "median 1 d 3 h" in page
    assert "badge-7" not in page
    assert "/measures/M2.csv" not in page


@pytest.mark.django_db
def test_a_page_of_nothing_has_no_figures_and_no_percent() -> None:
    page = browser("auditor").get("/measures/").content.decode()
    assert "no figure" in page
    assert "No camera was late." in page
    assert re.search(r"\d%(?! interval)", page.replace("95 %", "")) is None


@pytest.mark.django_db
def test_rows_are_for_those_who_may_see_officers_and_make_up_the_figure() -> None:
    store_shifts(random_shifts(Random(5), 40))
    store_videos(random_videos(Random(5), 20))
    auditor = browser("auditor")
    told = auditor.get(f"/measures/{ALWAYS}").context["told"]
    answer = auditor.get(f"/measures/M2.csv{ALWAYS}")
    assert answer["Content-Type"].startswith("text/csv")
    parts = [row["part"] for row in csv.DictReader(io.StringIO(answer.content.decode()))]
    late = told.figure("M2", "late").proportion
    assert parts.count("late") == late.numerator > 0
    assert sum(part in ("on_time", "late", "outstanding") for part in parts) == late.denominator
    for refused in (browser("supervisor"), browser("officer")):
        assert refused.get(f"/measures/M2.csv{ALWAYS}").status_code == 403
    for nothing in ("/measures/M99.csv", "/measures/M2.csv?from=once"):
        assert auditor.get(nothing).status_code == 404


@pytest.mark.django_db
def test_an_officer_and_who_is_not_logged_in_do_not_see_the_page() -> None:
    assert browser("officer").get("/measures/").status_code == 403
    assert browser(None).get("/measures/").status_code == 302


@pytest.mark.django_db
def test_a_wrong_date_is_said_and_something_is_shown() -> None:
    answer = browser("it").get("/measures/", {"from": "<b>soon", "to": "2026-10-01", "unit": "<i>"})
    assert answer.status_code == 200
    assert "&#x27;&lt;b&gt;soon&#x27; is no date like" in answer.content.decode()
    assert b"<b>soon" not in answer.content


def test_columns_stand_on_nought_and_within_the_plot_and_no_figure_is_no_column() -> None:
    found = plot("By month", [Column("a", 0.0, "0"), Column("b", None, "no figure"), Column("c", 7.0, "7", (5, 9))])
    assert found is not None
    a, b, c = found.bars
    assert (a.height, a.y) == (0, found.floor)
    assert b.column.value is None
    assert c.high_y is not None
    assert c.low_y is not None
    assert 0 < c.high_y < c.y < c.low_y < found.floor < HEIGHT
    assert all(0 <= bar.x <= bar.x + bar.width <= WIDTH for bar in found.bars)
    assert found.says == "By month: a 0, b no figure, c 7"
    assert plot("Nothing", [Column("a", None, "no figure")]) is None
    flat = plot("Flat", [Column("a", 0.0, "0")])
    assert flat is not None
    assert flat.bars[0].height == 0


@pytest.mark.django_db
def test_calls_stand_by_unit_type_and_priority_once_there_are_any() -> None:
    auditor = browser("auditor")
    assert "Dispatches by type" not in auditor.get(f"/measures/{ALWAYS}").content.decode()
    cad.shift(), cad.dock()
    cad.bring(cad.call(), cad.call("D2", type="Burglary"))
    page = auditor.get(f"/measures/{ALWAYS}").content.decode()
    for words in ("Dispatches by type", "Burglary", "No video, no reason"):
        assert words in page
    assert auditor.get(f"/measures/M11.csv{ALWAYS}").content.decode().count("unexplained") == 4
