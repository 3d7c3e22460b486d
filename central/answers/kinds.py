"""What can be said, how it can end, and in which words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Kind(StrEnum):
    SAID_DOCKED = "said_docked"
    OTHER_CAMERA = "other_camera"
    SHIFT_END_WRONG = "shift_end_wrong"
    REPAIR = "repair"
    LEAVE_OR_COURT = "leave_or_court"
    LOST = "lost"
    CONTEST = "contest"


class Outcome(StrEnum):
    """How an answer ended. `docked` and `own_shift` are central's own findings, all others a person's."""

    FOUND_DOCKED = "found_docked"
    CAMERA_UNREADABLE = "camera_unreadable"
    NOT_FOUND = "not_found"
    UPHELD = "upheld"
    REJECTED = "rejected"
    DOCKED = "docked"
    OWN_SHIFT = "own_shift"
    WITHDRAWN = "withdrawn"


CHECKS = (Outcome.FOUND_DOCKED, Outcome.CAMERA_UNREADABLE, Outcome.NOT_FOUND)
DECISIONS = (Outcome.UPHELD, Outcome.REJECTED)
BY_PEOPLE: Mapping[Kind, tuple[Outcome, ...]] = {Kind.SAID_DOCKED: CHECKS, Kind.CONTEST: DECISIONS}
"""What a person may find; a withdrawal is possible besides."""

WAITS = frozenset({Kind.SAID_DOCKED, Kind.CONTEST})
"""Somebody has yet to find something out."""
ONCE_PER_CAMERA = frozenset({Kind.REPAIR, Kind.LOST})
ONCE_PER_SHIFT = frozenset({Kind.SAID_DOCKED, Kind.LEAVE_OR_COURT, Kind.CONTEST})
"""While one stands, another would say nothing new."""

TITLES: Mapping[Kind, str] = {
    Kind.SAID_DOCKED: "Says it was docked",
    Kind.OTHER_CAMERA: "Other camera",
    Kind.SHIFT_END_WRONG: "Shift end wrong",
    Kind.REPAIR: "In repair",
    Kind.LEAVE_OR_COURT: "Leave or court",
    Kind.LOST: "Lost",
    Kind.CONTEST: "Contest",
}
EFFECTS: Mapping[Kind, str] = {
    Kind.SAID_DOCKED: "Reminders pause, and IT looks into the dock. The shift is not excused by this alone.",
    Kind.OTHER_CAMERA: "The shift gets the camera that was really worn. Both cameras are judged again.",
    Kind.SHIFT_END_WRONG: "The shift gets its real end, and a new deadline. It is judged again.",
    Kind.REPAIR: "Deadlines of this camera are excused from this shift on, until it docks again.",
    Kind.LEAVE_OR_COURT: "This shift is excused. Say nothing here about health or a case.",
    Kind.LOST: "Deadlines of this camera are excused from this shift on, until it docks again. IT is told.",
    Kind.CONTEST: "Somebody who has nothing to do with it decides. Until then, nothing changes.",
}
REASONS: Mapping[Kind | Outcome, str] = {
    Kind.REPAIR: "camera in repair",
    Kind.LEAVE_OR_COURT: "leave or court",
    Kind.LOST: "camera lost",
    Outcome.FOUND_DOCKED: "IT found it in a dock",
    Outcome.CAMERA_UNREADABLE: "IT found it in a dock, unreadable",
    Outcome.UPHELD: "contest upheld",
}
"""An excuse's reason. Excuses are exported and mailed: what a person wrote stays with the answer."""
FINDINGS: Mapping[Outcome, str] = {
    Outcome.FOUND_DOCKED: "Found in a dock",
    Outcome.CAMERA_UNREADABLE: "In a dock, unreadable",
    Outcome.NOT_FOUND: "Not in any dock",
    Outcome.UPHELD: "Upheld",
    Outcome.REJECTED: "Rejected",
    Outcome.DOCKED: "The camera docked",
    Outcome.OWN_SHIFT: "Ended: the camera is on a shift of whoever said it",
    Outcome.WITHDRAWN: "Withdrawn",
}

OPEN, STANDS, DONE = "open", "stands", "done"


def state_of(kind: Kind, outcomes: frozenset[Outcome]) -> str:
    """Where an answer is: `open` (somebody has yet to look), `stands`, `done` (a correction), or how it ended."""
    if Outcome.WITHDRAWN in outcomes:
        return Outcome.WITHDRAWN
    if outcomes:
        return next(iter(outcomes))
    if kind in WAITS:
        return OPEN
    return DONE if kind in (Kind.OTHER_CAMERA, Kind.SHIFT_END_WRONG) else STANDS
