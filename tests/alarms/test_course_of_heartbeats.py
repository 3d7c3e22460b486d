"""What central keeps of a station over several heartbeats, and the facts that it makes of it. Real rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from central.alarms.facts import Channels, Facts
from central.alarms.gathering import gather
from central.custody.models import Asset, DockSession
from central.fleet.heartbeats import keep_heartbeat
from central.fleet.models import Credential, Heartbeat, Station
from protocol import messages

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
GIB = 2**30


@pytest.fixture
def east() -> Station:
    station = Station.objects.create(station_id="east", added_at=NOW, site="East")
    Credential.objects.create(station=station, token_sha256="t", public_key="k", created_at=NOW)
    return station


def beat(at: datetime, uptime_s: float, **more: object) -> None:
    clock = messages.ClockReading(wall=at, monotonic_ns=1, boot_id="b")
    message = messages.Heartbeat(sequence=1, version="1.0.0", at=clock, uptime_s=uptime_s, **more)  # type: ignore[arg-type]
    body = messages.encode(message).decode()
    keep_heartbeat("east", message, body, at)


def facts(tmp_path: Path, now: datetime) -> Facts:
    return gather(now, data=tmp_path, channels=Channels())


def test_restarts_and_a_filling_disk_are_seen_over_several_heartbeats(east: Station, tmp_path: Path) -> None:
    for minute in range(0, 61, 5):
        beat(NOW + minute * MINUTE, 3.0, disk_free=(100 - minute) * GIB, disk_total=200 * GIB)
    (station,) = facts(tmp_path, NOW + HOUR).stations
    assert station.said.restarts == 12
    assert station.said.full_in == pytest.approx(40 * MINUTE, abs=MINUTE)
    assert station.site == east.site


def test_one_life_of_an_agent_is_no_restart_and_an_unchanged_setup_keeps_its_date(
    east: Station, tmp_path: Path
) -> None:
    for minute in range(10):
        digest = "y" if minute >= 7 else "x"
        beat(NOW + minute * MINUTE, 60.0 * minute, config_digest=digest, profiles_digest="p")
    (station,) = facts(tmp_path, NOW + HOUR).stations
    assert station.said.restarts == 0
    assert (station.said.digests, station.said.digests_since) == (("y", "p"), NOW + 7 * MINUTE)
    assert (station.said.version, station.said.version_since) == ("1.0.0", NOW)
    assert Heartbeat.objects.get(pk=east.pk).free_space == []


def test_only_docked_cameras_with_files_that_wait_are_facts(east: Station, tmp_path: Path) -> None:
    def dock(camera: str, state: str, **more: object) -> None:
        session = uuid4()
        DockSession.objects.create(
            session=session, station=east, camera=camera, bay="1-1", docked_at=NOW - HOUR, **more
        )
        Asset.objects.create(
            asset_id=uuid4(), station=east, camera=camera, session=session, state=state, first_heard_at=NOW
        )

    dock("waits", "STAGED")
    dock("was taken", "STAGED", undocked_at=NOW)
    dock("is safe", "ERASED")
    dock("was put aside", "QUARANTINED")
    (one,) = facts(tmp_path, NOW).not_safe
    assert (one.camera, one.files, one.bay) == ("waits", 1, "1-1")
