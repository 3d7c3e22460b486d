"""USB cameras: a mocked bus announces them, real file systems on loop devices are mounted, read and erased."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.central_server import CentralServer
from tests.dock_station import DOCK_SIM, ROOT, DockStation, eventually, files_below
from tests.leaving_nothing import loop_device
from tests.sources.test_udev import PRELOAD, Process

pytestmark = [pytest.mark.part("umockdev"), pytest.mark.part("loop")]

SWITCHED_ON = '[bays]\n"1-1.4" = "Bay 7"\n[profile.generic-msc]\nerase = true\n'
USB = '[[source]]\nkind = "usb"\n'


class Bus:
    """The mocked bus; the agent that listens to it runs with `environment`."""

    def __init__(self) -> None:
        self.owner = Process(sys.executable, "-m", "tests.sources.umock", env={"LD_PRELOAD": PRELOAD})
        self.environment = {"LD_PRELOAD": PRELOAD, "UMOCKDEV_DIR": str(self.owner.first)}

    def do(self, what: str, **how: object) -> None:
        self.owner.ask({"do": what, **how})


@pytest.fixture
def bus() -> Iterator[Bus]:
    one = Bus()
    yield one
    one.owner.end()


Card = Callable[..., tuple[str, dict[str, str], Path]]


@pytest.fixture
def card(tmp_path: Path, station: DockStation) -> Iterator[Card]:
    """Makes an ext4 card on a loop device: its node, what it holds, its image."""
    with ExitStack() as stack:

        def make(name: str, serial: str | None = None) -> tuple[str, dict[str, str], Path]:
            content = tmp_path / f"{name}.content"
            subprocess.run(
                [*DOCK_SIM, "camera", str(content), "--serial", serial or name, "--files", "1", "--size", "400KiB"],
                cwd=ROOT,
                check=True,
                capture_output=True,
            )
            (content / "note.txt").write_text(name)
            image = tmp_path / f"{name}.img"
            image.touch()
            subprocess.run(["truncate", "-s", "24M", str(image)], check=True)
            subprocess.run(["mkfs.ext4", "-q", "-F", "-d", str(content), str(image)], check=True, capture_output=True)
            return stack.enter_context(loop_device(image)), files_below(content), image

        yield make
        station.kill()
        for root in (station.state / "mounts").glob("*"):
            subprocess.run(["umount", "-l", str(root)], check=False, capture_output=True)


def on_card(image: Path, tmp_path: Path) -> dict[str, str]:
    """What a card holds now, seen without the agent."""
    look = tmp_path / "look"
    look.mkdir(exist_ok=True)
    subprocess.run(["mount", "-o", "loop,ro,noload", str(image), str(look)], check=True)
    try:
        return files_below(look)
    finally:
        subprocess.run(["umount", str(look)], check=True)


def test_a_usb_camera_goes_from_plug_to_erased_at_its_labelled_bay(
    station: DockStation, central: CentralServer, bus: Bus, card: Card, tmp_path: Path
) -> None:
    node, held, image = card("BWC0412")
    station.write_config(SWITCHED_ON, source=USB)
    station.start(**bus.environment)
    eventually(station.snapshot)
    bus.do("plug", port="1-1.4", node=node)
    station.wait_safe("BWC0412")
    assert station.snapshot()["bays"][0]["label"] == "Bay 7"
    assert set(held.values()) <= set(central.objects())
    assert set(on_card(image, tmp_path)) == {"BWC.ID", "note.txt"}, "videos and sidecars go, the rest is kept"
    bus.do("yank", port="1-1.4")
    eventually(lambda: station.snapshot()["bays"] == [])
    assert station.logged("camera_undocked")


def test_a_new_usb_profile_erases_nothing_until_it_switches_that_on(
    station: DockStation, central: CentralServer, bus: Bus, card: Card, tmp_path: Path
) -> None:
    node, held, image = card("BWC0413")
    station.write_config(source=USB)
    bus.do("plug", port="1-1.4", node=node)
    before = image.read_bytes()
    station.start(**bus.environment)
    station.wait_safe("BWC0413")
    assert set(held.values()) <= set(central.objects())
    bus.do("yank", port="1-1.4")
    station.stop()
    assert image.read_bytes() == before, "a card that is not erased is not written to at all"


def test_two_cameras_of_one_name_stay_two_and_neither_is_written_to(
    station: DockStation, central: CentralServer, bus: Bus, card: Card, tmp_path: Path
) -> None:
    first_node, first, first_image = card("one", serial="BWC0001")
    second_node, second, second_image = card("two", serial="BWC0001")
    station.write_config(SWITCHED_ON + '[erase]\nmin_age = "4s"\n', source=USB)
    bus.do("plug", port="1-1.4", node=first_node)
    bus.do("plug", port="1-1.5", node=second_node)
    station.start(**bus.environment)
    eventually(
        lambda: [bay["says"] for bay in station.snapshot().get("bays", [])] == ["safe to remove"] * 2, within_s=60
    )
    cameras = {bay["camera"] for bay in station.snapshot()["bays"]}
    assert len(cameras) == 2
    assert set(first.values()) | set(second.values()) <= set(central.objects())
    assert on_card(first_image, tmp_path) == first
    assert on_card(second_image, tmp_path) == second


def test_an_unknown_device_is_served_read_only_and_reported(
    station: DockStation, central: CentralServer, bus: Bus, tmp_path: Path
) -> None:
    content = tmp_path / "stick"
    content.mkdir()
    (content / "holiday.mp4").write_bytes(b"not from a camera we know")
    image = tmp_path / "stick.img"
    image.touch()
    subprocess.run(["truncate", "-s", "8M", str(image)], check=True)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-d", str(content), str(image)], check=True, capture_output=True)
    with loop_device(image) as node:
        before = image.read_bytes()
        station.write_config(SWITCHED_ON, source=USB)
        bus.do("plug", port="1-2", node=node, label="HOLIDAY", ids="0781:5567")
        station.start(**bus.environment)
        eventually(lambda: len(central.objects()) == 1)
        eventually(lambda: [bay["says"] for bay in station.snapshot()["bays"]] == ["safe to remove"])
        eventually(
            lambda: '"profile":"unknown"' in central.command("export", "docks", "--format", "json").stdout,
            why="central is told that nobody knows this device",
        )
        station.stop()
        assert image.read_bytes() == before
