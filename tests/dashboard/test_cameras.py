"""Cameras: where they are, which were not seen for long, and how long their cards last."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from central.custody.models import Asset, DockSession
from central.dashboard.camera_room import Stay, room_of
from tests.dashboard.conftest import Department

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, GIB = timedelta(hours=1), 2**30


def stays(*, free: int | None, out: int = 4, is_out: bool = True) -> list[Stay]:
    """Eight hours out, four hours in, again and again; four GiB new each time."""
    found = [
        Stay(NOON + number * 12 * HOUR, NOON + (number * 12 + 4) * HOUR, 4 * GIB, free) for number in range(out + 1)
    ]
    last = found[-1]
    return [*found[:-1], Stay(last.docked_at, last.undocked_at if is_out else None, last.new_bytes, free)]


def test_a_card_is_full_when_what_is_free_is_recorded_at_the_cameras_own_rate() -> None:
    known = stays(free=6 * GIB)
    room = room_of(known)
    assert room is not None
    assert room.bytes_per_hour == GIB / 2
    assert room.hours == 12
    assert room.full_at == known[-1].undocked_at + 12 * HOUR  # type: ignore[operator]


def test_in_a_dock_it_lasts_so_many_hours_and_nothing_is_full_at_an_instant() -> None:
    room = room_of(stays(free=6 * GIB, is_out=False))
    assert room is not None
    assert (room.hours, room.full_at) == (12, None)


@pytest.mark.parametrize("known", [[], stays(free=None), stays(free=6 * GIB, out=2)])
def test_what_is_not_known_is_not_guessed(known: list[Stay]) -> None:
    assert room_of(known) is None


def test_a_camera_that_records_nothing_is_never_said_to_be_full() -> None:
    assert room_of([Stay(one.docked_at, one.undocked_at, 0, one.free_bytes) for one in stays(free=GIB)]) is None


@pytest.mark.django_db
def test_cameras_are_listed_by_where_they_are(department: Department) -> None:
    text = department.text("it", "/cameras/")
    counts = {name: int(number) for name, number in re.findall(r">([A-Z][\w ]+) <span class=\"num\">(\d+)<", text)}
    assert counts["All"] == counts["In a dock"] + counts["Out"]
    strays = department.text("it", "/cameras/?show=without-shift")
    assert "/cameras/0600/" in strays
    assert "/cameras/0412/" not in strays
    assert "/cameras/0600/" in department.text("it", "/cameras/?show=unseen-7")
    assert "/cameras/0600/" not in department.text("it", "/cameras/?show=unseen-30")
    assert "/cameras/0600/" not in department.text("supervisor", "/cameras/"), "on no shift of his units"
    assert department.get("officer", "/cameras/").status_code == 403


@pytest.mark.django_db
def test_a_camera_says_when_its_card_is_full_and_pages_its_docks(department: Department) -> None:
    assert "Not known: its station does not tell" in department.text("it", "/cameras/0600/")
    now = department.world.now
    for number in range(30):
        left = now - timedelta(hours=12 * number + 2)
        dock = DockSession.objects.create(
            session=uuid.uuid4(),
            station_id="east-1",
            camera="0600",
            bay="1-1",
            docked_at=left - 4 * HOUR,
            undocked_at=left,
            card_size_bytes=64 * GIB,
            card_free_bytes=5 * GIB,
        )
        Asset.objects.create(
            asset_id=uuid.uuid4(), station_id="east-1", session=dock.session, size=4 * GIB, first_heard_at=left
        )
    text = department.text("it", "/cameras/0600/")
    assert "Full in about 8 h" in text or "Full in about 7 h 59 min" in text
    assert "Page 1 of 2" in text
    assert "Page 2 of 2" in department.text("it", "/cameras/0600/?page=2")
