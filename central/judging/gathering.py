"""Puts together what is known of cameras before their duties are judged: for many at once, in a few questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q

from central.config import CentralConfig
from central.custody.coverage import Known, known_of
from central.custody.touching import last_touched
from central.judging.excuses import excuses_of
from central.judging.models import Concern, Look
from central.judging.models import Judgement as Row
from central.judging.settled import earliest_news
from central.roster.duties import REACH, duties_with
from central.roster.models import Shift
from central.roster.shifts import batches
from central.roster.station_roster import LOOK_BACK
from central.timeliness.duty import Duty
from central.timeliness.facts import Facts, Station
from central.timeliness.policy import USUAL
from central.timeliness.verdict import Outstanding


@dataclass(frozen=True)
class Judging:
    """What every judgement of one central needs."""

    config: CentralConfig
    up_since: datetime
    """While central was down no station could report: none is called silent before `offline_after` from here on."""


@dataclass(frozen=True)
class Brief:
    """One camera's case, as it stood at one instant."""

    look: Look
    facts: Facts
    known: Known
    due: tuple[Duty, ...]
    """Duties that have begun and that news may have changed. Older ones are judged no more."""
    settled: frozenset[str]
    """Shifts of the duties that were left out."""
    shifts: dict[str, Shift]
    standing: dict[str, Row]
    """By shift: what was said last of the duties that are due."""
    nobodys: tuple[int, ...]
    """Judgements that stand of shifts that were cancelled, withdrawn, or moved to a time to come since."""
    concerns: dict[str, bool]
    docks_read: int


def gather(looks: Sequence[Look], judging: Judging, now: datetime) -> list[Brief]:
    """Everything about these cameras. The caller sees to it that it is of one instant."""
    cameras = [look.camera for look in looks]
    docks_read = last_touched()
    out = _still_out(cameras)
    oldest = min([now - LOOK_BACK, *out.values()])
    duties = _by_camera(duties_with(cameras, oldest - LOOK_BACK, judging.config))
    begun = {camera: [one for one in duties[camera] if _is_judged(one, out, now)] for camera in cameras}
    known = known_of(
        {camera: frozenset().union(*(one.home_stations for one in begun[camera])) for camera in cameras},
        {look.camera: look.docks_read for look in looks},
        oldest - REACH - USUAL.relevant_for,
        now,
    )
    settled = _settled([look for look in looks if not look.everything])
    excuses = excuses_of(cameras)
    due: dict[str, tuple[Duty, ...]] = {}
    for look in looks:
        left_out = _left_out(begun[look.camera], settled.get(look.camera, {}), known[look.camera])
        due[look.camera] = tuple(one for one in begun[look.camera] if one not in left_out)
    shift_ids = [shift.shift_id for own in due.values() for one in own for shift in one.shifts]
    shifts, standing = _shifts(shift_ids), _standing(shift_ids)
    judged = {shift.shift_id for own in begun.values() for one in own for shift in one.shifts}
    nobodys = _nobodys([look.camera for look in looks if look.everything], judged, now)
    concerns = _concerns(cameras)
    return [
        Brief(
            look=look,
            facts=replace(
                known[look.camera].facts,
                duties=tuple(duties[look.camera]),
                stations=tuple(_heard_since(one, judging.up_since) for one in known[look.camera].facts.stations),
                excuses=tuple(excuses.get(look.camera, ())),
            ),
            known=known[look.camera],
            due=due[look.camera],
            settled=frozenset(
                shift.shift_id for one in begun[look.camera] if one not in due[look.camera] for shift in one.shifts
            ),
            shifts=shifts,
            standing=standing,
            nobodys=tuple(nobodys.get(look.camera, ())),
            concerns=concerns.get(look.camera, {}),
            docks_read=docks_read,
        )
        for look in looks
    ]


def _still_out(cameras: Sequence[str]) -> dict[str, datetime]:
    """Shifts of which these cameras are outstanding, and when they ended. They are judged until they are not, however
    long ago that was: people are reminded of them, and must hear of the dock that ends it."""
    rows = Row.objects.filter(superseded_at=None, verdict=Outstanding.name)
    rows = rows.filter(Q(camera__in=cameras) | Q(shift__camera_serial__in=cameras))
    return dict(rows.values_list("shift_id", "shift__ends_at"))


def _is_judged(duty: Duty, out: Mapping[str, datetime], now: datetime) -> bool:
    """Whether it has begun, and is not too long over. Of those that are, the neighbours are known all the same: a
    duty must not change its verdict because the one before it has grown too old."""
    is_recent = duty.ends_at >= now - LOOK_BACK
    return duty.starts_at <= now and (is_recent or any(shift.shift_id in out for shift in duty.shifts))


def _by_camera(duties: Iterable[Duty]) -> dict[str, list[Duty]]:
    found: dict[str, list[Duty]] = defaultdict(list)
    for duty in duties:
        found[duty.camera].append(duty)
    return found


def _left_out(begun: Iterable[Duty], settled: dict[str, datetime], known: Known) -> list[Duty]:
    """Duties whose shifts are all settled, before anything of which there is news."""
    news = earliest_news(known.changed)

    def stays(duty: Duty) -> bool:
        times = [settled.get(shift.shift_id) for shift in duty.shifts]
        return all(at is not None and (news is None or at < news) for at in times)

    return [duty for duty in begun if stays(duty)]


def _settled(looks: Iterable[Look]) -> dict[str, dict[str, datetime]]:
    found: dict[str, dict[str, datetime]] = defaultdict(dict)
    for batch in batches(look.camera for look in looks):
        rows = Row.objects.filter(camera__in=batch, superseded_at=None, settled_at__isnull=False)
        for camera, shift_id, at in rows.values_list("camera", "shift_id", "settled_at"):
            found[camera][shift_id] = at
    return found


def _shifts(shift_ids: Sequence[str]) -> dict[str, Shift]:
    return {one.pk: one for batch in batches(shift_ids) for one in Shift.objects.filter(pk__in=batch)}


def _standing(shift_ids: Sequence[str]) -> dict[str, Row]:
    rows = (Row.objects.filter(shift__in=batch, superseded_at=None) for batch in batches(shift_ids))
    return {row.shift_id: row for found in rows for row in found}


def _nobodys(cameras: Iterable[str], judged: Collection[str], now: datetime) -> dict[str, list[int]]:
    """Judgements of shifts that are nobody's, or that were moved to a time that has not come."""
    found: dict[str, list[int]] = defaultdict(list)
    gone = Q(shift__status__in=Shift.NOBODYS) | Q(shift__starts_at__gt=now)
    for batch in batches(cameras):
        rows = Row.objects.filter(gone, camera__in=batch, superseded_at=None)
        for camera, shift_id, number in rows.values_list("camera", "shift_id", "pk"):
            if shift_id not in judged:
                found[camera].append(number)
    return found


def _concerns(cameras: Sequence[str]) -> dict[str, dict[str, bool]]:
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    rows = Concern.objects.filter(look__in=cameras)
    for camera, station, awaited in rows.values_list("look_id", "station_id", "is_awaited"):
        found[camera][station] = awaited
    return found


def _heard_since(one: Station, up_since: datetime) -> Station:
    """A station counts as heard no earlier than central came up: before, nobody could hear it."""
    return one if one.heard_at is None else replace(one, heard_at=max(one.heard_at, up_since))
