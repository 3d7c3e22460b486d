"""The ledger in memory: the real rules, the real events, the real chain."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid4

from agent.errors import IllegalMove, LedgerBroken
from agent.ledger.event_bodies import event_of
from agent.ports import StoredEvent
from agent.rules import changes as c
from agent.rules import custody
from agent.rules.footage import Asset, DockSession, Instant, Receipt, State
from agent.rules.watching import Unwatched
from protocol.chain import GENESIS, event_hash
from protocol.events import encode_body


@dataclass(slots=True)
class _Memory:
    """Everything a ledger holds. Dictionaries keep the order in which things came."""

    assets: dict[UUID, Asset] = field(default_factory=dict)
    sessions: dict[UUID, DockSession] = field(default_factory=dict)
    events: list[StoredEvent] = field(default_factory=list)
    receipts: dict[UUID, Receipt] = field(default_factory=dict)
    listings: dict[str, bytes] = field(default_factory=dict)
    unwatched: tuple[Unwatched, ...] = ()
    not_seen: frozenset[tuple[str, datetime]] = frozenset()

    def copied(self) -> _Memory:
        return _Memory(
            dict(self.assets),
            dict(self.sessions),
            list(self.events),
            dict(self.receipts),
            dict(self.listings),
            self.unwatched,
            self.not_seen,
        )


@dataclass(frozen=True, slots=True)
class KeptLedger:
    """What a power cut leaves of a ledger: all that was committed. Never changed again."""

    uuid: UUID
    rebuilt: bool
    memory: _Memory
    notes: dict[str, str]


class MemoryLedger:
    """The port `Ledger`."""

    def __init__(self, now: Instant, *, rebuilt: bool = False) -> None:
        self.uuid = uuid4()
        self.rebuilt = rebuilt
        self.broken = False
        """Nothing can be made durable any more."""
        self._writing = threading.RLock()
        self._memory = _Memory()
        self._notes: dict[str, str] = {}
        self.commit(c.LedgerOpened(at=now, reason="rebuilt" if rebuilt else "new"))

    def kept(self) -> KeptLedger:
        """As it is now, at no cost: every commit makes a new memory instead of changing the old one."""
        return KeptLedger(self.uuid, self.rebuilt, self._memory, self._notes)

    @classmethod
    def reopened(cls, kept: KeptLedger) -> MemoryLedger:
        """The ledger that a start finds after a power cut."""
        ledger = cls.__new__(cls)
        ledger.uuid, ledger.rebuilt, ledger.broken = kept.uuid, kept.rebuilt, False
        ledger._writing = threading.RLock()
        ledger._memory, ledger._notes = kept.memory, kept.notes
        return ledger

    def commit(self, *changes: c.Change, notes: Mapping[str, str] | None = None) -> None:
        with self._writing:
            if self.broken:
                raise LedgerBroken("The ledger's disk failed.", hint="Check the disk; nothing was written.")
            memory = self._memory.copied()
            for change in changes:
                self._record(memory, change)
            self._memory = memory
            self._notes = self._notes | dict(notes or {})

    def remember(self, **values: str) -> None:
        self.commit(notes=values)

    @contextmanager
    def batch(self) -> Iterator[None]:
        yield

    def close(self) -> None:
        """Idempotent; what was committed can still be read."""

    # --- reading --------------------------------------------------------------------------------------

    def asset(self, asset_id: UUID) -> Asset | None:
        return self._memory.assets.get(asset_id)

    def assets_at(self, camera: str, path: bytes) -> tuple[Asset, ...]:
        found = [asset for asset in self._assets() if (asset.camera, asset.path) == (camera, path)]
        return tuple(reversed(found))

    def assets_of(self, session: UUID) -> tuple[Asset, ...]:
        return tuple(
            asset for asset in self._assets() if asset.session == session and (asset.on_card or asset.staged_at)
        )

    def assets_on_card(self, camera: str) -> tuple[Asset, ...]:
        return tuple(asset for asset in self._assets() if asset.camera == camera and asset.on_card)

    def assets_in(self, state: State, limit: int = 1000) -> tuple[Asset, ...]:
        return tuple(asset for asset in self._assets() if asset.state is state)[:limit]

    def releasable(self, verified_before: datetime, limit: int = 1000) -> tuple[Asset, ...]:
        found = [
            (asset.verified_at, asset)
            for asset in self._assets()
            if asset.spooled and asset.receipt and asset.verified_at and asset.verified_at < verified_before
        ]
        return tuple(asset for _, asset in sorted(found, key=lambda pair: pair[0]))[:limit]

    def unbacked(self, store_epoch: int, limit: int, skip: int = 0) -> tuple[Asset, ...]:
        found = [
            asset
            for asset in self._assets()
            if asset.receipt and asset.receipt.store_epoch < store_epoch and not (asset.spooled or asset.on_card)
        ]
        return tuple(found[skip : skip + limit])

    def session(self, session: UUID) -> DockSession | None:
        return self._memory.sessions.get(session)

    def open_sessions(self) -> tuple[DockSession, ...]:
        return tuple(session for session in self._memory.sessions.values() if session.undocked_at is None)

    def sessions_since(self, instant: datetime) -> tuple[DockSession, ...]:
        found = self._memory.sessions.values()
        return tuple(one for one in found if one.undocked_at is None or one.undocked_at > instant)

    def unwatched_since(self, instant: datetime) -> tuple[Unwatched, ...]:
        gaps = [gap for gap in self._memory.unwatched if gap.until is None or gap.until > instant]
        return tuple(sorted(gaps, key=lambda gap: gap.since))

    def told_not_seen(self) -> frozenset[tuple[str, datetime]]:
        return self._memory.not_seen

    def known_camera(self, camera: str) -> bool:
        return any(session.camera == camera for session in self._memory.sessions.values())

    def events_after(self, number: int, limit: int) -> tuple[StoredEvent, ...]:
        return tuple(self._memory.events[number : number + limit])

    def head(self) -> StoredEvent | None:
        return self._memory.events[-1] if self._memory.events else None

    def note(self, name: str) -> str | None:
        return self._notes.get(name)

    def _assets(self) -> tuple[Asset, ...]:
        return tuple(self._memory.assets.values())

    # --- writing --------------------------------------------------------------------------------------

    def _record(self, memory: _Memory, change: c.Change) -> None:
        before = after = None
        if isinstance(change, c.AssetChange):
            before = memory.assets.get(change.asset_id)
            after = custody.apply(before, change)
            _keep_asset(memory, after)
        else:
            _keep_session(memory, change)
            _keep_watch(memory, change)
        event = event_of(change, before, after)
        if event is not None:
            self._append(memory, encode_body(event).encode())

    def _append(self, memory: _Memory, body: bytes) -> None:
        number = len(memory.events) + 1
        previous = memory.events[-1].hash if memory.events else GENESIS
        digest = event_hash(self.uuid, number, previous, body)
        memory.events.append(StoredEvent(number, previous, digest, body))


def _keep_asset(memory: _Memory, asset: Asset) -> None:
    if asset.session is not None and asset.session not in memory.sessions:
        raise IllegalMove(f"asset {asset.asset_id} names dock session {asset.session}, which is not known")
    receipt = asset.receipt
    if receipt is not None and memory.receipts.setdefault(receipt.receipt_id, receipt) != receipt:
        raise IllegalMove(f"receipt {receipt.receipt_id} is already known with another content")
    memory.assets[asset.asset_id] = asset


def _keep_session(memory: _Memory, change: c.Change) -> None:
    match change:
        case c.CameraDocked():
            if change.session in memory.sessions:
                raise IllegalMove(f"dock session {change.session} began before")
            memory.sessions[change.session] = _begun(change)
        case c.CameraUndocked():
            session = _known(memory, change.session)
            if session.undocked_at is not None:
                raise IllegalMove(f"dock session {change.session} has ended before")
            memory.sessions[change.session] = replace(
                session, undocked_at=change.absent_at, last_present_at=change.last_present_at
            )
        case c.CameraDrained():
            memory.sessions[change.session] = replace(_known(memory, change.session), drained_at=change.at.wall)
        case c.CardTroubled():
            memory.sessions[change.session] = replace(_known(memory, change.session), io_error=True)
        case c.IdentityClash():
            for one in (change.session, change.other_session):
                memory.sessions[one] = replace(_known(memory, one), identity_unique=False)
        case c.CardListed():
            if hashlib.sha256(change.listing).hexdigest() != change.listing_sha256:
                raise IllegalMove(f"the listing of dock session {change.session} has another digest than it claims")
            memory.listings[change.listing_sha256] = change.listing


def _keep_watch(memory: _Memory, change: c.Change) -> None:
    match change:
        case c.WatchStopped():
            since = change.until or change.at.wall
            begun = [Unwatched(source, "", change.reason, since) for source in change.sources or ("",)]
            memory.unwatched = _with_begun(memory.unwatched, begun)
        case c.WatchStarted():
            ended = None if change.reason != "resumed" else change.sources
            memory.unwatched = tuple(
                _ended(gap, change.at) if not gap.bay and (ended is None or gap.source in ended) else gap
                for gap in memory.unwatched
            )
        case c.BayUnwatched():
            begun = [Unwatched(change.source, change.bay, change.reason, change.since)]
            memory.unwatched = _with_begun(memory.unwatched, begun)
        case c.BayWatched():
            over = (change.source, change.bay, change.reason)
            memory.unwatched = tuple(_ended(gap, change.at) if gap.place == over else gap for gap in memory.unwatched)
        case c.CameraNotSeen():
            if (change.shift_id, change.deadline_at) in memory.not_seen:
                raise IllegalMove(f"shift {change.shift_id} was reported before for this deadline")
            memory.not_seen |= {(change.shift_id, change.deadline_at)}


def _with_begun(gaps: tuple[Unwatched, ...], begun: list[Unwatched]) -> tuple[Unwatched, ...]:
    still = {gap.place for gap in gaps if gap.until is None}
    return gaps + tuple(gap for gap in begun if gap.place not in still)


def _ended(gap: Unwatched, at: Instant) -> Unwatched:
    return replace(gap, until=max(gap.since, at.wall)) if gap.until is None else gap


def _known(memory: _Memory, session: UUID) -> DockSession:
    try:
        return memory.sessions[session]
    except KeyError:
        raise IllegalMove(f"dock session {session} is not known") from None


def _begun(change: c.CameraDocked) -> DockSession:
    return DockSession(
        session=change.session,
        key=change.key,
        source=change.source,
        bay=change.bay,
        bay_label=change.bay_label,
        camera=change.camera,
        identity_source=change.identity_source,
        identity_unique=change.identity_unique,
        profile=change.profile,
        proves_dock=change.proves_dock,
        seen_at=change.seen_at,
        absent_until=change.absent_until,
    )
