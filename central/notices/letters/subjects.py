"""Subjects. They name cameras and units, never an officer; one subject covers whatever lines a digest has."""

from __future__ import annotations

from collections import Counter

from central.notices.digest import OPEN_KINDS, CameraLine, Digest, Kind
from central.notices.letters.cameras import how_late
from central.notices.letters.wording import Times, count, name

_MARK = "[Dock] "
_LONGEST_PART = 24


def subject(digest: Digest, times: Times) -> str:
    kinds = Counter(line.kind for line in digest.lines)
    if len(digest.lines) == 1 and digest.lines[0].kind not in OPEN_KINDS:
        return marked(_one(digest.lines[0]))
    return placed(_some(kinds), digest.unit, times.short(digest.at))


def placed(words: str, where: str, when: str) -> str:
    """`[Dock] 2 cameras not docked | East B | Tue Oct 7 06:30`"""
    return marked(" | ".join(part for part in (words, name(where, _LONGEST_PART), when) if part))


def marked(words: str) -> str:
    return _MARK + words


def camera_name(camera: str) -> str:
    """A camera as a subject has room for it."""
    return name(camera, _LONGEST_PART)


def _one(line: CameraLine) -> str:
    camera = camera_name(line.camera)
    if line.kind is Kind.WITHDRAWN:
        return f"Withdrawn: notice about {camera}"
    late = f" {how_late(line)} past deadline" if how_late(line) else ""
    return f"Cleared: {camera} docked{late}"


def _some(kinds: Counter[Kind]) -> str:
    out = sum(number for kind, number in kinds.items() if kind in OPEN_KINDS)
    cleared, withdrawn = kinds[Kind.CLEARED], kinds[Kind.WITHDRAWN]
    if not out and not withdrawn:
        return f"Cleared: {count(cleared, 'camera')} docked"
    if not out and not cleared:
        return f"Withdrawn: notices about {count(withdrawn, 'camera')}"
    said = [_out(kinds, out)] if out else []
    said += [f"{cleared} cleared"] if cleared else []
    said += [f"{withdrawn} withdrawn"] if withdrawn else []
    return ", ".join(said)


def _out(kinds: Counter[Kind], out: int) -> str:
    if kinds[Kind.ESCALATION]:
        return f"Escalation: {count(out, 'camera')} not docked"
    if kinds[Kind.REMINDER] == out:
        return f"Reminder: {count(out, 'camera')} still not docked"
    return f"{count(out, 'camera')} not docked"
