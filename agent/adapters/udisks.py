"""What the agent asks of UDisks2 over D-Bus: which volumes there are, mount one, unmount one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from jeepney import DBusAddress

from agent.adapters.system_bus import BusRefusal, call

SERVICE = "org.freedesktop.UDisks2"
LOOK_WITHIN_S = 10.0
MOUNT_WITHIN_S = 60.0
"""A device that hangs keeps UDisks2 in the kernel, where nothing ends it."""

_ROOT = "/org/freedesktop/UDisks2"
_BLOCK, _FILESYSTEM = f"{SERVICE}.Block", f"{SERVICE}.Filesystem"
_ERROR = f"{SERVICE}.Error."


@dataclass(frozen=True, slots=True)
class Volume:
    """A block device as UDisks2 shows it."""

    path: str
    """Of its object on the bus."""
    node: str
    number: str
    """`8:1`"""
    kind: str
    """`vfat`, `exfat`, `ext4` …; empty: none was recognised."""
    uuid: str
    label: str
    mount_points: tuple[str, ...]
    has_file_system: bool


def volumes() -> list[Volume]:
    """Every block device. Raises BusSilent, BusRefusal."""
    everything = DBusAddress(_ROOT, SERVICE, "org.freedesktop.DBus.ObjectManager")
    (objects,) = call(everything, "GetManagedObjects", within_s=LOOK_WITHIN_S)
    return [_volume(path, faces) for path, faces in objects.items() if _BLOCK in faces]


def mount(volume: Volume, options: str) -> str:
    """Where it is mounted now: nobody else knows. Raises BusSilent, BusRefusal."""
    asked = {"options": ("s", options), "auth.no_user_interaction": ("b", True)}
    (where,) = call(
        DBusAddress(volume.path, SERVICE, _FILESYSTEM), "Mount", "a{sv}", (asked,), within_s=MOUNT_WITHIN_S
    )
    return str(where)


def unmount(volume: Volume) -> None:
    """Flushed and unmounted on return. Raises BusSilent, BusRefusal."""
    asked = {"auth.no_user_interaction": ("b", True)}
    call(DBusAddress(volume.path, SERVICE, _FILESYSTEM), "Unmount", "a{sv}", (asked,), within_s=MOUNT_WITHIN_S)


def version() -> str:
    """Of the running service. Raises BusSilent, BusRefusal."""
    face = DBusAddress(f"{_ROOT}/Manager", SERVICE, "org.freedesktop.DBus.Properties")
    ((_, value),) = call(face, "Get", "ss", (f"{SERVICE}.Manager", "Version"), within_s=LOOK_WITHIN_S)
    return str(value)


def meaning(error: BusRefusal) -> str:
    """One word for what the refusal means; `failed` for whatever has none of its own."""
    return _MEANINGS.get(error.name.removeprefix(_ERROR), "failed")


_MEANINGS = {
    "NotAuthorized": "not_authorized",
    "NotAuthorizedCanObtain": "not_authorized",
    "NotAuthorizedDismissed": "not_authorized",
    "org.freedesktop.DBus.Error.AccessDenied": "not_authorized",
    "AlreadyMounted": "already_mounted",
    "MountedByOtherUser": "already_mounted",
    "NotMounted": "not_mounted",
    "OptionNotPermitted": "option_not_permitted",
    "DeviceBusy": "busy",
    "AlreadyUnmounting": "busy",
    "Timedout": "away",
    # The service ended before or while it answered; it is started again by the next call.
    "org.freedesktop.DBus.Error.NoReply": "away",
    "org.freedesktop.DBus.Error.ServiceUnknown": "away",
    "org.freedesktop.DBus.Error.NameHasNoOwner": "away",
    "org.freedesktop.DBus.Error.TimedOut": "away",
    "org.freedesktop.DBus.Error.Spawn.ChildExited": "away",
    "org.freedesktop.DBus.Error.Spawn.ServiceNotFound": "away",
    "org.freedesktop.systemd1.NoSuchUnit": "away",
    "org.freedesktop.systemd1.UnitMasked": "away",
    # The object left the bus between our look and our call.
    "org.freedesktop.DBus.Error.UnknownObject": "unknown_volume",
    "org.freedesktop.DBus.Error.UnknownMethod": "unknown_volume",
    "org.freedesktop.DBus.Error.UnknownInterface": "unknown_volume",
}


def _volume(path: str, faces: dict[str, dict[str, tuple[str, Any]]]) -> Volume:
    block, filesystem = faces[_BLOCK], faces.get(_FILESYSTEM)

    def said(name: str, default: Any) -> Any:
        return block[name][1] if name in block else default

    number = int(said("DeviceNumber", 0))
    points = filesystem["MountPoints"][1] if filesystem and "MountPoints" in filesystem else []
    return Volume(
        path=path,
        node=_path(said("Device", b"")),
        number=f"{os.major(number)}:{os.minor(number)}",
        kind=str(said("IdType", "")),
        uuid=str(said("IdUUID", "")),
        label=str(said("IdLabel", "")),
        mount_points=tuple(_path(point) for point in points),
        has_file_system=filesystem is not None,
    )


def _path(raw: bytes) -> str:
    """Paths travel as bytes that end with a zero."""
    return os.fsdecode(bytes(raw).rstrip(b"\0"))
