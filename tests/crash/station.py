"""The agent on a machine: wired as `daemon.station` wires it, its threads taken in turn, one after another."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.adapters.spool_disk import SpoolFolder
from agent.daemon.asking import Asking
from agent.daemon.bays import Bays, Names
from agent.daemon.watch_keeping import proofs
from agent.errors import DockError
from agent.ledger.recover import take_over_spool
from agent.pipeline.bench import Bench, Settings
from agent.pipeline.dock_session import CameraSession
from agent.pipeline.growing import Growing
from agent.pipeline.keep_spool import SpoolKeeper
from agent.pipeline.recheck import Recheck
from agent.pipeline.settle_spool import settle_spool, take_up_copy
from agent.pipeline.transfer import Transfer
from agent.reporting.heartbeat import Pulse
from agent.reporting.history import HistoryWatch
from agent.reporting.outbox import Outbox
from agent.reporting.roster import RosterKeeper
from agent.rules import changes as c
from agent.rules.bay_words import BayState, bay_says
from agent.rules.footage import FileKind
from agent.rules.profiles import IdentitySource, Match, Profile
from protocol.messages import ClockReading, Heartbeat, LedgerHead
from simulator.card_work import MemoryCardWork
from simulator.ledger import MemoryLedger
from tests.crash.world import LATER, STATE, STATION, Cards, Machine, Source

KEEP = timedelta(days=7)
TURNS = 30
"""More than any life here needs: who is not through by then is stuck."""
PROFILE = Profile(
    name="folder",
    match=(Match(source="folder"),),
    identity=(IdentitySource("folder_name", unique=True),),
    video=("*.mp4",),
    sidecar=("*.json",),
    erase_kinds=frozenset({FileKind.VIDEO, FileKind.SIDECAR}),
    erase_enabled=True,
)


class Stuck(Exception):
    """Without any fault the work does not come to its end."""


@dataclass(frozen=True)
class Manner:
    """How a station works through a life."""

    name: str
    uploads_between: bool
    """Upload, verify and report as soon as a file is staged, in the middle of the others' staging."""
    stable_keys: bool
    """A plug is known again after a restart."""
    follows: int = 0
    """Files of at least this many bytes are uploaded while they are being copied; 0: none."""


class InTurn(threading.Thread):
    """A session's thread that never runs: its turns are taken by `Station.turn`."""

    def start(self) -> None: ...

    def join(self, timeout: float | None = None) -> None: ...

    def is_alive(self) -> bool:
        return True


class BaysInTurn(Bays):
    def _thread_of(self, session: CameraSession) -> threading.Thread:
        return InTurn()

    def sessions(self) -> list[CameraSession]:
        return [live.session for live in self._live.values()]


