"""The messages of `/api/v1`, one struct each. JSON on the wire; instants are RFC 3339 in UTC.

Decoding ignores fields it does not know. A field that a newer side may leave out has a default.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from protocol import PROTOCOL_VERSION

Sha256Hex = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256 in lower-case hexadecimal")]
StationId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Size = Annotated[int, Meta(ge=0, le=2**53 - 1, description="bytes")]
EventNumber = Annotated[int, Meta(ge=1, le=2**53 - 1)]


class Message(Struct, kw_only=True, omit_defaults=False):
    """Common ground of all messages."""


class Answer(Message, kw_only=True):
    """Every answer of central names the protocol version it speaks."""

    protocol: int = PROTOCOL_VERSION


class Problem(Answer, kw_only=True):
    """Any refusal: what happened, what is safe, what to do next."""

    code: str
    """One word per outcome, e.g. `unknown_asset`, `bad_event`, `fork`."""
    message: str
    hint: str = ""


# --- enrolment ----------------------------------------------------------------------------------------


class ReceiptKey(Message, kw_only=True):
    """The key that signs receipts. Stations pin it at enrolment."""

    key_id: str
    public_key: Annotated[str, Meta(description="Ed25519 public key, 32 bytes, base64")]


class EnrollRequest(Message, kw_only=True):
    """`POST /api/v1/enroll`: a one-time code and the PC's own public key."""

    code: str
    public_key: Annotated[str, Meta(description="Ed25519 public key of the PC, 32 bytes, base64")]
    station: str = ""
    """Which station this PC means to be: a code for another one is refused and stays unused."""
    hostname: str = ""
    version: str = ""
    renews: bool = False
    """This PC renews its credential by itself. Others get one without an end."""


class EnrollAnswer(Answer, kw_only=True):
    station: StationId
    credential: Annotated[str, Meta(description="bearer token; central keeps only its hash")]
    receipt_key: ReceiptKey
    store_epoch: int
    server_time: datetime
    replaces: bool = False
    """This PC takes the place of an older one: its first ledger names the last head of that one."""
    credential_expires_at: datetime | None = None
    """Null: it has no end."""


class RenewRequest(Message, kw_only=True):
    """`POST /api/v1/credential`: the PC made a new credential and asks central to take it. Repeating it is harmless.

    No credential travels: both are named by their SHA-256, and the PC's own key signs for them.
    """

    station: StationId
    old_sha256: Sha256Hex
    new_sha256: Sha256Hex
    signature: Annotated[str, Meta(description="Ed25519 by the PC's key over `protocol.renewal.proof_of`, base64")]


class RenewAnswer(Answer, kw_only=True):
    """Both credentials are good now. The old one ends with the first use of the new one."""

    station: StationId
    credential_expires_at: datetime | None = None
    server_time: datetime


# --- events -------------------------------------------------------------------------------------------


class EventEnvelope(Message, kw_only=True):
    """One custody event at its place in one ledger. `body` is opaque text: stored, hashed and sent verbatim."""

    ledger_uuid: UUID
    number: EventNumber
    previous_hash: Sha256Hex
    body: str
    withheld: str = ""
    """Why the body stays at the station: central refused it again and again. Then `hash` stands for it."""
    hash: Sha256Hex | None = None
    """Of a withheld event only: its own hash, so that the chain goes on behind it."""


class EventBatch(Message, kw_only=True):
    """`POST /api/v1/events`: idempotent; events of one ledger, ascending numbers."""

    events: list[EventEnvelope]


class EventsAnswer(Answer, kw_only=True):
    ledger_uuid: UUID
    highest_contiguous: Annotated[int, Meta(ge=0)]
    """The last number up to which central holds every event of this ledger; 0 if none."""


class LedgerHead(Message, kw_only=True):
    ledger_uuid: UUID
    number: Annotated[int, Meta(ge=0)]
    hash: Sha256Hex


class LedgerHeadsAnswer(Answer, kw_only=True):
    """`GET /api/v1/ledgers`: the heads central knows of this station's ledgers, oldest ledger first."""

    heads: list[LedgerHead]


# --- heartbeats ---------------------------------------------------------------------------------------


class ClockReading(Message, kw_only=True):
    """One instant as a station knows it: wall time, monotonic time, boot, offset to central's clock."""

    wall: datetime
    monotonic_ns: int
    boot_id: str
    offset_ms: float | None = None
    """Station clock minus central's clock; null before it was measured."""
    uncertainty_ms: float | None = None


class BayReport(Message, kw_only=True):
    bay: str
    label: str
    state: str
    camera: str | None = None


class Heartbeat(Message, kw_only=True):
    """`POST /api/v1/heartbeats`: always sent, healthy or not; the ages let central tell the difference."""

    sequence: Annotated[int, Meta(ge=0)]
    version: str
    at: ClockReading
    uptime_s: float
    loop_ages_s: dict[str, float] = {}
    """Seconds since each loop of the agent last completed a round."""
    bays: list[BayReport] = []
    queue_files: int = 0
    queue_bytes: int = 0
    oldest_unreceipted_at: datetime | None = None
    disk_free: Size = 0
    disk_total: Size = 0
    head: LedgerHead | None = None
    watched_until: datetime | None = None
    watched_event: int | None = None
    """The last event number that `watched_until` covers."""
    config_digest: str = ""
    profiles_digest: str = ""
    roster_age_s: float | None = None
    credential_days: float | None = None


