"""Takes one docked camera from plug to pull: mount → stage → (upload, verify elsewhere) → erase.

Runs in a thread of its own. Whatever happens to this card costs this bay only.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import structlog

from agent.errors import (
    CardError,
    CardGone,
    CardStalled,
    DockError,
    IllegalMove,
    LedgerBroken,
    SpoolBroken,
    SpoolFull,
)
from agent.pipeline.bench import Bench, Board
from agent.pipeline.dock_record import Absence, DockRecord, say_docked
from agent.pipeline.erase import CardErasing
from agent.pipeline.identify import Identified, identify_card, identify_unread
from agent.pipeline.open_card import OpenCard
from agent.pipeline.stage_card import CardStaging
from agent.pipeline.take_stock import Stock
from agent.rules import changes as c
from agent.rules.bay_words import BayView
from agent.rules.footage import CardFile, DockSession, Listing, Presence, State
from agent.rules.profiles import Profile
from agent.rules.stock import Seen, is_durable_as, seen
from agent.rules.volumes import NOT_MOUNTED, volumes_of

log = structlog.get_logger(__name__)

PATIENCE = 2
"""Failed attempts to read a card before its dock is recorded under what USB alone says; and before a card that does
not answer, while its source still shows it, is no longer taken for one that is just being pulled."""
REST = 3
"""A session rests this many times as long as its bookkeeping took: one huge card must not starve the others."""
LONGEST_REST_S = 10.0


class CameraSession:
    """One dock session. `run` returns when the camera has left or the station stops."""

    def __init__(
        self,
        bench: Bench,
        presence: Presence,
        session: UUID,
        continued: DockSession | None = None,
        absence: Absence = lambda _camera: None,
    ) -> None:
        """`absence`: until when an earlier run proves that this camera was not docked here."""
        self.presence = presence
        self._absence = absence
        self.session = session
        self.docked = continued
        """None until the camera was identified and its dock recorded."""
        self.board = Board(
            bay=presence.bay,
            bay_label=bench.settings.bay_labels.get(presence.bay, presence.bay),
            session=session,
            seen_at=presence.seen_at.wall,
        )
        self._bench = bench
        self._card = OpenCard(bench, presence)
        self._is_open = False
        self._shown: Presence | None = None
        self._profile: Profile | None = None
        self._left = threading.Event()
        self._nudge = threading.Event()
        self._failures = 0
        self._drained = continued is not None and continued.drained_at is not None
        self._stock: Stock | None = None
        self._staging: CardStaging | None = None
        self._erasing: CardErasing | None = None
        self._busy_ns = 0
        self._since_ns = 0
        self._reading: Seen | None = None
        self._without_room: set[bytes] = set()
        """Files that found the spool full, and of which the log was told."""
        self._last: set[Seen] = set()
        """Files that once hung the card: everything else is copied before they are tried again."""
        self._log = log.bind(bay=presence.bay, session=str(session))

    # --- called from other threads --------------------------------------------------------------------

    def leave(self) -> None:
        """The camera was pulled, or the station stops: end whatever runs, at once."""
        self._left.set()
        self._nudge.set()
        self._card.interrupt()

    def nudge(self) -> None:
        """Something changed (a receipt came, an event at the source): look again soon."""
        self._nudge.set()

    def shows(self, presence: Presence) -> None:
        """More of this camera came up (another partition): it is opened anew with all of it."""
        self._shown = presence
        self._nudge.set()

    # --- the session's own thread ---------------------------------------------------------------------

    def run(self) -> None:
        """Serve this card until it leaves. Errors of this card are recorded, shown and tried again."""
        try:
            while not self._left.is_set():
                pause_s = self.turn()
                if pause_s is None:
                    self._wait()
                else:
                    self._left.wait(pause_s)
        finally:
            self._close()
            self.board.doing = ""
            self.board.view = BayView(occupied=True)  # nobody looks at this card any more

    def turn(self) -> float | None:
        """Open the card unless it is open, and do one round with it. After a trouble it is closed: the seconds until
        the next attempt. None: until something changes.

        Raises:
            LedgerBroken: without its memory nothing may be promised.
        """
        if self._shown is not None:
            self._close()
            self.presence, self._shown = self._shown, None
            self._card.show(self.presence)
        try:
            listing = self._card.list() if self._is_open else self.begin()
            self._is_open = True
            self.round(listing)
            return None
        except LedgerBroken:
            raise
        except (CardGone, IllegalMove) as error:
            trouble: DockError = error
        except (CardError, SpoolBroken) as error:
            trouble = error
        except Exception as error:  # noqa: BLE001 - this bay is tried again, never given up
            self._log.exception("session_failed")
            trouble = DockError(repr(error), code="session_failed")
        self._close()
        return self._pause_after(trouble, record=not isinstance(trouble, CardGone | IllegalMove))

    def _close(self) -> None:
        self._is_open = False
        self._card.close()
        if self._staging is not None:
            self._staging.take_up()

    def begin(self) -> Listing:
        """Open the card, record its dock unless that is done, and list it: everything but the first round."""
        mounted = self._card.open()
        listing = self._card.list()
        docked, profile = self._dock(listing)
        if not self._since_ns:
            self._since_ns = self._bench.clock.now().monotonic_ns
        self._stock = Stock(self._bench, docked, volumes_of(mounted), self._since_ns)
        if mounted.dirty:
            self._stock.trouble("file_system_dirty", "the card was not cleanly unmounted; it is read, never written")
        if dark := [one for one in mounted.unread if one.reason == NOT_MOUNTED]:
            self._stock.trouble("volume_not_mounted", "; ".join(one.detail for one in dark))
        settle = timedelta(seconds=self.presence.settle_s if self.presence.source == "folder" else 0)
        self._staging = CardStaging(self._bench, docked, profile, settle, self.board)
        self._erasing = CardErasing(self._bench, docked, profile, self.board)
        self.board.bytes_copied = 0
        return listing

    def round(self, listing: Listing) -> None:
        """Do all that can be done with this card now, and show what the bay may say.

        Raises:
            CardError, SpoolBroken: the card must be opened anew.
        """
        stock, staging, erasing = self._stock, self._staging, self._erasing
        if stock is None or staging is None or erasing is None:
            raise RuntimeError("a round before the card was opened")
        started_ns = self._bench.clock.now().monotonic_ns
        try:
            stock.take(listing)
            staging.found(stock)
            self._show(stock, erasing)
            self._busy_ns = self._bench.clock.now().monotonic_ns - started_ns
            self._stage_all(staging, stock)
            self._mark_drained(stock)
            if not self._left.is_set() and not staging.due(stock):
                erasing.round(self._card, stock)
            self._show(stock, erasing)
        except IllegalMove as error:
            # The ledger moved on between our look and our commit (a receipt, an upload, `retry`); nothing was
            # written. The next round looks again; what was read from the card meanwhile stays known.
            self._log.info("overtaken", error=str(error))
            self.board.doing = ""
            self.board.view = replace(self.board.view, not_copied=max(1, self.board.view.not_copied))
        self._failures = 0

    def dock_unread(self) -> None:
        """Record the dock under what USB or the folder's name says, if nothing better was found out in time."""
        if self.docked is None:
            settings = self._bench.settings
            self._record_dock(identify_unread(self.presence, settings.profiles, settings.fallback))

    def not_copied(self) -> int:
        """Files seen on the card that are neither in the spool nor receipted. Costs a look at each file that was
        not dealt with; call when the session has ended."""
        if self.docked is None:
            return 0
        ledger, camera = self._bench.ledger, self.docked.camera
        found = {asset.path for asset in ledger.assets_on_card(camera) if asset.state is State.FOUND}
        for file in self._stock.unhandled() if self._stock else ():
            if not any(is_durable_as(asset, file) for asset in ledger.assets_at(camera, file.path)):
                found.add(file.path)
        return len(found)

    # --- docking --------------------------------------------------------------------------------------

    def _dock(self, listing: Listing) -> tuple[DockSession, Profile]:
        settings = self._bench.settings
        presence = self._unlocked()
        identified = identify_card(presence, self._card.work, listing, settings.profiles, settings.fallback)
        self._profile = identified.profile
        if self.docked is None:
            self._record_dock(identified)
        else:
            # Recorded under a name of its own it still is one of two that claim the same, also after a restart.
            self._bench.name_camera(identified.identity.camera, self.session)
        # Read again: what was recorded of this card since (an I/O error, a clash) holds to the end of its dock.
        self.docked = docked = self._bench.ledger.session(self.session)
        if docked is None:
            raise RuntimeError("the dock was not recorded")
        self._identified()
        return docked, identified.profile

    def _record_dock(self, identified: Identified) -> None:
        record = DockRecord(self._bench, self.presence, self.session, self._absence)
        self.docked = record.commit(identified)
        say_docked(self.docked)

    def _unlocked(self) -> Presence:
        """The presence with what its locked face told. After a restart only the dock's own record knows that."""
        docked = self.docked
        if docked is None or docked.identity_source != "unlock" or "unlock_serial" in self.presence.facts:
            return self.presence
        told = {"unlock_serial": docked.camera, "unlocked_as": docked.profile}
        return replace(self.presence, facts={**self.presence.facts, **told})

    def _identified(self) -> None:
        if self.docked is not None:
            self.board.camera = self.docked.camera
            self._bench.name_camera(self.docked.camera, self.session)

    # --- staging --------------------------------------------------------------------------------------

    def _stage_all(self, staging: CardStaging, stock: Stock) -> None:
        due = sorted(staging.due(stock), key=lambda file: seen(file) in self._last)
        self.board.files_total = len(stock.listed)
        self.board.bytes_total = sum(file.size for file in stock.listed.values())
        self.board.bytes_left = sum(file.size for file in stock.unhandled())
        try:
            self._stage_each(due, staging, stock)
        finally:
            staging.flush()  # what was copied is recorded, also when the card goes in the middle
        self._reading = None
        self.board.doing = ""
        self.board.file = ""

    def _stage_each(self, due: list[CardFile], staging: CardStaging, stock: Stock) -> None:
        too_large: int | None = None
        self.board.space_wanted = 0
        for file in due:
            if self._left.is_set():
                return
            if too_large is not None and file.size >= too_large:
                continue  # what is smaller than the file that found no room may still find some
            self._reading = seen(file)
            self.board.doing = "copying"
            self.board.file = file.path.decode("utf-8", "backslashreplace")
            self.board.file_size, self.board.file_done = file.size, 0
            try:
                staging.stage(file, self._card, stock)
                self._without_room.discard(file.path)
                if too_large is None and self.board.note.startswith("spool"):
                    self.board.note = ""
            except SpoolFull as error:
                too_large = file.size
                self.board.space_wanted = file.size  # each one that follows is smaller
                self.board.note = f"spool full: {error}"
                if file.path not in self._without_room:  # asked several times a second, told once
                    self._without_room.add(file.path)
                    self._log.warning("spool_full", file=self.board.file)

    def _mark_drained(self, stock: Stock) -> None:
        if not stock.is_durable():
            self._drained = False
        elif not self._drained and self.docked is not None:
            self._bench.ledger.commit(
                c.CameraDrained(at=self._bench.clock.now(), session=self.session, camera=self.docked.camera)
            )
            self._drained = True

    # --- showing and waiting --------------------------------------------------------------------------

    def _show(self, stock: Stock, erasing: CardErasing) -> None:
        expected = stock.expected()
        self.board.view = BayView(
            occupied=True,
            identified=True,
            erasing=self.board.doing == "erasing",
            # A lost copy makes its asset FOUND again before this session has looked: the ledger counts as well.
            not_copied=max(len(stock.unhandled()), sum(asset.state is State.FOUND for asset in expected)),
            not_settled=erasing.waiting(stock),
            need_it=sum(asset.state is State.QUARANTINED for asset in expected) + stock.troubled + stock.unseen(),
        )

    def _wait(self) -> None:
        """Until something changes: a receipt, a hint of the source, a file that may have settled."""
        pause = self._bench.settings.look_again.total_seconds()
        if self._stock is not None and self._stock.unhandled():
            pause = min(pause, max(0.2, self.presence.settle_s / 2))
        # Receipts of a large card come by the hundred: they are looked at together.
        self._left.wait(min(REST * self._busy_ns / 1e9, LONGEST_REST_S))
        self._nudge.wait(pause)
        self._nudge.clear()

    def _pause_after(self, error: DockError, *, record: bool) -> float:
        """Show and record this trouble; seconds until the next attempt."""
        if self._left.is_set():
            return 0.0
        self._failures += 1
        self.board.note = str(error)
        self._log.warning(error.code, error=str(error), attempt=self._failures)
        deaf = isinstance(error, CardGone) and self._failures > PATIENCE
        # Whatever was true of this card has to be found out anew: no word of it stands.
        self.board.view = BayView(occupied=True, troubled=record or deaf)
        if isinstance(error, CardStalled) and self._reading is not None:
            self._last.add(self._reading)
        if self.docked is None and self._failures >= PATIENCE and not isinstance(error, IllegalMove):
            self.dock_unread()
            self._identified()
        if (record and self._failures <= PATIENCE) or (deaf and self._failures == PATIENCE + 1):
            self._bench.ledger.commit(
                c.BayTrouble(
                    at=self._bench.clock.now(),
                    bay=self.presence.bay,
                    reason=error.code,
                    detail=str(error),
                    session=self.session if self.docked else None,
                )
            )
        return self._bench.settings.retry_bay.total_seconds() if record or deaf else 1.0
