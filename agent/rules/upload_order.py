"""Which file goes next: flagged first, then what is fresh, then the backlog; fair shares between cameras."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from uuid import UUID

from agent.rules.footage import Asset, FileKind

BACKLOG_AFTER = timedelta(hours=48)
BELIEVED = timedelta(days=365)
"""A recording time further back than this is a camera clock that was reset, not old footage."""


class Priority(IntEnum):
    """Lower goes first."""

    FLAGGED = 0
    FRESH = 1
    BACKLOG = 2


@dataclass(frozen=True, slots=True)
class Line:
    """The files of one priority, by camera, each camera's in the order in which they go."""

    priority: Priority
    cameras: Mapping[str, tuple[UUID, ...]]


def line_up(waiting: Iterable[Asset], now: datetime) -> tuple[Line, ...]:
    """The waiting files, sorted once; `next_upload` then picks from them many times."""
    waiting = tuple(waiting)
    flagged = {_recording(asset) for asset in waiting if asset.flagged}
    groups: dict[Priority, dict[str, list[Asset]]] = {}
    for asset in waiting:
        priority = Priority.FLAGGED if _recording(asset) in flagged else _age_class(asset, now)
        groups.setdefault(priority, {}).setdefault(asset.camera, []).append(asset)
    return tuple(
        Line(priority, {camera: _in_order(assets) for camera, assets in groups[priority].items()})
        for priority in sorted(groups)
    )


def next_upload(lines: Sequence[Line], served: Mapping[str, int], is_taken: Callable[[UUID], bool]) -> UUID | None:
    """The file that goes next, or None when every one is taken (in flight, waiting out a trouble, done).

    Within a priority the camera that was served the fewest bytes goes first.
    """
    for line in lines:
        for camera in sorted(line.cameras, key=lambda name: (served.get(name, 0), name)):
            free = next((asset_id for asset_id in line.cameras[camera] if not is_taken(asset_id)), None)
            if free is not None:
                return free
    return None


def joined(served: Mapping[str, int], waiting: Iterable[str]) -> dict[str, int]:
    """The bytes served, for the cameras that wait now. One that has just come starts level with the least
    served of the others: neither owed for the time it was away, nor behind those that were here."""
    names = set(waiting)
    here = {name: count for name, count in served.items() if name in names}
    level = min(here.values(), default=0)
    return {name: here.get(name, level) for name in names}


def _age_class(asset: Asset, now: datetime) -> Priority:
    return Priority.FRESH if now - _age_from(asset) <= BACKLOG_AFTER else Priority.BACKLOG


def _age_from(asset: Asset) -> datetime:
    # A camera's clock may be decades off. The dock instant is ours, and a file was recorded before it.
    docked = asset.docked_at or asset.staged_at or asset.found_at
    recorded = asset.recorded_at
    return recorded if recorded is not None and docked - BELIEVED < recorded < docked else docked


def _recording(asset: Asset) -> tuple[str, bytes]:
    """A video and its sidecars share a path up to the ending."""
    folder, slash, name = asset.path.rpartition(b"/")
    stem, dot, _ = name.rpartition(b".")
    return asset.camera, folder + slash + (stem if dot else name)


def _in_order(assets: Sequence[Asset]) -> tuple[UUID, ...]:
    """Newest dock first; within it as recorded; a sidecar right after its video."""
    begun: dict[tuple[str, bytes], datetime] = {}
    for asset in assets:
        key = _recording(asset)
        begun[key] = min(begun.get(key, _age_from(asset)), _age_from(asset))

    def place(asset: Asset) -> tuple[float, datetime, bytes, bool, bytes]:
        docked = (asset.docked_at or asset.staged_at or asset.found_at).timestamp()
        key = _recording(asset)
        return -docked, begun[key], key[1], asset.kind is not FileKind.VIDEO, asset.path

    return tuple(asset.asset_id for asset in sorted(assets, key=place))
