"""A station that tells central of itself, without a network: real events, real claims, minutes after noon."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from central.custody.claims import take_claim
from central.custody.coverage import facts_for
from central.custody.recording import record_events
from central.fleet.heartbeats import keep_heartbeat
from central.fleet.models import Station
from central.timeliness.facts import Bay, Facts
from protocol import events as e
from protocol.messages import ClockReading, EventEnvelope, Heartbeat, LedgerHead
from tests.central.station_client import Chain

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
USB, SHELF = "usb", "folder:/srv/shelf"


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def minutes(instant: datetime | None) -> float | None:
    return None if instant is None else round((instant - NOON) / timedelta(minutes=1), 3)


@dataclass
class Telling:
    """One station with one ledger. `ahead_ms`: what its clock shows more than central's; None: never measured."""

    name: str = "east"
    ahead_ms: float | None = 0.0
    boot: str = "boot-1"
    chain: Chain = field(default_factory=Chain)
    unsent: list[EventEnvelope] = field(default_factory=list)
    linked: bool = True
    sequence: int = 0

    def __post_init__(self) -> None:
        Station.objects.get_or_create(station_id=self.name, defaults={"added_at": NOON})

    def clock(self, minute: float) -> ClockReading:
        nanoseconds = int((minute + 1000) * 60e9)
        uncertainty = None if self.ahead_ms is None else 0.0
        return ClockReading(
            wall=self.wall(minute),
            monotonic_ns=nanoseconds,
            boot_id=self.boot,
            offset_ms=self.ahead_ms,
            uncertainty_ms=uncertainty,
        )

    def wall(self, minute: float) -> datetime:
        """What its clock shows then."""
        return at(minute) + timedelta(milliseconds=self.ahead_ms or 0)

    def tell(self, minute: float, body: e.Event | str) -> None:
        self.unsent.append(self.chain.add(body))
        if self.linked:
            self.send(minute)

    def send(self, minute: float, most: int | None = None) -> None:
        now, self.unsent = self.unsent[:most], self.unsent[most:] if most else []
        record_events(self.name, now, at(minute))

    def start(self, minute: float, *sources: str, blind: tuple[str, ...] = ()) -> None:
        names = list(sources or (USB,))
        event = e.WatchStarted(at=self.clock(minute), reason="started", sources=names, blind=list(blind))
        self.tell(minute, event)

    def stop(self, minute: float, until: float, *sources: str, reason: str = "stopped") -> None:
        event = e.WatchStopped(at=self.clock(minute), reason=reason, until=self.wall(until), sources=list(sources))
        self.tell(minute, event)

    def resume(self, minute: float, *sources: str) -> None:
        self.tell(minute, e.WatchStarted(at=self.clock(minute), reason="resumed", sources=list(sources)))

    def dock(self, minute: float, camera: str = "C1", bay: str = "1-1", *, absent: float | None = None) -> UUID:
        session = uuid4()
        event = e.CameraDocked(
            at=self.clock(minute),
            session=session,
            camera=camera,
            identity_source="marker",
            identity_unique=True,
            bay=bay,
            bay_label=bay,
            source="usb",
            absent_until=None if absent is None else self.wall(absent),
            seen_at=self.wall(minute),
        )
        self.tell(minute, event)
        return session

    def undock(self, minute: float, session: UUID, camera: str = "C1") -> None:
        last = self.wall(minute)
        event = e.CameraUndocked(
            at=self.clock(minute), session=session, camera=camera, last_present_at=last, absent_at=last
        )
        self.tell(minute, event)

    def beat(self, minute: float, until: float | None = None, event: int | None = None) -> None:
        """A heartbeat that claims to have told everything until then."""
        self.sequence += 1
        message = Heartbeat(
            sequence=self.sequence,
            version="1",
            at=self.clock(minute),
            uptime_s=1.0,
            head=LedgerHead(ledger_uuid=self.chain.ledger_uuid, number=self.chain.number, hash=self.chain.head.hex()),
            watched_until=self.wall(minute if until is None else until),
            watched_event=self.chain.number if event is None else event,
        )
        keep_heartbeat(self.name, message, "{}", at(minute))
        take_claim(self.name, message, at(minute))


def known(camera: str = "C1", *stations: str, since: float = -1440, until: float = 2880) -> Facts:
    return facts_for(camera, stations or ("east",), at(since), at(until))


def watched(facts: Facts, station: str = "east") -> dict[str, list[tuple[float | None, float | None]]]:
    """By bay: the spans in which it was watched."""
    return {
        bay.bay: [(minutes(span.since), minutes(span.until)) for span in bay.watched]
        for bay in facts.bays
        if bay.station == station
    }


def bay_of(facts: Facts, name: str) -> Bay:
    (bay,) = (bay for bay in facts.bays if bay.bay == name)
    return bay
