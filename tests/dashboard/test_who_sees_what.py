"""Who may open which page, and how much of it he then sees."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from central.fleet.models import Heartbeat
from central.roster.models import RosterImport, Shift
from tests.dashboard.conftest import Department

pytestmark = pytest.mark.django_db
OWN_SCRIPT = '<script src="/static/dashboard/live.js" defer><'
ROLES = ("it", "admin", "auditor", "supervisor", "officer")
EVERYBODY, READERS = frozenset(ROLES), frozenset(ROLES) - {"officer"}
MAY_OPEN = {
    "/": READERS,
    "/open/": EVERYBODY,
    "/mine/": EVERYBODY,
    "/search": EVERYBODY,
    "/search?q=04": EVERYBODY,
    "/units/": READERS,
    "/notices/": EVERYBODY,
    "/roster/": READERS,
    "/dispatches/": EVERYBODY,
    "/alarms/": READERS - {"supervisor"},
    "/stations/": READERS,
    "/stations/east-1": READERS,
    "/docks": READERS,
    "/assets": READERS,
    "/shifts/0440-a/": EVERYBODY,
    "/shifts/0412-a/": READERS,
    "/shifts/0420-a/": READERS - {"supervisor"},
    "/cameras/0412/": READERS,
    "/cameras/0420/": READERS - {"supervisor"},
}


@pytest.mark.parametrize("path", MAY_OPEN)
def test_a_page_opens_for_the_roles_that_it_is_for_and_no_other(department: Department, path: str) -> None:
    opened = {role for role in ROLES if department.get(role, path).status_code == 200}
    assert opened == MAY_OPEN[path]


def test_nothing_is_shown_without_login(department: Department) -> None:
    for path in MAY_OPEN:
        answer = Client().get(path)
        assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/login")


def test_no_page_carries_foreign_script_or_inline_style_whatever_an_officer_is_called(department: Department) -> None:
    for path in MAY_OPEN:
        answer = department.get("it", path)
        text = answer.content.decode()
        assert set(re.findall(r"<script[^>]*>.", text)) <= {OWN_SCRIPT}, path
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text), path
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]
    assert "&lt;script&gt;alert(1)" in department.text("it", "/open/")


def test_a_supervisor_sees_what_is_open_in_his_unit_alone(department: Department) -> None:
    text = department.text("supervisor", "/open/")
    assert "/cameras/0412/" in text
    assert "0391" not in text, "that is Traffic's"
    assert "0420" not in text, "that is West's"


def test_an_officer_sees_his_own_shifts_and_no_link_that_he_may_not_follow(department: Department) -> None:
    text = department.text("officer", "/open/") + department.text("officer", "/mine/")
    assert "0440" in text
    assert "0412" not in text
    text += department.text("officer", "/shifts/0440-a/")
    for link in set(re.findall(r'href="(/(?!static)[^"#]*)"', text)):
        assert department.browsers["officer"].get(link, follow=True).status_code == 200, link


def test_every_link_of_the_navigation_opens(department: Department) -> None:
    for role in ROLES:
        menu = department.text(role, "/open/").partition('<nav class="menu"')[2].partition("</nav>")[0]
        links = re.findall(r'href="(/[^"]*)"', menu)
        assert len(links) > 2
        for link in links:
            assert department.get(role, link).status_code == 200, (role, link)


def test_only_the_own_units_notices_are_a_supervisors(department: Department) -> None:
    everything, own = department.text("it", "/notices/"), department.text("supervisor", "/notices/")
    assert "West Patrol" in everything
    assert "East Patrol" in own
    assert "West Patrol" not in own
    for link in _notices_in(everything) - _notices_in(own):
        assert department.get("supervisor", link).status_code == 404


def _notices_in(text: str) -> set[str]:
    return set(re.findall(r"/notices/[0-9a-f-]{36}/", text))


def test_a_camera_that_two_units_share_tells_neither_supervisor_what_was_said_to_the_other(
    department: Department,
) -> None:
    assert "court all week" in department.text("it", "/cameras/0420/")
    now = department.world.now
    span = {"starts_at": now, "ends_at": now + timedelta(hours=8)}
    Shift.objects.create(shift_id="0420-z", officer_id="1000", camera_serial="0420", unit="East Patrol", **span)
    text = department.text("supervisor", "/cameras/0420/")
    assert "/shifts/0420-z/" in text
    for private in ("court all week", "sgt.west", "0420-a", "Ida Novak"):
        assert private not in text, private


def test_who_applies_an_import_twice_reads_who_did_and_that_nothing_more_happened(department: Department) -> None:
    number = RosterImport.objects.get(state=RosterImport.WAITING).pk
    first = department.browsers["it"].post(f"/roster/{number}/discard")
    second = department.browsers["admin"].post(f"/roster/{number}/confirm")
    assert (first.status_code, second.status_code) == (200, 409)
    assert f"Import {number} does not wait any more: it was discarded by it@pd.example." in second.content.decode()


@pytest.mark.parametrize("year", [1, 9999])
def test_an_impossible_instant_of_one_station_keeps_no_page_shut(department: Department, year: int) -> None:
    day = 1 if year == 1 else 12
    Heartbeat.objects.filter(station="east-1").update(oldest_unreceipted_at=datetime(year, day, day, tzinfo=UTC))
    for path in ("/", "/stations/", "/stations/east-1"):
        assert department.get("it", path).status_code == 200, path
