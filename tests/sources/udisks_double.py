"""A UDisks2 on a private bus that really mounts, as version 2.9 does: its paths, options, refusals and error names.

`python -m tests.sources.udisks_double FOLDER` is the service; it takes orders as JSON lines. What it gets wrong it is
told to: `fault`.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jeepney import HeaderFields, Message, MessageType, new_error, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

NAME = "org.freedesktop.UDisks2"
ERROR = f"{NAME}.Error."
UNKNOWN = "org.freedesktop.DBus.Error.UnknownObject"
_ALWAYS = """exec noexec nodev nosuid atime noatime nodiratime relatime strictatime lazytime ro rw sync dirsync
noload acl nosymfollow"""
COMMON = set(_ALWAYS.split())
ALLOWED = {
    "vfat": {"uid", "gid", "flush", "utf8", "shortname", "umask", "dmask", "fmask", "codepage", "iocharset"},
    "exfat": {"dmask", "errors", "fmask", "iocharset", "namecase", "umask"},
    "ext4": {"errors=remount-ro"},
}


@dataclass
class Block:
    node: str
    kind: str
    uuid: str
    label: str
    number: int
    mounted: list[str] = field(default_factory=list)
    by: int = 0
    """The user who mounted it."""


class Refused(Exception):
    def __init__(self, name: str, text: str = "") -> None:
        super().__init__(text)
        self.name = name if "." in name else ERROR + name


class Service:
    def __init__(self, folder: Path) -> None:
        self.media = folder / "media"
        self.blocks: dict[str, Block] = {}
        self.faults: dict[str, Any] = {}
        self.asked: list[list[Any]] = []
        """Every Mount and Unmount, with its options."""

    # --- orders ---------------------------------------------------------------------------------------

    def add(self, node: str, kind: str = "ext4", uuid: str = "", label: str = "") -> None:
        """udev told of it."""
        block = Block(node, kind, uuid, label, Path(node).stat().st_rdev)
        source = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
        block.mounted = [fields[1] for fields in source if fields[0] == node]
        self.blocks[f"/org/freedesktop/UDisks2/block_devices/{Path(node).name}"] = block

    def remove(self, node: str) -> None:
        """It was pulled: the object goes, and what was mounted is unmounted lazily."""
        for path in [path for path, block in self.blocks.items() if block.node == node]:
            for point in self.blocks.pop(path).mounted:
                subprocess.run(["umount", "-l", point], check=False, capture_output=True)
                Path(point).rmdir()

    def fault(self, name: str, value: Any) -> None:
        """`mount`, `unmount` (and `…_once`): an error's name, or `die`; `die_mounted`: after it has mounted; `slow`:
        seconds before the next answer; `allow`, `forbid`: options; `refused_actions`: of polkit, which it
        stands in for."""
        self.faults[name] = value

    def calls(self) -> list[list[Any]]:
        return self.asked

    # --- what a caller asks ---------------------------------------------------------------------------

    def answer(self, message: Message) -> tuple[str, tuple[Any, ...]]:
        fields = message.header.fields
        path, member = fields[HeaderFields.path], fields[HeaderFields.member]
        if member == "GetManagedObjects":
            return "a{oa{sa{sv}}}", ({path: _faces(block) for path, block in self.blocks.items()},)
        if member == "Get":
            return "v", (("s", "2.9.4-double"),)
        if member == "CheckAuthorization":
            return "(bba{ss})", ((message.body[1] not in self.faults.get("refused_actions", ()), False, {}),)
        if path not in self.blocks:
            raise Refused(UNKNOWN, f"No such object path '{path}'")
        options = {key: value for key, (_, value) in message.body[0].items()}
        self.asked.append([member, self.blocks[path].node, options])
        self._misbehave(member.lower())
        if member == "Mount":
            return "s", (self.mount(self.blocks[path], options),)
        self.unmount(self.blocks[path])
        return "", ()

    def mount(self, block: Block, options: dict[str, Any]) -> str:
        if block.mounted:
            raise Refused("AlreadyMounted", f"Device {block.node} is already mounted at `{block.mounted[0]}'.")
        asked = options.get("options", "").split(",")
        allowed = (COMMON | ALLOWED.get(block.kind, set()) | set(self.faults.get("allow", []))) - set(
            self.faults.get("forbid", [])
        )
        for option in asked:
            if not {option, option.split("=")[0]} & allowed:
                raise Refused("OptionNotPermitted", f"Mount option `{option}' is not allowed")
        self.media.mkdir(exist_ok=True)
        wanted = self.media / (block.label or block.uuid or "disk")
        point, number = wanted, 0
        while point.exists():
            number += 1
            point = Path(f"{wanted}{number}")
        point.mkdir()
        said = _really_mount(block, asked, point)
        if said:
            point.rmdir()
            raise Refused("Failed", f"Error mounting {block.node} at {point}: {said}")
        block.mounted = [str(point)]
        if self.faults.pop("die_mounted", None):
            os._exit(1)
        return str(point)

    def unmount(self, block: Block) -> None:
        if not block.mounted:
            raise Refused("NotMounted", f"Device `{block.node}' is not mounted")
        point = block.mounted[0]
        done = subprocess.run(["umount", point], check=False, capture_output=True, text=True)
        if done.returncode:
            raise Refused("DeviceBusy", f"Error unmounting {block.node}: {done.stderr.strip()}")
        Path(point).rmdir()
        block.mounted = []

    def _misbehave(self, what: str) -> None:
        time.sleep(self.faults.pop("slow", 0))
        fault = self.faults.pop(f"{what}_once", None) or self.faults.get(what)
        if fault == "die":
            os._exit(1)
        if fault:
            raise Refused(fault, "as the test wants it")


def _really_mount(block: Block, asked: list[str], point: Path) -> str:
    kind = "exfat-fuse" if block.kind == "exfat" else block.kind
    # exfat-fuse knows few options, and sets `noexec` only on the mount point.
    options = [one for one in asked if kind != "exfat-fuse" or one in ("ro", "rw", "nosuid", "nodev", "noexec")]
    commands = [["mount", "-t", kind, "-o", ",".join(options), block.node, str(point)]]
    if kind == "exfat-fuse":
        commands.append(["mount", "-i", "-o", "remount,bind," + ",".join(options), str(point)])
    for command in commands:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            return done.stderr.strip()
    return ""


def _faces(block: Block) -> dict[str, Any]:
    faces: dict[str, Any] = {
        f"{NAME}.Block": {
            "Device": ("ay", block.node.encode() + b"\0"),
            "DeviceNumber": ("t", block.number),
            "IdType": ("s", block.kind),
            "IdUUID": ("s", block.uuid),
            "IdLabel": ("s", block.label),
        }
    }
    if block.kind:
        faces[f"{NAME}.Filesystem"] = {"MountPoints": ("aay", [point.encode() + b"\0" for point in block.mounted])}
    return faces


def serve(bus: DBusConnection, service: Service) -> None:
    """Until stdin ends."""
    while True:
        ready, _, _ = select.select([sys.stdin, bus.sock], [], [])
        if sys.stdin in ready:
            line = sys.stdin.readline()
            if not line:
                return
            order = json.loads(line)
            print(json.dumps(getattr(service, order.pop("do"))(**order)), flush=True)
        if bus.sock in ready:
            bus.parser.add_data(bus.sock.recv(65536))
            while (message := bus.parser.get_next_message()) is not None:
                if message.header.message_type is MessageType.method_call:
                    bus.send(_reply(service, message))


def _reply(service: Service, message: Message) -> Message:
    try:
        return new_method_return(message, *service.answer(message))
    except Refused as refused:
        return new_error(message, refused.name, "s", (str(refused),))


def main() -> None:
    service = Service(Path(sys.argv[1]))
    bus = open_dbus_connection("SYSTEM")
    for name in (NAME, "org.freedesktop.PolicyKit1"):
        bus.send_and_get_reply(message_bus.RequestName(name))
    print(json.dumps("ready"), flush=True)
    serve(bus, service)


if __name__ == "__main__":
    main()
