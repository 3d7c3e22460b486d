"""`/cameras/`: every camera, or those that were not seen for long, are out without a shift, or will soon be full."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from central import clock
from central.custody.models import DockSession
from central.dashboard.guards import only
from central.dashboard.roles import READERS
from central.dashboard.sight import Sight
from central.dashboard.whereabouts import last_docks, place_of
from central.judging.without_shift import without_shift

PER_PAGE = 100
LONG, VERY_LONG = timedelta(days=7), timedelta(days=30)


@dataclass(frozen=True)
class Known:
    """One camera, and where it was seen last."""

    serial: str
    dock: DockSession | None
    is_stray: bool

    @property
    def where(self) -> str:
        return place_of(self.dock)

    @property
    def seen_at(self) -> datetime | None:
        """When it was last known to be in a dock; None: never, or it is there now."""
        return None if self.dock is None else self.dock.undocked_at

    @property
    def is_docked(self) -> bool:
        return self.dock is not None and self.dock.undocked_at is None

    def is_unseen(self, now: datetime, span: timedelta) -> bool:
        """Not in any dock within the span; a camera that never was counts too."""
        return not self.is_docked and (self.seen_at is None or self.seen_at <= now - span)


Choice = Callable[[Known, datetime], bool]
CHOICES: dict[str, tuple[str, Choice]] = {
    "all": ("All", lambda one, now: True),  # noqa: ARG005 - every choice is asked alike
    "docked": ("In a dock", lambda one, now: one.is_docked),  # noqa: ARG005
    "out": ("Out", lambda one, now: not one.is_docked),  # noqa: ARG005
    "unseen-7": ("Unseen for 7 days", lambda one, now: one.is_unseen(now, LONG)),
    "unseen-30": ("Unseen for 30 days", lambda one, now: one.is_unseen(now, VERY_LONG)),
    "without-shift": ("Out without a shift", lambda one, now: one.is_stray),  # noqa: ARG005
}


@only(*READERS)
def cameras(request: HttpRequest) -> HttpResponse:
    now, sight = clock.now(), Sight.of(request.user)
    known = list(_known(_serials(sight), now))
    wanted = request.GET.get("show", "")
    wanted = wanted if wanted in CHOICES else "all"
    rows = [one for one in known if CHOICES[wanted][1](one, now)]
    if wanted.startswith("unseen"):
        rows.sort(key=lambda one: (one.seen_at is not None, one.seen_at or now, one.serial))
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "query": f"show={wanted}" if wanted != "all" else "",
        "choices": [
            (name, words, sum(choice(one, now) for one in known)) for name, (words, choice) in CHOICES.items()
        ],
        "wanted": wanted,
        "words": CHOICES[wanted][0],
        "now": now,
    }
    return render(request, "dashboard/cameras.html", context)


def _serials(sight: Sight) -> list[str]:
    """Those of shifts that he may see; who sees everything sees those that were only ever docked, too."""
    serials = set(sight.cameras())
    if sight.sees_everything:
        serials |= set(DockSession.objects.order_by("camera").values_list("camera", flat=True).distinct())
    return sorted(serials - {""})


def _known(serials: Sequence[str], now: datetime) -> Iterable[Known]:
    docks = last_docks(serials)
    stray = {row[0] for row in without_shift(settings.CONFIG, now)}
    for serial in serials:
        yield Known(serial, docks.get(serial), serial in stray)
