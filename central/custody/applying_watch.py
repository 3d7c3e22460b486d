"""What events say about watching: which source and bay was watched, and which camera was not seen."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max

from central.custody.applying import apply, in_utc, perhaps
from central.custody.models import DockSession
from central.custody.not_seen import dock_since
from central.custody.station_clocks import clock_of, set_begin, set_end
from central.custody.touching import touch
from central.custody.watch_models import LedgerWatch, NotSeenReport, Touched, UnwatchedBay, Watch
from central.fleet.models import Ledger
from protocol import events

LONGEST = 255
MOST_SOURCES = 100
"""More are no dock station."""


@apply.register
def _(event: events.WatchStarted, ledger: Ledger, now: datetime) -> None:
    at, clock = in_utc(event.at.wall), clock_of(ledger.station_id, event.at)
    open_now = Watch.objects.filter(ledger=ledger, watched_until=None)
    if event.reason == "resumed":
        run = Watch.objects.filter(ledger=ledger).aggregate(run=Max("run"))["run"] or ledger.head_number
        open_now = open_now.filter(source__in=event.sources)
    else:
        run = ledger.head_number
    for row in open_now:
        _end_untold(row, ledger)
    for source in list(dict.fromkeys(event.sources))[:MOST_SOURCES]:
        row = Watch(
            ledger=ledger,
            station_id=ledger.station_id,
            source=source[:LONGEST],
            is_blind=source in event.blind,
            run=run,
            watched_from=at,
            from_event=ledger.head_number,
        )
        set_begin(row, clock)
        row.save()
    touch(Touched.STATION, ledger.station_id, now)


def _end_untold(row: Watch, ledger: Ledger) -> None:
    """Its end was never told: it was watched as far as was claimed before, and not known to be for any longer."""
    told = LedgerWatch.objects.filter(ledger=ledger).values_list("proven_until", flat=True).first()
    by_its_clock = None if told is None else told + timedelta(milliseconds=row.offset_ms or 0)
    row.watched_until = max(row.watched_from, by_its_clock or row.watched_from)
    row.until_event, row.ended_by = ledger.head_number, "untold"
    row.end_offset_ms, row.end_uncertainty_ms = row.offset_ms, row.uncertainty_ms
    row.save()


@apply.register
def _(event: events.WatchStopped, ledger: Ledger, now: datetime) -> None:
    until = in_utc(event.until or event.at.wall)
    rows = Watch.objects.filter(ledger=ledger, watched_until=None)
    for row in rows.filter(source__in=event.sources) if event.sources else rows:
        row.watched_until, row.until_event = max(until, row.watched_from), ledger.head_number
        row.ended_by = event.reason[:64]
        if event.reason == "crashed":  # written by the next start, whose clock may be another
            row.end_offset_ms, row.end_uncertainty_ms = row.offset_ms, row.uncertainty_ms
            row.end_boot_id, row.end_booted_at_us = row.boot_id, row.booted_at_us
        else:
            set_end(row, clock_of(ledger.station_id, event.at))
        row.save()
    touch(Touched.STATION, ledger.station_id, now)


@apply.register
def _(event: events.BayUnwatched, ledger: Ledger, now: datetime) -> None:
    row = UnwatchedBay(
        ledger=ledger,
        station_id=ledger.station_id,
        source=event.source[:LONGEST],
        bay=event.bay[:LONGEST],
        reason=event.reason[:64],
        detail=event.detail,
        unwatched_from=in_utc(event.since),
    )
    set_begin(row, clock_of(ledger.station_id, event.at))
    row.save()
    touch(Touched.STATION, ledger.station_id, now)


@apply.register
def _(event: events.BayWatched, ledger: Ledger, now: datetime) -> None:
    until = in_utc(event.at.wall)
    over = {"source": event.source[:LONGEST], "bay": event.bay[:LONGEST], "reason": event.reason[:64]}
    for row in UnwatchedBay.objects.filter(ledger=ledger, unwatched_until=None, **over):
        row.unwatched_until = max(until, row.unwatched_from)
        set_end(row, clock_of(ledger.station_id, event.at))
        row.save()
    touch(Touched.STATION, ledger.station_id, now)


@apply.register
def _(event: events.IdentityClash, ledger: Ledger, now: datetime) -> None:
    """Which of the two it was, nobody knows: neither dock says anything about a camera any more."""
    docks = DockSession.objects.filter(session__in=(event.session, event.other_session), station=ledger.station_id)
    serials = [touch(Touched.CAMERA, camera, now) for camera in sorted(docks.values_list("camera", flat=True))]
    docks.update(identity_unique=False, news_serial=max(serials, default=0))


@apply.register
def _(event: events.CameraNotSeen, ledger: Ledger, now: datetime) -> None:
    ends_at = in_utc(event.ends_at)
    NotSeenReport.objects.get_or_create(
        station_id=ledger.station_id,
        shift_id=event.shift_id[:128],
        deadline_at=in_utc(event.deadline_at),
        defaults={
            "camera": event.camera[:LONGEST],
            "ends_at": ends_at,
            "policy_revision": event.policy_revision[:64],
            "roster_at": perhaps(event.roster_at),
            "reported_at": in_utc(event.at.wall),
            "watched_from": perhaps(event.watched_from),
            "watched_until": perhaps(event.watched_until),
            "coverage": [_told(span) for span in event.unwatched],
            "last_seen_at": perhaps(event.last_seen_at),
            "last_bay": event.last_bay[:LONGEST],
            "ended_by": dock_since(event.camera, ends_at),
        },
    )
    touch(Touched.CAMERA, event.camera[:LONGEST], now)


def _told(span: events.UnwatchedSpan) -> dict[str, str | None]:
    return {
        "source": span.source,
        "bay": span.bay,
        "reason": span.reason,
        "since": in_utc(span.since).isoformat(),
        "until": None if span.until is None else in_utc(span.until).isoformat(),
    }
