"""Every timeline of the policy's table, row by row (docs/timeliness.md). Grace is 24 h; A's shift ends at 16:00."""

from __future__ import annotations

from datetime import timedelta

from central.timeliness.judgement import NOT_DRAINED
from central.timeliness.verdict import Cause, Indeterminate, Late, NoDuty, OnTime, Outstanding
from tests.timeliness.story import HOUR, MINUTE, charges, clock, docks, down, judged, shift, station

DAY_SHIFT = shift("08:00", "16:00")


def causes(verdict: object) -> set[Cause]:
    assert isinstance(verdict, Indeterminate), verdict
    return {why.cause for why in verdict.why}


def test_a_camera_docked_before_the_end_that_stays_is_on_time_from_when_it_docked() -> None:
    assert judged(DAY_SHIFT, docks("15:40")).verdict == OnTime(clock("15:40"))


def test_charging_at_noon_is_not_the_return() -> None:
    assert judged(DAY_SHIFT, charges("12:00", "12:30"), docks("18:00")).verdict == OnTime(clock("18:00"))


def test_a_camera_that_charged_at_noon_and_never_came_back_is_outstanding() -> None:
    answer = judged(DAY_SHIFT, charges("12:00", "12:30"), at="+1 16:01")
    assert answer.verdict == Outstanding(MINUTE)


def test_in_a_pool_the_next_officer_owes_the_rest() -> None:
    pool = (DAY_SHIFT, shift("15:45", "23:45", officer="B"), docks("15:30", "15:50"))
    assert judged(*pool).verdict == OnTime(clock("15:30"))
    assert judged(*pool, who="B").verdict == Outstanding(clock("+3 12:00") - clock("+1 23:45"))


def test_ten_seconds_in_the_dock_are_a_return_though_nothing_was_copied() -> None:
    answer = judged(DAY_SHIFT, docks("16:10:00", "16:10:10", drained=False))
    assert answer.verdict == OnTime(clock("16:10"))
    assert answer.flags == (NOT_DRAINED,)


def test_a_double_shift_is_one_duty() -> None:
    answer = judged(DAY_SHIFT, shift("16:00", "+1 00:00"), docks("+1 00:20"))
    assert answer.verdict == OnTime(clock("+1 00:20"))
    assert answer.deadline == clock("+2 00:00")


def test_a_dock_exactly_at_the_deadline_is_on_time() -> None:
    assert judged(DAY_SHIFT, docks("+1 16:00:00")).verdict == OnTime(clock("+1 16:00"))
    assert judged(DAY_SHIFT, docks("+1 16:00:01")).verdict == Late(timedelta(seconds=1))


def test_a_dock_within_the_clocks_error_of_the_deadline_is_indeterminate() -> None:
    wrong = station("east", uncertain=5 * MINUTE)
    for seen in ("+1 15:56", "+1 16:00", "+1 16:04", "+1 16:05"):
        assert causes(judged(DAY_SHIFT, wrong, docks(seen)).verdict) == {Cause.DOCK_UNCERTAIN}
    assert judged(DAY_SHIFT, wrong, docks("+1 15:55")).verdict == OnTime(clock("+1 15:55"))
    assert judged(DAY_SHIFT, wrong, docks("+1 16:06")).verdict == Late(MINUTE)


def test_a_late_dock_elsewhere_says_nothing_while_home_was_silent() -> None:
    west = station("west")
    answer = judged(DAY_SHIFT, west, docks("+1 18:00", station="west"), down("-1 00:00"))
    assert causes(answer.verdict) == {Cause.UNWATCHED}


def test_officers_who_hand_over_by_hand_are_not_accused_and_not_named() -> None:
    hands = (DAY_SHIFT, shift("16:00", "+1 00:00", officer="B"), docks("+1 17:00"))
    assert causes(judged(*hands).verdict) == {Cause.TWO_OFFICERS}
    assert "B" not in repr(judged(*hands).verdict)
    assert judged(*hands, who="B").verdict == OnTime(clock("+1 17:00"))


def test_an_outage_around_duty_end_hides_whether_it_was_still_there() -> None:
    gone = docks("15:40", "16:05", last_present="15:55")
    answer = judged(DAY_SHIFT, gone, down("15:55", "16:05"))
    assert Cause.UNDOCK_UNCERTAIN in causes(answer.verdict)


def test_a_camera_found_after_an_outage_over_the_deadline_is_not_late() -> None:
    found = docks("+1 17:00", absent_until="+1 12:00")
    answer = judged(DAY_SHIFT, found, down("+1 12:00", "+1 17:00"))
    assert causes(answer.verdict) == {Cause.DOCK_UNCERTAIN, Cause.UNWATCHED}


def test_two_unwatched_minutes_with_proven_absence_on_both_sides_are_tolerated_and_listed() -> None:
    answer = judged(DAY_SHIFT, docks("+1 18:00"), down("23:00", "23:02"))
    assert answer.verdict == Late(2 * HOUR)
    assert [(gap.bay, gap.since, gap.until) for gap in answer.tolerated] == [
        (bay, clock("23:00"), clock("23:02")) for bay in ("Bay 1", "Bay 2")
    ]


def test_a_home_station_silent_from_before_the_end_accuses_nobody() -> None:
    answer = judged(DAY_SHIFT, down("15:00"))
    assert causes(answer.verdict) == {Cause.UNWATCHED}
    assert {(why.station, why.bay) for why in answer.plain.why} == {("east", "Bay 1"), ("east", "Bay 2")}  # type: ignore[union-attr]


def test_a_dock_at_any_other_station_is_a_return() -> None:
    assert judged(DAY_SHIFT, station("west"), docks("19:00", station="west")).verdict == OnTime(clock("19:00"))


def test_a_station_that_cannot_be_heard_matters_only_if_the_camera_docked_there_lately() -> None:
    cut = station("west", linked_until="12:00")
    before = docks("-20 16:00", "-19 08:00", station="west")
    assert causes(judged(DAY_SHIFT, cut, before).verdict) == {Cause.UNWATCHED}
    assert isinstance(judged(DAY_SHIFT, cut).verdict, Outstanding)
    # The link comes back, and with it what the station saw: the notice is withdrawn.
    assert judged(DAY_SHIFT, station("west"), docks("19:00", station="west")).verdict == OnTime(clock("19:00"))


def test_a_camera_that_never_left_the_dock_owes_nothing() -> None:
    assert judged(DAY_SHIFT, docks("-1 16:30", "+1 07:50")).verdict == NoDuty()


def test_a_corrected_shift_is_judged_again_from_its_new_end() -> None:
    late = docks("+1 18:00")
    assert judged(DAY_SHIFT, late).verdict == Late(2 * HOUR)
    assert judged(shift("08:00", "20:00"), late).verdict == OnTime(clock("+1 18:00"))
