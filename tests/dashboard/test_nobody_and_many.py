"""The pages without any rows, and with very many."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Iterable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from central import clock
from central.custody.models import DockSession
from central.fleet.models import Station
from central.judging.models import Judgement
from central.roster.models import Officer, Shift
from tests.dashboard.conftest import log_in
from tests.dashboard.world import people

pytestmark = pytest.mark.django_db
EMPTY = {
    "/": "No station yet",
    "/open/": "No camera is out past its deadline",
    "/mine/": "Your address is not in the roster",
    "/units/": "Nothing was due",
    "/notices/": "Nobody was written to yet",
    "/dispatches/": "No dispatch was imported yet",
    "/roster/": "No roster was imported yet",
    "/alarms/": "Nothing needs IT",
    "/stations/": "No station yet",
}


def test_without_any_rows_every_page_says_what_to_do() -> None:
    browser = log_in(people())["it"]
    for path, words in EMPTY.items():
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert words in answer.content.decode(), path
    assert browser.get("/shifts/none/").status_code == 404
    assert browser.get("/cameras/none/").status_code == 404


def test_eight_hundred_cameras_cost_no_more_questions_than_ten() -> None:
    browser = log_in(people())["it"]
    _out(range(10))
    few = {path: _questions(browser, path) for path in ("/", "/open/", "/units/")}
    _out(range(10, 800))
    many = {path: _questions(browser, path) for path in few}
    assert all(many[path] <= few[path] + 6 for path in few), (few, many)
    assert max(many.values()) < 40


@pytest.mark.parametrize("name", ["a/b", "line\nbreak", "50 % of?#&", "<b>'\"", "ü" * 100, " padded ", "7/answers"])
def test_a_camera_and_a_shift_of_any_name_have_pages(name: str) -> None:
    browser = log_in(people())["it"]
    _out([name])
    text = browser.get("/open/").content.decode()
    for kind in ("cameras", "shifts"):
        (link, *_) = re.findall(rf'href="(/{kind}/[^"]*)"', text)
        answer = browser.get(html.unescape(link))
        assert answer.status_code == 200, link
        assert html.escape(name.strip()) in answer.content.decode()


def _questions(browser: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(path).status_code == 200
    return len(asked)


def _out(numbers: Iterable[object]) -> None:
    """Cameras that are outstanding, each after one shift and one dock."""
    now = clock.now()
    ends, due = now - timedelta(hours=30), now - timedelta(hours=6)
    Officer.objects.get_or_create(officer_id="7")
    spans = {"starts_at": ends - timedelta(hours=8), "ends_at": ends}
    Shift.objects.bulk_create(
        Shift(shift_id=f"S{n}", officer_id="7", camera_serial=f"C{n}", unit="East", **spans) for n in numbers
    )
    said = {"deadline_at": due, "verdict": "outstanding", "plain_verdict": "outstanding", "judged_at": now}
    Judgement.objects.bulk_create(
        Judgement(
            shift_id=f"S{n}",
            camera=f"C{n}",
            duty_starts_at=spans["starts_at"],
            duty_ends_at=ends,
            late_by_s=60.0,
            **said,
        )
        for n in numbers
    )
    Station.objects.get_or_create(station_id="east-1", defaults={"added_at": now})
    DockSession.objects.bulk_create(
        DockSession(
            session=uuid.uuid4(),
            station_id="east-1",
            camera=f"C{n}",
            bay="1",
            docked_at=due - timedelta(days=3),
            undocked_at=ends,
        )
        for n in numbers
    )
