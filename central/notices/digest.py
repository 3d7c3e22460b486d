"""One mail about cameras before it is worded: what it says, about which cameras, to whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo


class Kind(StrEnum):
    """What a notice says. The first five are also what one line of a digest says about its camera."""

    FIRST = "first"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    CLEARED = "cleared"
    WITHDRAWN = "withdrawn"
    SUMMARY = "summary"
    OFFICER_REMINDER = "officer_reminder"
    IT_ALERT = "it_alert"


_GRAVEST_FIRST = (Kind.ESCALATION, Kind.REMINDER, Kind.FIRST, Kind.CLEARED, Kind.WITHDRAWN)

OPEN_KINDS = frozenset({Kind.FIRST, Kind.REMINDER, Kind.ESCALATION})
"""The camera is still out."""


@dataclass(frozen=True)
class CameraLine:
    """One camera in a digest."""

    kind: Kind
    camera: str
    officer: str
    """A name for people; empty when nobody is named."""
    shift_ids: tuple[str, ...]
    shift_ends_at: datetime
    end_source: str
    """`actual`, `scheduled` or `inferred`; anything else is shown as it is."""
    deadline_at: datetime
    by: timedelta | None = None
    """How far past the deadline: until now while it is out, until it docked once it is cleared."""
    left_at: datetime | None = None
    left_where: str = ""
    """`East, Bay 7`, or empty."""
    unheard: tuple[tuple[str, datetime | None], ...] = ()
    """Stations that could have it and have told nothing lately, and until when they did."""
    docked_at: datetime | None = None
    docked_where: str = ""
    next_reminder_at: datetime | None = None
    escalation_at: datetime | None = None
    escalation_to: str = ""
    why: str = ""
    """Of a withdrawn one: one sentence."""
    answers_paused: str = ""
    """Why no reminder comes, in words; empty when reminders go on."""


@dataclass(frozen=True)
class NotJudged:
    """A camera about which nothing can be said."""

    camera: str
    why: str
    """For example `West offline; IT knows`."""


@dataclass(frozen=True)
class Digest:
    """One mail to one recipient about one unit's cameras."""

    kind: Kind
    """The gravest of its lines."""
    notice_id: UUID
    unit: str
    recipient: str
    lines: tuple[CameraLine, ...]
    due_cameras: int
    """How many cameras of the unit were due: the 9 of "2 of your 9 cameras". Fewer than are named: not said."""
    not_judged: tuple[NotJudged, ...]
    watched: tuple[str, ...]
    """Names of the stations that were watching."""
    grace: timedelta
    at: datetime
    zone: ZoneInfo
    base_url: str
    """Empty: no links."""
    message_id: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    list_id: str = ""
    escalated_from: str = ""
    """Who was told before, and when: "sgt.lee@example, Tue Oct 7 06:30"."""
    nobody_named: bool = False
    """It goes to IT, because no supervisor is known."""


def gravest(kinds: Iterable[Kind]) -> Kind:
    """The kind of a digest with lines of these `kinds`.

    Raises:
        ValueError: there are none.
    """
    return min(kinds, key=_GRAVEST_FIRST.index)
