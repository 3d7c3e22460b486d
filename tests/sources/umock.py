"""A mocked USB bus: Debian's libumockdev by ctypes, owned by a process of its own that takes orders as JSON lines.

`python -m tests.sources.umock` is that process; it and every listener run with libumockdev
preloaded, pytest does not.
"""

from __future__ import annotations

import ctypes
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PACE_S = 0.004
"""A listener's full queue aborts the sender: events are spaced."""


class Testbed:
    """libumockdev's testbed. Every device added is announced as `add`, as udev would."""

    __test__ = False

    def __init__(self) -> None:
        self._mock = ctypes.CDLL("libumockdev.so.0")
        text, pointer = ctypes.c_char_p, ctypes.c_void_p
        texts = ctypes.POINTER(text)
        self._mock.umockdev_testbed_new.restype = pointer
        self._mock.umockdev_testbed_get_root_dir.restype = text
        self._mock.umockdev_testbed_get_root_dir.argtypes = [pointer]
        self._mock.umockdev_testbed_add_devicev.restype = text
        self._mock.umockdev_testbed_add_devicev.argtypes = [pointer, text, text, text, texts, texts]
        self._mock.umockdev_testbed_uevent.argtypes = [pointer, text, text]
        self._mock.umockdev_testbed_remove_device.argtypes = [pointer, text]
        self._mock.umockdev_testbed_set_property.argtypes = [pointer, text, text, text]
        self._bed = self._mock.umockdev_testbed_new()
        self.root = self._mock.umockdev_testbed_get_root_dir(self._bed).decode()

    def add(self, subsystem: str, name: str, parent: str | None, attributes: Any, properties: Any) -> str:
        made = self._mock.umockdev_testbed_add_devicev(
            self._bed,
            subsystem.encode(),
            name.encode(),
            parent.encode() if parent else None,
            _pairs(attributes),
            _pairs(properties),
        )
        time.sleep(PACE_S)
        return str(made.decode())

    def uevent(self, path: str, action: str) -> None:
        self._mock.umockdev_testbed_uevent(self._bed, path.encode(), action.encode())
        time.sleep(PACE_S)

    def set_property(self, path: str, name: str, value: str) -> None:
        self._mock.umockdev_testbed_set_property(self._bed, path.encode(), name.encode(), value.encode())

    def remove(self, path: str) -> None:
        self.uevent(path, "remove")
        self._mock.umockdev_testbed_remove_device(self._bed, path.encode())
        # It forgets the links of a partition, and aborts when that name is used again.
        for folder in ("sys/block", "sys/class/block"):
            (Path(self.root) / folder / Path(path).name).unlink(missing_ok=True)


def _pairs(values: dict[str, str]) -> Any:
    flat = [word.encode() for pair in values.items() for word in pair]
    return (ctypes.c_char_p * (len(flat) + 1))(*flat, None)


class Cameras:
    """What is plugged into the mocked bus, by port."""

    def __init__(self, bed: Testbed) -> None:
        self._bed = bed
        self._plugged: dict[str, list[str]] = {}
        self._count = 0

    def plug(
        self,
        port: str,
        serial: str = "96680-00000-001",
        interfaces: str = ":080650:",
        file_systems: int = 1,
        whole_disk: bool = False,
        node: str = "",
        counted: bool = True,
        label: str = "BWC",
        ids: str = "0603:8611",
        nodes: Sequence[str] = (),
        blank: int = 0,
    ) -> None:
        """A device with that many partitions; `counted`: as a kernel does, no two plugs share a number. `nodes`: one
        for each partition; `blank`: so many more without a file system."""
        self._count += counted or not self._count
        n = self._count
        vendor, model = ids.split(":")
        names = {"ID_BUS": "usb", "ID_VENDOR_ID": vendor, "ID_MODEL_ID": model, "ID_SERIAL_SHORT": serial}
        usb = self._bed.add(
            "usb",
            port,
            None,
            {"idVendor": vendor, "idProduct": model, "serial": serial, "busnum": "1", "devnum": str(n)},
            {
                "DEVTYPE": "usb_device",
                "DEVNAME": f"/dev/bus/usb/001/{n:03}",
                "DEVNUM": f"{n:03}",
                "USEC_INITIALIZED": f"{n}000000",
                "ID_USB_INTERFACES": interfaces,
                **names,
            },
        )
        self._plugged[port] = [usb]
        if ":08" not in interfaces:
            return
        scsi = self._bed.add("scsi", f"{n}:0:0:0", usb, {}, {"DEVTYPE": "scsi_device"})
        disk_name = f"sd{port.replace('-', 'x').replace('.', 'x')}"
        fs = {"ID_FS_TYPE": "vfat", "ID_FS_USAGE": "filesystem", "ID_FS_LABEL": label}
        numbers = {"DISKSEQ": str(n), **names}
        disk = self._bed.add(
            "block",
            disk_name,
            scsi,
            {"removable": "1"},
            {
                "DEVTYPE": "disk",
                "DEVNAME": node or f"/dev/{disk_name}",
                **numbers,
                **({**fs, "ID_FS_UUID": f"AAAA-{n:04}"} if whole_disk else {}),
            },
        )
        self._plugged[port] += [scsi, disk]
        count = len(nodes) or file_systems
        for part in range(1, count + blank + 1):
            partition = self._bed.add(
                "block",
                f"{disk_name}{part}",
                disk,
                {"partition": str(part), "size": "65536"},
                {
                    "DEVTYPE": "partition",
                    "PARTN": str(part),
                    "DEVNAME": dict(enumerate(nodes, 1)).get(part) or node or f"/dev/{disk_name}{part}",
                    **numbers,
                    **({"ID_FS_UUID": f"AAAA-{n:02}{part:02}", **fs} if part <= count else {}),
                },
            )
            self._plugged[port].append(partition)

    def plug_all(self, ports: list[str]) -> None:
        for port in ports:
            self.plug(port)

    def yank(self, port: str) -> None:
        for path in reversed(self._plugged.pop(port)):
            self._bed.remove(path)

    def replug(self, port: str, counted: bool = True) -> None:
        self.yank(port)
        self.plug(port, counted=counted)

    def forget_file_system(self, port: str) -> None:
        """What udev does when it looks again at a card that no longer answers."""
        self._bed.set_property(self._plugged[port][-1], "ID_FS_USAGE", "")
        self._bed.uevent(self._plugged[port][-1], "change")


def main() -> None:
    bed = Testbed()
    cameras = Cameras(bed)
    print(json.dumps(bed.root), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        getattr(cameras, order.pop("do"))(**order)
        print(json.dumps("done"), flush=True)


if __name__ == "__main__":
    main()
