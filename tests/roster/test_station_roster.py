"""What a station is sent: its shifts, each with the deadline of its whole duty, under a tag that follows them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from central.config import CentralConfig, Lateness, Unit
from central.roster.duties import duties_with, policy_of
from central.roster.shifts import correct
from central.roster.station_roster import policy_revision, roster_etag, station_roster
from tests.roster.rows import CONFIG, EVENING, HOUR, NOW, bring, shift

DAY = timedelta(days=1)


def deadlines(config: CentralConfig = CONFIG, station: str = "east-1") -> dict[str, datetime]:
    return {row.shift_id: row.deadline_at for row in station_roster(station, config, NOW).shifts}


@pytest.mark.django_db
def test_adjacent_shifts_of_one_officer_with_one_camera_have_one_deadline() -> None:
    bring(shift("S1"), shift("S2", starts_at=EVENING + HOUR, ends_at=EVENING + 9 * HOUR))
    assert deadlines() == {"S1": EVENING + 9 * HOUR + DAY, "S2": EVENING + 9 * HOUR + DAY}


@pytest.mark.django_db
def test_a_second_half_at_another_station_still_moves_the_deadline_of_the_first() -> None:
    later = shift("S2", starts_at=EVENING, ends_at=EVENING + 8 * HOUR, stations=("west-1",))
    bring(shift("S1"), later)
    assert deadlines() == {"S1": EVENING + 8 * HOUR + DAY}


@pytest.mark.django_db
def test_a_pool_camera_has_a_deadline_for_each_of_its_officers() -> None:
    bring(shift("S1"), shift("S2", officer_id="8", starts_at=EVENING, ends_at=EVENING + 8 * HOUR))
    assert deadlines() == {"S1": EVENING + DAY, "S2": EVENING + 8 * HOUR + DAY}


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["cancelled", "withdrawn"])
def test_a_shift_that_is_nobodys_is_not_sent_and_joins_nothing(status: str) -> None:
    bring(shift("S1"), shift("S2", starts_at=EVENING, ends_at=EVENING + 8 * HOUR))
    correct("S2", "it@pd.example", NOW, status=status)
    assert deadlines() == {"S1": EVENING + DAY}


@pytest.mark.django_db
def test_a_units_own_policy_decides_for_its_shifts() -> None:
    config = CentralConfig(lateness=Lateness(grace=5 * HOUR), unit={"West": Unit(grace=HOUR)})
    bring(shift("S1"), shift("S2", camera_serial="C2", unit="West"))
    assert deadlines(config) == {"S1": EVENING + 5 * HOUR, "S2": EVENING + HOUR}


@pytest.mark.django_db
def test_the_tag_changes_with_every_word_about_a_shift_with_the_policy_and_with_the_day_and_else_stays() -> None:
    bring(shift("S1"))
    tags = [roster_etag("east-1", CONFIG, NOW)]
    bring(shift("S1"))
    assert roster_etag("east-1", CONFIG, NOW + HOUR) == tags[0]
    correct("S1", "it@pd.example", NOW, ends_at=EVENING + HOUR)
    tags += [roster_etag("east-1", CONFIG, NOW), roster_etag("east-1", CONFIG, NOW + DAY)]
    tags += [
        roster_etag("west-1", CONFIG, NOW),
        roster_etag("east-1", CentralConfig(lateness=Lateness(grace=HOUR)), NOW),
    ]
    assert len(set(tags)) == 5


@pytest.mark.parametrize("key", ["grace", "gap_tolerance", "merge_gap", "early_tolerance"])
def test_every_key_of_the_policy_is_in_its_revision_also_a_units(key: str) -> None:
    everybody = CentralConfig(lateness=Lateness(**{key: timedelta(seconds=5)}))
    one_unit = CentralConfig(unit={"East": Unit(**{key: timedelta(seconds=5)})})
    assert len({policy_revision(config) for config in (CONFIG, everybody, one_unit)}) == 3
    assert getattr(policy_of(one_unit, "East"), key) == timedelta(seconds=5)
    assert policy_of(one_unit, "West") == policy_of(CONFIG, "")


@pytest.mark.django_db
def test_a_duty_is_whole_although_its_first_shift_ended_before_the_day_that_is_asked_for() -> None:
    bring(shift("S1"), shift("S2", starts_at=EVENING, ends_at=EVENING + 8 * HOUR, stations=("west-1",)))
    (duty,) = duties_with(["C1"], EVENING + HOUR, CONFIG)
    assert [one.shift_id for one in duty.shifts] == ["S1", "S2"]
    assert duty.home_stations == {"east-1", "west-1"}
    assert duties_with(["C1"], EVENING + 9 * HOUR, CONFIG) == ()
