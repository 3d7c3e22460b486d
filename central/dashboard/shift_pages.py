"""`/shifts/ID/`: one shift, its timeline drawn, and all that was said of it. `/mine/`: an officer's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from central import clock
from central.dashboard.drawing.timeline import Story, both
from central.dashboard.guards import seers_only
from central.dashboard.shift_story import story_of
from central.dashboard.sight import Sight
from central.dashboard.surroundings import site_zone
from central.dashboard.whereabouts import bay_labels
from central.dashboard.words import MEANINGS, Labels, why_sentence
from central.judging.models import Judgement
from central.judging.verdicts import history
from central.roster.models import Shift, ShiftVersion

PER_PAGE = 50


@dataclass(frozen=True)
class Said:
    """One judgement, with why in sentences."""

    row: Judgement
    whys: list[str]


@dataclass(frozen=True)
class Fact:
    """A row of the table that says what the drawing shows."""

    since: datetime
    until: datetime | None
    what: str
    where: str


@seers_only
def shift(request: HttpRequest, shift_id: str) -> HttpResponse:
    sight: Sight = request.sight  # type: ignore[attr-defined]
    found = sight.shifts().select_related("officer").filter(pk=shift_id).first()
    if found is None:
        raise Http404
    return render(request, "dashboard/shift.html", shift_context(request, found))


def shift_context(request: HttpRequest, found: Shift) -> dict[str, Any]:
    """All that the page of one shift shows."""
    now, zone, rows = clock.now(), site_zone(), history(found.pk)
    standing = next((row for row in rows if row.superseded_at is None), None)
    story = story_of(found, standing, settings.CONFIG, now)
    named = {why["station"] for row in rows for why in row.why if why.get("station")}
    labels = bay_labels(named | {row.docked_station for row in rows})
    told = [_said(row, labels) for row in reversed(rows)]
    return {
        "shift": found,
        "homes": [home.station_id for home in found.home_stations.order_by("station_id")],
        "said": next((one for one in told if one.row == standing), None),
        "meaning": MEANINGS["pending" if standing is None else standing.plain_verdict],
        "history": told,
        "labels": labels,
        "drawings": both(story, zone) if story else (),
        "story": story,
        "facts": sorted(_facts(story), key=lambda fact: fact.since) if story else (),
        "is_nobodys": found.status in Shift.NOBODYS,
        "versions": ShiftVersion.objects.filter(shift_id=found.pk).order_by("-pk"),
        "now": now,
    }


@seers_only
def mine(request: HttpRequest) -> HttpResponse:
    sight: Sight = request.sight  # type: ignore[attr-defined]
    standing = Prefetch("judgements", Judgement.objects.filter(superseded_at=None), to_attr="standing")
    rows = Shift.objects.filter(officer__in=sight.own_officer_ids).prefetch_related(standing)
    page = Paginator(rows.order_by("-starts_at", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "dashboard/mine.html", {"page": page, "knows": bool(sight.own_officer_ids), "query": ""})


def _said(row: Judgement, labels: Labels) -> Said:
    zone = site_zone()
    return Said(row, [why_sentence(why, zone, labels) for why in row.why])


def _facts(story: Story) -> Iterator[Fact]:
    yield Fact(story.duty.since, story.duty.until, "On duty", "")
    yield Fact(story.deadline, story.deadline, "Deadline", "")
    for one in story.docks:
        yield Fact(
            one.since, one.until, "In a dock; this is the return" if one.kind == "return" else "In a dock", one.words
        )
    for lane in story.lanes:
        for gap in lane.gaps:
            yield Fact(
                gap.since, gap.until, "Not watched" + (", tolerated" if gap.kind == "tolerated" else ""), lane.label
            )
    for told in story.told:
        yield Fact(told.at, told.at, "Notice", told.words)
