"""What a station needs before it can be wired: its state folder alone, its profiles switched, its sources."""

from __future__ import annotations

import fcntl
import os
from dataclasses import replace
from pathlib import Path

from agent.adapters.folders import FolderSource
from agent.adapters.system_clock import SystemClock
from agent.config import Config
from agent.errors import NeedsOperator
from agent.ports import DeviceSource
from agent.rules.profiles import Profile

FALLBACK = "unknown"
"""The profile of whatever no other profile claims. It can never be switched on."""


def sources_of(config: Config, clock: SystemClock) -> list[DeviceSource]:
    """The configured sources, not yet started."""
    sources: list[DeviceSource] = []
    for source in config.source:
        if source.kind == "folder" and source.path is not None:
            sources.append(FolderSource(Path(source.path), source.presence, source.settle, clock))
        elif source.kind == "usb":
            # Imported here: a station without USB bays needs no libudev.
            from agent.adapters.udev import UsbSource

            sources.append(UsbSource(clock))
    return sources


def switched(profiles: tuple[Profile, ...], config: Config) -> tuple[Profile, ...]:
    """Profiles with IT's erase switches applied; the fallback can never be switched on."""
    unknown = config.profile.keys() - {profile.name for profile in profiles}
    if unknown or FALLBACK in config.profile:
        raise NeedsOperator(
            f"[profile] names no profile that can be switched: {', '.join(sorted(unknown) or [FALLBACK])}.",
            code="profile_unknown",
            hint=f"Known: {', '.join(sorted(p.name for p in profiles if p.name != FALLBACK))}.",
        )
    return tuple(
        replace(profile, erase_enabled=config.profile[profile.name].erase)
        if profile.name in config.profile
        else profile
        for profile in profiles
    )


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
