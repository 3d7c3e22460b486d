"""Everything that can happen to custody, one value per outcome.

A change is at once a move of state (see `custody`) and one custody event: the ledger commits both in one
transaction. The event's name is the class name in snake case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from agent.rules.footage import FileKind, Instant, Receipt
from agent.rules.watching import Unwatched


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Common ground: the instant at which it happened."""

    at: Instant


# --- the station --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerOpened(Change):
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSucceeds(Change):
    ledger_uuid: UUID
    number: int
    hash: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CentralWentBack(Change):
    """Central holds less than it once acknowledged."""

    acknowledged: int
    held: int
    store_epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchStarted(Change):
    reason: str
    sources: tuple[str, ...]
    blind: tuple[str, ...] = ()
    """Those that cannot show absence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchStopped(Change):
    reason: str
    until: datetime | None = None
    sources: tuple[str, ...] = ()
    """Empty: the whole station."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BayUnwatched(Change):
    """One bay of a source cannot be watched, for a reason that lasts."""

    source: str
    bay: str
    reason: str
    since: datetime
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BayWatched(Change):
    source: str
    bay: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraNotSeen(Change):
    """A camera of the roster was not here from its shift's end to the deadline: once for each of both."""

    shift_id: str
    camera: str
    ends_at: datetime
    deadline_at: datetime
    policy_revision: str
    roster_at: datetime | None
    watched_from: datetime | None
    watched_until: datetime
    unwatched: tuple[Unwatched, ...] = ()
    last_seen_at: datetime | None = None
    last_bay: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BayTrouble(Change):
    bay: str
    reason: str
    detail: str = ""
    session: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRefused(Change):
    bay: str
    reason: str
    facts: dict[str, str] = field(default_factory=dict)


# --- dock sessions ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraDocked(Change):
    session: UUID
    key: str
    source: str
    bay: str
    bay_label: str
    camera: str
    identity_source: str
    identity_unique: bool
    profile: str
    proves_dock: bool
    seen_at: datetime
    absent_until: datetime | None
    facts: dict[str, str] = field(default_factory=dict)
    clock_offset_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraUnlocked(Change):
    session: UUID
    camera: str
    serial: str
    model_code: str = ""
    officer_id: str = ""
    unit_id: str = ""
    clock_offset_s: float | None = None
    clock_uncertainty_s: float | None = None
    sets_clock: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraClockSet(Change):
    session: UUID
    camera: str
    offset_before_s: float
    offset_after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCamera(Change):
    session: UUID
    camera: str
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityClash(Change):
    session: UUID
    camera: str
    other_session: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CardListed(Change):
    session: UUID
    files: int
    total_bytes: int
    refused: int
    listing_sha256: str
    complete: bool
    listing: bytes
    """The listing itself, kept in the ledger under its digest; not part of the event."""
    card_size_bytes: int | None = None
    card_free_bytes: int | None = None
    """As the card's own file system says. None: what is listed is no file system of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRefused(Change):
    session: UUID
    path: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTroubled(Change):
    """An I/O error or a dirty file system: the card is not written to in this session. Event `bay_trouble`."""

    session: UUID
    bay: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraDrained(Change):
    session: UUID
    camera: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraUndocked(Change):
    session: UUID
    camera: str
    last_present_at: datetime
    absent_at: datetime
    files_not_copied: int


# --- assets -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetChange(Change):
    asset_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFound(AssetChange):
    session: UUID
    camera: str
    bay: str
    path: bytes
    size: int
    mtime_ns: int
    kind: FileKind
    flagged: bool
    docked_at: datetime
    salvage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetSeenAgain(AssetChange):
    """The same camera, path and digest as before, read and hashed again in this session."""

    session: UUID
    sha256: str
    size: int
    mtime_ns: int
    docked_at: datetime
    bay: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetStaged(AssetChange):
    sha256: str
    size: int
    recorded_at: datetime | None
    recorded_source: str
    recorded_until: datetime | None = None
    salvage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetRecovered(AssetChange):
    """A copy in the spool of a lost ledger is taken over. Event `asset_staged` with `recovered`."""

    camera: str
    path: bytes
    size: int
    mtime_ns: int
    kind: FileKind
    flagged: bool
    sha256: str
    salvage: bool
    recorded_at: datetime | None
    recorded_source: str
    docked_at: datetime | None
    staged_at: datetime
    recorded_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadIntended(AssetChange):
    """Recorded before the first byte of an upload leaves."""

    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadOpened(AssetChange):
    """Central gave the upload its URL. State only, no event."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadAdvanced(AssetChange):
    """Central acknowledged an offset. State only, no event."""

    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadDiscarded(AssetChange):
    """Central no longer knows the upload (404, 410): the next attempt starts anew. State only, no event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetUploaded(AssetChange):
    """Central says it has every byte. A claim, not yet a receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadMismatched(AssetChange):
    """Central read back other bytes than ours: upload again."""

    central_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetVerified(AssetChange):
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRefused(AssetChange):
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptVoided(AssetChange):
    """Central's store was restored (`store_epoch` rose): the receipt permits nothing any more."""

    store_epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseStarted(AssetChange):
    """Recorded before the unlink, so that a crash in between is understood."""

    session: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetErased(AssetChange):
    """Confirmed by a fresh listing that no longer shows the file."""

    session: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseRefused(AssetChange):
    session: UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetKept(AssetChange):
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetGone(AssetChange):
    session: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetQuarantined(AssetChange):
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetReturned(AssetChange):
    """A person sent a quarantined asset back to work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetLost(AssetChange):
    """A restored central does not hold it, and nothing here could be sent again: a person is told."""

    store_epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyReleased(AssetChange):
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyLost(AssetChange):
    """The spool's copy is missing or rotten before it was receipted: the card is read again."""

    reason: str
