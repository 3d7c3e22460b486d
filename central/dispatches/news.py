"""Which dispatches are to be compared again: those of which there is news since the last time."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from django.db.models import F, Max, Q, QuerySet

from central.config import Dispatches
from central.custody.models import Asset, CustodyEvent, Touched
from central.custody.touching import last_touched, touched_after
from central.dispatches.eligibility import Rule
from central.dispatches.matching import MARGIN
from central.dispatches.models import (
    Compared,
    Comparison,
    Dispatch,
    DispatchVersion,
    DocumentedException,
    ExceptionDecision,
)
from central.judging.models import Judgement
from central.roster.csv_file import LONGEST_SHIFT
from central.roster.models import Officer, Shift, ShiftVersion
from central.roster.shifts import batches

AGAIN = timedelta(minutes=2)
"""Receipts are given by several workers: those of the last moments are looked at twice."""
TOO_MANY = 5000
"""Of more news than this, everything is compared: it costs less than asking what is concerned."""


class Because(StrEnum):
    """Why a dispatch was compared. The first that holds is named."""

    POLICY = "policy"
    DISPATCH = "dispatch"
    ROSTER = "roster"
    FOOTAGE = "footage"
    DOCKS = "docks"
    VERDICT = "verdict"
    EXCEPTION = "exception"
    TIME = "time"


@dataclass
class News:
    """What is to be compared, and what is read once that is done."""

    read: Compared
    everything: bool = False
    found: dict[int, Because] = field(default_factory=dict)
    """By dispatch."""

    def add(self, dispatches: Iterable[int], because: Because) -> None:
        for one in dispatches:
            self.found.setdefault(one, because)


def read_news(policy: Dispatches, now: datetime, *, everything: bool = False) -> News:
    """Everything since the last time. Nothing is written."""
    read = Compared.objects.filter(pk=1).first() or Compared(pk=1)
    before, news = _copy(read), News(read)
    _advance(read, policy, now)
    news.everything = everything or before.policy != read.policy or _too_much(before, read)
    if not news.everything:
        news.add(_new_versions(before), Because.DISPATCH)
        news.add(_of_roster(before), Because.ROSTER)
        news.add(_of_footage(before), Because.FOOTAGE)
        news.add(_of_docks(before), Because.DOCKS)
        news.add(_of_verdicts(before), Because.VERDICT)
        news.add(_of_exceptions(before), Because.EXCEPTION)
        news.add(_of_time(now), Because.TIME)
    return news


def policy_digest(policy: Dispatches) -> str:
    """Names what of the settings a comparison depends on."""
    said = (policy.exclude_types, policy.exclude_dispositions, policy.tolerance)
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:16]


def _copy(read: Compared) -> Compared:
    return Compared(**{one.attname: getattr(read, one.attname) for one in Compared._meta.concrete_fields})


def _advance(read: Compared, policy: Dispatches, now: datetime) -> None:
    def newest(rows: QuerySet[object]) -> int:
        return rows.aggregate(last=Max("pk"))["last"] or 0

    read.policy = policy_digest(policy)
    read.version, read.shift_version = newest(DispatchVersion.objects.all()), newest(ShiftVersion.objects.all())
    read.event, read.touched_serial = newest(CustodyEvent.objects.all()), last_touched()
    read.judgement, read.exception = newest(Judgement.objects.all()), newest(DocumentedException.objects.all())
    read.decision, read.verified_until = newest(ExceptionDecision.objects.all()), now


def _too_much(before: Compared, read: Compared) -> bool:
    told = sum(
        getattr(read, name) - getattr(before, name)
        for name in ("version", "shift_version", "event", "touched_serial", "judgement")
    )
    return told > TOO_MANY and Dispatch.objects.exists()


def _new_versions(before: Compared) -> Iterator[int]:
    new = DispatchVersion.objects.filter(pk__gt=before.version)
    return iter(new.values_list("dispatch_id", flat=True))


def _of_roster(before: Compared) -> Iterator[int]:
    """Dispatches of the officers whom a changed shift names, or named, and of those who share its cameras then."""
    shift_ids = ShiftVersion.objects.filter(pk__gt=before.shift_version).values_list("shift_id", flat=True)
    for batch in batches(shift_ids):
        versions = ShiftVersion.objects.filter(shift_id__in=batch)
        for officer, camera, starts, ends in versions.values_list(
            "officer_id", "camera_serial", "starts_at", "ends_at"
        ):
            yield from _of_officers([officer], starts, ends)
            yield from _of_camera(camera, starts, ends)


def _of_footage(before: Compared) -> Iterator[int]:
    events = CustodyEvent.objects.filter(pk__gt=before.event).exclude(asset_id=None)
    told = [str(one) for one in events.values_list("asset_id", flat=True).distinct()]
    if before.verified_until is not None:
        receipted = Asset.objects.filter(verified_at__gte=before.verified_until - AGAIN)
        told += [str(one) for one in receipted.values_list("pk", flat=True)]
    awaited: set[str] = set()
    spans: set[tuple[str, datetime]] = set()
    for batch in batches(told):
        for camera, recorded in Asset.objects.filter(pk__in=batch).values_list("camera", "recorded_at"):
            awaited.add(camera)
            if recorded is not None:
                spans.add((camera, recorded))
    yield from _awaiting(awaited)
    yield from _recorded_in(spans)


def _recorded_in(spans: Collection[tuple[str, datetime]]) -> Iterator[int]:
    """Dispatches that a recording of this camera then may overlap; a camera's clock may be a day off."""
    by_camera: dict[str, list[datetime]] = {}
    for camera, at in spans:
        by_camera.setdefault(camera, []).append(at)
    for camera, instants in by_camera.items():
        yield from _of_camera(camera, min(instants) - LONGEST_SHIFT, max(instants) + LONGEST_SHIFT)


