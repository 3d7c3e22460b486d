"""Removes one file from a writable card, if it still is, byte for byte, what central's receipt is for."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing

from agent.errors import CardGone, CardUnreadable, Refused
from agent.pipeline.read_through import read_through
from agent.ports import Card, EraseOrder, Progress
from agent.rules.footage import EraseOutcome, EraseVerdict, VolumeId


def unlink_file(
    card: Card,
    order: EraseOrder,
    progress: Progress,
    *,
    volume: VolumeId,
    pause: Callable[[float], None] = time.sleep,
) -> EraseOutcome:
    """Prove the volume, compare size, time and every byte, unlink, sync, prove again. The verdict says how it ended.

    UNLINKED means only that the kernel said so: a pulled card says so too. List again on a fresh mount."""
    try:
        card.prove(volume)
        try:
            return _compared_and_unlinked(card, order, progress, volume, pause)
        except FileNotFoundError:
            card.prove(volume)
            return EraseOutcome(EraseVerdict.ABSENT, "It is no longer on the card.")
        except CardUnreadable as error:
            card.prove(volume)
            return EraseOutcome(EraseVerdict.UNREADABLE, str(error))
    except CardGone as error:
        return EraseOutcome(EraseVerdict.CARD_GONE, str(error))
    except Refused as error:
        verdict = EraseVerdict.NOT_WRITABLE if error.code == "not_writable" else EraseVerdict.DIFFERS
        return EraseOutcome(verdict, str(error))


def _compared_and_unlinked(
    card: Card, order: EraseOrder, progress: Progress, volume: VolumeId, pause: Callable[[float], None]
) -> EraseOutcome:
    difference = _difference(card, order, progress, pause)
    if difference:
        return EraseOutcome(EraseVerdict.DIFFERS, difference)
    card.prove(volume)
    card.unlink(order.file.path)
    card.sync()
    card.prove(volume)
    return EraseOutcome(EraseVerdict.UNLINKED)


def _difference(card: Card, order: EraseOrder, progress: Progress, pause: Callable[[float], None]) -> str:
    """How the file on the card differs from what was receipted; empty when it does not.

    Raises:
        CardUnreadable: a part of it cannot be read, so nobody can say."""
    with closing(card.open(order.file.path)) as reader:
        before = reader.stat()
        if before != order.file:
            return f"It has {before.size} bytes of {before.mtime_ns} ns now."
        seen = read_through(reader, before.size, lambda _offset, _block: None, progress, pause)
        if seen.unreadable:
            raise CardUnreadable(seen.unreadable)
        if seen.size != before.size or seen.sha256 != order.sha256:
            return f"Its digest is {seen.sha256} over {seen.size} bytes now."
        return "" if reader.stat() == before else "It changed while it was compared."
