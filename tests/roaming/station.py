"""A station made of doubles at its ports, and of the real agent everywhere else; it works only when told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from agent.daemon.asking import Asking
from agent.daemon.bays import Bays, Names
from agent.errors import DockError, LedgerBroken
from agent.ledger.event_bodies import clock_reading
from agent.ledger.recover import take_over_spool
from agent.pipeline.bench import Bench, Settings
from agent.pipeline.central_gate import CentralGate
from agent.pipeline.dock_session import CameraSession
from agent.pipeline.growing import Growing
from agent.pipeline.keep_spool import SpoolKeeper
from agent.pipeline.recheck import Recheck
from agent.pipeline.settle_spool import settle_spool, take_up_copy
from agent.pipeline.throttle import Throttle
from agent.pipeline.upload import UploadDoors
from agent.pipeline.upload_work import UploadWork
from agent.pipeline.verify import VerifyDoors
from agent.pipeline.verify_work import VerifyWork
from agent.pipeline.work import Work
from agent.reporting.heartbeat import Pulse
from agent.reporting.history import HistoryWatch
from agent.reporting.outbox import Outbox
from agent.reporting.roster import RosterKeeper
from agent.rules import changes as c
from agent.rules.footage import FileKind, State
from agent.rules.profiles import IdentitySource, Match, Profile
from protocol.messages import Heartbeat, LedgerHead
from simulator.card_work import MemoryCardWork
from simulator.central import MemoryCentral
from simulator.central_store import CentralStore
from simulator.clock import SimulatedClock
from simulator.ledger import MemoryLedger
from simulator.sources import MemoryMounter, ScriptedSource
from simulator.spool import MemorySpool
from tests.roaming.camera import RoamingCard
from tests.roaming.fuse import CENTRAL, LEDGER, MOUNTER, SOURCE, Door, Fuse

KEEP = timedelta(days=7)
MIN_AGE = {"east-1": timedelta(seconds=4), "west-2": timedelta(seconds=60)}
"""While a receipted file waits to be erased, much can happen to it."""
MOST_TRIES = 40
"""Requests in one step: whatever is left waits for the next."""
PROFILE = Profile(
    name="bwc",
    match=(Match(source="folder"),),
    identity=(IdentitySource("folder_name", unique=True),),
    video=("*.mp4",),
    sidecar=("*.json",),
    erase_kinds=frozenset({FileKind.VIDEO, FileKind.SIDECAR}),
    erase_enabled=True,
)


class Hardware:
    """What outlives a process: the PC, its disk with spool and ledger, its bays, its line to central."""

    def __init__(self, name: str, store: CentralStore, central_clock: SimulatedClock) -> None:
        self.name = name
        self.clock = SimulatedClock()
        self.spool = MemorySpool(total=1 << 20)
        self.ledger = MemoryLedger(self.clock.now())
        self.source = ScriptedSource(self.clock, name)
        self.mounter = MemoryMounter()
        self.line = MemoryCentral(central_clock, name, store)

    def lose_ledger(self) -> None:
        self.ledger = MemoryLedger(self.clock.now(), rebuilt=True)


class Stepped(threading.Thread):
    """Stands where a session's thread would be; whoever drives the station takes the session's turns."""

    def __init__(self, session: CameraSession) -> None:
        super().__init__()
        self.session = session

    def start(self) -> None: ...

    def is_alive(self) -> bool:
        return True

    def join(self, timeout: float | None = None) -> None:
        self.session._close()


class SteppedBays(Bays):
    """The real reconciler without threads."""

    def _thread_of(self, session: CameraSession) -> threading.Thread:
        return Stepped(session)

    def sessions(self) -> list[CameraSession]:
        return [live.session for live in self._live.values()]


class SteppedStation:
    """One process of the agent, from its start to its end, wired as `agent.daemon.station` wires it."""

    def __init__(self, hardware: Hardware) -> None:
        self.hardware = hardware
        self.fuse = fuse = Fuse()
        hardware.spool.disk.before_step = fuse.tick
        hardware.clock.forget_measured()
        self.clock = cast(Any, hardware.clock)
        self.ledger = cast(Any, Door(hardware.ledger, fuse, LEDGER))
        self.spool = cast(Any, hardware.spool)
        self.central = cast(Any, Door(hardware.line, fuse, CENTRAL, CENTRAL))
        self.history = HistoryWatch(self.ledger, self.clock)
        self.outbox = Outbox(self.ledger, self.central, self.history)
        self.roster = RosterKeeper(self.ledger, self.central, self.clock)
        self.pulse = Pulse(self.ledger, self.central, self.clock, self._heartbeat, self.history)
        self.asking = Asking(self.central, self.clock, hardware.name, self.history, lambda: self.pulse.store_epoch)
        self.keeper = SpoolKeeper(self.ledger, self.spool, self.clock, KEEP, self.asking.receipts_stand)
        self.recheck = Recheck(self.ledger, self.clock, self.asking.are_held)
        self._wire_transfer()
        self._wire_bays()

    def _wire_transfer(self) -> None:
        self.gate = CentralGate()
        self.growing = Growing(from_size=1)  # every file's upload follows its copy
        store, clock, ledger = self.central, self.clock, self.ledger
        throttle = Throttle([], clock, lambda: False)
        # "Stopping" after the first failure: a worker that may not wait parks its asset and comes back.
        self.uploads = UploadWork(
            UploadDoors(ledger, self.spool, store, clock), self.gate, throttle, lambda: True, self.growing
        )
        doors = VerifyDoors(ledger, self.central, self.central, self.spool, clock, self.hardware.name)
        self.verifications = VerifyWork(doors, self.gate, lambda: True)
        self.uploads.when_uploaded = self.verifications.offer
        self.verifications.when_sent_back = self.uploads.lost_at_central

    def _wire_bays(self) -> None:
        names = Names()
        bench = Bench(
            clock=self.clock,
            ledger=self.ledger,
            mounter=Door(self.hardware.mounter, self.fuse, MOUNTER),  # type: ignore[arg-type]
            settings=Settings(
                station=self.hardware.name,
                bay_labels={},
                erase_after_receipt=True,
                erase_min_age=MIN_AGE[self.hardware.name],
                profiles=[PROFILE],
                fallback=Profile(name="unknown"),
                look_again=timedelta(0),
                retry_bay=timedelta(0),
            ),
            start_work=lambda: MemoryCardWork(self.hardware.mounter, self.spool, self.clock, grown=self._grown),
            ask_central=self.asking.epoch,
            ask_about=self.asking.about,
            take_up=lambda asset_id: take_up_copy(self.ledger, self.spool, self.clock, asset_id),
            staged=self.uploads.wake,
            name_camera=names.claim,
            is_contested=names.is_contested,
            old_id=self._old_id,
            growing=self.growing,
        )
        self.growing.when_begun = self.uploads.wake
        self.bays: SteppedBays = SteppedBays(
            [Door(self.hardware.source, self.fuse, SOURCE)],  # type: ignore[list-item]
            bench,
            names,
            self.fail,
        )

    def fail(self, error: DockError) -> None:
        raise AssertionError(f"the station gives up: {error}")

    def _heartbeat(self, sequence: int) -> Heartbeat:
        head = self.ledger.head()
        return Heartbeat(
            sequence=sequence,
            version="0",
            at=clock_reading(self.clock.now()),
            uptime_s=0.0,
            head=LedgerHead(ledger_uuid=self.ledger.uuid, number=head.number, hash=head.hash.hex()),
        )

    def _old_id(self, camera: str, path: bytes, sha256: str, size: int) -> UUID | None:
        with suppress(DockError):
            return cast("UUID | None", self.central.lookup([(camera, path, sha256, size)])[0])
        return None

    def _name_predecessor(self) -> None:
        heads = [head for head in self.central.ledger_heads() if head[0] != self.ledger.uuid][-1:]
        succeeds = [
            c.LedgerSucceeds(at=self.clock.now(), ledger_uuid=uuid, number=number, hash=digest, reason="lost")
            for uuid, number, digest in heads
        ]
        self.ledger.commit(*succeeds, notes={"succeeds": "named" if heads else "none"})

    def _grown(self) -> None:
        """The uploads' threads, while a file is being copied."""
        self.uploads.wake()
        self.uploads._read_ns = None
        self.upload()

    # --- what the story lets it do ------------------------------------------------------------------------

    def begin(self) -> None:
        """As `Station` opens its memory and starts."""
        self.spool.sweep()
        take_over_spool(self.ledger, self.spool, self.clock.now())
        settle_spool(self.ledger, self.spool, self.clock)
        self.hardware.source.reopen()
        self.bays.start(lambda: None)

    def look(self) -> None:
        """What is plugged in?"""
        self.bays.reconcile()
        if (until := self.bays.watch().until) is not None:
            self.ledger.remember(alive_at=until.isoformat())

    def serve(self) -> None:
        """One turn for every docked camera."""
        self.look()
        for session in self.bays.sessions():
            self.card_of(session).fuse = self.fuse
            session.turn()

    def upload(self) -> None:
        _run(self.uploads)

    def verify(self) -> None:
        _run(self.verifications)

    def beat(self) -> None:
        was_away = self.pulse.store_epoch is None
        with _troubles():
            reply = self.pulse.beat()
            if was_away:
                self.gate.connected()
            if reply.roster_etag != (self.ledger.note("roster_etag") or ""):
                self.roster.refresh()

    def tell(self) -> None:
        """Send events until central has them all, or does not want them."""
        with _troubles():
            if self.ledger.rebuilt and self.ledger.note("succeeds") is None:
                self._name_predecessor()
            for _ in range(MOST_TRIES):
                if not self.outbox.send():
                    return

    def keep(self) -> None:
        epoch = self.pulse.store_epoch
        with _troubles():
            self.keeper.round(
                epoch,
                lambda: self.asking.epoch().store_epoch,
                went_back=self.history.went_back(epoch),
                wanted=self.bays.space_wanted(),
            )
            self.recheck.round(epoch)

    def everything(self) -> None:
        """One round of every loop."""
        for part in (self.beat, self.serve, self.upload, self.verify, self.serve, self.keep, self.tell):
            part()

    def everything_but_central_first(self) -> None:
        """As after a pause of the whole PC: the card is looked at before central has been heard."""
        for part in (self.serve, self.upload, self.verify, self.serve, self.keep, self.beat, self.tell):
            part()

    def everything_backwards(self) -> None:
        """The loops run beside each other: any of them may be late."""
        for part in (self.tell, self.keep, self.serve, self.verify, self.upload, self.beat):
            part()

    def retry(self) -> int:
        """As `dock-agent retry` does beside a running agent."""
        able = [asset for asset in self.ledger.assets_in(State.QUARANTINED) if asset.spooled or asset.on_card]
        at = self.clock.now()
        self.ledger.commit(*(c.AssetReturned(at=at, asset_id=asset.asset_id) for asset in able))
        return len(able)

    def card_of(self, session: CameraSession) -> RoamingCard:
        """Also of a camera that was pulled since the station looked."""
        directory = session.presence.directory or ""
        card = self.hardware.mounter._cards.get(directory)
        return card if isinstance(card, RoamingCard) else RoamingCard(lambda _card, _path, _content: None)

    def end(self) -> None:
        """Stopped in good order."""
        self.bays.stop()
        self.die()

    def die(self) -> None:
        """From now on no call of this process reaches anything."""
        self.fuse.dead = True


@contextmanager
def _troubles() -> Iterator[None]:
    """As a loop survives them. A ledger that ends would be a bug: nobody copies or rolls back a disk here."""
    try:
        yield
    except LedgerBroken:
        raise
    except DockError:
        return


def _run(work: Work) -> None:
    for _ in range(MOST_TRIES):
        if not work.run_one():
            return


Part = Callable[[SteppedStation], None]
