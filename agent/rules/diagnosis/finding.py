"""One thing that `dock-agent doctor` has to say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much it matters. Only a problem makes `doctor` exit with 1."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; nothing has to be done."""
    WARNING = "warning"
    """Works now, and will cost time or certainty some day."""
    PROBLEM = "problem"
    """A promise does not hold here, or the station cannot work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`name` is one word and the same everywhere; the other three are sentences for people."""

    name: str
    severity: Severity
    saw: str
    """What was seen, with numbers."""
    means: str = ""
    """What it means here; empty when all is well."""
    todo: str = ""
    """What to do; empty when nothing has to be done."""


NAMES = (
    "configuration",
    "state",
    "agent",
    "ledger",
    "volume",
    "filesystem",
    "fsync",
    "space",
    "clock",
    "certificate",
    "central",
    "credential",
    "proxy",
    "sources",
    "mounter",
    "automounter",
    "buffer",
    "bus",
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


def unseen(name: str, why: str) -> Finding:
    """A probe that could not look: no proof of anything, and said so."""
    return note(name, f"Could not be looked at: {why}", "Nothing is known about it; nothing was changed.")


def size(number: float) -> str:
    """Bytes for people."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(number) < 1024:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"
