"""What follows from a word: real rows, judged by the real rule. Minutes are counted as in tests/judging/court.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from central.answers.exports import ANSWER_COLUMNS, answer_rows
from central.answers.kinds import Kind, Outcome
from central.answers.models import Answer, Closing
from central.answers.refusals import Refusal, Refused
from central.answers.rights import Person
from central.answers.settling import settle
from central.answers.standing import answers_of, open_checks, open_contests, open_losses, pauses
from central.custody.models import DockSession
from central.custody.touching import touch
from central.custody.watch_models import Touched
from central.judging.models import Excuse, Judgement
from central.judging.verdicts import history
from central.roster.models import Shift, ShiftVersion, Unit
from tests.answers.people import ADMIN, CHEN, CONFIG, DIAZ, IT, LEE, SERGEANT_LEE, finds, says, takes_back
from tests.judging.court import DEADLINE, END, START, Court, roster, watching
from tests.roster.rows import bring, shift
from tests.watching.telling import Telling, at

pytestmark = pytest.mark.django_db
SAID = DEADLINE + 30
DAY = 24 * 60


@pytest.fixture
def east() -> Telling:
    """One shift with one camera that did not come back; everything was watched."""
    station = watching()
    roster("S1")
    station.beat(SAID - 10)
    return station


@pytest.fixture
def court(east: Telling) -> Court:
    judging = Court()
    assert judging.says(SAID - 5).verdict == "outstanding"
    return judging


def refused(name: Refusal, ask: Callable[[], object]) -> None:
    rows = (Answer.objects.count(), Closing.objects.count(), Excuse.objects.count(), ShiftVersion.objects.count())
    with pytest.raises(Refused) as caught:
        ask()
    assert caught.value.name is name
    now = (Answer.objects.count(), Closing.objects.count(), Excuse.objects.count(), ShiftVersion.objects.count())
    assert rows == now


def test_said_docked_pauses_reminders_and_excuses_nobody(court: Court) -> None:
    answer = says(CHEN, Kind.SAID_DOCKED, SAID, station_id="east", bay="Bay 7")
    pause = pauses("C1", at(SAID + 1))
    assert pause is not None
    assert pause.until == at(SAID + DAY)
    assert pause.words == "chen@pd.example says that it was docked at east, Bay 7; IT is looking"
    assert pauses("C1", at(SAID + DAY)) is None
    assert list(open_checks()) == [answer]
    assert court.says(SAID + 1).verdict == "outstanding"


def test_a_pause_is_not_won_again_by_saying_it_again(court: Court) -> None:
    first = says(CHEN, Kind.SAID_DOCKED, SAID)
    refused(Refusal.SAID_ALREADY, lambda: says(DIAZ, Kind.SAID_DOCKED, SAID + 1))
    takes_back(CHEN, first, SAID + 2)
    assert pauses("C1", at(SAID + 3)) is None
    says(DIAZ, Kind.SAID_DOCKED, SAID + 60)
    pause = pauses("C1", at(SAID + 61))
    assert pause is not None
    assert pause.until == at(SAID + DAY)


def test_a_camera_that_it_did_not_find_is_reminded_of_again(court: Court) -> None:
    answer = says(CHEN, Kind.SAID_DOCKED, SAID)
    finds(IT, answer, Outcome.NOT_FOUND, SAID + 5)
    assert pauses("C1", at(SAID + 6)) is None
    assert not open_checks()
    assert court.says(SAID + 6).verdict == "outstanding"


@pytest.mark.parametrize("outcome", [Outcome.FOUND_DOCKED, Outcome.CAMERA_UNREADABLE])
def test_a_camera_that_it_found_in_a_dock_excuses_its_officer(court: Court, outcome: Outcome) -> None:
    answer = says(CHEN, Kind.SAID_DOCKED, SAID)
    found = finds(IT, answer, outcome, SAID + 5)
    assert finds(IT, answer, outcome, SAID + 6) == found, "the same again is the same"
    refused(Refusal.CLOSED_ALREADY, lambda: finds(ADMIN, answer, Outcome.NOT_FOUND, SAID + 7))
    assert court.says(SAID + 8).verdict == "excused"
    takes_back(ADMIN, answer, SAID + 9)
    assert court.says(SAID + 10).verdict == "outstanding"
    assert answers_of("S1")[0].state == "withdrawn"


def test_a_check_goes_on_when_the_same_dock_gets_another_instant(east: Telling, court: Court) -> None:
    east.dock(SAID + 5, absent=SAID + 5)
    before = court.says(SAID + 6).docked_at
    says(CHEN, Kind.SAID_DOCKED, SAID + 7)
    DockSession.objects.update(offset_ms=60_000)  # its clock was measured only now
    touch(Touched.CAMERA, "C1", at(SAID + 8))
    assert court.says(SAID + 9).docked_at != before
    assert settle(CONFIG, at(SAID + 10)) == 0
    assert pauses("C1", at(SAID + 10)) is not None


def test_a_check_closes_itself_when_another_dock_decides_the_shift(east: Telling, court: Court) -> None:
    says(CHEN, Kind.SAID_DOCKED, SAID)
    assert settle(CONFIG, at(SAID + 1)) == 0
    east.dock(SAID + 5, absent=SAID + 5)
    assert court.says(SAID + 6).verdict == "late"
    assert settle(CONFIG, at(SAID + 7)) == 1
    assert settle(CONFIG, at(SAID + 8)) == 0
    assert answers_of("S1")[0].state == Outcome.DOCKED
    says(CHEN, Kind.SAID_DOCKED, SAID + 9)
    assert settle(CONFIG, at(SAID + 10)) == 0, "that dock was known: IT is to look for an earlier one"


def test_another_camera_is_written_to_the_roster_and_both_are_judged_again(east: Telling, court: Court) -> None:
    worn = east.dock(END + 60, "C2", absent=END + 60)
    assert worn
    court.sit(SAID - 1)
    answer = says(CHEN, Kind.OTHER_CAMERA, SAID, camera="C2")
    assert (answer.before, answer.after, answer.state) == ("C1", "C2", "done")
    said = court.says(SAID + 1)
    assert (said.camera, said.verdict, said.because) == ("C2", "on_time", "roster")
    assert [one.verdict for one in history("S1")] == ["pending", "outstanding", "on_time"][-len(history("S1")) :]
    assert ShiftVersion.objects.filter(shift_id="S1", change="corrected", said_by=CHEN.email).count() == 1
    takes_back(CHEN, answer, SAID + 2)
    assert court.says(SAID + 3).camera == "C1"
    assert court.says(SAID + 3).verdict == "outstanding"


def test_an_excuse_of_a_shift_goes_with_it_to_its_other_camera(east: Telling, court: Court) -> None:
    east.dock(START - 60, "C2", absent=START - 60)
    says(CHEN, Kind.LEAVE_OR_COURT, SAID)
    assert court.says(SAID + 1).verdict == "excused"
    says(CHEN, Kind.OTHER_CAMERA, SAID + 2, camera="C2")
    assert court.says(SAID + 3).verdict == "excused"
    assert court.says(SAID + 3).camera == "C2"


def test_a_camera_that_nobody_knows_or_that_the_shift_has_is_no_other_camera(court: Court) -> None:
    refused(Refusal.UNKNOWN_CAMERA, lambda: says(CHEN, Kind.OTHER_CAMERA, SAID, camera="C9"))
    refused(Refusal.UNKNOWN_CAMERA, lambda: says(CHEN, Kind.OTHER_CAMERA, SAID, camera=" "))
    refused(Refusal.SAME_CAMERA, lambda: says(CHEN, Kind.OTHER_CAMERA, SAID, camera="C1"))


def test_another_end_is_judged_with_its_own_deadline_and_can_be_taken_back(east: Telling, court: Court) -> None:
    answer = says(CHEN, Kind.SHIFT_END_WRONG, SAID, ends_at=at(END + 4 * 60))
    said = court.says(SAID + 1)
    assert (said.verdict, said.end_source, said.deadline_at) == ("pending", "corrected", at(DEADLINE + 4 * 60))
    takes_back(CHEN, answer, SAID + 2)
    assert court.says(SAID + 3).verdict == "outstanding"
    assert Shift.objects.get(pk="S1").ends_at == at(END)


def test_an_end_that_cannot_be_is_refused(court: Court) -> None:
    for name, minute in (
        (Refusal.END_NOT_AFTER_START, START),
        (Refusal.SAME_END, END),
        (Refusal.TOO_LONG, START + 48 * 60 + 1),
    ):
        refused(name, lambda end=minute: says(CHEN, Kind.SHIFT_END_WRONG, SAID, ends_at=at(end)))  # type: ignore[misc]
    refused(Refusal.NO_END, lambda: says(CHEN, Kind.SHIFT_END_WRONG, SAID))


def test_a_correction_that_the_roster_overtook_is_not_taken_back(east: Telling, court: Court) -> None:
    east.dock(START - 60, "C2", absent=START - 60)
    first = says(CHEN, Kind.OTHER_CAMERA, SAID, camera="C2")
    second = says(CHEN, Kind.SHIFT_END_WRONG, SAID, ends_at=at(END + 60))
    bring(shift("S1", camera_serial="C3", starts_at=at(START), ends_at=at(END + 30)), at=at(SAID + 1))
    refused(Refusal.CHANGED_SINCE, lambda: takes_back(CHEN, first, SAID + 2))
    refused(Refusal.CHANGED_SINCE, lambda: takes_back(CHEN, second, SAID + 2))


@pytest.mark.parametrize("kind", [Kind.REPAIR, Kind.LOST])
def test_a_camera_in_repair_or_lost_is_excused_until_it_docks(east: Telling, court: Court, kind: Kind) -> None:
    later = END + DAY
    roster("S2", officer_id="8", starts=later - 8 * 60, ends=later)
    says(CHEN, kind, SAID)
    east.beat(later + DAY + 5)
    assert court.says(later + DAY + 6).verdict == "excused"
    assert court.says(later + DAY + 6, "S2").verdict == "excused"
    assert bool(open_losses()) == (kind is Kind.LOST)
    back = later + DAY + 30
    session = east.dock(back, absent=back)
    assert settle(CONFIG, at(back + 1)) == 1
    assert answers_of("S1")[0].state == Outcome.DOCKED
    assert Excuse.objects.get().until == at(back)
    assert court.says(back + 2).verdict == "excused", "what was excused stays so"
    east.undock(back + 10, session)
    ends = back + 9 * 60
    roster("S3", starts=back + 60, ends=ends)
    east.beat(ends + DAY + 5)
    assert court.says(ends + DAY + 6, "S3").verdict == "outstanding", "and a later shift is not"
    assert not open_losses()


def test_a_dock_from_before_it_was_said_ends_no_repair(east: Telling, court: Court) -> None:
    east.dock(SAID - 20, absent=SAID - 20)
    says(CHEN, Kind.REPAIR, SAID)
    assert settle(CONFIG, at(SAID + 5)) == 0


def test_a_station_whose_clock_is_ahead_ends_no_repair_by_an_earlier_dock(court: Court) -> None:
    fast = Telling("west", ahead_ms=3_600_000.0)
    fast.start(START)
    fast.dock(SAID - 5, absent=SAID - 5)
    says(CHEN, Kind.REPAIR, SAID)
    assert settle(CONFIG, at(SAID + 1)) == 0


def test_a_deadline_that_moves_does_not_leave_its_repair_behind(east: Telling, court: Court) -> None:
    says(CHEN, Kind.REPAIR, SAID)
    says(CHEN, Kind.SHIFT_END_WRONG, SAID + 1, ends_at=at(END - 60))
    assert court.says(SAID + 2).verdict == "excused"


def test_leave_or_court_excuses_this_shift_alone_and_tells_no_details(east: Telling, court: Court) -> None:
    answer = says(CHEN, Kind.LEAVE_OR_COURT, SAID, text="in hospital")
    said = court.says(SAID + 1)
    assert (said.verdict, said.plain_verdict, said.excuse) == ("excused", "outstanding", "leave or court")
    takes_back(CHEN, answer, SAID + 2)
    assert takes_back(CHEN, answer, SAID + 3).closed_at == at(SAID + 2), "twice is once"
    assert court.says(SAID + 4).verdict == "outstanding"


def test_a_contest_has_a_decider_and_a_due_date_and_upheld_it_excuses(court: Court) -> None:
    Unit.objects.create(unit="East", supervisor_email=CHEN.email, escalate_to_email="Diaz@pd.example")
    contest = says(LEE, Kind.CONTEST, SAID, text="the bay was dark")
    assert (contest.decider, contest.due_at) == (DIAZ.email, at(SAID) + timedelta(days=14))
    assert list(open_contests()) == [contest]
    assert court.says(SAID + 1).verdict == "outstanding"
    refused(Refusal.NOT_THE_DECIDER, lambda: finds(CHEN, contest, Outcome.UPHELD, SAID + 2))
    refused(Refusal.PARTY, lambda: finds(SERGEANT_LEE, contest, Outcome.UPHELD, SAID + 2))
    refused(Refusal.NO_TEXT, lambda: finds(DIAZ, contest, Outcome.UPHELD, SAID + 2, text=" "))
    finds(DIAZ, contest, Outcome.UPHELD, SAID + 3)
    assert court.says(SAID + 4).excuse == "contest upheld"
    refused(Refusal.NOT_YOURS, lambda: takes_back(LEE, contest, SAID + 5))
    assert not open_contests()


def test_a_rejected_contest_changes_nothing(court: Court) -> None:
    contest = says(LEE, Kind.CONTEST, SAID)
    assert contest.decider == ""
    finds(ADMIN, contest, Outcome.REJECTED, SAID + 1)
    assert court.says(SAID + 2).verdict == "outstanding"
    assert says(LEE, Kind.CONTEST, SAID + 3).state == "open", "he may come again, with something new"


def test_the_one_to_whom_the_unit_escalates_does_not_decide_what_he_has_a_part_in(court: Court) -> None:
    unit = Unit.objects.create(unit="East", supervisor_email=CHEN.email, escalate_to_email=LEE.email)
    assert says(LEE, Kind.CONTEST, SAID).decider == "", "he is the contested"
    unit.escalate_to_email = CHEN.email
    unit.save()
    says(CHEN, Kind.SAID_DOCKED, SAID + 1)
    roster("S2", camera_serial="C2", officer_id="8", officer_email="kim@pd.example")
    court.sit(SAID + 1)
    assert says(DIAZ, Kind.CONTEST, SAID + 2, "S2").decider == CHEN.email
    contest = Answer.objects.get(shift="S1", kind=Kind.CONTEST)
    refused(Refusal.NOT_THE_DECIDER, lambda: finds(DIAZ, contest, Outcome.UPHELD, SAID + 3))


def test_where_nobody_is_accused_there_is_nothing_to_contest(east: Telling) -> None:
    refused(Refusal.NOTHING_TO_CONTEST, lambda: says(LEE, Kind.CONTEST, END + 1))
    east.dock(END + 1, absent=END + 1)
    Court().sit(SAID)
    refused(Refusal.NOTHING_TO_CONTEST, lambda: says(LEE, Kind.CONTEST, SAID))


def test_nobody_excuses_himself_by_way_of_a_camera(east: Telling, court: Court) -> None:
    """His own shift lies beside: its deadline, or whose turn it was, would be touched."""
    me = Person("kim@pd.example", frozenset({"supervisor"}), frozenset({"8"}))
    east.dock(START - 60, "C2", absent=START - 60)
    roster("S7", camera_serial="C2", officer_id="7", starts=START - 9 * 60, ends=START - 60)
    roster("S8", camera_serial="C2", officer_id="8", starts=START, ends=END)
    refused(Refusal.OWN_CAMERA, lambda: says(me, Kind.REPAIR, SAID, "S7"))
    refused(Refusal.OWN_CAMERA, lambda: says(me, Kind.OTHER_CAMERA, SAID, camera="C2"))
    refused(Refusal.OWN_CAMERA, lambda: says(me, Kind.OTHER_CAMERA, SAID, "S7", camera="C1"))
    assert says(me, Kind.REPAIR, SAID, "S1").state == "stands", "he has nothing to do with C1"


def test_a_roster_that_puts_whoever_said_it_on_that_camera_ends_its_repair_for_him(
    east: Telling, court: Court
) -> None:
    says(CHEN, Kind.REPAIR, SAID)
    mine = shift(
        "S5", officer_id="9", officer_email="Chen@pd.example", starts_at=at(SAID + 60), ends_at=at(SAID + 540)
    )
    bring(mine, at=at(SAID + 5))
    assert settle(CONFIG, at(SAID + 6)) == 1
    assert answers_of("S1")[0].state == Outcome.OWN_SHIFT
    assert court.says(SAID + 7).verdict == "excused"
    east.beat(SAID + 540 + DAY + 5)
    assert court.says(SAID + 540 + DAY + 6, "S5").verdict != "excused"


def test_one_form_sent_twice_is_one_answer_and_anothers_token_is_none(court: Court) -> None:
    token = uuid4()
    first = says(CHEN, Kind.LOST, SAID, token=token)
    assert says(CHEN, Kind.LOST, SAID + 1, token=token) == first
    refused(Refusal.NOT_SEEN, lambda: says(DIAZ, Kind.LOST, SAID + 1, token=token))


def test_what_is_too_old_nobodys_or_without_words_is_refused(court: Court) -> None:
    refused(Refusal.NO_TEXT, lambda: says(CHEN, Kind.LOST, SAID, text=" "))
    refused(Refusal.TEXT_TOO_LONG, lambda: says(CHEN, Kind.LOST, SAID, text="x" * 2001))
    refused(Refusal.NOT_SEEN, lambda: says(CHEN, Kind.LOST, SAID, "no such shift"))
    roster("S2", camera_serial="C2", starts=SAID + 60, ends=SAID + 120)
    refused(Refusal.NOT_BEGUN, lambda: says(CHEN, Kind.SAID_DOCKED, SAID, "S2"))
    Judgement.objects.filter(shift="S1").update(verdict="late")
    refused(Refusal.TOO_OLD, lambda: says(CHEN, Kind.REPAIR, END + 35 * DAY + 1))
    Shift.objects.filter(pk="S1").update(status="withdrawn")
    refused(Refusal.NOBODYS_SHIFT, lambda: says(CHEN, Kind.REPAIR, SAID))


def test_a_camera_that_is_still_out_after_months_can_be_said_to_be_lost(court: Court) -> None:
    later = END + 60 * DAY
    says(CHEN, Kind.LOST, later)
    assert court.says(later + 1).verdict == "excused"


@pytest.mark.parametrize("table", ["answers_answer", "answers_closing"])
@pytest.mark.parametrize("sql", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_no_sql_changes_or_removes_what_was_said(court: Court, table: str, sql: str) -> None:
    finds(IT, says(CHEN, Kind.SAID_DOCKED, SAID), Outcome.NOT_FOUND, SAID + 1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(table))


def test_the_export_has_every_word_and_how_it_ended(court: Court) -> None:
    answer = says(CHEN, Kind.SAID_DOCKED, SAID, station_id="east")
    finds(IT, answer, Outcome.CAMERA_UNREADABLE, SAID + 1, "dead battery")
    takes_back(ADMIN, answer, SAID + 2)
    says(CHEN, Kind.LOST, SAID + 3, text="left in the car")
    first, second = (dict(zip(ANSWER_COLUMNS, row, strict=True)) for row in answer_rows())
    assert (first["state"], first["outcome"], first["outcome_text"]) == (
        "withdrawn",
        "camera_unreadable",
        "dead battery",
    )
    assert (first["withdrawn_by"], first["station_id"]) == (ADMIN.email, "east")
    assert (second["kind"], second["state"], second["text"]) == ("lost", "stands", "left in the car")
    assert [row[0] for row in answer_rows(open_only=True)] == [second["answer"]]
