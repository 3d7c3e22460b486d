"""Open items in the database: opened, joined and closed by what stands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef

from central.custody.models import DockSession
from central.judging.models import Judgement
from central.notices.digest import OPEN_KINDS, Kind
from central.notices.facts import CLOSING_KINDS, Standing
from central.notices.models import Beginning, Item, ItemShift, Line, Notice
from central.notices.outbox import supersede, waiting
from central.notices.settling import Change, closing, settle
from central.roster.shifts import batches
from central.roster.station_roster import LOOK_BACK
from central.timeliness.verdict import Late, Outstanding

log = structlog.get_logger()

UNTRUE = (*OPEN_KINDS, Kind.CLEARED)
"""What is no longer so once an item is cleared or withdrawn."""


def beginning(now: datetime) -> datetime:
    """Since when notices are decided: what was due before is nobody's news."""
    return Beginning.objects.get_or_create(pk=1, defaults={"since": now})[0].since


def settle_items(now: datetime, zone: ZoneInfo) -> None:
    """Bring every open item in line with what stands. Harmless to repeat; each camera is one transaction."""
    own: dict[str, list[str]] = {}
    joined = ItemShift.objects.filter(item__state=Item.OPEN).order_by("pk")
    for camera, shift_id in joined.values_list("item__camera", "shift_id"):
        own.setdefault(camera, []).append(shift_id)
    stands = standing_of(shift_id for shifts in own.values() for shift_id in shifts)
    late: dict[str, list[Standing]] = {}
    rows = Judgement.objects.filter(superseded_at=None, verdict=Outstanding.name)
    for row in rows.filter(deadline_at__gt=beginning(now), deadline_at__lte=now).order_by("deadline_at", "shift_id"):
        late.setdefault(row.camera, []).append(as_standing(row))
    for camera in sorted({*own, *late}):
        change = settle(camera, own.get(camera, ()), stands, late.get(camera, ()), now, zone)
        if change != Change():
            _make(camera, change, now)
    _withdraw_cleared(now, zone)


def _withdraw_cleared(now: datetime, zone: ZoneInfo) -> None:
    """What was cleared and turns out not to have been late after all is withdrawn from everybody who was told."""
    late = Judgement.objects.filter(shift=OuterRef("shift"), camera=OuterRef("item__camera"), superseded_at=None)
    cleared = ItemShift.objects.filter(item__state=Item.CLEARED, item__closed_at__gte=now - LOOK_BACK)
    doubtful = cleared.exclude(Exists(late.filter(verdict=Late.name))).values_list("item", flat=True).distinct()
    for item in Item.objects.filter(pk__in=list(doubtful)).prefetch_related("shifts"):
        own = [one.shift_id for one in item.shifts.all()]
        found = closing(item.camera, own, standing_of(own), now, zone)
        if found is not None and found.state == Item.WITHDRAWN:
            with transaction.atomic():
                item.state, item.why, item.closed_at, item.done_at = found.state, found.why, now, None
                item.save()
                _take_back(item, now)
            log.info("item_closed", camera=item.camera, state=item.state)


def standing_of(shift_ids: Iterable[str]) -> dict[str, Standing]:
    """What stands of these shifts; of some nothing does."""
    found: dict[str, Standing] = {}
    for batch in batches(shift_ids):
        rows = Judgement.objects.filter(shift__in=batch, superseded_at=None)
        found |= {row.shift_id: as_standing(row) for row in rows}
    return found


def as_standing(row: Judgement) -> Standing:
    return Standing(
        shift_id=row.shift_id,
        camera=row.camera,
        verdict=row.verdict,
        deadline_at=row.deadline_at,
        excuse=row.excuse,
        late_by=None if row.late_by_s is None else timedelta(seconds=row.late_by_s),
        docked_at=row.docked_at,
        docked_where=docked_where(row),
        because=row.because,
        causes=tuple(str(why["cause"]) for why in row.why),
    )


def docked_where(row: Judgement) -> str:
    """`East, Bay 7`, with the bay's label where it has one."""
    if not row.docked_station:
        return ""
    labels = DockSession.objects.filter(pk=row.docked_session) if row.docked_session else DockSession.objects.none()
    label = labels.values_list("bay_label", flat=True).first()
    return ", ".join(part for part in (row.docked_station, label or row.docked_bay) if part)


def _make(camera: str, change: Change, now: datetime) -> None:
    with transaction.atomic():
        item = Item.objects.filter(camera=camera, state=Item.OPEN).first()
        if item is not None and change.closes is not None:
            item.state, item.why, item.closed_at = change.closes.state, change.closes.why, now
            item.save()
            _take_back(item, now)
            log.info("item_closed", camera=camera, state=item.state)
        if change.opens:
            item = _reopened(camera, change.opens) or Item.objects.create(camera=camera, opened_at=now)
            log.info("item_opened", camera=camera, shifts=list(change.opens))
        ItemShift.objects.bulk_create(
            (ItemShift(item=item, shift_id=shift_id, joined_at=now) for shift_id in (*change.joins, *change.opens)),
            ignore_conflicts=True,
        )


def _reopened(camera: str, shift_ids: Iterable[str]) -> Item | None:
    """The item that was just withdrawn, if it is out on the same shift all the same and nobody has heard yet of the
    withdrawal: else one mail would take back what it says."""
    withdrawn = Item.objects.filter(camera=camera, state=Item.WITHDRAWN, done_at=None, shifts__shift__in=shift_ids)
    ends = Line.objects.filter(kind__in=[str(kind) for kind in CLOSING_KINDS], notice__superseded_at=None)
    item = withdrawn.exclude(Exists(ends.filter(item=OuterRef("pk")))).order_by("-pk").first()
    if item is not None:
        item.state, item.why, item.closed_at = Item.OPEN, "", None
        item.save()
    return item


def _take_back(item: Item, now: datetime) -> None:
    """Mails that say that it is out, or how it ended before, and that nobody can have got yet, are not sent any more.
    What else they said is said anew: also the end of another item of which nothing else was left to say."""
    untrue = waiting().filter(lines__item=item, lines__kind__in=[str(kind) for kind in UNTRUE]).distinct()
    taken = supersede(untrue, now)
    Item.objects.filter(lines__notice__in=taken, done_at__isnull=False).update(done_at=None)
    for notice in taken:
        log.info("notice_taken_back", notice=str(notice.notice_id), to=notice.recipient)


def undone() -> list[Item]:
    """Items of which something may be left to say."""
    return list(Item.objects.filter(done_at=None).order_by("pk"))


def mark_done(numbers: Iterable[int], now: datetime) -> None:
    for batch in batches(str(number) for number in numbers):
        Item.objects.filter(pk__in=batch, state__in=(Item.CLEARED, Item.WITHDRAWN)).update(done_at=now)


def notices_about(item_ids: Iterable[int]) -> list[Notice]:
    found: dict[int, Notice] = {}
    for batch in batches(str(one) for one in item_ids):
        rows = Notice.objects.filter(lines__item__in=batch, superseded_at=None).distinct()
        found |= {row.pk: row for row in rows}
    return [found[key] for key in sorted(found)]
