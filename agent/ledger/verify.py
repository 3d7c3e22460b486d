"""Everything the ledger claims, recomputed: what `dock-agent verify` prints.

Runs beside a working agent. It never holds the ledger for longer than one slice, looks at each asset together
with its events in one instant, and looks twice before it calls work in flight a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from agent.errors import LedgerBroken
from agent.ledger.asset_check import IsSigned, cases, check_case
from agent.ledger.chain_check import START, check_chain, check_end
from agent.ledger.connection import Readers
from agent.ledger.findings import Finding, Findings
from agent.ledger.queries import QUERIES
from agent.ledger.schema import expected_schema, schema_of, version_of
from agent.ledger.spool_check import Digest, SpoolCheck, sha256_of
from agent.ports import Spool


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at, and what did not fit."""

    ledger_uuid: UUID
    station: str
    events: int
    assets: int
    copies: int
    bytes_read: int
    findings: tuple[Finding, ...]
    counts: Mapping[str, int]
    """How many findings of each code there are; more than listed when there are very many."""

    @property
    def sound(self) -> bool:
        return not self.counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifying:
    """What a verification may ask of the world."""

    spool: Spool
    is_signed: IsSigned
    deep: bool = True
    """Also read every copy and compare its SHA-256."""
    digest: Digest = sha256_of
    witnesses: Mapping[int, bytes] = field(default_factory=dict)
    """Number → hash of events of this ledger that central has seen."""
    settle: Callable[[], None] = lambda: None
    """Called once before doubtful copies are looked at again: gives work in flight a moment to end."""


def verify(path: Path, means: Verifying) -> Verification:
    """Recompute the chain, replay every asset, compare receipts and spool.

    Raises:
        LedgerBroken: there is no ledger, or SQLite itself cannot read it.
    """
    readers = Readers(path)
    try:
        return _verify(readers, means)
    finally:
        readers.close()


def _verify(readers: Readers, means: Verifying) -> Verification:
    findings = Findings()
    ledger_uuid, station = _identity(readers)
    _check_schema(readers, findings)
    _check_counts(readers, findings)
    check_end(readers, findings)
    end = check_chain(readers, ledger_uuid, START, findings, means.witnesses)
    spool = SpoolCheck(readers, means.spool, means.deep, means.digest)
    assets = 0
    for case in cases(readers):
        assets += 1
        check_case(case, station, means.is_signed, findings)
        if case.asset is not None:
            spool.look_at(case.asset)
    spool.look_around()
    means.settle()
    spool.conclude(findings)
    end = check_chain(readers, ledger_uuid, end, findings, means.witnesses)
    return Verification(
        ledger_uuid=ledger_uuid,
        station=station,
        events=end.number,
        assets=assets,
        copies=spool.copies,
        bytes_read=spool.bytes_read,
        findings=tuple(findings.listed),
        counts=dict(findings.counts),
    )


def _identity(readers: Readers) -> tuple[UUID, str]:
    with readers.connection() as connection:
        if version_of(connection) == 0:
            raise LedgerBroken("The ledger is empty: no agent ever wrote to it.", hint="Start the agent once.")
        row = connection.execute(QUERIES["ledger"]).fetchone()
        if row is None:
            raise LedgerBroken("The ledger does not say whose it is.", hint="Keep the file as evidence.")
        return UUID(row["uuid"]), str(row["station"])


def _check_schema(readers: Readers, findings: Findings) -> None:
    expected = expected_schema()
    with readers.connection() as connection:
        actual = schema_of(connection)
    for name, sql in expected.items():
        if name not in actual:
            findings.add("schema_altered", name, "It is gone: what it forbade could be done since.")
        elif actual[name] != sql:
            findings.add("schema_altered", name, "It was changed.")
    for name in actual.keys() - expected.keys():
        if name.startswith("trigger "):
            findings.add("schema_altered", name, "It is not the agent's.")


def _check_counts(readers: Readers, findings: Findings) -> None:
    with readers.connection() as connection:
        if "asset_counts" not in {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}:
            return  # told already: the schema was altered
        for state, surplus in connection.execute(QUERIES["recount"]):
            findings.add("count_differs", f"state {state}", f"Its count is off by {surplus:+}: rows tell otherwise.")
