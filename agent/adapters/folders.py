"""Cameras as folders: each first-level folder of one directory is a camera, named by its serial."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from agent.adapters.folder_book import FolderBook
from agent.adapters.folder_hints import FolderHints
from agent.adapters.folder_marks import Look, look_at
from agent.errors import NeedsOperator
from agent.ports import Clock, SourceEvent, Truth
from agent.rules.footage import Instant
from agent.rules.profiles import shown

LOOK_EVERY_S = 1.0
ANSWER_WITHIN_S = 3.0
"""A look that hangs (a network share) makes `truth()` answer with what it last knew."""
TICK_S = 0.011
STALLED_S = 10.0
"""Two looks further apart than this (suspended, starved, hung) are a gap in watching."""


class FolderSource:
    """Watches one directory. One thread looks every second, and at once after a hint; `truth()` asks it for a
    fresh look. A directory that is gone, unmounted or unreadable never means that cameras left."""

    def __init__(
        self, path: Path, presence: str, settle_s: float, clock: Clock, *, look_every_s: float = LOOK_EVERY_S
    ) -> None:
        """`presence`: `dock` (a folder is there while its camera is docked) or `none` (proves nothing)."""
        self.name = f"folder:{shown(os.fsencode(path))}"
        self._base = os.fsencode(path)
        self._clock = clock
        self._proves_absence = presence == "dock"
        self._look_every_s = look_every_s
        self._book = FolderBook(self._base, proves_dock=presence == "dock", settle_s=settle_s)
        self._hints = FolderHints(self._base, self._poke)
        self._wake: Callable[[], None] = lambda: None
        self._changed = threading.Condition()
        self._due = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._asked = self._answered = 0
        self._events: list[SourceEvent] = []
        self._last: Look | None = None
        self._last_at: Instant | None = None
        self._last_tick = 0.0
        self._trouble = ""
        self._gap = False
        self._rehint = False
        """The directory was replaced: hints are still about the old one."""

    def start(self, wake: Callable[[], None]) -> None:
        """Subscribe, then look.

        Raises:
            NeedsOperator: there is no such directory, or it cannot be read.
        """
        self._wake = wake
        try:
            os.scandir(self._base).close()
        except OSError as error:
            raise NeedsOperator(
                f"The directory of cameras {shown(self._base)} cannot be read: {error.strerror}.",
                code="source_unreadable",
                hint="No camera in it is watched. Create or mount it, or correct [[source]] path.",
            ) from None
        self._hints.start()
        self._revive()
        self.truth()

    def truth(self) -> Truth:
        """What is docked, after a fresh look where one is possible within three seconds."""
        self._revive()
        with self._changed:
            self._asked += 1
            mine = self._asked
            self._due.set()
            fresh = self._changed.wait_for(lambda: self._answered >= mine, ANSWER_WITHIN_S)
            listening = fresh and not self._trouble and not self._gap
            self._gap = not fresh
            return Truth(
                self._book.present(),
                self._last_at or self._clock.now(),
                listening,
                unwatched=self._book.unwatched(),
                proves_absence=self._proves_absence,
            )

    def events(self) -> list[SourceEvent]:
        with self._changed:
            happened, self._events = self._events, []
        return happened

    def expect(self, key: str, serial: str) -> None:
        """No folder is ever locked."""

    def close(self) -> None:
        self._stopping.set()
        self._due.set()
        self._hints.stop()
        if self._thread is not None:
            self._thread.join(ANSWER_WITHIN_S)

    def _poke(self) -> None:
        self._due.set()

    def _revive(self) -> None:
        if self._stopping.is_set() or (self._thread is not None and self._thread.is_alive()):
            return
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._due.wait(self._look_every_s)
            self._due.clear()
            if not self._stopping.is_set():
                self._look()

    def _look(self) -> None:
        """One look, and everything that follows from it."""
        asked, hinted, left = self._asked, self._is_hinted(), self._hints.left()
        before = self._clock.now()
        try:
            look: Look | None = None
            trouble = ""
            before, look = self._settled_look()
        except OSError as error:
            look = None
            trouble = "folder_gone" if isinstance(error, FileNotFoundError) else "folder_unreadable"
        if look is not None and self._is_unmounted(look):
            trouble = "folder_emptied"
        with self._changed:
            changed = self._troubled(trouble) if trouble or look is None else self._taken(look, left, hinted, before)
            self._answered = asked
            self._changed.notify_all()
        if changed:
            self._wake()

    def _settled_look(self) -> tuple[Instant, Look]:
        """What is there, and an instant just before: a folder not shown was absent then, or came after it.

        File times move in ticks of up to 10 ms. A change is believed once it is older than a tick, so that the
        next change cannot bear the same time.
        """
        last = self._last
        for _ in range(5):
            before, look = self._clock.now(), look_at(self._base)
            if last is not None and look.marks == last.marks:
                break
            last = look
            self._stopping.wait(TICK_S)
        return before, look

    def _is_unmounted(self, look: Look) -> bool:
        """Another, empty directory in place of the one that held cameras: what a share leaves when it goes."""
        moved = self._last is not None and self._last.base != look.base
        return moved and not look.marks and not look.unreadable and bool(self._book.present())

    def _troubled(self, trouble: str) -> bool:
        if trouble == self._trouble:
            return False
        self._trouble = trouble
        path = shown(self._base)
        detail = f"{path}: the directory of cameras is gone, unreadable or unmounted. Nobody is taken to have left."
        self._events.append(
            SourceEvent("bay_trouble", self._clock.now(), reason=trouble, detail=detail, since=self._last_at)
        )
        return True

    def _taken(self, look: Look, left: frozenset[bytes], hinted: bool, before: Instant) -> bool:
        now = self._clock.now()
        tick = time.clock_gettime(time.CLOCK_BOOTTIME)
        reason = self._gap_reason(look, tick)
        reason = self._trouble or reason
        if reason:
            self._trouble, self._gap = "", True
            self._events.append(
                SourceEvent("watch_gap", now, reason=reason, detail=shown(self._base), since=self._last_at)
            )
        if not hinted and not self._is_unmoved(look):
            left |= frozenset(look.marks)
        changed = self._book.compare(look, left, self._last_at, now)
        reports = self._book.reports(look, self._last_at, now)
        self._events.extend(reports)
        self._last, self._last_at, self._last_tick = look, before, tick
        return bool(changed or reports or reason)

    def _gap_reason(self, look: Look, tick: float) -> str:
        if self._last is None:
            return ""
        if self._last.base != look.base:
            self._rehint = True
            return "folder_replaced"
        return "stalled" if tick - self._last_tick > STALLED_S else ""

    def _is_hinted(self) -> bool:
        """Whether hints came ever since the last look; starts them again when they did not."""
        replaced, self._rehint = self._rehint, False
        if self._hints.is_alive() and not replaced:
            return True
        self._hints.start()
        return False

    def _is_unmoved(self, look: Look) -> bool:
        """Whether no name came or went in the directory since the last look."""
        last = self._last
        return last is not None and (last.base, last.base_modified_ns) == (look.base, look.base_modified_ns)
