"""The weekly mail: once for each slot, and what it counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from central.alarms.telling import Recipients
from central.alarms.weekly import Week, slot_before, tell_weekly, words_of
from central.notices.models import Notice
from tests.alarms.test_telling import CONFIG, enrolled

CHICAGO = ZoneInfo("America/Chicago")
SLOTS = [
    ("2026-11-23T13:00:00Z", "2026-11-23T13:00:00Z"),
    ("2026-11-23T12:59:59Z", "2026-11-16T13:00:00Z"),
    ("2026-11-22T23:00:00Z", "2026-11-16T13:00:00Z"),
    ("2026-11-02T13:30:00Z", "2026-11-02T13:00:00Z"),
    ("2026-11-02T12:30:00Z", "2026-10-26T12:00:00Z"),  # clocks went back on November 1st
    ("2026-03-09T11:59:00Z", "2026-03-02T13:00:00Z"),
    ("2026-03-09T12:00:00Z", "2026-03-09T12:00:00Z"),  # and forward on March 8th
]


@pytest.mark.parametrize(("now", "slot"), SLOTS)
def test_the_slot_is_by_the_wall_clock_of_the_site(now: str, slot: str) -> None:
    at = slot_before("Mon 07:00", CHICAGO, datetime.fromisoformat(now))
    assert at == datetime.fromisoformat(slot)


@pytest.mark.django_db
def test_it_is_sent_once_a_week_and_never_for_the_week_before_central_was() -> None:
    enrolled("east", heard=datetime(2026, 12, 31, tzinfo=UTC))
    alarms = msgspec.structs.replace(CONFIG.alarms, weekly="Mon 07:00")
    to = Recipients(CONFIG.notices.it_recipients, msgspec.structs.replace(CONFIG, alarms=alarms))
    begin = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    told = [tell_weekly(to, begin + timedelta(hours=hour)) for hour in range(24 * 15)]
    assert [hour for hour, sent in enumerate(told) if sent] == [1, 169, 337]
    notice = Notice.objects.first()
    assert notice is not None
    assert "all accounted for" in notice.subject
    assert "1 of 1 are heard" in notice.text


def test_what_is_not_accounted_for_is_said_in_the_subject() -> None:
    well = Week(stations=3, heard=3, cameras=9, docks=70, without_receipt=2, put_aside=0)
    assert words_of(well, [], CHICAGO).subject == "all accounted for"
    assert words_of(replace(well, heard=2), [], CHICAGO).subject == "the week"
