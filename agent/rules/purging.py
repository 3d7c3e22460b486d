"""Whether a station's state folder holds nothing that central lacks, so that removing it loses nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from agent.rules.footage import Asset
from agent.rules.keeping import may_release

OF_THE_WATCH = frozenset({"watch_started", "watch_stopped", "bay_watched", "bay_unwatched"})
"""The last word of every run is one of these and stays unsent. Without it central takes less for watched."""
NEVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class LeftHere:
    """What lies in the state folder of an agent that does not run."""

    has_ledger: bool
    copies: Mapping[str, Asset | None] = field(default_factory=dict)
    """Every name in the spool, with its asset; None: nobody knows whose it is, or it is unfinished."""
    store_epoch: int | None = None
    """Central's, as last heard."""
    went_back: bool = False
    """Central was restored and holds less than it once acknowledged."""
    unsent: Sequence[str] = ()
    """The kinds of the custody events that central has not acknowledged."""
    kept_ledgers: Sequence[str] = ()
    """Ledgers of earlier runs or of a dead PC, by file name: nobody knows what of them central never heard."""


def obstacles(left: LeftHere) -> tuple[str, ...]:
    """Why the folder must stay, in words; empty when it may go."""
    found = []
    if left.copies and not left.has_ledger:
        found.append(f"{len(left.copies)} files are in the spool, and there is no ledger that knows them.")
    elif unknown := sum(asset is None for asset in left.copies.values()):
        found.append(f"{unknown} files in the spool are unfinished, or no asset of the ledger.")
    if waiting := len({a.asset_id for a in left.copies.values() if a and not _is_receipted(a, left.store_epoch)}):
        found.append(f"{waiting} copies have no receipt of the central that stands now.")
    if left.went_back:
        found.append("Central was restored from a copy and may lack what it once receipted.")
    if unsent := sum(kind not in OF_THE_WATCH for kind in left.unsent):
        found.append(f"{unsent} custody events were not yet acknowledged by central.")
    if left.kept_ledgers:
        names = ", ".join(left.kept_ledgers)
        found.append(f"{names}: kept as evidence, and this may be the only copy. Put it elsewhere first.")
    return tuple(found)


def _is_receipted(asset: Asset, store_epoch: int | None) -> bool:
    """The same question as under pressure: a receipt that counts, of whatever age."""
    return may_release(
        asset, now=NEVER, keep=timedelta(), store_epoch=store_epoch, clock_offset_ms=None, under_pressure=True
    )
