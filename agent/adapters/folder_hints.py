"""Hints that something happened in a directory, by inotify. Never evidence: a look at the directory decides."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver


class FolderHints:
    """Watches one directory's own names. `hint` is called from another thread."""

    def __init__(self, base: bytes, hint: Callable[[], None]) -> None:
        self._base = os.fsdecode(base)
        self._hint = hint
        self._left: set[bytes] = set()
        self._lock = threading.Lock()
        self._observer: BaseObserver | None = None

    def start(self) -> bool:
        """Watch the directory as it is now; False when the kernel refuses (no such directory, too many watches)."""
        self.stop()
        observer = Observer()
        try:
            observer.schedule(_Handler(self._noticed), self._base, recursive=False)
            observer.start()
        except OSError:
            return False
        self._observer = observer
        return True

    def is_alive(self) -> bool:
        """Whether hints still come: the threads of an observer can die one by one, silently."""
        watching = self._observer
        return (
            watching is not None
            and watching.is_alive()
            and bool(watching.emitters)
            and all(emitter.is_alive() for emitter in watching.emitters)
        )

    def left(self) -> frozenset[bytes]:
        """Names that went away since the last call."""
        with self._lock:
            names, self._left = frozenset(self._left), set()
        return names

    def stop(self) -> None:
        watching, self._observer = self._observer, None
        if watching is not None and watching.is_alive():
            watching.stop()
            watching.join(2)

    def _noticed(self, event: FileSystemEvent) -> None:
        if event.event_type in ("deleted", "moved"):
            with self._lock:
                self._left.add(os.path.basename(os.fsencode(event.src_path)))  # noqa: PTH119 - raw bytes
        if event.event_type in ("created", "deleted", "moved"):
            self._hint()


class _Handler(FileSystemEventHandler):
    def __init__(self, noticed: Callable[[FileSystemEvent], None]) -> None:
        self._noticed = noticed

    def on_any_event(self, event: FileSystemEvent) -> None:
        self._noticed(event)
