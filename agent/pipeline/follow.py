"""Sends what is there of a file whose copy is still being made, one chunk further, never its last byte.

The ledger holds the intent before the first byte, as always, and nothing else: the upload's URL is known to this
process alone until the copy is STAGED. So nothing of it outlives a crash, or a copy that was dropped.
"""

from __future__ import annotations

from agent.errors import IllegalMove, SpoolBroken
from agent.pipeline.growing import Growth
from agent.pipeline.upload import Slice, SliceEnd, SliceOutcome, UploadDoors, UploadPlace
from agent.ports import Pace, SpooledFile, UploadIntent
from agent.rules.changes import UploadOpened
from agent.rules.footage import Asset

_NOT_YET = SliceOutcome(SliceEnd.NOT_YET)
_LEFT_ALONE = SliceOutcome(SliceEnd.LEFT_ALONE)


def follow_slice(
    asset: Asset, growth: Growth, place: UploadPlace, doors: UploadDoors, pace: Pace | None = None
) -> SliceOutcome:
    """Send the next chunk of a FOUND asset. `growth` is its copy under way; `asset` is fresh from the ledger.

    Raises:
        RetryLater, AuthRefused, ProtocolViolation, Refused: as `upload_slice` does.
    """
    try:
        copy = doors.spool.open_partial(asset.asset_id)
    except FileNotFoundError:
        return _NOT_YET  # it just got its last name
    except SpoolBroken:
        return _LEFT_ALONE
    try:
        if growth.is_over:  # asked after the name was opened: a later copy may have it by now
            return _NOT_YET
        return _Following(asset, growth, place, doors, copy, pace).run()
    except (SpoolBroken, IllegalMove):
        # The disk's trouble is for whoever writes to it; and an asset that left FOUND has nothing to follow.
        place.is_sure = False
        return _LEFT_ALONE
    finally:
        copy.close()


class _Following(Slice):
    def __init__(
        self,
        asset: Asset,
        growth: Growth,
        place: UploadPlace,
        doors: UploadDoors,
        copy: SpooledFile,
        pace: Pace | None,
    ) -> None:
        super().__init__(asset, place, doors, copy, pace)
        self._growth = growth
        self._ready = 0

    def _find_place(self) -> None:
        if self._place.growth is not self._growth:
            self._forget()  # what was sent came from another copy, or from another life of this asset
            self._place.growth = self._growth

    def _open(self) -> SliceOutcome:
        place, asset = self._place, self._asset
        self._intend()
        intent = UploadIntent(asset.asset_id, self._growth.size, place.attempt, asset.camera, asset.path)
        state = self._doors.store.create(intent, b"")
        if state.offset or state.complete:
            return _LEFT_ALONE  # nothing was sent under this attempt: these bytes are not this copy's
        place.url, place.offset, place.attempt = state.url, 0, 0
        place.sent_to, place.is_sure = 0, True
        return self._send()

    def _send(self) -> SliceOutcome:
        self._ready = self._growth.step(self._place.offset, self._place.chunk)
        return super()._send() if self._ready else SliceOutcome(SliceEnd.ADVANCED)  # central has all there is

    def _length(self) -> int:
        return self._ready

    def _record(self, now_ns: int) -> None:
        """Nothing that a next process could go on with."""

    def _discard(self) -> None:
        """The ledger knows of no upload."""

    def _uploaded(self, _sent: int, *_opened: UploadOpened) -> SliceOutcome:
        return _LEFT_ALONE  # a claim that cannot be: the last byte never went

    def _blame(self) -> SliceOutcome | None:
        return _LEFT_ALONE  # three times damaged on the way, and no whole copy to hold it against
