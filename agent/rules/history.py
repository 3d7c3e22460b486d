"""Do this ledger and central tell the same story? Compared at every contact; each difference has its answer."""

from __future__ import annotations

from enum import StrEnum


class History(StrEnum):
    """What central's head of our ledger says about the two of us."""

    AGREES = "agrees"
    WENT_BACK = "went_back"
    """Central holds less than it once acknowledged: it was restored from a copy."""
    FORKED = "forked"
    """Central holds another event than ours, or more than we do: our disk was put back, or it was copied."""


def compare(*, head: int, acknowledged: int, held: int, held_hash: bytes, own_hash: bytes | None) -> History:
    """What it means that central holds our ledger up to `held`, the event there having `held_hash`.

    `head`: our last number, read after central answered. `acknowledged`: what central had confirmed, read before it
    was asked: another thread may have sent more meanwhile. `own_hash`: of our own event `held`, if there is one.
    """
    if held > head or (held > 0 and own_hash != held_hash):
        return History.FORKED
    return History.WENT_BACK if held < acknowledged else History.AGREES
