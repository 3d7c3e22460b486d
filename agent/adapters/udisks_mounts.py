"""Mounts a camera's block device through UDisks2, as an ordinary user. Never repairs anything."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import structlog

from agent.adapters import udisks
from agent.adapters.block_devices import UDEV_DATA, disk_mark, number_of, udev_word
from agent.adapters.mount_notes import MountNotes
from agent.adapters.mount_table import mount_at, mounts_of
from agent.adapters.system_bus import BusRefusal, BusSilent
from agent.adapters.udisks import Volume, meaning
from agent.adapters.volume_head import read_health
from agent.errors import CardError, CardGone, MountRefused
from agent.rules.footage import MountedCard, Presence, VolumeId
from agent.rules.mount_options import FAMILIES, GUARDS, attempts

PATIENCE_S = 15.0
"""UDisks2 may see a device a moment after udev told us, or be just starting again."""
BUSY_FOR_S = 2.0
LOOK_AGAIN_S = 0.2
DOCK_VOLUME = "DOCK_VOLUME"
"""What systemd/udev/90-dock-agent.rules says of a file system: `clean` or `dirty`."""

_SOMEBODY = "Something on this PC mounts cameras by itself: `dock-agent doctor` tells what, and how to keep it off."
log = structlog.get_logger(__name__)


class _Passing(Exception):
    """The next attempt may succeed; `outcome` is raised when patience has run out."""

    def __init__(self, outcome: CardError) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


class UdisksMounter:
    """For USB cards on a station whose agent is an ordinary user. Several bays may call at the same time."""

    def __init__(self, folder: Path, *, patience_s: float = PATIENCE_S, udev_data: Path = UDEV_DATA) -> None:
        """`folder` belongs to this mounter alone: its notes. What a run that was cut off left mounted is unmounted,
        so that every card starts with a fresh mount that this process can see as it is."""
        self._notes = MountNotes(folder)
        self._patience_s = patience_s
        self._udev_data = udev_data
        self._held: dict[str, str] = {}
        """By root: the device's number."""
        self._refused_options: set[str] = set()
        for note in self._notes.all():
            self._unmount(note.number)

    def mount(self, presence: Presence, *, writable: bool) -> MountedCard:
        """A fresh mount; a dirty card only read-only.

        Raises:
            CardGone: the device is no longer there, or holds another volume.
            MountRefused: UDisks2 or polkit says no, it does not answer, the file system is unknown, broken, or dirty
                and asked for writing, or somebody else has it mounted.
        """
        deadline = time.monotonic() + self._patience_s
        while True:
            try:
                return self._mount(presence, writable)
            except _Passing as passing:
                if time.monotonic() > deadline:
                    raise passing.outcome from None
                time.sleep(LOOK_AGAIN_S)

    def release(self, card: MountedCard) -> None:
        """Flush and unmount. What could not be unmounted is logged, and tried again before the next mount."""
        number = self._held.pop(card.root, None)
        if number is not None:
            self._unmount(number)

    def _mount(self, presence: Presence, writable: bool) -> MountedCard:
        volume = self._find(presence)
        dirty = self._is_dirty(volume)
        _refuse_what_cannot_be(presence, volume, dirty, writable)
        self._refuse_foreign(presence, volume)
        self._notes.write(volume.number)
        try:
            root = self._asked(presence, volume, writable)
        except (CardError, BusRefusal):
            self._notes.strike(volume.number)  # answered with a no: nothing is mounted
            raise
        self._notes.write(volume.number, root)
        try:
            card = _proved(presence, volume, root, writable, dirty)
        except BaseException:
            self._unmount(volume.number)
            raise
        self._held[root] = volume.number
        return card

    def _find(self, presence: Presence) -> Volume:
        node, bay = presence.device or "", presence.bay
        number = number_of(node)
        if number is None:
            raise CardGone(f"{bay}: {node} is no longer there.")
        try:
            known = next((one for one in udisks.volumes() if one.number == number), None)
        except BusSilent as error:
            raise _Passing(_unavailable(bay, str(error))) from None
        except BusRefusal as error:
            raise _Passing(_refusal(bay, node, error)) from None
        expected, kind = presence.facts.get("fs_uuid", ""), presence.facts.get("fs_type", "")
        if known is None or (not known.has_file_system and kind):
            raise _Passing(
                MountRefused(
                    f"{bay}: UDisks2 knows no file system on {node}.",
                    hint="The card was not touched. `udisksctl info -b` shows what it knows.",
                )
            )
        if expected and known.uuid != expected:
            raise CardGone(f"{bay}: {node} holds another volume ({known.uuid or 'no id'}) than {expected}.")
        return known

    def _is_dirty(self, volume: Volume) -> bool:
        """By the device itself where we may open it, else by what our udev rule read there. Unknown is dirty."""
        try:
            health = read_health(volume.node)
        except OSError:
            return udev_word(volume.number, DOCK_VOLUME, self._udev_data) != "clean"
        return health is None or health.dirty

    def _refuse_foreign(self, presence: Presence, volume: Volume) -> None:
        where = [one.point for one in mounts_of(volume.node, volume.number)] or list(volume.mount_points)
        if not where:
            return
        if self._notes.of(volume.number) is None:
            raise MountRefused(
                f"{presence.bay}: {volume.node} is already mounted on {where[0]}.",
                code="mounted_by_another",
                hint=f"{_SOMEBODY} Unmount the camera there. Nothing was read or written.",
            )
        # Left by a call that was never answered, or by an unmount that failed.
        if not self._unmount(volume.number):
            raise _Passing(_busy(presence.bay, where[0]))

    def _asked(self, presence: Presence, volume: Volume, writable: bool) -> str:
        """Mount it with as many of the wished options as are allowed. Raises MountRefused, CardGone, _Passing."""
        bay = presence.bay
        tries = attempts(FAMILIES[volume.kind], writable, frozenset(self._refused_options))
        for options, fewer in zip(tries, (*tries[1:], None), strict=True):
            try:
                return udisks.mount(volume, ",".join(options))
            except BusSilent as error:
                raise _Passing(_unavailable(bay, str(error))) from None
            except BusRefusal as error:
                what = meaning(error)
                if what == "option_not_permitted" and fewer is not None:
                    self._refused_options.update(set(options) - set(fewer))
                    continue
                if number_of(volume.node) != volume.number:
                    raise CardGone(f"{bay}: {volume.node} went away while it was mounted.") from None
                outcome = _refusal(bay, volume.node, error)
                if what in ("busy", "unknown_volume"):
                    self._notes.strike(volume.number)
                if what in ("away", "busy", "unknown_volume"):
                    raise _Passing(outcome) from None
                raise outcome from None
        raise AssertionError("there is always a last attempt")

    def _unmount(self, number: str) -> bool:
        """Whether it is not mounted by us any more. Never raises."""
        deadline = time.monotonic() + BUSY_FOR_S
        while (trouble := _unmounted(number)) is not None:
            if not trouble.passing or time.monotonic() > deadline:
                log.error("unmount_failed", device=number, error=trouble.text)
                return False
            time.sleep(LOOK_AGAIN_S)
        self._notes.strike(number)
        return True


