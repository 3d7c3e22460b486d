"""What each station records and tells of what happened in its bays: the events of a real agent, in their order."""

from __future__ import annotations

import base64
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from protocol import events as e
from protocol.chain import GENESIS, event_hash
from protocol.messages import ClockReading, EventEnvelope, Heartbeat, LedgerHead
from simulator.kansas_city.city import DAY, MINUTE, UNCERTAINTY, Kind, Size, Station
from simulator.kansas_city.plan import Dock, Plan, Post, Video

SOURCE = "usb"
SPACE = uuid.UUID("6f1c1f0e-3c1b-4d0e-9a6e-1f0b1c2d3e4f")
SHORTEST_DRAIN = 10 * MINUTE
"""A camera that is taken sooner keeps its files for its next dock."""
MS = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Seen:
    """A dock as its station could tell of it."""

    dock: Dock
    absent_until: datetime
    seen_at: datetime
    last_present_at: datetime | None = None
    absent_at: datetime | None = None
    """None: it is there still, or the station never came back."""


@dataclass(frozen=True)
class Told:
    """One event, and when its station recorded it."""

    at: datetime
    event: e.Event


@dataclass
class Teller:
    """One station's ledger: events until some instant, and a heartbeat for what they cover."""

    station: Station
    told: Sequence[Told]
    size: Size
    ledger: uuid.UUID = field(init=False)
    number: int = 0
    head: bytes = GENESIS
    beats: int = 0

    def __post_init__(self) -> None:
        self.ledger = uuid.uuid5(SPACE, f"{self.size.seed} {self.station.name}")

    def until(self, instant: datetime) -> list[EventEnvelope]:
        """The events since the last time, up to this instant."""
        found = []
        while self.number < len(self.told) and self.told[self.number].at <= instant:
            body, previous = e.encode_body(self.told[self.number].event), self.head
            self.number += 1
            self.head = event_hash(self.ledger, self.number, previous, body.encode())
            found.append(
                EventEnvelope(ledger_uuid=self.ledger, number=self.number, previous_hash=previous.hex(), body=body)
            )
        return found

    def beat(self, instant: datetime) -> Heartbeat:
        self.beats += 1
        reading = clock(self.station, instant, self.size)
        return Heartbeat(
            sequence=self.beats,
            version="1",
            at=reading,
            uptime_s=reading.monotonic_ns / 1e9,
            head=LedgerHead(ledger_uuid=self.ledger, number=self.number, hash=self.head.hex()),
            watched_until=reading.wall,
            watched_event=self.number,
        )


def moments(station: Station, after: datetime, until: datetime) -> list[datetime]:
    """When central last heard of this station within the span: just before it fell silent, and at its end."""
    heard = [one.since for one in station.outages if one.kind is not Kind.RESTART and after < one.since <= until]
    silent = station.blind_at(until) or station.cut_at(until)
    return sorted(heard if silent else [*heard, until])


def clock(station: Station, instant: datetime, size: Size) -> ClockReading:
    """The station's clock at this instant; it was last booted when it was last dark."""
    boots = [size.from_ - DAY, *(one.until for one in station.blind() if one.until <= instant)]
    return ClockReading(
        wall=wall(station, instant),
        monotonic_ns=(instant - boots[-1]) // MS * 1_000_000,
        boot_id=f"{station.name} {len(boots)}",
        offset_ms=station.ahead_ms,
        uncertainty_ms=UNCERTAINTY / MS,
    )


def wall(station: Station, instant: datetime) -> datetime:
    return instant + timedelta(milliseconds=station.ahead_ms)


def tellers(plan: Plan) -> list[Teller]:
    """Every station with all that it will ever tell."""
    seen = seen_of(plan)
    docked: dict[str, list[Seen]] = defaultdict(list)
    for one in seen:
        docked[one.dock.station].append(one)
    carried = _carried(plan.posts, seen)
    return [
        Teller(station, _record(station, docked[station.name], carried, plan), plan.size) for station in plan.stations
    ]


def seen_of(plan: Plan) -> list[Seen]:
    """All docks that were seen at all, in order of their true beginnings."""
    stations = {station.name: station for station in plan.stations}
    found = (_seen(dock, stations[dock.station]) for dock in plan.docks)
    return [one for one in found if one is not None]


def _seen(dock: Dock, station: Station) -> Seen | None:
    """None: it came and went in the dark."""
    before = station.blind_at(dock.since)
    absent_until = dock.since if before is None else before.since
    seen_at = dock.since if before is None else before.until
    if dock.until is None:
        return Seen(dock, absent_until, seen_at)
    after = station.blind_at(dock.until)
    if after is not None and after == before:
        return None
    last = dock.until if after is None else after.since
    return Seen(dock, absent_until, seen_at, last, dock.until if after is None else after.until)


