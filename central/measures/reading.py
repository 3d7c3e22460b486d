"""Reads the rows that are counted, a page at a time: a long read would hold up writers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from central.config import CentralConfig
from central.custody.clips import recorded_until
from central.custody.models import Asset, DockSession
from central.dispatches.models import Comparison, Dispatch, DispatchVersion
from central.judging.models import Judgement
from central.measures.dispatches import Sent
from central.measures.duties import ShiftRow, counted_duties
from central.measures.measuring import Asked, Rows, chosen
from central.measures.videos import MARGIN, VideoRow, counted_videos
from central.measures.window import Window
from central.roster.duties import duties_with
from central.roster.models import Shift, ShiftVersion
from central.roster.shifts import batches
from central.timeliness.verdict import Pending

PAGE = 2000
LATER_SHIFTS = EARLIER_SHIFTS = timedelta(days=4)
"""A duty's first shift ends no longer before the duty does."""

SAID = (
    *("shift_id", "camera", "shift__officer_id", "shift__unit", "shift__status", "shift__starts_at"),
    *("shift__ends_at", "duty_starts_at", "duty_ends_at", "end_source", "deadline_at", "verdict", "plain_verdict"),
    *("excuse", "late_by_s", "docked_at", "absent_until", "docked_station", "docked_bay", "why"),
)


def read(asked: Asked, config: CentralConfig) -> Rows:
    """What is to be counted."""
    window = asked.window.widened(MARGIN, MARGIN)
    shifts = [*_judged(window, asked), *_unjudged(window, asked, config)]
    duties = counted_duties(_as_it_stood(shifts, asked.at) if asked.as_it_stood else shifts)
    return chosen(Rows(duties, counted_videos(_videos(asked), duties, asked.at), list(_sent(asked))), asked)


def _standing(rows: QuerySet[Judgement], asked: Asked) -> QuerySet[Judgement]:
    if not asked.as_it_stood:
        return rows.filter(superseded_at=None)
    return rows.filter(Q(superseded_at=None) | Q(superseded_at__gt=asked.at), judged_at__lte=asked.at)


def _judged(window: Window, asked: Asked) -> Iterator[ShiftRow]:
    """Of every duty of which some instant lies in the window: a video may have been recorded then."""
    rows = _standing(Judgement.objects.all(), asked)
    rows = rows.filter(_bounds("duty_ends_at", Window(begins=window.begins)))
    rows = rows.filter(_bounds("duty_starts_at", Window(ends=window.ends)))
    for _, *said, why in _pages(rows, *SAID):
        yield ShiftRow(*said, causes=tuple(one["cause"] for one in why))


def _unjudged(window: Window, asked: Asked, config: CentralConfig) -> Iterator[ShiftRow]:
    """Shifts of which nothing is said, with the deadlines of those that are somebody's."""
    judged = _standing(Judgement.objects.filter(shift=OuterRef("pk")), asked)
    rows = _within(Shift.objects.filter(~Exists(judged)), "ends_at", window.widened(EARLIER_SHIFTS, LATER_SHIFTS))
    if asked.as_it_stood:
        rows = rows.filter(pk__in=ShiftVersion.objects.filter(said_at__lte=asked.at).values("shift_id"))
    columns = ("shift_id", "camera_serial", "officer_id", "unit", "status", "starts_at", "ends_at")
    shifts = [ShiftRow(*found, duty_starts_at=None) for _, *found in _pages(rows, *columns)]
    owed = [one for one in shifts if one.status not in Shift.NOBODYS]
    yield from (one for one in shifts if one.status in Shift.NOBODYS)
    if not owed:
        return
    duties = duties_with({one.camera for one in owed}, min(one.ends_at for one in owed), config)
    duty_of = {shift.shift_id: duty for duty in duties for shift in duty.shifts}
    for one in owed:
        duty = duty_of.get(one.shift_id)
        if duty is None:
            continue  # it was cancelled while we read
        own = (one.shift_id, one.camera, one.officer, one.unit, one.status, one.starts_at, one.ends_at)
        said = (duty.starts_at, duty.ends_at, "", duty.deadline, Pending.name, Pending.name)
        yield ShiftRow(*own, *said)


