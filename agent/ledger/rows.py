"""Turns ledger rows into the nouns of `rules.footage`, and back."""

from __future__ import annotations

import sqlite3
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from agent.ports import StoredEvent
from agent.rules.footage import Asset, DockSession, FileKind, Receipt, State

Row = sqlite3.Row

_INSTANTS = {
    *("found_at", "recorded_at", "docked_at", "staged_at", "uploaded_at", "verified_at", "erase_started_at"),
    *("erased_at", "stored_at", "seen_at", "absent_until", "undocked_at", "last_present_at", "drained_at"),
}
_FLAGS = {"flagged", "salvage", "on_card", "spooled", "identity_unique", "proves_dock", "io_error", "hold"}
_UUIDS = {"asset_id", "session", "receipt_id"}


def stamp(instant: datetime) -> str:
    """An instant as text whose order is the order of time.

    Raises:
        ValueError: the instant names no time zone.
    """
    if instant.tzinfo is None:
        raise ValueError(f"{instant} names no time zone")
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _read(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _INSTANTS:
        return instant(value)
    if name in _FLAGS:
        return bool(value)
    if name in _UUIDS:
        return UUID(value)
    return value


def _write(value: Any) -> Any:
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, UUID | FileKind | State):
        return str(value)
    if isinstance(value, bool):
        return int(value)
    return value


_ASSET_FIELDS = tuple(f.name for f in fields(Asset) if f.name != "receipt")
_RECEIPT_FIELDS = tuple(f.name for f in fields(Receipt))
_SESSION_FIELDS = tuple(f.name for f in fields(DockSession))


def asset_from(row: Row, receipt: Row | None) -> Asset:
    values = {name: _read(name, row[name]) for name in _ASSET_FIELDS}
    values["kind"] = FileKind(row["kind"])
    values["state"] = State(row["state"])
    values["returns_to"] = State(row["returns_to"]) if row["returns_to"] else None
    return Asset(**values, receipt=receipt_from(receipt) if receipt else None)


def asset_values(asset: Asset) -> dict[str, Any]:
    values = {name: _write(getattr(asset, name)) for name in _ASSET_FIELDS}
    values["receipt_id"] = str(asset.receipt.receipt_id) if asset.receipt else None
    return values


def receipt_from(row: Row) -> Receipt:
    return Receipt(**{name: _read(name, row[name]) for name in _RECEIPT_FIELDS})


def receipt_values(receipt: Receipt) -> dict[str, Any]:
    return {name: _write(getattr(receipt, name)) for name in _RECEIPT_FIELDS}


def session_from(row: Row) -> DockSession:
    return DockSession(**{name: _read(name, row[name]) for name in _SESSION_FIELDS})


def event_from(row: Row) -> StoredEvent:
    return StoredEvent(number=row["number"], previous_hash=row["previous_hash"], hash=row["hash"], body=row["body"])
