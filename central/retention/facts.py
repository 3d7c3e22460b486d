"""Reads what the rule asks, a page of assets at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from central.config import CentralConfig
from central.custody.models import Asset, Hold, Tombstone
from central.retention.categories import FOR_EVER, UNCLASSIFIED, Minimum, lowest
from central.retention.models import Binned, Categorisation, Link
from central.retention.policy import minimums
from central.retention.recorders import ended_at, shifts_of, span_of
from central.retention.rules import Decision, Facts, decide
from central.roster.models import Shift

PAGE = 1000
LINK_MARGIN = timedelta(minutes=10)
"""A citation is written near the recording, and a camera's clock is off by minutes."""


@dataclass(frozen=True)
class Case:
    """One asset, what is known of it, and what follows."""

    asset: Asset
    facts: Facts
    decision: Decision
    said: Categorisation | None
    """The category that holds."""
    binned: Binned | None
    """The row of the bin in which it lies."""
    links: tuple[Link, ...]
    shifts: tuple[Shift, ...]

    @property
    def officers(self) -> frozenset[str]:
        return frozenset(one.officer_id for one in self.shifts)


def cases(rows: QuerySet[Asset], config: CentralConfig, now: datetime) -> Iterator[Case]:
    """Every asset of `rows`, in order of its id; every page is a query of its own, so that nobody is held up."""
    last = None
    rows = rows.select_related("object").order_by("asset_id")
    while page := list((rows if last is None else rows.filter(asset_id__gt=last))[:PAGE]):
        yield from page_of_cases(page, config, now)
        last = page[-1].pk


def case_of(asset: Asset, config: CentralConfig, now: datetime) -> Case:
    """One asset, as the database has it now."""
    return page_of_cases([Asset.objects.select_related("object").get(pk=asset.pk)], config, now)[0]


def page_of_cases(page: Sequence[Asset], config: CentralConfig, now: datetime) -> list[Case]:
    """These assets, as the database has them now."""
    ids = [one.pk for one in page]
    said = {row.asset_id: row for row in Categorisation.objects.filter(asset__in=ids).order_by("number")}
    held = set(Hold.objects.filter(asset__in=ids, release=None).values_list("asset_id", flat=True))
    gone = set(Tombstone.objects.filter(asset__in=ids, comeback=None).values_list("asset_id", flat=True))
    binned = {row.asset_id: row for row in Binned.objects.filter(asset__in=ids, end=None).order_by("number")}
    shifts = shifts_of(page)
    links = _links_of(page, shifts)
    known = minimums(config.retention)
    in_doubt = settings.DATA.clock_in_doubt.exists()
    found = []
    for one in page:
        word = said.get(one.pk)
        facts = replace(
            _facts(one, word, known),
            deleted=one.pk in gone,
            held=one.pk in held,
            linked=bool(links[one.pk]),
            clock_in_doubt=in_doubt,
        )
        rest = tuple(links[one.pk]), tuple(shifts.get(one.pk, ()))
        found.append(Case(one, facts, decide(facts, now), word, binned.get(one.pk), *rest))
    return found


def _facts(asset: Asset, word: Categorisation | None, known: Mapping[str, Minimum]) -> Facts:
    """Of the asset and its category alone; what is not known here keeps it."""
    category, stored = UNCLASSIFIED if word is None else word.after, asset.object
    return Facts(
        category=category,
        minimum=_minimum(word, known),
        is_lowest=category in lowest(known),
        recorded_until=ended_at(asset),
        arrived_at=_arrived_at(asset),
        state=asset.state,
        stored=stored is not None and stored.deleted_at is None,
        rotten=stored is not None and stored.rotten_at is not None,
    )


def _minimum(word: Categorisation | None, known: Mapping[str, Minimum]) -> Minimum | None:
    """A minimum that was shortened in central.toml does not shorten what was said before."""
    if word is None or word.after not in known:
        return None
    then = FOR_EVER if word.minimum_s is None else Minimum(timedelta(seconds=word.minimum_s))
    return known[word.after].longer_of(then)


def _arrived_at(asset: Asset) -> datetime | None:
    """By central's clock, whatever a station's said: never before central first heard of it or held its bytes."""
    if asset.verified_at is None or asset.object is None:
        return None
    return max(asset.verified_at, asset.first_heard_at)


def _links_of(page: Sequence[Asset], shifts: Mapping[object, list[Shift]]) -> dict[object, list[Link]]:
    """What names the asset, and what names an officer who had its camera then."""
    found: dict[object, list[Link]] = defaultdict(list)
    for link in Link.objects.filter(asset__in=[one.pk for one in page]):
        found[link.asset_id].append(link)
    officers = {shift.officer_id for its in shifts.values() for shift in its}
    by_officer: dict[str, list[Link]] = defaultdict(list)
    for link in Link.objects.filter(asset=None, officer_id__in=officers):
        by_officer[link.officer_id].append(link)
    for one in page:
        begin, end = span_of(one)
        for officer in {shift.officer_id for shift in shifts.get(one.pk, ())}:
            near = (it for it in by_officer[officer] if begin - LINK_MARGIN <= it.at <= end + LINK_MARGIN)
            found[one.pk] += near
        found[one.pk].sort(key=lambda link: link.number)
    return found
