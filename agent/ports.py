"""The doors of the agent: what the steps may ask of the world, and what they may rely on.

Every port has one contract suite in `tests/contract/`, which the real adapter and the simulator's double pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from agent.rules.changes import Change
from agent.rules.footage import (
    Asset,
    CardFile,
    DockSession,
    EraseOutcome,
    Instant,
    Listing,
    MountedCard,
    Presence,
    StageOutcome,
    State,
    VolumeId,
)

# --- time ---------------------------------------------------------------------------------------------


class Clock(Protocol):
    def now(self) -> Instant:
        """This moment: wall, monotonic, boot, and the last measured offset to central."""

    def measured(self, offset_ms: float, uncertainty_ms: float) -> None:
        """Remember how far this clock is from central's (positive: we are ahead)."""

    def wait(self, seconds: float, until: Callable[[], bool] | None = None) -> None:
        """Let time pass; return early when `until()` becomes true or the station stops."""


# --- cameras come and go ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """Something a source saw that is not a camera: a refused device, a troubled bay, a gap in watching."""

    kind: str
    """`device_refused`, `bay_trouble`, `watch_gap`."""
    at: Instant
    bay: str = ""
    reason: str = ""
    detail: str = ""
    since: Instant | None = None
    """For `watch_gap`: the last instant of unbroken watching before it."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What a source holds to be plugged in at one instant, after a full comparison with the world."""

    present: dict[str, Presence]
    """By key."""
    at: Instant
    listening: bool
    """Events would have been noticed since the previous truth. False while the monitor is being rebuilt."""


class DeviceSource(Protocol):
    """Where cameras appear. Events are hints; `truth()` compares with the world and is what counts."""

    name: str

    def start(self, wake: Callable[[], None]) -> None:
        """Subscribe, then enumerate. On return every camera already there is in `truth()`. `wake` is called
        from any thread whenever something may have changed.

        Raises:
            NeedsOperator: the source cannot be watched at all (no such directory, no netlink)."""

    def truth(self) -> Truth:
        """Compare with the world now. A plug that was pulled and put back between two truths has another key.
        Never blocks for long, never raises for a single device's trouble (that is a SourceEvent)."""

    def events(self) -> list[SourceEvent]:
        """What happened since the last call, oldest first."""

    def close(self) -> None: ...


class Mounter(Protocol):
    """Makes a present card's tree reachable. Cards are mounted read-only except for the erase step."""

    def mount(self, presence: Presence, *, writable: bool) -> MountedCard:
        """A fresh mount.

        Raises:
            MountRefused: it cannot be mounted as asked.
            CardGone: the device is no longer there."""

    def release(self, card: MountedCard) -> None:
        """Flush and unmount. Idempotent; a vanished card is released without an error."""


# --- card work: runs in a child process, one per docked camera -----------------------------------------


@dataclass(frozen=True, slots=True)
class StageOrder:
    """Copy one file of the card into the spool."""

    asset_id: UUID
    file: CardFile
    sidecar: bytes
    """JSON that is stored beside the copy, so that a lost ledger can be rebuilt; the child adds `sha256`,
    `size`, `recorded_at`, `recorded_source`, `staged_at`, `salvage`."""
    time_sources: tuple[str, ...] = ("container", "name", "mtime")
    name_patterns: tuple[str, ...] = ()
    """Regular expressions with groups year month day hour minute second for `name`."""
    name_zone: str = "UTC"
    salvage_id: UUID | None = None
    """Under which name what could be read of a broken file is kept; the asset itself is then quarantined."""


@dataclass(frozen=True, slots=True)
class EraseOrder:
    """Unlink one file, if it still is what was receipted."""

    file: CardFile
    sha256: str


Progress = Callable[[int], None]
"""Called with the bytes of the current file done so far."""


class CardWork(Protocol):
    """One docked camera's card, worked on in a process of its own.

    Every method raises CardGone when the card was pulled or its volume changed, and CardStalled when no
    progress was made for the stall limit; after either the object only needs `close()`.
    """

    def open(self, card: MountedCard) -> None:
        """Work on this mount from now on (the read-only one, or the fresh writable one for an erase)."""

    def list(self) -> Listing:
        """Every entry below the root; nothing is opened or followed. The volume is proved first."""

    def stage(self, order: StageOrder, progress: Progress) -> StageOutcome:
        """Copy, hash and make durable in one pass. The verdict says how it ended."""

    def digest(self, file: CardFile, progress: Progress) -> StageOutcome:
        """Read and hash without copying: is this a file we already have? (`size`, `sha256` are filled.)"""

    def read_small(self, path: bytes, limit: int) -> bytes | None:
        """The first `limit` bytes of a small file such as a marker; None when it is not there."""

    def erase(self, order: EraseOrder, progress: Progress) -> EraseOutcome:
        """Re-check size, time and digest, unlink that one file, sync the file system."""

    def close(self) -> None:
        """End the child. Never blocks, also when the child hangs in the kernel."""


# --- inside the child: the card and the spool's disk ---------------------------------------------------


class CardReader(Protocol):
    """An open regular file on a card, opened without following anything."""

    def stat(self) -> CardFile: ...
    def read_into(self, buffer: memoryview) -> int:
        """Raises CardUnreadable on EIO, CardGone when the device vanished. 0 only at the end of the file."""

    def close(self) -> None: ...


