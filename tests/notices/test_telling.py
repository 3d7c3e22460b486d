"""Who hears what, from the verdict to the mail: over real rows, by the real judging."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from central.alarms.watch import _channels
from central.judging.excuses import excuse_shift
from central.judging.models import Judgement
from central.notices.models import Item, Notice
from central.notices.telling import tell
from central.roster.models import Unit
from central.roster.shifts import correct
from tests.judging.court import DEADLINE, END, LONG_AGO, START, roster, watching
from tests.notices.desk import CAPTAIN, DESK, IT, SUPERVISOR, Desk, configured, lines, unit
from tests.watching.telling import Telling, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_dir")]

DELAY, DAY = 15, 24 * 60


def a_camera_that_stays_out(*, until: float = DEADLINE + 100 * DAY) -> tuple[Telling, Desk]:
    """East watches all the time; the camera of S1 is taken before its shift and does not come back."""
    east, desk = watching(), Desk()
    desk.begin()
    roster("S1")
    east.undock(START, east.dock(START - 60, absent=START - 60))
    east.beat(until)
    return east, desk


def test_a_camera_that_stays_out_reaches_its_supervisor_once_the_delay_has_passed() -> None:
    east, desk = watching(), Desk()
    desk.begin()
    roster("S1")
    east.beat(DEADLINE + 20)
    assert desk.says(DEADLINE - 1) == []
    assert desk.says(DEADLINE + 1) == []
    assert Item.objects.get().state == Item.OPEN
    (notice,) = desk.play(DEADLINE + 1 + DELAY)
    assert (notice.kind, notice.recipient) == ("first", SUPERVISOR)
    assert "C1" in notice.text
    assert "Kim Lee" not in notice.subject
    assert desk.says(DEADLINE + 2 + DELAY) == []


def test_a_camera_that_docks_late_is_cleared_once_in_the_same_thread_with_how_late() -> None:
    east, desk = watching(), Desk()
    desk.begin()
    roster("S1")
    east.beat(DEADLINE + 20)
    desk.play(DEADLINE + 1)
    (first,) = desk.play(DEADLINE + 16)
    east.beat(DEADLINE + 192)
    east.dock(DEADLINE + 192, absent=DEADLINE + 192)
    assert desk.says(DEADLINE + 193) == []
    (cleared,) = desk.play(DEADLINE + 193 + DELAY)
    assert (cleared.kind, cleared.recipient) == ("cleared", SUPERVISOR)
    assert "3 h 12 min" in cleared.subject
    assert (cleared.in_reply_to, cleared.references) == (first.message_id, [first.message_id])
    assert desk.says(DEADLINE + 3 * DAY) == []
    assert Item.objects.get().done_at is not None


def test_a_camera_that_docks_before_the_digest_leaves_is_nobodys_news() -> None:
    east, desk = watching(), Desk()
    desk.begin()
    roster("S1")
    east.beat(DEADLINE + 5)
    desk.play(DEADLINE + 5)
    east.dock(DEADLINE + 6, absent=DEADLINE + 6)
    assert desk.says(DEADLINE + 7) == []
    assert desk.says(DEADLINE + 60) == []
    assert Item.objects.get().state == Item.CLEARED


def test_a_verdict_that_was_wrong_is_withdrawn_with_its_reason() -> None:
    east, west, desk = watching(), watching("west"), Desk()
    desk.begin()
    roster("S1")
    east.beat(DEADLINE + 30)
    desk.play(DEADLINE + 1)
    desk.play(DEADLINE + 16)
    west.dock(END + 180, absent=END + 180)
    desk.play(DEADLINE + 40)
    (withdrawn,) = desk.play(DEADLINE + 60)
    assert withdrawn.kind == "withdrawn"
    assert "docked at west" in withdrawn.text


@pytest.mark.parametrize("what", ["excused", "moved", "cancelled", "other_camera"])
def test_whatever_takes_a_verdict_back_withdraws_its_notice_once(what: str) -> None:
    _, desk = a_camera_that_stays_out()
    desk.play(DEADLINE + 1)
    assert desk.says(DEADLINE + 16) == [("first", SUPERVISOR)]
    said_at = at(DEADLINE + 20)
    changes = {"moved": {"ends_at": at(END + 48 * 60)}, "cancelled": {"status": "cancelled"}}
    if what == "excused":
        excuse_shift("S1", "C1", "court", "lt@pd.example", said_at)
    else:
        correct("S1", "lt@pd.example", said_at, **changes.get(what, {"camera_serial": "C2"}))
    desk.play(DEADLINE + 21)
    (withdrawn,) = [one for one in desk.play(DEADLINE + 40) if ("withdrawn", "C1") in lines(one)]
    words = {"excused": "court", "moved": "corrected", "cancelled": "roster", "other_camera": "C2"}
    assert words[what] in withdrawn.text
    assert (("first", "C2") in lines(withdrawn)) == (what == "other_camera")
    assert not [one for one in desk.play(DEADLINE + 60) if ("withdrawn", "C1") in lines(one)]


def test_reminders_come_once_a_day_and_stop_with_the_dock() -> None:
    _, desk = a_camera_that_stays_out()
    desk.play(DEADLINE + 1)
    desk.play(DEADLINE + 16)
    assert desk.says(DEADLINE + 15 + DAY) == []
    assert desk.says(DEADLINE + 16 + DAY) == [("reminder", SUPERVISOR)]
    assert desk.says(DEADLINE + 17 + DAY) == []
    assert desk.says(DEADLINE + 16 + 2 * DAY) == [("reminder", SUPERVISOR)]


def test_a_unit_escalates_after_two_days_and_all_who_were_told_hear_that_it_is_cleared() -> None:
    unit(escalate_to=CAPTAIN)
    east, desk = a_camera_that_stays_out(until=DEADLINE + 3 * DAY)
    desk.play(DEADLINE + 1)
    (first,) = desk.play(DEADLINE + 16)
    assert CAPTAIN in first.text
    desk.play(DEADLINE + 16 + DAY)
    assert [kind for kind, _ in desk.says(DEADLINE + 2 * DAY)] == []
    (escalation,) = [one for one in desk.play(DEADLINE + 1 + 2 * DAY) if one.kind == "escalation"]
    assert escalation.recipient == CAPTAIN
    assert SUPERVISOR in escalation.text
    desk.play(DEADLINE + 2 * DAY + 20)
    east.dock(DEADLINE + 3 * DAY, absent=DEADLINE + 3 * DAY)
    desk.play(DEADLINE + 3 * DAY + 1)
    assert sorted(desk.says(DEADLINE + 3 * DAY + 16)) == [("cleared", CAPTAIN), ("cleared", SUPERVISOR)]


def test_nothing_goes_over_the_head_of_a_supervisor_before_his_own_duty_time() -> None:
    """The unit's next shift begins four days after the deadline: until then nobody there has read a digest."""
    unit(escalate_to=CAPTAIN)
    _, desk = a_camera_that_stays_out()
    monday = DEADLINE + 4 * DAY
    roster("S9", starts=monday, ends=monday + 480, camera_serial="C9", officer_id="9")
    for minute in (1, 16, 2 * DAY + 1, 3 * DAY):
        assert ("escalation", CAPTAIN) not in desk.says(DEADLINE + minute)
    assert ("escalation", CAPTAIN) not in desk.says(monday + 5 * 60)
    assert ("escalation", CAPTAIN) in desk.says(monday + 6 * 60)


