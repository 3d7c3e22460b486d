"""One recorded sample of every message and of a short event chain: what both sides must be able to read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from protocol import events as e
from protocol import messages as m
from protocol.chain import GENESIS, event_hash

T = datetime(2026, 11, 22, 15, 40, 0, 250000, UTC)
LEDGER = UUID("11111111-1111-4111-8111-111111111111")
ASSET = UUID("22222222-2222-4222-8222-222222222222")
SESSION = UUID("33333333-3333-4333-8333-333333333333")
RECEIPT = UUID("44444444-4444-4444-8444-444444444444")
SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0bb822cd15d6c15b0f00a8"
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
SIGNATURE = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
PATH, PATH_B64 = "DCIM/100/video_0001.mp4", "RENJTS8xMDAvdmlkZW9fMDAwMS5tcDQ="

CLOCK = m.ClockReading(wall=T, monotonic_ns=81_000_000_000, boot_id="b7f3", offset_ms=12.5, uncertainty_ms=4.0)
HEAD = m.LedgerHead(ledger_uuid=LEDGER, number=4, hash=SHA)
CONTENT = m.ReceiptContent(
    asset_id=ASSET,
    station="east-1",
    sha256=SHA,
    size=4,
    stored_at=T,
    store_epoch=1,
    hold=False,
    receipt_id=RECEIPT,
    key_id="5f1c0a9be2d44781",
)
CLAIM = m.AssetClaim(camera="X81000123", path_b64=PATH_B64, sha256=SHA, size=4)
SHIFT = m.RosterShift(
    shift_id="S-1", officer_id="4417", camera_serial="X81000123", starts_at=T, ends_at=T, deadline_at=T
)


def event_chain() -> list[m.EventEnvelope]:
    """The life of one asset as a ledger tells it."""
    bodies: list[e.Event] = [
        e.LedgerOpened(at=CLOCK, reason="new"),
        e.CameraDocked(
            at=CLOCK,
            session=SESSION,
            camera="X81000123",
            identity_source="marker",
            identity_unique=True,
            bay="1-1.4.2",
            bay_label="Bay 7",
            source="usb",
            absent_until=T,
            seen_at=T,
            profile="generic",
        ),
        e.AssetFound(
            at=CLOCK,
            asset_id=ASSET,
            session=SESSION,
            camera="X81000123",
            path=PATH,
            path_b64=PATH_B64,
            size=4,
            mtime_ns=1_763_826_000_000_000_000,
            kind="video",
        ),
        e.AssetStaged(
            at=CLOCK, asset_id=ASSET, sha256=SHA, size=4, staged_at=T, recorded_at=T, recorded_source="container"
        ),
    ]
    chain, previous = [], GENESIS
    for number, event in enumerate(bodies, start=1):
        body = e.encode_body(event)
        chain.append(m.EventEnvelope(ledger_uuid=LEDGER, number=number, previous_hash=previous.hex(), body=body))
        previous = event_hash(LEDGER, number, previous, body.encode())
    return chain


def samples() -> list[m.Message]:
    """One value of every message of the table of calls, and of the signed receipt content."""
    return [
        m.Problem(code="fork", message="another event stands at number 7", hint="open a new ledger"),
        m.EnrollRequest(
            code="AAAAA-BBBBB-CCCCC-DDDDD",
            public_key=KEY,
            station="east-1",
            hostname="dock-east",
            version="0.1.0",
            renews=True,
        ),
        m.EnrollAnswer(
            station="east-1",
            credential="not-a-real-credential",
            receipt_key=m.ReceiptKey(key_id="5f1c0a9be2d44781", public_key=KEY),
            store_epoch=1,
            server_time=T,
            credential_expires_at=T + timedelta(days=90),
        ),
        m.RenewRequest(station="east-1", old_sha256=SHA, new_sha256=SHA[::-1], signature=SIGNATURE),
        m.RenewAnswer(station="east-1", credential_expires_at=T + timedelta(days=90), server_time=T),
        m.EventBatch(events=event_chain()),
        m.EventsAnswer(ledger_uuid=LEDGER, highest_contiguous=4),
        m.LedgerHeadsAnswer(heads=[HEAD]),
        m.Heartbeat(
            sequence=7,
            version="0.1.0",
            at=CLOCK,
            uptime_s=420.0,
            loop_ages_s={"reconcile": 3.0},
            bays=[m.BayReport(bay="1-1.4.2", label="Bay 7", state="safe to remove", camera="X81000123")],
            queue_files=2,
            queue_bytes=8,
            oldest_unreceipted_at=T,
            disk_free=10**10,
            disk_total=10**11,
            head=HEAD,
            watched_until=T,
            watched_event=4,
        ),
        m.StandingRequest(receipts=[m.ReceiptClaim(asset_id=ASSET, receipt_id=CONTENT.receipt_id)]),
        m.StandingAnswer(server_time=T, store_epoch=1, receipts=[m.ReceiptStanding(stands=True, held=True)]),
        m.HeartbeatAnswer(
            server_time=T,
            store_epoch=1,
            roster_etag='"abc"',
            ledger_head=HEAD,
            credential_expires_at=T + timedelta(days=90),
            renew_credential_from=T + timedelta(days=60),
        ),
        m.RosterAnswer(policy_revision="c0ffee", generated_at=T, shifts=[SHIFT]),
        m.RosterImportAnswer(state="applied", number=7, added=212, changed=3, withdrawn=0, unchanged=0),
        m.RosterRefused(
            code="roster_refused",
            message="1 error(s) in the roster; nothing was imported",
            errors=[m.RowProblem(row=14, column="ends_at", reason="must be after starts_at")],
        ),
        m.LookupRequest(claims=[CLAIM]),
        m.LookupAnswer(assets=[ASSET, None]),
        m.VerifyRequest(sha256=SHA, size=4),
        m.HashingAnswer(hashed=1, size=4),
        m.MismatchAnswer(sha256=SHA, size=3),
        CONTENT,
        m.SignedReceipt(
            receipt=msgspec.json.encode(CONTENT).decode(), signature=SIGNATURE, key_id="5f1c0a9be2d44781"
        ),
    ]
