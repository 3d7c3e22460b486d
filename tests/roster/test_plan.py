"""What an import would do, and when a person should look first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from central.roster.csv_file import RosterRow
from central.roster.plan import WITHDRAWN, Limits, Plan, doubts, overlaps, plan_import

EVENING = datetime(2026, 11, 22, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIMITS = Limits(moved_alike=3, withdrawn_percent=10, late=2)


def shift(number: int, **more: object) -> RosterRow:
    row = RosterRow(
        shift_id=f"S{number}",
        officer_id=f"{number}",
        officer_name=f"Officer {number}",
        camera_serial=f"C{number}",
        starts_at=EVENING - 8 * HOUR,
        ends_at=EVENING,
        supervisor_email="chen@pd.example",
        stations=("east-1",),
        unit="East",
        officer_email="",
        status="scheduled",
        end_source="",
    )
    return replace(row, **more)  # type: ignore[arg-type]


def plan(rows: list[RosterRow], known: list[RosterRow], *, whole_window: bool = False) -> Plan:
    by_id = {row.shift_id: row for row in known}
    return plan_import(rows, by_id, list(by_id) if whole_window else None)


def test_what_stands_already_is_unchanged_whatever_order_its_stations_have() -> None:
    here = shift(1, stations=("a", "b"), officer_name="Another Name")
    planned = plan([shift(1, stations=("b", "a"))], [here])
    assert (planned.is_empty, planned.unchanged) == (True, 1)


def test_without_a_window_nothing_is_withdrawn() -> None:
    assert plan([shift(1)], [shift(1), shift(2)]).withdrawn == ()


def test_with_a_window_what_the_file_lacks_is_withdrawn_once() -> None:
    planned = plan([shift(1)], [shift(1), shift(2), shift(3, status=WITHDRAWN)], whole_window=True)
    assert [row.shift_id for row in planned.withdrawn] == ["S2"]
    assert planned.standing == 2


def test_a_withdrawn_shift_that_comes_back_is_a_change() -> None:
    planned = plan([shift(1)], [shift(1, status=WITHDRAWN)], whole_window=True)
    assert [(old.status, new.status) for old, new in planned.changed] == [(WITHDRAWN, "scheduled")]


def test_many_ends_that_move_by_the_same_hour_wait() -> None:
    known = [shift(number) for number in range(4)]
    planned = plan([replace(row, ends_at=EVENING + HOUR) for row in known[:3]], known)
    (told,) = doubts(planned, 0, LIMITS)
    assert told.startswith("3 shifts would end 1:00:00 later than before")


def test_ends_that_move_each_by_its_own_span_are_corrections() -> None:
    known = [shift(number) for number in range(4)]
    moved = [replace(row, ends_at=EVENING + HOUR * number) for number, row in enumerate(known)]
    assert doubts(plan(moved, known), 0, LIMITS) == ()


def test_more_than_a_tenth_withdrawn_waits_and_a_tenth_does_not() -> None:
    known = [shift(number) for number in range(20)]
    assert doubts(plan(known[2:], known, whole_window=True), 0, LIMITS) == ()
    (told,) = doubts(plan(known[3:], known, whole_window=True), 0, LIMITS)
    assert told.startswith("3 of the 20 shifts would be withdrawn")


def test_many_cameras_overdue_at_once_wait() -> None:
    assert doubts(Plan(), 2, LIMITS) == ()
    (told,) = doubts(Plan(), 3, LIMITS)
    assert told.startswith("3 cameras would be overdue at once")


def test_one_camera_given_to_two_officers_at_once_is_named() -> None:
    first, second = shift(1), shift(2, camera_serial="C1", starts_at=EVENING - HOUR, ends_at=EVENING + HOUR)
    assert overlaps([second, first]) == [(first, second)]


def test_a_handover_an_officers_own_overlap_and_a_cancelled_shift_are_no_conflict() -> None:
    first = shift(1)
    handed = shift(2, camera_serial="C1", starts_at=EVENING, ends_at=EVENING + HOUR)
    own = replace(first, shift_id="S3", ends_at=EVENING + HOUR)
    cancelled = shift(4, camera_serial="C1", status="cancelled")
    assert overlaps([first, handed]) == []
    assert overlaps([first, own]) == []
    assert overlaps([first, cancelled]) == []
