"""Hashing in the background: a caller asks, waits a moment, and asks again."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from django.db import connections

from central.custody.object_store import Digest
from central.custody.receipts import DeletedMeanwhile
from central.custody.receiving import is_full
from central.custody.turns import UploadBusy
from central.custody.verification import Outcome, UploadReplaced, Workplace, verify_asset

log = structlog.get_logger()

RESULT_LIFE_S = 60.0
"""Seconds after which an unfetched result is forgotten and the bytes are read again."""


@dataclass(frozen=True)
class Hashing:
    """Not finished. `hashed` bytes were read so far."""

    hashed: int


@dataclass(frozen=True)
class Unreadable:
    """The disk or the database failed; nothing was changed. Asking again tries again."""

    reason: str
    is_full: bool = False
    """There was no room to keep the outcome."""


Answer = Outcome | Hashing | Unreadable
Verify = Callable[[Workplace, UUID, Digest, Callable[[int], None]], Outcome]


@dataclass
class _Job:
    claim: Digest
    hashed: int = 0
    result: Outcome | Unreadable | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    ended_at: float = 0.0


class Verifier:
    """At most `threads` verifications at a time, one per asset.

    A job that dies with the process is lost without harm: the next question starts it again.
    """

    def __init__(self, place: Workplace, threads: int = 2, verify: Verify = verify_asset) -> None:
        self._place = place
        self._verify = verify
        self._threads = threads
        self._lock = threading.Lock()
        self._waiting: queue.SimpleQueue[tuple[UUID, _Job]] = queue.SimpleQueue()
        self._jobs: dict[UUID, _Job] = {}

    def ask(self, asset_id: UUID, claim: Digest, wait_s: float) -> Answer:
        """The outcome if it is there within `wait_s` seconds. Each result is handed out once."""
        with self._lock:
            self._forget_old()
            job = self._jobs.get(asset_id)
            if job is None or (job.ended.is_set() and job.claim != claim):
                self._employ()
                job = self._jobs[asset_id] = _Job(claim)
                self._waiting.put((asset_id, job))
        job.ended.wait(wait_s)
        with self._lock:
            if job.result is None or job.claim != claim:
                return Hashing(job.hashed)
            if self._jobs.get(asset_id) is job:
                del self._jobs[asset_id]
            return job.result

    def backlog(self) -> int:
        """How many are being read back, or wait for it."""
        with self._lock:
            return sum(not job.ended.is_set() for job in self._jobs.values())

    def _forget_old(self) -> None:
        limit = time.monotonic() - RESULT_LIFE_S
        for asset_id, job in list(self._jobs.items()):
            if job.ended.is_set() and job.ended_at < limit:
                del self._jobs[asset_id]

    def _employ(self) -> None:
        """One more thread, up to the limit: a station may ask for a backlog of thousands."""
        if self._threads:
            threading.Thread(target=self._work, daemon=True).start()
            self._threads -= 1

    def _work(self) -> None:
        while True:
            self._run(*self._waiting.get())

    def _run(self, asset_id: UUID, job: _Job) -> None:
        def progress(hashed: int) -> None:
            job.hashed = hashed

        try:
            job.result = self._verify(self._place, asset_id, job.claim, progress)
        except UploadBusy:
            job.result = Unreadable("the upload is being written to")
        except UploadReplaced:
            job.result = Unreadable("a later attempt has replaced the upload")
        except DeletedMeanwhile:
            job.result = Unreadable("the bytes were deleted meanwhile")
        except Exception as error:
            job.result = Unreadable(repr(error), is_full(error))
            log.error("verification_failed", asset=str(asset_id), error=repr(error), exc_info=True)
        finally:
            job.ended_at = time.monotonic()
            job.ended.set()
            connections.close_all()
