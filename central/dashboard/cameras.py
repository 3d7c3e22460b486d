"""`/cameras/SERIAL/`: where a camera was, who owed it, and what is open about it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, Q, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from central import clock
from central.custody.models import Asset, DockSession, NotSeenReport
from central.dashboard.camera_room import Room, Stay, room_of
from central.dashboard.drawing.days import strip
from central.dashboard.guards import not_for_you, seers_only
from central.dashboard.notice_pages import notices_for
from central.dashboard.roles import READERS
from central.dashboard.sight import Sight
from central.dashboard.surroundings import site_zone
from central.dashboard.whereabouts import bay_labels, last_docks, place_of
from central.judging.models import Excuse, Judgement
from central.notices.models import Item, Line, Notice
from central.roster.models import Shift

DAYS = 30
MOST_SHOWN = 60
DOCKS_PER_PAGE = 25


@seers_only
def camera(request: HttpRequest, serial: str) -> HttpResponse:
    sight: Sight = request.sight  # type: ignore[attr-defined]
    if not sight.roles & READERS:  # an officer's shifts have pages; where others took his camera is not his to see
        return not_for_you(request)
    docks = DockSession.objects.filter(camera=serial).order_by("-docked_at", "session")
    shifts = sight.shifts().filter(camera_serial=serial)
    if not (shifts.exists() or (sight.sees_everything and docks.exists())):
        raise Http404
    page = Paginator(docks, DOCKS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "dashboard/camera.html", _context(serial, shifts, page, sight))


def _context(serial: str, shifts: Any, docks: Page[DockSession], sight: Sight) -> dict[str, Any]:
    now = clock.now()
    last = last_docks([serial]).get(serial)
    standing = Prefetch("judgements", Judgement.objects.filter(superseded_at=None), to_attr="standing")
    duties = shifts.select_related("officer").prefetch_related(standing).order_by("-starts_at", "pk")
    seen = _days_seen(serial, now, site_zone())
    unseen = sum(not is_seen for _, is_seen in seen)
    return {
        "camera": serial,
        "dock": last,
        "where": place_of(last),
        "duties": duties[:MOST_SHOWN],
        "docks": docks,
        "page": docks,
        "query": "",
        "room": _room(serial, now),
        "labels": bay_labels({dock.station_id for dock in docks}),
        "unseen": unseen,
        "days": DAYS,
        "drawing": strip(seen, "seen", f"{unseen} of {DAYS} days without this camera in any dock"),
        "without_shift": _is_out_without_shift(serial, last, now),
        "item": Item.objects.filter(camera=serial, state=Item.OPEN).first(),
        "told": _told(serial, sight),
        "excuses": _within(sight, Excuse.objects.filter(camera=serial)).order_by("-pk")[:20],
        "reports": _within(sight, NotSeenReport.objects.filter(camera=serial)).order_by("-deadline_at")[:20],
        "sees_everything": sight.sees_everything,
        "now": now,
    }


def _within(sight: Sight, rows: Any) -> Any:
    """Those about shifts that he sees, and those about the camera itself: other units' are not his to read."""
    if sight.sees_everything:
        return rows
    return rows.filter(Q(shift_id=None) | Q(shift_id="") | Q(shift_id__in=sight.shifts().values("pk")))


def _told(serial: str, sight: Sight) -> list[tuple[Notice, str]]:
    """The latest notices that name this camera and that he may open, and as what."""
    lines = Line.objects.filter(camera=serial, notice__in=notices_for(sight))
    lines = lines.select_related("notice").defer("notice__text", "notice__html")
    found = {line.notice_id: (line.notice, line.kind) for line in lines.order_by("-notice__created_at", "-pk")[:60]}
    return list(found.values())[:20]


def _room(serial: str, now: datetime) -> Room | None:
    """How long its card lasts, from the last month's docks. Only docks of which something is on record to count."""
    since = now - timedelta(days=DAYS)
    rows = DockSession.objects.filter(camera=serial, proves_dock=True, docked_at__gte=since, docked_at__lte=now)
    rows = rows.order_by("docked_at", "session")
    docks = list(rows)
    counted = Asset.objects.filter(session__in=[dock.session for dock in docks]).values("session").order_by()
    new = {one["session"]: one["bytes"] or 0 for one in counted.annotate(bytes=Sum("size"))}
    return room_of(
        [
            Stay(dock.docked_at, dock.undocked_at, new.get(dock.session, 0), dock.card_free_bytes)
            for dock in docks
            if dock.docked_at is not None
        ]
    )


def _days_seen(serial: str, now: datetime, zone: ZoneInfo) -> list[tuple[date, bool]]:
    """Each of the last days in the site's zone, and whether it was in a dock at some time then."""
    today = now.astimezone(zone).date()
    first = today - timedelta(days=DAYS - 1)
    since = datetime(first.year, first.month, first.day, tzinfo=zone)
    docks = DockSession.objects.filter(camera=serial, docked_at__isnull=False, docked_at__lte=now)
    spans = docks.filter(Q(undocked_at=None) | Q(undocked_at__gte=since)).values_list("docked_at", "undocked_at")
    seen: set[date] = set()
    for begun, ended in spans:
        day, last = max(begun.astimezone(zone).date(), first), (ended or now).astimezone(zone).date()
        while day <= last:
            seen.add(day)
            day += timedelta(days=1)
    return [(day, day in seen) for day in (first + timedelta(days=count) for count in range(DAYS))]


def _is_out_without_shift(serial: str, last: DockSession | None, now: datetime) -> bool:
    """Out of its dock, and on no shift that has ended since, is under way or is about to begin."""
    if last is None or last.undocked_at is None:
        return False
    early = settings.CONFIG.lateness.early_tolerance
    shifts = Shift.objects.filter(camera_serial=serial).exclude(status__in=Shift.NOBODYS)
    return not shifts.filter(ends_at__gte=last.undocked_at, starts_at__lte=now + early).exists()
