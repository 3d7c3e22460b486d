"""The nouns: cameras, docks, files, assets, receipts. Frozen values without behaviour that could touch the world."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment as this station knows it."""

    wall: datetime
    """Aware, UTC."""
    monotonic_ns: int
    """CLOCK_BOOTTIME: comparable only within one boot."""
    boot_id: str
    offset_ms: float | None = None
    """Station clock minus central's clock; None before it was measured."""
    uncertainty_ms: float | None = None


# --- what is plugged in -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CameraVolume:
    """A further place of a camera where footage may be: another partition, another memory."""

    name: str
    """`[2]` is its second partition, `[disk 2]` its second memory; empty: its first. Paths begin with it."""
    device: str
    """Block device node."""
    facts: dict[str, str] = field(default_factory=dict, hash=False)
    """fs_uuid, fs_label, fs_type."""
    no_file_system: bool = False
    """Nothing that could be read was recognised on it."""


@dataclass(frozen=True, slots=True)
class Presence:
    """One camera (or other device) in one bay, from one plugging-in to one pulling-out."""

    key: str
    """Names this plugging-in on this boot: another plug of the same camera has another key."""
    source: str
    """`usb` or `folder`."""
    bay: str
    """USB port path (`1-1.4.2`) or `folder:NAME`."""
    seen_at: Instant
    absent_until: Instant | None
    """The last instant at which the source was listening, or had just listed, without it; None if never."""
    proves_dock: bool = True
    device: str | None = None
    """Block device node of the partition or disk that holds the file system."""
    locked: bool = False
    """A camera that must be unlocked, or that just was and is on its way back as storage: there is no device yet."""
    storage_key: str = ""
    """For one that came back as storage: the key under which an agent that starts later finds it."""
    directory: str | None = None
    """The directory, for folder sources."""
    settle_s: float = 2.0
    facts: dict[str, str] = field(default_factory=dict)
    """What the source knows: usb_serial, usb_vendor_id, usb_model_id, usb_interfaces, fs_uuid, fs_label,
    fs_type, folder_name, usb_vendor, usb_model …"""
    volume_name: str = ""
    """Of `device` among the camera's volumes."""
    volumes: tuple[CameraVolume, ...] = ()
    """The camera's others."""


@dataclass(frozen=True, slots=True)
class VolumeId:
    """Proof that a mounted tree is still the volume we think it is."""

    device: int
    """st_dev of the root."""
    inode: int
    """st_ino of the root."""
    fs_uuid: str = ""
    mount: int = field(default=0, compare=False)
    """Which mount of it this is (mnt_id): no two have one number at the same time. 0: not told."""
    disk: str = field(default="", compare=False)
    """`8:1#42`, the device's number and the kernel's count of disks: whatever is plugged in next has another. Empty:
    not told."""


@dataclass(frozen=True, slots=True)
class MountedVolume:
    """A further volume of a card, under its name."""

    name: str
    root: str
    volume: VolumeId


@dataclass(frozen=True, slots=True)
class UnreadVolume:
    """A volume of a card that is not served, and may hold footage."""

    name: str
    reason: str
    """`no_file_system`: none was recognised; `not_mounted`: it could not be mounted."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class MountedCard:
    """A card's tree, reachable at `root`, and the trees of its other volumes. Only a writable one may be erased
    from."""

    root: str
    volume: VolumeId
    writable: bool
    dirty: bool = False
    """A file system of it says it was not cleanly unmounted, or reported errors: never written to."""
    name: str = ""
    """Of `root` among the card's volumes."""
    others: tuple[MountedVolume, ...] = ()
    unread: tuple[UnreadVolume, ...] = ()


# --- what is on a card --------------------------------------------------------------------------------


class FileKind(StrEnum):
    """What a profile makes of a file. Every regular file travels, whatever its kind."""

    VIDEO = "video"
    SIDECAR = "sidecar"
    MARKER = "marker"
    """A file that carries the camera's identity or settings. Travels, is never erased."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class CardFile:
    """A regular file on a card. `path` is relative to the root, raw bytes, parts joined by b'/'."""

    path: bytes
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """Something on a card that is not served: never opened, never followed."""

    path: bytes
    reason: str
    """`symlink`, `fifo`, `socket`, `device`, `other_volume`, `too_deep`, `unreadable`, `name_refused`,
    `lost_and_found`; of a whole volume `no_file_system`, `not_mounted`."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The whole card, as listed once."""

    files: tuple[CardFile, ...]
    refused: tuple[RefusedEntry, ...]
    complete: bool
    """False when a folder could not be read: absence from this listing then proves nothing."""
    io_errors: tuple[str, ...] = ()
    volume_bytes: int | None = None
    """Size of the file system that holds the card. None: nobody asked, or it does not say."""
    volume_free_bytes: int | None = None