class HeartbeatAnswer(Answer, kw_only=True):
    server_time: datetime
    store_epoch: int
    roster_etag: str = ""
    ledger_head: LedgerHead | None = None
    """How far central holds the ledger that the heartbeat named; number 0 when it never heard of it."""
    parked_events: int = 0
    """Events of this station that central keeps and does not understand."""
    credential_expires_at: datetime | None = None
    """When the station's credential ends; null: it has no end."""
    renew_credential_from: datetime | None = None
    """By central's clock. From then on the station should renew it; null: it need not."""


# --- roster -------------------------------------------------------------------------------------------


class RosterShift(Message, kw_only=True):
    shift_id: str
    officer_id: str
    camera_serial: str
    starts_at: datetime
    ends_at: datetime
    deadline_at: datetime


class RosterAnswer(Answer, kw_only=True):
    """`GET /api/v1/roster`: this station's shifts. Central computes every deadline, agents compute none."""

    policy_revision: str
    generated_at: datetime
    shifts: list[RosterShift] = []


class RowProblem(Message, kw_only=True):
    """What is wrong in one cell of a file."""

    row: int
    """Its line, the header being 1; 0 where it is no line's fault."""
    column: str = ""
    reason: str


class RosterImportAnswer(Answer, kw_only=True):
    """`POST /api/v1/roster/imports`: what became of a roster file."""

    state: Literal["applied", "waiting", "dry_run"]
    """`waiting`: it looks like a mistake, and a person at central must confirm it. The roster is as before."""
    number: int | None = None
    """Of the import; null in a dry run."""
    added: int
    changed: int
    withdrawn: int
    unchanged: int
    doubts: list[str] = []
    """Why it waits, or would wait."""
    warnings: list[str] = []
    """What was taken in although it may be a typing error."""


class RosterRefused(Problem, kw_only=True):
    """A roster file with errors: all of them, and nothing was imported."""

    errors: list[RowProblem] = []


# --- assets, verification, receipts -------------------------------------------------------------------


class AssetClaim(Message, kw_only=True):
    """What a station says about one file whose bytes central may already hold."""

    camera: str
    path_b64: Annotated[str, Meta(description="the path on the card, raw bytes, base64")]
    sha256: Sha256Hex
    size: Size


class ReceiptClaim(Message, kw_only=True):
    """A receipt that a station wants to act upon."""

    asset_id: UUID
    receipt_id: UUID


class StandingRequest(Message, kw_only=True):
    """`POST /api/v1/standing`: do these receipts still stand? Asked before every unlink and every release."""

    receipts: Annotated[list[ReceiptClaim], Meta(max_length=1000)] = []


class ReceiptStanding(Message, kw_only=True):
    """What the central that stands now says of one receipt."""

    stands: bool
    """Central remembers giving it in the present store epoch, its object is there, and it says of a hold what holds
    now, at least while the file may be on its camera."""
    held: bool
    """An object of this asset is there, whatever became of the receipt; or a person deleted it on purpose, after the
    time for which it had to be kept: it is not lost, and nobody needs to send it."""


class StandingAnswer(Answer, kw_only=True):
    """`GET /api/v1/standing`: the central that stands now. `POST` also answers for receipts, in order."""

    server_time: datetime
    store_epoch: int
    receipts: list[ReceiptStanding] = []
    heartbeat_at: datetime | None = None
    """`GET` only: when central received the asking station's latest heartbeat, by central's clock."""


class LookupRequest(Message, kw_only=True):
    """`POST /api/v1/assets/lookup`: which of my files do you know? Asked only by a rebuilt ledger."""

    claims: list[AssetClaim]


class LookupAnswer(Answer, kw_only=True):
    assets: list[UUID | None]
    """One entry per claim, in order: the asset id this station used before, or null."""


class VerifyRequest(Message, kw_only=True):
    """`POST /api/v1/assets/{id}/verify`: the digest is told only now, after the last byte."""

    sha256: Sha256Hex
    size: Size


class HashingAnswer(Answer, kw_only=True):
    """202: central is reading back what it stored. Ask again after `retry_after_s`."""

    hashed: Size = 0
    size: Size = 0
    retry_after_s: float = 1.0


class MismatchAnswer(Answer, kw_only=True):
    """409: central holds other bytes than the station claims. A new upload is needed."""

    sha256: Sha256Hex
    size: Size


class ReceiptContent(Message, kw_only=True):
    """The signed statement: I hold these bytes, I have read them back. Unknown fields are ignored."""

    asset_id: UUID
    station: StationId
    sha256: Sha256Hex
    size: Size
    stored_at: datetime
    store_epoch: int
    hold: bool
    receipt_id: UUID
    key_id: str


class SignedReceipt(Answer, kw_only=True):
    """`receipt` is JSON of ReceiptContent as text; `signature` is Ed25519 over exactly its UTF-8 bytes."""

    receipt: str
    signature: Annotated[str, Meta(description="64 bytes, base64")]
    key_id: str


def encode(message: Message) -> bytes:
    """The message as compact JSON."""
    return msgspec.json.encode(message)
