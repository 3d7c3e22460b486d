"""Whose turn it is to touch an upload: one at a time, and a newcomer may ask the holder to end early."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID


class UploadBusy(Exception):
    """Another request is writing to this upload."""


@dataclass
class _Turn:
    interrupt: Callable[[], None]
    ended: threading.Event = field(default_factory=threading.Event)


class Turns:
    """In-process registry of the uploads that are being touched right now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[UUID, _Turn] = {}

    @contextmanager
    def take(self, upload_id: UUID, interrupt: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hold the upload. `interrupt` is called from another thread when someone wants the holder to end.

        Raises:
            UploadBusy: somebody holds it.
        """
        turn = _Turn(interrupt)
        with self._lock:
            if upload_id in self._held:
                raise UploadBusy
            self._held[upload_id] = turn
        try:
            yield
        finally:
            with self._lock:
                del self._held[upload_id]
            turn.ended.set()

    def held(self) -> int:
        """How many uploads are being touched."""
        with self._lock:
            return len(self._held)

    def is_held(self, upload_id: UUID) -> bool:
        with self._lock:
            return upload_id in self._held

    def pre_empt(self, upload_id: UUID, wait_s: float) -> bool:
        """Ask the holder to end and wait for it. False: it still holds the upload."""
        with self._lock:
            turn = self._held.get(upload_id)
        if turn is None:
            return True
        turn.interrupt()
        return turn.ended.wait(wait_s)

    def interrupt_all(self) -> None:
        """Ask every holder to end: the process is about to stop."""
        with self._lock:
            turns = list(self._held.values())
        for turn in turns:
            turn.interrupt()


TURNS = Turns()
"""One process serves one DIR, so one registry is enough; the part file's own lock guards against a second."""
