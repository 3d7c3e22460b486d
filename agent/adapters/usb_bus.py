"""The USB devices and their file systems as udev describes them now, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyudev


@dataclass(frozen=True, slots=True)
class UsbDevice:
    """One thing on the bus that is neither a hub nor a root hub."""

    devpath: str
    port: str
    """Port path: `1-1.4.2`."""
    devnum: str
    """Counts up with every device that the bus enumerates: a replug has another."""
    initialized: str
    """Microseconds since boot at which udev was done with it."""
    interfaces: str
    """`:CCSSPP:CCSSPP:`, two hex digits each: class, subclass, protocol."""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Volume:
    """A disk or partition on a USB device."""

    usb: str
    """DEVPATH of its usb_device."""
    devpath: str
    node: str
    diskseq: str
    """Counts up with every disk of this boot, and when a reader's card is changed."""
    number: int
    """Of the partition; 0 for a whole disk."""
    facts: Mapping[str, str] | None
    """None: udev found no file system on it."""
    size: int = 0
    """Bytes; 0: a reader without a card."""
    kind: str = ""
    """Of the partition, by its table: `0x5`, a GUID …"""
    described: bool = True
    """Udev's rules have looked at it."""

    def order(self) -> tuple[str, int]:
        """Disk by disk; partitions before the disk that holds them."""
        disk = self.devpath if self.number == 0 else self.devpath.rpartition("/")[0]
        return disk, self.number or 1_000_000


@dataclass(frozen=True, slots=True)
class Bus:
    devices: dict[str, UsbDevice]
    """By DEVPATH."""
    volumes: dict[str, tuple[Volume, ...]]
    """By DEVPATH of the usb_device, in order."""


def list_bus(context: pyudev.Context) -> Bus:
    """Enumerate everything. Devices that vanish meanwhile are left out.

    Raises:
        OSError: udev cannot be asked.
    """
    devices: dict[str, UsbDevice] = {}
    for found in context.list_devices(subsystem="usb", DEVTYPE="usb_device"):
        device = _device(found)
        if device is not None:
            devices[device.devpath] = device
    volumes: dict[str, list[Volume]] = {}
    for found in context.list_devices(subsystem="block"):
        parent = found.find_parent("usb", "usb_device")
        if parent is not None and parent.device_path in devices:
            volumes.setdefault(parent.device_path, []).append(_volume(found, parent.device_path))
    return Bus(devices, {usb: tuple(sorted(those, key=Volume.order)) for usb, those in volumes.items()})


def facts_of_mount(root: str) -> dict[str, str]:
    """What a source would know of the card that is mounted at `root`; empty when udev knows no such disk."""
    try:
        found = pyudev.Devices.from_device_number(pyudev.Context(), "block", Path(root).stat().st_dev)
        parent = found.find_parent("usb", "usb_device")
        device = _device(parent) if parent is not None else None
        return {**(device.facts if device else {}), **(_volume(found, "").facts or {})}
    except (pyudev.DeviceNotFoundError, OSError):
        return {}


def _device(found: pyudev.Device) -> UsbDevice | None:
    own = found.properties
    interfaces = own.get("ID_USB_INTERFACES", "")
    kind = own.get("TYPE", "").partition("/")[0] or _attribute(found, "bDeviceClass")
    # Class 9 is a hub; root hubs are called usb1, usb2 … and docks are full of the other kind.
    if kind in ("9", "09") or interfaces.startswith(":09") or found.sys_name.startswith("usb"):
        return None
    facts = {
        "usb_serial": own.get("ID_SERIAL_SHORT") or _attribute(found, "serial"),
        "usb_vendor_id": own.get("ID_VENDOR_ID") or _attribute(found, "idVendor"),
        "usb_model_id": own.get("ID_MODEL_ID") or _attribute(found, "idProduct"),
        "usb_vendor": own.get("ID_VENDOR") or _attribute(found, "manufacturer"),
        "usb_model": own.get("ID_MODEL") or _attribute(found, "product"),
        "usb_interfaces": interfaces,
    }
    return UsbDevice(
        devpath=found.device_path,
        port=found.sys_name,
        devnum=devnum_of(found),
        initialized=own.get("USEC_INITIALIZED", ""),
        interfaces=interfaces,
        facts={name: value for name, value in facts.items() if value},
    )


def devnum_of(found: pyudev.Device) -> str:
    """The device's number on its bus; empty when it is gone and the event did not tell."""
    return found.properties.get("DEVNUM", "").lstrip("0") or _attribute(found, "devnum")


def _volume(found: pyudev.Device, usb: str) -> Volume:
    own = found.properties
    facts = {
        "fs_type": own.get("ID_FS_TYPE", ""),
        "fs_uuid": own.get("ID_FS_UUID", ""),
        "fs_label": own.get("ID_FS_LABEL", ""),
    }
    number = own.get("PARTN") or _attribute(found, "partition") or "0"
    return Volume(
        usb=usb,
        devpath=found.device_path,
        node=found.device_node or "",
        diskseq=own.get("DISKSEQ", "") or _attribute(found, "diskseq"),
        number=_number(number),
        facts={name: value for name, value in facts.items() if value}
        if own.get("ID_FS_USAGE") == "filesystem"
        else None,
        size=_number(_attribute(found, "size")) * 512,
        kind=own.get("ID_PART_ENTRY_TYPE", ""),
        described="ID_BUS" in own,
    )


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _attribute(found: pyudev.Device, name: str) -> str:
    try:
        value: bytes = found.attributes.get(name)
    except (KeyError, OSError):
        # The device is just leaving.
        return ""
    return value.decode("utf-8", "backslashreplace").strip() if value else ""
