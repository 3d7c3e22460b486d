"""What uploading and verifying have in common: take the next asset, try, park it when it is in trouble."""

from __future__ import annotations

import random
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from uuid import UUID

import structlog

from agent.errors import DockError, IllegalMove, RetryLater, SpoolBroken
from agent.pipeline.central_gate import CentralGate, is_about_central
from agent.pipeline.copy_check import give_up_copy
from agent.pipeline.retrying import GaveWay, retrying
from agent.pipeline.transfer_status import WaitingNow
from agent.pipeline.work_list import Parked, WorkList
from agent.ports import Clock, Ledger
from agent.rules.backoff import next_delay
from agent.rules.changes import AssetQuarantined
from agent.rules.footage import Asset, State
from agent.rules.poison import Strikes

log = structlog.get_logger()

REFRESH_S = 15.0
"""A wake may be missed; the ledger is read again after this long anyway."""
WOKEN_REFRESH_S = 0.5
MOST_ASSETS = 100_000
"""Read from the ledger at once; whatever is beyond waits until these are through."""
LONGEST_PARK_WHILE_AWAY_S = 30.0
"""While central is away the gate does the waiting; its assets stay ready to go when it opens."""


class Work(ABC):
    """One kind of work on the assets of one state. Thread-safe: several workers call `run_one`."""

    name = ""
    state: State

    def __init__(self, ledger: Ledger, clock: Clock, gate: CentralGate, stopping: Callable[[], bool]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._gate = gate
        self._stopping = stopping
        self._jitter: Callable[[], float] = random.random
        self._lock = threading.RLock()
        self._list = WorkList()
        self._strikes: dict[UUID, Strikes] = {}
        self._finished = 0
        """Assets that got through this work, in this run."""
        self.news = threading.Event()
        """Set when there may be something to do after there was nothing."""
        self._is_stale = True
        self._is_reading = False
        self._read_ns: int | None = None
        self._read_again_s = WOKEN_REFRESH_S
        self._rounds: dict[int, int] = {}

    # --- what each kind of work decides -----------------------------------------------------------------

    @abstractmethod
    def _choose(self, now_ns: int, besides: UUID | None = None) -> UUID | None:
        """The asset to work on next. Called with the lock held."""

    @abstractmethod
    def _step(self, asset: Asset) -> float | None:
        """Work on a fresh asset, and tell the gate when central answered. Seconds after which to come back for more
        (0: at once); None: it is done."""

    def _waiting(self) -> Iterable[Asset]:
        """What there is to work on, from the ledger. Called without the lock."""
        return self._ledger.assets_in(self.state, MOST_ASSETS)

    def _is_ours(self, asset: Asset) -> bool:
        """Whether a fresh asset still is for this kind of work."""
        return asset.state is self.state

    def _refreshed(self) -> None:  # noqa: B027  most kinds of work need nothing here
        """The list was read anew. Called with the lock held."""

    def _forgotten(self, asset_id: UUID) -> None:  # noqa: B027
        """The asset was put aside: a `retry` begins with a clean slate."""

    # --- what the workers call --------------------------------------------------------------------------

    def wake(self) -> None:
        """There may be something new in the ledger. Cheap; from any thread."""
        self._is_stale = True
        self.news.set()

    def offer(self, asset_id: UUID) -> None:
        """This asset has just come into our state."""
        asset = self._ledger.asset(asset_id)
        if asset is not None and asset.state is self.state:
            with self._lock:
                self._list.assets[asset_id] = asset
                self._refreshed()
        self.wake()  # a reading of the ledger that is under way may have missed it

    def is_empty(self) -> bool:
        """Whether there is nothing to do, whatever time it is, until someone brings news."""
        return not (self._is_stale or self._is_reading or self._list.assets)

    def has_news(self) -> bool:
        """Whether `run_one` is worth a call before the usual idle time is over."""
        return self._must_read() or (self._gate.trouble is None and self._someone_waits(None))

    def waiting(self) -> tuple[int, int]:
        """Files and bytes in this state, whatever they wait for."""
        with self._lock:
            mine = [asset.size for asset in self._list.assets.values() if asset.state is self.state]
            return len(mine), sum(mine)

    def in_trouble(self) -> tuple[WaitingNow, ...]:
        """The assets that sit out a trouble."""
        now_ns = self._now_ns()
        with self._lock:
            return tuple(
                WaitingNow(key, asset.camera, parked.reason, parked.attempts, max(parked.until_ns - now_ns, 0) / 1e9)
                for key, parked in self._list.parked.items()
                if parked.reason and (asset := self._list.assets.get(key)) is not None
            )

    def run_one(self) -> bool:
        """Work on the next asset, if there is one that may go now."""
        asset_id = self.take()
        if asset_id is None:
            return False
        try:
            self.work_on(asset_id)
        finally:
            self.release(asset_id)
        return True

    def take(self) -> UUID | None:
        """The asset that goes next: nobody else takes it until `release`. None: nothing may go now."""
        self._made_a_step()
        self._read()
        now_ns = self._now_ns()
        with self._lock:
            chosen = self._choose(now_ns)
            if chosen is None or not self._gate.may_enter(chosen, now_ns):
                return None
            self._list.busy.add(chosen)
            return chosen

    def release(self, asset_id: UUID) -> None:
        """Whoever took it is done with it for now."""
        self._gate.left(asset_id)
        with self._lock:
            self._list.busy.discard(asset_id)

    def age_s(self) -> float:
        """Seconds since the slowest worker last made a step."""
        now_ns = self._now_ns()
        return max((now_ns - at for at in list(self._rounds.values())), default=0) / 1e9

    # --- inside -----------------------------------------------------------------------------------------

    def _made_a_step(self) -> None:
        self._rounds[threading.get_ident()] = self._now_ns()

    def _must_read(self) -> bool:
        if self._is_reading:
            return False
        if self._read_ns is None:
            return True
        age_s = (self._now_ns() - self._read_ns) / 1e9
        return age_s >= self._read_again_s and (self._is_stale or age_s >= REFRESH_S)

    def _read(self) -> None:
        with self._lock:
            if not self._must_read():
                return
            self._is_reading, self._is_stale = True, False
        try:
            started_ns = self._now_ns()
            assets = self._waiting()
            with self._lock:
                self._list.refresh(assets)
                self._refreshed()
                self._read_ns = self._now_ns()
                # A long backlog is read less often: a tenth of the time at most goes into reading it.
                self._read_again_s = max(WOKEN_REFRESH_S, (self._read_ns - started_ns) / 1e8)
            if assets:
                self.news.set()  # for the workers that rest
        finally:
            self._is_reading = False

    def _someone_waits(self, besides: UUID | None) -> bool:
        with self._lock:
            return self._choose(self._now_ns(), besides) is not None

    def work_on(self, asset_id: UUID) -> None:
        """One step of an asset that was taken. Its trouble is noted, and never comes out."""
        attempts = self._list.attempts(asset_id)
        attempt = retrying(
            self._clock,
            stopping=self._stopping,
            give_way=lambda: self._gives_way(asset_id),
            attempts_before=attempts,
        )
        try:
            again_s = attempt(self._try, asset_id)
        except GaveWay as gave_way:
            self._park(asset_id, gave_way.wait_s, gave_way.attempts, gave_way.trouble)
        except DockError as trouble:
            self._park_after(asset_id, attempts + 1, trouble)
        except Exception as error:  # one asset's bug must not end the worker
            log.exception("transfer_bug", work=self.name, asset=str(asset_id))
            bug = DockError(repr(error), code="bug")
            self._note(asset_id, bug)
            if not self._put_aside(asset_id, bug):
                self._park_after(asset_id, attempts + 1, bug)
        else:
            self._succeeded(asset_id, again_s)

    def _gives_way(self, asset_id: UUID) -> bool:
        self._made_a_step()  # asked again and again through a wait: whoever waits on purpose does not hang
        return self._gate.trouble is not None or self._someone_waits(asset_id)

    def _try(self, asset_id: UUID) -> float | None:
        asset = self._ledger.asset(asset_id)
        if asset is None or not self._is_ours(asset):
            return None
        try:
            again_s = self._step(asset)
        except DockError as trouble:
            self._note(asset_id, trouble)
            if self._put_aside(asset_id, trouble):
                return None
            raise
        if again_s is None:
            with self._lock:
                self._finished += 1  # not counted: what was put aside, or had moved on by itself
        return again_s

    def _note(self, asset_id: UUID, trouble: DockError) -> None:
        if is_about_central(trouble):
            self._gate.failed(asset_id, trouble, self._now_ns())
        with self._lock:
            # Shown at once: this worker may sit out the wait itself, if nobody else needs it.
            attempts = self._list.attempts(asset_id) + 1
            self._list.parked[asset_id] = Parked(self._now_ns(), attempts, trouble.code)
            self._strikes[asset_id] = self._strikes.get(asset_id, Strikes()).failed(
                trouble.code, may_be_everyones=is_about_central(trouble), finished=self._finished
            )

    def _put_aside(self, asset_id: UUID, trouble: DockError) -> bool:
        """Whether this asset has failed so often on its own account that a person is asked. The rest flows on."""
        with self._lock:
            strikes = self._strikes.get(asset_id, Strikes())
        if not strikes.is_poison:
            return False
        asset, at = self._ledger.asset(asset_id), self._clock.now()
        if asset is None:
            return False
        try:
            if isinstance(trouble, SpoolBroken):
                give_up_copy(self._ledger, asset, "copy_unreadable", at)
            else:
                change = AssetQuarantined(at=at, asset_id=asset_id, reason=trouble.code, detail=str(trouble)[:500])
                self._ledger.commit(change)
        except IllegalMove:
            return False  # it has moved on meanwhile
        with self._lock:
            self._strikes.pop(asset_id, None)
            self._list.done(asset_id)
        log.error("asset_put_aside", work=self.name, asset=str(asset_id), reason=trouble.code, message=str(trouble))
        self._forgotten(asset_id)
        return True

    def _succeeded(self, asset_id: UUID, again_s: float | None) -> None:
        with self._lock:
            self._list.parked.pop(asset_id, None)
            self._strikes.pop(asset_id, None)
            if again_s is None:
                self._list.done(asset_id)
            elif again_s > 0:
                self._list.parked[asset_id] = Parked(self._now_ns() + int(again_s * 1e9), 0, "")

    def _park_after(self, asset_id: UUID, attempts: int, trouble: DockError) -> None:
        self._park(asset_id, next_delay(attempts, self._jitter()), attempts, trouble)

    def _park(self, asset_id: UUID, wait_s: float, attempts: int, trouble: DockError) -> None:
        asked = trouble.retry_after_s if isinstance(trouble, RetryLater) else None
        if asked is None and self._gate.is_away and is_about_central(trouble):
            wait_s = min(wait_s, LONGEST_PARK_WHILE_AWAY_S)
        with self._lock:
            self._list.parked[asset_id] = Parked(self._now_ns() + int(wait_s * 1e9), attempts, trouble.code)
        if trouble.code != "stopping":
            log.warning(
                "asset_parked",
                work=self.name,
                asset=str(asset_id),
                reason=trouble.code,
                attempts=attempts,
                wait_s=round(wait_s, 1),
                message=str(trouble),
            )

    def _now_ns(self) -> int:
        return self._clock.now().monotonic_ns
