"""Compares what is plugged in with what the ledger says, and starts or ends dock sessions accordingly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

import structlog

from agent.daemon.watch_keeping import Docked, Watch, WatchKeeper
from agent.errors import DockError, IllegalMove, LedgerBroken
from agent.pipeline.bench import Bench, Board
from agent.pipeline.dock_record import Absence
from agent.pipeline.dock_session import CameraSession
from agent.pipeline.locked_session import LockedSession
from agent.pipeline.unlocking import Unlocking
from agent.ports import DeviceSource, Ledger, Truth
from agent.rules import changes as c
from agent.rules.footage import DockSession, Instant, Presence, State
from agent.rules.plugs import uncounted
from agent.rules.watching import UnwatchedBay

log = structlog.get_logger(__name__)

RECONCILE_S = 15.0
"""Events are hints; this often the whole truth is compared."""

LOOK_AGAIN_S = 1.0
"""While a source is deaf: its gap shall end when it does, and not a round later."""

LEAVE_S = 3.0
"""A session that does not end within this time hangs in the kernel and is left to itself."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What all sources show after one comparison with the world."""

    present: dict[str, Presence]
    seen_at: dict[str, Instant]
    """By key: the instant of its source's look, at which the camera was there."""
    source_of: dict[str, str]
    """By key: the name of the source that shows it."""
    truths: dict[str, Truth]
    """By the name of the source."""


@dataclass(slots=True)
class _Live:
    session: CameraSession | LockedSession
    thread: threading.Thread
    last_present: Instant
    source: str


