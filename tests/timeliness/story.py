"""A few words in which the policy's timelines can be told: `judged(shift("08:00", "16:00"), docks("15:40"))`.

Times are "15:40" on the day of the story, "+1 15:40" on the next one, "-3 09:00" three days before. Unless a story
says otherwise, the shift is officer A's, at home in station east, which has two bays and watched them all along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from central.timeliness.duty import Shift, duties_of
from central.timeliness.facts import Bay, DockSession, Excuse, Facts, Station, Watched
from central.timeliness.judgement import Judgement, judge
from central.timeliness.policy import Policy

DAY = date(2026, 10, 6)
LONG_AGO = "-60 00:00"
BAYS = ("Bay 1", "Bay 2")
POLICY = Policy()
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def clock(text: str, zone: tzinfo = UTC, day: date = DAY) -> datetime:
    """The instant of a time of the story."""
    days, _, time = text.rpartition(" ")
    hours, minutes, seconds = (int(part) for part in f"{time}:00".split(":")[:3])
    on = day + timedelta(days=int(days or 0))
    return datetime(on.year, on.month, on.day, hours, minutes, seconds, tzinfo=zone)


@dataclass(frozen=True)
class Down:
    """A station, or one bay of it, that was not watched."""

    station: str
    bay: str | None
    since: str
    until: str | None


@dataclass(frozen=True)
class Known:
    """A station besides the home station: another with bays of its own."""

    station: str
    since: str = LONG_AGO
    linked_until: str | None = None
    uncertainty: timedelta = timedelta()


def shift(
    starts: str,
    ends: str,
    *,
    officer: str = "A",
    camera: str = "0412",
    home: Sequence[str] = ("east",),
    name: str = "",
) -> Shift:
    shift_id = name or f"{officer} {camera} {starts}"
    return Shift(shift_id, officer, camera, clock(starts), clock(ends), frozenset(home))


def docks(
    seen: str,
    until: str | None = None,
    *,
    station: str = "east",
    bay: str = "Bay 1",
    absent_until: str | None = "",
    last_present: str | None = None,
    drained: bool = True,
    proves_dock: bool = True,
) -> DockSession:
    """A dock that was watched live unless its last absence or presence is told apart."""
    return DockSession(
        session=f"{station} {bay} {seen}",
        station=station,
        bay=bay,
        seen_at=clock(seen),
        absent_until=None if absent_until is None else clock(absent_until or seen),
        last_present_at=None if until is None else clock(last_present or until),
        absent_at=None if until is None else clock(until),
        drained=drained,
        proves_dock=proves_dock,
    )


def charges(since: str, until: str, **where: str) -> DockSession:
    return docks(since, until, **where)  # type: ignore[arg-type]


def down(since: str, until: str | None = None, *, station: str = "east", bay: str | None = None) -> Down:
    """Not watched, for ever without an end."""
    return Down(station, bay, since, until)


def station(
    name: str, *, since: str = LONG_AGO, linked_until: str | None = None, uncertain: timedelta = timedelta()
) -> Known:
    return Known(name, since, linked_until, uncertain)


def excuse(reason: str, **of: str) -> Excuse:
    said: dict[str, object] = {k: clock(v) if k in ("since", "until") else v for k, v in of.items()}
    return Excuse(reason, **said)  # type: ignore[arg-type]


Part = Shift | DockSession | Down | Known | Excuse


def judged(*parts: Part, at: str = "+3 12:00", who: str = "A", policy: Policy = POLICY) -> Judgement:
    """What the rule says of `who`'s first duty in this story, asked at `at`."""
    shifts = [replace(part, policy=policy) for part in parts if isinstance(part, Shift)]
    downs = [part for part in parts if isinstance(part, Down)]
    known = {"east": Known("east")} | {part.station: part for part in parts if isinstance(part, Known)}
    now = clock(at)
    facts = Facts(
        duties=duties_of(shifts),
        sessions=tuple(_told(part, known) for part in parts if isinstance(part, DockSession)),
        bays=tuple(_bay(one, bay, downs, now) for one in known.values() for bay in BAYS),
        stations=tuple(_station(one, downs, now) for one in known.values()),
        excuses=tuple(part for part in parts if isinstance(part, Excuse)),
    )
    return judge(next(duty for duty in facts.duties if duty.officer == who), facts, now)


def _told(session: DockSession, known: dict[str, Known]) -> DockSession:
    by = known[session.station].uncertainty if session.station in known else timedelta()
    return replace(session, uncertainty=by)


def _bay(one: Known, bay: str, downs: Sequence[Down], now: datetime) -> Bay:
    cuts = [cut for cut in downs if cut.station == one.station and cut.bay in (None, bay)]
    edges = [clock(one.since)]
    for cut in sorted(cuts, key=lambda cut: clock(cut.since)):
        edges += [clock(cut.since), clock(cut.until) if cut.until else datetime.max.replace(tzinfo=UTC)]
    edges.append(clock(one.linked_until) if one.linked_until else now)
    spans = zip(edges[0::2], edges[1::2], strict=True)
    return Bay(
        one.station, bay, tuple(Watched(a, min(b, now), one.uncertainty) for a, b in spans if a <= min(b, now))
    )


def _station(one: Known, downs: Sequence[Down], now: datetime) -> Station:
    """A station that is wholly down for good falls silent; one whose bays alone are down goes on talking."""
    ends = [clock(cut.since) for cut in downs if cut.station == one.station and cut.bay is None and cut.until is None]
    ends += [clock(one.linked_until)] if one.linked_until else []
    until = min([now, *ends])
    return Station(one.station, until, until)
