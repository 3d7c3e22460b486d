"""Every key of a camera profile, typed, with what no type can say of it. Explained for people in docs/profiles.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import asdict

from agent.rules.footage import FileKind
from agent.rules.pairing import Pairing
from agent.rules.profiles import IdentitySource, Match, Profile, Unlock
from agent.rules.recording_time import EARLIEST, GROUPS, STATION_ZONE, TimeRule, zone_named
from agent.rules.usb_devices import NEVER
from protocol.settings import Check, Seconds

HexId = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{4}$", examples=["0603"])]
HexClass = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{2}$", examples=["ff"])]
Source = Literal["unlock", "folder_name", "marker", "fs_label", "file_name", "path", "usb_serial", "fs_uuid", "port"]
TimeSource = Literal["container", "name", "mtime"]
# No "marker": what names a camera is never erased.
Erasable = Literal["video", "sidecar", "other"]
Key = tuple[str | int, ...]


class MatchTable(Struct, frozen=True):
    source: Literal["", "usb", "folder"] = ""
    usb_vendor_id: tuple[HexId, ...] = ()
    usb_model_id: tuple[HexId, ...] = ()
    usb_vendor: str = ""
    usb_model: str = ""
    fs_label: str = ""
    fs_type: tuple[str, ...] = ()
    folder_name: str = ""
    marker: str = ""
    file: str = ""


class UsbTable(Struct, frozen=True):
    interfaces: tuple[HexClass, ...] = ()


class UnlockTable(Struct, frozen=True):
    usb_vendor_id: tuple[HexId, ...]
    usb_model_id: tuple[HexId, ...]
    step_timeout: Seconds = Seconds(10)
    storage_within: Seconds = Seconds(30)
    set_clock: bool = True
    usb_serial: Literal["same", "camera", "any"] = "same"


class IdentityTable(Struct, frozen=True):
    source: Source
    pattern: str = IdentitySource("").pattern
    unique: bool = False


class FilesTable(Struct, frozen=True):
    video: tuple[str, ...] = ()
    sidecar: tuple[str, ...] = ()
    marker: tuple[str, ...] = ()
    in_progress: tuple[str, ...] = ()
    flagged: tuple[str, ...] = ()
    pair_by_name: tuple[str, ...] = ()
    sidecar_of_folder: tuple[str, ...] = ()


class TimeTable(Struct, frozen=True):
    sources: tuple[TimeSource, ...] = ("container", "name", "mtime")
    name_patterns: tuple[str, ...] = ()
    name_zone: str = "UTC"
    container_zone: str = "UTC"
    mtime_zone: str = "UTC"
    mtime_marks: Literal["start", "end"] = "start"
    not_before: date = EARLIEST.date()


class EraseTable(Struct, frozen=True):
    enabled: bool = False
    kinds: tuple[Erasable, ...] = ()


class ProfileTable(Struct, frozen=True):
    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$", examples=["acme-x1"])]
    description: str = ""
    match: list[MatchTable] = []
    usb: UsbTable = UsbTable()
    unlock: UnlockTable | None = None
    identity: list[IdentityTable] = []
    files: FilesTable = FilesTable()
    time: TimeTable = TimeTable()
    erase: EraseTable = EraseTable()


ZONES = ("name_zone", "container_zone", "mtime_zone")


def profile_of(table: ProfileTable) -> Profile:
    """The profile that a table without problems describes."""
    files = table.files
    return Profile(
        name=table.name,
        description=table.description,
        match=tuple(Match(**asdict(one)) for one in table.match),
        identity=tuple(IdentitySource(**asdict(one)) for one in table.identity),
        video=files.video,
        sidecar=files.sidecar + files.sidecar_of_folder,
        marker=files.marker,
        in_progress=files.in_progress,
        flagged=files.flagged,
        pairing=Pairing(files.pair_by_name, files.sidecar_of_folder),
        time=TimeRule(
            sources=table.time.sources,
            name_patterns=table.time.name_patterns,
            mtime_marks=table.time.mtime_marks,
            not_before=datetime.combine(table.time.not_before, time(), UTC),
            **{key: getattr(table.time, key) for key in ZONES},
        ),
        interfaces=table.usb.interfaces,
        unlock=_unlock(table.unlock),
        erase_kinds=frozenset(FileKind(kind) for kind in table.erase.kinds),
        erase_enabled=table.erase.enabled,
    )


def problems_of(table: ProfileTable) -> Iterator[tuple[Key, str]]:
    """What no single key can see, by key."""
    for number, match in enumerate(table.match):
        if match == MatchTable():
            yield ("match", number), "this match asks for nothing and would fit every card"
    for number, rank in enumerate(table.identity):
        if rank.unique and rank.source in ("fs_uuid", "port"):
            yield (
                ("identity", number, "unique"),
                f"{rank.source!r} never names one camera: cards and ports change",
            )
        if rank.source == "unlock" and table.unlock is None:
            yield ("identity", number, "source"), "there is no [unlock]: nothing is told at unlocking"
        if rank.source == "marker" and not any(match.marker for match in table.match):
            yield ("identity", number, "source"), "no [[match]] names a marker: there is no file to read"


def _pattern(text: str, groups: frozenset[str] = frozenset()) -> str:
    try:
        named = set(re.compile(text).groupindex)
    except re.error as error:
        return f"{text!r} is no regular expression: {error}"
    return "" if groups <= named else f"{text!r} lacks the groups {', '.join(sorted(groups - named))}"


def _patterns(texts: tuple[str, ...], *groups: str) -> str:
    return "; ".join(filter(None, (_pattern(text, frozenset(groups)) for text in texts)))


def _zone(name: str) -> str:
    try:
        zone_named("UTC" if name == STATION_ZONE else name)
    except ValueError:
        return "that is no time zone; for example 'Europe/Berlin', 'UTC-06:00' or 'station'"
    return ""


def _interfaces(classes: tuple[str, ...]) -> str:
    wrong = [f"{one} is {NEVER[one.lower()]}" for one in classes if one.lower() in NEVER]
    return f"{', '.join(wrong)}: no profile can allow that" if wrong else ""


CHECKS: dict[str, Check] = {
    **{f"match.*.{key}": _pattern for key in ("usb_vendor", "usb_model", "fs_label", "folder_name")},
    "identity.*.pattern": _pattern,
    "files.pair_by_name": lambda texts: _patterns(texts, "pair"),
    "time.name_patterns": lambda texts: _patterns(texts, *GROUPS),
    **{f"time.{key}": _zone for key in ZONES},
    "usb.interfaces": _interfaces,
}
"""Why a value of the right type is still refused, by key."""


def _unlock(table: UnlockTable | None) -> Unlock | None:
    if table is None:
        return None
    return Unlock(
        usb_vendor_id=table.usb_vendor_id,
        usb_model_id=table.usb_model_id,
        step_timeout_s=table.step_timeout,
        storage_within_s=table.storage_within,
        set_clock=table.set_clock,
        usb_serial=table.usb_serial,
    )
