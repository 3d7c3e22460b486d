"""What a station needs before it can be wired: its state folder alone, its profiles switched, its sources."""

from __future__ import annotations

import fcntl
import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import structlog

from agent.adapters.folders import FolderSource
from agent.adapters.kernel_mounts import KernelMounter
from agent.adapters.mounts import EveryVolume, FolderMounter, MounterBySource
from agent.adapters.profile_files import ProfileSet
from agent.adapters.system_clock import SystemClock
from agent.config import Config, ProfileSwitch
from agent.errors import LedgerBroken, NeedsOperator
from agent.ledger.read import LedgerView
from agent.ledger.store import SqliteLedger, open_ledger
from agent.ports import DeviceSource, Mounter
from agent.rules.footage import Instant
from agent.rules.profiles import Profile

log = structlog.get_logger(__name__)

FALLBACK = "unknown"
"""The profile of whatever no other profile claims. It can never be switched on."""


def sources_of(config: Config, clock: SystemClock, profiles: Sequence[Profile]) -> list[DeviceSource]:
    """The configured sources, not yet started."""
    sources: list[DeviceSource] = []
    for source in config.source:
        if source.kind == "folder" and source.path is not None:
            sources.append(FolderSource(Path(source.path), source.presence, source.settle, clock))
        elif source.kind == "usb":
            # Imported here: a station without USB bays needs no libudev.
            from agent.adapters.udev import UsbSource

            sources.append(UsbSource(clock, models=profiles, bays=config.bays))
    return sources


def mounter_of(config: Config) -> MounterBySource:
    """For each kind of source what makes its cards reachable. What an earlier run left mounted is unmounted."""
    mounters: dict[str, Mounter] = {"folder": FolderMounter()}
    if any(source.kind == "usb" for source in config.source):
        if mounts_itself(config):
            mounters["usb"] = EveryVolume(KernelMounter(config.state / "mounts"))
        else:
            # Imported here: a station without USB bays needs no D-Bus.
            from agent.adapters.udisks_mounts import UdisksMounter

            mounters["usb"] = EveryVolume(UdisksMounter(mount_notes(config)))
    return MounterBySource(mounters)


def mount_notes(config: Config) -> Path:
    """Where it is noted what UDisks2 has mounted for the agent."""
    return config.state / "mount-notes"


def mounts_itself(config: Config) -> bool:
    """Whether the agent mounts USB cards itself; else UDisks2 does."""
    return config.card.mounter == "kernel" or (config.card.mounter == "auto" and os.geteuid() == 0)


def switched(found: ProfileSet, config: Config) -> tuple[Profile, ...]:
    """Profiles with IT's erase switches applied; the fallback can never be switched on."""
    profiles = found.profiles
    unknown = config.profile.keys() - {profile.name for profile in profiles} - found.wrong
    if unknown or FALLBACK in config.profile:
        raise NeedsOperator(
            f"[profile] names no profile that can be switched: {', '.join(sorted(unknown) or [FALLBACK])}.",
            code="profile_unknown",
            hint=f"Known: {', '.join(sorted(p.name for p in profiles if p.name != FALLBACK))}.",
        )
    return tuple(_switched(profile, config.profile.get(profile.name)) for profile in profiles)


def _switched(profile: Profile, switch: ProfileSwitch | None) -> Profile:
    return profile if switch is None or switch.erase is None else replace(profile, erase_enabled=switch.erase)


class StateLock:
    """Held as long as this object lives; the kernel frees it when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._handle)
            raise NeedsOperator(
                f"Another dock-agent works with {path.parent}.",
                code="already_running",
                hint="Stop it first; two agents on one spool would trip over each other.",
            ) from None

    def close(self) -> None:
        os.close(self._handle)


def only_one(state: Path) -> StateLock:
    """The state folder, made when it is missing, for this process alone. Raises NeedsOperator."""
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        return StateLock(state / "lock")
    except OSError as error:
        raise NeedsOperator(
            f"The state folder {state} cannot be used: {error.strerror}.",
            code="state_unusable",
            hint="Create it for this user, or correct [paths] state.",
        ) from error


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The ledger that a new one follows."""

    uuid: UUID
    why: str
    """`forked` or `closed`."""
    kept_as: str
    """The name of its file in the state folder."""


def set_aside_if_ended(state: Path) -> Predecessor | None:
    """A ledger whose history ended (central holds another one, or closed it) is kept under a name of its own: as
    evidence, with every event that central never took. None when there is no such ledger.

    Raises:
        LedgerBroken: it cannot be read.
    """
    path = state / "ledger.db"
    if not path.exists():
        return None
    with LedgerView(path) as view:
        try:
            why, uuid = view.note("ended"), view.identity().uuid
        except LedgerBroken:
            return None  # opening it says what is wrong with it
    if why is None:
        return None
    aside = _free_name(state, uuid)
    for suffix in ("-wal", "-shm", "-journal", ""):  # the name that makes it a ledger goes last
        part = state / f"ledger.db{suffix}"
        if part.exists():
            part.rename(state / f"{aside}{suffix}")
    folder = os.open(state, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return Predecessor(uuid, why, aside)


def _free_name(state: Path, uuid: UUID) -> str:
    """The same disk may be put back twice; what was set aside before is evidence, too."""
    again = itertools.chain([""], (f".{number}" for number in itertools.count(2)))
    return next(name for end in again if not (state / (name := f"ledger-{uuid}{end}.db")).exists())


def open_memory(state: Path, station: str, now: Instant, *, is_replacement: bool, has_copies: bool) -> SqliteLedger:
    """The ledger of this state folder. One that must be made although this station worked before is `rebuilt`, and
    knows which one it follows and why.

    Raises:
        LedgerBroken: see `open_ledger`.
    """
    ended = set_aside_if_ended(state)
    marker = state / "ledger.seen"
    worked_here = marker.exists()
    rebuilds = worked_here or is_replacement or has_copies
    ledger = open_ledger(state / "ledger.db", station, now, expects_predecessor=rebuilds)
    if ended is not None:
        told = f"{ended.why}: ledger {ended.uuid} ended and is kept as {ended.kept_as}; this one follows it"
        ledger.remember(predecessor=str(ended.uuid), predecessor_why=ended.why, follows=told)
        log.error("ledger_ended", ledger=str(ended.uuid), why=ended.why, successor=str(ledger.uuid))
    elif ledger.rebuilt and ledger.note("predecessor_why") is None:
        ledger.remember(predecessor_why="replaced" if is_replacement and not worked_here else "lost")
    marker.touch()
    return ledger
