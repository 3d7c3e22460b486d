"""What `dock-agent verify` has to say: one finding per thing that is not as it must be."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

SHOWN_PER_CODE = 100
"""More findings of one kind are counted, not listed: a broken chain must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit, in words for people."""

    code: str
    subject: str
    """`event 17`, `asset UUID`, `receipt UUID`, `ledger`, a name in the spool."""
    what: str
    hint: str


HINTS = {
    "ledger": "Keep the file as evidence and compare it with central: `dock-central export` shows what was sent.",
    "copy": "Do not remove anything. If the file is still on its camera, dock the camera again.",
    "spool": "Look at the file; move it out of the spool if it is not footage. Nothing was deleted.",
}


@dataclass(slots=True)
class Findings:
    """Collects findings, at most SHOWN_PER_CODE of each code."""

    listed: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, code: str, subject: str, what: str, area: str = "ledger") -> None:
        self.counts[code] += 1
        if self.counts[code] <= SHOWN_PER_CODE:
            self.listed.append(Finding(code, subject, what, HINTS[area]))
