"""Holds every asset's row against its events and its receipts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from agent.ledger.connection import Readers
from agent.ledger.findings import Findings
from agent.ledger.queries import QUERIES
from agent.ledger.recording import with_receipt
from agent.ledger.replay import NoEvidence, differences, replayed
from agent.ledger.rows import receipt_from
from agent.ports import SignedStatement
from agent.rules.footage import Asset, Receipt, State
from protocol import events as e
from protocol.messages import ReceiptContent

SLICE = 200
"""Assets per look at the ledger, each with its events: short, so that a running agent's commits need not wait."""

IsSigned = Callable[[SignedStatement], bool]


@dataclass(frozen=True, slots=True)
class Case:
    """One asset with everything the ledger holds about it, all of the same instant."""

    asset_id: str
    asset: Asset | None
    """None when the row cannot be read."""
    bodies: tuple[bytes, ...]
    receipts: tuple[Receipt, ...]


def cases(readers: Readers) -> Iterator[Case]:
    """Every asset, oldest first."""
    seq = 0
    while True:
        with readers.snapshot() as connection:
            rows = connection.execute(QUERIES["assets_after"], {"seq": seq, "limit": SLICE}).fetchall()
            slice_ = [_case(connection, row) for row in rows]
        yield from slice_
        if not rows:
            return
        seq = rows[-1]["seq"]


def _case(connection: sqlite3.Connection, row: sqlite3.Row) -> Case:
    subject = {"asset_id": row["asset_id"]}
    bodies = tuple(event["body"] for event in connection.execute(QUERIES["events_of_asset"], subject))
    try:
        asset = with_receipt(connection, row)
        receipts = tuple(receipt_from(kept) for kept in connection.execute(QUERIES["receipts_of_asset"], subject))
    except (ValueError, TypeError):
        return Case(row["asset_id"], None, bodies, ())
    return Case(row["asset_id"], asset, bodies, receipts)


def check_case(case: Case, station: str, is_signed: IsSigned, findings: Findings) -> None:
    """Everything that can be proven about one asset."""
    subject = f"asset {case.asset_id}"
    if case.asset is None:
        findings.add("asset_unreadable", subject, "Its row holds values that no agent ever wrote.")
        return
    try:
        events = [e.decode_body(body) for body in case.bodies]
    except ValueError as error:
        findings.add("asset_unproven", subject, f"One of its events cannot be read: {error}.")
        return
    _check_history(case.asset, events, case.receipts, findings)
    _check_end(case.asset, events, findings)
    for receipt in case.receipts:
        _check_receipt(receipt, station, is_signed, findings)


def _check_history(asset: Asset, events: list[e.Event], receipts: tuple[Receipt, ...], findings: Findings) -> None:
    subject = f"asset {asset.asset_id}"
    try:
        told = replayed(events, {receipt.receipt_id: receipt for receipt in receipts})
    except NoEvidence as error:
        findings.add("asset_unproven", subject, f"Its history does not hold: {error}.")
        return
    if told is None:
        findings.add("asset_unproven", subject, "It has a row, but no event tells of it.")
        return
    recovered = isinstance(events[0], e.AssetStaged)
    differing = differences(asset, told, recovered=recovered)
    if differing:
        findings.add("asset_altered", subject, f"Its row differs from its events in: {', '.join(differing)}.")


def _check_end(asset: Asset, events: list[e.Event], findings: Findings) -> None:
    if asset.state is not State.ERASED:
        return
    missing = [kind.__name__ for kind in (e.EraseStarted, e.AssetErased) if not _has(events, kind)]
    if asset.receipt is None:
        missing.append("receipt")
    if missing:
        what = f"It is called erased without: {', '.join(missing)}."
        findings.add("erased_without_evidence", f"asset {asset.asset_id}", what)


def _has(events: list[e.Event], kind: type[e.Event]) -> bool:
    return any(isinstance(event, kind) for event in events)


def _check_receipt(receipt: Receipt, station: str, is_signed: IsSigned, findings: Findings) -> None:
    subject = f"receipt {receipt.receipt_id} of asset {receipt.asset_id}"
    if not is_signed(SignedStatement(receipt.content, receipt.signature, receipt.key_id)):
        findings.add("receipt_forged", subject, "Central's pinned key did not sign these bytes.")
    try:
        signed = msgspec.json.decode(receipt.content, type=ReceiptContent)
    except ValueError as error:
        findings.add("receipt_altered", subject, f"Its signed bytes cannot be read: {error}.")
        return
    differing = [name for name in signed.__struct_fields__ if getattr(signed, name) != getattr(receipt, name)]
    if differing:
        what = f"The ledger notes something else than what was signed: {', '.join(differing)}."
        findings.add("receipt_altered", subject, what)
    if signed.station != station:
        findings.add("receipt_foreign", subject, f"It was signed for station {signed.station}.")
