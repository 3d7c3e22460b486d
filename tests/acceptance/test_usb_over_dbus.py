"""USB cameras through UDisks2: a mocked bus announces them, a double on a private D-Bus really mounts them."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.acceptance.test_usb_cameras import SWITCHED_ON, USB, Bus, on_card
from tests.central_server import CentralServer
from tests.dock_station import DOCK_SIM, ROOT, DockStation, eventually, files_below
from tests.leaving_nothing import loop_device
from tests.sources.dock_bus import DockBus
from tests.sources.loop_cards import EXT4_STATE

pytestmark = [pytest.mark.part("umockdev"), pytest.mark.part("loop"), pytest.mark.part("dbus")]
OVER_DBUS = SWITCHED_ON + '[card]\nmounter = "udisks"\n'


class Dock:
    """One station whose cameras come by both buses."""

    def __init__(self, station: DockStation, folder: Path, home: Path) -> None:
        self.station, self._home = station, home
        self.usb, self.dbus = Bus(), DockBus(folder)
        self._stack = ExitStack()
        self._nodes: list[str] = []

    def card(self, name: str, spoil: tuple[int, bytes] | None = None) -> tuple[str, dict[str, str], Path]:
        """An ext4 volume with footage: its node, what it holds, its image."""
        content, image = self._home / f"{name}.content", self._home / f"{name}.img"
        made = [*DOCK_SIM, "camera", str(content), "--serial", "BWC0412", "--files", "1", "--size", "400KiB"]
        subprocess.run([*made, "--seed", str(len(self._nodes))], cwd=ROOT, check=True, capture_output=True)
        image.touch()
        subprocess.run(["truncate", "-s", "24M", str(image)], check=True)
        mkfs = ["mkfs.ext4", "-q", "-F", "-O", "^metadata_csum", "-d", str(content), str(image)]
        subprocess.run(mkfs, check=True, capture_output=True)
        if spoil is not None:
            with image.open("r+b") as opened:
                opened.seek(spoil[0])
                opened.write(spoil[1])
        node = self._stack.enter_context(loop_device(image))
        self._nodes.append(node)
        return node, files_below(content), image

    def plug(self, *nodes: str, blank: int = 0) -> None:
        for number, node in enumerate(nodes, 1):
            self.dbus.add(node, "ext4", f"AAAA-01{number:02}", "BWC")
        self.usb.do("plug", port="1-1.4", nodes=nodes, blank=blank)

    def pull(self) -> None:
        self.usb.do("yank", port="1-1.4")
        for node in self._nodes:
            self.dbus.remove(node)

    def start(self) -> None:
        self.station.write_config(OVER_DBUS, source=USB)
        self.station.start(**self.usb.environment, **self.dbus.environment)

    def says(self) -> str:
        return next((bay["says"] for bay in self.station.snapshot().get("bays", [])), "")

    def end(self) -> None:
        self.station.kill()
        self.usb.owner.end()
        self.dbus.end()
        self._stack.close()


@pytest.fixture
def dock(station: DockStation, tmp_path: Path) -> Iterator[Dock]:
    with TemporaryDirectory() as short:
        made = Dock(station, Path(short), tmp_path)
        yield made
        made.end()


def mounts(calls: list[list[object]]) -> list[str]:
    """In which mode each mount was asked for, in order."""
    return [str(options["options"])[:2] for what, _, options in calls if what == "Mount"]  # type: ignore[index]


def test_both_partitions_of_a_camera_are_copied_and_erased_on_mounts_of_their_own(
    dock: Dock, central: CentralServer, tmp_path: Path
) -> None:
    first, held, first_image = dock.card("one")
    second, more, second_image = dock.card("two")
    dock.plug(first, second)
    dock.start()
    dock.station.wait_safe("BWC0412")
    assert set(held.values()) | set(more.values()) <= set(central.objects())
    assert set(on_card(first_image, tmp_path)) == set(on_card(second_image, tmp_path)) == {"BWC.ID"}
    for node in (first, second):
        asked = mounts([call for call in dock.dbus.calls() if call[1] == node])
        assert asked[0] == "ro", "copied from a mount that cannot write"
        assert asked[-2:] == ["rw", "ro"], "erased on a fresh one, looked at again on a fresh one"
    paths = set(central.command("export", "assets", "--format", "csv").stdout.split(","))
    assert any(path.startswith("[2]/DCIM/") for path in paths)


def test_a_dirty_camera_with_a_partition_nobody_can_read_is_copied_named_and_not_one_byte_of_it_changes(
    dock: Dock, central: CentralServer
) -> None:
    node, held, image = dock.card("dirty", spoil=(EXT4_STATE, b"\x00\x00"))
    before = image.read_bytes()
    dock.plug(node, blank=1)
    dock.start()
    eventually(lambda: dock.says() == "leave in bay", within_s=60)
    eventually(lambda: set(held.values()) <= set(central.objects()))
    eventually(lambda: '"reason":"file_system_dirty"' in events(dock), why="IT is told why")
    assert '"reason":"no_file_system"' in events(dock)
    dock.station.stop()
    assert image.read_bytes() == before
    assert set(mounts(dock.dbus.calls())) == {"ro"}


def test_a_killed_station_and_a_killed_udisks_leave_a_card_that_is_mounted_anew_and_served_to_the_end(
    dock: Dock, central: CentralServer, tmp_path: Path
) -> None:
    node, held, image = dock.card("one")
    dock.dbus.fault("mount_once", "NotAuthorizedCanObtain")
    dock.plug(node)
    dock.start()
    eventually(lambda: dock.station.logged("mount_not_authorized"), why="the refusal is told")
    dock.station.kill()
    dock.start()
    eventually(lambda: "Mount" in [call[0] for call in dock.dbus.calls()][1:])
    dock.station.kill()
    dock.dbus.kill_udisks()
    dock.dbus.start_udisks()
    dock.start()
    dock.station.wait_safe("BWC0412")
    assert set(held.values()) <= set(central.objects())
    assert set(on_card(image, tmp_path)) == {"BWC.ID"}
    dock.pull()
    eventually(lambda: dock.station.logged("camera_undocked"))
    assert list((dock.dbus.folder / "media").iterdir()) == []


def events(dock: Dock) -> str:
    """All that the ledger recorded, as text."""
    with closing(sqlite3.connect(f"file:{dock.station.state}/ledger.db?mode=ro", uri=True)) as ledger:
        return "\n".join(bytes(body).decode() for (body,) in ledger.execute("SELECT body FROM custody_events"))
