"""What central can say of a roster: what it would make overdue, how old it is, and which cameras nobody owes."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from central.custody.models import DockSession
from central.fleet.models import Credential, Station
from central.judging.foresight import count_late
from central.judging.without_shift import without_shift
from central.roster.freshness import roster_age
from central.roster.models import RosterImport
from tests.roster.rows import CONFIG, EVENING, HOUR, NOW, bring, shift

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LATER = EVENING + 25 * HOUR


def station(name: str = "east-1", since: datetime = EVENING - 30 * DAY) -> None:
    Station.objects.create(station_id=name, added_at=since)
    Credential.objects.create(station_id=name, token_sha256=name, public_key="", created_at=since)


def dock(camera: str, since: datetime, until: datetime | None = None, **more: Any) -> None:
    DockSession.objects.create(
        session=uuid.uuid4(),
        station_id="east-1",
        camera=camera,
        bay="1-1",
        bay_label="Bay 1",
        docked_at=since,
        undocked_at=until,
        **more,
    )


def overdue(*rows: Any) -> int:
    return count_late(CONFIG, LATER)(rows)


def test_a_camera_without_a_dock_past_its_deadline_would_be_overdue_once() -> None:
    station()
    assert overdue(shift("S1"), shift("S0", starts_at=EVENING - 20 * HOUR, ends_at=EVENING - 12 * HOUR)) == 1


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (EVENING - HOUR, None),
        (EVENING - HOUR, EVENING),
        (EVENING + 24 * HOUR, EVENING + 25 * HOUR),
    ],
)
def test_a_camera_that_was_docked_between_end_and_deadline_would_not(since: datetime, until: datetime | None) -> None:
    station()
    dock("C1", since, until)
    assert overdue(shift("S1")) == 0


@pytest.mark.parametrize(
    ("since", "until"),
    [(EVENING - 3 * HOUR, EVENING - HOUR), (EVENING + 24 * HOUR + timedelta(seconds=1), None)],
)
def test_a_camera_that_was_docked_before_or_after_would(since: datetime, until: datetime | None) -> None:
    station()
    dock("C1", since, until)
    assert overdue(shift("S1")) == 1


def test_before_its_deadline_cancelled_or_before_its_station_began_nobody_would_be_overdue() -> None:
    station(since=EVENING)
    assert overdue(shift("S1")) == 1
    assert overdue(shift("S1", ends_at=EVENING + 2 * HOUR)) == 0
    assert overdue(shift("S1", status="cancelled")) == 0
    assert overdue(shift("S1", ends_at=EVENING - timedelta(seconds=1))) == 0
    assert overdue(shift("S1", stations=("unknown-1",))) == 0


def test_foresight_over_a_month_of_a_large_department_asks_few_questions(django_assert_max_num_queries: Any) -> None:
    station(since=EVENING - 365 * DAY)
    rows = [replace(shift(f"S{n}"), camera_serial=f"C{n % 800}", ends_at=EVENING - n * HOUR) for n in range(4_000)]
    with django_assert_max_num_queries(5):
        assert overdue(*rows) == 800


def test_the_roster_ages_from_the_newest_file_that_was_applied_also_one_that_changed_nothing() -> None:
    assert roster_age(36 * HOUR).sentence(NOW).startswith("No roster was imported yet")
    assert not roster_age(36 * HOUR).is_too_old(NOW)
    bring(shift("S1"), at=NOW)
    bring(shift("S1"), at=NOW + HOUR)
    RosterImport.objects.create(brought_at=NOW + 20 * HOUR, brought_by="folder", sha256="", state="waiting")
    age = roster_age(36 * HOUR)
    assert (age.brought_at, age.covers_until, age.waiting) == (NOW + HOUR, EVENING, 1)
    assert not age.is_too_old(NOW + 37 * HOUR)
    assert age.is_too_old(NOW + 37 * HOUR + timedelta(seconds=1))
    assert age.sentence(NOW + 41 * HOUR).startswith("The roster is 40 h old. Shifts that changed since")
    assert "1 import waits" in age.sentence(NOW + 2 * HOUR)


def out(now: datetime = NOW) -> list[str]:
    return [row[0] for row in without_shift(CONFIG, now)]


def test_a_camera_that_was_taken_out_on_nobodys_shift_is_listed_with_who_had_it_last() -> None:
    station()
    bring(shift("S1"))
    dock("C1", EVENING - HOUR, EVENING + HOUR)
    assert list(without_shift(CONFIG, NOW)) == [["C1", EVENING + HOUR, "east-1", "Bay 1", "S1", "7"]]


def test_a_camera_that_no_roster_knows_is_listed_as_well() -> None:
    station()
    dock("C9", EVENING - HOUR, EVENING)
    assert list(without_shift(CONFIG, NOW)) == [["C9", EVENING, "east-1", "Bay 1", None, None]]


def test_a_camera_that_is_docked_owed_or_about_to_be_used_is_not_listed() -> None:
    station()
    bring(
        shift("S1", camera_serial="OWED"),
        shift("S2", camera_serial="SOON", starts_at=NOW + HOUR, ends_at=NOW + 9 * HOUR),
        shift("S3", camera_serial="LATER", starts_at=NOW + 2 * HOUR, ends_at=NOW + 9 * HOUR),
    )
    dock("OWED", EVENING - 9 * HOUR, EVENING - 8 * HOUR)
    dock("SOON", EVENING, EVENING + HOUR)
    dock("LATER", EVENING, EVENING + HOUR)
    dock("THERE", EVENING)
    dock("FILES", EVENING, EVENING + HOUR, proves_dock=False)
    assert out() == ["LATER"]


def test_an_old_dock_whose_end_was_never_told_does_not_hide_a_camera() -> None:
    station()
    dock("C1", EVENING - 9 * DAY)
    dock("C1", EVENING, EVENING + HOUR)
    assert out() == ["C1"]
