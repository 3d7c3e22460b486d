"""A locked camera on the bus: it leaves, comes back as storage, and stays one dock all the time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent.adapters.usb_book import UsbBook
from agent.adapters.usb_bus import Bus, UsbDevice, Volume
from agent.rules.footage import Instant, Presence
from agent.rules.profiles import Profile, Unlock

START = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
UNLOCK = Unlock(("0000",), ("0947",), storage_within_s=30)
NO_SERIAL = replace(UNLOCK, usb_serial="any")
TOLD = replace(UNLOCK, usb_serial="camera")


def model(unlock: Unlock = UNLOCK) -> Profile:
    return Profile("gat947", unlock=unlock, interfaces=("ff",))


def at(seconds: float) -> Instant:
    return Instant(START + timedelta(seconds=seconds), int((1000 + seconds) * 1e9), "boot0001")


class Port:
    """One port of a mocked bus, and the book that watches it."""

    def __init__(self, unlock: Unlock = UNLOCK, bays: tuple[str, ...] = ("1-1.4",)) -> None:
        self.book = UsbBook(10.0, [model(unlock)], frozenset(bays))
        self.devices: dict[str, tuple[UsbDevice, tuple[Volume, ...]]] = {}
        self._number = 0
        self.seconds = 0.0
        self.empty: set[str] = set()
        self.look()

    def plug(
        self, ids: str, serial: str = "X", *, port: str = "1-1.4", interfaces: str = ":ff0000:", storage: bool = False
    ) -> None:
        self._number += 1
        vendor, product = ids.split(":")
        path = f"/devices/{port}"
        device = UsbDevice(
            path,
            port,
            str(self._number),
            str(self._number),
            ":080650:" if storage else interfaces,
            {"usb_vendor_id": vendor, "usb_model_id": product, "usb_serial": serial},
        )
        volume = Volume(path, f"{path}/sda1", "/dev/sda1", str(self._number), 1, {"fs_uuid": f"U{self._number}"})
        self.devices[path] = (device, (volume,) if storage else ())

    def unplug(self, port: str = "1-1.4") -> None:
        self.devices.pop(f"/devices/{port}")

    def look(self, passed: float = 1.0) -> None:
        since = at(self.seconds)
        self.seconds += passed
        bus = Bus(
            {path: device for path, (device, _) in self.devices.items()},
            {path: volumes for path, (_, volumes) in self.devices.items()},
        )
        self.book.compare(bus, since, at(self.seconds), self.empty)

    def only(self) -> Presence:
        (presence,) = self.book.present().values()
        return presence

    def reasons(self) -> list[str]:
        return [event.reason for event in self.book.reports()]


def locked(unlock: Unlock = UNLOCK) -> tuple[Port, Presence]:
    port = Port(unlock)
    port.plug("0000:0947")
    port.look()
    return port, port.only()


def test_a_locked_camera_is_docked_from_its_first_instant_on_and_has_no_device_yet() -> None:
    port, presence = locked()
    assert presence.locked
    assert presence.device is None
    assert presence.absent_until == at(1)
    assert presence.facts["locked_as"] == "gat947"
    assert port.book.unwatched() == ()
    port.look(60)
    assert port.only() == presence
    assert port.reasons() == []


def test_it_stays_the_same_dock_through_its_re_enumeration() -> None:
    port, before = locked()
    port.book.expect(before.key, "ACCC8E1")
    port.unplug()
    port.look()
    assert port.only() == before
    assert port.book.away() == {before.key: at(port.seconds)}
    assert port.book.unsettled() == (at(port.seconds),), "nothing is claimed of the gap until it is over"
    port.plug("0000:0948", storage=True)
    port.look(5)
    after = port.only()
    assert (after.key, after.seen_at, after.absent_until) == (before.key, before.seen_at, before.absent_until)
    assert (after.locked, after.device) == (False, "/dev/sda1")
    assert {
        "unlock_serial": "ACCC8E1",
        "unlocked_as": "gat947",
        "usb_model_id": "0948",
    }.items() <= after.facts.items()
    assert port.book.away() == {}
    assert port.reasons() == []
    port.look(60)
    assert port.only() == after
    again = UsbBook(10.0, [model()], frozenset())
    bus = Bus({p: d for p, (d, _) in port.devices.items()}, {p: v for p, (_, v) in port.devices.items()})
    again.compare(bus, None, at(200))
    assert set(again.present()) == {after.storage_key}, "who starts later finds it under this key"


def test_it_may_become_storage_without_leaving_the_bus() -> None:
    port, before = locked()
    port.book.expect(before.key, "ACCC8E1")
    device, _ = port.devices["/devices/1-1.4"]
    port.plug("0000:0948", storage=True)
    _, volumes = port.devices["/devices/1-1.4"]
    port.devices["/devices/1-1.4"] = (device, volumes)
    port.look()
    assert port.only().key == before.key
    assert port.only().facts["unlock_serial"] == "ACCC8E1"


def test_a_camera_that_is_pulled_before_it_was_unlocked_has_left() -> None:
    port, _ = locked()
    port.unplug()
    port.look()
    assert port.book.present() == {}
    assert port.book.unwatched() == ()


def test_one_that_never_comes_back_leaves_the_bay_unwatched_since_it_was_last_there() -> None:
    port, before = locked()
    port.book.expect(before.key, "ACCC8E1")
    port.unplug()
    port.look()
    left_at = at(port.seconds)
    port.look(29)
    assert port.only() == before
    assert not port.book.is_waiting(at(port.seconds))
    assert port.book.is_waiting(at(port.seconds + 5))
    port.look(5)
    assert port.book.present() == {}
    assert port.reasons() == ["no_storage_after_unlock"]
    (bay,) = port.book.unwatched()
    assert (bay.bay, bay.reason, bay.since) == ("1-1.4", "no_storage_after_unlock", left_at)


@pytest.mark.parametrize("how", ["plugged", "empty"])
def test_the_doubt_ends_when_something_is_plugged_in_or_the_kernel_says_that_the_port_is_empty(how: str) -> None:
    port, before = locked()
    port.book.expect(before.key, "ACCC8E1")
    port.unplug()
    port.look()
    port.look(31)
    assert port.book.unwatched()
    if how == "plugged":
        port.plug("0000:0947")
    else:
        port.empty.add("1-1.4")
    port.look()
    assert port.book.unwatched() == ()


@pytest.mark.parametrize(
    ("unlock", "serial", "same"),
    [(UNLOCK, "X", True), (UNLOCK, "Y", False), (TOLD, "ACCC8E1", True), (TOLD, "X", False), (NO_SERIAL, "Z", True)],
)
def test_only_what_its_profile_accepts_as_the_same_camera_goes_on_with_its_dock(
    unlock: Unlock, serial: str, same: bool
) -> None:
    port, before = locked(unlock)
    port.book.expect(before.key, "ACCC8E1")
    port.unplug()
    port.look()
    port.plug("0000:0948", serial, storage=True)
    port.look()
    after = port.only()
    assert (after.key == before.key) is same
    assert ("unlock_serial" in after.facts) is same
    assert port.reasons() == ([] if same else ["other_device_after_unlock"])
    if not same:
        assert after.absent_until == at(port.seconds - 1), "it was not there before the other one left"


def test_a_camera_that_comes_back_locked_is_another_dock_and_is_reported() -> None:
    port, before = locked()
    port.book.expect(before.key, "ACCC8E1")
    port.unplug()
    port.look()
    port.plug("0000:0947")
    port.look()
    assert port.only().locked
    assert port.only().key != before.key
    assert port.reasons() == ["locked_again"]


def test_storage_that_takes_longer_than_other_devices_may_is_waited_for() -> None:
    port, before = locked()
    port.book.expect(before.key, "ACCC8E1")
    port.unplug()
    port.look()
    port.plug("0000:0948", interfaces=":080650:")
    port.look()
    port.look(15)
    assert port.reasons() == []
    assert port.only() == before


def test_a_live_event_tells_the_very_instant_at_which_it_left() -> None:
    port, before = locked()
    port.book.expect(before.key, "ACCC8E1")
    port.book.removed("/devices/1-1.4", "1", "", at(2.5))
    assert port.book.away() == {before.key: at(2.5)}


@pytest.mark.parametrize("interfaces", [":ff0000:030101:", ":ff0000:e00103:", ":ff0000:0e0100:"])
def test_a_locked_camera_with_another_interface_than_its_own_is_refused(interfaces: str) -> None:
    port = Port()
    port.plug("0000:0947", interfaces=interfaces)
    port.look()
    assert port.book.present() == {}
    assert port.reasons() == ["extra_interfaces"]
    (bay,) = port.book.unwatched()
    assert bay.reason == "extra_interfaces"


def test_a_camera_with_a_hub_of_its_own_is_one_bay_and_a_keyboard_in_it_condemns_it() -> None:
    port = Port()
    port.plug("1111:2222", port="1-1.4.1", storage=True)
    port.look()
    assert port.only().bay == "1-1.4"
    keyed = Port()
    keyed.plug("1111:2222", port="1-1.4.1", storage=True)
    keyed.plug("3333:4444", port="1-1.4.2", interfaces=":030101:")
    keyed.look()
    assert keyed.book.present() == {}
    assert keyed.reasons() == ["extra_interfaces"]
    beside = Port(bays=("1-1.4", "1-1.5"))
    beside.plug("1111:2222", port="1-1.4", storage=True)
    beside.plug("3333:4444", port="1-1.5", interfaces=":030101:")
    beside.look()
    assert len(beside.book.present()) == 1, "a keyboard beside the docks is no camera's"


def test_a_device_that_is_still_listed_when_its_removal_was_announced_is_not_plugged_in_again() -> None:
    port, before = locked()
    port.book.expect(before.key, "ACCC8E1")
    port.book.removed("/devices/1-1.4", "1", "", at(1.5))
    port.look()
    assert port.only() == before, "the kernel announces a removal before it is done"
    assert port.reasons() == []
    port.unplug()
    port.look()
    assert port.book.away()


def test_a_device_that_stays_listed_long_after_its_removal_was_announced_did_not_leave() -> None:
    port, before = locked()
    port.book.removed("/devices/1-1.4", "1", "", at(1.5))
    port.look()
    assert port.book.present() == {}
    port.look(5)
    assert port.only().key != before.key


def test_a_camera_whose_disk_is_announced_gone_before_the_rest_of_it_is_not_docked_anew_without_its_name() -> None:
    port, before = locked()
    port.book.expect(before.key, "ACCC8E1")
    port.unplug()
    port.look()
    port.plug("0000:0948", storage=True)
    port.look(5)
    assert port.only().key == before.key
    port.book.removed("/devices/1-1.4/sda1", "", "2", at(port.seconds + 0.5))
    port.look()
    assert port.book.present() == {}, "disk and device are still listed, for a moment"
    port.unplug()
    port.look(10)
    assert port.book.present() == {}
    assert port.reasons() == []