def _as_it_stood(shifts: list[ShiftRow], at: datetime) -> Iterator[ShiftRow]:
    """Officer and unit as the roster had them then: a later reassignment is not told of that time."""
    by_id = {one.shift_id: one for one in shifts}
    for batch in batches(by_id):
        versions = ShiftVersion.objects.filter(shift_id__in=batch, said_at__lte=at).order_by("pk")
        for shift_id, officer, unit in versions.values_list("shift_id", "officer_id", "unit"):
            by_id[shift_id] = replace(by_id[shift_id], officer=officer, unit=unit)
    yield from by_id.values()


def _videos(asked: Asked) -> Iterator[VideoRow]:
    docks = DockSession.objects.filter(session=OuterRef("session"), station=OuterRef("station"))
    rows = Asset.objects.filter(kind__in=("video", "")).annotate(dock_at=Subquery(docks.values("docked_at")[:1]))
    recorded = Q(recorded_at__isnull=False) & _bounds("recorded_at", asked.window)
    staged = Q(recorded_at=None, staged_at__isnull=False) & _bounds("staged_at", asked.window)
    rows = rows.filter(recorded | staged | Q(recorded_at=None, staged_at=None))
    if asked.as_it_stood:
        rows = rows.filter(first_heard_at__lte=asked.at)
    columns = (
        *(
            "asset_id",
            "camera",
            "sha256",
            "kind",
            "recorded_at",
            "mtime_ns",
            "recorded_until",
            "dock_at",
            "staged_at",
        ),
        *("verified_at", "station_id", "recorded_source", "state"),
    )
    for _, asset_id, camera, sha256, kind, began, changed, told, *steps, station, source, state in _pages(
        rows, *columns
    ):
        ended = None if began is None else recorded_until(began, changed, told)
        known = [None if step is not None and asked.as_it_stood and step > asked.at else step for step in steps]
        yield VideoRow(str(asset_id), camera, sha256, kind, began, ended, *known, station, source, state)


def _sent(asked: Asked) -> Iterator[Sent]:
    """Every officer of every dispatch with what stands of it; one that was not compared is pending."""
    standing = Comparison.objects.filter(superseded_at=None)
    bounds = _bounds("begins_at", asked.window)
    rows = Dispatch.objects.filter(bounds | Q(begins_at=None) if bounds else bounds)
    if asked.as_it_stood:
        later = Q(superseded_at=None) | Q(superseded_at__gt=asked.at)
        standing = Comparison.objects.filter(later, compared_at__lte=asked.at)
        rows = rows.filter(pk__in=DispatchVersion.objects.filter(said_at__lte=asked.at).values("dispatch"))
    columns = ("dispatch_id", "officer_id", "kind", "type", "priority", "begins_at")
    found = ("unit", "result", "rule", "cause", "start", "end", "documented", "late_start_s", "early_end_s")
    for page in _in_pages(_pages(rows, *columns)):
        numbers = [number for number, *_ in page]
        told = standing.filter(dispatch__in=numbers).values_list("dispatch", *found, "assets", "cameras")
        said = {number: rest for number, *rest in told}
        for number, *own in page:
            if number not in said:
                yield Sent(*own)
                continue
            *words, assets, cameras = said[number]
            yield Sent(*own, *words, tuple(assets), tuple(cameras))


def _in_pages(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while page := list(islice(rows, PAGE)):
        yield page


def _bounds(column: str, window: Window) -> Q:
    bounds = Q()
    if window.begins is not None:
        bounds &= Q(**{f"{column}__gte": window.begins})
    if window.ends is not None:
        bounds &= Q(**{f"{column}__lt": window.ends})
    return bounds


def _within(rows: QuerySet[Any], column: str, window: Window) -> QuerySet[Any]:
    return rows.filter(_bounds(column, window))


def _pages(rows: QuerySet[Any], *columns: str) -> Iterator[tuple[Any, ...]]:
    """The primary key and these columns of every row. Every page is a query of its own."""
    last = None
    while True:
        rest = rows if last is None else rows.filter(pk__gt=last)
        page = list(rest.order_by("pk").values_list("pk", *columns)[:PAGE])
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1][0]
