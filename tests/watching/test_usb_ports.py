"""What the kernel says of ports, read from a tree like the one it shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.adapters.usb_book import UsbBook
from agent.adapters.usb_bus import Bus, UsbDevice, Volume
from agent.adapters.usb_ports import Port, PortBook, list_ports
from agent.rules.footage import Instant

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(second: float) -> Instant:
    return Instant(NOON + timedelta(seconds=second), int(second * 1e9), "boot-1")


def port(bay: str = "1-1", *, over_currents: int = 0, state: str = "not attached", has_device: bool = False) -> Port:
    return Port(bay, over_currents, state, has_device)


def write_port(sysfs: Path, hub: str, name: str, **attributes: str) -> Path:
    folder = sysfs / f"{hub}:1.0" / name
    folder.mkdir(parents=True)
    for attribute, text in attributes.items():
        (folder / attribute).write_text(f"{text}\n")
    return folder


# --- reading --------------------------------------------------------------------------------------------


def test_ports_are_named_like_the_devices_in_them(tmp_path: Path) -> None:
    write_port(tmp_path, "1-0", "usb1-port2", over_current_count="3", state="not attached")
    inner = write_port(tmp_path, "1-1.4", "1-1.4-port2", over_current_count="0", state="configured")
    (inner / "device").mkdir()
    write_port(tmp_path, "1-1.4", "1-1.4-port3")
    (tmp_path / "1-1.4:1.0" / "power").mkdir()
    assert list_ports(tmp_path) == [
        Port("1-2", 3, "not attached", has_device=False),
        Port("1-1.4.2", 0, "configured", has_device=True),
        Port("1-1.4.3", 0, "", has_device=False),
    ]


def test_a_machine_without_usb_has_no_ports(tmp_path: Path) -> None:
    assert list_ports(tmp_path / "devices") == []


# --- over-current ---------------------------------------------------------------------------------------


def test_over_current_begins_at_the_look_before_and_ends_when_it_has_been_quiet_for_long() -> None:
    book = PortBook(10)
    book.compare([port(over_currents=7)], at(0))
    assert book.unwatched() == (), "counted before we looked"
    book.compare([port(over_currents=8)], at(15))
    (bay,) = book.unwatched()
    assert (bay.bay, bay.reason, bay.since) == ("1-1", "over_current", at(0))
    (event,) = book.reports()
    assert (event.kind, event.bay, event.reason) == ("bay_trouble", "1-1", "over_current")
    book.compare([port(over_currents=9)], at(60))
    book.compare([port(over_currents=9)], at(119))
    assert book.unwatched() == (bay,), "the last was at 60"
    assert book.reports() == []
    book.compare([port(over_currents=9)], at(121))
    assert book.unwatched() == ()


# --- failed enumeration ---------------------------------------------------------------------------------


def test_something_that_is_attached_and_never_becomes_a_device_is_told_when_it_had_its_time() -> None:
    book = PortBook(10)
    book.compare([port()], at(0))
    book.compare([port(state="default")], at(15))
    assert book.unwatched() == (), "it may still be enumerating"
    book.compare([port(state="default")], at(30))
    (bay,) = book.unwatched()
    assert (bay.reason, bay.since) == ("failed_enumeration", at(0))
    assert [event.reason for event in book.reports()] == ["failed_enumeration"]
    book.compare([port(state="configured", has_device=True)], at(45))
    assert book.unwatched() == ()


@pytest.mark.parametrize("state", ["", "not attached"])
def test_an_empty_port_and_a_kernel_that_does_not_tell_are_no_trouble(state: str) -> None:
    book = PortBook(10)
    for second in (0, 30, 60):
        book.compare([port(state=state)], at(second))
    assert book.unwatched() == ()


# --- devices --------------------------------------------------------------------------------------------


def device(interfaces: str = ":080650:") -> UsbDevice:
    return UsbDevice("/devices/1-1", "1-1", "5", "77", interfaces)


def bus(one: UsbDevice | None, *, file_system: bool = False) -> Bus:
    if one is None:
        return Bus({}, {})
    facts = {"fs_type": "vfat"} if file_system else None
    volume = Volume(one.devpath, f"{one.devpath}/block/sda", "/dev/sda", "1", 0, facts)
    return Bus({one.devpath: one}, {one.devpath: (volume,)})


def test_a_device_is_unsettled_until_it_shows_a_file_system() -> None:
    book = UsbBook(10)
    book.compare(bus(None), None, at(0))
    book.compare(bus(device()), at(0), at(15))
    assert book.unsettled() == (at(0),)
    book.compare(bus(device(), file_system=True), at(15), at(18))
    assert (book.unsettled(), book.unwatched()) == ((), ())
    (presence,) = book.present().values()
    assert presence.absent_until == at(0)


@pytest.mark.parametrize(
    ("interfaces", "reason"), [(":080650:", "no_file_system"), (":080650:030101:", "extra_interfaces")]
)
def test_the_bay_of_a_device_that_is_not_served_is_unwatched_as_long_as_it_is_there(
    interfaces: str, reason: str
) -> None:
    book = UsbBook(10)
    book.compare(bus(None), None, at(0))
    for second in (15, 30, 45):
        book.compare(bus(device(interfaces)), at(second - 15), at(second))
    assert book.unsettled() == ()
    (bay,) = book.unwatched()
    assert (bay.bay, bay.reason, bay.since) == ("1-1", reason, at(0))
    assert len(book.reports()) == 1
    book.compare(bus(None), at(45), at(60))
    assert book.unwatched() == ()


def test_a_camera_that_was_unlocked_late_makes_its_bay_a_watched_one_again() -> None:
    book = UsbBook(10)
    book.compare(bus(None), None, at(0))
    book.compare(bus(device()), at(0), at(15))
    book.compare(bus(device()), at(15), at(30))
    assert [bay.reason for bay in book.unwatched()] == ["no_file_system"]
    book.compare(bus(device(), file_system=True), at(30), at(45))
    assert book.unwatched() == ()
    assert len(book.present()) == 1


def test_a_keyboard_leaves_its_bay_alone() -> None:
    book = UsbBook(10)
    keyboard = replace(device(), interfaces=":030101:")
    for second in (0, 15, 30):
        book.compare(Bus({keyboard.devpath: keyboard}, {}), None, at(second))
    assert (book.unwatched(), book.unsettled()) == ((), ())
