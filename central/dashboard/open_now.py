"""`/open/`: cameras that are out past their deadline, those of which nothing can be said, and those excused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse

from central import clock
from central.answers.standing import Pause, open_checks, pauses
from central.custody.models import DockSession
from central.dashboard.guards import seers_only
from central.dashboard.live import live_page
from central.dashboard.sight import Sight
from central.dashboard.surroundings import site_zone
from central.dashboard.whereabouts import bay_labels, last_docks, place_of
from central.dashboard.words import why_sentence
from central.judging.models import Judgement
from central.notices.models import Item, Line
from central.roster.shifts import batches
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
    told: int = 0
    """Notices written since it is open."""
    told_at: datetime | None = None
    pause: Pause | None = None

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
    out = camera_rows(outstanding(sight)[:MOST_SHOWN], now)
    unknown = _unseen(camera_rows(_indeterminate(sight, now)[:MOST_SHOWN], now))
    excused = camera_rows(
        standing(sight).filter(verdict=Excused.name, plain_verdict=Outstanding.name)[:MOST_SHOWN], now
    )
    units = sorted({name for one in (*out, *unknown) for name in one.units})
    context = {
        "out": [one for one in out if not unit or unit in one.units],
        "unknown": [one for one in unknown if not unit or unit in one.units],
        "excused": [one for one in excused if not unit or unit in one.units],
        "units": units if len(units) > 1 else [],
        "unit": unit,
        "now": now,
    }
    return live_page(request, "open", context)


def _indeterminate(sight: Sight, now: datetime) -> QuerySet[Judgement]:
    rows = standing(sight).filter(verdict=Indeterminate.name, deadline_at__gte=now - RECENT)
    return rows.order_by("-deadline_at", "shift_id")


def camera_rows(rows: Iterable[Judgement], now: datetime) -> list[OpenCamera]:
    """The rows by camera, with where each was seen last, and who was told."""
    found: dict[str, list[Judgement]] = {}
    for row in rows:
        found.setdefault(row.camera, []).append(row)
    docks, told, paused, zone = last_docks(found), _told(found), _pauses(found, now), site_zone()
    labels = bay_labels(why["station"] for said in found.values() for why in said[0].why if why.get("station"))
    return [
        OpenCamera(
            camera,
            said,
            docks.get(camera),
            [why_sentence(why, zone, labels) for why in said[0].why],
            *told.get(camera, (0, None)),
            paused.get(camera),
        )
        for camera, said in found.items()
    ]


def _told(cameras: Iterable[str]) -> dict[str, tuple[int, datetime | None]]:
    """How many notices were written about each since it is open, and when the last."""
    found: dict[str, tuple[int, datetime | None]] = {}
    for batch in batches(cameras):
        lines = Line.objects.filter(camera__in=batch, item__state=Item.OPEN)
        counted = lines.values("camera").annotate(
            count=Count("notice", distinct=True), last=Max("notice__created_at")
        )
        found.update((one["camera"], (one["count"], one["last"])) for one in counted.order_by())
    return found


def _pauses(cameras: Iterable[str], now: datetime) -> dict[str, Pause]:
    checked = set(open_checks().filter(pauses_until__gt=now).values_list("camera", flat=True)) & set(cameras)
    return {camera: pause for camera in checked if (pause := pauses(camera, now)) is not None}


def _unseen(cameras: Iterable[OpenCamera]) -> list[OpenCamera]:
    """Without those that were docked since, wherever: what was unknown about them needs nobody's feet any more."""
    return [one for one in cameras if not _seen_since(one.dock, one.first.duty_ends_at)]


def _seen_since(dock: DockSession | None, ended_at: datetime) -> bool:
    return dock is not None and (dock.undocked_at is None or dock.undocked_at >= ended_at)
