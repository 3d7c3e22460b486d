"""Copies one file from the card into the spool, hashing as it reads; or digests it without copying."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from uuid import UUID

import msgspec

from agent.errors import CardGone, CardUnreadable, Refused, SpoolBroken, SpoolFull
from agent.pipeline.read_through import ReadThrough, read_through
from agent.ports import Card, CardReader, Progress, SpoolDisk, StageOrder
from agent.rules.container_time import Container, ContainerTime
from agent.rules.footage import CardFile, StageOutcome, StageVerdict, VolumeId
from agent.rules.recording_time import recorded
from protocol.sidecar import Sidecar, complete_sidecar, encode_sidecar

Pause = Callable[[float], None]


def copy_file(
    card: Card,
    spool: SpoolDisk,
    order: StageOrder,
    progress: Progress,
    *,
    volume: VolumeId,
    now: Callable[[], datetime],
    pause: Pause = time.sleep,
) -> StageOutcome:
    """One pass: read, hash, write, make durable. Never raises for the card or the spool: the verdict says it.

    STAGED only when the file had the size and time of the order before and after, and every byte arrived.
    `now` is asked once, for `staged_at`; `pause` is called between attempts at an unreadable range.
    """

    def copied(reader: CardReader) -> StageOutcome:
        return _copied(card, spool, order, progress, reader, volume=volume, now=now, pause=pause)

    return _answered(card, volume, order.file, copied)


def digest_file(
    card: Card, file: CardFile, progress: Progress, *, volume: VolumeId, pause: Pause = time.sleep
) -> StageOutcome:
    """Read and hash without copying. STAGED here means: read whole and unchanged; `sha256` is of all its bytes."""

    def digested(reader: CardReader) -> StageOutcome:
        before = reader.stat()
        if before != file:
            return _changed(file, before)
        seen = read_through(reader, file.size, _nowhere, progress, pause)
        if seen.unreadable:
            card.prove(volume)
            return StageOutcome(StageVerdict.UNREADABLE, detail=seen.unreadable)
        after = reader.stat()
        if after != before or seen.size != before.size:
            return _changed(before, after, seen.size)
        return StageOutcome(StageVerdict.STAGED, seen.sha256, seen.size)

    return _answered(card, volume, file, digested)


def _answered(
    card: Card, volume: VolumeId, file: CardFile, work: Callable[[CardReader], StageOutcome]
) -> StageOutcome:
    """Open the file, do the work on it, and give every known trouble its verdict.

    What looks like a missing or unreadable file is asked of the volume first: a pulled card shows both."""
    try:
        card.prove(volume)
        try:
            with closing(card.open(file.path)) as reader:
                return work(reader)
        except FileNotFoundError:
            card.prove(volume)
            return StageOutcome(StageVerdict.VANISHED, detail="It is no longer on the card.")
        except CardUnreadable as error:
            card.prove(volume)
            return StageOutcome(StageVerdict.UNREADABLE, detail=str(error))
    except CardGone as error:
        return StageOutcome(StageVerdict.CARD_GONE, detail=str(error))
    except SpoolFull as error:
        return StageOutcome(StageVerdict.SPOOL_FULL, detail=str(error))
    except SpoolBroken as error:
        return StageOutcome(StageVerdict.SPOOL_BROKEN, detail=str(error))
    except Refused as error:  # a link or a device stands where the listing had a file
        return StageOutcome(StageVerdict.CHANGED, detail=str(error))


def _copied(
    card: Card,
    spool: SpoolDisk,
    order: StageOrder,
    progress: Progress,
    reader: CardReader,
    *,
    volume: VolumeId,
    now: Callable[[], datetime],
    pause: Pause,
) -> StageOutcome:
    before = reader.stat()
    if before != order.file:
        return _changed(order.file, before)
    copy = spool.begin(order.asset_id, before.size)
    try:
        container = ContainerTime(before.size, order.time.avi_zone, order.time.movie_zone)

        def keep(offset: int, block: memoryview) -> None:
            copy.write(block)
            container.pass_by(offset, block)

        seen = read_through(reader, before.size, keep, progress, pause)
        dropped = _why_dropped(card, reader, before, seen, volume)
        outcome = dropped or _judged(order, before, seen, container.told)
        asset_id = order.salvage_id if seen.unreadable and order.salvage_id else order.asset_id
        sidecar = b"" if dropped else _sidecar(asset_id, order.sidecar, outcome, now())
    except BaseException:
        copy.abandon()
        raise
    if dropped:
        copy.abandon()
        return outcome
    if asset_id == order.asset_id:
        copy.commit(sidecar, outcome.size)
    else:
        copy.commit_as(asset_id, sidecar, outcome.size)
    return outcome


def _why_dropped(
    card: Card, reader: CardReader, before: CardFile, seen: ReadThrough, volume: VolumeId
) -> StageOutcome | None:
    """The verdict that ends this attempt without a copy; None when the copy is to be kept.

    Raises:
        CardGone: what looked like an unreadable range was a card being pulled."""
    if seen.unreadable:
        card.prove(volume)
        return StageOutcome(StageVerdict.UNREADABLE, detail=seen.unreadable) if seen.size == 0 else None
    after = reader.stat()
    if after != before or seen.size != before.size:
        return _changed(before, after, seen.size)
    return None


def _judged(order: StageOrder, before: CardFile, seen: ReadThrough, container: Container) -> StageOutcome:
    when = recorded(order.time, container, before.path, before.mtime_ns, order.not_after)
    verdict = StageVerdict.SALVAGED if seen.unreadable else StageVerdict.STAGED
    return StageOutcome(verdict, seen.sha256, seen.size, when.at, when.source, seen.unreadable, when.until)


def _sidecar(asset_id: UUID, draft: bytes, outcome: StageOutcome, staged_at: datetime) -> bytes:
    named = msgspec.json.decode(draft, type=Sidecar)
    named.asset_id = asset_id
    return complete_sidecar(
        encode_sidecar(named),
        sha256=outcome.sha256 or "",
        size=outcome.size,
        staged_at=staged_at,
        recorded_at=outcome.recorded_at,
        recorded_source=outcome.recorded_source,
        recorded_until=outcome.recorded_until,
        salvage=outcome.verdict is StageVerdict.SALVAGED,
    )


def _changed(before: CardFile, after: CardFile, read: int | None = None) -> StageOutcome:
    counted = "" if read is None else f", {read} bytes could be read"
    was, now = f"{before.size} bytes of {before.mtime_ns} ns", f"{after.size} of {after.mtime_ns} ns"
    return StageOutcome(StageVerdict.CHANGED, detail=f"It had {was}, now it has {now}{counted}.")


def _nowhere(_offset: int, _block: memoryview) -> None:
    """A digest keeps no bytes."""
