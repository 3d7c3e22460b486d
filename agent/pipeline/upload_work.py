"""Which upload goes next, slice by slice, and how far each one is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

import structlog

from agent.errors import DockError, UploadGone
from agent.pipeline.central_gate import CentralGate
from agent.pipeline.follow import follow_slice
from agent.pipeline.growing import Growing, Growth
from agent.pipeline.throttle import Throttle
from agent.pipeline.transfer_status import UploadNow
from agent.pipeline.upload import SliceEnd, SliceOutcome, UploadDoors, UploadPlace, upload_slice
from agent.pipeline.work import Work
from agent.rules.backoff import next_delay
from agent.rules.footage import Asset, State
from agent.rules.poison import TRIES, Strikes
from agent.rules.upload_order import Line, joined, line_up, next_upload

log = structlog.get_logger()

NOT_YET_S = 0.1
"""Between the end of a copy and the ledger's word of it."""


@dataclass(slots=True)
class _Running:
    """One slice in flight."""

    asset: Asset
    from_offset: int
    started_ns: int
    sent: int = 0


class UploadWork(Work):
    """STAGED assets, in the order of `rules.upload_order`; a worker whom they leave idle follows a copy under way."""

    name = "upload"
    state = State.STAGED

    def __init__(
        self,
        doors: UploadDoors,
        gate: CentralGate,
        throttle: Throttle,
        stopping: Callable[[], bool],
        growing: Growing | None = None,
    ) -> None:
        """`growing`: the copies that card work is making; None: no upload follows one."""
        super().__init__(doors.ledger, doors.clock, gate, stopping)
        self._growing = growing or Growing()
        self._following: frozenset[UUID] = frozenset()
        """Those of the list whose copy was under way when it was read."""
        self._doors = doors
        self._throttle = throttle
        self._lines: tuple[Line, ...] = ()
        self._served: dict[str, int] = {}
        self._places: dict[UUID, UploadPlace] = {}
        self._running: dict[UUID, _Running] = {}
        self._anew: dict[UUID, int] = {}
        self.when_uploaded: Callable[[UUID], None] = lambda _: None

    def now(self) -> tuple[UploadNow, ...]:
        """The uploads in flight."""
        now_ns = self._now_ns()
        with self._lock:
            return tuple(_progress(running, now_ns) for running in self._running.values())

    def lost_at_central(self, asset_id: UUID) -> None:
        """Central had every byte and has none: send again, but not in a tight circle."""
        with self._lock:
            times = self._anew[asset_id] = self._anew.get(asset_id, 0) + 1
        self.offer(asset_id)
        with self._lock:
            self._sit_out(asset_id, times)

    def _waiting(self) -> Iterable[Asset]:
        self._growing.forget_ended()
        growing = [self._ledger.asset(asset_id) for asset_id in self._growing.under_way()]
        # What was staged in between stands in the second list, and there it counts.
        return [*(one for one in growing if one is not None and self._is_ours(one)), *super()._waiting()]

    def _is_ours(self, asset: Asset) -> bool:
        return super()._is_ours(asset) or (asset.state is State.FOUND and self._followed(asset.asset_id) is not None)

    def _followed(self, asset_id: UUID) -> Growth | None:
        growth = self._growing.of(asset_id)
        return None if growth is None or growth.is_over or growth.is_left else growth

    def _refreshed(self) -> None:
        self._following = frozenset(key for key, asset in self._list.assets.items() if asset.state is State.FOUND)
        for asset_id, place in list(self._places.items()):
            dropped = place.growth is not None and place.growth.is_over and place.growth.sha256 is None
            if dropped and asset_id not in self._list.busy:
                del self._places[asset_id]
        self._lines = line_up(self._list.assets.values(), self._clock.now().wall)
        self._served = joined(self._served, (asset.camera for asset in self._list.assets.values()))

    def _choose(self, now_ns: int, besides: UUID | None = None) -> UUID | None:
        def is_taken(asset_id: UUID) -> bool:
            return asset_id == besides or self._list.is_taken(asset_id, now_ns)

        growing = self._following
        staged = next_upload(self._lines, self._served, lambda key: key in growing or is_taken(key))
        if staged is not None or not growing:
            return staged
        return next_upload(
            self._lines,
            self._served,
            lambda key: key not in growing or is_taken(key) or not self._has_grown(key),
        )

    def _has_grown(self, asset_id: UUID) -> bool:
        growth = self._growing.of(asset_id)
        if growth is None or growth.is_left:
            return False
        if growth.is_over:
            return growth.sha256 is not None  # staged by now: the ledger is asked
        place = self._places.get(asset_id) or UploadPlace()
        return growth.step(place.offset if place.growth is growth else 0, place.chunk) > 0

    def _step(self, asset: Asset) -> float | None:
        self._refuse_to_start_for_ever(asset)
        place = self._places.setdefault(asset.asset_id, UploadPlace())
        running = _Running(asset, place.offset, self._now_ns())
        with self._lock:
            # Charged in advance, so that the next pick already sees this camera as served.
            charged = min(place.chunk, asset.size)
            self._served[asset.camera] = self._served.get(asset.camera, 0) + charged
            self._running[asset.asset_id] = running
        sent = 0
        try:
            outcome = self._slice(asset, place, running)
            sent = outcome.sent
        finally:
            with self._lock:
                self._served[asset.camera] = max(self._served.get(asset.camera, 0) + sent - charged, 0)
                del self._running[asset.asset_id]
        return self._ended(asset, outcome.end)

    def _slice(self, asset: Asset, place: UploadPlace, running: _Running) -> SliceOutcome:
        def pace(wanted: int) -> int:
            return self._pace(running, wanted)

        if asset.state is not State.FOUND:
            if place.growth is not None:  # what troubled the following says nothing against the staged file
                self._strikes.pop(asset.asset_id, None)
                self._anew.pop(asset.asset_id, None)
            return upload_slice(asset, place, self._doors, pace)
        growth = self._followed(asset.asset_id)
        if growth is None:
            return SliceOutcome(SliceEnd.NOT_YET)
        return follow_slice(asset, growth, place, self._doors, pace)

    def _put_aside(self, asset_id: UUID, trouble: DockError) -> bool:
        asset = self._ledger.asset(asset_id)
        if asset is None or asset.state is not State.FOUND:
            return super()._put_aside(asset_id, trouble)
        with self._lock:
            strikes = self._strikes.get(asset_id, Strikes())
        if not strikes.is_poison:
            return False
        self._leave_alone(asset, trouble.code)  # nobody is asked about a file that has yet to be staged
        with self._lock:
            self._list.done(asset_id)
        return True

    def _leave_alone(self, asset: Asset, reason: str) -> None:
        growth = self._growing.of(asset.asset_id)
        if growth is not None:
            growth.is_left = True
        with self._lock:
            self._strikes.pop(asset.asset_id, None)
        self._forgotten(asset.asset_id)
        log.info("upload_waits_for_copy", asset=str(asset.asset_id), camera=asset.camera, reason=reason)

    def _ended(self, asset: Asset, end: SliceEnd) -> float | None:
        if end is SliceEnd.NOT_YET:
            return NOT_YET_S
        if end is SliceEnd.LEFT_ALONE:
            self._leave_alone(asset, end.value)
            return 0.0
        self._gate.passed()
        if end is SliceEnd.STARTS_ANEW:
            times = self._anew[asset.asset_id] = self._anew.get(asset.asset_id, 0) + 1
            log.warning("upload_starts_anew", asset=str(asset.asset_id), times=times)
            return next_delay(times, 0.5)
        if end in (SliceEnd.ADVANCED, SliceEnd.ASK_AGAIN):
            return 0.0
        self._places.pop(asset.asset_id, None)
        if end is SliceEnd.UPLOADED:
            log.info("asset_uploaded", asset=str(asset.asset_id), camera=asset.camera, size=asset.size)
            self.when_uploaded(asset.asset_id)
        else:
            log.error("copy_given_up", asset=str(asset.asset_id), camera=asset.camera, on_card=asset.on_card)
        return None

    def _refuse_to_start_for_ever(self, asset: Asset) -> None:
        times = self._anew.get(asset.asset_id, 0)
        if times >= TRIES:
            with self._lock:
                self._strikes[asset.asset_id] = Strikes(TRIES, self._finished)
            raise UploadGone(f"Central lost this upload {times} times; each time it was sent from its first byte.")

    def _forgotten(self, asset_id: UUID) -> None:
        self._anew.pop(asset_id, None)
        self._places.pop(asset_id, None)

    def _sit_out(self, asset_id: UUID, times: int) -> None:
        if asset_id in self._list.assets:
            self._succeeded(asset_id, next_delay(times, 0.5))

    def _pace(self, running: _Running, wanted: int) -> int:
        granted = self._throttle.grant(wanted)
        running.sent += granted
        self._made_a_step()
        return granted


def _progress(running: _Running, now_ns: int) -> UploadNow:
    asset = running.asset
    seconds = (now_ns - running.started_ns) / 1e9
    rate = running.sent / seconds if seconds > 0 else 0.0
    offset = min(running.from_offset + running.sent, asset.size)
    return UploadNow(
        asset_id=asset.asset_id,
        camera=asset.camera,
        offset=offset,
        size=asset.size,
        rate=rate,
        eta_s=(asset.size - offset) / rate if rate > 0 else None,
    )
