"""Central in memory: real digests, real Ed25519 receipts, and every way in which a server lets one down."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.json import decode as decode_json

from agent.errors import (
    AuthRefused,
    ChunkRefused,
    ChunkTooLarge,
    OffsetConflict,
    ProtocolViolation,
    Refused,
    RetryLater,
    SpoolBroken,
    UploadGone,
    UploadLocked,
)
from agent.ports import (
    Clock,
    Hashing,
    HeartbeatReply,
    Mismatch,
    Pace,
    ReceiptStanding,
    SignedStatement,
    SpooledFile,
    Standing,
    StoredEvent,
    UnknownAsset,
    UploadIntent,
    UploadState,
    VerifyAnswer,
)
from protocol.chain import GENESIS, event_hash
from protocol.messages import Heartbeat, ReceiptContent, encode
from simulator.central_store import CentralStore, Faults, HeldLedger, Upload


class MemoryCentral:
    """The ports `FootageStore`, `Central` and `ReceiptKeys`: the door of one central for one station."""

    def __init__(self, clock: Clock, station: str = "east-1", store: CentralStore | None = None) -> None:
        """`store`: the central whose door for one station this is; a new one when it is not given."""
        self.station = station
        self.store = store or CentralStore()
        self.faults = Faults()
        self.heartbeats: list[bytes] = []
        self.forks: list[tuple[UUID, int]] = []
        self._clock = clock

    @property
    def store_epoch(self) -> int:
        return self.store.epoch

    @store_epoch.setter
    def store_epoch(self, epoch: int) -> None:
        """Raise it to play a restore from a backup."""
        self.store.epoch = epoch

    @property
    def holds(self) -> set[UUID]:
        return self.store.held.holds

    @property
    def uploads(self) -> dict[str, Upload]:
        return self.store.held.uploads

    @property
    def objects(self) -> dict[str, bytearray]:
        return self.store.held.objects

    @property
    def stored(self) -> dict[UUID, str]:
        return self.store.held.stored

    @property
    def roster_bytes(self) -> bytes:
        return self.store.held.roster

    @roster_bytes.setter
    def roster_bytes(self, content: bytes) -> None:
        self.store.held.roster = content

    @property
    def key_id(self) -> str:
        return self.store.key_id

    # --- FootageStore -----------------------------------------------------------------------------------

    def create(self, intent: UploadIntent, first: bytes) -> UploadState:
        self._answers()
        upload = next((one for one in self.uploads.values() if one.intent.asset_id == intent.asset_id), None)
        if upload is not None and intent.attempt > upload.intent.attempt and intent.asset_id not in self.stored:
            del self.uploads[upload.url]  # its station begins anew, and the bytes may be others
            upload = None
        if upload is None:
            upload = Upload(intent, f"memory:upload/{uuid4()}")
            self.uploads[upload.url] = upload
            self.store.held.known[intent.asset_id] = self.station, intent
            self._receive(upload, first)
        elif upload.intent.size != intent.size:
            raise Refused("This asset is being uploaded with another length.", code="length_conflict")
        return self._state(upload)

    def resume(self, url: str, size: int) -> UploadState:
        self._answers()
        return self._state(self._living(url, size))

    def append(
        self, url: str, offset: int, source: SpooledFile, length: int, size: int, pace: Pace | None = None
    ) -> UploadState:
        self._answers()
        upload = self._living(url, size)
        self._may_append(upload, offset, length)
        body = b"".join(_paced(source, offset, length, pace))
        if self.faults.damages_chunks:
            self.faults.damages_chunks -= 1
            raise ChunkRefused("The chunk arrived damaged (460).")
        if self.faults.cuts_after is not None:
            cut, self.faults.cuts_after = self.faults.cuts_after, None
            self._receive(upload, body[:cut])
            raise RetryLater("The connection broke.", code="connection_lost")
        self._receive(upload, body)
        if self.faults.loses_answers:
            self.faults.loses_answers -= 1
            raise RetryLater("The answer was lost.", code="connection_lost")
        if self.faults.lies_about_offset:
            raise ProtocolViolation(f"{url} acknowledged more than it was sent.")
        return self._state(upload)

    def forget(self, asset_id: UUID) -> None:
        """Lose an upload that is not finished."""
        for url in [url for url, upload in self.uploads.items() if upload.intent.asset_id == asset_id]:
            del self.uploads[url]

    def _may_append(self, upload: Upload, offset: int, length: int) -> None:
        if self.faults.locked:
            raise UploadLocked("An earlier connection still holds the upload (423).")
        if self.faults.largest_chunk is not None and length > self.faults.largest_chunk:
            raise ChunkTooLarge("Something on the way takes only smaller requests (413).")
        if offset != len(upload.content):
            raise OffsetConflict(f"Central has {len(upload.content)} bytes, not {offset} (409).")

    def _receive(self, upload: Upload, body: bytes) -> None:
        if self.faults.corrupts and body:
            body = bytes([body[0] ^ 1]) + body[1:]
        upload.content += body

    def _living(self, url: str, size: int) -> Upload:
        if url not in self.uploads:
            raise UploadGone(f"Central no longer knows {url} (404).")
        if self.uploads[url].intent.size != size:
            raise ProtocolViolation(f"{url} has another length than ours.")
        return self.uploads[url]

    def _state(self, upload: Upload) -> UploadState:
        offset = upload.intent.size if self.faults.claims_all else len(upload.content)
        return UploadState(upload.url, offset, complete=offset == upload.intent.size)

    # --- verify and receipt -----------------------------------------------------------------------------

    def verify(self, asset_id: UUID, sha256: str, size: int) -> VerifyAnswer:
        self._answers()
        if asset_id not in self.store.held.known:
            return UnknownAsset()
        if self.faults.hashes_for:
            self.faults.hashes_for -= 1
            return Hashing(0.1)
        upload = next((one for one in self.uploads.values() if one.intent.asset_id == asset_id), None)
        stored = self.stored.get(asset_id)
        if upload is None:
            return self.store.held.refused.get(asset_id) or self._no_bytes()
        if len(upload.content) < upload.intent.size:
            raise Refused(f"The upload ends at byte {len(upload.content)}.", code="upload_incomplete")
        content = self.objects.get(stored, bytearray()) if stored else upload.content
        found = hashlib.sha256(content).hexdigest()
        if found != (stored or sha256) or (not stored and len(content) != size):
            return self._refuse(upload, Mismatch(found, len(content)))
        if (found, len(content)) != (sha256, size):
            return Mismatch(found, len(content))
        self._keep(asset_id, found, content)
        return self._receipt(asset_id, found, len(content))

    def _no_bytes(self) -> VerifyAnswer:
        raise Refused("No bytes of this asset are stored.", code="no_upload")

    def _refuse(self, upload: Upload, mismatch: Mismatch) -> Mismatch:
        """End the upload: the next one of this asset begins anew. A rotten object is nobody's from now on."""
        del self.uploads[upload.url]
        stored = self.stored.pop(upload.intent.asset_id, None)
        if stored is not None:
            self.objects.pop(stored, None)
        self.store.held.refused[upload.intent.asset_id] = mismatch
        return mismatch

    def _keep(self, asset_id: UUID, sha256: str, content: bytearray) -> None:
        """Also when the object was there: it is read back, too, and a rotten one is replaced."""
        there = self.objects.get(sha256)
        if there is None or hashlib.sha256(there).hexdigest() != sha256:
            self.objects[sha256] = bytearray(content)
        self.stored[asset_id] = sha256

    def _receipt(self, asset_id: UUID, sha256: str, size: int) -> SignedStatement:
        if self.faults.replays and self.store.signed:
            return self.store.signed[0][1]
        stated = ReceiptContent(
            asset_id=asset_id,
            station=self.station,
            sha256=sha256,
            size=size,
            stored_at=self._clock.now().wall,
            store_epoch=self.store_epoch,
            hold=asset_id in self.holds,
            receipt_id=uuid4(),
            key_id=self.key_id,
        )
        content = encode(stated)
        if self.faults.forges:
            return SignedStatement(content, Ed25519PrivateKey.generate().sign(content), self.key_id)
        statement = SignedStatement(content, self.store.key.sign(content), self.key_id)
        self.store.signed.append((stated, statement))
        self.store.held.receipts[stated.receipt_id] = asset_id, self.store_epoch, sha256
        return statement

    def is_signed(self, statement: SignedStatement) -> bool:
        if statement.key_id != self.key_id:
            return False
        try:
            self.store.key.public_key().verify(statement.signature, statement.content)
        except InvalidSignature:
            return False
        return True

    def public_key(self) -> bytes:
        """The 32 bytes that a station pins."""
        return self.store.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    # --- every other call -------------------------------------------------------------------------------

    def lookup(self, claims: Sequence[tuple[str, bytes, str, int]]) -> list[UUID | None]:
        self._answers()
        known: dict[tuple[str, bytes, str, int], UUID] = {}
        for asset_id, sha256 in self.stored.items():
            station, intent = self.store.held.known[asset_id]
            if station == self.station:
                known[(intent.camera, intent.path, sha256, intent.size)] = asset_id
        return [known.get(claim) for claim in claims]

    def post_events(self, events: Sequence[StoredEvent], ledger_uuid: UUID, withheld: str = "") -> int:
        self._answers()
        ledger = self.store.held.ledgers.setdefault(ledger_uuid, HeldLedger(self.station))
        for event in events:
            digest = (
                event.hash if withheld else event_hash(ledger_uuid, event.number, event.previous_hash, event.body)
            )
            before = ledger.events.get(event.number - 1, (GENESIS if event.number == 1 else None, b""))[0]
            there = ledger.events.get(event.number, (digest, b""))[0]
            if there != digest or (before is not None and before != event.previous_hash):
                self.forks.append((ledger_uuid, event.number))
                raise Refused(f"Another event stands at number {event.number}.", code="fork")
            ledger.add(event.number, digest, b"" if withheld else event.body)
        return ledger.contiguous

    def ledger_heads(self) -> list[tuple[UUID, int, str]]:
        self._answers()
        return [
            (uuid, ledger.contiguous, (ledger.events[ledger.contiguous][0] if ledger.contiguous else GENESIS).hex())
            for uuid, ledger in self.store.held.ledgers.items()
            if ledger.station == self.station
        ]

    def event_bodies(self, ledger_uuid: UUID) -> list[bytes]:
        """What central holds of one ledger, in order."""
        return [body for _, (_, body) in sorted(self.store.held.ledgers[ledger_uuid].events.items())]

    def standing(self) -> int:
        self._answers()
        return self.store_epoch

    def standing_of(self, receipts: Sequence[tuple[UUID, UUID]]) -> Standing:
        self._answers()
        return Standing(self.store_epoch, tuple(self._standing_of(*claim) for claim in receipts))

    def _standing_of(self, asset_id: UUID, receipt_id: UUID) -> ReceiptStanding:
        stored = self.stored.get(asset_id)
        held = stored is not None and stored in self.objects
        given = self.store.held.receipts.get(receipt_id)
        return ReceiptStanding(stands=held and given == (asset_id, self.store_epoch, stored), held=held)

    def post_heartbeat(self, body: bytes) -> HeartbeatReply:
        self._answers()
        self.heartbeats.append(body)
        head = decode_json(body, type=Heartbeat).head
        held = self.store.held.ledgers.get(head.ledger_uuid) if head else None
        number = held.contiguous if held else 0
        return HeartbeatReply(
            self._clock.now().wall,
            self.store_epoch,
            self._etag(),
            0.0,
            held=None if head is None else number,
            held_hash=held.events[number][0] if held and number else GENESIS,
        )

    def roster(self, etag: str) -> tuple[bytes, str] | None:
        self._answers()
        return None if etag and etag == self._etag() else (self.roster_bytes, self._etag())

    def _etag(self) -> str:
        return f'"{hashlib.sha256(self.roster_bytes).hexdigest()[:16]}"'

    def _answers(self) -> None:
        if self.faults.away:
            raise RetryLater("Central cannot be reached.", code="unreachable")
        if self.faults.retry_after_s is not None:
            raise RetryLater("Central is busy (503).", code="central_busy", retry_after_s=self.faults.retry_after_s)
        if self.faults.refuses_credential:
            raise AuthRefused("Central does not accept our credential.")


def _paced(source: SpooledFile, offset: int, length: int, pace: Pace | None) -> list[bytes]:
    pieces: list[bytes] = []
    end = offset + length
    while offset < end:
        block = source.read_at(offset, pace(end - offset) if pace else end - offset)
        if not block:
            raise SpoolBroken(f"The spool's copy ends at {offset}, too early.", code="copy_short")
        pieces.append(block)
        offset += len(block)
    return pieces
