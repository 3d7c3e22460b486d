"""The first part of a locked camera's dock: until it is storage. The same dock session then goes on with its card."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import structlog

from agent.errors import DockError, LedgerBroken, UnlockFailed, UnlockHeldBack, UnlockNotSetUp, UnlockRefused
from agent.pipeline.bench import Bench, Board
from agent.pipeline.dock_record import Absence, DockRecord, say_docked
from agent.pipeline.identify import Identified, identify_unread
from agent.pipeline.unlocking import Told, Unlocking
from agent.ports import LockedCamera
from agent.rules import changes as c
from agent.rules.bay_words import BayView
from agent.rules.footage import DockSession, Presence
from agent.rules.profiles import Profile

log = structlog.get_logger(__name__)

PATIENCE = 2
"""Attempts that failed for no lasting reason before the dock is recorded without the camera's name."""


class LockedSession:
    """Serves one locked camera. `run` returns when it is storage, has left, or the station stops."""

    def __init__(
        self,
        bench: Bench,
        unlocking: Unlocking,
        presence: Presence,
        session: UUID,
        continued: DockSession | None,
        absence: Absence,
        expect: Callable[[str, str], None],
    ) -> None:
        """`expect`: tells the source which key leaves and comes back, and the serial that it told."""
        known_as = {**presence.facts, "unlocked_as": presence.facts.get("locked_as", "")}
        self.presence = presence
        self.session = session
        self.docked = continued
        self.board = Board(
            bay=presence.bay,
            bay_label=bench.settings.bay_labels.get(presence.bay, presence.bay),
            session=session,
            seen_at=presence.seen_at.wall,
            doing="unlocking",
        )
        self._bench = bench
        self._unlocking = unlocking
        self._known_as = replace(presence, facts=known_as)
        self._absence = absence
        self._expect = expect
        self._profile = next(
            (one for one in bench.settings.profiles if one.name == known_as["unlocked_as"]), bench.settings.fallback
        )
        self._left = threading.Event()
        self._camera: LockedCamera | None = None
        self._failures = 0
        self._told: set[str] = set()
        """Codes of troubles that are in the ledger."""
        self._asked_ns: int | None = None
        """When it was told to become storage."""
        self._log = log.bind(bay=presence.bay, session=str(session))

    # --- called from other threads --------------------------------------------------------------------

    def leave(self) -> None:
        """It became storage or was pulled, or the station stops. A step under way ends at once."""
        self._left.set()
        if self._camera is not None:
            self._camera.interrupt()

    def nudge(self) -> None:
        """Nothing that a receipt could change."""

    def shows(self, presence: Presence) -> None:
        """A locked camera has no volumes yet."""

    # --- the session's own thread ---------------------------------------------------------------------

    def run(self) -> None:
        while not self._left.is_set():
            self._left.wait(self.turn())
        self.board.view = BayView(occupied=True)

    def turn(self) -> float:
        """One attempt, unless the camera is on its way; the seconds until the next look.

        Raises:
            LedgerBroken: without its memory nothing may be promised.
        """
        if self._is_on_its_way():
            return 1.0
        try:
            if self._asked_ns is not None:
                self._asked_ns = None
                raise UnlockFailed("The camera took its password and did not become storage.")
            self._unlock(self._profile)
            return 1.0
        except LedgerBroken:
            raise
        except UnlockFailed as error:
            trouble: DockError = error
        except Exception as error:  # noqa: BLE001 - this bay is tried again, never given up
            self._log.exception("session_failed")
            trouble = DockError(repr(error), code="session_failed")
        return self._pause_after(trouble)

    def dock_unread(self) -> None:
        """Record the dock under what USB alone says, if the camera did not tell its name."""
        if self.docked is None:
            settings = self._bench.settings
            self._dock(identify_unread(self._known_as, settings.profiles, settings.fallback))

    def not_copied(self) -> int:
        """Nobody has seen its card."""
        return 0

    def _is_on_its_way(self) -> bool:
        if self._asked_ns is None or self._profile.unlock is None:
            return False
        waited_ns = self._bench.clock.now().monotonic_ns - self._asked_ns
        return waited_ns < self._profile.unlock.storage_within_s * 1e9

    def _unlock(self, profile: Profile) -> None:
        self.board.doing = "unlocking"
        try:
            self._unlocking.unlock(
                self.presence, profile, self._record, self._record_clock, self._expect_back, self._opened
            )
        finally:
            self._camera = None

    def _opened(self, camera: LockedCamera) -> None:
        self._camera = camera
        if self._left.is_set():  # it may have left before there was a conversation that it could end
            camera.interrupt()

    def _expect_back(self, serial: str) -> None:
        self._expect(self.presence.key, serial)
        self._asked_ns = self._bench.clock.now().monotonic_ns
        self.board.note = ""
        self.board.view = BayView(occupied=True)

    def _record(self, told: Told) -> None:
        offset = told.clock

        def unlocked(camera: str) -> list[c.Change]:
            return [
                c.CameraUnlocked(
                    at=self._bench.clock.now(),
                    session=self.session,
                    camera=camera,
                    serial=told.says.serial,
                    model_code=told.model_code,
                    officer_id=told.says.officer_id,
                    unit_id=told.says.unit_id,
                    clock_offset_s=offset.offset_s if offset else None,
                    clock_uncertainty_s=offset.uncertainty_s if offset else None,
                    sets_clock=told.sets_clock,
                )
            ]

        if self.docked is not None:  # by a run before this one, or under what USB says after a first failure
            self._bench.ledger.commit(*unlocked(self.docked.camera))
            return
        named = replace(self._known_as, facts={**self._known_as.facts, "unlock_serial": told.says.serial})
        settings = self._bench.settings
        identified = identify_unread(named, settings.profiles, settings.fallback)
        record = DockRecord(self._bench, named, self.session, self._absence)
        self.docked = record.commit(identified, unlocked, offset.offset_s if offset else None)
        say_docked(self.docked)
        self._show_name()

    def _record_clock(self, before_s: float, after_s: float | None) -> None:
        if self.docked is not None:
            self._bench.ledger.commit(
                c.CameraClockSet(
                    at=self._bench.clock.now(),
                    session=self.session,
                    camera=self.docked.camera,
                    offset_before_s=before_s,
                    offset_after_s=after_s,
                )
            )

    def _dock(self, identified: Identified) -> None:
        self.docked = DockRecord(self._bench, self._known_as, self.session, self._absence).commit(identified)
        say_docked(self.docked)
        self._show_name()

    def _show_name(self) -> None:
        if self.docked is not None:
            self.board.camera = self.docked.camera

    def _pause_after(self, error: DockError) -> float:
        """Show and record this trouble; seconds until the next attempt."""
        if self._left.is_set() or self._asked_ns is not None:
            # It was told to become storage: that it no longer answers is what that looks like.
            return 1.0
        self._failures += 1
        lasting = isinstance(error, UnlockRefused | UnlockHeldBack | UnlockNotSetUp)
        if self.docked is None and (lasting or self._failures >= PATIENCE):
            self.dock_unread()
        self.board.note, self.board.doing = str(error), ""
        self.board.view = BayView(occupied=True, identified=True, need_it=1)
        if error.code not in self._told:
            self._told.add(error.code)
            self._log.warning(error.code, error=str(error))
            self._bench.ledger.commit(
                c.BayTrouble(
                    at=self._bench.clock.now(),
                    bay=self.presence.bay,
                    reason=error.code,
                    detail=str(error),
                    session=self.session if self.docked else None,
                )
            )
        return self._bench.settings.retry_bay.total_seconds()