def test_an_address_that_is_read_at_any_hour_is_told_too_and_counts_as_read() -> None:
    unit(escalate_to=CAPTAIN, on_duty=DESK)
    _, desk = a_camera_that_stays_out()
    monday = DEADLINE + 4 * DAY
    roster("S9", starts=monday, ends=monday + 480, camera_serial="C9", officer_id="9")
    desk.play(DEADLINE + 1)
    assert sorted(desk.says(DEADLINE + 16)) == [("first", SUPERVISOR), ("first", DESK)]
    assert ("escalation", CAPTAIN) in desk.says(DEADLINE + 2 * DAY + 1)


def test_without_any_supervisor_it_is_told_and_told_that_nobody_else_is_named() -> None:
    east, desk = watching(), Desk()
    desk.begin()
    roster("S1", supervisor_email="")
    east.beat(DEADLINE + 20)
    desk.play(DEADLINE + 1)
    (notice,) = desk.play(DEADLINE + 16)
    assert notice.recipient == IT
    assert "nobody else" in notice.text


def test_a_silent_station_makes_nobody_a_culprit() -> None:
    east, desk = watching(), Desk()
    desk.begin()
    roster("S1")
    roster("S2", camera_serial="C2", officer_id="8")
    east.beat(END - 60)
    for minute in (DEADLINE + 1, DEADLINE + 60, DEADLINE + DAY, DEADLINE + 10 * DAY):
        assert desk.says(minute) == []
    assert not Item.objects.exists()


