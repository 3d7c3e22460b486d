"""The part of a page that is kept as central has it now."""

from __future__ import annotations

import re

import pytest

from central.alarms.models import Alarm
from tests.dashboard.conftest import Department

pytestmark = pytest.mark.django_db
LIVE = ("/", "/open/", "/stations/", "/measures/")


@pytest.mark.parametrize("path", LIVE)
def test_the_part_alone_is_what_the_page_has_and_is_not_sent_twice(
    department: Department, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("central.clock.now", lambda: department.world.now)  # ages grow while a slow test runs
    browser = department.browsers["it"]
    page = department.text("it", path)
    part = browser.get(path, headers={"X-Live": "1"})
    assert part.content.decode()
    assert "<html" not in part.content.decode()
    assert 'id="live-line"' in page
    (tag,) = re.findall(r'data-tag="&quot;(\w+)&quot;"', page)
    assert part["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    again = browser.get(path, headers={"X-Live": "1", "If-None-Match": part["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert re.fullmatch(r"\w{3} \w{3} \d+, \d\d:\d\d:\d\d C[SD]T", again["X-As-Of"])
    assert len(tag) == 32


def test_what_changed_is_sent_and_said_in_one_sentence(department: Department) -> None:
    browser = department.browsers["it"]
    before = browser.get("/", headers={"X-Live": "1"})
    now = department.world.now
    Alarm.objects.create(kind="mail_failing", subject="central", sentence="No mail.", opened_at=now, since=now)
    after = browser.get("/", headers={"X-Live": "1", "If-None-Match": before["ETag"]})
    assert after.status_code == 200
    assert "1 alarm&" not in before.content.decode()
    assert 'stations online, 1 alarm"' in after.content.decode()


def test_a_part_is_shown_to_nobody_who_may_not_see_the_page(department: Department) -> None:
    assert department.browsers["officer"].get("/stations/", headers={"X-Live": "1"}).status_code == 403