class Names:
    """Which docked camera bears which name now: two cameras that claim one name stay two."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, UUID] = {}
        self._contested: dict[str, set[UUID]] = {}

    def claim(self, camera: str, session: UUID) -> UUID | None:
        """Claim a name; the session that holds it already, if another does."""
        with self._lock:
            holder = self._sessions.setdefault(camera, session)
            claimants = self._contested.setdefault(camera, set())
            # The session too: of two that claimed a name, one may have left, come back and hold it alone.
            claimants.update({holder, session})
            return None if holder == session else holder

    def is_contested(self, camera: str) -> bool:
        """Whether two cameras that are docked now claim this name."""
        with self._lock:
            return len(self._contested.get(camera, ())) > 1

    def free(self, session: UUID) -> None:
        with self._lock:
            self._sessions = {name: held for name, held in self._sessions.items() if held != session}
            for claimants in self._contested.values():
                claimants.discard(session)


class Bays:
    """Level-triggered: whatever was missed in between, one round sets it right."""

    def __init__(
        self,
        sources: Sequence[DeviceSource],
        bench: Bench,
        names: Names,
        fail: Callable[[DockError], None],
        reconcile_s: float = RECONCILE_S,
        unlocking: Unlocking | None = None,
    ) -> None:
        """`reconcile_s`: at most so many seconds lie between two comparisons with the world. `unlocking`: without it
        no source may show a locked camera."""
        self._unlocking = unlocking
        self._expecting = {source.name: source.expect for source in sources}
        self._sources = sources
        self._bench = bench
        self._names = names
        self._fail = fail
        self._reconcile_s = reconcile_s
        self._live: dict[str, _Live] = {}
        self._keeper = WatchKeeper(bench.ledger, bench.clock)
        self._lock = threading.Lock()
        self._left_behind: dict[str, tuple[Board, int]] = {}
        """Bays whose last camera was pulled too early, until another comes or that camera is back in any bay."""
        self._unwatched: tuple[UnwatchedBay, ...] = ()
        self._deaf_since: float | None = None

    def start(self, wake: Callable[[], None]) -> None:
        """Subscribe to every source, list what is there, and take up what a previous run left open."""
        for source in self._sources:
            source.start(wake)
        last_proof = self._bench.ledger.note("alive_at")
        look = self._look()
        storage = _storage_keys(self._bench.ledger)
        open_sessions = {
            _key_now(storage.get(docked.key, docked.key), look.present): docked
            for docked in self._bench.ledger.open_sessions()
        }
        absence = self._absence(last_proof, list(open_sessions.values()))
        now = self._bench.clock.now()
        records: list[c.Change] = []
        for key, docked in open_sessions.items():
            if key not in look.present:
                left = sum(asset.state is State.FOUND for asset in self._bench.ledger.assets_on_card(docked.camera))
                records.append(_undocked(docked, _proof(last_proof, docked, now), now, left))
        # One commit: an undock recorded alone would let the next start take the last proof for one of absence.
        self._keeper.start(look.truths, *records)
        for key, presence in look.present.items():
            self._begin(presence, look.source_of[key], open_sessions.get(key), absence=absence)
        self._note_watch(look)

    def _absence(
        self, last_proof: str | None, docked_then: Sequence[DockSession]
    ) -> Callable[[str], datetime | None]:
        """Until when an earlier run proves that a camera was not docked here: its last whole look, if it watched the
        same sources, and knew every camera that was docked then by a name that is that camera's alone."""
        same = self._bench.ledger.note("watched_sources") == self._source_names()
        named = {docked.camera for docked in docked_then}
        if not last_proof or not same or not all(docked.identity_unique for docked in docked_then):
            return lambda _camera: None
        proven = datetime.fromisoformat(last_proof)
        return lambda camera: None if camera in named else proven

    def _source_names(self) -> str:
        return " ".join(sorted(source.name for source in self._sources))

    def reconcile(self) -> float:
        """One round; the seconds until the next."""
        look = self._look()
        for source in self._sources:
            self._record(source)
        now = self._bench.clock.now()
        with self._lock:
            gone = [live for key, live in self._live.items() if key not in look.present]
            fresh = [presence for key, presence in look.present.items() if key not in self._live]
            unlocked = [
                (live, look.present[key])
                for key, live in self._live.items()
                if key in look.present and live.session.presence.locked and not look.present[key].locked
            ]
            for key, live in self._live.items():
                live.last_present = look.seen_at.get(key, live.last_present)
                now_shown = look.present.get(key, live.session.presence)
                if now_shown.volumes != live.session.presence.volumes:
                    live.session.shows(now_shown)
        for live, presence in unlocked:
            self._go_on_with_card(live, presence)
        for live in gone:  # all at once: ending one takes seconds, and another's card may take its node meanwhile
            live.session.leave()
        for live in gone:
            self._end(live, now)
        for presence in fresh:
            self._begin(presence, look.source_of[presence.key], None)
        self._restart_ended()
        self._note_watch(look)
        is_deaf = not all(truth.listening for truth in look.truths.values())
        self._deaf_since = (self._deaf_since or time.monotonic()) if is_deaf else None
        self._unwatched = tuple(bay for truth in look.truths.values() for bay in truth.unwatched)
        return min(LOOK_AGAIN_S, self._reconcile_s) if is_deaf else self._reconcile_s

    def watch(self) -> Watch:
        """How far this station has watched: never past what the latest whole round has proven and recorded."""
        return self._keeper.watch

    def boards(self) -> list[Board]:
        with self._lock:
            return [live.session.board for live in self._live.values()]

    def space_wanted(self) -> int:
        """Bytes of the smallest file that waits on its card for room in the spool; 0: none waits."""
        return min((board.space_wanted for board in self.boards() if board.space_wanted), default=0)

    def left_behind(self) -> dict[str, tuple[Board, int]]:
        """By bay: what was shown of the camera that was pulled too early, and its files that were not copied."""
        back = {board.camera for board in self.boards()}
        with self._lock:
            for bay in [bay for bay, (board, _) in self._left_behind.items() if board.camera in back]:
                del self._left_behind[bay]
            return dict(self._left_behind)

    def unwatched(self) -> tuple[UnwatchedBay, ...]:
        """Bays that hold something which no session serves, as the latest round saw it."""
        return self._unwatched

    def label(self, bay: str) -> str:
        """What is written beside a bay."""
        return self._bench.settings.bay_labels.get(bay, bay)

    def deaf_s(self) -> float:
        """For how many seconds not every source of cameras has been listened to."""
        since = self._deaf_since
        return 0.0 if since is None else time.monotonic() - since

    def nudge(self) -> None:
        """Receipts came or a source hinted: every session looks again."""
        with self._lock:
            sessions = [live.session for live in self._live.values()]
        for session in sessions:
            session.nudge()

    def stop(self) -> None:
        """End all sessions; docks stay open in the ledger, for the cameras are still there."""
        with self._lock:
            live = list(self._live.values())
            self._live.clear()
        for one in live:
            one.session.leave()
        deadline = time.monotonic() + LEAVE_S
        for one in live:
            one.thread.join(max(0.0, deadline - time.monotonic()))
        for source in self._sources:
            source.close()

    def _look(self) -> _Look:
        present: dict[str, Presence] = {}
        seen_at: dict[str, Instant] = {}
        source_of: dict[str, str] = {}
        truths: dict[str, Truth] = {}
        for source in self._sources:
            truths[source.name] = truth = source.truth()
            present.update(truth.present)
            seen_at.update({**dict.fromkeys(truth.present, truth.at), **truth.away})
            source_of.update(dict.fromkeys(truth.present, source.name))
        return _Look(present, seen_at, source_of, truths)

    def _note_watch(self, look: _Look) -> None:
        with self._lock:
            live = [(one.source, one.session.presence, one.session.docked) for one in self._live.values()]
        docked = [
            # Read again: a clash may have taken the camera's name from it since its dock was recorded.
            Docked(source, presence.absent_until, dock and self._bench.ledger.session(dock.session))
            for source, presence, dock in live
        ]
        self._keeper.note(look.truths, docked)

    def _begin(
        self,
        presence: Presence,
        source: str,
        continued: DockSession | None,
        session_id: UUID | None = None,
        absence: Absence = lambda _camera: None,
    ) -> None:
        known = continued.session if continued else session_id
        session = self._session(presence, source, known or uuid4(), continued, absence)
        with self._lock:
            self._left_behind.pop(presence.bay, None)
            self._live[presence.key] = live = _Live(session, self._thread_of(session), presence.seen_at, source)
        live.thread.start()

    def _session(
        self, presence: Presence, source: str, session: UUID, continued: DockSession | None, absence: Absence
    ) -> CameraSession | LockedSession:
        if not presence.locked or self._unlocking is None:
            return CameraSession(self._bench, presence, session, continued, absence)
        expect = self._expecting[source]
        return LockedSession(self._bench, self._unlocking, presence, session, continued, absence, expect)

    def _go_on_with_card(self, live: _Live, presence: Presence) -> None:
        """A locked camera is storage now: the same dock goes on. Who starts after us finds it by its storage key."""
        session = live.session.session
        live.session.leave()
        live.thread.join(LEAVE_S)
        docked = self._bench.ledger.session(session)
        if docked is not None:
            open_now = {one.key for one in self._bench.ledger.open_sessions()}
            keys = {key: at for key, at in _storage_keys(self._bench.ledger).items() if key in open_now}
            self._bench.ledger.remember(storage_keys=json.dumps({**keys, docked.key: presence.storage_key}))
        self._begin(presence, live.source, docked, session)

    def _thread_of(self, session: CameraSession | LockedSession) -> threading.Thread:
        bay = session.presence.bay
        return threading.Thread(target=self._serve, args=(session,), name=f"bay {bay}", daemon=True)

    def _serve(self, session: CameraSession | LockedSession) -> None:
        try:
            session.run()
        except LedgerBroken as error:
            self._fail(error)
        except Exception:
            # A bug met with this card must not touch the other bays; the next round starts the session again.
            log.exception("session_failed", bay=session.presence.bay, session=str(session.session))

    def _restart_ended(self) -> None:
        with self._lock:
            ended = [live for live in self._live.values() if not live.thread.is_alive()]
        for live in ended:
            continued = self._bench.ledger.session(live.session.session)
            self._begin(live.session.presence, live.source, continued, live.session.session)

    def _end(self, live: _Live, now: Instant) -> None:
        live.session.leave()
        live.thread.join(LEAVE_S)
        session = live.session
        with self._lock:
            self._live.pop(session.presence.key, None)
        try:
            # Pulled within a second: it was docked all the same, and its officer has returned it.
            with suppress(IllegalMove):
                session.dock_unread()
            docked = self._bench.ledger.session(session.session)
            if docked is not None:
                left = session.not_copied()
                self._record_undock(docked, live.last_present, now, left)
                if left:
                    with self._lock:
                        self._left_behind[session.presence.bay] = (session.board, left)
        finally:
            # A name that stayed claimed by a camera that left would make its next dock a stranger's.
            self._names.free(session.session)

    def _record_undock(self, docked: DockSession, last_present: Instant, now: Instant, left: int) -> None:
        self._bench.ledger.commit(_undocked(docked, last_present, now, left))
        log.info("camera_undocked", camera=docked.camera, bay=docked.bay, files_not_copied=left)

    def _record(self, source: DeviceSource) -> None:
        records: list[c.Change] = []
        for event in source.events():
            if event.kind == "watch_gap" or not event.bay:
                self._keeper.heard(source.name, event)
            if event.kind == "device_refused":
                facts = {"detail": event.detail}
                records.append(c.DeviceRefused(at=event.at, bay=event.bay, reason=event.reason, facts=facts))
            elif event.kind != "watch_gap":
                records.append(c.BayTrouble(at=event.at, bay=event.bay, reason=event.reason, detail=event.detail))
        if records:
            self._bench.ledger.commit(*records)


def _undocked(docked: DockSession, last_present: Instant, now: Instant, left: int) -> c.CameraUndocked:
    return c.CameraUndocked(
        at=now,
        session=docked.session,
        camera=docked.camera,
        last_present_at=max(last_present.wall, docked.seen_at),
        absent_at=now.wall,
        files_not_copied=left,
    )


def _key_now(key: str, present: Collection[str]) -> str:
    """The key under which this run knows a dock that an earlier run left open."""
    plug = uncounted(key)
    return plug if key not in present and plug in present else key


def _storage_keys(ledger: Ledger) -> dict[str, str]:
    """By the key of a dock that began with a locked camera: the key of what it is since."""
    return dict(json.loads(ledger.note("storage_keys") or "{}"))


def _proof(alive_at: str | None, docked: DockSession, now: Instant) -> Instant:
    """The last instant at which a camera that is gone now was provably still there."""
    wall = datetime.fromisoformat(alive_at) if alive_at else docked.seen_at
    return replace(now, wall=max(wall, docked.seen_at))
