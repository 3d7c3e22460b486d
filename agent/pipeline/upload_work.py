"""Which upload goes next, slice by slice, and how far each one is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import structlog

from agent.errors import UploadGone
from agent.pipeline.central_gate import CentralGate
from agent.pipeline.throttle import Throttle
from agent.pipeline.transfer_status import UploadNow
from agent.pipeline.upload import SliceEnd, UploadDoors, UploadPlace, upload_slice
from agent.pipeline.work import Work
from agent.rules.backoff import next_delay
from agent.rules.footage import Asset, State
from agent.rules.poison import TRIES, Strikes
from agent.rules.upload_order import Line, joined, line_up, next_upload

log = structlog.get_logger()


@dataclass(slots=True)
class _Running:
    """One slice in flight."""

    asset: Asset
    from_offset: int
    started_ns: int
    sent: int = 0


class UploadWork(Work):
    """STAGED assets, in the order of `rules.upload_order`."""

    name = "upload"
    state = State.STAGED

    def __init__(
        self, doors: UploadDoors, gate: CentralGate, throttle: Throttle, stopping: Callable[[], bool]
    ) -> None:
        super().__init__(doors.ledger, doors.clock, gate, stopping)
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

    def _refreshed(self) -> None:
        self._lines = line_up(self._list.assets.values(), self._clock.now().wall)
        self._served = joined(self._served, (asset.camera for asset in self._list.assets.values()))

    def _choose(self, now_ns: int, besides: UUID | None = None) -> UUID | None:
        return next_upload(
            self._lines, self._served, lambda asset_id: asset_id == besides or self._list.is_taken(asset_id, now_ns)
        )

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
            outcome = upload_slice(asset, place, self._doors, lambda wanted: self._pace(running, wanted))
            sent = outcome.sent
        finally:
            with self._lock:
                self._served[asset.camera] = max(self._served.get(asset.camera, 0) + sent - charged, 0)
                del self._running[asset.asset_id]
        return self._ended(asset, outcome.end)

    def _ended(self, asset: Asset, end: SliceEnd) -> float | None:
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
