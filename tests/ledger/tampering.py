"""Verifying a station's ledger, and tampering with it first."""

from __future__ import annotations

import sqlite3

from agent.ledger.verify import Verification, Verifying, verify
from tests.ledger.story import Station, is_signed


def check(station: Station, **more: object) -> Verification:
    return verify(station.path, Verifying(**{"spool": station.spool, "is_signed": is_signed, **more}))


def tamper(station: Station, *statements: str, **values: object) -> None:
    """Write past the agent: without its triggers, without its constraints."""
    outside = sqlite3.connect(station.path, isolation_level=None)
    triggers = outside.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        outside.execute(f"DROP TRIGGER {name}")
    outside.execute("PRAGMA ignore_check_constraints = ON")
    for statement in statements:
        outside.execute(statement, values)
    for _, sql in triggers:
        outside.execute(sql)
    outside.close()


def codes(result: Verification) -> set[str]:
    assert all(finding.what and finding.hint and finding.subject for finding in result.findings)
    return set(result.counts)


def subjects(result: Verification, code: str) -> list[str]:
    return [finding.subject for finding in result.findings if finding.code == code]
