"""What is learned later: nothing that was mailed stays wrong, and nothing is mailed of which news lies unread."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from central.answers.kinds import Kind
from central.answers.rights import Person
from central.config import Lateness
from central.judging.excuses import excuse_shift, withdraw_excuse
from central.judging.verdicts import current
from central.notices.handing_over import LETTER_SELDOM, is_to_come
from central.notices.models import Item
from central.roster.shifts import correct
from tests.answers.people import says
from tests.judging.court import DEADLINE, END, START, roster, watching
from tests.notices.desk import CAPTAIN, SUPERVISOR, Desk, configured, lines, unit
from tests.watching.telling import Telling, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_dir")]

DAY = 24 * 60


def told_of_a_camera_that_is_out(**more: object) -> tuple[Telling, Desk]:
    """East watches; the camera of S1 is taken and does not come back; its supervisor was told."""
    east, desk = watching(), Desk(configured(**more))
    desk.begin()
    roster("S1")
    east.undock(START, east.dock(START - 60, absent=START - 60))
    east.beat(DEADLINE + 20)
    desk.play(DEADLINE + 1)
    assert desk.says(DEADLINE + 16) == [("first", SUPERVISOR)]
    return east, desk


def test_a_shift_that_is_moved_into_the_future_accuses_nobody_any_more() -> None:
    _, desk = told_of_a_camera_that_is_out()
    week = 7 * DAY
    correct("S1", "lt@pd.example", at(DEADLINE + 20), starts_at=at(START + week), ends_at=at(END + week))
    desk.play(DEADLINE + 21)
    assert current("S1") is None
    assert desk.says(DEADLINE + 40) == [("withdrawn", SUPERVISOR)]


def test_a_camera_that_docks_after_months_is_cleared() -> None:
    east, desk = told_of_a_camera_that_is_out()
    for day in (34, 40):
        east.beat(DEADLINE + day * DAY)
        assert desk.says(DEADLINE + day * DAY + 1) == [("reminder", SUPERVISOR)]
    back = DEADLINE + 40 * DAY + 30
    east.dock(back, absent=back)
    east.beat(back + 1)
    desk.play(back + 2)
    assert desk.says(back + 20) == [("cleared", SUPERVISOR)]


def test_a_cleared_notice_is_withdrawn_when_another_dock_turns_out_to_have_had_it_in_time() -> None:
    east, desk = told_of_a_camera_that_is_out()
    west = watching("west")
    west.linked = False
    session = west.dock(END + 180, absent=END + 180)
    west.undock(END + 240, session)
    east.beat(DEADLINE + 100)
    east.dock(DEADLINE + 100, absent=DEADLINE + 100)
    desk.play(DEADLINE + 101)
    assert desk.says(DEADLINE + 120) == [("cleared", SUPERVISOR)]
    west.send(DEADLINE + DAY)
    desk.play(DEADLINE + DAY + 1)
    assert current("S1").verdict == "on_time"
    assert desk.says(DEADLINE + DAY + 20) == [("withdrawn", SUPERVISOR)]
    assert desk.says(DEADLINE + 2 * DAY + 20) == []


def test_a_cleared_word_is_not_lost_with_a_digest_that_is_taken_back() -> None:
    east, desk = watching(), Desk()
    desk.begin()
    roster("S1")
    roster("S2", camera_serial="C2", officer_id="8", ends=END + 60)
    east.beat(DEADLINE + 100)
    desk.play(DEADLINE + 1)
    assert desk.says(DEADLINE + 16) == [("first", SUPERVISOR)]
    east.dock(DEADLINE + 50, absent=DEADLINE + 50)
    desk.dead = True
    desk.play(DEADLINE + 61)
    (both,) = desk.play(DEADLINE + 76)
    assert set(lines(both)) == {("cleared", "C1"), ("first", "C2")}
    desk.play(DEADLINE + 77)
    east.dock(DEADLINE + 80, "C2", "1-2", absent=DEADLINE + 80)
    east.beat(DEADLINE + 100)
    said = [one for minute in (81, 82, 90, 100, 200) for one in desk.play(DEADLINE + minute)]
    assert [lines(one) for one in said] == [[("cleared", "C1")]]


def test_nobody_is_reminded_of_what_stations_have_not_told_since_central_was_away() -> None:
    """Central and its link were away for two days; the camera came back meanwhile."""
    unit(escalate_to=CAPTAIN)
    east, desk = told_of_a_camera_that_is_out()
    east.linked = False
    east.dock(DEADLINE + 600, absent=DEADLINE + 600)
    east.linked = True
    back = desk.up_since = DEADLINE + 3 * DAY
    assert desk.says(back) == []
    assert desk.says(back + 1) == []
    east.send(back + 1)
    east.beat(back + 2)
    desk.play(back + 3)
    assert sorted(desk.says(back + 30)) == [("cleared", SUPERVISOR)]


def test_a_word_about_another_officers_shift_stops_no_reminder_about_ones_own() -> None:
    """A sergeant's own camera is out; that somebody had it docked days ago is his to say, and changes nothing."""
    roster("S0", officer_id="8", starts=START - 5 * DAY, ends=END - 5 * DAY)
    east, desk = told_of_a_camera_that_is_out()
    east.beat(DEADLINE + 2 * DAY)
    sergeant = Person("lee@pd.example", frozenset({"supervisor"}), frozenset({"7"}))
    says(sergeant, Kind.SAID_DOCKED, DEADLINE + DAY, "S0")
    assert desk.says(DEADLINE + DAY + 20) == [("reminder", SUPERVISOR)]


