"""An import is whole or nothing, remembers what it changed, and lets a person look at what looks wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection, transaction

from central.roster.csv_file import COLUMNS, RosterRow
from central.roster.importing import Bringing, Outcome, bring_in, confirm, discard
from central.roster.models import HomeStation, RosterImport, Shift, ShiftVersion
from central.roster.plan import Limits

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = (datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC))
LIMITS = Limits(moved_alike=10, withdrawn_percent=10, late=5)
ZONE = ZoneInfo("UTC")


def line(number: int, end: str = "16:00", officer: str = "Kim Lee") -> str:
    return f"S{number},{number},{officer},C{number},2026-11-22T08:00Z,2026-11-22T{end}Z,chen@pd.example,east-1;west-1"


def file(*lines: str) -> bytes:
    return "\n".join([",".join(COLUMNS.required), *lines]).encode()


def bring(content: bytes, *, window: bool = False, late: int = 0, **more: bool) -> Outcome:
    bringing = Bringing("command", NOW, "roster.csv", DAY if window else None)

    def count(_rows: Sequence[RosterRow]) -> int:
        return late

    return bring_in(content, bringing, ZONE, LIMITS, count, **more)


def history(shift_id: str) -> list[tuple[str, str, datetime]]:
    rows = ShiftVersion.objects.filter(shift_id=shift_id).order_by("pk")
    return [(row.change, row.status, row.ends_at) for row in rows]


def test_a_first_import_brings_shifts_and_stations_and_warns_of_stations_alone() -> None:
    outcome = bring(file(line(1), line(2)))
    assert set(Shift.objects.values_list("pk", flat=True)) == {"S1", "S2"}
    assert HomeStation.objects.filter(shift="S1").count() == 2
    assert [warning.split("'")[1] for warning in outcome.warnings] == ["east-1", "west-1"]


def test_a_camera_and_an_officer_that_a_later_roster_brings_are_created_with_a_warning() -> None:
    bring(file(line(1)))
    told = bring(file(line(1), line(7))).warnings
    assert "the roster names camera 'C7', which central does not know yet" in told
    assert "the roster names officer '7', which central does not know yet" in told
    assert Shift.objects.filter(pk="S7", officer_id="7").exists()


def test_one_bad_row_keeps_every_row_out() -> None:
    outcome = bring(file(line(1), line(2, end="07:00")))
    assert [error.row for error in outcome.errors] == [3]
    assert not Shift.objects.exists()
    assert not RosterImport.objects.exists()


def test_a_second_import_changes_nothing_and_adds_no_history() -> None:
    bring(file(line(1)))
    again = bring(file(line(1)))
    assert again.plan.is_empty
    assert len(history("S1")) == 1


def test_a_dry_run_leaves_nothing_behind() -> None:
    outcome = bring(file(line(1)), dry_run=True)
    assert len(outcome.plan.added) == 1
    assert not Shift.objects.exists()
    assert not RosterImport.objects.exists()


def test_replacing_a_window_withdraws_what_is_missing_and_remembers_every_version() -> None:
    bring(file(*(line(number) for number in range(12))))
    bring(file(*(line(number, end="17:30" if number == 3 else "16:00") for number in range(1, 12))), window=True)
    end = datetime(2026, 11, 22, 16, tzinfo=UTC)
    assert history("S0") == [("added", "scheduled", end), ("withdrawn", "withdrawn", end)]
    assert history("S3") == [
        ("added", "scheduled", end),
        ("changed", "scheduled", end + timedelta(hours=1.5)),
    ]
    assert Shift.objects.get(pk="S0").status == "withdrawn"


def test_a_window_holds_the_shifts_that_start_within_it_so_a_night_shift_belongs_to_its_evening() -> None:
    night = line(1).replace("T08:00Z", "T22:00Z").replace("2026-11-22T16:00Z", "2026-11-23T06:00Z")
    bring(file(night, *(line(number) for number in range(2, 30))))
    outcome = bring(file(*(line(number) for number in range(2, 30))), window=True)
    assert [row.shift_id for row in outcome.plan.withdrawn] == ["S1"]
    assert outcome.plan.standing == 29


def test_shifts_outside_the_window_that_is_replaced_are_taken_in_with_one_warning() -> None:
    outside = [line(number).replace("2026-11-22T", "2026-11-25T") for number in (1, 2)]
    warnings = bring(file(*outside), window=True).warnings
    assert warnings[0].startswith("2 of 2 shifts start outside the window that is replaced, the first in row 2:")
    assert Shift.objects.count() == 2


def test_an_import_that_withdraws_too_much_waits_and_changes_nothing_until_it_is_confirmed() -> None:
    bring(file(line(1), line(2)))
    outcome = bring(file(line(1)), window=True)
    assert outcome.doubts
    assert Shift.objects.get(pk="S2").status == "scheduled"
    assert outcome.number is not None
    confirmed = confirm(outcome.number, "it@pd.example", NOW, ZONE)
    assert confirmed is not None
    assert Shift.objects.get(pk="S2").status == "withdrawn"
    assert confirm(outcome.number, "it@pd.example", NOW, ZONE) is None


def test_an_import_with_many_late_cameras_waits_and_can_be_dropped() -> None:
    outcome = bring(file(line(1)), late=6)
    assert outcome.number is not None
    assert not Shift.objects.exists()
    assert discard(outcome.number, "it@pd.example", NOW)
    assert not discard(outcome.number, "it@pd.example", NOW)
    assert RosterImport.objects.get(pk=outcome.number).content is None


def test_the_same_file_that_is_brought_twice_waits_once() -> None:
    numbers = {bring(file(line(1)), late=6).number for _ in range(2)}
    assert len(numbers) == 1
    assert RosterImport.objects.filter(state="waiting").count() == 1


def test_the_history_of_shifts_refuses_to_be_changed_or_deleted() -> None:
    bring(file(line(1)))
    for attempt in ("UPDATE roster_shiftversion SET status = 'x'", "DELETE FROM roster_shiftversion"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            connection.cursor().execute(attempt)
    assert len(history("S1")) == 1


def test_thousands_of_shifts_come_in_with_few_questions_to_the_database(
    django_assert_max_num_queries: object,
) -> None:
    content = file(*(line(number) for number in range(3_000)))
    with django_assert_max_num_queries(150):  # type: ignore[operator]
        bring(content)
    assert Shift.objects.count() == 3_000