@dataclass(frozen=True, slots=True)
class _StillMounted:
    text: str
    passing: bool


def _unmounted(number: str) -> _StillMounted | None:
    """One attempt; None: it is not mounted any more."""
    try:
        volume = next((one for one in udisks.volumes() if one.number == number), None)
        if volume is not None and (volume.mount_points or mounts_of(volume.node, number)):
            udisks.unmount(volume)
    except BusSilent as error:
        return _StillMounted(str(error), passing=True)
    except BusRefusal as error:
        what = meaning(error)
        if what not in ("not_mounted", "unknown_volume"):
            return _StillMounted(str(error), what in ("busy", "away"))
    return None


def _refuse_what_cannot_be(presence: Presence, volume: Volume, dirty: bool, writable: bool) -> None:
    if volume.kind not in FAMILIES:
        raise MountRefused(
            f"{presence.bay}: a file system of type {volume.kind or 'unknown'!r} is not mounted.",
            hint="Cards are FAT, exFAT or ext. The card was not touched.",
        )
    if writable and dirty:
        raise MountRefused(
            f"{presence.bay}: the card's file system was not left clean, so it is not written to.",
            hint="Its footage is copied all the same. Once that is safe, format the card in the camera.",
        )


def _proved(presence: Presence, volume: Volume, root: str, writable: bool, dirty: bool) -> MountedCard:
    """What UDisks2 said, compared with the kernel. Raises MountRefused, CardGone."""
    bay = presence.bay
    there = mount_at(root)
    if there is None or (there.device != volume.number and there.source != volume.node):
        raise MountRefused(
            f"{bay}: UDisks2 says that {volume.node} is mounted on {root}, and this process does not see it there.",
            hint="The service's sandbox hides mounts (PrivateMounts, its own mount propagation?). Nothing was read.",
        )
    try:
        flags, seen = os.statvfs(root).f_flag, Path(root).stat()
    except OSError as error:
        raise CardGone(f"{bay}: {root} does not answer ({error.strerror}).") from None
    is_read_only = bool(flags & os.ST_RDONLY) or "ro" in there.options
    if flags & GUARDS != GUARDS:
        raise MountRefused(f"{bay}: the card could not be mounted without programs and devices. Nothing was read.")
    if writable and is_read_only:
        raise MountRefused(f"{bay}: the card is write-protected, so nothing is erased from it.")
    if not writable and not is_read_only:
        raise MountRefused(f"{bay}: the card would not be mounted read-only, so it is not served.")
    proof = VolumeId(seen.st_dev, seen.st_ino, volume.uuid, there.number, disk_mark(volume.number))
    return MountedCard(root, proof, writable, dirty)


def _unavailable(bay: str, why: str) -> MountRefused:
    return MountRefused(
        f"{bay}: UDisks2 does not answer: {why}",
        code="udisks_away",
        hint="The card was not touched. Look at `systemctl status udisks2 dbus`; it is tried again by itself.",
    )


def _busy(bay: str, where: str) -> MountRefused:
    return MountRefused(
        f"{bay}: the card is still in use at {where} and could not be unmounted.",
        code="mount_busy",
        hint="Do not take it out. It is tried again by itself; `fuser -vm` tells who uses it.",
    )


def _refusal(bay: str, node: str, error: BusRefusal) -> MountRefused:
    match meaning(error):
        case "not_authorized":
            return MountRefused(
                f"{bay}: this user may not mount {node}.",
                code="mount_not_authorized",
                hint="Install the polkit rule 50-dock-agent.rules, and run the agent as the user that it names. "
                "The card was not touched.",
            )
        case "already_mounted":
            return MountRefused(
                f"{bay}: {node} is already mounted: {error.text}",
                code="mounted_by_another",
                hint=_SOMEBODY,
            )
        case "busy":
            return _busy(bay, node)
        case "away":
            return _unavailable(bay, error.text)
        case _:
            return MountRefused(
                f"{bay}: {node} could not be mounted: {error.text}", hint="The card was not written to."
            )
