"""The card process: everything that may hang in the kernel or meet a damaged file, for one docked camera.

Started by `adapters.card_worker` as `python -m agent.card_process`; reads requests from stdin, answers on stdout.
It ends when stdin ends or its parent dies, and only then: SIGINT and SIGTERM are the parent's to decide on.
It holds no handle on the card between two requests, so that the card can be unmounted under it.
"""

from __future__ import annotations

import argparse
import ctypes
import faulthandler
import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import datetime, timedelta
from types import TracebackType
from uuid import UUID

from agent.adapters import card_frames as f
from agent.adapters.camera_card import CameraCard
from agent.adapters.card_volumes import CardVolumes, opened
from agent.adapters.spool_copy import SpooledCopy
from agent.adapters.spool_disk import SpoolFolder
from agent.errors import CardError, CardGone, DockError, Refused
from agent.pipeline.stage import copy_file, digest_file
from agent.pipeline.unlink import unlink_file
from agent.ports import SpoolCopy
from agent.rules.footage import EraseOutcome, EraseVerdict, MountedCard

TICK_S = 0.1
"""At most one progress frame in this many seconds."""
SPOOL_PATIENCE_S = 600.0
"""How long the spool's disk may take for one call before the bay counts as stalled."""
PATIENT_TICK_S = 1.0
"""How often a waiting spool is told of: well within the time after which a card counts as stalled."""
OPEN_FILES = 128
NOT_WRITABLE = EraseOutcome(EraseVerdict.NOT_WRITABLE, "The card was mounted read-only, or is not clean.")
_PR_SET_PDEATHSIG = 1


class Wire:
    """The answering end: whole frames, from any thread."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Lock()
        self._last_tick = 0.0

    def send(self, answer: f.Answer) -> None:
        frame = memoryview(f.encode_frame(answer))
        with self._lock:
            while frame:
                frame = frame[os.write(self._fd, frame) :]

    def tick(self, done: int | None = None) -> None:
        """Tell progress, unless that was just done."""
        now = time.monotonic()
        if now - self._last_tick >= TICK_S:
            self._last_tick = now
            self.send(f.Ticked(done))


class Patience:
    """Ticks from a second thread while the spool's disk works: a slow fsync is the station's trouble and never a
    stalled card. One thread for all of a card's files."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._until: float | None = None
        self._thread = threading.Thread(target=self._work, name="patience", daemon=True)

    def __enter__(self) -> None:
        self._until = time.monotonic() + SPOOL_PATIENCE_S
        if self._thread.ident is None:
            self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._until = None

    def _work(self) -> None:
        while True:
            time.sleep(PATIENT_TICK_S)
            until = self._until
            if until is not None and time.monotonic() < until:
                self._wire.tick()


class PatientSpool:
    """The spool, ticking while its disk works."""

    def __init__(self, spool: SpoolFolder, patience: Patience) -> None:
        self._spool = spool
        self._patience = patience

    def begin(self, asset_id: UUID, size: int) -> SpoolCopy:
        with self._patience:
            return PatientCopy(self._spool.begin(asset_id, size), self._patience)


class PatientCopy:
    """A copy whose commit ticks."""

    def __init__(self, copy: SpooledCopy, patience: Patience) -> None:
        self._copy = copy
        self._patience = patience
        self.write = copy.write
        self.abandon = copy.abandon

    def commit(self, sidecar: bytes, expected_size: int) -> None:
        with self._patience:
            self._copy.commit(sidecar, expected_size)

    def commit_as(self, asset_id: UUID, sidecar: bytes, expected_size: int) -> None:
        with self._patience:
            self._copy.commit_as(asset_id, sidecar, expected_size)