def _of_docks(before: Compared) -> Iterator[int]:
    touched = touched_after(before.touched_serial)
    return _awaiting({one.name for one in touched if one.kind == Touched.CAMERA})


def _of_verdicts(before: Compared) -> Iterator[int]:
    new = Judgement.objects.filter(pk__gt=before.judgement)
    return _awaiting(set(new.values_list("camera", flat=True).distinct()))


def _of_exceptions(before: Compared) -> Iterator[int]:
    concerned = Q(pk__gt=before.exception) | Q(decisions__pk__gt=before.decision)
    rows = DocumentedException.objects.filter(concerned).distinct()
    for officer, dispatch_id, since, until in rows.values_list("officer_id", "dispatch_id", "since", "until"):
        if dispatch_id:
            named = Dispatch.objects.filter(officer_id=officer, dispatch_id=dispatch_id)
            yield from named.values_list("pk", flat=True)
        else:
            yield from _of_officers([officer], since, until)


def _of_time(now: datetime) -> Iterator[int]:
    """Dispatches that are over since, and those whose officer is on a roster, or was brought by a person, since."""
    standing = Comparison.objects.filter(superseded_at=None)
    over = standing.filter(rule=Rule.NOT_CLEARED, dispatch__cleared_at__lte=now)
    yield from over.values_list("dispatch_id", flat=True)
    known = standing.filter(rule=Rule.UNKNOWN_OFFICER, dispatch__officer_id__in=Officer.objects.values("pk"))
    yield from known.values_list("dispatch_id", flat=True)


def _awaiting(cameras: Collection[str]) -> Iterator[int]:
    for batch in batches(sorted(cameras)):
        rows = Comparison.objects.filter(superseded_at=None, awaits__in=batch)
        yield from rows.exclude(awaits="").values_list("dispatch_id", flat=True)


def _of_camera(camera: str, begins: datetime, ends: datetime) -> Iterator[int]:
    shifts = Shift.objects.filter(
        camera_serial=camera, ends_at__gte=begins - MARGIN, starts_at__lte=ends + MARGIN
    ).order_by()
    return _of_officers(list(shifts.values_list("officer_id", flat=True).distinct()), begins, ends)


def _of_officers(officers: Collection[str], begins: datetime, ends: datetime) -> Iterator[int]:
    for batch in batches(officers):
        rows = Dispatch.objects.filter(officer_id__in=batch, begins_at__lte=ends + MARGIN)
        yield from rows.filter(begins_at__gte=begins - LONGEST_SHIFT, cleared_at__gte=F("begins_at")).values_list(
            "pk", flat=True
        )
