"""What stands, for notices, alarms and pages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from central.answers.kinds import Kind
from central.answers.models import Answer


@dataclass(frozen=True)
class Pause:
    """Until when reminders about a camera pause, and why, in words for a mail."""

    until: datetime
    words: str
    answer: int


def pauses(camera: str, now: datetime, shift_ids: Collection[str] | None = None) -> Pause | None:
    """Somebody says that this camera was docked, IT has not found out yet, and the pause has not run out. Whoever
    reminds of certain shifts names them: a word about another officer's stops no reminder about one's own."""
    said = Answer.objects.filter(kind=Kind.SAID_DOCKED, camera=camera, closings=None, pauses_until__gt=now)
    if shift_ids is not None:
        said = said.filter(shift__in=shift_ids)
    last = said.order_by("-pauses_until", "-pk").first()
    if last is None or last.pauses_until is None:
        return None
    where = ", ".join(part for part in (last.station_id, last.bay) if part)
    words = f"{last.said_by} says that it was docked{f' at {where}' if where else ''}; IT is looking"
    return Pause(last.pauses_until, words, last.pk)


def open_checks() -> QuerySet[Answer]:
    """Docks that IT is to look into, the oldest word first."""
    return _unended(Kind.SAID_DOCKED)


def open_contests() -> QuerySet[Answer]:
    """Contests that nobody has decided, the first due first."""
    return _unended(Kind.CONTEST).order_by("due_at", "pk")


def open_losses() -> QuerySet[Answer]:
    """Cameras that somebody says are lost and that have not docked since: IT is told of them."""
    return _unended(Kind.LOST)


def open_repairs() -> QuerySet[Answer]:
    return _unended(Kind.REPAIR)


def answers_of(shift_id: str) -> list[Answer]:
    """All that was said of this shift, oldest first, withdrawn ones too."""
    return list(Answer.objects.filter(shift=shift_id).prefetch_related("closings").order_by("pk"))


def _unended(kind: Kind) -> QuerySet[Answer]:
    rows = Answer.objects.filter(kind=kind, closings=None).order_by("said_at", "pk")
    return rows.select_related("shift__officer").prefetch_related("closings")