class Card(Protocol):
    """A mounted card's tree. Reaches files through directory handles; never follows a link, never leaves the
    volume."""

    def prove(self, volume: VolumeId) -> None:
        """Raises CardGone unless the root still is this volume."""

    def list(self) -> Listing: ...
    def open(self, path: bytes) -> CardReader:
        """Raises FileNotFoundError, CardUnreadable, CardGone, or Refused when it is no regular file."""

    def unlink(self, path: bytes) -> None: ...
    def sync(self) -> None: ...


class SpoolCopy(Protocol):
    """A copy being written. Exactly one of `commit` and `abandon` ends it."""

    def write(self, data: memoryview) -> None:
        """Raises SpoolFull, SpoolBroken."""

    def commit(self, sidecar: bytes, expected_size: int) -> None:
        """Length check → fsync → rename → fsync the folder → sidecar, itself durable. On return a power cut
        loses nothing. Raises SpoolBroken; a failed fsync is never repeated, the copy is dropped."""

    def abandon(self) -> None: ...


class SpoolDisk(Protocol):
    """The spool's folder, reached through generated names only."""

    def begin(self, asset_id: UUID, size: int) -> SpoolCopy:
        """Reserve `size` bytes first. Raises SpoolFull when less than `min_free` would be left."""


# --- the spool as the parent sees it -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpoolSpace:
    free: int
    total: int
    min_free: int


class SpooledFile(Protocol):
    """A durable copy, open for reading."""

    size: int

    def read_at(self, offset: int, length: int) -> bytes: ...
    def close(self) -> None: ...


class Spool(Protocol):
    def open(self, asset_id: UUID) -> SpooledFile:
        """Raises FileNotFoundError."""

    def size(self, asset_id: UUID) -> int | None:
        """Bytes of the durable copy; None when there is none."""

    def sidecars(self) -> Iterator[tuple[UUID, bytes]]:
        """Every durable copy with its sidecar: what a lost ledger is rebuilt from."""

    def orphans(self) -> list[str]:
        """Names in the spool that are neither a copy nor a sidecar of one; partial copies are not listed."""

    def sweep(self) -> int:
        """Remove partial copies of a previous run; call before card work starts. Returns how many."""

    def release(self, asset_id: UUID) -> None:
        """Remove the copy, then its sidecar, durably. Idempotent."""

    def space(self) -> SpoolSpace: ...


# --- central ------------------------------------------------------------------------------------------


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

    def post_events(self, events: Sequence[StoredEvent], ledger_uuid: UUID) -> int:
        """The highest number up to which central holds all. Raises Refused with code `fork`."""

    def ledger_heads(self) -> list[tuple[UUID, int, str]]: ...
    def standing(self) -> int:
        """The store epoch of the central that stands now: one small call, made before every unlink."""

    def post_heartbeat(self, body: bytes) -> HeartbeatReply: ...
    def roster(self, etag: str) -> tuple[bytes, str] | None:
        """The roster's bytes and ETag, or None when it has not changed."""


@dataclass(frozen=True, slots=True)
class HeartbeatReply:
    server_time: datetime
    store_epoch: int
    roster_etag: str
    round_trip_ms: float


# --- the ledger ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One custody event at its place in the chain."""

    number: int
    previous_hash: bytes
    hash: bytes
    body: bytes


class Ledger(Protocol):
    """The station's memory. Thread-safe; one writer; every commit is atomic and durable on return."""

    uuid: UUID
    rebuilt: bool
    """True when it was created because an earlier ledger of this station was lost."""

    def commit(self, *changes: Change) -> None:
        """All changes and their events in one transaction, or none. Commits of several threads are grouped.

        Raises:
            IllegalMove: one of them is not allowed; nothing was written.
            LedgerBroken: it could not be made durable."""

    def asset(self, asset_id: UUID) -> Asset | None: ...
    def assets_at(self, camera: str, path: bytes) -> tuple[Asset, ...]:
        """Every asset this camera ever had under this path, newest first."""

    def assets_of(self, session: UUID) -> tuple[Asset, ...]:
        """Assets last seen in this session and still thought to be on its card, or staged from it."""

    def assets_on_card(self, camera: str) -> tuple[Asset, ...]:
        """Assets of this camera that were on its card when it was last listed."""

    def assets_in(self, state: State, limit: int = 1000) -> tuple[Asset, ...]:
        """Oldest first."""

    def releasable(self, verified_before: datetime, limit: int = 1000) -> tuple[Asset, ...]:
        """Receipted assets whose spool copy is still there, oldest first."""

    def session(self, session: UUID) -> DockSession | None: ...
    def open_sessions(self) -> tuple[DockSession, ...]: ...
    def known_camera(self, camera: str) -> bool:
        """Whether this camera was docked here before."""

    def events_after(self, number: int, limit: int) -> tuple[StoredEvent, ...]: ...
    def head(self) -> StoredEvent | None: ...
    def note(self, name: str) -> str | None:
        """A small remembered value: `acknowledged`, `store_epoch`, `alive_at`, `roster_etag` …"""

    def remember(self, **values: str) -> None:
        """Durably remember small values (not custody; no event)."""

    def batch(self) -> AbstractContextManager[None]:
        """A hint: commits inside may share one durable transaction, made durable at the end at the latest."""
