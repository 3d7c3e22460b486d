"""What is wrong with a station beside the others: its version, its setup, the silence of its whole site."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from central.alarms.condition import CENTRAL, Condition, when
from central.alarms.facts import Limits, Station
from central.alarms.kinds import Kind

Version = tuple[int, ...]
LEAST_OF_A_SITE = 2
MOST_NAMES = 20
_NUMBERS = re.compile(r"(\d{1,6}(?:\.\d{1,6}){0,3})(?![\d.])")


def version_of(text: str) -> Version | None:
    """`1.10.2` as numbers; None for what is no version. A word behind them (`1.2.0-rc1`) is not looked at."""
    found = _NUMBERS.match(text)
    if found is None:
        return None
    numbers = [int(part) for part in found[1].split(".")]
    return tuple([*numbers, 0, 0, 0][:4])


def of_versions(stations: Iterable[Station], limits: Limits, now: datetime) -> Iterator[Condition]:
    """Stations that speak and are older than IT asks for, or than another has been for long."""
    known = [(one, version) for one in stations if one.heard_at and (version := version_of(one.said.version))]
    newest = max((version for _, version in known), default=())
    came_at = min(
        (one.said.version_since for one, version in known if version == newest and one.said.version_since),
        default=None,
    )
    least = version_of(limits.min_version) or ()
    is_due = came_at is not None and now - came_at >= limits.version_after
    for one, version in known:
        if not _speaks(one, limits, now) or not (version < least or (is_due and version < newest)):
            continue
        wanted = limits.min_version if version < least else ".".join(map(str, newest[:3]))
        yield Condition(
            Kind.VERSION_TOO_OLD,
            one.name,
            f"{one.name} has version {one.said.version[:40]}, and {wanted} is "
            f"{'asked for' if version < least else 'out at other stations for long'}. It works on. Update it.",
            one.name,
        )


def of_drift(stations: Iterable[Station], limits: Limits, now: datetime) -> list[Condition]:
    """Stations of one version that are set up otherwise than most of them, for long."""
    alike: dict[str, list[Station]] = defaultdict(list)
    for one in stations:
        if one.heard_at and all(one.said.digests):
            alike[one.said.version].append(one)
    return [found for _, group in sorted(alike.items()) for found in _drift_within(group, limits, now)]


def of_sites(stations: Iterable[Station], limits: Limits) -> list[Condition]:
    """Sites of two stations or more whose stations are all silent."""
    sites: dict[str, list[Station]] = defaultdict(list)
    for one in stations:
        if one.site and one.heard_at:
            sites[one.site].append(one)
    return [
        _site_silent(site, members, limits)
        for site, members in sorted(sites.items())
        if len(members) >= LEAST_OF_A_SITE and all(one.silent_at for one in members)
    ]


def whole_fleet_is_silent(stations: Iterable[Station]) -> bool:
    """Then no site is the cause, and nobody knows what is."""
    return all(one.silent_at for one in stations if one.heard_at)


def _drift_within(group: list[Station], limits: Limits, now: datetime) -> Iterator[Condition]:
    (usual, times), *others = Counter(one.said.digests for one in group).most_common()
    if not others:
        return
    usual_since = min(one.said.digests_since or now for one in group if one.said.digests == usual)
    if 2 * times <= len(group):
        since = max(one.said.digests_since or now for one in group)
        if now - since >= limits.drift_after:
            names = ", ".join(sorted(one.name for one in group)[:MOST_NAMES])
            yield Condition(
                Kind.DRIFT,
                CENTRAL,
                f"No two halves agree: {len(group)} stations are set up in {len(others) + 1} ways, and none is "
                f"most stations' ({names}). Compare their configuration and profiles.",
            )
        return
    for one in group:
        since = max(one.said.digests_since or now, usual_since)
        if one.said.digests != usual and _speaks(one, limits, now) and now - since >= limits.drift_after:
            pairs = zip(("configuration", "camera profiles"), one.said.digests, usual, strict=True)
            what = " and ".join(word for word, own, most in pairs if own != most)
            yield Condition(
                Kind.DRIFT,
                one.name,
                f"The {what} of {one.name} differ(s) from that of {times} of {len(group)} stations since "
                f"{when(since, limits)}. It works on. Compare its files with theirs.",
                one.name,
                since + limits.drift_after,
            )


def _site_silent(site: str, members: list[Station], limits: Limits) -> Condition:
    since = max(one.heard_at for one in members if one.heard_at)
    names = ", ".join(one.name for one in members[:MOST_NAMES])
    return Condition(
        Kind.SITE_SILENT,
        site,
        f"All {len(members)} stations of {site} are silent since {when(since, limits)} ({names}): likely its power "
        "or its network. What they copy is kept there and will follow; no camera of them is called late.",
        since=since,
    )


def _speaks(one: Station, limits: Limits, now: datetime) -> bool:
    return one.heard_at is not None and now - one.heard_at < limits.stale_after
