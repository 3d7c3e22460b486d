"""May this asset be deleted? A refusal by default: every objection is looked for, and any single one keeps it.

Pure: everything comes in as values, the time included. There is no override.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from central.retention.categories import UNCLASSIFIED, Minimum
from central.retention.reasons import Kept

OFF_THE_CAMERA = frozenset({"ERASED", "GONE"})
"""States in which no camera has the file any more."""


@dataclass(frozen=True)
class Facts:
    """What is known of one asset. The defaults are those of an asset of which nothing is known: it is kept."""

    category: str = UNCLASSIFIED
    minimum: Minimum | None = None
    """The longer of what the category meant when it was given and what it means now; None: no such category now."""
    is_lowest: bool = True
    """No category is kept for a shorter time."""
    recorded_until: datetime | None = None
    """By the camera's clock, which may be wrong. None: unknown."""
    arrived_at: datetime | None = None
    """By central's clock: when it was read back. None: it was not."""
    state: str = "FOUND"
    stored: bool = False
    deleted: bool = False
    rotten: bool = False
    held: bool = True
    linked: bool = True
    """A citation, an arrest or a report."""
    clock_in_doubt: bool = True


@dataclass(frozen=True)
class Decision:
    """What follows for one asset."""

    kept: tuple[Kept, ...]
    """Why it is kept now; empty: a person may delete it."""
    begins_at: datetime | None
    """When its retention began."""
    kept_until: datetime | None
    """When its minimum is over; None: never, or nobody can say."""

    @property
    def may_go(self) -> bool:
        return not self.kept and self.kept_until is not None


def decide(facts: Facts, now: datetime) -> Decision:
    """Every reason to keep it, or none."""
    begins, until = begins_at(facts), kept_until(facts)
    return Decision(tuple(_objections(facts, until, now)), begins, until)


def begins_at(facts: Facts) -> datetime | None:
    """The later of the recording's end and its arrival: late docking eats nothing, and a camera's clock that is
    behind shortens nothing. One that is ahead lengthens it. Unknown without an arrival."""
    if facts.arrived_at is None:
        return None
    return facts.arrived_at if facts.recorded_until is None else max(facts.arrived_at, facts.recorded_until)


def kept_until(facts: Facts) -> datetime | None:
    """When the minimum is over. None: never, or nobody can say."""
    begins = begins_at(facts)
    if begins is None or facts.minimum is None or facts.minimum.span is None:
        return None
    try:
        return begins + facts.minimum.span
    except OverflowError:  # beyond the calendar
        return None


def _objections(facts: Facts, until: datetime | None, now: datetime) -> Iterator[Kept]:
    if facts.deleted:
        yield Kept.DELETED
    if not facts.stored:
        yield Kept.NOT_STORED
    if facts.rotten:
        yield Kept.ROTTEN
    if facts.arrived_at is None:
        yield Kept.NOT_VERIFIED
    if facts.state not in OFF_THE_CAMERA:
        yield Kept.ON_CAMERA
    if facts.held:
        yield Kept.HOLD
    if facts.category == UNCLASSIFIED:
        yield Kept.UNCLASSIFIED
    elif facts.minimum is None:
        yield Kept.CATEGORY_UNKNOWN
    elif facts.minimum.span is None:
        yield Kept.FOREVER
    elif until is None or now < until:
        yield Kept.BEFORE_MINIMUM
    if is_conflict(facts):
        yield Kept.CONFLICT
    if facts.clock_in_doubt or (facts.arrived_at is not None and now < facts.arrived_at):
        yield Kept.CLOCK_IN_DOUBT


def is_conflict(facts: Facts) -> bool:
    """Categorised as if nothing had happened, although something is linked to it (M15)."""
    return facts.linked and facts.is_lowest and facts.category != UNCLASSIFIED
