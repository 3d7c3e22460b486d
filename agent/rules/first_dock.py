"""Of all that a station took in since an instant: the camera that went from dock to receipt, and how fast."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from agent.rules.footage import Asset, DockSession, State


@dataclass(frozen=True, slots=True)
class FirstDock:
    """One camera whose every new file is receipted."""

    camera: str
    bay: str
    docked_at: datetime
    safe_at: datetime
    """The last receipt came."""
    assets: tuple[Asset, ...]

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(asset.size for asset in self.assets)

    @property
    def safe_after_s(self) -> float:
        """From dock to the last receipt."""
        return (self.safe_at - self.docked_at).total_seconds()

    @property
    def copied_per_s(self) -> float | None:
        """Bytes a second from the dock until the last file was durable in the spool."""
        return _rate(self.size, self.docked_at, max((a.staged_at for a in self.assets if a.staged_at), default=None))

    @property
    def sent_per_s(self) -> float | None:
        """Bytes a second from the first file in the spool until the last receipt."""
        begun = min((asset.staged_at for asset in self.assets if asset.staged_at), default=None)
        return None if begun is None else _rate(self.size, begun, self.safe_at)


@dataclass(frozen=True, slots=True)
class Underway:
    """How far one camera is."""

    camera: str
    files: int
    size: int
    staged: int
    receipted: int
    aside: tuple[str, ...] = ()
    """Why files need a person."""


def underway(assets: Iterable[Asset], since: datetime) -> list[Underway]:
    """Every camera of which something new was found."""
    return [
        Underway(
            camera=camera,
            files=len(new),
            size=sum(asset.size for asset in new),
            staged=sum(asset.staged_at is not None for asset in new),
            receipted=sum(asset.receipt is not None for asset in new),
            aside=tuple(sorted({asset.reason for asset in new if asset.state is State.QUARANTINED})),
        )
        for camera, new in _by_camera(assets, since).items()
    ]


def first_dock(assets: Iterable[Asset], sessions: Iterable[DockSession], since: datetime) -> FirstDock | None:
    """The latest camera of which something new was found and every new file is receipted; None when there is none.

    `sessions`: those of that time. An asset names the last dock in which it was seen, which need not be the one in
    which it was copied."""
    docks = tuple(sessions)
    done = [_done(camera, tuple(new), docks) for camera, new in _by_camera(assets, since).items()]
    return max((one for one in done if one is not None), key=lambda one: one.safe_at, default=None)


def _done(camera: str, new: tuple[Asset, ...], docks: tuple[DockSession, ...]) -> FirstDock | None:
    verified = [asset.verified_at for asset in new if asset.receipt is not None and asset.verified_at is not None]
    if len(verified) < len(new):
        return None
    found = min(asset.found_at for asset in new)
    before = [dock for dock in docks if dock.camera == camera and dock.seen_at <= found]
    dock = max(before, key=lambda one: one.seen_at, default=None)
    bay, docked_at = (new[0].bay, found) if dock is None else (dock.bay, dock.seen_at)
    return FirstDock(camera, bay, docked_at, max(verified), new)


def _by_camera(assets: Iterable[Asset], since: datetime) -> dict[str, list[Asset]]:
    found: dict[str, list[Asset]] = {}
    for asset in assets:
        if asset.found_at >= since and asset.docked_at is not None and asset.state is not State.GONE:
            found.setdefault(asset.camera, []).append(asset)
    return found


def _rate(size: int, begun: datetime, ended: datetime | None) -> float | None:
    seconds = 0.0 if ended is None else (ended - begun).total_seconds()
    return size / seconds if seconds > 0 else None
