"""Moves one asset one chunk further towards central. Its offsets are central's word, never beyond what we sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from agent.errors import (
    ChunkRefused,
    ChunkTooLarge,
    OffsetConflict,
    ProtocolViolation,
    Refused,
    RetryLater,
    SpoolBroken,
    UploadGone,
)
from agent.pipeline.copy_check import give_up_copy, trouble_with_copy
from agent.pipeline.growing import Growth
from agent.ports import Clock, FootageStore, Ledger, Pace, Spool, SpooledFile, UploadIntent, UploadState
from agent.rules.bandwidth import BROKEN_FLOOR, LARGEST_CHUNK, MIB, REFUSED_FLOOR, next_chunk_size, smaller_chunk
from agent.rules.changes import AssetUploaded, UploadAdvanced, UploadDiscarded, UploadIntended, UploadOpened
from agent.rules.footage import Asset, Instant

SMALL_FILE = MIB
"""Bytes. Files up to this size travel in the request that creates their upload."""
FIRST_CHUNK = 4 * MIB
STRIKES = 3
"""Times that a chunk may arrive damaged, or that an unproven 404 is asked again."""
BROKE_OFF = frozenset({"connection_lost", "stalled"})
"""Troubles in which a chunk did not get through whole. Perhaps half of it will."""
RECORD_EVERY_NS = 1_000_000_000


class SliceEnd(StrEnum):
    """Every way in which one slice of an upload can end without an error."""

    ADVANCED = "advanced"
    UPLOADED = "uploaded"
    """Central says it has every byte: a claim that `verify` examines."""
    ASK_AGAIN = "ask_again"
    """Not sure where central stands: the next slice begins with the question."""
    STARTS_ANEW = "starts_anew"
    """Central no longer knows the upload."""
    COPY_GIVEN_UP = "copy_given_up"
    """The spool's copy is missing or rotten: the card is read again, or a person is asked."""
    NOT_YET = "not_yet"
    """The copy that is followed has nothing more to send now."""
    LEFT_ALONE = "left_alone"
    """The copy under way is no longer followed: the file is uploaded once it is staged."""


@dataclass(frozen=True, slots=True)
class SliceOutcome:
    end: SliceEnd
    sent: int = 0
    """Bytes acknowledged in this slice."""


@dataclass(slots=True)
class UploadPlace:
    """What this process knows of one asset's upload. Lost with the process; a HEAD finds it again."""

    chunk: int = FIRST_CHUNK
    largest: int = LARGEST_CHUNK
    """What something on the way was seen to take; beyond it, it refuses."""
    sha256: str | None = None
    """Of the copy that all this is about."""
    url: str | None = None
    offset: int = 0
    is_sure: bool = False
    """No error since central last named the offset."""
    sent_to: int | None = None
    """The highest offset we ever sent to; None: an earlier process may have sent anything."""
    attempt: int = 0
    """The attempt whose intent is in the ledger and whose upload is still to be created; 0: none."""
    damaged: int = 0
    conflicts: int = 0
    unproven: int = 0
    recorded_ns: int = 0
    growth: Growth | None = None
    """The copy under way from which every byte of this upload was read; None: a durable one."""


@dataclass(frozen=True, slots=True)
class UploadDoors:
    """What an upload needs of the world."""

    ledger: Ledger
    spool: Spool
    store: FootageStore
    clock: Clock


def upload_slice(asset: Asset, place: UploadPlace, doors: UploadDoors, pace: Pace | None = None) -> SliceOutcome:
    """Send the next chunk of a STAGED asset, after whatever must be asked first. `asset` is fresh from the ledger.

    Raises:
        RetryLater: nothing is lost; the next slice asks central where it stands.
        AuthRefused, ProtocolViolation, Refused: nothing advanced.
    """
    try:
        copy = doors.spool.open(asset.asset_id)
    except FileNotFoundError:
        return _give_up(asset, doors, "copy_missing")
    try:
        if copy.size != asset.size:
            return _give_up(asset, doors, "copy_rotten")
        return Slice(asset, place, doors, copy, pace).run()
    except SpoolBroken:
        place.is_sure = False
        reason = trouble_with_copy(doors.spool, asset)
        if reason is None:
            raise
        return _give_up(asset, doors, reason)
    finally:
        copy.close()