class Station:
    """Everything between power-on and power-off."""

    def __init__(self, machine: Machine, manner: Manner) -> None:
        self.machine, self.clock = machine, machine.clock
        self._manner = manner
        self._noted: datetime | None = None
        self.spool = SpoolFolder(f"{STATE}/spool", 0, machine.port(machine.disk, "disk"))
        self.spool.sweep()
        self.ledger = self._open_ledger(any(True for _ in self.spool.sidecars()))
        self.left_alone: list[str] = []
        take_over_spool(self.ledger, self.spool, self.clock.now(), lambda _id, why: self.left_alone.append(why))
        settle_spool(self.ledger, self.spool, self.clock)
        self.central = machine.central_port()
        self.history = HistoryWatch(self.ledger, self.clock)
        self.outbox = Outbox(self.ledger, self.central, self.history)
        self.roster = RosterKeeper(self.ledger, self.central, self.clock)
        self.asking = Asking(self.central, self.clock, STATION, self.history, lambda: self.pulse.store_epoch)
        self.keeper = SpoolKeeper(self.ledger, self.spool, self.clock, KEEP, self.asking.receipts_stand)
        self.recheck = Recheck(self.ledger, self.clock, self.asking.are_held)
        self.pulse = Pulse(self.ledger, self.central, self.clock, self._heartbeat, self.history)
        self.transfer = Transfer(
            ledger=self.ledger,
            spool=self.spool,
            store=self.central,
            central=self.central,
            keys=machine.central,
            clock=self.clock,
            station=STATION,
            growing=Growing(manner.follows or 1 << 40),
        )
        cards = Cards(machine)
        names = Names()
        bench = Bench(
            clock=self.clock,
            ledger=self.ledger,
            mounter=machine.port(cards, "mounter"),
            settings=Settings(STATION, {}, True, timedelta(0), [PROFILE], Profile(name="unknown")),
            start_work=lambda: MemoryCardWork(cards, self.spool, self.clock, grown=self._grown),
            ask_central=self.asking.epoch,
            ask_about=self.asking.about,
            staged=self._staged,
            name_camera=names.claim,
            is_contested=names.is_contested,
            old_id=lambda *file: self.central.lookup([file])[0],
            take_up=lambda asset_id: take_up_copy(self.ledger, self.spool, self.clock, asset_id),
            growing=self.transfer.growing,
        )
        source = machine.port(Source(machine, stable_keys=manner.stable_keys), "source")
        self.bays = BaysInTurn([source], bench, names, self._fail)

    def _open_ledger(self, rebuilt: bool) -> MemoryLedger:
        machine = self.machine
        if machine.ledger is None:
            machine.point("before ledger.create")
            machine.ledger = MemoryLedger(self.clock.now(), rebuilt=rebuilt)
            machine.point("after ledger.create")
        return machine.port(machine.ledger, "ledger", frozenset({"commit", "remember"}))

    def _fail(self, error: DockError) -> None:
        raise error

    # --- one life -----------------------------------------------------------------------------------------

    def live(self) -> None:
        """Dock → stage → upload → verify → erase → undock → release, then a clean stop. Raises Stuck."""
        self._start()
        for _ in range(TURNS):
            if self._is_over():
                return self._stop()
            self.turn()
        raise Stuck(self._where())

    def turn(self) -> None:
        """Each thread's turn."""
        self.clock.advance(3)
        self.machine.disk.now_ns += 3_000_000_000
        self._beat()
        self.bays.reconcile()
        for session in self.bays.sessions():
            trouble_s = session.turn()
            if trouble_s is not None:
                raise Stuck(f"the session met a trouble: {session.board.note}")
        self._transfer()
        self._keep_spool()
        self._note_alive()
        self._officer()

    def _start(self) -> None:
        proof = self.ledger.note("told_until") or self.ledger.note("alive_at") or self.ledger.note("watch_began")
        if proof and self.ledger.note("stopped") == "no":
            now = self.clock.now()
            crashed = c.WatchStopped(at=now, reason="crashed", until=now.wall.fromisoformat(proof))
            self.ledger.commit(crashed, notes={"stopped": "yes"})
        self.bays.start(lambda: None)
        self._note_alive()

    def _stop(self) -> None:
        self.bays.stop()
        watch = self.bays.watch()
        assert watch.told is not None
        stopped = c.WatchStopped(at=self.clock.now(), reason="stopped", until=watch.told)
        self.ledger.commit(stopped, notes={**proofs(watch), "stopped": "yes"})
        while self.outbox.send():
            pass

    def _officer(self) -> None:
        """Takes the camera when the bay says that it is safe; a week later the copies may go."""
        says = [bay_says(session.board.view) for session in self.bays.sessions()]
        if self.machine.docked and says == [BayState.SAFE_TO_REMOVE]:
            self.machine.docked = False
            self.machine.point("the camera is taken")
        elif not self.machine.docked and not self.bays.sessions():
            self.clock.advance(LATER.total_seconds())

    def _is_over(self) -> bool:
        spooled = any(asset.spooled for asset in self.ledger._assets())
        return not self.machine.docked and not self.bays.sessions() and not spooled and not self.outbox.unsent

    def _where(self) -> str:
        assets = [f"{asset.path.decode()} {asset.state} {asset.reason}" for asset in self.ledger._assets()]
        says = [f"{bay_says(s.board.view)}: {s.board.note}" for s in self.bays.sessions()]
        return f"{assets}, bays {says}, spool {self.spool.orphans()}, unsent {self.outbox.unsent}"

    # --- what the threads do ------------------------------------------------------------------------------

    def _staged(self) -> None:
        if self._manner.uploads_between:
            self._transfer()

    def _grown(self) -> None:
        if self._manner.follows:
            self._transfer()

    def _transfer(self) -> None:
        for work in (self.transfer._uploads, self.transfer._verifications):
            work.wake()
            work._read_ns = None
            while work.run_one():
                pass
        while self.outbox.send():
            pass

    def _beat(self) -> None:
        reply = self.pulse.beat()
        if reply.roster_etag != (self.ledger.note("roster_etag") or ""):
            self.roster.refresh()

    def _note_alive(self) -> None:
        watch = self.bays.watch()
        if watch.told is not None and watch.told != self._noted:
            self.ledger.remember(**proofs(watch))
            self._noted = watch.told

    def _keep_spool(self) -> None:
        epoch = self.pulse.store_epoch
        went_back = self.history.went_back(epoch)
        self.keeper.round(epoch, lambda: self.asking.epoch().store_epoch, went_back=went_back)
        self.recheck.round(epoch)

    def _heartbeat(self, sequence: int) -> Heartbeat:
        now, watch, head = self.clock.now(), self.bays.watch(), self.ledger.head()
        return Heartbeat(
            sequence=sequence,
            version="test",
            at=ClockReading(wall=now.wall, monotonic_ns=now.monotonic_ns, boot_id=now.boot_id),
            uptime_s=1.0,
            disk_free=self.spool.space().free,
            head=LedgerHead(ledger_uuid=self.ledger.uuid, number=head.number, hash=head.hash.hex()) if head else None,
            watched_until=watch.until,
            watched_event=watch.event,
        )
