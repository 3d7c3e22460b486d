"""Whom a unit's notices go to comes from a file: whole or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from central.roster.models import Unit
from central.roster.supervisors import bring_supervisors, read_supervisors
from tests.roster.rows import bring, shift

EXAMPLE = Path(__file__).resolve().parents[2] / "config" / "supervisors.example.csv"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HEADER = "unit,supervisor_email,escalate_to_email,on_duty_email"


def file(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines]).encode()


@pytest.mark.django_db
def test_the_example_file_comes_in_and_again_changes_nothing() -> None:
    first, again = bring_supervisors(EXAMPLE.read_bytes(), NOON), bring_supervisors(EXAMPLE.read_bytes(), NOON)
    assert (first.added, again.added, again.changed, again.unchanged) == (2, 0, 0, 2)
    east = Unit.objects.get(pk="East B")
    assert (east.supervisor_email, east.escalate_to_email, east.on_duty_email) == (
        *("chen@pd.example", "okafor@pd.example", "watch-east@pd.example"),
    )


@pytest.mark.django_db
def test_a_domain_has_no_case_and_the_name_before_it_stays_as_written() -> None:
    bring_supervisors(file('East," Chen@PD.Example ",,Desk@pd.EXAMPLE'), NOON)
    east = Unit.objects.get()
    assert (east.supervisor_email, east.on_duty_email) == ("Chen@pd.example", "Desk@pd.example")
    again = bring_supervisors(file("East,Chen@pd.example,CHEN@pd.example,Desk@PD.example"), NOON, dry_run=True)
    assert "escalates to an address that has the notice already" in again.warnings[-1]


@pytest.mark.django_db
def test_a_unit_that_changes_is_changed_and_one_that_the_file_lacks_stays() -> None:
    bring_supervisors(file("East,a@pd.example,,", "West,b@pd.example,,"), NOON)
    outcome = bring_supervisors(file("East,c@pd.example,,"), NOON)
    assert (outcome.added, outcome.changed) == (0, 1)
    assert dict(Unit.objects.values_list("unit", "supervisor_email")) == {
        "East": "c@pd.example",
        "West": "b@pd.example",
    }


@pytest.mark.django_db
def test_a_dry_run_counts_and_leaves_nothing_behind() -> None:
    assert bring_supervisors(file("East,a@pd.example,,"), NOON, dry_run=True).added == 1
    assert not Unit.objects.exists()


@pytest.mark.django_db
def test_one_bad_row_keeps_every_row_out() -> None:
    outcome = bring_supervisors(file("East,a@pd.example,,", ",a@pd.example,,"), NOON)
    assert [str(error) for error in outcome.errors] == ["row 3, unit: must not be empty"]
    assert not Unit.objects.exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("East,chen at pd,,", "row 3, supervisor_email: 'chen at pd' is no mail address"),
        ("East,,okafor@pd.example,", "row 3, supervisor_email: is empty, and so is on_duty_email"),
        ("Desk,a@pd.example,,", "row 3, unit: 'Desk' stands in row 2 already"),
        ('East,a@pd.example,"b@pd.example\nBcc: x@y",', "escalate_to_email: holds a line break"),
        (f"{'x' * 256},a@pd.example,,", "row 3, unit: has 256 characters; 255 are allowed"),
    ],
)
def test_each_mistake_gets_one_line(line: str, told: str) -> None:
    _rows, errors = read_supervisors(file("Desk,a@pd.example,,", line))
    assert [told in str(error) for error in errors] == [True]


def test_only_whom_to_tell_is_required() -> None:
    rows, errors = read_supervisors(b"Unit;Supervisor Email\nEast;a@pd.example\n")
    assert (errors, rows[0].escalate_to_email) == ([], "")


@pytest.mark.django_db
def test_what_may_be_a_typing_error_is_a_warning() -> None:
    bring(shift("S1", unit="East"))
    warnings = bring_supervisors(file("East B,a@pd.example,a@pd.example,"), NOON).warnings
    assert [one.split(":")[0] for one in warnings] == [
        "unit 'East' of the roster has no line",
        "no shift on the roster is of unit 'East B'",
        "row 2",
    ]
