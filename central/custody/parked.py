"""Which parked events leave their station unwatched, and taking them up when they can be understood at last."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

import msgspec
import structlog
from django.db import transaction

from central.custody import applying_watch as _applying_watch  # noqa: F401 - teaches `apply` its events
from central.custody.applying import Unapplicable, apply
from central.custody.claims import note_blocked
from central.custody.models import CustodyEvent, ParkedEvent
from central.custody.watch_models import UnwatchedBay, Watch
from central.fleet.models import Ledger
from protocol import events
from protocol.events import Event, decode_body

log = structlog.get_logger()

WATCHING = ("watch_started", "watch_stopped", "bay_unwatched", "bay_watched")
"""What `Watch` and `UnwatchedBay` are made of."""
SAID_OF_LEDGERS = ("predecessor", "succession", "set_back_from", "set_back_at", "set_back_epoch")
"""Columns of a ledger that its own events fill."""
_SPEAK_OF_WATCHING = {*WATCHING, "camera_docked", "camera_undocked", "identity_clash"}
_OF_OTHER_THINGS = {kind.__struct_config__.tag for kind in get_args(events.AnyEvent)} - _SPEAK_OF_WATCHING


class _Named(msgspec.Struct):
    type: str


def may_speak_of_watching(body: str) -> bool:
    """Whether an event that was not understood may have said that a camera docked or that nobody watched: unless it
    is of a kind that we know to speak of other things."""
    try:
        return msgspec.json.decode(body, type=_Named).type not in _OF_OTHER_THINGS
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return True


def understand_parked(now: datetime) -> int:
    """Try again to read what was parked, as a newer central can; how many events were understood."""
    understood = 0
    for ledger in Ledger.objects.filter(events__parked__isnull=False).distinct():
        rows = ParkedEvent.objects.filter(event__ledger=ledger).select_related("event").order_by("event__number")
        taken = [row for row in rows if _understand(ledger, row, now)]
        if any(row.event.name in WATCHING for row in taken):
            tell_watch_again(ledger, now)
        if taken:
            note_blocked(ledger, now)
        understood += len(taken)
    return understood


def _understand(ledger: Ledger, parked: ParkedEvent, now: datetime) -> bool:
    event = _read(parked.event)
    if event is None:
        return False
    ledger.head_number = parked.event.number  # as it was then; never saved
    try:
        with transaction.atomic():
            apply(event, ledger, now)
            ledger.save(update_fields=SAID_OF_LEDGERS)
            parked.delete()
    except Unapplicable:
        return False
    parked.event.name = str(type(event).__struct_config__.tag)  # in memory: a stored event never changes
    log.info("event_understood", ledger=str(ledger.ledger_uuid), number=parked.event.number)
    return True


def tell_watch_again(ledger: Ledger, now: datetime) -> None:
    """Make what this ledger's station watched anew from its events, in their order."""
    with transaction.atomic():
        Watch.objects.filter(ledger=ledger).delete()
        UnwatchedBay.objects.filter(ledger=ledger).delete()
        parked = ParkedEvent.objects.filter(event__ledger=ledger).values("event")
        for row in ledger.events.exclude(pk__in=parked).order_by("number").iterator(500):
            event = _read(row)
            if event is not None and type(event).__struct_config__.tag in WATCHING:
                ledger.head_number = row.number
                apply(event, ledger, now)


def _read(row: CustodyEvent) -> Event | None:
    try:
        return decode_body(row.body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
