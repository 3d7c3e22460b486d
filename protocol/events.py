"""What is written inside the body of a custody event.

A body is JSON: `{"type": NAME, "at": ClockReading, ...}`. The name of an event is the one name of that outcome
in code, ledger, log and documentation. Central reads the types below and keeps every other body untouched.
Paths on a card are raw bytes: `path_b64` is the truth, `path` is for people.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from protocol.event import Event as Event
from protocol.messages import LedgerHead
from protocol.watch_events import BayUnwatched as BayUnwatched
from protocol.watch_events import BayWatched as BayWatched
from protocol.watch_events import CameraNotSeen as CameraNotSeen
from protocol.watch_events import UnwatchedSpan as UnwatchedSpan
from protocol.watch_events import WatchStarted as WatchStarted
from protocol.watch_events import WatchStopped as WatchStopped


class LedgerOpened(Event, kw_only=True, tag="ledger_opened"):
    """The first event of every ledger."""

    reason: str
    """`new` or `rebuilt` (the previous ledger was lost)."""


class LedgerSucceeds(Event, kw_only=True, tag="ledger_succeeds"):
    """A rebuilt ledger names the last head of its predecessor that central knew."""

    predecessor: LedgerHead
    reason: str = ""
    """`lost`; `forked` (central held another history of it); `closed` (its PC was replaced)."""


class CentralWentBack(Event, kw_only=True, tag="central_went_back"):
    """Central holds less than it once acknowledged: it was restored from a copy."""

    acknowledged: int
    """The last number that it acknowledged."""
    held: int
    """The last number that it holds now."""
    store_epoch: int
    """In which it was acknowledged. Only a higher one lets this station erase again."""


class CameraDocked(Event, kw_only=True, tag="camera_docked"):
    session: UUID
    camera: str
    """The camera's identity as this station names it."""
    identity_source: str
    """`marker`, `label`, `file_name`, `usb_serial`, `folder_name`, `fs_uuid`, `port`."""
    identity_unique: bool
    bay: str
    bay_label: str
    source: str
    """`usb` or `folder`."""
    proves_dock: bool = True
    """False for a drop folder: arrivals may acquit an officer but never prove presence."""
    absent_until: datetime | None = None
    seen_at: datetime | None = None
    profile: str = ""
    facts: dict[str, str] = msgspec.field(default_factory=dict)
    clock_offset_s: float | None = None
    """Camera clock minus station clock, where the camera tells its time."""


class CameraUndocked(Event, kw_only=True, tag="camera_undocked"):
    session: UUID
    camera: str
    last_present_at: datetime | None = None
    absent_at: datetime | None = None
    files_not_copied: int = 0


class DeviceRefused(Event, kw_only=True, tag="device_refused"):
    """Something was plugged in that is not served: why, and on which bay."""

    bay: str
    reason: str
    facts: dict[str, str] = msgspec.field(default_factory=dict)


class CameraUnlocked(Event, kw_only=True, tag="camera_unlocked"):
    """A locked camera took its password and told who it is. Committed before anything on it is changed."""

    session: UUID
    camera: str
    serial: str
    model_code: str = ""
    """Names its type; the same for every camera of one."""
    officer_id: str = ""
    """What is set in the camera, by whomever: a hint, never an attribution."""
    unit_id: str = ""
    clock_offset_s: float | None = None
    """Camera clock minus station clock, measured before it is set."""
    clock_uncertainty_s: float | None = None
    sets_clock: bool = False
    """The camera's clock is set next."""


class CameraClockSet(Event, kw_only=True, tag="camera_clock_set"):
    """The camera's clock was set: an unavoidable change, with what it was before. No file is changed by it."""

    session: UUID
    camera: str
    offset_before_s: float
    offset_after_s: float | None = None
    """None: the camera did not tell its time again."""


class UnknownCamera(Event, kw_only=True, tag="unknown_camera"):
    """A device no profile claims. It is served read-only."""

    session: UUID
    camera: str
    facts: dict[str, str] = msgspec.field(default_factory=dict)


class IdentityClash(Event, kw_only=True, tag="identity_clash"):
    """Two docked cameras claim one identity. Neither card is written to."""

    session: UUID
    camera: str
    other_session: UUID


class CardListed(Event, kw_only=True, tag="card_listed"):
    """The full listing of the card: counts here, the listing itself in the ledger under its digest."""

    session: UUID
    files: int
    bytes: int
    refused: int
    listing_sha256: str
    complete: bool = True
    card_size_bytes: int | None = None
    """Of the card's file system. None where the source is a folder, or an agent that does not tell it."""
    card_free_bytes: int | None = None
    """Free for recordings when it was listed; after each erase the card is listed again."""


class FileRefused(Event, kw_only=True, tag="file_refused"):
    """An entry of the card that is not a regular file, or that cannot be reached safely."""

    session: UUID
    path: str
    path_b64: str
    reason: str


class AssetFound(Event, kw_only=True, tag="asset_found"):
    asset_id: UUID
    session: UUID
    camera: str
    path: str
    path_b64: str
    size: int
    mtime_ns: int
    kind: str
    """`video`, `sidecar`, `other`."""
    flagged: bool = False
    salvage: bool = False