def test_words_of_what_was_withdrawn_name_what_changed() -> None:
    _, desk = told_of_a_camera_that_is_out()
    desk.config = replace(desk.config, lateness=Lateness(grace=timedelta(hours=72)))
    desk.play(DEADLINE + 21)
    (withdrawn,) = desk.play(DEADLINE + 40)
    assert "What counts as late was changed" in withdrawn.text


def test_an_excuse_that_is_taken_back_at_once_is_no_mail_that_contradicts_itself() -> None:
    east, desk = told_of_a_camera_that_is_out()
    east.beat(DEADLINE + 2 * DAY)
    excuse = excuse_shift("S1", "C1", "court", "lt@pd.example", at(DEADLINE + 20))
    desk.play(DEADLINE + 21)
    withdraw_excuse(excuse.pk, "lt@pd.example", at(DEADLINE + 22))
    assert desk.says(DEADLINE + 23) == desk.says(DEADLINE + 60) == []
    assert Item.objects.get().state == Item.OPEN
    assert desk.says(DEADLINE + 16 + DAY) == [("reminder", SUPERVISOR)]


def test_an_excuse_that_is_taken_back_after_its_mail_is_a_first_notice_again() -> None:
    east, desk = told_of_a_camera_that_is_out()
    east.beat(DEADLINE + 2 * DAY)
    excuse = excuse_shift("S1", "C1", "court", "lt@pd.example", at(DEADLINE + 20))
    desk.play(DEADLINE + 21)
    assert desk.says(DEADLINE + 40) == [("withdrawn", SUPERVISOR)]
    withdraw_excuse(excuse.pk, "lt@pd.example", at(DEADLINE + 50))
    desk.play(DEADLINE + 51)
    assert desk.says(DEADLINE + 70) == [("first", SUPERVISOR)]


def test_an_officer_who_is_his_own_supervisor_is_not_the_only_one_who_is_told() -> None:
    unit(supervisor="Lee@pd.example", escalate_to=CAPTAIN)
    east, desk = watching(), Desk()
    desk.begin()
    roster("S1", supervisor_email="lee@pd.example")
    east.beat(DEADLINE + 20)
    desk.play(DEADLINE + 1)
    assert desk.says(DEADLINE + 16) == [("first", CAPTAIN)]


def test_a_reminder_says_which_station_was_not_heard_and_claims_nothing_since() -> None:
    east, desk = told_of_a_camera_that_is_out()
    (reminder,) = desk.play(DEADLINE + 17 + DAY)
    assert reminder.kind == "reminder"
    assert "nor since" not in reminder.text
    assert "nothing was heard from: east since" in reminder.text
    east.beat(DEADLINE + 2 * DAY + 18)
    (reminder,) = desk.play(DEADLINE + 18 + 2 * DAY)
    assert "nor since" in reminder.text


def test_what_was_put_off_by_a_clock_that_was_days_ahead_is_tried_at_once() -> None:
    assert is_to_come(at(30), LETTER_SELDOM, at(0))
    assert not is_to_come(at(2 * DAY), LETTER_SELDOM, at(0))
    assert not is_to_come(at(-1), LETTER_SELDOM, at(0))
    assert not is_to_come(None, LETTER_SELDOM, at(0))
