"""Why a recording is missing: exactly one cause, the first that holds. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter

from central.timeliness.verdict import Indeterminate


class Cause(StrEnum):
    """In the order in which they are asked for."""

    CAMERA_NOT_DOCKED = "camera_not_docked"
    IN_BACKLOG = "in_backlog"
    DOCUMENTED_EXCEPTION = "documented_exception"
    NO_CAMERA_ASSIGNED = "no_camera_assigned"
    STATION_NOT_WATCHING = "station_not_watching"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Dock:
    """One dock of a camera, on central's clock."""

    docked_at: datetime
    until: datetime
    """When it was taken out; of one that is docked still, how far its station has told."""
    is_open: bool
    is_drained: bool
    left_files: bool
    """It was taken out with files that were not copied."""


ENDS = attrgetter("until")


class Docks:
    """What is known of the docks of cameras, and of files that were seen and not receipted."""

    def __init__(self, docks: Iterable[tuple[str, Dock]], untimed: Iterable[tuple[str, datetime]] = ()) -> None:
        """`untimed`: cameras of unreceipted files of which no recording time is known, and when each was heard of."""
        self._docks: dict[str, list[Dock]] = {}
        for camera, dock in docks:
            self._docks.setdefault(camera, []).append(dock)
        for own in self._docks.values():
            own.sort(key=lambda dock: (dock.until, dock.docked_at))
        self._untimed: dict[str, datetime] = {}
        for camera, heard_at in untimed:
            self._untimed[camera] = max(heard_at, self._untimed.get(camera, heard_at))

    def docked_since(self, camera: str, at: datetime) -> bool:
        """Whether the camera was in a dock at some instant from then on: whatever it had recorded was read."""
        own = self._docks.get(camera)
        return bool(own) and own[-1].until >= at

    def waits(self, camera: str, at: datetime) -> bool:
        """Whether files that it held then may still be on its card or in a spool."""
        heard_at = self._untimed.get(camera)
        if heard_at is not None and heard_at >= at:
            return True
        since = self._since(camera, at)
        whole = any(dock.is_drained and not dock.left_files for dock in since)
        return not whole and any(dock.left_files or dock.is_open for dock in since)

    def _since(self, camera: str, at: datetime) -> list[Dock]:
        own = self._docks.get(camera, [])
        return own[bisect_left(own, at, key=ENDS) :]


@dataclass(frozen=True)
class Circumstances:
    """What is known around a dispatch, one entry of each per camera that its officer had."""

    has_camera: bool
    out: tuple[str, ...] = ()
    """Cameras that were in no dock since."""
    waiting: tuple[str, ...] = ()
    """Cameras of which files are known and not receipted."""
    verdicts: tuple[str, ...] = ()
    """Of the shifts with a camera that is out: the plain verdict that stands; empty where none ever will."""
    is_documented: bool = False

    @property
    def awaits(self) -> str:
        """The camera whose footage may still come; empty: none."""
        return next(iter((*self.out, *self.waiting)), "")

    @property
    def is_unwatched(self) -> bool:
        """Whether a camera that is out may have docked where nobody watched."""
        return any(verdict in ("", Indeterminate.name) for verdict in self.verdicts)


def cause_of(around: Circumstances) -> Cause:
    """Of a missing recording."""
    if around.out and not around.is_unwatched:
        return Cause.CAMERA_NOT_DOCKED
    if around.waiting:
        return Cause.IN_BACKLOG
    if around.is_documented:
        return Cause.DOCUMENTED_EXCEPTION
    if not around.has_camera:
        return Cause.NO_CAMERA_ASSIGNED
    return Cause.STATION_NOT_WATCHING if around.out else Cause.UNEXPLAINED
