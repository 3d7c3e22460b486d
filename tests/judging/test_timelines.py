"""The policy's timelines through events, rows and judging: what stands, what stood, and why we looked."""

from __future__ import annotations

import pytest

from central.config import CentralConfig, Lateness
from central.fleet.models import Ledger
from central.judging.verdicts import current, history, open_cameras
from central.roster.shifts import correct
from tests.central.station_client import Chain
from tests.judging.court import DEADLINE, END, Court, minutes_late, roster, watching
from tests.watching.telling import Telling, at

pytestmark = pytest.mark.django_db
HOUR = 60


def test_a_dock_before_the_end_that_lasts_is_on_time_as_soon_as_the_end_has_passed() -> None:
    east, court = watching(), Court()
    roster("S1")
    session = east.dock(END - 20, absent=END - 20)
    east.beat(END + 10)
    said = court.says(END + 11)
    assert (said.verdict, said.docked_at, said.docked_station) == ("on_time", at(END - 20), "east")
    assert said.docked_session == str(session)
    assert (said.deadline_at, said.end_source) == (at(DEADLINE), "scheduled")


def test_an_outstanding_camera_that_docks_is_late_and_both_words_are_kept() -> None:
    east, court = watching(), Court()
    roster("S1")
    east.beat(DEADLINE + 5)
    before = court.says(DEADLINE + 6)
    assert (before.verdict, minutes_late(before)) == ("outstanding", 5)
    assert list(open_cameras(at(DEADLINE + 6))) == ["C1"]
    east.dock(DEADLINE + 2 * HOUR, absent=DEADLINE + 2 * HOUR)
    east.beat(DEADLINE + 2 * HOUR + 1)
    after = court.says(DEADLINE + 2 * HOUR + 2)
    assert (after.verdict, minutes_late(after), after.because) == ("late", 2 * HOUR, "docks")
    assert [row.verdict for row in history("S1")] == ["outstanding", "late"]
    assert open_cameras(at(DEADLINE + 3 * HOUR)) == {}


def test_an_outstanding_camera_is_the_more_overdue_the_longer_its_docks_watch_and_that_is_no_new_word() -> None:
    east, court = watching(), Court()
    roster("S1")
    east.beat(DEADLINE + 5)
    court.sit(DEADLINE + 6)
    east.beat(DEADLINE + 3 * HOUR)
    assert minutes_late(court.says(DEADLINE + 3 * HOUR + 1)) == 3 * HOUR
    assert len(history("S1")) == 1


def test_two_shifts_of_one_duty_share_one_verdict() -> None:
    east, court = watching(), Court()
    roster("S1")
    roster("S2", starts=END, ends=END + 8 * HOUR)
    east.dock(END + 8 * HOUR + 20, absent=END + 8 * HOUR + 20)
    east.beat(DEADLINE)
    first, second = court.says(DEADLINE, "S1"), court.says(DEADLINE, "S2")
    assert (first.verdict, second.verdict) == ("on_time", "on_time")
    assert first.deadline_at == second.deadline_at == at(DEADLINE + 8 * HOUR)


def test_a_shift_that_is_corrected_after_a_late_verdict_is_judged_again() -> None:
    east, court = watching(), Court()
    roster("S1")
    east.dock(DEADLINE + 2 * HOUR, absent=DEADLINE + 2 * HOUR)
    east.beat(DEADLINE + 3 * HOUR)
    assert court.says(DEADLINE + 3 * HOUR).verdict == "late"
    correct("S1", "chen@pd.example", at(DEADLINE + 4 * HOUR), ends_at=at(END + 4 * HOUR))
    said = court.says(DEADLINE + 4 * HOUR)
    assert (said.verdict, said.because) == ("on_time", "roster")
    assert [row.verdict for row in history("S1")] == ["late", "on_time"]


def test_a_camera_that_was_the_wrong_one_leaves_no_open_item_behind() -> None:
    east, court = watching(), Court()
    roster("S1")
    east.dock(END + 10, "C2", absent=END + 10)
    east.beat(DEADLINE + 5)
    assert court.says(DEADLINE + 6).verdict == "outstanding"
    correct("S1", "chen@pd.example", at(DEADLINE + 7), camera_serial="C2")
    said = court.says(DEADLINE + 8)
    assert (said.camera, said.verdict) == ("C2", "on_time")
    assert open_cameras(at(DEADLINE + 9)) == {}


