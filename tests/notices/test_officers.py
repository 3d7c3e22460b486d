"""The officer's own reminder: once, gently, and only where his camera is surely out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.judging.court import DEADLINE, END, START, roster, watching
from tests.notices.desk import Desk, configured, lines
from tests.watching.telling import Telling

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_dir")]

OFFICER = "lee@pd.example"


def out_since_the_shift(**notices: object) -> tuple[Telling, Desk]:
    east, desk = watching(), Desk(configured(**{"officer_reminder": timedelta(minutes=30), **notices}))
    desk.begin()
    roster("S1")
    east.undock(START, east.dock(START - 60, absent=START - 60))
    desk.play(START + 10)
    return east, desk


def test_an_officer_is_reminded_once_half_an_hour_after_his_shift() -> None:
    east, desk = out_since_the_shift()
    east.beat(END + 29)
    assert desk.says(END + 29) == []
    east.beat(END + 30)
    (notice,) = desk.play(END + 30)
    assert (notice.kind, notice.recipient, lines(notice)) == (
        "officer_reminder",
        OFFICER,
        [("officer_reminder", "C1")],
    )
    east.beat(END + 60)
    assert desk.says(END + 60) == []


def test_an_officer_whose_camera_is_back_is_left_alone() -> None:
    east, desk = out_since_the_shift()
    east.dock(END + 10, absent=END + 10)
    east.beat(END + 40)
    assert desk.says(END + 40) == []


def test_a_silent_station_troubles_no_officer() -> None:
    east, desk = out_since_the_shift()
    east.beat(END - 10)
    assert desk.says(END + 40) == []


def test_nobody_is_reminded_by_default_nor_once_it_is_due() -> None:
    east, desk = out_since_the_shift(officer_reminder=None)
    east.beat(END + 40)
    assert desk.says(END + 40) == []
    east, desk = out_since_the_shift()
    east.beat(DEADLINE + 1)
    assert desk.says(DEADLINE + 1) == []
