"""Whose a recording is, what is found of a dispatch, and why a recording is missing: values in, decision out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from central.dispatches.eligibility import Eligibility, Rule, excluded_by
from central.dispatches.explaining import Cause, Circumstances, Dock, Docks, cause_of
from central.dispatches.finding import Edge, Finding, Result, finding_of
from central.dispatches.matching import Assignment, Assignments, Footage, Recording
from tests.dispatches.cad import HOUR, MINUTE, NOON, NOW, call

TOLERANCE = timedelta(seconds=60)
WITH_CAMERA = Circumstances(has_camera=True)


def assigned(officer: str = "7", camera: str = "C1", starts: float = -2, ends: float = 6) -> Assignment:
    return Assignment(f"{officer}-{starts}", officer, camera, NOON + starts * HOUR, NOON + ends * HOUR, "East")


def recording(began: float = 0, ended: float = 1, **more: Any) -> Recording:
    told = {"asset_id": f"A{began}", "camera": "C1", "is_receipted": True} | more
    return Recording(began_at=NOON + began * HOUR, ended_at=NOON + ended * HOUR, **told)


def found(*recordings: Recording, around: Circumstances = WITH_CAMERA, **row: Any) -> Finding:
    return finding_of(call(**row), None, recordings, around, TOLERANCE)


ELIGIBILITY = Eligibility.of(["phone  REPORT"], ["cancelled"])


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ({}, None),
        ({"officer": ""}, Rule.NO_OFFICER),
        ({"dispatched_at": None}, Rule.NEVER_DISPATCHED),
        ({"dispatched_at": None, "kind": "self_initiated"}, None),
        ({"cleared_at": None}, Rule.NOT_CLEARED),
        ({"cleared_at": 24 * 30}, Rule.NOT_CLEARED),
        ({"cleared_at": -1}, Rule.CLEARED_BEFORE_IT_BEGAN),
        ({"cleared_at": 24.01}, Rule.TOO_LONG),
        ({"arrived_at": None}, None),
        ({"arrived_at": -1}, None),
        ({"type": "Phone Report"}, Rule.EXCLUDED_TYPE),
        ({"disposition": "CANCELLED"}, Rule.EXCLUDED_DISPOSITION),
        ({"officer": "99"}, Rule.UNKNOWN_OFFICER),
    ],
)
def test_each_row_counts_or_has_one_named_rule(row: dict[str, Any], rule: Rule | None) -> None:
    one = call(**row)
    assert excluded_by(one, ELIGIBILITY, NOW, officer_known=one.officer_id == "7") is rule


def test_a_recording_is_the_officers_whose_shift_had_the_camera_when_it_began() -> None:
    pool = Assignments([assigned("7", starts=-8, ends=0), assigned("8", starts=0.5, ends=8)])
    assert [pool.owners("C1", NOON + at * HOUR) for at in (-1, 0.1, 0.4, 7, 9.9, 10.1)] == [
        ["7"],
        ["7"],
        ["8"],
        ["8"],
        ["8"],
        [],
    ]
    assert pool.owners("C2", NOON) == []


def test_where_the_roster_gives_a_camera_to_two_at_once_both_are_covered() -> None:
    both = Assignments([assigned("7"), assigned("8")])
    footage = Footage([recording()], both)
    assert footage.overlapping("7", NOON, NOON + HOUR) == footage.overlapping("8", NOON, NOON + HOUR) != []


def test_a_recording_overlaps_with_its_edges_also_when_a_long_one_began_before_many_short_ones() -> None:
    short = [recording(-3 + number / 100, -3 + number / 100 + 0.001) for number in range(50)]
    footage = Footage([recording(-4, 0), recording(1, 1.5), *short], Assignments([assigned(starts=-6)]))
    assert [one.asset_id for one in footage.overlapping("7", NOON, NOON + HOUR)] == ["A-4", "A1"]


@pytest.mark.parametrize(
    ("recordings", "row", "result", "start", "end"),
    [
        ([recording(0, 1)], {}, Result.COVERED, Edge.IN_TIME, Edge.IN_TIME),
        ([recording(-1, 2)], {}, Result.COVERED, Edge.IN_TIME, Edge.IN_TIME),
        ([recording(0.1 + 1 / 60, 1 - 1 / 60)], {}, Result.COVERED, Edge.IN_TIME, Edge.IN_TIME),
        ([recording(0.12, 1)], {}, Result.LATE_START, Edge.LATE_START, Edge.IN_TIME),
        ([recording(0, 0.9)], {}, Result.EARLY_END, Edge.IN_TIME, Edge.EARLY_END),
        ([recording(0.5, 0.6)], {}, Result.LATE_START, Edge.LATE_START, Edge.EARLY_END),
        ([recording(0, 0.3), recording(0.6, 1)], {}, Result.COVERED, Edge.IN_TIME, Edge.IN_TIME),
        ([recording(0.5, 1)], {"arrived_at": None}, Result.COVERED, Edge.NO_ARRIVAL_TIME, Edge.IN_TIME),
        ([recording(0.5, 1)], {"arrived_at": -1}, Result.COVERED, Edge.ARRIVAL_OUT_OF_ORDER, Edge.IN_TIME),
        ([recording(0.5, 1)], {"arrived_at": None, "kind": "self_initiated"}, Result.LATE_START, Edge.LATE_START,
         Edge.IN_TIME),
        ([recording(0.5, 1, begin_is_known=False)], {}, Result.COVERED, Edge.START_UNKNOWN, Edge.IN_TIME),
        ([recording(0, 0, end_is_known=False)], {}, Result.COVERED, Edge.IN_TIME, Edge.END_UNKNOWN),
    ],
)  # fmt: skip
def test_a_recording_is_complete_late_or_short_or_it_cannot_be_said(
    recordings: list[Recording], row: dict[str, Any], result: Result, start: Edge, end: Edge
) -> None:
    one = found(*recordings, **row)
    assert (one.result, one.start, one.end) == (result, start, end)


def test_nobody_began_late_while_more_of_his_footage_may_come() -> None:
    one = found(recording(0.5, 0.6), around=Circumstances(has_camera=True, out=("C1",), verdicts=("pending",)))
    assert (one.result, one.start, one.end) == (
        Result.COVERED,
        Edge.FOOTAGE_OUTSTANDING,
        Edge.FOOTAGE_OUTSTANDING,
    )
    assert one.late_start_s is one.early_end_s is None


def test_footage_that_is_known_and_not_receipted_covers_nobody_yet() -> None:
    around = Circumstances(has_camera=True, waiting=("C1",))
    one = found(recording(is_receipted=False), around=around)
    assert (one.result, one.cause, one.awaits) == (Result.MISSING, Cause.IN_BACKLOG, "C1")


def test_causes_are_asked_for_in_their_order() -> None:
    everything: dict[str, Any] = {
        "has_camera": True,
        "out": ("C1",),
        "verdicts": ("outstanding",),
        "waiting": ("C1",),
        "is_documented": True,
    }
    steps: list[tuple[dict[str, Any], Cause]] = [
        ({}, Cause.CAMERA_NOT_DOCKED),
        ({"verdicts": ("indeterminate",)}, Cause.IN_BACKLOG),
        ({"waiting": ()}, Cause.DOCUMENTED_EXCEPTION),
        ({"is_documented": False}, Cause.STATION_NOT_WATCHING),
        ({"out": (), "verdicts": ()}, Cause.UNEXPLAINED),
        ({"has_camera": False}, Cause.NO_CAMERA_ASSIGNED),
    ]
    for change, cause in steps:
        everything |= change
        assert cause_of(Circumstances(**everything)) is cause


def test_a_dock_that_nobody_can_vouch_for_is_no_cameras_guilt() -> None:
    around = Circumstances(has_camera=True, out=("C1",), verdicts=("",))
    assert cause_of(around) is Cause.STATION_NOT_WATCHING


def docked(docked: float, until: float, **more: bool) -> tuple[str, Dock]:
    told = {"is_open": False, "is_drained": True, "left_files": False} | more
    return "C1", Dock(NOON + docked * HOUR, NOON + until * HOUR, **told)


@pytest.mark.parametrize(
    ("docks", "since", "waits"),
    [
        ([], False, False),
        ([docked(-3, 0.5)], False, False),
        ([docked(-3, 0.5), docked(6, 8)], True, False),
        ([docked(0.5, 1.5)], True, False),
        ([docked(6, 6.1, is_open=True, is_drained=False)], True, True),
        ([docked(6, 6.1, is_open=True)], True, False),
        ([docked(6, 7, is_drained=False, left_files=True)], True, True),
        ([docked(6, 7, is_drained=False, left_files=True), docked(9, 10)], True, False),
        ([docked(6, 7, is_drained=False)], True, False),
    ],
)
def test_what_a_camera_held_was_read_by_a_dock_since_then_or_waits(
    docks: list[tuple[str, Dock]], since: bool, waits: bool
) -> None:
    known = Docks(docks)
    assert (known.docked_since("C1", NOON + HOUR), known.waits("C1", NOON + HOUR)) == (since, waits)


def test_a_file_whose_time_nobody_knows_yet_waits() -> None:
    known = Docks([docked(6, 8)], [("C1", NOON + 6 * HOUR), ("C1", NOON - HOUR)])
    assert known.waits("C1", NOON + HOUR)
    assert not known.waits("C1", NOON + 7 * HOUR + MINUTE)