def test_an_indeterminate_camera_is_a_line_in_anothers_digest() -> None:
    east, west, desk = watching(), watching("west"), Desk()
    desk.begin()
    roster("S1")
    roster("S2", camera_serial="0391", officer_id="8", stations=("west",))
    east.beat(DEADLINE + 20)
    west.beat(END - 60)
    desk.play(DEADLINE + 1)
    (notice,) = desk.play(DEADLINE + 16)
    assert lines(notice) == [("first", "C1")]
    assert "Not judged: 0391 (west" in notice.text
    assert "1 of your 2 cameras" in notice.text


def test_what_was_due_before_notices_were_switched_on_is_nobodys_news() -> None:
    east, desk = watching(), Desk()
    roster("S1")
    east.beat(DEADLINE + 20)
    desk.begin(DEADLINE + 1)
    assert desk.says(DEADLINE + 30) == []
    assert desk.says(DEADLINE + 5 * DAY) == []
    assert not Item.objects.exists()


def test_shadow_writes_every_mail_and_hands_none_over() -> None:
    east, _ = watching(), None
    desk = Desk(configured(mode="shadow"))
    desk.begin()
    roster("S1")
    east.beat(DEADLINE + 3 * DAY)
    desk.play(DEADLINE + 1)
    assert desk.says(DEADLINE + 16) == [("first", SUPERVISOR)]
    assert desk.says(DEADLINE + 16 + DAY) == [("reminder", SUPERVISOR)]
    assert not Notice.objects.exclude(mode="shadow", sent_at=None).exists()


def test_one_digest_names_all_cameras_of_a_unit_and_units_do_not_mix() -> None:
    east, desk = watching(), Desk()
    desk.begin()
    roster("S1")
    roster("S2", camera_serial="C2", officer_id="8")
    roster("S3", camera_serial="C3", officer_id="9", unit="West")
    east.beat(DEADLINE + 20)
    desk.play(DEADLINE + 1)
    found = {notice.unit: lines(notice) for notice in desk.play(DEADLINE + 16)}
    assert found == {"East": [("first", "C1"), ("first", "C2")], "West": [("first", "C3")]}


def test_more_cameras_than_a_storm_are_one_summary_with_a_table_and_it_is_told_too() -> None:
    east, desk = watching(), Desk(configured(storm=2))
    desk.begin()
    for number in range(3):
        roster(f"S{number}", camera_serial=f"C{number}", officer_id=f"{number}")
    east.beat(DEADLINE + 20)
    desk.play(DEADLINE + 1)
    summary, to_it = desk.play(DEADLINE + 16)
    assert (summary.kind, summary.recipient) == ("summary", SUPERVISOR)
    assert (to_it.kind, to_it.recipient) == ("summary", IT)
    assert [one["name"] for one in summary.attachments] == ["cameras.csv"]
    assert lines(summary) == [("first", "C0"), ("first", "C1"), ("first", "C2")]
    assert desk.says(DEADLINE + 17) == []


def test_a_mail_that_never_left_is_not_sent_when_it_is_no_longer_true() -> None:
    """The mail server is dead from the first digest on until after the dock."""
    east, desk = watching(), Desk(dead=True)
    desk.begin()
    roster("S1")
    roster("S2", camera_serial="C2", officer_id="8")
    east.beat(DEADLINE + 200)
    desk.play(DEADLINE + 1)
    (both,) = desk.play(DEADLINE + 16)
    east.dock(DEADLINE + 200, absent=DEADLINE + 200)
    (rewritten,) = desk.play(DEADLINE + 201)
    both.refresh_from_db()
    assert both.superseded_at is not None
    assert lines(rewritten) == [("first", "C2")]
    assert desk.says(DEADLINE + 230) == []


def test_a_mail_that_may_have_been_taken_is_kept_and_followed_by_its_end() -> None:
    east, desk = watching(), Desk(dead=True)
    desk.begin()
    roster("S1")
    east.beat(DEADLINE + 200)
    desk.play(DEADLINE + 1)
    (first,) = desk.play(DEADLINE + 16)
    Notice.objects.update(attempts=1, in_doubt=True)
    east.dock(DEADLINE + 200, absent=DEADLINE + 200)
    desk.play(DEADLINE + 201)
    assert desk.says(DEADLINE + 230) == [("cleared", SUPERVISOR)]
    first.refresh_from_db()
    assert first.superseded_at is None


