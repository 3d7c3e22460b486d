"""What is judged, and what is left alone; and that judging twice says nothing twice."""

from __future__ import annotations

import pytest

from central.judging.excuses import excuse_camera, excuse_shift, withdraw_excuse
from central.judging.models import Judgement, Look, NewsRead
from central.judging.shift_exports import SHIFT_COLUMNS, shift_rows
from central.judging.verdicts import history, open_cameras
from central.roster.shifts import correct
from tests.judging.court import DEADLINE, END, START, Court, roster, watching
from tests.watching.telling import at

pytestmark = pytest.mark.django_db


def test_a_round_without_news_judges_nobody_and_a_look_comes_back_at_the_deadline() -> None:
    east, court = watching(), Court()
    roster("S1")
    assert court.sit(START + 1) == 1
    assert court.sit(START + 2) == 0
    east.beat(END + 1)
    assert court.sit(END + 2) == 0, "the deadline is still to come: how far a station has told changes nothing"
    assert Look.objects.get().next_look_at == at(DEADLINE)
    assert court.sit(DEADLINE) == 1


def test_news_of_a_camera_or_a_station_looks_at_those_that_it_concerns() -> None:
    east, west, court = watching(), watching("west"), Court()
    roster("S1")
    roster("S2", camera_serial="C2", officer_id="8", stations=("west",))
    assert court.sit(START + 1) == 2
    east.dock(START + 2, "C1", absent=START + 2)
    assert court.sit(START + 3) == 1
    west.stop(START + 4, START + 4)
    assert court.sit(START + 5) == 1
    east.dock(START + 6, "nobody's", absent=START + 6)
    assert court.sit(START + 7) == 0


def test_a_settled_camera_is_not_looked_at_again_by_itself() -> None:
    east, court = watching(), Court()
    roster("S1")
    east.dock(END + 1, absent=END + 1)
    east.beat(DEADLINE + 1)
    assert court.says(DEADLINE + 2).verdict == "on_time"
    assert Look.objects.get().next_look_at is None


def test_news_that_is_read_again_after_a_crash_says_nothing_twice() -> None:
    east, court = watching(), Court()
    roster("S1", "S2", camera_serial="C1")
    east.beat(DEADLINE + 5)
    court.sit(DEADLINE + 6)
    before = list(Judgement.objects.values("pk", "verdict", "superseded_at"))
    NewsRead.objects.all().delete()
    assert court.sit(DEADLINE + 6) == 1
    assert list(Judgement.objects.values("pk", "verdict", "superseded_at")) == before
    assert len(before) == 2


def test_an_excuse_lies_over_the_verdict_and_the_plain_one_stays_beside_it() -> None:
    east, court = watching(), Court()
    roster("S1")
    east.beat(DEADLINE + 5)
    court.sit(DEADLINE + 6)
    excuse = excuse_shift("S1", "C1", "court", "chen@pd.example", at(DEADLINE + 7))
    said = court.says(DEADLINE + 8)
    assert (said.verdict, said.plain_verdict, said.excuse) == ("excused", "outstanding", "court")
    assert open_cameras(at(DEADLINE + 8)) == {}
    assert withdraw_excuse(excuse.pk, "chen@pd.example", at(DEADLINE + 9))
    assert not withdraw_excuse(excuse.pk, "chen@pd.example", at(DEADLINE + 9))
    assert court.says(DEADLINE + 10).verdict == "outstanding"
    assert [row.verdict for row in history("S1")] == ["outstanding", "excused", "outstanding"]


def test_a_camera_in_repair_is_excused_for_the_deadlines_in_that_span() -> None:
    east, court = watching(), Court()
    roster("S1")
    excuse_camera("C1", "repair", "it@pd.example", at(END), since=at(END), until=at(DEADLINE - 1))
    east.beat(DEADLINE + 5)
    assert court.says(DEADLINE + 6).verdict == "outstanding"
    excuse_camera("C1", "repair", "it@pd.example", at(DEADLINE + 7), since=at(END), until=None)
    assert court.says(DEADLINE + 8).verdict == "excused"


def test_every_shift_is_exported_with_its_deadline_and_what_stands() -> None:
    east, court = watching(), Court()
    roster("S1")
    roster("S2", camera_serial="C2", officer_id="8", ends=DEADLINE + 100, starts=DEADLINE + 50)
    roster("S3", camera_serial="C3", officer_id="9")
    correct("S3", "chen@pd.example", at(START), status="cancelled")
    east.beat(DEADLINE + 5)
    court.sit(DEADLINE + 6)
    rows = [dict(zip(SHIFT_COLUMNS, row, strict=True)) for row in shift_rows(court.config)]
    told = {row["shift_id"]: (row["verdict"], row["deadline"], row["late_by_seconds"]) for row in rows}
    assert told == {
        "S1": ("outstanding", at(DEADLINE), 300.0),
        "S2": ("pending", at(DEADLINE + 100 + 24 * 60), None),
        "S3": (None, None, None),
    }
