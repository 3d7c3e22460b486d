"""When an upload may follow a file whose copy is still being made, and how far.

What this rests on: the copy may yet be dropped, so nothing is complete at central before it is durable here, and an
upload outlives its copy only when the copy ended whole: then both hold the bytes of one and the same reading.
"""

from __future__ import annotations

from agent.rules.bandwidth import MIB
from agent.rules.footage import Asset, State

FOLLOW_FROM = 64 * MIB
"""Bytes. A smaller file is staged in two seconds at a camera's 35 MB/s: too little to win for what a copy that is
dropped halfway costs the wire."""
STEPS = 8
"""A file is followed in at least about this many steps."""
LARGEST_STEP = 8 * MIB
"""Bytes. Each step costs central a durable commit: that of 8 MiB is lost in the quarter of a second they take."""


def least_step(follow_from: int) -> int:
    """Bytes that must be there before a request is worth its round trip."""
    return max(1, min(LARGEST_STEP, follow_from // STEPS))


def may_be_followed(asset: Asset, *, rebuilt: bool) -> bool:
    """Not where central may hold this asset's bytes already: once it was staged, or known to a lost ledger."""
    return asset.state is State.FOUND and asset.sha256 is None and not asset.salvage and not rebuilt


def next_step(written: int, size: int, offset: int, chunk: int, least: int) -> int:
    """How many bytes from `offset` on may go, when `written` of the file's `size` are in its copy; 0: none yet.

    Never the last one: whether the file ended as it began is known only after it.
    """
    there = min(written, size - 1) - offset
    return min(chunk, there) if there >= min(chunk, least) else 0
