"""Figures of many videos are counted aside and kept; the page never keeps anybody waiting."""

from __future__ import annotations

import fcntl
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings

from central import clock
from central.config import CentralConfig
from central.data_dir import DataDir
from central.measures import keeping
from central.measures.measuring import Asked, measure
from central.measures.reading import read
from central.measures.window import Window
from tests.dashboard.conftest import log_in
from tests.dashboard.world import people, seed

pytestmark = pytest.mark.django_db
MIDDLE = datetime(2026, 11, 15, 12, tzinfo=UTC)
"""Of a month: what the page shows without a wish begins with a month."""


@pytest.fixture
def browser(tmp_path: Path) -> Any:
    with override_settings(CONFIG=CentralConfig(), DATA=DataDir(tmp_path)):
        seed(clock.now(), settings.CONFIG, per_unit=1, days=4)
        yield log_in(people())["it"]


def test_what_was_kept_is_what_is_counted(browser: Client) -> None:
    now = clock.now()
    asked = Asked(now, Window(now - timedelta(days=30)), "Traffic")
    assert keeping.kept(settings.DATA.measures, asked) is None
    assert keeping.keep(settings.DATA.measures, asked, settings.CONFIG)
    found = keeping.kept(settings.DATA.measures, asked)
    assert found == keeping.Kept(now, measure(read(asked, settings.CONFIG), asked))
    other = Asked(now, asked.window, "East Patrol")
    assert keeping.kept(settings.DATA.measures, other) is None


def test_one_process_counts_at_a_time(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA.measures.mkdir()
    lock = os.open(settings.DATA.measures / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    asked, started = Asked(clock.now()), []
    monkeypatch.setattr(keeping.subprocess, "Popen", lambda command, **_: started.append(command))
    assert not keeping.keep(settings.DATA.measures, asked, settings.CONFIG)
    keeping.start_counting(settings.DATA.root, settings.DATA.measures, asked)
    assert started == []
    os.close(lock)
    keeping.start_counting(settings.DATA.root, settings.DATA.measures, asked)
    assert len(started) == 1


def test_a_page_with_much_to_count_says_so_then_shows_what_was_kept(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[Asked] = []
    monkeypatch.setattr("central.clock.now", lambda: MIDDLE)
    monkeypatch.setattr("central.dashboard.measures_pages.is_large", lambda _: True)
    monkeypatch.setattr("central.dashboard.measures_pages.start_counting", lambda *said: wanted.append(said[-1]))
    assert "are being counted" in browser.get("/measures/").content.decode()
    keeping.keep(settings.DATA.measures, wanted[0], settings.CONFIG)
    text = browser.get("/measures/").content.decode()
    assert "All figures" in text
    assert "counted anew" not in text
    assert len(wanted) == 1, "it is fresh"
    monkeypatch.setattr("central.clock.now", lambda: MIDDLE + 2 * keeping.FRESH)
    assert "They are being counted anew" in browser.get("/measures/").content.decode()
    assert len(wanted) == 2
