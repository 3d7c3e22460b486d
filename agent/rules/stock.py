"""What a listing of a card means, compared with what the ledger knows of that camera."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.rules.footage import Asset, CardFile, State

Seen = tuple[bytes, int, int]
"""Path, size, mtime: enough to know a file again within one uninterrupted dock session, and only there."""

VANISHED_AFTER = timedelta(seconds=2)
"""A file is called gone only when complete listings at least this far apart both miss it: a card that is just
being pulled lists nothing for a second."""


def seen(file: CardFile) -> Seen:
    """The file's mark within one session."""
    return (file.path, file.size, file.mtime_ns)


def is_settled(file: CardFile, first_seen: Mapping[Seen, datetime], now: datetime, settle: timedelta) -> bool:
    """Whether the file has kept its size and time for `settle`, as far as we watched."""
    since = first_seen.get(seen(file))
    return since is not None and now - since >= settle


@dataclass(frozen=True, slots=True)
class Known:
    """What one file on the card may be, judged by what the ledger holds under its camera and path."""

    continues: Asset | None = None
    """A FOUND asset whose staging has not ended: go on with it."""
    resembles: tuple[Asset, ...] = ()
    """Assets with a digest and this size: the file must be read to know whether it is one of them."""
    set_aside: Asset | None = None
    """Quarantined unread, unchanged since: only `retry` brings it back."""


def recognise(file: CardFile, under_this_path: Iterable[Asset]) -> Known:
    """What a file may be. Names are reused, clocks reset, segments are preallocated: path, size and time never
    prove that content is the same; only its digest does."""
    past = tuple(under_this_path)
    resembles = tuple(
        asset
        for asset in past
        # A FOUND asset with a digest has lost its copy: it must be staged again, whatever it looks like.
        if asset.state is not State.FOUND
        and asset.sha256 is not None
        and asset.size == file.size
        and not asset.salvage
    )
    continues = next((asset for asset in past if asset.state is State.FOUND), None)
    set_aside = next(
        (
            asset
            for asset in past
            if asset.state is State.QUARANTINED
            and asset.sha256 is None
            and (asset.size, asset.mtime_ns) == (file.size, file.mtime_ns)
        ),
        None,
    )
    return Known(continues=continues, resembles=resembles, set_aside=set_aside)


def missing(expected: Iterable[Asset], listed: Mapping[bytes, CardFile]) -> tuple[Asset, ...]:
    """Assets that should be on the card and are not in this (complete) listing."""
    return tuple(asset for asset in expected if asset.on_card and asset.path not in listed)


def staging_order(files: Iterable[tuple[CardFile, bool]]) -> list[CardFile]:
    """Flagged files first, then the newest: the same order in which they are uploaded."""
    return [file for file, _ in sorted(files, key=lambda pair: (not pair[1], -pair[0].mtime_ns, pair[0].path))]