def test_of_a_shift_that_is_withdrawn_nothing_is_said_any_more() -> None:
    east, court = watching(), Court()
    roster("S1")
    east.beat(DEADLINE + 5)
    assert court.says(DEADLINE + 6).verdict == "outstanding"
    correct("S1", "chen@pd.example", at(DEADLINE + 7), status="cancelled")
    court.sit(DEADLINE + 8)
    assert current("S1") is None
    assert [row.superseded_at for row in history("S1")] == [at(DEADLINE + 8)]


def test_a_home_station_that_was_silent_from_before_the_end_accuses_nobody() -> None:
    east, court = watching(), Court()
    roster("S1")
    east.beat(END - HOUR)
    said = court.says(DEADLINE + 1)
    assert said.verdict == "indeterminate"
    assert [(why["cause"], why["station"]) for why in said.why] == [("unwatched", "east")]


def test_what_a_silent_station_saw_acquits_when_it_is_heard_again() -> None:
    east, court = watching(), Court()
    roster("S1")
    east.beat(END - HOUR)
    east.linked = False
    east.dock(END + 5, absent=END + 5)
    assert court.says(DEADLINE + 1).verdict == "indeterminate"
    east.send(DEADLINE + 60)
    said = court.says(DEADLINE + 61)
    assert (said.verdict, said.because) == ("on_time", "docks")


def test_a_silent_station_that_only_watched_makes_the_camera_outstanding_when_it_is_heard_again() -> None:
    east, court = watching(), Court()
    roster("S1")
    east.beat(END - HOUR)
    assert court.says(DEADLINE + 1).verdict == "indeterminate"
    east.beat(DEADLINE + 60)
    said = court.says(DEADLINE + 61)
    assert (said.verdict, said.because) == ("outstanding", "told")


def test_a_station_that_still_speaks_is_waited_for_until_it_has_told_all_or_fallen_silent() -> None:
    east, court = watching(), Court()
    roster("S1")
    east.beat(DEADLINE - 2)
    said = court.says(DEADLINE + 1)
    assert (said.verdict, said.why) == ("pending", [{"cause": "waiting", "station": "east"}])
    assert court.sit(DEADLINE + 2) == 0, "nothing is new and nobody has fallen silent"
    assert court.says(DEADLINE + 14).verdict == "indeterminate"


def test_after_an_outage_of_central_stations_get_their_time_to_report() -> None:
    east, court = watching(), Court(up_since=DEADLINE + 120)
    roster("S1")
    east.beat(END)
    assert court.says(DEADLINE + 121).verdict == "pending"
    east.beat(DEADLINE + 122)
    assert court.says(DEADLINE + 123).verdict == "outstanding"


def test_a_duty_before_the_first_watch_of_its_station_is_indeterminate() -> None:
    east, court = watching(since=END + 30), Court()
    roster("S1")
    east.beat(DEADLINE + 1)
    assert court.says(DEADLINE + 2).verdict == "indeterminate"


def test_a_station_that_was_never_added_is_no_reason_to_accuse() -> None:
    court = Court()
    roster("S1", stations=("nowhere",))
    assert court.says(DEADLINE + 2).verdict == "indeterminate"


def test_after_an_event_that_nobody_understands_its_station_accuses_nobody() -> None:
    east, court = watching(), Court()
    roster("S1")
    east.tell(END + 60, '{"type": "from_the_future"}')
    east.beat(DEADLINE + 5)
    said = court.says(DEADLINE + 6)
    assert said.verdict == "indeterminate"
    assert {why["cause"] for why in said.why} == {"unwatched"}


def test_a_pc_that_is_replaced_quickly_leaves_a_gap_that_is_tolerated_and_listed() -> None:
    east, court = watching(), Court()
    roster("S1")
    east.beat(END + 60)
    Ledger.objects.filter(station="east").update(closed_at=at(END + 61))
    new = Telling("east", boot="boot-2", chain=Chain())
    new.start(END + 65)
    new.beat(DEADLINE + 5)
    said = court.says(DEADLINE + 6)
    assert said.verdict == "outstanding"
    assert [gap["station"] for gap in said.evidence["tolerated"]] == ["east"]


def test_another_policy_judges_again_and_says_so() -> None:
    east = watching()
    roster("S1")
    east.dock(DEADLINE + HOUR, absent=DEADLINE + HOUR)
    east.beat(DEADLINE + 2 * HOUR)
    assert Court().says(DEADLINE + 2 * HOUR).verdict == "late"
    milder = CentralConfig(lateness=Lateness(grace=2 * Lateness().grace))
    said = Court(milder).says(DEADLINE + 3 * HOUR)
    assert (said.verdict, said.because) == ("on_time", "policy")