def _carried(posts: Iterable[Post], seen: Iterable[Seen]) -> dict[uuid.UUID, list[Video]]:
    """Which videos each session brings: a camera keeps them until it is docked for long enough."""
    waiting: dict[str, list[Video]] = defaultdict(list)
    for post in posts:
        waiting[post.camera] += post.videos
    brought: dict[uuid.UUID, list[Video]] = {}
    for one in seen:
        if one.absent_at is None or one.absent_at - one.seen_at >= SHORTEST_DRAIN:
            videos = waiting[one.dock.camera]
            brought[session_of(one.dock)] = [video for video in videos if video.ended_at < one.seen_at]
            waiting[one.dock.camera] = [video for video in videos if video.ended_at >= one.seen_at]
    return brought


def session_of(dock: Dock) -> uuid.UUID:
    return uuid.uuid5(SPACE, f"{dock.camera} {dock.since.isoformat()}")


def _record(station: Station, seen: Sequence[Seen], carried: dict[uuid.UUID, list[Video]], plan: Plan) -> list[Told]:
    told = [*_watching(station, plan.size)]
    for one in seen:
        told += _docking(station, one, plan.size)
        told += _copying(station, one, carried.get(session_of(one.dock), []), plan.size)
    return sorted(told, key=lambda line: line.at)  # stable: a start before what it found


def _watching(station: Station, size: Size) -> Iterator[Told]:
    def at(instant: datetime) -> ClockReading:
        return clock(station, instant, size)

    first = size.from_ - DAY
    yield Told(first, e.WatchStarted(at=at(first), reason="started", sources=[SOURCE]))
    for one in station.blind():
        reason = "crashed" if one.kind is Kind.DARK else "stopped"
        stopped = one.until if one.kind is Kind.DARK else one.since
        yield Told(stopped, e.WatchStopped(at=at(stopped), reason=reason, until=wall(station, one.since)))
        yield Told(one.until, e.WatchStarted(at=at(one.until), reason="started", sources=[SOURCE]))


def _docking(station: Station, seen: Seen, size: Size) -> Iterator[Told]:
    dock, session = seen.dock, session_of(seen.dock)
    yield Told(
        seen.seen_at,
        e.CameraDocked(
            at=clock(station, seen.seen_at, size),
            session=session,
            camera=dock.camera,
            identity_source="marker",
            identity_unique=True,
            bay=dock.bay,
            bay_label=f"Bay {dock.bay.rpartition('.')[2]}",
            source=SOURCE,
            absent_until=wall(station, seen.absent_until),
            seen_at=wall(station, seen.seen_at),
        ),
    )
    if seen.absent_at is not None and seen.last_present_at is not None:
        yield Told(
            seen.absent_at,
            e.CameraUndocked(
                at=clock(station, seen.absent_at, size),
                session=session,
                camera=dock.camera,
                last_present_at=wall(station, seen.last_present_at),
                absent_at=wall(station, seen.absent_at),
            ),
        )


def _copying(station: Station, seen: Seen, videos: Sequence[Video], size: Size) -> Iterator[Told]:
    """Copied within minutes; acknowledged within minutes, or when the line is back."""
    if seen.absent_at is not None and seen.absent_at - seen.seen_at < SHORTEST_DRAIN:
        return
    session, camera = session_of(seen.dock), seen.dock.camera
    for place, video in enumerate(videos):
        asset = uuid.uuid5(SPACE, f"{camera} {video.began_at.isoformat()}")
        path = f"DCIM/{video.began_at:%Y%m%d}/{video.began_at:%Y%m%d%H%M%S}.MP4"
        found, staged = _up(station, seen.seen_at + MINUTE), _up(station, seen.seen_at + (2 + place) * MINUTE)
        changed = int(video.ended_at.timestamp() * 1e9)
        raw = base64.b64encode(path.encode()).decode()
        said = {"asset_id": asset, "session": session, "camera": camera, "path": path, "path_b64": raw}
        yield Told(
            found,
            e.AssetFound(at=clock(station, found, size), size=9_000_000, mtime_ns=changed, kind="video", **said),  # type: ignore[arg-type]
        )
        yield Told(
            staged,
            e.AssetStaged(
                at=clock(station, staged, size),
                asset_id=asset,
                sha256=asset.hex * 2,
                size=9_000_000,
                staged_at=wall(station, staged),
                recorded_at=video.began_at,
                recorded_source="name",
                camera=camera,
                path=path,
            ),
        )
        verified = _sent(station, staged + MINUTE)
        yield Told(
            verified,
            e.AssetVerified(
                at=clock(station, verified, size),
                asset_id=asset,
                receipt_id=uuid.uuid5(SPACE, f"receipt {asset}"),
                verified_at=wall(station, verified),
                store_epoch=1,
            ),
        )
    drained = _up(station, seen.seen_at + (3 + len(videos)) * MINUTE)
    yield Told(
        drained,
        e.CameraDrained(
            at=clock(station, drained, size), session=session, camera=camera, drained_at=wall(station, drained)
        ),
    )


def _up(station: Station, instant: datetime) -> datetime:
    """Then, or as soon as the station is up again."""
    blind = station.blind_at(instant)
    return instant if blind is None else blind.until + 2 * MINUTE


def _sent(station: Station, instant: datetime) -> datetime:
    """Then, or as soon as the line is back."""
    cut = station.cut_at(instant)
    return _up(station, instant if cut is None else cut.until + 5 * MINUTE)
