"""Whose word counts: a file that says again what it said before undoes no correction and no actual end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from central.roster.importing import Bringing, bring_in, confirm
from central.roster.models import Officer, Shift, ShiftVersion
from central.roster.plan import Limits
from central.roster.shifts import correct
from tests.roster.rows import EVENING, HOUR, NOW, ZONE, as_file, bring, shift

pytestmark = pytest.mark.django_db


def end() -> object:
    return Shift.objects.get(pk="S1").ends_at


def test_the_same_export_again_does_not_undo_what_a_person_corrected() -> None:
    bring(shift("S1"))
    correct("S1", "chen@pd.example", NOW, ends_at=EVENING + 4 * HOUR, end_source="supervisor")
    again = bring(shift("S1"))
    assert (again.plan.is_empty, end()) == (True, EVENING + 4 * HOUR)
    last = ShiftVersion.objects.filter(shift_id="S1").order_by("-pk")[0]
    assert (last.change, last.said_by, last.end_source) == ("corrected", "chen@pd.example", "supervisor")


def test_an_export_that_says_something_new_counts_even_after_a_correction() -> None:
    bring(shift("S1"))
    correct("S1", "chen@pd.example", NOW, ends_at=EVENING + 4 * HOUR)
    bring(shift("S1", ends_at=EVENING + 5 * HOUR))
    assert end() == EVENING + 5 * HOUR


def test_a_nightly_schedule_does_not_undo_the_actual_end_that_dispatch_sent() -> None:
    schedule, actual = shift("S1"), shift("S1", ends_at=EVENING + 2 * HOUR, status="actual", end_source="cad")
    for file in (schedule, actual, schedule, schedule):
        bring(file)
    assert end() == EVENING + 2 * HOUR
    assert [row.change for row in ShiftVersion.objects.filter(shift_id="S1")] == ["added", "changed"]


def test_a_newer_actual_end_replaces_an_older_one_and_may_go_back() -> None:
    for hours in (2, 3, 2):
        bring(shift("S1", ends_at=EVENING + hours * HOUR, status="actual"))
    assert end() == EVENING + 2 * HOUR


def test_a_schedule_may_go_back_to_what_it_said_first() -> None:
    for hours in (0, 1, 0):
        bring(shift("S1", ends_at=EVENING + hours * HOUR))
    assert end() == EVENING


def test_a_cancellation_counts_whatever_was_said_before() -> None:
    bring(shift("S1"))
    correct("S1", "chen@pd.example", NOW, ends_at=EVENING + HOUR)
    bring(shift("S1", status="cancelled"))
    assert Shift.objects.get(pk="S1").status == "cancelled"


def test_a_camera_given_to_somebody_else_is_a_correction_with_history() -> None:
    bring(shift("S1"), shift("S2", officer_id="8", camera_serial="C2"))
    correct("S1", "chen@pd.example", NOW, camera_serial="C9")
    assert [row.camera_serial for row in ShiftVersion.objects.filter(shift_id="S1")] == ["C1", "C9"]
    assert correct("S99", "chen@pd.example", NOW, camera_serial="C9") is None


def test_a_file_without_names_and_addresses_does_not_erase_those_that_are_known() -> None:
    bring(shift("S1"))
    bring(shift("S1", officer_name="", officer_email=""), shift("S2", officer_name="K. Lee", officer_email=""))
    officer = Officer.objects.get(pk="7")
    assert (officer.name, officer.email, officer.unit) == ("K. Lee", "lee@pd.example", "East")


def test_an_import_that_waited_too_long_does_not_undo_what_was_said_meanwhile() -> None:
    bring(shift("S1"))
    strict = Limits(moved_alike=1, withdrawn_percent=100, late=1000)
    file = as_file([shift("S1", ends_at=EVENING + HOUR)])
    waiting = bring_in(file, Bringing("folder", NOW), ZONE, strict, lambda _rows: 0)
    assert waiting.number is not None
    bring(replace(shift("S1"), ends_at=EVENING + 2 * HOUR), at=NOW + timedelta(minutes=5))
    refused = confirm(waiting.number, "it@pd.example", NOW + HOUR, ZONE)
    assert refused is not None
    (error,) = refused.errors
    assert str(error).startswith(
        "row 2, S1: changed at 2026-11-23T12:05:00Z by command, after this import was brought"
    )
    assert end() == EVENING + 2 * HOUR


@pytest.mark.parametrize("window", [None, (EVENING - 24 * HOUR, EVENING + 24 * HOUR)])
def test_a_broken_import_that_waits_is_not_applied_over_a_newer_one_that_found_all_as_it_stands(
    window: tuple[datetime, datetime] | None,
) -> None:
    bring(shift("S1"))
    strict = Limits(moved_alike=1, withdrawn_percent=100, late=1000)
    broken = as_file([shift("S1", ends_at=EVENING - HOUR)])
    waiting = bring_in(broken, Bringing("folder", NOW, window=window), ZONE, strict, lambda _rows: 0)
    assert waiting.number is not None
    newer = bring(shift("S1"), at=NOW + timedelta(minutes=5), window=window)
    refused = confirm(waiting.number, "it@pd.example", NOW + HOUR, ZONE)
    assert refused is not None
    assert f"S1: import {newer.number} was brought later" in str(refused.errors[0])
    assert end() == EVENING
    again = bring_in(broken, Bringing("folder", NOW + HOUR, window=window), ZONE, strict, lambda _rows: 0)
    assert again.number == waiting.number
    confirmed = confirm(waiting.number, "it@pd.example", NOW + 2 * HOUR, ZONE)
    assert confirmed is not None
    assert (confirmed.errors, end()) == ((), EVENING - HOUR)


def test_a_shift_that_a_newer_file_left_out_of_its_window_is_not_added_by_an_older_one() -> None:
    window = (EVENING - 24 * HOUR, EVENING + 24 * HOUR)
    old = as_file([shift("S1"), shift("S2", camera_serial="C2")])
    strict = Limits(moved_alike=1, withdrawn_percent=100, late=1)
    waiting = bring_in(old, Bringing("folder", NOW, window=window), ZONE, strict, lambda _rows: 9)
    assert waiting.number is not None
    bring(shift("S1"), at=NOW + timedelta(minutes=5), window=window)
    refused = confirm(waiting.number, "it@pd.example", NOW + HOUR, ZONE)
    assert refused is not None
    assert refused.errors
    assert not Shift.objects.filter(pk="S2").exists()


def test_a_newer_file_about_another_day_does_not_stand_in_the_way() -> None:
    bring(shift("S1"))
    strict = Limits(moved_alike=1, withdrawn_percent=100, late=1000)
    file = as_file([shift("S1", ends_at=EVENING + HOUR)])
    waiting = bring_in(file, Bringing("folder", NOW), ZONE, strict, lambda _rows: 0)
    assert waiting.number is not None
    day = 24 * HOUR
    other = shift("S9", camera_serial="C9", starts_at=EVENING + 2 * day, ends_at=EVENING + 2 * day + HOUR)
    bring(other, at=NOW + timedelta(minutes=5), window=(EVENING + day, EVENING + 3 * day))
    confirmed = confirm(waiting.number, "it@pd.example", NOW + HOUR, ZONE)
    assert confirmed is not None
    assert (confirmed.errors, end()) == ((), EVENING + HOUR)


def test_an_overlap_with_a_shift_that_stands_already_names_both() -> None:
    bring(shift("S1"))
    (told,) = [one for one in bring(shift("S2", officer_id="8")).warnings if "same time" in one]
    assert "officer 7 (S1, on the roster already)" in told
    assert "officer 8 (S2, row 2)" in told


def test_one_officer_with_two_cameras_and_one_camera_passed_on_at_once_are_no_overlap() -> None:
    bring(shift("S1"))
    warnings = bring(
        shift("S2", camera_serial="C2"), shift("S3", officer_id="8", starts_at=EVENING, ends_at=EVENING + HOUR)
    ).warnings
    assert [one for one in warnings if "same time" in one] == []
