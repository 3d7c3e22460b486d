"""How far a station has told of itself: a claim counts once central holds every event up to its number."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Min

from central.custody.applying import Unapplicable, in_utc
from central.custody.models import ParkedEvent
from central.custody.station_clocks import UNSEEN_TRIP, clock_of, keep_clock
from central.custody.touching import touch
from central.custody.watch_models import LedgerWatch, Touched, Watch, WatchClaim
from central.fleet.models import Heartbeat, Ledger
from protocol import messages

MOST_WAITING = 1000
"""Claims of one ledger that wait for their events; a station that claims more at once gets no more for it."""
LAST_EVENT = 2**53


def take_claim(station: str, message: messages.Heartbeat, now: datetime) -> None:
    """What a heartbeat says of its station's clock and watch. A claim that makes no sense is left out. Not for
    when central's clock is in doubt: the next heartbeat says it again."""
    if keep_clock(station, message.at, now):
        touch(Touched.STATION, station, now)
    claim, event, head = message.watched_until, message.watched_event, message.head
    if claim is None or event is None or head is None or not 0 < event <= LAST_EVENT:
        return
    ledger = Ledger.objects.filter(station_id=station, ledger_uuid=head.ledger_uuid).first()
    if ledger is None:
        return  # none of its events has arrived: the next heartbeat claims again
    try:
        until, uncertainty = _on_our_clock(station, message, min(in_utc(claim), in_utc(message.at.wall)), now)
    except (Unapplicable, OverflowError):
        return
    if WatchClaim.objects.filter(ledger=ledger).count() < MOST_WAITING:
        values = {"until": until, "uncertainty_ms": uncertainty / timedelta(milliseconds=1)}
        WatchClaim.objects.update_or_create(ledger=ledger, event=event, defaults=values)
    settle_claims(ledger, now)


def _on_our_clock(
    station: str, message: messages.Heartbeat, until: datetime, now: datetime
) -> tuple[datetime, timedelta]:
    clock = clock_of(station, message.at)
    if clock.offset_ms is None or clock.uncertainty_ms is None:
        return until - (in_utc(message.at.wall) - now), UNSEEN_TRIP
    return until - timedelta(milliseconds=clock.offset_ms), timedelta(milliseconds=clock.uncertainty_ms)


def settle_claims(ledger: Ledger, now: datetime) -> None:
    """Take every waiting claim whose events have arrived by now."""
    arrived = WatchClaim.objects.filter(ledger=ledger, event__lte=ledger.head_number)
    claims = list(arrived.order_by("until"))
    if not claims:
        return
    watch, _ = LedgerWatch.objects.get_or_create(ledger=ledger)
    for claim in claims:
        if watch.told_until is None or claim.until > watch.told_until:
            watch.told_until, watch.uncertainty_ms = claim.until, claim.uncertainty_ms
        is_open = watch.blocked_by is None or claim.event < watch.blocked_by
        if is_open and (watch.proven_until is None or claim.until > watch.proven_until):
            watch.proven_until = claim.until
    watch.save()
    arrived.delete()
    Heartbeat.objects.filter(station_id=ledger.station_id).update(proven_until=_listened_until(ledger, watch))
    touch(Touched.TOLD, ledger.station_id, now)


def _listened_until(ledger: Ledger, watch: LedgerWatch) -> datetime | None:
    """Until when all sources of the present run were listened to. A drop folder proves nothing and spoils nothing."""
    newest = Watch.objects.filter(ledger=ledger).order_by("-run", "-from_event").first()
    if newest is None or watch.proven_until is None:
        return watch.proven_until
    last: dict[str, Watch] = {}
    for row in Watch.objects.filter(ledger=ledger, run=newest.run, is_blind=False).order_by("from_event"):
        last[row.source] = row
    ended = [row.watched_until for row in last.values() if row.watched_until is not None]
    return min([watch.proven_until, *ended])


def note_blocked(ledger: Ledger, now: datetime) -> None:
    """An event was parked, or understood at last: from the first that is left nothing counts as watched."""
    parked = ParkedEvent.objects.filter(event__ledger=ledger, unwatches=True)
    first = parked.aggregate(first=Min("event__number"))["first"]
    watch, _ = LedgerWatch.objects.get_or_create(ledger=ledger)
    if watch.blocked_by != first:
        if first is None:
            watch.proven_until = watch.told_until
        watch.blocked_by = first
        watch.save()
        touch(Touched.STATION, ledger.station_id, now)
