"""A clip that runs past the rostered end may move the end later, in the officer's favour, and nothing else."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from central.custody.clips import recorded_until
from central.custody.models import Asset
from central.judging.inferred_end import LONGEST_CLIP, REACH, Clip, inferred_end
from central.judging.verdicts import history
from central.timeliness.duty import Duty, duties_of
from central.timeliness.facts import DockSession
from tests.judging.court import DEADLINE, END, START, Court, minutes_late, roster, watching
from tests.timeliness.story import HOUR, MINUTE, clock, docks, shift
from tests.watching.telling import NOON, at

(DUTY,) = duties_of([shift("08:00", "16:00")])
(NEXT,) = duties_of([shift("18:00", "20:00", officer="B")])


def clip(began: str, ended: str) -> Clip:
    return Clip(clock(began), clock(ended))


@pytest.mark.parametrize(
    ("clips", "sessions", "following", "expected"),
    [
        ([], [], None, None),
        ([clip("15:50", "15:59")], [], None, None),
        ([clip("15:50", "16:20")], [], None, "16:20"),
        ([clip("17:00", "17:30"), clip("15:50", "16:20")], [], None, "17:30"),
        ([clip("07:00", "16:30")], [], None, None),
        ([clip("15:50", "23:50")], [], None, "22:00"),
        ([clip("23:00", "23:50")], [], None, None),
        ([clip("15:50", "18:30")], [], NEXT, "18:00"),
        ([clip("15:50", "17:30")], [docks("17:00", "17:10")], None, "17:00"),
        ([clip("15:50", "17:30")], [docks("15:40", "16:10")], None, None),
        ([clip("15:50", "17:30")], [docks("12:00", "12:30")], None, "17:30"),
    ],
)
def test_the_end_moves_to_the_end_of_the_clip_but_not_past_a_dock_the_next_duty_or_reason(
    clips: list[Clip], sessions: list[DockSession], following: Duty | None, expected: str | None
) -> None:
    assert inferred_end(DUTY, clips, sessions, following) == (None if expected is None else clock(expected))
    assert (REACH, LONGEST_CLIP) == (6 * HOUR, 120 * MINUTE)


def recorded(began: float, ended: float, source: str = "container") -> None:
    since_1970 = at(ended) - NOON.replace(year=1970, month=1, day=1, hour=0)
    Asset.objects.create(
        asset_id=uuid.uuid4(),
        station_id="east",
        camera="C1",
        kind="video",
        recorded_at=at(began),
        recorded_source=source,
        mtime_ns=since_1970 // timedelta(microseconds=1) * 1000,
        first_heard_at=at(ended),
    )


@pytest.mark.django_db
def test_a_late_duty_with_a_clip_past_its_end_is_judged_by_the_later_end_and_says_so() -> None:
    east, court = watching(), Court()
    roster("S1")
    session = east.dock(DEADLINE + 30, absent=DEADLINE + 30)
    east.beat(DEADLINE + 40)
    assert minutes_late(court.says(DEADLINE + 41)) == 30
    recorded(END - 5, END + 45)
    east.undock(DEADLINE + 50, session)
    said = court.says(DEADLINE + 51)
    assert (said.verdict, said.end_source, said.duty_ends_at) == ("on_time", "inferred", at(END + 45))
    assert [row.end_source for row in history("S1")] == ["scheduled", "inferred"]


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "source"), [("actual", "container"), ("scheduled", "mtime")])
def test_an_actual_end_and_a_clip_whose_beginning_nobody_knows_move_nothing(status: str, source: str) -> None:
    east, court = watching(), Court()
    roster("S1", status=status)
    recorded(END - 5, END + 45, source)
    east.dock(DEADLINE + 30, absent=DEADLINE + 30)
    east.beat(DEADLINE + 40)
    said = court.says(DEADLINE + 41)
    assert (said.verdict, said.duty_starts_at, said.duty_ends_at) == ("late", at(START), at(END))


@pytest.mark.parametrize(
    ("changed", "told", "ended"),
    [
        (END + 45, None, END + 45),
        (END + 45, END + 20, END + 20),
        (END + 600, END + 20, END + 20),
        (None, END + 20, END + 20),
        (END + 45, END - 20, END + 45),
        (None, None, END - 5),
    ],
)
def test_what_the_container_tells_of_a_clips_end_counts_before_its_files_time(
    changed: int | None, told: int | None, ended: int
) -> None:
    changed_ns = None if changed is None else int(at(changed).timestamp() * 1e9)
    assert recorded_until(at(END - 5), changed_ns, None if told is None else at(told)) == at(ended)
