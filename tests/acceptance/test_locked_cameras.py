"""Locked cameras and impostors before the real daemon: a mocked bus, a program that unlocks, real file systems."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.locked_camera import CameraSocket, LockedDevice
from tests.acceptance.test_usb_cameras import USB, Bus
from tests.central_server import CentralServer
from tests.contract.test_unlock import program
from tests.dock_station import DOCK_SIM, ROOT, DockStation, eventually, files_below
from tests.leaving_nothing import loop_device

pytestmark = [pytest.mark.part("umockdev"), pytest.mark.part("loop")]

LOCKED, STORAGE = "0000:0947", "0000:0948"
SERIAL = "ACCC8E1"
PASSWORD = "s3cret-pass"


@pytest.fixture
def bus() -> Iterator[Bus]:
    one = Bus()
    yield one
    one.owner.end()


class LockedCamera:
    """A simulated locked camera in bay 1-1.4, with a real card behind its storage face."""

    def __init__(self, home: Path, bus: Bus, node: str) -> None:
        self.bus = bus
        self.node = node
        self._lock = threading.Lock()  # the bus takes one order at a time
        self.device = LockedDevice(
            password=PASSWORD, serial=SERIAL, drift=timedelta(minutes=-5), becomes_storage=self.re_enumerate
        )
        self.socket = CameraSocket(self.device, home / "camera")
        self.program = program(home, home / "camera")
        self.password = home / "password"
        self.password.write_text(f"{PASSWORD}\n")
        self.password.chmod(0o400)

    def settings(self, *, erase: bool) -> str:
        return (
            f'[bays]\n"1-1.4" = "Bay 7"\n[profile.gat947]\nerase = {str(erase).lower()}\n'
            f'unlock_program = "{self.program}"\npassword_file = "{self.password}"\n'
        )

    def plug(self) -> None:
        with self._lock:
            self.bus.do("plug", port="1-1.4", ids=LOCKED, interfaces=":ff0000:", serial="X")

    def yank(self) -> None:
        with self._lock:
            self.bus.do("yank", port="1-1.4")

    def re_enumerate(self) -> None:
        with self._lock:
            self.bus.do("yank", port="1-1.4")
            self.bus.do("plug", port="1-1.4", ids=STORAGE, serial="X", node=self.node, label="DISK")


@pytest.fixture
def camera(tmp_path: Path, bus: Bus, station: DockStation) -> Iterator[tuple[LockedCamera, dict[str, str]]]:
    content = tmp_path / "content"
    arguments = ["camera", str(content), "--profile", "gat947", "--serial", SERIAL, "--files", "1", "--size", "64KiB"]
    subprocess.run([*DOCK_SIM, *arguments], cwd=ROOT, check=True, capture_output=True)
    image = tmp_path / "card.img"
    image.touch()
    subprocess.run(["truncate", "-s", "8M", str(image)], check=True)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-d", str(content), str(image)], check=True, capture_output=True)
    home = tmp_path / "camera"
    home.mkdir()
    with loop_device(image) as node:
        made = LockedCamera(home, bus, node)
        yield made, files_below(content)
        station.kill()
        made.socket.close()
        for root in (station.state / "mounts").glob("*"):
            subprocess.run(["umount", "-l", str(root)], check=False, capture_output=True)


def rows(central: CentralServer, what: str) -> list[dict[str, Any]]:
    return list(json.loads(central.command("export", what, "--format", "json").stdout))


def in_the_log(station: DockStation, *words: str) -> bool:
    text = station.log.read_text() + "".join(
        p.read_bytes().decode("latin1") for p in station.state.glob("ledger.db*")
    )
    return any(word in text for word in words)


def test_a_locked_camera_is_one_dock_from_its_locked_face_to_its_erased_card(
    station: DockStation,
    central: CentralServer,
    bus: Bus,
    camera: tuple[LockedCamera, dict[str, str]],
) -> None:
    locked, held = camera
    station.write_config(locked.settings(erase=True), source=USB)
    add_wrong_profile(station)
    station.start(**bus.environment)
    eventually(station.snapshot)
    locked.plug()
    station.wait_safe(SERIAL)
    assert locked.device.steps == ["identify", "unlock", "describe", "clock", "set_clock", "clock", "show_storage"]
    assert set(held.values()) <= set(central.objects())
    eventually(lambda: station.counts().get("ERASED") == len(held))
    # The agent is started again beside the storage face: the same dock goes on.
    station.stop()
    station.start(**bus.environment)
    station.wait_safe(SERIAL)
    (dock,) = eventually(lambda: rows(central, "docks"))
    assert (dock["camera_serial"], dock["undocked_at"]) == (SERIAL, None)
    assert dock["bay"] == "Bay 7"
    assert dock["camera_clock_offset_s"] == pytest.approx(-300, abs=3), "measured before it was set"
    assert abs(locked.device.drift) < timedelta(seconds=5)
    assert dock["absent_until"] == dock["docked_at"], "from the event of the locked face on"
    locked.yank()
    eventually(lambda: rows(central, "docks")[0]["undocked_at"])
    assert len(rows(central, "docks")) == 1
    assert not in_the_log(station, PASSWORD)
    whole, cut = sorted(
        (row for row in rows(central, "assets") if row["kind"] == "video"), key=lambda row: -row["size"]
    )
    began, ended = (datetime.fromisoformat(whole[key]) for key in ("recorded_at", "recorded_until"))
    assert whole["recorded_source"] == "name"
    assert timedelta(seconds=1) < ended - began < timedelta(minutes=2), "its container tells its length"
    assert cut["recorded_source"] == "name", "the half-written clip has no index"
    (problem,) = station.snapshot()["config"]["profile_problems"]
    assert "wrong.toml:2: colour" in problem, "and it kept nobody from being served"
    assert "1 problem in camera profiles" in station.snapshot()["summary"]


def add_wrong_profile(station: DockStation) -> None:
    site = station.home / "profiles"
    site.mkdir()
    (site / "wrong.toml").write_text('name = "wrong"\ncolour = "red"\n')
    text = station.config.read_text()
    station.config.write_text(text.replace("[paths]\n", f'[paths]\nprofiles = "{site}"\n'))


def test_a_wrong_password_is_tried_once_also_over_restarts_and_the_right_one_by_itself(
    station: DockStation,
    central: CentralServer,
    bus: Bus,
    camera: tuple[LockedCamera, dict[str, str]],
) -> None:
    locked, held = camera
    locked.password.chmod(0o600)
    locked.password.write_text("not-it-at-all\n")
    station.write_config(locked.settings(erase=False), source=USB)
    locked.plug()
    station.start(**bus.environment)
    eventually(lambda: [bay["says"] for bay in station.snapshot().get("bays", [])] == ["leave in bay"])
    station.kill()
    station.start(**bus.environment)
    eventually(lambda: station.logged("unlock_held_back"))
    assert locked.device.steps.count("unlock") == 1
    assert not in_the_log(station, "not-it-at-all")
    locked.password.write_text(f"{PASSWORD}\n")
    station.kill()
    station.start(**bus.environment)
    eventually(lambda: set(held.values()) <= set(central.objects()))
    assert len(rows(central, "docks")) == 1, "still the dock that began when it was plugged in"


IMPOSTORS: dict[str, tuple[str, Callable[[Bus, str], None]]] = {
    "keyboard": (
        "a keyboard",
        lambda bus, node: bus.do("plug", port="1-1.4", node=node, interfaces=":080650:030101:"),
    ),
    "CDC-Ethernet": (
        "a network",
        lambda bus, node: bus.do("plug", port="1-1.4", node=node, interfaces=":080650:020600:0a0000:"),
    ),
    "RNDIS": ("a wireless", lambda bus, node: bus.do("plug", port="1-1.4", node=node, interfaces=":080650:e00103:")),
}


def test_a_camera_that_is_also_a_keyboard_or_a_network_is_not_ours_and_nothing_is_mounted(
    station: DockStation,
    central: CentralServer,
    bus: Bus,
    camera: tuple[LockedCamera, dict[str, str]],
) -> None:
    locked, _ = camera
    before = Path(locked.node).read_bytes()
    station.write_config(locked.settings(erase=True) + "[profile.generic-msc]\nerase = true\n", source=USB)
    station.start(**bus.environment)
    eventually(station.snapshot)
    for number, (_, plug) in enumerate(IMPOSTORS.values(), start=1):
        plug(bus, locked.node)
        eventually(lambda: [bay["says"] for bay in station.snapshot().get("bays", [])] == ["not our camera"])
        assert station.snapshot()["bays"][0]["label"] == "Bay 7"
        assert locked.node not in Path("/proc/self/mounts").read_text()
        bus.do("yank", port="1-1.4")
        eventually(lambda: station.snapshot()["bays"] == [])
        eventually(lambda told=number: len(refused(station)) == told)
    assert [word in said for (word, _), said in zip(IMPOSTORS.values(), refused(station), strict=True)] == [True] * 3
    assert rows(central, "docks") == []
    assert central.objects() == {}
    station.stop()
    assert Path(locked.node).read_bytes() == before


def refused(station: DockStation) -> list[str]:
    """What the ledger says of devices that are not served, in order."""
    with closing(sqlite3.connect(f"file:{station.state / 'ledger.db'}?mode=ro", uri=True, timeout=10)) as ledger:
        bodies = [json.loads(body) for (body,) in ledger.execute("SELECT body FROM custody_events ORDER BY number")]
    return [body["facts"]["detail"] for body in bodies if body["type"] == "device_refused"]
