"""The lists that somebody answers for: conflicts, unclassified footage, footage that arrived late, what came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from central.config import CentralConfig
from central.custody.models import Asset, Tombstone
from central.retention.categories import lowest
from central.retention.facts import Case, page_of_cases
from central.retention.linking import linked_assets
from central.retention.models import Binned, Categorisation
from central.retention.people import owner_of
from central.retention.policy import minimums
from central.retention.rules import is_conflict
from central.roster.models import Unit

SHOWN = 200
"""Rows of one list; the oldest, for they wait longest."""


class Worry(StrEnum):
    """The name of a list."""

    CONFLICT = "conflict"
    EXPIRING_UNCLASSIFIED = "expiring_unclassified"
    ARRIVED_LATE = "arrived_late"
    UNCLASSIFIED = "unclassified"
    CAME_BACK = "came_back"
    IN_BIN = "in_bin"


@dataclass(frozen=True)
class Listed:
    """One row of a list. `owner`: who answers for it, or `admin`."""

    case: Case
    owner: str
    age: timedelta
    """Since it arrived."""


@dataclass(frozen=True)
class Listing:
    """One list, as far as it is shown. `more`: there may be others."""

    worry: Worry
    rows: tuple[Listed, ...]
    more: bool


def listing(worry: Worry, seen: QuerySet[Asset], config: CentralConfig, now: datetime) -> Listing:
    """The list of this name, of those assets of `seen` that belong on it."""
    found = list(islice(_candidates(worry, seen, config, now), SHOWN + 1))
    units = Unit.objects.in_bulk()
    rows = [
        Listed(case, owner_of(case.shifts, units), now - (case.facts.arrived_at or now))
        for case in page_of_cases(found[:SHOWN], config, now)
        if _belongs(worry, case, config, now)
    ]
    return Listing(worry, tuple(rows), more=len(found) > SHOWN)


def unclassified(seen: QuerySet[Asset]) -> QuerySet[Asset]:
    """Footage that central holds and nobody has said a word about."""
    said = Categorisation.objects.filter(asset=OuterRef("pk"))
    buried = Tombstone.objects.filter(asset=OuterRef("pk"), comeback=None)
    held = seen.exclude(object=None).exclude(verified_at=None).exclude(kind__in=NO_FOOTAGE)
    return held.filter(~Exists(said), ~Exists(buried)).select_related("object")


NO_FOOTAGE = ("marker",)


def _candidates(
    worry: Worry, seen: QuerySet[Asset], config: CentralConfig, now: datetime
) -> Iterable[Asset] | Iterator[Asset]:
    """A few more than belong on it, and none that belongs is missing."""
    policy, known = config.retention, minimums(config.retention)
    spans = [known[name].span for name in lowest(known)]
    shortest = min((span for span in spans if span is not None), default=timedelta.max)
    if worry is Worry.CONFLICT:
        return _within(seen, linked_assets())
    if worry is Worry.UNCLASSIFIED:
        return unclassified(seen).filter(verified_at__lte=now - policy.categorise_within).order_by("verified_at")
    if worry is Worry.EXPIRING_UNCLASSIFIED:
        ages = min(shortest - policy.expiring, timedelta(days=36500)) if shortest > policy.expiring else timedelta(0)
        return unclassified(seen).filter(verified_at__lte=now - ages).order_by("verified_at")
    if worry is Worry.ARRIVED_LATE:
        late = unclassified(seen).filter(recorded_at__lte=F("verified_at") - policy.late)
        return late.order_by("verified_at")
    if worry is Worry.IN_BIN:
        binned = Binned.objects.filter(asset=OuterRef("pk"), end=None)
        return seen.filter(Exists(binned)).select_related("object").order_by("pk")
    back = Tombstone.objects.exclude(comeback=None).values_list("asset_id", flat=True)
    same = Tombstone.objects.filter(sha256=OuterRef("sha256"), deleted_at__lt=OuterRef("verified_at"))
    again = seen.filter(Q(pk__in=list(back)) | Exists(same))
    return again.exclude(object=None).select_related("object").order_by("pk")


def _within(seen: QuerySet[Asset], found: Iterable[Asset]) -> Iterator[Asset]:
    """Those that are in `seen`, some at a time."""
    waiting = iter(found)
    while some := list(islice(waiting, 500)):
        inside = set(seen.filter(pk__in=[one.pk for one in some]).values_list("pk", flat=True))
        yield from (one for one in some if one.pk in inside)


def _belongs(worry: Worry, case: Case, config: CentralConfig, now: datetime) -> bool:
    facts = case.facts
    if worry is Worry.CONFLICT:
        return is_conflict(facts) and not facts.deleted
    if worry is Worry.ARRIVED_LATE:
        ended, arrived = facts.recorded_until, facts.arrived_at
        return ended is not None and arrived is not None and arrived - ended > config.retention.late
    if worry is Worry.EXPIRING_UNCLASSIFIED:
        known = minimums(config.retention)
        begins, spans = case.decision.begins_at, [known[name].span for name in lowest(known)]
        ends = [begins + span for span in spans if begins is not None and span is not None]
        return any(end <= now + config.retention.expiring for end in ends)
    return True


LIST_COLUMNS = (
    *("list", "owner", "asset_id", "camera_serial", "station_id", "source_path", "category", "arrived_at"),
    *("recorded_until", "age_s", "kept_until", "links"),
)


def list_rows(worries: Iterable[Worry], seen: QuerySet[Asset], config: CentralConfig, now: datetime) -> Iterator[Any]:
    """The rows of `retention list`, the oldest of each list first."""
    for worry in worries:
        for one in listing(worry, seen, config, now).rows:
            case = one.case
            asset, facts = case.asset, case.facts
            yield [
                *(worry.value, one.owner, asset.pk, asset.camera, asset.station_id, asset.source_path or None),
                *(facts.category, facts.arrived_at, facts.recorded_until, one.age.total_seconds()),
                *(case.decision.kept_until, [f"{link.kind} {link.reference}" for link in case.links]),
            ]
