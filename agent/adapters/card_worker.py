"""Card work in a child process per docked camera: a read that hangs costs its bay, never the station."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, NoReturn, TypeVar
from uuid import UUID

import msgspec
import structlog

from agent.adapters import card_frames as f
from agent.adapters.spool_disk import SpoolFolder
from agent.errors import CardError, CardGone, CardStalled, CardUnreadable, Refused, SpoolBroken, SpoolFull
from agent.ports import Clock, EraseOrder, Progress, StageOrder
from agent.rules.footage import (
    CardFile,
    EraseOutcome,
    EraseVerdict,
    Listing,
    MountedCard,
    StageOutcome,
    StageVerdict,
)

STALL_S = 60.0
"""Seconds without any sign of progress after which a card counts as hanging in the kernel."""
START_WITHIN_S = 30.0
"""A child that has not yet said its first word is still being started. On a PC that has just come up with a full dock
that takes many of them seconds, and is no card's fault."""
REAP_S = 0.5
"""How long `close` looks whether the killed child is gone. One that hangs in the kernel is reaped later."""
READ = 256 * 1024
LAST_WORDS = 2000
"""Characters of a dead child's stderr that its error quotes."""

_ERRORS: dict[str, type[CardError] | type[Refused] | type[SpoolFull] | type[SpoolBroken]] = {
    kind.__name__: kind
    for kind in (CardError, CardGone, CardStalled, CardUnreadable, Refused, SpoolFull, SpoolBroken)
}
_spawner = ThreadPoolExecutor(1, thread_name_prefix="card-spawner")
"""A child is killed when the *thread* that started it ends (PR_SET_PDEATHSIG), so one that lives on starts all."""

log = structlog.get_logger(__name__)
A = TypeVar("A", bound=f.Answer)


def _nothing(_done: int) -> None:
    return None


