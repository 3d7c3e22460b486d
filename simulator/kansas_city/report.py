"""What came out, for people: what was planted beside what central says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from simulator.kansas_city.comparing import Comparison, Figures
from simulator.kansas_city.running import PLANTED, Played, outages

MOST_SHOWN = 20


def as_lines(played: Played, root: Path) -> Iterator[str]:
    size, found = played.plan.size, played.comparison
    yield (
        f"Kansas City, simulated: {size.cameras} cameras, {size.stations} stations, {size.days} days from "
        f"{size.from_:%d %B %Y}, seed {size.seed}; {found.shifts} shifts, {played.events} events"
    )
    told = (f"{many} x {kind} ({hours} h)" for kind, (many, hours) in outages(played.plan).items())
    yield "Stations were not always there: " + ", ".join(told)
    yield ""
    yield f"{'Shifts whose return was watched':<40}{'planted':>12}{'central says':>16}"
    for (name, planted), (_, said) in zip(_told(found.planted), _told(found.said), strict=True):
        yield f"  {name:<38}{planted:>12}{said:>16}"
    yield ""
    yield from _others(found)
    yield ""
    yield "Central's own measures, of all shifts and videos, excuses ignored:"
    for name, (part, whole) in played.measures.items():
        yield f"  {name:<38}{part:>8} of {whole:<8}{100 * part / whole if whole else 0:>7.3f} %"
    yield ""
    spent = played.spent.judging
    yield f"Judged {played.judged} times a camera in {played.rounds} rounds: {spent:.0f} s of computing"
    yield f"Row by row: {root / PLANTED}, and dock-central export shifts --format csv --data {root}"


def _told(one: Figures) -> Iterator[tuple[str, str]]:
    yield "returns", str(one.returns)
    yield "on time", str(one.on_time)
    yield "late", str(one.late)
    yield "still out", str(one.outstanding)
    yield "late, of those with a word", f"{one.late_percent:.3f} %"
    for days, many in one.days_late.items():
        yield f"late by {days} days", str(many)
    yield "days late, median", "-" if one.median_days_late is None else f"{one.median_days_late:.3f}"
    yield "late and excused", str(one.excused)
    yield "never taken", str(one.no_duty)


def _others(found: Comparison) -> Iterator[str]:
    one = found.beside
    yield f"Shifts whose return was not watched, or not as it came: {one.returns + one.no_duty}"
    yield f"  central says: {one.beside} indeterminate, {one.on_time} on time, {one.late} late, {one.no_duty} no duty"
    yield f"  of the late, truly less late, docked and gone again in the dark: {len(found.late_for_less)}"
    yield f"Wrongly accused: {len(found.wrongly_accused)}"
    yield from (f"  {name}" for name in found.wrongly_accused[:MOST_SHOWN])
    yield f"Said otherwise than what the stations saw: {len(found.differing)}"
    yield from (f"  {what}" for what in found.differing[:MOST_SHOWN])
