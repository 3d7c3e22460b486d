"""Central's pure rules as tables of cases."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from central.custody.marks import asset_marks
from central.custody.states import AssetFacts, asset_state
from central.fleet.liveness import Pulse, station_state
from central.rows_out import cell, write_rows
from central.sqlite_choice import journal_mode

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        (AssetFacts(), "FOUND"),
        (AssetFacts(staged=True), "STAGED"),
        (AssetFacts(uploaded=True), "UPLOADED"),
        (AssetFacts(staged=True, uploaded=True, verified=True), "VERIFIED"),
        (AssetFacts(verified=True, kept=True), "KEPT"),
        (AssetFacts(gone=True), "GONE"),
        (AssetFacts(verified=True, gone=True, erased=True), "ERASED"),
        (AssetFacts(uploaded=True, quarantined=True), "QUARANTINED"),
    ],
)
def test_the_state_is_the_furthest_step_that_is_known(facts: AssetFacts, state: str) -> None:
    assert asset_state(facts) == state


@pytest.mark.parametrize(
    ("age_s", "slowest_loop_s", "state"),
    [
        (0, 0, "online"),
        (59, 0, "online"),
        (60, 0, "stale"),
        (299, 999, "stale"),
        (300, 0, "offline"),
        (1, 999, "unhealthy"),
    ],
)
def test_silence_and_sickness_are_two_things(age_s: float, slowest_loop_s: float, state: str) -> None:
    pulse = Pulse(True, NOW - timedelta(seconds=age_s), slowest_loop_s)
    assert station_state(pulse, NOW, timedelta(seconds=60), timedelta(seconds=300)) == state


def test_a_station_that_never_spoke_is_not_silent_yet() -> None:
    limits = (NOW, timedelta(seconds=60), timedelta(seconds=300))
    assert station_state(Pulse(False, None), *limits) == "not_enrolled"
    assert station_state(Pulse(True, None), *limits) == "never_heard"


def test_marks_name_every_reason_to_look_twice() -> None:
    old = NOW - timedelta(days=31)
    assert asset_marks(
        camera_known=False, officer_known=False, recorded_at=old, received_at=NOW, object_rotten=True
    ) == ["unknown_camera", "no_officer", "old", "rotten"]
    assert asset_marks(camera_known=True, officer_known=True, recorded_at=None, received_at=NOW) == []


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 40, 1), "TRUNCATE"),
        ((3, 51, 2), "TRUNCATE"),
        ((3, 51, 3), "WAL"),
        ((3, 53, 4), "WAL"),
        ((4, 0, 0), "WAL"),
    ],
)
def test_wal_only_where_it_cannot_corrupt(version: tuple[int, int, int], mode: str) -> None:
    assert journal_mode(version) == mode


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell(text) == "'" + text


def test_numbers_stay_numbers() -> None:
    assert (cell(-3.5), cell(0), cell(None), cell(True), cell(["a", "b"])) == ("-3.5", "0", "", "true", "a;b")


def test_no_list_is_a_formula() -> None:
    assert (cell(["=1+1", "b"]), cell(["a", "=1"])) == ("'=1+1;b", "a;=1")


def test_a_carriage_return_in_a_file_name_ends_no_row() -> None:
    out = io.StringIO(newline="")
    write_rows(("path", "size"), [["a\rb.mp4", 1], ["c.mp4", 2]], "csv", out)
    assert list(csv.reader(io.StringIO(out.getvalue(), newline=""))) == [
        ["path", "size"],
        ["a\rb.mp4", "1"],
        ["c.mp4", "2"],
    ]
