"""Reads one file of a card from its first byte to its last, and hashes it in a second thread meanwhile."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from agent.errors import CardUnreadable
from agent.ports import CardReader, Progress

BLOCK = 1024 * 1024
RING = 4
"""Buffers of one BLOCK: all the memory that a file of any size takes."""
SECTOR = 4096
"""After an I/O error the neighbourhood is read in pieces of this many bytes."""
RETRY_PAUSES_S = (0.1, 0.5, 1.5)
"""Before each new attempt at a piece that failed. Also long enough for a pulled card's mount to disappear."""

Sink = Callable[[int, memoryview], None]
"""Called with the offset and the bytes of each block, in order."""


@dataclass(frozen=True, slots=True)
class ReadThrough:
    """What one pass over a file saw."""

    size: int
    sha256: str
    """Of the `size` bytes that were read."""
    unreadable: str = ""
    """The I/O error that ended it early."""


class Hashing:
    """SHA-256 in a thread of its own, fed through a bounded ring of buffers. Leaving the block ends the thread.

    A file of one block gets no thread: on a card of 20,000 small files starting them is a tenth of the work."""

    def __init__(self, size: int) -> None:
        self._digest = hashlib.sha256()
        self._free: SimpleQueue[bytearray] = SimpleQueue()
        self._full: SimpleQueue[tuple[bytearray, int] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="hashing", daemon=True) if size > BLOCK else None
        for _ in range(RING if self._thread else 1):
            self._free.put(bytearray(max(1, min(size, BLOCK))))

    def __enter__(self) -> Self:
        if self._thread:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread:
            self._full.put(None)
            self._thread.join()

    def buffer(self) -> bytearray:
        """An empty buffer; waits for the hash to catch up."""
        return self._free.get()

    def unused(self, buffer: bytearray) -> None:
        self._free.put(buffer)

    def feed(self, buffer: bytearray, length: int) -> None:
        """Hand over a filled buffer. It comes back through `buffer()`."""
        if self._thread:
            self._full.put((buffer, length))
        else:
            self._take(buffer, length)

    def sha256(self) -> str:
        """The digest of everything fed. Only after the block was left."""
        return self._digest.hexdigest()

    def _work(self) -> None:
        while (fed := self._full.get()) is not None:
            self._take(*fed)

    def _take(self, buffer: bytearray, length: int) -> None:
        with memoryview(buffer) as view:
            self._digest.update(view[:length])
        self._free.put(buffer)


def read_through(
    reader: CardReader,
    size: int,
    sink: Sink,
    progress: Progress,
    pause: Callable[[float], None] = time.sleep,
) -> ReadThrough:
    """Read up to `size` bytes. Ends early, and says so, at the end of the file or at what cannot be read.

    Raises:
        CardGone, and whatever `sink` raises."""
    done, careful_until, unreadable = 0, 0, ""
    with Hashing(size) as hashing:
        while done < size and not unreadable:
            buffer = hashing.buffer()
            length = min(len(buffer), size - done)
            if done < careful_until:
                length = min(length, SECTOR - done % SECTOR)
            with memoryview(buffer) as view:
                try:
                    got = reader.read_into(view[:length])
                except CardUnreadable:
                    careful_until = done + BLOCK
                    got, unreadable = _insist(reader, view[: min(length, SECTOR - done % SECTOR)], pause)
                if got > 0:
                    sink(done, view[:got])
            if got == 0:
                hashing.unused(buffer)
                break
            hashing.feed(buffer, got)
            done += got
            progress(done)
    return ReadThrough(done, hashing.sha256(), unreadable)


def _insist(reader: CardReader, piece: memoryview, pause: Callable[[float], None]) -> tuple[int, str]:
    """Ask for the same few bytes again, with pauses. (bytes read, "") or (0, why it was given up)."""
    why = ""
    for wait_s in (0.0, *RETRY_PAUSES_S):
        if wait_s:
            pause(wait_s)
        try:
            return reader.read_into(piece), ""
        except CardUnreadable as error:
            why = str(error)
    return 0, why