class CardDesk:
    """Takes one request after the other to the card of the latest `open`."""

    def __init__(self, spool: SpoolFolder, wire: Wire) -> None:
        self._spool = PatientSpool(spool, Patience(wire))
        self._wire = wire
        self._mounted: MountedCard | None = None

    def answer(self, request: f.Request) -> f.Answer:
        """Never raises: what went wrong is an answer too."""
        try:
            return self._answer(request)
        except DockError as error:
            return f.Failed(type(error).__name__, error.code, str(error))
        except Exception as error:  # noqa: BLE001 - a damaged card must not end the process without a word
            log("card_work_failed", error=f"{type(error).__name__}: {error}", request=type(request).__name__)
            return f.Failed(CardError.__name__, CardError.code, f"{type(error).__name__}: {error}")

    def _answer(self, request: f.Request) -> f.Answer:
        if isinstance(request, f.OpenAsked):
            self._mounted = request.card
        mounted = self._mounted
        if mounted is None:
            raise CardGone("No card was opened.")
        with opened(mounted, self._wire.tick) as card:
            return self._at_card(request, card, mounted)

    def _rest(self, seconds: float) -> None:
        """A pause between two attempts is ours, not the card's: it must not look like silence."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, TICK_S))
            self._wire.tick()

    def _at_card(self, request: f.Request, card: CameraCard | CardVolumes, mounted: MountedCard) -> f.Answer:
        card.prove(mounted.volume)
        tick, rest, volume = self._wire.tick, self._rest, mounted.volume
        match request:
            case f.OpenAsked():
                return f.Opened()
            case f.ListAsked():
                return f.Listed(card.list())
            case f.StageAsked(order, now, boottime_ns):
                clock = station_time(now, boottime_ns)
                return f.Staged(copy_file(card, self._spool, order, tick, volume=volume, now=clock, pause=rest))
            case f.DigestAsked(file):
                return f.Staged(digest_file(card, file, tick, volume=volume, pause=rest))
            case f.SmallAsked(path, limit):
                return f.SmallRead(read_small(card, path, limit))
            case f.EraseAsked(order):
                if not mounted.writable or mounted.dirty:
                    return f.Erased(NOT_WRITABLE)
                return f.Erased(unlink_file(card, order, tick, volume=volume, pause=rest))


def read_small(card: CameraCard | CardVolumes, path: bytes, limit: int) -> bytes | None:
    """The first `limit` bytes; None when it is not there or no regular file. Raises CardGone, CardUnreadable."""
    try:
        reader = card.open(path)
    except (FileNotFoundError, Refused):
        return None
    with closing(reader):
        content = bytearray(limit)
        done = 0
        with memoryview(content) as view:
            while done < limit and (got := reader.read_into(view[done:])):
                done += got
        return bytes(content[:done])


def station_time(now: datetime, boottime_ns: int) -> Callable[[], datetime]:
    """The station's wall clock, carried on by the time that passed since it was told. One clock for one station."""

    def clock() -> datetime:
        return now + timedelta(microseconds=(time.clock_gettime_ns(time.CLOCK_BOOTTIME) - boottime_ns) // 1000)

    return clock


def log(event: str, **fields: str) -> None:
    """One structured line on stderr, which the station takes into its log. Never blocks, never raises."""
    line = json.dumps({"event": event, "level": "warning", **fields}) + "\n"
    with suppress(OSError):
        os.write(2, line.encode())


def requests(fd: int) -> Iterator[f.Request]:
    """Every request until the station closes its end."""
    while (length := _exactly(fd, f.LENGTH)) is not None:
        body = _exactly(fd, int.from_bytes(length))
        if body is None:
            return
        yield f.decode_request(body)


def _exactly(fd: int, count: int) -> bytes | None:
    """`count` bytes; None when the other end was closed before."""
    content = b""
    while len(content) < count:
        piece = os.read(fd, count - len(content))
        if not piece:
            return None
        content += piece
    return content


def live_and_die_with(parent: int) -> None:
    """Leave signals to the parent, end with it, keep no core of anyone's footage."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked to be told
        sys.exit(1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    os.umask(0o077)
    os.chdir("/")


def report_uncaught(kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    """The last words of a process that ends by an exception."""
    log("card_process_failed", error=f"{kind.__name__}: {error}")


def main() -> int:
    """Serve until stdin ends."""
    words = argparse.ArgumentParser(prog="card_process", description="Card work of one bay; started by the agent.")
    words.add_argument("--spool", required=True, help="the spool's folder")
    words.add_argument("--min-free", required=True, type=int, help="bytes of the spool's disk that copies never take")
    words.add_argument("--parent", required=True, type=int, help="process id of the agent")
    chosen = words.parse_args()
    sys.excepthook = report_uncaught
    live_and_die_with(chosen.parent)
    os.set_blocking(2, False)
    faulthandler.enable()
    answers = os.dup(1)
    os.dup2(2, 1)  # a stray print must not look like a frame
    wire = Wire(answers)
    desk = CardDesk(SpoolFolder(chosen.spool, chosen.min_free), wire)
    wire.tick()  # the first word: from here on silence is the card's
    for request in requests(0):
        wire.send(desk.answer(request))
    return 0


if __name__ == "__main__":
    sys.exit(main())
