"""What a central in memory holds, and the faults that one door of it can have."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.ports import Mismatch, SignedStatement, UploadIntent
from protocol.messages import ReceiptContent

NO_SHIFTS = b'{"protocol":1,"policy_revision":"1","generated_at":"2026-11-22T00:00:00Z","shifts":[]}'


@dataclass(slots=True)
class Faults:
    """What goes wrong now. Assign; `False`, `0` and `None` are a healthy central."""

    away: bool = False
    """No answer at all."""
    retry_after_s: float | None = None
    """503 with this wait."""
    refuses_credential: bool = False
    lies_about_offset: bool = False
    """Acknowledges more than it was sent. The adapter notices and believes nothing."""
    locked: bool = False
    """423: an earlier connection still holds the upload."""
    damages_chunks: int = 0
    """So many chunks arrive damaged (460)."""
    largest_chunk: int | None = None
    """413 beyond."""
    loses_answers: int = 0
    """So many appends are stored, and their answers lost."""
    cuts_after: int | None = None
    """The connection breaks after so many bytes of a chunk; what arrived is stored."""
    hashes_for: int = 0
    """So many verify calls are answered with "still hashing"."""
    corrupts: bool = False
    """Stores other bytes than were sent."""
    forges: bool = False
    """Signs with a key that nobody pinned."""
    claims_all: bool = False
    """Says of every upload that it is complete."""
    replays: bool = False
    """Answers with the oldest receipt that it ever signed, whichever was asked for."""


@dataclass(slots=True)
class Upload:
    intent: UploadIntent
    url: str
    content: bytearray = field(default_factory=bytearray)


@dataclass(slots=True)
class HeldLedger:
    """One station's ledger, as far as it was told."""

    station: str
    events: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)
    """By number: hash and body."""
    contiguous: int = 0

    def add(self, number: int, digest: bytes, body: bytes) -> None:
        self.events[number] = digest, body
        while self.contiguous + 1 in self.events:
            self.contiguous += 1


@dataclass(slots=True)
class Holdings:
    """All that a backup takes along."""

    holds: set[UUID] = field(default_factory=set)
    roster: bytes = NO_SHIFTS
    uploads: dict[str, Upload] = field(default_factory=dict)
    """Living ones, by URL."""
    objects: dict[str, bytearray] = field(default_factory=dict)
    """By SHA-256. Change one to let it rot."""
    stored: dict[UUID, str] = field(default_factory=dict)
    """Which object an asset is."""
    known: dict[UUID, tuple[str, UploadIntent]] = field(default_factory=dict)
    """Which station's an asset is, and what it was announced as."""
    refused: dict[UUID, Mismatch] = field(default_factory=dict)
    ledgers: dict[UUID, HeldLedger] = field(default_factory=dict)
    receipts: dict[UUID, tuple[UUID, int, str]] = field(default_factory=dict)
    """By receipt: for which asset, in which epoch, of which object it was given."""


class CentralStore:
    """One central, whichever of its doors is knocked at."""

    def __init__(self) -> None:
        self.held = Holdings()
        self.epoch = 1
        self.signed: list[tuple[ReceiptContent, SignedStatement]] = []
        """Every receipt ever. What was handed out cannot be taken back by a restore."""
        self.key = Ed25519PrivateKey.generate()
        self.key_id = "key-1"

    def backup(self) -> Holdings:
        return deepcopy(self.held)

    def restore(self, backup: Holdings) -> None:
        """Everything later than the backup is gone, and the epoch says so: it never comes down again."""
        self.held = deepcopy(backup)
        self.epoch += 1