class CardWorker:
    """The CardWork of one docked camera. One call at a time; `close()` from any thread, at any time."""

    def __init__(self, spool: SpoolFolder, clock: Clock, stall_s: float = STALL_S) -> None:
        """Starts the child. `stall_s`: seconds without progress that count as hanging."""
        self._spool = spool
        self._clock = clock
        self._stall_s = stall_s
        self._calling = threading.Lock()
        self._ending = threading.Lock()
        self._closed = False
        self._has_spoken = False
        self._is_out_of_step = False
        self._broke: CardStalled | None = None
        """Why an earlier call broke off. Whoever calls again, to tidy up, is told the same and no new story."""
        self._copying: tuple[UUID, ...] = ()
        self._received = bytearray()
        self._words = bytearray()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._child = _spawner.submit(_start, spool).result()
        self._to, self._from, self._err = (_fd(self._child.stdin), _fd(self._child.stdout), _fd(self._child.stderr))
        for fd in (self._to, self._from, self._err):
            os.set_blocking(fd, False)

    @property
    def pid(self) -> int:
        """Of the child."""
        return self._child.pid

    def open(self, card: MountedCard) -> None:
        self._ask(f.OpenAsked(card), f.Opened)

    def list(self) -> Listing:
        return self._ask(f.ListAsked(), f.Listed).listing

    def stage(self, order: StageOrder, progress: Progress) -> StageOutcome:
        now = self._clock.now()
        self._copying = (order.asset_id, *([order.salvage_id] if order.salvage_id else []))
        outcome = self._ask(f.StageAsked(order, now.wall, now.monotonic_ns), f.Staged, progress).outcome
        self._copying = ()
        return _unless_gone(outcome)

    def digest(self, file: CardFile, progress: Progress) -> StageOutcome:
        return _unless_gone(self._ask(f.DigestAsked(file), f.Staged, progress).outcome)

    def read_small(self, path: bytes, limit: int) -> bytes | None:
        return self._ask(f.SmallAsked(path, limit), f.SmallRead).content

    def erase(self, order: EraseOrder, progress: Progress) -> EraseOutcome:
        outcome = self._ask(f.EraseAsked(order), f.Erased, progress).outcome
        if outcome.verdict is EraseVerdict.CARD_GONE:
            raise CardGone(outcome.detail)
        return outcome

    def close(self) -> None:
        """Kill the child, wake whoever waits for it, remove its partial copy. Returns at once, always."""
        with self._ending:
            if self._closed:
                return
            self._closed = True
            with suppress(ProcessLookupError):
                self._child.kill()
            os.eventfd_write(self._wake, 1)
        reaper = threading.Thread(target=self._child.wait, name="card-reaper", daemon=True)
        reaper.start()
        reaper.join(REAP_S)
        for asset_id in self._copying:
            with suppress(SpoolBroken, SpoolFull):
                self._spool.discard(asset_id)
        if self._calling.acquire(timeout=REAP_S):
            self._calling.release()
            self._close_pipes()  # else the woken caller does it on its way out

    # --- one question, one answer -----------------------------------------------------------------------

    def _ask(self, request: f.Request, kind: type[A], progress: Progress = _nothing) -> A:
        """Raises CardGone, CardStalled, and whatever the child names."""
        with self._calling:
            self._refuse_when_over()
            self._is_out_of_step = True
            try:
                self._send(f.encode_frame(request))
                while isinstance(answer := self._next_answer(), f.Ticked):
                    if answer.done is not None:
                        progress(answer.done)
                self._is_out_of_step = False
            except CardStalled as error:
                self._broke = error
                raise
            finally:
                if self._closed:
                    self._close_pipes()
        if isinstance(answer, f.Failed):
            raise _ERRORS.get(answer.error, CardError)(answer.message, code=answer.code)
        if not isinstance(answer, kind):
            raise CardStalled("The card process gave another answer than was asked for.", code="card_process_failed")
        return answer

    def _send(self, frame: bytes) -> None:
        rest = memoryview(frame)
        while rest:
            self._wait_for(self._to, select.POLLOUT)
            try:
                rest = rest[os.write(self._to, rest) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                self._died()

    def _next_answer(self) -> f.Answer:
        while True:
            body = self._whole_frame()
            if body is not None:
                try:
                    return f.decode_answer(body)
                except msgspec.DecodeError as error:
                    raise CardStalled(f"The card process is not understood ({error}).") from error
            self._wait_for(self._from, select.POLLIN)
            try:
                piece = os.read(self._from, READ)
            except BlockingIOError:
                continue
            if not piece:
                self._died()
            self._received += piece
            self._has_spoken = True

    def _whole_frame(self) -> bytes | None:
        if len(self._received) < f.LENGTH:
            return None
        end = f.LENGTH + int.from_bytes(self._received[: f.LENGTH])
        if end > f.LARGEST_FRAME:
            raise CardStalled("The card process sent nonsense.", code="card_process_failed")
        if len(self._received) < end:
            return None
        body = bytes(self._received[f.LENGTH : end])
        del self._received[:end]
        return body

    def _wait_for(self, fd: int, what: int) -> None:
        """Until the pipe is ready. Raises CardGone when we were closed, CardStalled after `stall_s` of silence."""
        poll = select.poll()
        poll.register(fd, what)
        poll.register(self._wake, select.POLLIN)
        poll.register(self._err, select.POLLIN)
        patience_s = self._stall_s if self._has_spoken else max(self._stall_s, START_WITHIN_S)
        deadline = time.monotonic() + patience_s
        while not self._closed:
            left_ms = max(0, int((deadline - time.monotonic()) * 1000))
            ready = {number for number, _ in poll.poll(left_ms)}
            if self._closed:
                break
            if self._err in ready and not self._hear_words():
                poll.unregister(self._err)
            if fd in ready:
                return
            if not ready and time.monotonic() >= deadline:
                raise CardStalled(
                    f"The card has not answered for {patience_s:g} seconds.",
                    hint="Other bays go on. Put the camera back in; use another bay if it happens again.",
                )
        self._refuse_when_closed()

    # --- the child's end --------------------------------------------------------------------------------

    def _refuse_when_over(self) -> None:
        self._refuse_when_closed()
        if self._is_out_of_step:
            raise self._broke or CardStalled("An earlier call broke off; this card work only needs to be closed.")

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise CardGone("Card work was ended: the camera was taken out or the station stops.")

    def _died(self) -> NoReturn:
        """Raises CardStalled with how the child ended, or CardGone when we ended it."""
        self._refuse_when_closed()
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(REAP_S)
        while self._hear_words():
            pass
        words = self._words.decode("utf-8", "replace").strip()
        raise CardStalled(
            f"The card process ended by itself (status {self._child.returncode}). {words}".strip(),
            code="card_process_ended",
            hint="The camera keeps its footage; the bay is tried again.",
        )

    def _hear_words(self) -> bool:
        """Take the child's stderr into our log. False when there is no more to come now."""
        try:
            piece = os.read(self._err, READ)
        except BlockingIOError:
            return False
        for line in piece.decode("utf-8", "replace").splitlines():
            log.warning("card_process_says", pid=self._child.pid, line=line)
        self._words = (self._words + piece)[-LAST_WORDS:]
        return bool(piece)

    def _close_pipes(self) -> None:
        with self._ending:
            for pipe in (self._child.stdin, self._child.stdout, self._child.stderr):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            if self._wake >= 0:
                os.close(self._wake)
                self._wake = -1


def _start(spool: SpoolFolder) -> subprocess.Popen[bytes]:
    """The child, with the modules of this very process and nothing of its surroundings."""
    command = [sys.executable, "-P", "-s", "-S", "-m", "agent.card_process"]
    options = ["--spool", str(spool.path), "--min-free", str(spool.min_free), "--parent", str(os.getpid())]
    modules = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)  # noqa: PTH100
    return subprocess.Popen(
        [*command, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        cwd="/",
        env={"PYTHONPATH": modules, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"},
    )


def _fd(pipe: IO[bytes] | None) -> int:
    assert pipe is not None  # noqa: S101 - Popen made all three
    return pipe.fileno()


def _unless_gone(outcome: StageOutcome) -> StageOutcome:
    """Raises CardGone for that verdict: callers meet a gone card in one way only."""
    if outcome.verdict is StageVerdict.CARD_GONE:
        raise CardGone(outcome.detail)
    return outcome
