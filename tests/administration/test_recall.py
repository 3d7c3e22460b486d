"""A station died: which cameras to recall, from what central holds, and what it says that it cannot know."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from central.custody.models import Asset, DockSession, StoredObject
from central.custody.recalling import recall
from central.refusals import CommandRefused
from protocol import events as e
from tests.administration.running import run
from tests.central.station_client import Chain
from tests.watching.telling import Telling, at

pytestmark = pytest.mark.django_db


def file(
    station: Telling,
    camera: str,
    session: UUID | None,
    state: str,
    path: str = "A",
    sha256: str = "",
    size: int = 100,
) -> Asset:
    """One file as central knows it; VERIFIED ones at minute 10, stored."""
    is_safe = state == "VERIFIED"
    stored = None
    if is_safe:
        stored, _ = StoredObject.objects.get_or_create(
            sha256=sha256, defaults={"size": size, "stored_at": at(10), "verified_at": at(10)}
        )
    return Asset.objects.create(
        asset_id=uuid4(),
        station_id=station.name,
        camera=camera,
        session=session,
        state=state,
        path_b64=path,
        source_path=path,
        size=size,
        mtime_ns=7,
        sha256=sha256,
        first_heard_at=at(1),
        verified_at=at(10) if is_safe else None,
        object=stored,
    )


def drained(station: Telling, minute: float, session: UUID, camera: str) -> None:
    instant = station.wall(minute)
    event = e.CameraDrained(at=station.clock(minute), session=session, camera=camera, drained_at=instant)
    station.tell(minute, event)


def recalled(capsys: pytest.CaptureFixture[str], station: str = "east") -> tuple[dict[str, dict[str, str]], str]:
    capsys.readouterr()  # what was logged before
    run("station", "recall", station, "--format", "csv")
    said = capsys.readouterr()
    return {row["camera_serial"]: row for row in csv.DictReader(io.StringIO(said.out))}, said.err


def test_cameras_are_recalled_with_what_is_known_of_each_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    east, west = Telling("east"), Telling("west")
    for station in (east, west):
        station.start(0)
    half = east.dock(1, "HALF")
    file(east, "HALF", half, "VERIFIED", "A", "a" * 64)
    file(east, "HALF", half, "STAGED", "B", "b" * 64)
    file(east, "HALF", half, "FOUND", "C")
    whole = east.dock(2, "WHOLE")
    drained(east, 3, whole, "WHOLE")
    file(east, "WHOLE", whole, "VERIFIED", "A", "c" * 64)
    moved = east.dock(4, "MOVED")
    file(east, "MOVED", moved, "STAGED", "A", "d" * 64)
    copied = east.dock(5, "COPIED")
    file(east, "COPIED", copied, "FOUND", "A")
    file(east, "COPIED", copied, "FOUND", "LOST", size=9)
    twice = east.dock(6, "TWICE")
    file(east, "TWICE", twice, "STAGED", "A", "e" * 64)
    east.dock(20, "LATE")
    empty = east.dock(21, "EMPTY")
    DockSession.objects.filter(session=empty).update(files=0)
    east.beat(22)
    east.linked = False
    east.dock(23, "NOBODY HEARD OF IT")
    east.beat(24)

    west.dock(30, "MOVED")
    there = west.dock(31, "COPIED")
    drained(west, 32, there, "COPIED")
    file(west, "COPIED", there, "VERIFIED", "A", "f" * 64)
    again = west.dock(33, "TWICE")
    drained(west, 34, again, "TWICE")
    file(west, "TWICE", again, "VERIFIED", "OTHER NAME", "e" * 64)

    rows, said = recalled(capsys)
    shown = {camera: (int(row["unreceipted_files"]), row["todo"]) for camera, row in rows.items()}
    assert shown == {
        "HALF": (2, "dock_again"),
        "MOVED": (1, "in_dock"),
        "COPIED": (2, "adopt"),
        "LATE": (0, "dock_again"),
    }
    assert (rows["HALF"]["found"], rows["HALF"]["staged"], rows["HALF"]["unreceipted_bytes"]) == ("1", "1", "200")
    assert rows["COPIED"]["alike_elsewhere"] == "1", "same name, size and time; LOST is nowhere"
    assert rows["MOVED"]["seen_since_station_id"] == "west"
    held = east.chain.number - 1
    assert f"up to number {held}; it had named {held + 1}" in said
    assert "central cannot know" in said


def test_of_a_station_that_speaks_only_what_an_earlier_pc_left_is_recalled() -> None:
    old = Telling("east")
    old.start(0)
    file(old, "LEFT", old.dock(1, "LEFT"), "STAGED", "A", "a" * 64)
    assert [one.camera for one in recall("east", is_dead=True).cameras] == ["LEFT"]
    assert recall("east", is_dead=False).cameras == [], "it is under way"
    new = Telling("east", chain=Chain())
    new.start(60)
    file(new, "NEW", new.dock(61, "NEW"), "STAGED", "A", "b" * 64)
    told = recall("east", is_dead=False)
    assert [(one.camera, one.todo) for one in told.cameras] == [("LEFT", "dock_again")]
    back = new.dock(62, "LEFT")
    drained(new, 63, back, "LEFT")
    assert [one.todo for one in recall("east", is_dead=False).cameras] == ["adopt"]
    Asset.objects.filter(camera="LEFT").update(state="VERIFIED", verified_at=at(70))
    assert recall("east", is_dead=False).cameras == [], "adopted, under its old id"


def test_a_station_that_nobody_knows_is_refused() -> None:
    with pytest.raises(CommandRefused, match="no station nowhere"):
        run("station", "recall", "nowhere")


def test_the_instants_are_those_of_that_pc() -> None:
    east = Telling("east")
    east.start(0)
    file(east, "C1", east.dock(1, "C1"), "VERIFIED", "A", "a" * 64)
    file(east, "C1", None, "STAGED", "B", "b" * 64)
    east.beat(5)
    told = recall("east", is_dead=True)
    assert told.last_receipt_at == at(10)
    assert told.heard_at is not None
    assert abs(told.heard_at - at(5)) < timedelta(seconds=1)
