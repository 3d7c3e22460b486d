"""Since when central can be heard: a restart within a minute is no interruption, a longer one is."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from central.alerting.up_since import resume_up_since, still_up

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A central that came up at noon and worked for an hour."""
    path = tmp_path / "up_since"
    assert resume_up_since(path, NOON) == NOON
    still_up(path, NOON)
    _alive_until(path, 60)
    return path


def _alive_until(path: Path, minutes: float) -> None:
    stamp = (NOON + timedelta(minutes=minutes)).timestamp()
    os.utime(path, (stamp, stamp))


@pytest.mark.parametrize(
    ("restarted", "up_since"), [(60.0, 0.0), (60.5, 0.0), (60.99, 0.0), (61.0, 61.0), (90.0, 90.0), (58.0, 58.0)]
)
def test_a_restart_and_since_when_central_is_up_then(kept: Path, restarted: float, up_since: float) -> None:
    at = NOON + timedelta(minutes=restarted)
    assert resume_up_since(kept, at) == NOON + timedelta(minutes=up_since)


def test_restarts_again_and_again_do_not_begin_anew(kept: Path) -> None:
    for minute in range(61, 90):
        assert resume_up_since(kept, NOON + timedelta(minutes=minute - 0.5)) == NOON
        _alive_until(kept, minute)


@pytest.mark.parametrize("content", ["", "yesterday", "2126-11-23T12:00:00Z"])
def test_a_file_that_says_nothing_sensible_says_nothing(kept: Path, content: str) -> None:
    kept.write_text(content)
    _alive_until(kept, 60)
    assert resume_up_since(kept, NOON + timedelta(hours=1)) == NOON + timedelta(hours=1)
    assert kept.read_text() == "2026-11-23T13:00:00Z"


def test_a_folder_that_takes_no_file_does_not_keep_central_from_working(tmp_path: Path) -> None:
    assert resume_up_since(tmp_path / "gone" / "up_since", NOON) == NOON