def test_reminders_wait_while_a_mail_waits() -> None:
    _, desk = a_camera_that_stays_out()
    desk.dead = True
    desk.play(DEADLINE + 1)
    desk.play(DEADLINE + 16)
    assert desk.says(DEADLINE + 5 * DAY) == []


@pytest.mark.parametrize(("answered", "escalates"), [(True, True), (False, False)])
def test_a_supervisor_whose_mail_is_put_off_for_ever_is_not_waited_for_and_it_is_told(
    answered: bool, escalates: bool
) -> None:
    _, desk = a_camera_that_stays_out()
    unit(escalate_to=CAPTAIN)
    desk.dead = True
    desk.play(DEADLINE + 1)
    desk.play(DEADLINE + 16)
    Notice.objects.update(attempts=9, put_off=answered, last_error="550 5.7.1 not authorised")
    assert desk.says(DEADLINE + 2 * DAY) == [], "it has not waited for long enough"
    assert not _channels(desk.config, at(DEADLINE + 2 * DAY)).put_off
    assert desk.says(DEADLINE + 3 * DAY) == ([("escalation", CAPTAIN)] if escalates else [])
    found = _channels(desk.config, at(DEADLINE + 3 * DAY)).put_off
    assert found == (((SUPERVISOR, "550 5.7.1 not authorised"),) if escalates else ())


def test_one_mailbox_in_two_spellings_is_one_recipient() -> None:
    east, desk = watching(), Desk()
    desk.begin()
    unit(supervisor="Chen@pd.example", escalate_to="CHEN@pd.example", on_duty="chen@pd.example")
    roster("S1", supervisor_email="cheN@pd.example")
    roster("S2", supervisor_email="Chen@pd.example", camera_serial="C2", officer_id="8")
    east.beat(DEADLINE + 100 * DAY)
    desk.play(DEADLINE + 1)
    (first,) = desk.play(DEADLINE + 16)
    assert lines(first) == [("first", "C1"), ("first", "C2")]
    Unit.objects.update(supervisor_email="chen@pd.example", on_duty_email="")
    assert desk.says(DEADLINE + DAY + 17) == [("reminder", "chen@pd.example")], "the same person, spelt anew"
    assert desk.says(DEADLINE + 3 * DAY) == [("reminder", "chen@pd.example")], "nobody is escalated to himself"


def test_each_round_is_a_no_op_when_nothing_happened() -> None:
    _, desk = a_camera_that_stays_out()
    desk.play(DEADLINE + 1)
    desk.play(DEADLINE + 16)
    before = list(Notice.objects.values()), list(Item.objects.values())
    for minute in range(20, 60, 10):
        desk.play(DEADLINE + minute)
    assert (list(Notice.objects.values()), list(Item.objects.values())) == before


def test_an_item_of_which_nobody_was_told_is_done_when_it_closes() -> None:
    east, desk = watching(), Desk()
    desk.begin(LONG_AGO)
    roster("S1")
    east.beat(DEADLINE + 5)
    desk.play(DEADLINE + 5)
    east.dock(DEADLINE + 6, absent=DEADLINE + 6)
    desk.play(DEADLINE + 7)
    assert Item.objects.get().done_at is not None


def test_a_round_asks_as_many_questions_for_forty_open_cameras_as_for_one(
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    """It comes every second."""
    east, desk = watching(), Desk(configured(storm=100))
    desk.begin()
    unit(escalate_to=CAPTAIN)
    for number in range(40):
        roster(f"S{number}", camera_serial=f"C{number}", officer_id=f"{number}")
    east.beat(DEADLINE + 20)
    desk.play(DEADLINE + 1)
    desk.play(DEADLINE + 16)
    with django_assert_max_num_queries(12):
        assert tell(desk.config, at(DEADLINE + 17)) == 0


def test_one_digest_that_cannot_be_written_keeps_no_other_back_and_is_no_secret() -> None:
    east, desk = watching(), Desk()
    desk.begin()
    roster("S1")
    roster("S2", camera_serial="C2", officer_id="8", unit="Broken")
    east.beat(DEADLINE + 20)
    desk.play(DEADLINE + 1)
    Judgement.objects.filter(camera="C2").update(evidence=[])
    with pytest.raises(AttributeError):
        desk.play(DEADLINE + 16)
    assert [notice.unit for notice in Notice.objects.all()] == ["East"]
    Judgement.objects.filter(camera="C2").update(evidence={})
    assert [notice.unit for notice in desk.play(DEADLINE + 17)] == ["Broken"]
