"""What the policy answers where people disagree: double shifts, pools, other stations, corrections, excuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from central.timeliness.duty import duties_of
from central.timeliness.judgement import ARRIVAL_ONLY, NOT_DRAINED
from central.timeliness.policy import Policy
from central.timeliness.verdict import Cause, Excused, Indeterminate, Late, NoDuty, OnTime, Outstanding, Pending
from tests.timeliness.story import (
    HOUR,
    MINUTE,
    POLICY,
    charges,
    clock,
    docks,
    down,
    excuse,
    judged,
    shift,
    station,
)
from tests.timeliness.test_table import causes

DAY_SHIFT = shift("08:00", "16:00")
STRICT = Policy(gap_tolerance=timedelta(0))


# --- shifts and duties


def test_shifts_merge_up_to_the_merge_gap_and_no_further() -> None:
    assert len(duties_of([DAY_SHIFT, shift("18:00", "22:00")])) == 1
    assert len(duties_of([DAY_SHIFT, shift("18:01", "22:00")])) == 2


def test_another_officers_shift_between_keeps_two_shifts_apart() -> None:
    pool = [shift("08:00", "12:00"), shift("12:00", "13:00", officer="B"), shift("13:00", "17:00")]
    assert [duty.officer for duty in duties_of(pool)] == ["A", "B", "A"]


def test_a_shift_inside_another_shortens_no_duty() -> None:
    (duty,) = duties_of([DAY_SHIFT, shift("10:00", "12:00")])
    assert (duty.starts_at, duty.ends_at) == (clock("08:00"), clock("16:00"))


def test_a_shift_over_midnight_is_one_duty_with_one_deadline() -> None:
    night = shift("22:00", "+1 06:00")
    assert judged(night, docks("+2 06:00")).verdict == OnTime(clock("+2 06:00"))


def test_an_officer_with_two_cameras_owes_each_of_them() -> None:
    duties = duties_of([DAY_SHIFT, shift("08:00", "16:00", camera="0413")])
    assert [duty.camera for duty in duties] == ["0412", "0413"]


def test_a_unit_may_want_the_camera_by_the_end_of_the_tour() -> None:
    at_once = Policy(grace=timedelta(0))
    assert judged(DAY_SHIFT, docks("16:00"), policy=at_once).verdict == OnTime(clock("16:00"))
    assert judged(DAY_SHIFT, docks("16:01"), policy=at_once).verdict == Late(MINUTE)


# --- one camera, several officers


def test_two_officers_with_a_dock_between_each_answer_for_their_own() -> None:
    pool = (DAY_SHIFT, shift("16:30", "+1 00:30", officer="B"), docks("16:10", "16:40"), docks("+2 02:30"))
    assert judged(*pool).verdict == OnTime(clock("16:10"))
    assert judged(*pool, who="B").verdict == Late(2 * HOUR)


def test_an_officer_who_never_got_the_camera_is_not_accused_of_it() -> None:
    kept = (DAY_SHIFT, shift("16:30", "+1 00:30", officer="B"), docks("-1 17:00", "07:55"))
    assert causes(judged(*kept, who="B").verdict) == {Cause.TWO_OFFICERS}


def test_a_later_officers_duty_after_the_deadline_changes_nothing() -> None:
    assert isinstance(judged(DAY_SHIFT, shift("+1 17:01", "+2 01:00", officer="B")).verdict, Outstanding)
    assert causes(judged(DAY_SHIFT, shift("+1 17:00", "+2 01:00", officer="B")).verdict) == {Cause.TWO_OFFICERS}


def test_the_same_officers_next_shift_is_no_hand_over() -> None:
    assert isinstance(judged(DAY_SHIFT, shift("+1 08:00", "+1 16:00")).verdict, Outstanding)


def test_an_officer_whose_colleague_brought_the_camera_late_and_left_it_docked_has_no_duty() -> None:
    spare = (DAY_SHIFT, shift("15:45", "23:45", officer="B"), docks("-1 17:00", "07:50"), docks("16:10", "+1 07:50"))
    assert judged(*spare).verdict == OnTime(clock("16:10"))
    assert judged(*spare, who="B").verdict == NoDuty()


def test_a_camera_taken_by_the_next_officer_straight_from_an_untouched_dock_was_nobodys_duty_before() -> None:
    pool = (DAY_SHIFT, shift("15:45", "23:45", officer="B"), docks("-1 17:00", "15:50"), docks("23:50"))
    assert judged(*pool).verdict == NoDuty()
    assert judged(*pool, who="B").verdict == OnTime(clock("23:50"))


def test_two_officers_on_the_roster_at_the_same_minute_are_neither_accused() -> None:
    clash = (DAY_SHIFT, shift("08:00", "16:00", officer="B"), docks("-1 17:00", "07:55"))
    assert causes(judged(*clash).verdict) == causes(judged(*clash, who="B").verdict) == {Cause.TWO_OFFICERS}


# --- docks


def test_a_dock_until_exactly_the_end_counts() -> None:
    assert judged(DAY_SHIFT, docks("15:00", "16:00")).verdict == OnTime(clock("15:00"))
    assert isinstance(judged(DAY_SHIFT, docks("15:00", "15:59")).verdict, Outstanding)


def test_docked_in_mid_shift_then_taken_out_again_is_still_owed() -> None:
    assert isinstance(judged(DAY_SHIFT, docks("09:00", "10:00"), docks("12:00", "12:30")).verdict, Outstanding)


def test_a_camera_that_never_left_owes_nothing_though_nothing_was_recorded() -> None:
    assert judged(DAY_SHIFT, docks("08:00", "16:00")).verdict == NoDuty()
    assert judged(DAY_SHIFT, docks("08:01", "16:00")).verdict == OnTime(clock("08:01"))


def test_a_docked_camera_that_cannot_be_read_is_on_time_and_flagged() -> None:
    answer = judged(DAY_SHIFT, docks("16:10", "+1 07:00", drained=False))
    assert (answer.verdict, answer.flags) == (OnTime(clock("16:10")), (NOT_DRAINED,))


def test_a_camera_still_in_its_bay_is_not_flagged_while_it_is_copied() -> None:
    assert judged(DAY_SHIFT, docks("16:10", drained=False)).flags == ()


def test_files_in_a_drop_folder_acquit_and_prove_nothing_else() -> None:
    west = station("west")
    in_time = docks("18:00", station="west", proves_dock=False, absent_until=None)
    assert judged(DAY_SHIFT, west, in_time).verdict == OnTime(clock("18:00"))
    assert judged(DAY_SHIFT, west, in_time).flags == (ARRIVAL_ONLY,)
    after = docks("+1 18:00", station="west", proves_dock=False, absent_until=None)
    assert causes(judged(DAY_SHIFT, west, after).verdict) == {Cause.DOCK_UNCERTAIN}
    all_day = docks("07:00", station="west", proves_dock=False, absent_until=None)
    assert judged(DAY_SHIFT, all_day, west).verdict != NoDuty()


def test_files_from_a_station_with_a_wrong_clock_acquit_only_beyond_its_error() -> None:
    west = station("west", uncertain=5 * MINUTE)
    for seen, acquits in (("16:04", False), ("16:05", True), ("+1 15:55", True), ("+1 15:56", False)):
        files = docks(seen, station="west", proves_dock=False, absent_until=None)
        assert isinstance(judged(DAY_SHIFT, west, files).verdict, OnTime) == acquits


def test_a_first_look_that_finds_the_camera_after_the_deadline_is_not_late() -> None:
    found = docks("+1 18:00", station="west", absent_until=None)
    assert Cause.DOCK_UNCERTAIN in causes(judged(DAY_SHIFT, station("west", since="+1 18:00"), found).verdict)


def test_a_camera_seen_docking_elsewhere_has_left_the_station_that_died() -> None:
    dead, seen_again = docks("-40 10:00", station="west"), docks("-39 10:00", "07:55")
    gone = (station("west", linked_until="-40 12:00"), dead)
    assert isinstance(judged(DAY_SHIFT, *gone, seen_again).verdict, Outstanding)
    assert isinstance(judged(DAY_SHIFT, *gone).verdict, Indeterminate)


def test_two_stations_that_both_have_the_camera_accuse_nobody() -> None:
    still_here, seen_elsewhere = docks("15:40"), docks("15:50", "15:55", station="west")
    assert judged(DAY_SHIFT, station("west"), still_here, seen_elsewhere).verdict == OnTime(clock("15:40"))


def test_a_dock_found_again_by_a_wrong_clock_does_not_end_a_later_one() -> None:
    wrong = station("west", uncertain=10 * MINUTE)
    west = docks("10:00", "15:07", station="west")
    east = docks("15:10")
    assert (
        judged(DAY_SHIFT, wrong, west, east, down("15:00", "15:04", station="west"), policy=STRICT).plain.name
        == "on_time"
    )


def test_uncertain_ends_do_not_matter_when_another_return_is_on_time() -> None:
    gone = docks("15:40", "16:05", last_present="15:55")
    assert judged(DAY_SHIFT, gone, down("15:55", "16:05"), docks("20:00")).verdict == OnTime(clock("20:00"))


# --- watching


def test_a_short_gap_in_a_dock_does_not_break_it_and_a_long_one_does() -> None:
    here = docks("-1 17:00", "+1 07:00")
    assert judged(DAY_SHIFT, here, down("11:00", "11:15")).verdict == NoDuty()
    assert judged(DAY_SHIFT, here, down("11:00", "11:16")).verdict == OnTime(clock("11:16"))


def test_a_camera_docked_on_both_sides_of_a_days_outage_is_not_proven_to_have_stayed() -> None:
    answer = judged(DAY_SHIFT, docks("-1 17:00", "+2 07:00"), down("07:00", "+1 17:00"))
    assert causes(answer.verdict) >= {Cause.UNDOCK_UNCERTAIN, Cause.DOCK_UNCERTAIN}


def test_a_clocks_error_does_not_hide_an_outage_that_begins_soon_after_the_dock() -> None:
    wrong, found_again = station("east", uncertain=10 * MINUTE), docks("09:00", "+1 20:00")
    answer = judged(DAY_SHIFT, wrong, found_again, down("09:05", "+1 18:00"))
    assert causes(answer.verdict) >= {Cause.UNDOCK_UNCERTAIN, Cause.DOCK_UNCERTAIN}


@pytest.mark.parametrize(("until", "tolerated"), [("23:15", True), ("23:16", False)])
def test_gaps_of_a_bay_together_must_not_exceed_the_tolerance(until: str, tolerated: bool) -> None:
    answer = judged(DAY_SHIFT, down("18:00", "18:10"), down("23:10", until))
    assert isinstance(answer.verdict, Outstanding) == tolerated


def test_each_bay_has_its_own_tolerance_and_a_broken_bay_spoils_the_verdict() -> None:
    one_each = (down("18:00", "18:15", bay="Bay 1"), down("19:00", "19:15", bay="Bay 2"))
    assert len(judged(DAY_SHIFT, *one_each).tolerated) == 2
    broken = judged(DAY_SHIFT, down("12:00", None, bay="Bay 2"))
    assert [why.bay for why in broken.plain.why] == ["Bay 2"]  # type: ignore[union-attr]


def test_strict_means_no_gap_at_all() -> None:
    assert isinstance(judged(DAY_SHIFT, policy=STRICT).verdict, Outstanding)
    assert causes(judged(DAY_SHIFT, down("23:00", "23:01"), policy=STRICT).verdict) == {Cause.UNWATCHED}


def test_no_tolerance_swallows_a_short_grace() -> None:
    hasty = Policy(grace=20 * MINUTE)
    assert isinstance(judged(DAY_SHIFT, down("16:05", "16:10"), policy=hasty).verdict, Outstanding)
    assert causes(judged(DAY_SHIFT, down("16:05", "16:11"), policy=hasty).verdict) == {Cause.UNWATCHED}


def test_a_gap_that_ends_with_the_camera_found_is_never_tolerated() -> None:
    found = docks("23:02", "23:05", station="east", absent_until="23:00")
    assert judged(DAY_SHIFT, found, down("23:00", "23:02")).verdict == OnTime(clock("23:02"))
    over = docks("+1 16:01", absent_until="+1 15:59")
    assert Cause.UNWATCHED in causes(judged(DAY_SHIFT, over, down("+1 15:59", "+1 16:01")).verdict)


def test_watching_counts_from_when_the_next_officer_might_have_taken_the_camera() -> None:
    pool = (DAY_SHIFT, shift("16:30", "23:45", officer="A2"))
    assert judged(*pool).counts_from == clock("15:30")
    assert judged(DAY_SHIFT).counts_from == clock("16:00")


def test_duties_from_before_the_first_watch_accuse_nobody_unless_a_dock_acquits() -> None:
    new = station("east", since="20:00")
    assert causes(judged(DAY_SHIFT, new).verdict) == {Cause.UNWATCHED}
    assert judged(DAY_SHIFT, new, docks("20:00", absent_until=None)).verdict == OnTime(clock("20:00"))


def test_without_any_relevant_station_nothing_can_be_said() -> None:
    homeless = shift("08:00", "16:00", home=())
    assert causes(judged(homeless).verdict) == {Cause.NO_STATION}
    assert isinstance(judged(homeless, docks("-5 10:00", "-4 10:00")).verdict, Outstanding)
    assert causes(judged(homeless, docks("-31 10:00", "-30 15:59")).verdict) == {Cause.NO_STATION}


def test_a_home_station_that_never_spoke_spoils_every_accusation() -> None:
    answer = judged(shift("08:00", "16:00", home=("east", "north")))
    assert [(why.station, why.bay) for why in answer.plain.why] == [("north", None)]  # type: ignore[union-attr]


def test_gaps_after_the_deadline_are_listed_beside_how_late() -> None:
    answer = judged(DAY_SHIFT, docks("+3 10:00"), down("+2 00:00", "+2 06:00", bay="Bay 1"))
    assert answer.verdict == Late(clock("+3 10:00") - clock("+1 16:00"))
    assert [(gap.bay, gap.since) for gap in answer.since_deadline] == [("Bay 1", clock("+2 00:00"))]


def test_outstanding_runs_only_as_far_as_all_relevant_docks_have_watched() -> None:
    dead_after = down("+1 18:00", None, bay="Bay 2")
    assert judged(DAY_SHIFT, dead_after).verdict == Outstanding(2 * HOUR)


# --- when


def test_before_the_deadline_it_is_pending_whatever_else_is_unknown() -> None:
    assert judged(DAY_SHIFT, down("09:00"), at="+1 15:59").verdict == Pending()


def test_past_the_deadline_it_waits_for_stations_that_still_speak_and_not_for_silent_ones() -> None:
    cut = station("east", linked_until="+1 15:50")
    assert judged(DAY_SHIFT, cut, at="+1 16:04").verdict == Pending(("east",))
    assert causes(judged(DAY_SHIFT, cut, at="+1 16:05").verdict) == {Cause.UNWATCHED}
    assert judged(DAY_SHIFT, at="+1 16:00").verdict == Pending(("east",))


def test_the_same_duty_is_judged_again_when_a_silent_station_is_heard() -> None:
    silent = judged(DAY_SHIFT, down("12:00"))
    heard = judged(DAY_SHIFT, docks("+1 19:00"))
    assert (silent.plain.name, heard.plain.name) == ("indeterminate", "late")


def test_an_assignment_changed_afterwards_moves_the_duty_to_the_other_officer() -> None:
    swapped = shift("08:00", "16:00", officer="B")
    assert judged(DAY_SHIFT, docks("+1 17:00")).verdict == judged(swapped, docks("+1 17:00"), who="B").verdict


# --- excuses


@pytest.mark.parametrize("reason", ["repair", "leave", "court", "evidence hold", "lost", "dock full"])
def test_an_excuse_lies_over_the_plain_verdict_and_does_not_hide_it(reason: str) -> None:
    answer = judged(DAY_SHIFT, docks("+1 18:00"), excuse(reason, since="+1 09:00", until="+1 17:00"))
    assert answer.verdict == Excused(reason)
    assert answer.plain == Late(2 * HOUR)


def test_an_excuse_of_one_shift_excuses_no_other() -> None:
    mine = excuse("court", shift_id="one")
    assert judged(shift("08:00", "16:00", name="one"), mine).verdict == Excused("court")
    assert isinstance(judged(shift("08:00", "16:00", name="two"), mine).verdict, Outstanding)
    both = (shift("08:00", "12:00", name="one"), shift("12:00", "16:00", name="two"))
    assert judged(*both, mine).verdict == Excused("court")


@pytest.mark.parametrize(
    ("span", "covers"),
    [
        ({"since": "+1 16:00", "until": "+1 16:00"}, True),
        ({"since": "+1 16:01"}, False),
        ({"since": "09:00"}, True),
        ({"since": "09:00", "until": "+1 15:59"}, False),
        ({"until": "+5 00:00"}, False),
    ],
)
def test_an_excuse_for_a_span_must_hold_the_deadline(span: dict[str, str], covers: bool) -> None:
    assert isinstance(judged(DAY_SHIFT, excuse("repair", **span)).verdict, Excused) == covers


def test_units_that_differ_are_read_in_the_officers_favour() -> None:
    one = replace(DAY_SHIFT, policy=replace(POLICY, merge_gap=3 * HOUR, early_tolerance=MINUTE))
    two = replace(shift("19:00", "22:00"), policy=replace(POLICY, grace=48 * HOUR))
    (duty,) = duties_of([one, two])
    assert duty.deadline == clock("+2 22:00")
    assert duty.takes_from == clock("07:59")
    charges_only = judged(DAY_SHIFT, charges("12:00", "12:30"))
    assert isinstance(charges_only.verdict, Outstanding)
