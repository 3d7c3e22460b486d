"""Walks the chain of custody events from number 1 and says where it does not hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec

from agent.ledger.connection import Readers
from agent.ledger.findings import Findings
from agent.ledger.queries import QUERIES
from protocol.chain import GENESIS, event_hash

SLICE = 1000
"""Events per look at the ledger: short, so that a running agent's commits need not wait."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A place of the chain that somebody else has seen: central, in its countersigned heads."""

    number: int
    hash: bytes


START = Witness(0, GENESIS)


class _Subject(msgspec.Struct):
    asset_id: UUID | None = None


def check_end(readers: Readers, findings: Findings) -> None:
    """Compare the last event with the end that the ledger remembers."""
    with readers.snapshot() as connection:
        remembered = connection.execute(QUERIES["ledger"]).fetchone()
        head = connection.execute(QUERIES["head"]).fetchone()
    number, expected = head["number"] if head else 0, int(remembered["head_number"])
    if number == expected and head and head["hash"] != remembered["head_hash"]:
        findings.add("head_differs", f"event {number}", "The last event is not the one that was written last.")
    if number > expected:
        findings.add("event_inserted", f"events {expected + 1} to {number}", "Events follow the end of the chain.")
    if number < expected:
        findings.add("event_missing", f"events {number + 1} to {expected}", "The end of the chain was cut off.")


def check_chain(
    readers: Readers,
    ledger_uuid: UUID,
    start: Witness,
    findings: Findings,
    witnesses: Mapping[int, bytes],
) -> Witness:
    """Recompute every hash after `start`, up to the end there is now. Returns that end.

    A chain that was rewritten as a whole, hashes included, holds in itself: only witnesses tell.
    """
    at = start
    for row in _events(readers, start.number, _last_number(readers), findings):
        _check_place(row, at, findings)
        _check_event(row, ledger_uuid, findings)
        seen = witnesses.get(row["number"])
        if seen is not None and seen != row["hash"]:
            findings.add(
                "history_rewritten", f"event {row['number']}", "Central was told another event at this place."
            )
        at = Witness(row["number"], row["hash"])
    return at


def _last_number(readers: Readers) -> int:
    with readers.connection() as connection:
        head = connection.execute(QUERIES["head"]).fetchone()
        return head["number"] if head else 0


def _events(readers: Readers, after: int, last: int, findings: Findings) -> Iterator[sqlite3.Row]:
    while True:
        values = {"number": after, "last": last, "limit": SLICE}
        with readers.snapshot() as connection:
            rows = connection.execute(QUERIES["events_with_subject"], values).fetchall()
            unknown = _unknown_subjects(connection, rows)
        for asset_id in unknown:
            findings.add("asset_missing", f"asset {asset_id}", "Events tell of this asset, but its row is gone.")
        yield from rows
        if not rows:
            return
        after = rows[-1]["number"]


def _unknown_subjects(connection: sqlite3.Connection, rows: list[sqlite3.Row]) -> list[str]:
    subjects = {row["asset_id"] for row in rows if row["asset_id"] is not None}
    known = (connection.execute(QUERIES["asset"], {"asset_id": subject}).fetchone() for subject in subjects)
    return sorted(subject for subject, row in zip(subjects, known, strict=True) if row is None)


def _check_place(row: sqlite3.Row, before: Witness, findings: Findings) -> None:
    number = row["number"]
    if number != before.number + 1:
        findings.add("event_missing", f"events {before.number + 1} to {number - 1}", "These numbers have no event.")
    elif row["previous_hash"] != before.hash:
        findings.add("event_unchained", f"event {number}", "It does not follow from the event before it.")


def _check_event(row: sqlite3.Row, ledger_uuid: UUID, findings: Findings) -> None:
    number, body = row["number"], row["body"]
    if event_hash(ledger_uuid, number, row["previous_hash"], body) != row["hash"]:
        findings.add("event_altered", f"event {number}", "Its content or place is not what was hashed.")
    try:
        subject = msgspec.json.decode(body, type=_Subject).asset_id
    except ValueError as error:
        findings.add("event_unreadable", f"event {number}", f"Its body cannot be read: {error}.")
        return
    if (str(subject) if subject else None) != row["asset_id"]:
        findings.add("event_misfiled", f"event {number}", f"It tells of asset {subject}, not of {row['asset_id']}.")
