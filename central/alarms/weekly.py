"""The weekly mail: all is accounted for, or what is not. Its absence is news too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count

from central.alarms.models import Alarm, Remembered
from central.alarms.telling import Recipients, post_mail
from central.alarms.wording import Place, Said, of_again
from central.custody.models import Asset, DockSession
from central.fleet.overview import stations

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEK = timedelta(days=7)
NOT_YET = ("FOUND", "STAGED", "UPLOADED")


@dataclass(frozen=True)
class Week:
    """What is counted. Everything at the moment of writing, but for `docks`."""

    stations: int
    heard: int
    cameras: int
    """That docked within the last week."""
    docks: int
    without_receipt: int
    put_aside: int


def slot_before(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The last moment named by `Mon 07:00` in that zone that is not after `now`."""
    day, time = text.split(" ")
    hour, minute = (int(part) for part in time.split(":"))
    local = now.astimezone(zone)
    back = (local.weekday() - DAYS.index(day)) % 7
    slot = local.replace(hour=hour, minute=minute, second=0, microsecond=0, fold=0) - timedelta(days=back)
    # Going back by days keeps the wall clock; the instant follows from it anew.
    slot = slot if slot.astimezone(UTC) <= now else slot - WEEK
    return slot.astimezone(UTC)


def tell_weekly(to: Recipients, now: datetime) -> bool:
    """Post it once for each slot; True when this call did. The first slot of a new central is passed over."""
    text = to.config.alarms.weekly
    if not text:
        return False
    slot = slot_before(text, to.zone, now)
    if Remembered.objects.filter(pk=1, weekly_slot__gte=slot).exists():
        return False
    with transaction.atomic():
        row, _ = Remembered.objects.get_or_create(pk=1)
        last = row.weekly_slot
        if last is not None and last >= slot:
            return False
        Remembered.objects.filter(pk=1).update(weekly_slot=slot)
        if last is None or not to.addresses:
            return False
        post_mail(to, words_of(_count(to, now), list(Alarm.objects.filter(ended_at=None)), to.zone), now)
    return True


def words_of(week: Week, alarms: list[Alarm], zone: ZoneInfo) -> Said:
    """The mail's words."""
    is_well = not alarms and not week.put_aside and week.heard == week.stations
    sentences = [
        f"Stations: {week.heard} of {week.stations} are heard.",
        f"Cameras: {week.cameras} docked in the last seven days, {week.docks} times.",
        f"Footage: {week.without_receipt} file(s) on their way have no receipt yet; {week.put_aside} put aside.",
    ]
    if not alarms:
        return Said("all accounted for" if is_well else "the week", (*sentences, "No alarm is open."))
    open_now = of_again(alarms, Place(zone, week.stations))
    return Said(f"the week, {len(alarms)} alarm(s) open", (*sentences, *open_now.sentences))


def _count(to: Recipients, now: datetime) -> Week:
    known = [one for one in stations(to.config.stations, now) if one.state not in ("not_enrolled", "never_heard")]
    docks = DockSession.objects.filter(docked_at__gte=now - WEEK)
    states = dict(Asset.objects.values_list("state").annotate(Count("pk")))
    return Week(
        stations=len(known),
        heard=sum(one.state != "offline" for one in known),
        cameras=docks.values("camera").distinct().count(),
        docks=docks.count(),
        without_receipt=sum(states.get(state, 0) for state in NOT_YET),
        put_aside=states.get("QUARANTINED", 0),
    )
