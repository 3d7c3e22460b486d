"""One of the fleet's stations: the agent's real parts, wired as the daemon wires them, on the fleet's clock."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from agent.daemon.central_rounds import CentralRounds, calling_loop
from agent.daemon.loops import Loop
from agent.pipeline.transfer import Transfer
from agent.pipeline.work import Work
from agent.reporting.heartbeat import Pulse
from agent.reporting.outbox import Outbox
from agent.rules import changes as c
from agent.rules.footage import FileKind, State
from protocol.messages import Heartbeat
from simulator.ledger import MemoryLedger
from simulator.network.fleet_central import FleetCentral

if TYPE_CHECKING:
    from simulator.network.fleet import Fleet

UPLOAD_WORKERS, VERIFY_WORKERS = 4, 2
"""As the daemon has them by default."""
INTERVAL_S = 60.0
IDLE_S = 1.0
WAKES_S = 0.1
SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Virtual:
    """The port `SpooledFile` for a copy of which only the size matters."""

    size: int

    def read_at(self, offset: int, length: int) -> bytes:
        return bytes(min(length, self.size - offset))

    def close(self) -> None: ...


class _VirtualSpool:
    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger

    def open(self, asset_id: UUID) -> Virtual:
        asset = self._ledger.asset(asset_id)
        return Virtual(asset.size if asset is not None else 0)


class FleetStation:
    """`start` begins it; from then on the fleet's heap of instants calls it."""

    def __init__(self, fleet: Fleet, name: str, sizes: tuple[int, ...]) -> None:
        self._fleet = fleet
        clock = fleet.clock
        self.ledger = MemoryLedger(clock.now())
        self.ledger.remember(store_epoch="1")
        self._stage(name, sizes)
        self.central = FleetCentral(fleet, name)
        outbox = Outbox(self.ledger, self.central)
        pulse = Pulse(self.ledger, self.central, clock, self._heartbeat)
        self.outbox = outbox
        self.transfer = Transfer(
            ledger=self.ledger,
            spool=_VirtualSpool(self.ledger),  # type: ignore[arg-type]
            store=self.central,
            central=self.central,
            keys=self.central,
            clock=clock,
            station=name,
            when_verified=lambda _: self.central.standing_soon(),
        )
        rounds = CentralRounds(
            ledger=self.ledger,
            pulse=pulse,
            outbox=outbox,
            refresh_roster=lambda: self.ledger.remember(roster_etag=self.central.roster("")[1]),
            when_back=self.transfer.central_answered,
            interval_s=INTERVAL_S,
            jitter=random.random,
        )
        self._beating = calling_loop("heartbeat", rounds.beat, _fails, random.random, INTERVAL_S)
        self._sending = calling_loop("outbox", rounds.send_events, _fails, random.random, INTERVAL_S)
        self._quiet_since_ns: int | None = None
        """Since when the outbox has looked once a second and found nothing; such rounds are not played."""
        self._idle: list[Work] = []
        self._looks_at_ns: dict[str, int] = {}

    def start(self, after_s: float) -> None:
        for loop in (self._beating, self._sending):
            self._fleet.later(after_s, lambda loop=loop: self._round(loop))  # type: ignore[misc]
        for work, count in zip(self.transfer.work, (UPLOAD_WORKERS, VERIFY_WORKERS), strict=True):
            for _ in range(count):
                self._fleet.later(after_s, lambda work=work: self._turn(work))  # type: ignore[misc]

    def is_through(self) -> bool:
        """Everything it had is receipted, and central knows."""
        waiting = self.ledger.assets_in(State.STAGED, 1) or self.ledger.assets_in(State.UPLOADED, 1)
        return not waiting and self.outbox.unsent == 0

    # --- what the heap calls ----------------------------------------------------------------------------

    def _round(self, loop: Loop) -> None:
        delay = loop.round()
        if loop is self._sending and self.outbox.unsent == 0:
            self._quiet_since_ns = self._fleet.clock.at_ns
        elif delay is not None:
            self._fleet.later_than_spent(delay, lambda: self._round(loop))
        self._wake()

    def _turn(self, work: Work) -> None:
        """What a worker thread does: one asset's step; the asset stays taken until the step's time is over."""
        asset_id = work.take()
        if asset_id is None:
            self._rest(work)
            return
        work.work_on(asset_id)
        self._fleet.later_than_spent(0.0, lambda: self._end(work, asset_id))
        self._wake()

    def _end(self, work: Work, asset_id: UUID) -> None:
        work.release(asset_id)
        self._turn(work)

    def _rest(self, work: Work) -> None:
        """Look again when there may be something to do. While the gate is shut one worker looks for all of its kind:
        only one probe goes out at a time."""
        gate, now_ns = self.transfer.gate, self._fleet.clock.at_ns
        is_shut = gate.trouble is not None
        parked = [one.retry_in_s for one in work.in_trouble()]
        nothing_to_wait_for = not parked if not is_shut else self._looks_at_ns.get(work.name, 0) > now_ns
        if work.waiting()[0] == 0 or nothing_to_wait_for:
            self._idle.append(work)
            return
        first_s = min(parked) if len(parked) == work.waiting()[0] else 0.0
        wait_s = max((gate.probe_ns - now_ns) / SECOND, first_s, IDLE_S) if is_shut else IDLE_S
        self._looks_at_ns[work.name] = now_ns + int(wait_s * SECOND)
        self._fleet.later(wait_s, lambda: self._turn(work))

    def _wake(self) -> None:
        """Something happened: whoever rested for want of work looks again when it would have looked anyway."""
        if self._quiet_since_ns is not None and self.outbox.unsent:
            rest_ns = SECOND - (self._fleet.clock.at_ns - self._quiet_since_ns) % SECOND
            self._quiet_since_ns = None
            self._fleet.later(rest_ns / SECOND, lambda: self._round(self._sending))
        idle, self._idle = self._idle, []
        for work in idle:
            if work.waiting()[0] and self.transfer.gate.trouble is None:
                self._fleet.later(WAKES_S, lambda work=work: self._turn(work))  # type: ignore[misc]
            else:
                self._idle.append(work)

    # --- inside -----------------------------------------------------------------------------------------

    def _heartbeat(self, sequence: int) -> Heartbeat:
        return self._fleet.heartbeat(sequence)

    def _stage(self, name: str, sizes: tuple[int, ...]) -> None:
        at, session = self._fleet.clock.now(), self._fleet.new_id()
        docked = c.CameraDocked(
            at=at,
            session=session,
            key=name,
            source="folder",
            bay="1",
            bay_label="Bay 1",
            camera=name,
            identity_source="marker",
            identity_unique=True,
            profile="generic",
            proves_dock=True,
            seen_at=at.wall,
            absent_until=None,
        )
        self.ledger.commit(docked, *[change for size in sizes for change in self._staged(name, session, size)])

    def _staged(self, name: str, session: UUID, size: int) -> list[c.AssetChange]:
        at, asset_id = self._fleet.clock.now(), self._fleet.new_id()
        found = c.AssetFound(
            at=at,
            asset_id=asset_id,
            session=session,
            camera=name,
            bay="1",
            path=asset_id.bytes,
            size=size,
            mtime_ns=0,
            kind=FileKind.VIDEO,
            flagged=False,
            docked_at=at.wall,
        )
        digest = asset_id.hex * 2
        staged = c.AssetStaged(
            at=at, asset_id=asset_id, sha256=digest, size=size, recorded_at=None, recorded_source="mtime"
        )
        return [found, staged]


def _fails(error: Exception) -> None:
    raise error
