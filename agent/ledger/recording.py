"""Writes one change into an open transaction: the move of state and its event, side by side."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from dataclasses import dataclass
from uuid import UUID

from agent.errors import IllegalMove
from agent.ledger.event_bodies import event_of
from agent.ledger.queries import QUERIES
from agent.ledger.rows import asset_from, asset_values, receipt_from, receipt_values, stamp
from agent.ledger.watch_rows import write_watch
from agent.rules import changes as c
from agent.rules import custody
from agent.rules.footage import Asset, Receipt
from protocol.chain import event_hash
from protocol.events import encode_body

Connection = sqlite3.Connection


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends."""

    number: int
    hash: bytes


def record(connection: Connection, ledger_uuid: UUID, head: Head, change: c.Change) -> Head:
    """Apply one change and append its event. Returns the new end of the chain.

    Raises:
        IllegalMove: the custody table, or evidence that does not fit, forbids it. The caller rolls back.
    """
    before = after = None
    if isinstance(change, c.AssetChange):
        before = load_asset(connection, change.asset_id)
        after = custody.apply(before, change)
        _write_asset(connection, before, after)
    else:
        _write_session(connection, change)
        write_watch(connection, change)
    event = event_of(change, before, after)
    if event is None:
        return head
    subject = change.asset_id if isinstance(change, c.AssetChange) else None
    return _append(connection, ledger_uuid, head, encode_body(event).encode(), subject)


def load_asset(connection: Connection, asset_id: UUID) -> Asset | None:
    row = connection.execute(QUERIES["asset"], {"asset_id": str(asset_id)}).fetchone()
    return with_receipt(connection, row) if row else None


def with_receipt(connection: Connection, row: sqlite3.Row) -> Asset:
    """The asset of a row, its receipt beside it."""
    receipt_id = row["receipt_id"]
    receipt = receipt_id and connection.execute(QUERIES["receipt"], {"receipt_id": receipt_id}).fetchone()
    return asset_from(row, receipt or None)


def _append(connection: Connection, ledger_uuid: UUID, head: Head, body: bytes, subject: UUID | None) -> Head:
    number = head.number + 1
    digest = event_hash(ledger_uuid, number, head.hash, body)
    values = {
        "number": number,
        "previous_hash": head.hash,
        "hash": digest,
        "body": body,
        "asset_id": str(subject) if subject else None,
    }
    connection.execute(QUERIES["append_event"], values)
    return Head(number, digest)


def _write_asset(connection: Connection, before: Asset | None, after: Asset) -> None:
    if after.receipt is not None and (before is None or before.receipt != after.receipt):
        _keep_receipt(connection, after.receipt)
    connection.execute(QUERIES["update_asset" if before else "insert_asset"], asset_values(after))


def _keep_receipt(connection: Connection, receipt: Receipt) -> None:
    row = connection.execute(QUERIES["receipt"], {"receipt_id": str(receipt.receipt_id)}).fetchone()
    if row is None:
        connection.execute(QUERIES["keep_receipt"], receipt_values(receipt))
    elif receipt_from(row) != receipt:
        raise IllegalMove(f"receipt {receipt.receipt_id} is already known with another content")


def _write_session(connection: Connection, change: c.Change) -> None:
    match change:
        case c.CameraDocked():
            connection.execute(QUERIES["open_session"], _session_values(change))
        case c.CameraUndocked():
            _mark(
                connection,
                "close_session",
                change.session,
                undocked_at=stamp(change.absent_at),
                last_present_at=stamp(change.last_present_at),
            )
        case c.CameraDrained():
            _mark(connection, "drain_session", change.session, drained_at=stamp(change.at.wall))
        case c.CardTroubled():
            _mark(connection, "trouble_session", change.session)
        case c.IdentityClash():
            _mark(connection, "doubt_identity", change.session)
            _mark(connection, "doubt_identity", change.other_session)
        case c.CardListed():
            _keep_listing(connection, change)


def _session_values(change: c.CameraDocked) -> dict[str, str | int | None]:
    return {
        "session": str(change.session),
        "key": change.key,
        "source": change.source,
        "bay": change.bay,
        "bay_label": change.bay_label,
        "camera": change.camera,
        "identity_source": change.identity_source,
        "identity_unique": int(change.identity_unique),
        "profile": change.profile,
        "proves_dock": int(change.proves_dock),
        "seen_at": stamp(change.seen_at),
        "absent_until": stamp(change.absent_until) if change.absent_until else None,
    }


def _mark(connection: Connection, query: str, session: UUID, **values: str) -> None:
    if connection.execute(QUERIES[query], {"session": str(session), **values}).rowcount != 1:
        raise IllegalMove(f"{query} of dock session {session}, which is not known or not open")


def _keep_listing(connection: Connection, change: c.CardListed) -> None:
    if hashlib.sha256(change.listing).hexdigest() != change.listing_sha256:
        raise IllegalMove(f"the listing of dock session {change.session} does not have the digest it claims")
    values = {
        "sha256": change.listing_sha256,
        "size": len(change.listing),
        "content": zlib.compress(change.listing),
    }
    connection.execute(QUERIES["keep_listing"], values)
