"""One thing that `dock-central doctor` has to say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much it matters. Only a problem makes `doctor` exit with 1."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """`name` is one word and the same everywhere; the other three are sentences for people."""

    name: str
    severity: Severity
    saw: str
    means: str = ""
    todo: str = ""


NAMES = (
    *("configuration", "base_url", "time_zone", "keys", "database", "schema", "disk", "clock", "objects", "worker"),
    *("mail", "told", "backup"),
)
"""Every name a finding can have, in the order in which they are looked at."""


def ok(name: str, saw: str) -> Finding:
    return Finding(name, Severity.OK, saw)


def note(name: str, saw: str, means: str = "", todo: str = "") -> Finding:
    return Finding(name, Severity.NOTE, saw, means, todo)


def warning(name: str, saw: str, means: str, todo: str) -> Finding:
    return Finding(name, Severity.WARNING, saw, means, todo)


def problem(name: str, saw: str, means: str, todo: str) -> Finding:
    return Finding(name, Severity.PROBLEM, saw, means, todo)


def unseen(name: str, why: object) -> Finding:
    """A probe that could not look: no proof of anything, and said so."""
    return note(name, f"Could not be looked at: {why}.".replace("..", "."), "Nothing is known about it.")
