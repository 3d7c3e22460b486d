"""Who asked not to hear of which alarm, until when and why. Told or not, an alarm stays open and is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from central.alarms.models import Alarm, Silence

LONGEST_REASON = 255


class NotSilenced(Exception):
    """Nothing was changed; the message says why."""


@dataclass(frozen=True)
class Wish:
    """What a person asks for."""

    until: datetime
    """Not later than now: what was asked for before is lifted."""
    reason: str
    by: str


def silence(number: int, wish: Wish, now: datetime) -> Silence:
    """Tell nobody of this alarm's kind and subject until then, also when it ends and opens again.

    Raises:
        NotSilenced: there is no such alarm, it is over, or no reason is given.
    """
    alarm = Alarm.objects.filter(pk=number).first()
    if alarm is None:
        raise NotSilenced(f"there is no alarm {number}")
    if alarm.ended_at is not None:
        raise NotSilenced(f"alarm {number} is over already; there is nothing to silence")
    reason = wish.reason.strip()[:LONGEST_REASON]
    if not reason:
        raise NotSilenced("say why: whoever comes next wants to know")
    return Silence.objects.create(
        kind=alarm.kind, subject=alarm.subject, until=wish.until, reason=reason, said_by=wish.by, said_at=now
    )


def silences(now: datetime) -> dict[tuple[str, str], Silence]:
    """The silences that hold, by kind and subject."""
    latest = Silence.objects.values("kind", "subject").annotate(last=Max("pk")).values("last")
    return {(one.kind, one.subject): one for one in Silence.objects.filter(pk__in=latest, until__gt=now)}