class AssetSeenAgain(Event, kw_only=True, tag="asset_seen_again"):
    """The same camera, path and digest as an asset already in custody: read and hashed again."""

    asset_id: UUID
    session: UUID
    sha256: str


class AssetStaged(Event, kw_only=True, tag="asset_staged"):
    asset_id: UUID
    sha256: str
    size: int
    staged_at: datetime
    recorded_at: datetime | None = None
    recorded_source: str = ""
    """`container`, `name`, `mtime`; empty when unknown."""
    recorded_until: datetime | None = None
    """When the recording ended, where its container tells its length."""
    recovered: bool = False
    """True when the staged copy was taken over from the spool of a lost ledger."""
    camera: str = ""
    path: str = ""
    path_b64: str = ""
    salvage: bool = False
    """True when only a part of the file could be read."""


class CameraDrained(Event, kw_only=True, tag="camera_drained"):
    """Every file of this dock is durable in the spool."""

    session: UUID
    camera: str
    drained_at: datetime


class UploadIntended(Event, kw_only=True, tag="upload_intended"):
    asset_id: UUID
    attempt: int


class AssetUploaded(Event, kw_only=True, tag="asset_uploaded"):
    asset_id: UUID
    uploaded_at: datetime


class UploadMismatched(Event, kw_only=True, tag="upload_mismatched"):
    asset_id: UUID
    central_sha256: str
    attempt: int


class AssetVerified(Event, kw_only=True, tag="asset_verified"):
    asset_id: UUID
    receipt_id: UUID
    verified_at: datetime
    store_epoch: int


class ReceiptRefused(Event, kw_only=True, tag="receipt_refused"):
    """Central's answer was not a valid receipt for these bytes. Nothing was advanced."""

    asset_id: UUID
    reason: str


class ReceiptVoided(Event, kw_only=True, tag="receipt_voided"):
    """Central's store was restored: receipts of an older epoch permit no erase."""

    asset_id: UUID
    store_epoch: int


class EraseStarted(Event, kw_only=True, tag="erase_started"):
    asset_id: UUID
    session: UUID
    receipt_id: UUID


class AssetErased(Event, kw_only=True, tag="asset_erased"):
    asset_id: UUID
    session: UUID
    erased_at: datetime
    receipt_id: UUID


class EraseRefused(Event, kw_only=True, tag="erase_refused"):
    """The card no longer holds what was receipted, or could not be written. The file stays."""

    asset_id: UUID
    session: UUID
    reason: str


class AssetKept(Event, kw_only=True, tag="asset_kept"):
    asset_id: UUID
    reason: str


class AssetGone(Event, kw_only=True, tag="asset_gone"):
    asset_id: UUID
    session: UUID
    was: str
    """The state in which it vanished from the card."""


class AssetQuarantined(Event, kw_only=True, tag="asset_quarantined"):
    asset_id: UUID
    reason: str
    detail: str = ""


class AssetReturned(Event, kw_only=True, tag="asset_returned"):
    """A person sent a quarantined file back to work with `dock-agent retry`."""

    asset_id: UUID


class AssetLost(Event, kw_only=True, tag="asset_lost"):
    """A restored central no longer holds these bytes, and neither the spool nor a docked card does."""

    asset_id: UUID
    store_epoch: int


class CopyReleased(Event, kw_only=True, tag="copy_released"):
    """The spool's second copy of a receipted asset was removed."""

    asset_id: UUID
    reason: str


class CopyLost(Event, kw_only=True, tag="copy_lost"):
    """The spool's copy is missing or rotten before it was receipted: the card is read again."""

    asset_id: UUID
    reason: str


class BayTrouble(Event, kw_only=True, tag="bay_trouble"):
    bay: str
    reason: str
    detail: str = ""
    session: UUID | None = None


AnyEvent = (
    LedgerOpened
    | LedgerSucceeds
    | CentralWentBack
    | WatchStarted
    | WatchStopped
    | BayUnwatched
    | BayWatched
    | CameraNotSeen
    | CameraDocked
    | CameraUndocked
    | DeviceRefused
    | CameraUnlocked
    | CameraClockSet
    | UnknownCamera
    | IdentityClash
    | CardListed
    | FileRefused
    | AssetFound
    | AssetSeenAgain
    | AssetStaged
    | CameraDrained
    | UploadIntended
    | AssetUploaded
    | UploadMismatched
    | AssetVerified
    | ReceiptRefused
    | ReceiptVoided
    | EraseStarted
    | AssetErased
    | EraseRefused
    | AssetKept
    | AssetGone
    | AssetQuarantined
    | AssetReturned
    | AssetLost
    | CopyReleased
    | CopyLost
    | BayTrouble
)

_decoder = msgspec.json.Decoder(AnyEvent)


def encode_body(event: Event) -> str:
    """The event as the text that is stored, hashed, chained and sent."""
    return msgspec.json.encode(event).decode()


def decode_body(body: str | bytes) -> Event:
    """The event in a body.

    Raises:
        msgspec.DecodeError: the body is not JSON, not of a known type, or lacks a field. Central parks such
            a body and shows it; it is never thrown away.
    """
    event: Event = _decoder.decode(body)
    return event
