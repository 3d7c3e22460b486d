"""`/open/`: cameras that are out past their deadline, those of which nothing can be said, and those excused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from central import clock
from central.custody.models import DockSession
from central.dashboard.guards import seers_only
from central.dashboard.sight import Sight
from central.dashboard.surroundings import site_zone
from central.dashboard.whereabouts import last_docks, place_of
from central.dashboard.words import why_sentence
from central.judging.models import Judgement
from central.timeliness.verdict import Excused, Indeterminate, Outstanding

RECENT = timedelta(days=7)
"""Older duties of which nothing could be said are history, not work."""
MOST_SHOWN = 500


@dataclass(frozen=True)
class OpenCamera:
    """One camera and what is said of its duties, the oldest deadline first."""

    camera: str
    said: Sequence[Judgement]
    dock: DockSession | None
    whys: Sequence[str] = ()

    @property
    def first(self) -> Judgement:
        return self.said[0]

    @property
    def left_where(self) -> str:
        return place_of(self.dock)

    @property
    def units(self) -> list[str]:
        return sorted({row.shift.unit for row in self.said})


def standing(sight: Sight) -> QuerySet[Judgement]:
    """The judgements that stand, as far as this person may see them."""
    rows = Judgement.objects.filter(superseded_at=None).select_related("shift__officer")
    return rows if sight.sees_everything else rows.filter(shift__in=sight.shifts())


def outstanding(sight: Sight) -> QuerySet[Judgement]:
    return standing(sight).filter(verdict=Outstanding.name).order_by("deadline_at", "shift_id")


@seers_only
def open_now(request: HttpRequest) -> HttpResponse:
    now, sight = clock.now(), request.sight  # type: ignore[attr-defined]
    unit = request.GET.get("unit", "")
    out = camera_rows(outstanding(sight)[:MOST_SHOWN])
    unknown = _unseen(camera_rows(_indeterminate(sight, now)[:MOST_SHOWN]))
    excused = camera_rows(standing(sight).filter(verdict=Excused.name, plain_verdict=Outstanding.name)[:MOST_SHOWN])
    units = sorted({name for one in (*out, *unknown) for name in one.units})
    context = {
        "out": [one for one in out if not unit or unit in one.units],
        "unknown": [one for one in unknown if not unit or unit in one.units],
        "excused": [one for one in excused if not unit or unit in one.units],
        "units": units if len(units) > 1 else [],
        "unit": unit,
        "now": now,
    }
    return render(request, "dashboard/open.html", context)


def _indeterminate(sight: Sight, now: datetime) -> QuerySet[Judgement]:
    rows = standing(sight).filter(verdict=Indeterminate.name, deadline_at__gte=now - RECENT)
    return rows.order_by("-deadline_at", "shift_id")


def camera_rows(rows: Iterable[Judgement]) -> list[OpenCamera]:
    """The rows by camera, with where each was seen last."""
    found: dict[str, list[Judgement]] = {}
    for row in rows:
        found.setdefault(row.camera, []).append(row)
    docks, zone = last_docks(found), site_zone()
    return [
        OpenCamera(camera, said, docks.get(camera), [why_sentence(why, zone) for why in said[0].why])
        for camera, said in found.items()
    ]


def _unseen(cameras: Iterable[OpenCamera]) -> list[OpenCamera]:
    """Without those that were docked since, wherever: what was unknown about them needs nobody's feet any more."""
    return [one for one in cameras if not _seen_since(one.dock, one.first.duty_ends_at)]


def _seen_since(dock: DockSession | None, ended_at: datetime) -> bool:
    return dock is not None and (dock.undocked_at is None or dock.undocked_at >= ended_at)
