"""What a listing of a card means, compared with what the ledger knows of that camera."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from agent.rules.footage import Asset, CardFile, RefusedEntry, State

Seen = tuple[bytes, int, int]
"""Path, size, mtime: enough to know a file again within one uninterrupted dock session, and only there."""

VANISHED_AFTER = timedelta(seconds=2)
"""A file is called gone only when complete listings at least this far apart both miss it: a card that is just
being pulled lists nothing for a second."""


def nanoseconds(span: timedelta) -> int:
    """A span on the clock that nobody sets. Wall time may jump by hours while a camera is docked."""
    return span // timedelta(microseconds=1) * 1000


def seen(file: CardFile) -> Seen:
    """The file's mark within one session."""
    return (file.path, file.size, file.mtime_ns)


def is_settled(file: CardFile, first_seen: Mapping[Seen, int], now_ns: int, settle: timedelta) -> bool:
    """Whether the file has kept its size and time for `settle`, as far as we watched. `first_seen` and `now_ns`
    are monotonic nanoseconds of this boot."""
    since_ns = first_seen.get(seen(file))
    return since_ns is not None and now_ns - since_ns >= nanoseconds(settle)


def is_vanished(since_ns: int, now_ns: int) -> bool:
    """Whether a file that complete listings have missed since `since_ns` counts as gone (monotonic)."""
    return now_ns - since_ns >= nanoseconds(VANISHED_AFTER)


@dataclass(frozen=True, slots=True)
class Known:
    """What one file on the card may be, judged by what the ledger holds under its camera and path."""

    continues: Asset | None = None
    """A FOUND asset whose staging has not ended: go on with it."""
    resembles: tuple[Asset, ...] = ()
    """Assets with a digest and this size: the file must be read to know whether it is one of them."""
    set_aside: Asset | None = None
    """Quarantined unread, and never seen to leave its card since: only `retry` brings it back."""


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
        and not _is_unproven(asset)
    )
    continues = next((asset for asset in past if asset.state is State.FOUND), None)
    set_aside = next(
        (
            asset
            for asset in past
            if asset.state is State.QUARANTINED
            and asset.sha256 is None
            # Once it was gone, what stands there now may be other footage under the same name, size and time.
            and asset.on_card
            and (asset.size, asset.mtime_ns) == (file.size, file.mtime_ns)
        ),
        None,
    )
    return Known(continues=continues, resembles=resembles, set_aside=set_aside)


def is_durable_as(asset: Asset, file: CardFile) -> bool:
    """Whether this asset looks like the file, and has a copy or a receipt. Looks prove nothing: good enough to tell
    an officer that a camera need not come back, never enough to erase."""
    return (asset.size, asset.mtime_ns) == (file.size, file.mtime_ns) and (asset.spooled or asset.receipt is not None)


def _is_unproven(asset: Asset) -> bool:
    """It left its card before anything was proven of it: neither copy nor receipt stands behind its digest."""
    return asset.state in (State.ERASED, State.KEPT, State.GONE) and asset.receipt is None


def missing(expected: Iterable[Asset], listed: Mapping[bytes, CardFile]) -> tuple[Asset, ...]:
    """Assets that should be on the card and are not in this (complete) listing."""
    return tuple(asset for asset in expected if asset.on_card and asset.path not in listed)


BENIGN_REFUSALS = frozenset({"symlink", "fifo", "socket", "device", "lost_and_found"})
"""What is refused for these reasons holds no footage of its own. Behind every other refusal there may be some."""


def may_hide_footage(refused: Iterable[RefusedEntry]) -> tuple[RefusedEntry, ...]:
    """Refused entries that a person must look at before the card may be called safe."""
    return tuple(entry for entry in refused if entry.reason not in BENIGN_REFUSALS)


def staging_order(files: Iterable[tuple[CardFile, bool]]) -> list[CardFile]:
    """Flagged files first, then the newest: the same order in which they are uploaded."""
    return [file for file, _ in sorted(files, key=lambda pair: (not pair[1], -pair[0].mtime_ns, pair[0].path))]