def _give_up(asset: Asset, doors: UploadDoors, reason: str) -> SliceOutcome:
    give_up_copy(doors.ledger, asset, reason, doors.clock.now())
    return SliceOutcome(SliceEnd.COPY_GIVEN_UP)


class Slice:
    """One slice: open or ask where needed, then send."""

    def __init__(
        self, asset: Asset, place: UploadPlace, doors: UploadDoors, copy: SpooledFile, pace: Pace | None
    ) -> None:
        self._asset = asset
        self._place = place
        self._doors = doors
        self._copy = copy
        self._pace = pace

    def run(self) -> SliceOutcome:
        """What the next thing to do is, and what its answer means. Raises as `upload_slice` does."""
        place = self._place
        self._find_place()
        try:
            if place.url is None:
                return self._open()
            if not place.is_sure and self._ask().complete:
                return self._uploaded(0)
            return self._send()
        except UploadGone as gone:
            return self._gone(gone)
        except OffsetConflict as conflict:
            return self._conflict(conflict)
        except ChunkTooLarge as refusal:
            return self._too_large(refusal)
        except ChunkRefused as refusal:
            return self._damaged(refusal)
        except (RetryLater, Refused):
            place.is_sure = False
            raise

    def _find_place(self) -> None:
        place = self._place
        self._take_over()
        if (place.url and place.url != self._asset.upload_url) or place.sha256 != self._asset.sha256:
            self._forget()  # staged again or sent back meanwhile: this is another upload
        if place.url is None:
            place.url, place.sent_to = self._asset.upload_url, None

    def _take_over(self) -> None:
        """Go on with the upload that followed this very copy while it was made. Its digest proves it: it is of the
        reading from which every byte that was sent came."""
        place, asset = self._place, self._asset
        growth, place.growth = place.growth, None
        if growth is None or place.url is None or asset.upload_url is not None:
            return
        if growth.sha256 is None or (growth.sha256, growth.size) != (asset.sha256, asset.size):
            return
        self._doors.ledger.commit(UploadOpened(at=self._now(), asset_id=asset.asset_id, url=place.url))
        self._asset = replace(asset, upload_url=place.url)
        place.sha256 = asset.sha256

    def _intend(self) -> None:
        asset, place = self._asset, self._place
        if not place.attempt:
            attempt = asset.upload_attempt + 1
            self._doors.ledger.commit(UploadIntended(at=self._now(), asset_id=asset.asset_id, attempt=attempt))
            place.attempt = attempt

    def _open(self) -> SliceOutcome:
        asset, place, ledger = self._asset, self._place, self._doors.ledger
        self._intend()
        intent = UploadIntent(asset.asset_id, asset.size, place.attempt, asset.camera, asset.path)
        state = self._create(intent)
        opened = UploadOpened(at=self._now(), asset_id=asset.asset_id, url=state.url)
        place.url, place.offset, place.attempt = state.url, state.offset, 0
        place.sent_to = max(state.offset, asset.size if asset.size <= SMALL_FILE else 0)
        place.is_sure = True
        if state.complete:
            return self._uploaded(asset.size if asset.size <= SMALL_FILE else 0, opened)
        ledger.commit(opened)
        return self._send()

    def _create(self, intent: UploadIntent) -> UploadState:
        if intent.size > min(SMALL_FILE, self._place.chunk):
            return self._doors.store.create(intent, b"")
        first = self._copy.read_at(0, intent.size)
        self._wait_for_pace(len(first))
        try:
            return self._doors.store.create(intent, first)
        except RetryLater as trouble:
            self._broke_off(trouble, len(first))
            raise
        except ChunkTooLarge:
            if not first:
                raise
            return self._doors.store.create(intent, b"")

    def _ask(self) -> UploadState:
        place, size = self._place, self._asset.size
        state = self._doors.store.resume(place.url or "", size)
        if place.sent_to is not None and state.offset > place.sent_to:
            raise ProtocolViolation(
                f"Central claims {state.offset} bytes of {self._asset.asset_id}; only {place.sent_to} were sent.",
                hint="Nothing was advanced.",
            )
        place.offset, place.is_sure, place.unproven = state.offset, True, 0
        return state

    def _send(self) -> SliceOutcome:
        asset, place, store = self._asset, self._place, self._doors.store
        length = self._length()
        place.sent_to = max(place.sent_to or 0, place.offset + length)
        place.is_sure = False
        started_ns = self._now().monotonic_ns
        try:
            state = store.append(place.url or "", place.offset, self._copy, length, asset.size, self._pace)
        except RetryLater as trouble:
            self._broke_off(trouble, length)
            raise
        now_ns = self._now().monotonic_ns
        place.chunk = min(next_chunk_size(place.chunk, length, (now_ns - started_ns) / 1e9), place.largest)
        place.offset, place.is_sure = state.offset, True
        place.damaged = place.conflicts = 0
        if state.complete:
            return self._uploaded(length)
        self._record(now_ns)
        return SliceOutcome(SliceEnd.ADVANCED, length)

    def _length(self) -> int:
        return min(self._place.chunk, self._asset.size - self._place.offset)

    def _broke_off(self, trouble: RetryLater, length: int) -> None:
        if trouble.code in BROKE_OFF:
            self._place.chunk = smaller_chunk(max(length, BROKEN_FLOOR), refused=False)

    def _record(self, now_ns: int) -> None:
        # A hint for people and for the next process, which asks anyway: not worth an fsync per chunk.
        if now_ns - self._place.recorded_ns >= RECORD_EVERY_NS:
            self._doors.ledger.commit(
                UploadAdvanced(at=self._now(), asset_id=self._asset.asset_id, offset=self._place.offset)
            )
            self._place.recorded_ns = now_ns

    def _uploaded(self, sent: int, *opened: UploadOpened) -> SliceOutcome:
        done = AssetUploaded(at=self._now(), asset_id=self._asset.asset_id)
        self._doors.ledger.commit(*opened, done)
        return SliceOutcome(SliceEnd.UPLOADED, sent)

    def _gone(self, gone: UploadGone) -> SliceOutcome:
        place = self._place
        place.is_sure = False
        if place.sent_to == self._asset.size and place.offset < self._asset.size:
            # Every byte went out and the last answer was lost; some servers forget an upload once it is
            # complete. Claim it: verify finds out, and an asset that central does not have starts anew.
            return self._uploaded(0)
        if not gone.proven:
            place.unproven += 1
            if place.unproven < STRIKES:
                raise RetryLater(str(gone), code="upload_gone_unproven") from gone
        self._discard()
        self._forget()
        return SliceOutcome(SliceEnd.STARTS_ANEW)

    def _discard(self) -> None:
        self._doors.ledger.commit(UploadDiscarded(at=self._now(), asset_id=self._asset.asset_id))

    def _forget(self) -> None:
        place = self._place
        fresh = UploadPlace(chunk=place.chunk, largest=place.largest, sha256=self._asset.sha256)
        for name in UploadPlace.__slots__:
            setattr(place, name, getattr(fresh, name))

    def _conflict(self, conflict: OffsetConflict) -> SliceOutcome:
        place = self._place
        place.is_sure = False
        place.conflicts += 1
        if place.url is None:
            # An upload of another length lives there, begun by a ledger that is lost. Only a later attempt ends it.
            place.attempt = 0
        if place.url is None or place.conflicts > 1:
            raise RetryLater(str(conflict), code=conflict.code) from conflict
        return SliceOutcome(SliceEnd.ASK_AGAIN)

    def _too_large(self, refusal: ChunkTooLarge) -> SliceOutcome:
        place = self._place
        place.is_sure = False
        if place.url is None or place.chunk <= REFUSED_FLOOR:
            raise refusal
        place.chunk = place.largest = smaller_chunk(min(place.chunk, self._asset.size - place.offset), refused=True)
        return SliceOutcome(SliceEnd.ASK_AGAIN)

    def _damaged(self, refusal: ChunkRefused) -> SliceOutcome:
        place = self._place
        place.is_sure = False
        place.damaged += 1
        if place.damaged < STRIKES:
            return SliceOutcome(SliceEnd.ASK_AGAIN)
        place.damaged = 0
        blamed = self._blame()
        if blamed is not None:
            return blamed
        raise RetryLater(f"{refusal} The spool's copy is sound.", code=refusal.code) from refusal

    def _blame(self) -> SliceOutcome | None:
        """Whether the copy itself is the damage; None: it is sound."""
        reason = trouble_with_copy(self._doors.spool, self._asset)
        return None if reason is None else _give_up(self._asset, self._doors, reason)

    def _wait_for_pace(self, length: int) -> None:
        while self._pace is not None and length > 0:
            length -= self._pace(length)

    def _now(self) -> Instant:
        return self._doors.clock.now()
