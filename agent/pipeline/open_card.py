"""One camera's card, mounted and worked on by its child process; remounted writable for the erase step only."""

from __future__ import annotations

import contextlib
import threading

from agent.errors import CardGone, DockError
from agent.pipeline.bench import Bench
from agent.ports import CardWork
from agent.rules.footage import Listing, MountedCard, Presence
from agent.rules.volumes import is_another_disk, is_same_card


class OpenCard:
    """Promises that at most one mount and one child exist, and that `close` leaves neither."""

    def __init__(self, bench: Bench, presence: Presence) -> None:
        self._bench = bench
        self._presence = presence
        self._mounted: MountedCard | None = None
        self._first: MountedCard | None = None
        """What was read when the card was opened: only that is written to."""
        self._work: CardWork | None = None
        self._interrupted = threading.Event()

    @property
    def work(self) -> CardWork:
        if self._work is None:
            raise RuntimeError("the card is not open")
        return self._work

    def show(self, presence: Presence) -> None:
        """From the next `open` on it is this; call it while the card is closed."""
        self._presence = presence

    def open(self) -> MountedCard:
        """Mount read-only and start the child. Raises MountRefused, CardGone (also: another camera has taken the
        node since this one was opened first), CardStalled."""
        self.close()
        self._refuse_when_interrupted()
        self._mounted = self._bench.mounter.mount(self._presence, writable=False)
        if self._first is not None and is_another_disk(self._first, self._mounted):
            raise CardGone("Another camera has taken the place of the one that was read.")
        self._first = self._mounted
        self._work = self._bench.start_work()
        # The interrupt may have come before there was a child that it could end.
        self._refuse_when_interrupted()
        self._work.open(self._mounted)
        return self._mounted

    def remount(self, *, writable: bool) -> MountedCard:
        """A fresh mount under the same child. Raises MountRefused, CardGone, CardStalled."""
        if self._mounted is not None:
            self._bench.mounter.release(self._mounted)
            self._mounted = None
        self._refuse_when_interrupted()
        self._mounted = fresh = self._bench.mounter.mount(self._presence, writable=writable)
        if self._first is None or not is_same_card(self._first, fresh):
            raise CardGone("Another card is in the camera's place than the one that was read.")
        self.work.open(fresh)
        return fresh

    def list(self) -> Listing:
        return self.work.list()

    def interrupt(self) -> None:
        """End the child from another thread: whatever waits for it comes back at once with CardGone."""
        self._interrupted.set()
        work = self._work
        if work is not None:
            work.close()

    def _refuse_when_interrupted(self) -> None:
        if self._interrupted.is_set():
            raise CardGone("Card work was ended: the camera was taken out or the station stops.")

    def close(self) -> None:
        """End the child, then unmount. Never raises for a card that is already gone."""
        if self._work is not None:
            self._work.close()
            self._work = None
        if self._mounted is not None:
            with contextlib.suppress(DockError):
                self._bench.mounter.release(self._mounted)
            self._mounted = None
