"""Who hears what, from the verdict to the mail: over real rows, by the real judging."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from central.data_dir import DataDir
from central.judging.excuses import excuse_shift
from central.notices.models import Item, Notice
from central.roster.shifts import correct
from tests.judging.court import DEADLINE, END, LONG_AGO, START, roster, watching
from tests.notices.desk import CAPTAIN, DESK, IT, SUPERVISOR, Desk, configured, lines, unit
from tests.watching.telling import Telling

pytestmark = pytest.mark.django_db

DELAY, DAY = 15, 24 * 60


@pytest.fixture(autouse=True)
def own_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings, "DATA", DataDir(tmp_path))
    monkeypatch.setattr(settings, "CONFIG", settings.CONFIG)
    yield


def a_camera_that_stays_out(*, until: float = DEADLINE + 100 * DAY) -> tuple[Telling, Desk]:
    """East watches all the time; the camera of S1 is taken before its shift and does not come back."""
    east, desk = watching(), Desk()
    desk.begin()
    roster("S1")
    east.dock(START - 60, absent=START - 60)
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
    assert "C1" in notice.text and "Kim Lee" not in notice.subject
    assert desk.says(DEADLINE + 2 + DELAY) == []
