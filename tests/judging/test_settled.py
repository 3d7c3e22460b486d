"""Leaving settled duties out, and judging many cameras at once, says exactly what judging everything says."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from central.judging import judge
from central.judging.excuses import excuse_shift
from central.judging.gathering import Brief, Judging
from central.judging.judge import judge_due
from central.judging.models import Concern, Judgement, Look
from protocol.events import IdentityClash
from tests.judging.court import DEADLINE, END, Court, roster, watching
from tests.judging.unfolding import Unfolding, config_of
from tests.scale import amount, seed
from tests.timeliness.world import make_world
from tests.watching.telling import at

pytestmark = pytest.mark.django_db
WORLDS_AT_ONCE = 2
Rows = dict[str, list[dict[str, Any]]]


def all_rows() -> Rows:
    judgements = Judgement.objects.order_by("judged_at", "shift_id").values()
    return {
        "judgements": [{name: value for name, value in row.items() if name != "id"} for row in judgements],
        "looks": list(Look.objects.order_by("camera").values("camera", "next_look_at", "because")),
        "concerns": list(Concern.objects.order_by("look", "station_id").values("look", "station_id", "is_awaited")),
    }


class TwoWays:
    """Judges each time in both ways from the same rows, and compares all rows afterwards."""

    def __init__(self, number: int, patch: pytest.MonkeyPatch) -> None:
        self.worlds = [make_world(random.Random(f"{number} {which}")) for which in range(WORLDS_AT_ONCE)]
        self.judging = Judging(config_of(self.worlds[0]), at(-1000))
        self.number, self.patch = number, patch
        self.left_out = 0
        self.judge_one: Callable[..., Any] = judge._judged
        patch.setattr(judge, "_judged", self._counting)
        patch.setattr(judge, "ROUND_S", 3600)

    def play(self) -> Counter[str]:
        """The words that stand in the end; of the database nothing stays."""
        with transaction.atomic():
            Unfolding(self.worlds, self.number).play(self._sit)
            said = Counter(Judgement.objects.filter(superseded_at=None).values_list("plain_verdict", flat=True))
            transaction.set_rollback(True)
        return said

    def _sit(self, minute: int) -> None:
        left_out = self.left_out
        with transaction.atomic():
            Look.objects.update(everything=True)
            self.patch.setattr(judge, "AT_ONCE", 1)
            judge_due(self.judging, at(minute))
            whole = all_rows()
            transaction.set_rollback(True)
        assert self.left_out == left_out, "everything is judged"
        self.patch.setattr(judge, "AT_ONCE", 2)
        judge_due(self.judging, at(minute))
        for kind, rows in all_rows().items():
            assert rows == whole[kind], f"worlds {self.number}, minute {minute}: {kind}"

    def _counting(self, brief: Brief, *more: Any) -> Any:
        self.left_out += len(brief.settled)
        return self.judge_one(brief, *more)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_settled_duties_left_out_change_no_row(monkeypatch: pytest.MonkeyPatch, tally: Callable[[str], None]) -> None:
    first, count = seed(5) * 1_000_000, amount(ci=2, soak=1500)
    left_out, said = 0, Counter[str]()
    for number in range(first, first + count):
        with monkeypatch.context() as patch:
            both = TwoWays(number, patch)
            said += both.play()
            left_out += both.left_out
    words = ", ".join(f"{many} {name}" for name, many in sorted(said.items()))
    tally(f"judging: {count * WORLDS_AT_ONCE} worlds as they unfold, settled ones left out {left_out} times: {words}")
    assert left_out > 5 * count
    assert len(said) > 1, said


def test_a_dock_that_began_after_a_settled_duty_judges_only_the_duty_that_it_concerns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    east, court, seen = watching(), Court(), []
    roster("S1")
    roster("S2", starts=END + 300, ends=END + 600)
    first = east.dock(END + 1, absent=END + 1)
    east.undock(END + 290, first)
    east.beat(DEADLINE)
    court.sit(DEADLINE)
    whole: Callable[..., Any] = judge._judged

    def noting(brief: Brief, *more: Any) -> Any:
        seen.append([shift.shift_id for duty in brief.due for shift in duty.shifts])
        return whole(brief, *more)

    monkeypatch.setattr(judge, "_judged", noting)
    east.dock(DEADLINE + 10, absent=DEADLINE + 10)
    assert court.says(DEADLINE + 11, "S2").verdict == "on_time"
    east.stop(DEADLINE + 20, DEADLINE + 20)
    court.sit(DEADLINE + 21)
    assert seen == [["S2"], ["S1", "S2"]], "what a station watched may concern every duty"


def test_news_of_a_dock_that_a_settled_duty_rests_on_judges_it_again() -> None:
    east, court = watching(), Court()
    roster("S1")
    first = east.dock(END + 1, absent=END + 1)
    east.undock(END + 290, first)
    east.beat(DEADLINE + 1)
    assert (court.says(DEADLINE + 2).verdict, Look.objects.get().everything) == ("on_time", False)
    clash = IdentityClash(at=east.clock(DEADLINE + 3), session=first, camera="C1", other_session=first)
    east.tell(DEADLINE + 3, clash)
    assert court.says(DEADLINE + 4).verdict == "outstanding", "which of two cameras it was, nobody knows"


def test_a_duty_is_settled_once_the_docks_that_had_begun_are_over_and_their_watch_is_told() -> None:
    east, court = watching(), Court()
    roster("S1")
    first = east.dock(END + 1, absent=END + 1)
    assert court.says(END + 2).settled_at is None, "it is there still"
    east.undock(END + 290, first)
    assert court.says(END + 291).settled_at is None, "how it was watched is not told yet"
    east.beat(END + 300)
    east.dock(END + 310, absent=END + 310)
    said = court.says(END + 311)
    assert (said.verdict, said.settled_at) == ("on_time", at(END + 1))


def test_a_look_that_somebody_asks_for_meanwhile_makes_the_one_under_way_void(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    east, court = watching(), Court()
    roster("S1")
    east.beat(DEADLINE + 5)
    judged: Callable[..., Any] = judge._judged

    def excused_meanwhile(brief: Brief, *more: Any) -> Any:
        excuse_shift("S1", "C1", "court", "chen@pd.example", at(DEADLINE + 6))
        return judged(brief, *more)

    monkeypatch.setattr(judge, "_judged", excused_meanwhile)
    court.sit(DEADLINE + 6)
    assert (Judgement.objects.count(), Look.objects.get().next_look_at) == (0, at(DEADLINE + 6))
    monkeypatch.setattr(judge, "_judged", judged)
    assert court.says(DEADLINE + 6).verdict == "excused"
