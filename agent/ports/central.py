"""Central: where bytes go, and every other call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from agent.ports.ledger import StoredEvent
from agent.ports.spool import SpooledFile


@dataclass(frozen=True, slots=True)
class UploadIntent:
    """What creates one upload. `asset_id` is the idempotency key."""

    asset_id: UUID
    size: int
    attempt: int
    camera: str
    path: bytes


@dataclass(frozen=True, slots=True)
class UploadState:
    url: str
    offset: int
    complete: bool = False


MOST_RECEIPTS = 500
"""Receipts in one question for their standing."""

Pace = Callable[[int], int]
"""Called before each block of a body with the bytes that could go next; answers how many may go now. It may
wait (bandwidth), and it may raise to end the request (the station stops)."""


class FootageStore(Protocol):
    """Where bytes go. tus and S3 stand behind it. No method retries: that is the caller's one retry layer.

    All raise RetryLater (with the wait that was asked for), AuthRefused, ProtocolViolation, and the
    outcomes below. A server can never advance us past what we sent.
    """

    def create(self, intent: UploadIntent, first: bytes) -> UploadState:
        """Idempotent: asking twice gives the same upload while it lives. `first` may travel along."""

    def resume(self, url: str, size: int) -> UploadState:
        """Ask how much is there. Raises UploadGone."""

    def append(
        self, url: str, offset: int, source: SpooledFile, length: int, size: int, pace: Pace | None = None
    ) -> UploadState:
        """Send `length` bytes of `source` from `offset` on, with their checksum where the server takes one, in
        bounded memory. Raises UploadGone, OffsetConflict, ChunkRefused, ChunkTooLarge; SpoolBroken when
        `source` cannot be read; and whatever `pace` raises."""


@dataclass(frozen=True, slots=True)
class Hashing:
    """Central is reading back what it stored."""

    retry_after_s: float


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A receipt as it came, before anyone believed it."""

    content: bytes
    signature: bytes
    key_id: str


@dataclass(frozen=True, slots=True)
class Mismatch:
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ReceiptStanding:
    """What the central that stands now says of one receipt."""

    stands: bool
    """It remembers giving it in the present store epoch, and the object is there."""
    held: bool
    """An object of the asset is there, whatever became of the receipt."""


@dataclass(frozen=True, slots=True)
class Standing:
    store_epoch: int
    receipts: tuple[ReceiptStanding, ...] = ()
    """In the order in which they were asked about."""


@dataclass(frozen=True, slots=True)
class UnknownAsset:
    """Central has no bytes for this asset."""


VerifyAnswer = Hashing | SignedStatement | Mismatch | UnknownAsset


class ReceiptKeys(Protocol):
    def is_signed(self, statement: SignedStatement) -> bool:
        """Whether the pinned key, named by `key_id`, signed exactly these bytes."""


class Central(Protocol):
    """Every call but the uploads. Raises RetryLater, AuthRefused, ProtocolViolation, Refused."""

    def verify(self, asset_id: UUID, sha256: str, size: int) -> VerifyAnswer: ...
    def lookup(self, claims: Sequence[tuple[str, bytes, str, int]]) -> list[UUID | None]:
        """For (camera, path, sha256, size): the asset ids this station used before its ledger was lost."""

    def post_events(self, events: Sequence[StoredEvent], ledger_uuid: UUID, withheld: str = "") -> int:
        """The highest number up to which central holds all. Raises Refused with code `fork` or `ledger_closed`.

        `withheld`: why the bodies of these events stay here; only their hashes go."""

    def ledger_heads(self) -> list[tuple[UUID, int, str]]: ...
    def standing(self) -> int:
        """The store epoch of the central that stands now."""

    def standing_of(self, receipts: Sequence[tuple[UUID, UUID]]) -> Standing:
        """The same, and whether these receipts (asset, receipt) stand: one small call, made before every unlink.
        At most MOST_RECEIPTS at once."""

    def post_heartbeat(self, body: bytes) -> HeartbeatReply: ...
    def roster(self, etag: str) -> tuple[bytes, str] | None:
        """The roster's bytes and ETag, or None when it has not changed."""


@dataclass(frozen=True, slots=True)
class HeartbeatReply:
    server_time: datetime
    store_epoch: int
    roster_etag: str
    round_trip_ms: float
    held: int | None = None
    """How far central holds the ledger that the heartbeat named; None: it did not say."""
    held_hash: bytes = b""
    parked_events: int = 0
    """Events of this station that central keeps and does not understand."""
    credential_expires_at: datetime | None = None
    """None: it has no end, or central does not say."""
    renew_credential_from: datetime | None = None
    """By central's clock; None: it needs no renewal."""