# --- custody ------------------------------------------------------------------------------------------


class State(StrEnum):
    """Where an asset is in its life. The table of allowed moves is in `custody`."""

    FOUND = "FOUND"
    STAGED = "STAGED"
    UPLOADED = "UPLOADED"
    VERIFIED = "VERIFIED"
    ERASED = "ERASED"
    KEPT = "KEPT"
    GONE = "GONE"
    QUARANTINED = "QUARANTINED"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Central's signed statement, kept verbatim, with the fields that decisions need beside it."""

    content: bytes
    """The exact bytes that were signed."""
    signature: bytes
    key_id: str
    asset_id: UUID
    station: str
    sha256: str
    size: int
    stored_at: datetime
    store_epoch: int
    hold: bool
    receipt_id: UUID


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of one camera, and everything that is known of its custody."""

    asset_id: UUID
    camera: str
    session: UUID | None
    """The dock session in which it was last seen; None when taken over from a lost ledger's spool."""
    path: bytes
    size: int
    mtime_ns: int
    kind: FileKind
    state: State
    found_at: datetime
    bay: str = ""
    flagged: bool = False
    salvage: bool = False
    """The part of an unreadable file that could be read."""
    on_card: bool = True
    sha256: str | None = None
    spooled: bool = False
    """A durable copy is in the spool."""
    recorded_at: datetime | None = None
    recorded_source: str = ""
    docked_at: datetime | None = None
    staged_at: datetime | None = None
    uploaded_at: datetime | None = None
    verified_at: datetime | None = None
    erased_at: datetime | None = None
    erase_started_at: datetime | None = None
    upload_attempt: int = 0
    upload_url: str | None = None
    upload_offset: int = 0
    """The highest offset that central acknowledged for `upload_url`."""
    mismatches: int = 0
    receipt: Receipt | None = None
    reason: str = ""
    """Why it is quarantined or kept."""
    returns_to: State | None = None
    """Where `retry` sends a quarantined asset."""


@dataclass(frozen=True, slots=True)
class DockSession:
    """Everything between a dock and its undock."""

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
    undocked_at: datetime | None = None
    last_present_at: datetime | None = None
    drained_at: datetime | None = None
    io_error: bool = False
    """An I/O error or a dirty file system was met: this card is not written to in this session."""


# --- what card work answers ---------------------------------------------------------------------------


class StageVerdict(StrEnum):
    """Every way in which the attempt to stage one file can end."""

    STAGED = "staged"
    SALVAGED = "salvaged"
    """An I/O error: what could be read is durable in the spool."""
    UNREADABLE = "unreadable"
    """An I/O error before the first byte."""
    CHANGED = "changed"
    """The file changed under us. The copy was dropped; it is staged again later."""
    VANISHED = "vanished"
    SPOOL_FULL = "spool_full"
    SPOOL_BROKEN = "spool_broken"
    CARD_GONE = "card_gone"


@dataclass(frozen=True, slots=True)
class StageOutcome:
    verdict: StageVerdict
    sha256: str | None = None
    size: int = 0
    """Bytes that are durable in the spool."""
    recorded_at: datetime | None = None
    recorded_source: str = ""
    detail: str = ""
    recorded_until: datetime | None = None
    """When the recording ended, where the container tells its length."""


class EraseVerdict(StrEnum):
    """Every way in which the attempt to unlink one file can end."""

    UNLINKED = "unlinked"
    DIFFERS = "differs"
    """Size, time or digest is no longer what was receipted. The file stays."""
    ABSENT = "absent"
    UNREADABLE = "unreadable"
    NOT_WRITABLE = "not_writable"
    CARD_GONE = "card_gone"


@dataclass(frozen=True, slots=True)
class EraseOutcome:
    verdict: EraseVerdict
    detail: str = ""
