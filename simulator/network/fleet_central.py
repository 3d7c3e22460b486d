# ruff: noqa: ARG002 - ports decide what their methods are given
"""Central as one of the fleet's stations meets it: it answers or is away, and counts who asks."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from agent.errors import RetryLater
from agent.ports import (
    HeartbeatReply,
    Pace,
    SignedStatement,
    SpooledFile,
    StoredEvent,
    UploadIntent,
    UploadState,
    VerifyAnswer,
)
from protocol.messages import ReceiptContent, encode
from simulator.clock import START

if TYPE_CHECKING:
    from simulator.network.fleet import Fleet

ROUND_TRIP_S = 0.05
STATION_RATE = 1_250_000.0
"""Bytes per second that one station's link carries."""
AT_ONCE = 4
"""Uploads that share the link."""


@dataclass(slots=True)
class _Upload:
    intent: UploadIntent
    offset: int = 0


class FleetCentral:
    """The ports `FootageStore`, `Central` and `ReceiptKeys` of one station; every request is counted."""

    def __init__(self, fleet: Fleet, station: str) -> None:
        self._fleet = fleet
        self._station = station
        self._uploads: dict[str, _Upload] = {}

    def create(self, intent: UploadIntent, first: bytes) -> UploadState:
        self._ask("create", len(first))
        upload = self._uploads.setdefault(str(intent.asset_id), _Upload(intent))
        upload.offset = max(upload.offset, len(first))
        return self._state(upload)

    def resume(self, url: str, size: int) -> UploadState:
        self._ask("head")
        return self._state(self._uploads[url])

    def append(
        self, url: str, offset: int, source: SpooledFile, length: int, size: int, pace: Pace | None = None
    ) -> UploadState:
        self._ask("patch", length)
        self._uploads[url].offset = offset + length
        return self._state(self._uploads[url])

    def verify(self, asset_id: UUID, sha256: str, size: int) -> VerifyAnswer:
        self._ask("verify")
        stated = ReceiptContent(
            asset_id=asset_id,
            station=self._station,
            sha256=sha256,
            size=size,
            stored_at=START,
            store_epoch=1,
            hold=False,
            receipt_id=UUID(int=random.getrandbits(128)),
            key_id="key-1",
        )
        return SignedStatement(encode(stated), b"", "key-1")

    def is_signed(self, _: SignedStatement) -> bool:
        return True

    def standing(self) -> int:
        self._ask("standing")
        return 1

    def standing_soon(self) -> None:
        """What a dock session asks before it erases a file that was just receipted."""
        self._fleet.later(ROUND_TRIP_S, self._stands)

    def _stands(self) -> None:
        with contextlib.suppress(RetryLater):  # the session asks again much later; by itself it is no rush
            self.standing()

    def post_events(self, events: Sequence[StoredEvent], ledger_uuid: UUID, **_: str) -> int:
        self._ask("events")
        return events[-1].number

    def post_heartbeat(self, body: bytes) -> HeartbeatReply:
        self._ask("heartbeat")
        return HeartbeatReply(START, 1, '"1"', 0.0)

    def roster(self, etag: str) -> tuple[bytes, str] | None:
        self._ask("roster")
        return b"{}", '"1"'

    def _state(self, upload: _Upload) -> UploadState:
        size = upload.intent.size
        return UploadState(str(upload.intent.asset_id), upload.offset, complete=upload.offset == size)

    def _ask(self, what: str, size: int = 0) -> None:
        self._fleet.ask(self._station, what)
        self._fleet.clock.spend(ROUND_TRIP_S + size / (STATION_RATE / AT_ONCE))
