"""Plots over days and weeks, and the numbers behind them."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from central.custody.models import Asset, DockSession
from central.dashboard.drawing.trends import Strip, scale_of, shares, strips
from central.dashboard.trends import backlog, by_week, coverage, dock_to_safe, waited
from tests.dashboard.conftest import Department

CHICAGO = ZoneInfo("America/Chicago")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def asset(at: datetime, verified_at: datetime | None, session: uuid.UUID | None = None) -> None:
    Asset.objects.create(
        asset_id=uuid.uuid4(),
        station_id="east-1",
        session=session,
        first_heard_at=at,
        found_at=at,
        verified_at=verified_at,
        state="VERIFIED" if verified_at else "STAGED",
    )


@pytest.mark.django_db
def test_the_backlog_is_what_had_no_receipt_at_each_hour(department: Department) -> None:
    now = department.world.now.replace(minute=30, second=0, microsecond=0)
    full = now.replace(minute=0)
    for verified_at in (full - 4 * HOUR + MINUTE, full - 2 * HOUR + MINUTE, None):
        asset(full - 5 * HOUR + MINUTE, verified_at)
    told = dict(backlog(now, 1, HOUR))
    assert [told[full - back * HOUR] for back in (6, 5, 4, 3, 2, 1, 0)] == [0, 0, 3, 2, 2, 1, 1]
    assert told[now] == 1


@pytest.mark.django_db
def test_a_dock_is_safe_with_its_last_receipt_and_not_before(department: Department) -> None:
    now = department.world.now
    for took in (10, 20, 40, None):
        dock = DockSession.objects.create(
            session=uuid.uuid4(), station_id="north-1", camera="9", docked_at=now - HOUR
        )
        asset(now - HOUR, now - HOUR + 5 * MINUTE, dock.session)
        asset(now - HOUR, None if took is None else now - HOUR + took * MINUTE, dock.session)
    by_day, by_station = dock_to_safe(now, 14, CHICAGO)
    said = by_station["north-1"]
    assert (said.docks, said.p50, said.p95, said.not_safe) == (3, 20 * MINUTE, 40 * MINUTE, 1)
    assert by_day[(now - HOUR).astimezone(CHICAGO).date()] == said
    assert waited([None]).p50 is None


@pytest.mark.django_db
def test_a_day_is_covered_as_far_as_it_was_watched(department: Department) -> None:
    dates, stations = coverage(department.world.now, 5, CHICAGO)
    by_name = {one.station: one.days for one in stations}
    assert len(dates) == 5
    assert by_name["east-1"][0] == pytest.approx(1, abs=0.0001)
    restarted = [share for share in by_name["east-1"] if share is not None and 0.99 < share < 0.9999]
    assert restarted, "seven minutes without its agent"
    assert by_name["north-1"][-1] < 0.5, "silent since yesterday"  # type: ignore[operator]
    assert set(by_name["south-1"]) <= {0.0, None}, "it never spoke"


def test_a_duty_of_several_shifts_counts_once_in_the_week_of_its_deadline() -> None:
    rows = [
        ("East", "C1", "2026-11-01 08:00:00", "2026-11-02 05:30:00", "late"),
        ("West", "C1", "2026-11-01 08:00:00", "2026-11-02 05:30:00", "late"),
        ("West", "C2", "2026-11-01 08:00:00", "2026-11-02 06:30:00", "on_time"),
        ("West", "C2", "2026-12-01 08:00:00", "2026-12-02 06:30:00", "on_time"),
    ]
    weeks = [date(2026, 10, 26), date(2026, 11, 2)]
    assert by_week(rows, weeks, CHICAGO) == {"West": [Counter(late=1), Counter(on_time=1)]}


def test_shares_fill_the_column_and_what_is_unsure_is_hatched() -> None:
    drawn = shares([("Nov 2", {"on_time": 3, "indeterminate": 1}), ("Nov 9", {})], "one", "says")
    kinds = {box.kind: box for box in drawn.boxes}
    assert kinds["on_time"].height == pytest.approx(3 * kinds["indeterminate"].height, abs=0.3)
    assert kinds["indeterminate"].hatched
    assert kinds["indeterminate"].y + kinds["indeterminate"].height == pytest.approx(kinds["on_time"].y)


def test_a_strip_draws_only_what_was_missing_as_missing() -> None:
    drawn = strips(
        [Strip("east-1", (None, 1.0, 0.5, 0.0))],
        [("", "Mon"), ("", "Tue"), ("", "Wed"), ("", "Thu")],
        "s",
        "says",
        wide=True,
    )
    assert [box.kind for box in drawn.boxes] == ["watched", "gap", "watched", "gap"]
    assert drawn.boxes[1].title == "east-1, Wed: 50.0 % watched"


@pytest.mark.parametrize("most", [0, 1, 3, 7, 12, 99, 100, 1234, 98765])
def test_a_scale_has_few_round_ticks_within_it(most: float) -> None:
    scale = scale_of([most])
    assert 1 <= len(scale.ticks) <= 6
    assert all(0 < value <= scale.most for value, _ in scale.ticks)


@pytest.mark.django_db
def test_every_plot_has_its_rows_beside_and_no_officer(department: Department) -> None:
    for path in ("/trends/", "/trends/footage", "/trends/watching"):
        text = department.text("it", path)
        assert text.count('<svg class="drawing') >= 1, path
        assert "rows behind" in text
        assert "Kim Lee" not in text
    own = re.findall(r'<h2 id="unit-\d+">(.*?)</h2>', department.text("supervisor", "/trends/"))
    assert own == ["East Patrol"]


def test_utc_is_where_the_rows_are() -> None:
    """`by_week` reads instants as the database writes them."""
    rows = [("East", "C1", "2026-11-01 08:00:00", "2026-11-09 05:59:00", "late")]
    weeks = [date(2026, 11, 2), date(2026, 11, 9)]
    assert datetime(2026, 11, 9, 5, 59, tzinfo=UTC).astimezone(CHICAGO).date() == date(2026, 11, 8)
    assert by_week(rows, weeks, CHICAGO)["East"][0] == Counter(late=1)
