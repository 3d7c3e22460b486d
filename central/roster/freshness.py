"""How old the roster is, and whether that is IT's problem."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from central.roster.models import RosterImport, Shift


@dataclass(frozen=True)
class RosterAge:
    """What IT needs to know of the roster as a whole."""

    brought_at: datetime | None
    """When the newest file that was applied was brought, also one that changed nothing. None: never."""
    covers_until: datetime | None
    """The last end of a shift that stands; None without any."""
    waiting: int
    """Imports that wait for a person's word."""
    max_age: timedelta

    def age(self, now: datetime) -> timedelta | None:
        return None if self.brought_at is None else now - self.brought_at

    def is_too_old(self, now: datetime) -> bool:
        """A central that never had a roster judges nobody and has none that is old."""
        age = self.age(now)
        return age is not None and age > self.max_age

    def sentence(self, now: datetime) -> str:
        """For people: a page or a mail to IT."""
        age = self.age(now)
        if age is None:
            return "No roster was imported yet, so no camera is expected back."
        hours = f"The roster is {int(age.total_seconds() // 3600)} h old"
        waits = f" {self._waiting_words()} for a person's word: dock-central roster pending." * bool(self.waiting)
        if not self.is_too_old(now):
            return f"{hours}.{waits}"
        return f"{hours}. Shifts that changed since are judged by what it says: bring the newest file in.{waits}"

    def _waiting_words(self) -> str:
        return "1 import waits" if self.waiting == 1 else f"{self.waiting} imports wait"


def roster_age(max_age: timedelta) -> RosterAge:
    """As the database has it; `max_age` is [roster] max_age."""
    applied = RosterImport.objects.filter(state=RosterImport.APPLIED)
    standing = Shift.objects.exclude(status__in=Shift.NOBODYS)
    return RosterAge(
        brought_at=applied.aggregate(at=Max("brought_at"))["at"],
        covers_until=standing.aggregate(at=Max("ends_at"))["at"],
        waiting=RosterImport.objects.filter(state=RosterImport.WAITING).count(),
        max_age=max_age,
    )
