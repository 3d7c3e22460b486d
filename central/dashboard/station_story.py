"""Puts together what the drawing of one station shows: its bays, as the rule of lateness sees them watched."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from central.custody.models import DockSession, LedgerWatch
from central.custody.watched_bays import watches_of
from central.dashboard.drawing.bays import BayLane, BayStory
from central.dashboard.drawing.timeline import Span
from central.dashboard.whereabouts import bay_labels
from central.dashboard.words import Labels, bay_words
from central.timeliness import facts
from central.timeliness.watching import gaps, watch_of

MOST_LANES = 32
RECENT = timedelta(minutes=5)
"""What was told last lies a little before now: that is no gap yet."""


def bay_story(station: str, now: datetime, span: timedelta) -> BayStory | None:
    """None: it never watched anything, and nothing was docked in the span."""
    since = now - span
    told = {one.ledger_id: one for one in LedgerWatch.objects.filter(ledger__station=station)}
    open_or_late = Q(undocked_at=None) | Q(undocked_at__gte=since)
    docks = DockSession.objects.filter(open_or_late, station=station, docked_at__lte=now, proves_dock=True)
    docked = list(docks.order_by("docked_at", "session"))
    watch = watches_of([station], told, since, now).get(station)
    bays = [] if watch is None else list(watch.bays({(one.bay, one.source) for one in docked}))
    if not bays and not docked:
        return None
    labels = bay_labels([station])
    known = {bay.bay for bay in bays}
    bays += [facts.Bay(station, bay, ()) for bay in sorted({one.bay for one in docked} - known)]
    lanes = [_lane(bay, docked, labels, since, now) for bay in bays]
    lanes.sort(key=lambda lane: as_people_count(lane.label))
    unwatched = sum(bool(lane.gaps) for lane in lanes)
    says = f"{station}: {len(lanes)} bays, {len(docked)} docks, {unwatched} bays with unwatched time. Tables below."
    return BayStory(since, now, tuple(lanes[:MOST_LANES]), says)


def as_people_count(label: str) -> list[tuple[int, str]]:
    """For sorting: Bay 2 before Bay 10."""
    parts = re.split(r"(\d+)", label)
    return [(int(part[:9]), part) if part.isdecimal() else (0, part) for part in parts]


def _lane(bay: facts.Bay, docked: Sequence[DockSession], labels: Labels, since: datetime, now: datetime) -> BayLane:
    certain = watch_of(bay).certain
    unwatched = [(max(one, since), min(other, now)) for one, other in gaps(certain, since, now)]
    return BayLane(
        bay_words(bay.station, bay.bay, labels),
        tuple(Span(max(one, since), min(other, now), "watched") for one, other in certain if other >= since),
        tuple(Span(one, other, "not watched") for one, other in unwatched if one < other and one < now - RECENT),
        tuple(
            Span(max(one.docked_at or since, since), one.undocked_at, one.camera)
            for one in docked
            if one.bay == bay.bay
        ),
    )
