"""The workers that carry staged footage to central and fetch its receipts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from uuid import UUID

import structlog

from agent.pipeline.central_gate import CentralGate
from agent.pipeline.growing import Growing
from agent.pipeline.throttle import Throttle
from agent.pipeline.transfer_status import TransferStatus
from agent.pipeline.upload import UploadDoors
from agent.pipeline.upload_work import UploadWork
from agent.pipeline.verify import VerifyDoors
from agent.pipeline.verify_work import VerifyWork
from agent.pipeline.work import Work
from agent.ports import Central, Clock, FootageStore, Ledger, ReceiptKeys, Spool
from agent.rules.bandwidth import Limit

log = structlog.get_logger()

IDLE_S = 1.0
"""An idle worker looks again after this long; something to do ends the wait early."""
NOTHING_TO_DO_S = 5.0
"""The same when there is nothing at all to do, as in most hours of most days: only news can change that."""
PATIENCE_S = 1.0
"""A stop lets requests end by themselves for this long before it interrupts them."""


class Transfer:
    """Starts, wakes and stops the workers. One asset's trouble never holds up the others."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        spool: Spool,
        store: FootageStore,
        central: Central,
        keys: ReceiptKeys,
        clock: Clock,
        station: str,
        limits: Sequence[Limit] = (),
        workers: int = 4,
        when_verified: Callable[[UUID], None] = lambda _: None,
        interrupt: Callable[[], None] = lambda: None,
        growing: Growing | None = None,
    ) -> None:
        """`interrupt` ends the requests in flight when the station stops (see HttpSession). `growing`: which
        copies under way are followed."""
        self._clock = clock
        self._interrupt = interrupt
        self._stop = threading.Event()
        self.growing = growing or Growing()
        """Whoever makes copies tells here how far they are."""
        self.growing.when_begun = self.wake
        self._begin_after_s = 0.0
        self._throttle = Throttle(limits, clock, self._stop.is_set)
        self.gate = CentralGate()
        upload_doors = UploadDoors(ledger, spool, store, clock)
        verify_doors = VerifyDoors(ledger, central, keys, spool, clock, station)
        self._uploads = UploadWork(upload_doors, self.gate, self._throttle, self._stop.is_set, self.growing)
        self._verifications = VerifyWork(verify_doors, self.gate, self._stop.is_set)
        self._uploads.when_uploaded = self._verifications.offer
        self._verifications.when_sent_back = self._uploads.lost_at_central
        self._verifications.when_verified = when_verified
        self._threads = _threads(self._uploads, workers, self._run) + _threads(
            self._verifications, max(2, workers // 2), self._run
        )

    def start(self, after_s: float = 0.0) -> None:
        """Begin to work, `after_s` seconds from now."""
        self._begin_after_s = after_s
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Something new may be staged. Cheap; from any thread."""
        self._uploads.wake()
        self._verifications.wake()

    def limit(self, limits: Sequence[Limit]) -> None:
        """Another timetable counts from the next block on, also for uploads in flight."""
        self._throttle.follow(limits)

    def central_answered(self) -> None:
        """A heartbeat got through: no need to wait for the next probe."""
        self.gate.connected()

    def stop(self, within_s: float = 5.0) -> bool:
        """End all work; what is in flight is resumed by the next process. True when every worker has ended."""
        self._stop.set()
        self._say_stop()
        deadline = time.monotonic() + within_s
        if self._ended_by(time.monotonic() + min(PATIENCE_S, within_s / 2)):
            return True
        while not self._ended_by(min(time.monotonic() + PATIENCE_S / 4, deadline)):
            if time.monotonic() >= deadline:
                return False
            self._interrupt()  # again and again: a worker may have just begun another request, or another rest
            self._say_stop()
        return True

    def _say_stop(self) -> None:
        for work in self.work:
            work.news.set()

    def _ended_by(self, until: float) -> bool:
        running = [thread for thread in self._threads if thread.is_alive()]
        for thread in running:
            thread.join(max(until - time.monotonic(), 0.0))
        return not any(thread.is_alive() for thread in running)

    @property
    def work(self) -> tuple[Work, Work]:
        """What the workers do, in turns: uploading and verifying."""
        return self._uploads, self._verifications

    def ages_s(self) -> dict[str, float]:
        """Seconds since the slowest worker of each kind made a step: for the heartbeat and the watchdog."""
        return {work.name: work.age_s() for work in (self._uploads, self._verifications)}

    def status(self) -> TransferStatus:
        """A snapshot, from any thread."""
        trouble = self.gate.trouble
        files, size = self._uploads.waiting()
        return TransferStatus(
            central=trouble.code if trouble else "",
            central_message=str(trouble) if trouble else "",
            limit=self._throttle.rate(),
            waiting_files=files,
            waiting_bytes=size,
            uploading=self._uploads.now(),
            verifying_files=self._verifications.waiting()[0],
            in_trouble=self._uploads.in_trouble() + self._verifications.in_trouble(),
        )

    def _run(self, work: Work) -> None:
        self._clock.wait(self._begin_after_s, self._stop.is_set)
        while not self._stop.is_set():
            try:
                if work.run_one():
                    continue
            except Exception:
                # The ledger may be unreadable for a moment; without this the worker would be gone for good.
                log.exception("transfer_failed", work=work.name)
                self._clock.wait(IDLE_S, self._stop.is_set)
                continue
            self._rest(work)

    def _rest(self, work: Work) -> None:
        if not work.is_empty():
            self._clock.wait(IDLE_S, lambda: self._stop.is_set() or work.has_news())
            return
        is_over = lambda: self._stop.is_set() or not work.is_empty() or work.has_news()  # noqa: E731
        self._clock.wait(NOTHING_TO_DO_S, is_over, work.news)


def _threads(work: Work, count: int, run: Callable[[Work], None]) -> list[threading.Thread]:
    return [
        threading.Thread(target=run, args=(work,), name=f"{work.name}-{number}", daemon=True)
        for number in range(count)
    ]
