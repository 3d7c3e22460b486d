"""Turns what the sources show, round by round, into events: which source and which bay was watched, and when not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.ports import Clock, Ledger, SourceEvent, Truth
from agent.rules import changes as c
from agent.rules.footage import DockSession, Instant
from agent.rules.watching import DEAF, UNIDENTIFIED, BayGap, Place, begun_and_ended


@dataclass(frozen=True, slots=True)
class Watch:
    """How far this station has provably watched, and the last event that says so."""

    until: datetime | None = None
    """Every source had been listened to until then, and whatever docked is recorded."""
    event: int | None = None
    told: datetime | None = None
    """Everything until then is told by the events up to `event`, also what was not watched."""


@dataclass(frozen=True, slots=True)
class Docked:
    """A camera that is in a bay now, and its dock as far as it is recorded."""

    source: str
    absent_until: Instant | None
    session: DockSession | None


class WatchKeeper:
    """Promises that a gap is in the ledger before any claim to have watched goes beyond it."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._deaf: set[str] = set()
        self._heard: dict[str, Instant] = {}
        """By source: the last instant until which it was certainly listened to."""
        self._reasons: dict[str, SourceEvent] = {}
        self._open: set[Place] = set()
        self._began: datetime | None = None
        self.watch = Watch()

    def start(self, truths: Mapping[str, Truth], *before: c.Change) -> None:
        """Record, in one commit with what came `before`, that every source is listened to from now on."""
        now = self._clock.now()
        self._began = now.wall
        self._open = {gap.place for gap in self._ledger.unwatched_since(now.wall) if gap.bay}
        blind = tuple(name for name, truth in truths.items() if not truth.proves_absence)
        self._heard = {name: truth.at for name, truth in truths.items()}
        notes = {
            "stopped": "no",
            "watch_began": now.wall.isoformat(),
            "alive_at": "",  # this run has proven nothing yet
            "told_until": "",
            "watched_sources": " ".join(sorted(truths)),
        }
        if self._ledger.note("first_watch") is None:
            notes["first_watch"] = now.wall.isoformat()
        started = c.WatchStarted(at=now, reason="started", sources=tuple(truths), blind=blind)
        self._ledger.commit(*before, started, notes=notes)

    def heard(self, source: str, event: SourceEvent) -> None:
        """Why a source is, or was, deaf: its next gap bears this reason."""
        self._reasons[source] = event

    def note(self, truths: Mapping[str, Truth], docked: Sequence[Docked]) -> None:
        """Record which gaps began and which ended, then claim as much as is told now."""
        now = self._clock.now()
        changes = [*self._sources(truths, now), *self._bays(truths, docked, now)]
        if changes:
            self._ledger.commit(*changes)
        self._claim(truths, docked, now)

    def _sources(self, truths: Mapping[str, Truth], now: Instant) -> Iterable[c.Change]:
        for name, truth in truths.items():
            if not truth.listening and name not in self._deaf:
                self._deaf.add(name)
                said = self._reasons.get(name)
                yield c.WatchStopped(
                    at=now,
                    reason=(said.reason if said else "") or DEAF,
                    until=self._heard_until(name, said),
                    sources=(name,),
                )
            elif truth.listening:
                if name in self._deaf:
                    self._deaf.discard(name)
                    yield c.WatchStarted(at=truth.at, reason="resumed", sources=(name,))
                    self._reasons.pop(name, None)
                self._heard[name] = truth.at

    def _heard_until(self, name: str, said: SourceEvent | None) -> datetime:
        last = self._heard[name]
        is_later = said is not None and said.since is not None and said.since.monotonic_ns > last.monotonic_ns
        return said.since.wall if is_later and said and said.since else last.wall

    def _bays(self, truths: Mapping[str, Truth], docked: Sequence[Docked], now: Instant) -> Iterable[c.Change]:
        began = self._began or now.wall
        gaps = [
            BayGap(name, bay.bay, bay.reason, bay.since.wall if bay.since else began, bay.detail)
            for name, truth in truths.items()
            if truth.listening
            for bay in truth.unwatched
        ]
        gaps += [
            BayGap(one.source, one.session.bay, UNIDENTIFIED, one.session.absent_until or one.session.seen_at)
            for one in docked
            if one.session is not None and not one.session.identity_unique
        ]
        begun, ended = begun_and_ended(self._open, gaps, self._deaf)
        self._open.update(gap.place for gap in begun)
        self._open.difference_update(ended)
        for gap in begun:
            yield c.BayUnwatched(
                at=now, source=gap.source, bay=gap.bay, reason=gap.reason, since=gap.since, detail=gap.detail
            )
        for source, bay, reason in ended:
            yield c.BayWatched(at=now, source=source, bay=bay, reason=reason)

    def _claim(self, truths: Mapping[str, Truth], docked: Sequence[Docked], now: Instant) -> None:
        """A camera whose dock is not yet recorded, and a device of which nobody knows yet what it is, hold the claim
        back: central would take their absence from the events for their absence from the bays."""
        held = [one.absent_until for one in docked if one.session is None]
        held += [since for truth in truths.values() if truth.listening for since in truth.unsettled]
        known = [instant.wall for instant in held if instant is not None]
        if len(known) < len(held):
            return  # nobody knows since when it is there: nothing may be said of its absence
        head = self._ledger.head()
        told = min([now.wall, *known, *_looked(truths.values())])
        whole = self.watch.until if self._deaf else told
        self.watch = Watch(whole, head.number if head else None, told)


def _looked(truths: Collection[Truth]) -> list[datetime]:
    return [truth.at.wall for truth in truths if truth.listening]


def proofs(watch: Watch) -> dict[str, str]:
    """What the ledger notes of a watch, for the start that follows a crash."""
    instants = {"told_until": watch.told, "alive_at": watch.until}
    return {name: instant.isoformat() for name, instant in instants.items() if instant is not None}
