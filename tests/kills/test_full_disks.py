"""Small real disks that run full, under the station and under central: back-pressure, and nothing is dropped."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.central_server import CentralServer
from tests.dock_station import DockStation, eventually
from tests.kills.docks import Docks
from tests.leaving_nothing import ext4_image, loop_device, mounted

pytestmark = [pytest.mark.part("loop"), pytest.mark.timeout(300)]

MIB = 1 << 20


class Filler:
    """Takes what is left of a disk."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "filler"

    def fill(self, leave: int = 0) -> None:
        """Down to `leave` bytes, and to the last byte when that is 0."""
        disk = os.statvfs(self._file.parent)
        with self._file.open("ab") as file:
            size = max(0, disk.f_bavail * disk.f_frsize - leave)
            if leave:
                os.posix_fallocate(file.fileno(), 0, size)
                return
            for step in (MIB, 4096, 1):
                with pytest.raises(OSError, match="No space left"):
                    _write_for_ever(file.fileno(), step)
            os.fsync(file.fileno())

    def remove(self) -> None:
        self._file.unlink()


def _write_for_ever(fd: int, step: int) -> None:
    while True:
        os.write(fd, b"\0" * step)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with loop_device(ext4_image(tmp_path / "small.img", "48M")) as node, mounted(node, tmp_path / "small") as disk:
        shutil.rmtree(disk / "lost+found")
        yield disk


@pytest.fixture
def cramped_station(small_disk: Path, station: DockStation) -> Iterator[DockStation]:
    """A station whose spool and ledger share a small disk."""
    shutil.copytree(station.state, small_disk / "state")
    shutil.rmtree(station.state)
    station.state = small_disk / "state"
    station.write_config('[spool]\nmin_free = "4MiB"\nkeep = "1s"\n')
    yield station
    station.kill()


@pytest.fixture
def cramped_docks(tmp_path: Path, central: CentralServer, cramped_station: DockStation) -> Iterator[Docks]:
    watched = Docks(tmp_path / "cards", central, cramped_station)
    yield watched
    cramped_station.kill()
    watched.close()


def test_a_full_spool_makes_files_wait_on_their_cameras_and_room_lets_them_go_on(
    cramped_docks: Docks, cramped_station: DockStation, small_disk: Path, central: CentralServer
) -> None:
    docks, station, chance = cramped_docks, cramped_station, random.Random(1)
    filler = Filler(small_disk)
    filler.fill(leave=12 * MIB)
    docks.watch()
    station.start()
    eventually(lambda: station.snapshot().get("central", {}).get("reachable"))
    central.pause()
    docks.watcher.central_died()
    serials = [docks.dock(chance, files=3, size=2 * MIB) for _ in range(2)]
    eventually(lambda: any("spool full" in (bay["note"] or "") for bay in station.snapshot()["bays"]))
    assert "do not remove" in {station.says(serial) for serial in serials}
    assert all(set(docks.held(serial)) == set(_files(docks.card(serial))) for serial in serials), "nothing is dropped"
    disk = os.statvfs(small_disk)
    assert disk.f_bavail * disk.f_frsize >= 4 * MIB, "copies never take the reserve"

    docks.watcher.central_returns()
    central.resume()
    filler.remove()
    docks.wait_until_settled(within_s=120)
    assert [str(verdict) for verdict in docks.judge() if not verdict.held] == []
    assert len(station.logged("station_ready")) == 1, "nobody restarted it"


def test_a_disk_full_to_its_last_byte_stops_the_station_before_it_promises_anything_and_room_lets_it_go_on(
    cramped_docks: Docks, cramped_station: DockStation, small_disk: Path
) -> None:
    docks, station, chance = cramped_docks, cramped_station, random.Random(2)
    station.write_config(
        '[spool]\nmin_free = "4MiB"\nkeep = "1s"\n'
        "[upload]\nlimits = [{from = '00:00', to = '24:00', rate = '1MiB/s'}]\n"
    )
    filler = Filler(small_disk)
    docks.watch()
    station.start()
    docks.dock(chance, files=3, size=2 * MIB)
    eventually(lambda: station.counts().get("STAGED"), why="work is under way when somebody else fills the disk")
    filler.fill()
    docks.dock(chance, files=1, size=MIB)

    def ended() -> int | None:
        assert station.process is not None
        return station.process.poll()

    def ended_while_the_disk_stays_full() -> bool:
        filler.fill()  # again: what the station just gave back is free only once the file system committed it
        return ended() is not None

    eventually(ended_while_the_disk_stays_full)
    assert ended() == 3
    (failure,) = station.logged("ledger_disk_full")
    assert "Free space on this disk" in failure["error"]
    for _ in range(2):  # as systemd does it, while the disk is still full
        station.process = None
        station.start()
        eventually(ended_while_the_disk_stays_full, why="it ends again, and says why")
        assert ended() in (2, 3), "never a crash"
    station.process = None
    filler.remove()
    station.start()
    docks.wait_until_settled(within_s=120)
    assert [str(verdict) for verdict in docks.judge() if not verdict.held] == []


def test_a_full_store_at_central_makes_uploads_wait_and_room_lets_them_go_on(
    tmp_path: Path, small_disk: Path, new_central: tuple[Path, str]
) -> None:
    data = shutil.copytree(new_central[0], small_disk / "central")
    with CentralServer(data) as central:
        central.added["east-1"] = new_central[1]
        central.start()
        station = DockStation(tmp_path, central)
        station.enroll()
        docks = Docks(tmp_path / "cards", central, station)
        filler = Filler(small_disk)
        try:
            filler.fill(leave=6 * MIB)
            docks.watch()
            station.start()
            serials = [docks.dock(random.Random(3), files=3, size=3 * MIB) for _ in range(2)]
            eventually(lambda: "full" in _trouble(station), within_s=60, why="the status says what is wrong")
            eventually(lambda: all(station.says(serial) == "may be taken" for serial in serials))
            filler.fill()
            later = docks.dock(random.Random(4), files=1, size=MIB)
            eventually(lambda: station.says(later) == "may be taken", why="staging goes on")
            filler.remove()
            docks.wait_until_settled(within_s=200)
            assert [str(verdict) for verdict in docks.judge() if not verdict.held] == []
            assert len(station.logged("station_ready")) == 1, "nobody restarted it"
        finally:
            station.kill()
            docks.close()


def _trouble(station: DockStation) -> str:
    """What the status says of uploads: as a whole, or of single files while smaller ones still find room."""
    uploads = station.snapshot().get("uploads", {})
    return f"{uploads.get('trouble')} {uploads.get('in_trouble')}"


def _files(card: Path) -> list[bytes]:
    return [os.fsencode(path.relative_to(card)) for path in card.rglob("*") if path.is_file()]
