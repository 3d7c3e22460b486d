"""Builds every adapter from the configuration, wires them, runs the loops, stops cleanly."""

from __future__ import annotations

import hashlib
import os
import random
import time
from datetime import datetime, timedelta
from enum import Enum
from queue import SimpleQueue
from typing import Any
from uuid import UUID

import structlog

from agent import __version__
from agent.adapters.card_worker import CardWorker
from agent.adapters.central_api import CentralApi, renew, uploads_url
from agent.adapters.credential_file import CredentialFile
from agent.adapters.http_session import HttpSession
from agent.adapters.local_zone import local_zone
from agent.adapters.pings import Pings
from agent.adapters.profile_files import read_profiles
from agent.adapters.receipt_keys import PinnedKeys
from agent.adapters.spool_disk import SpoolFolder
from agent.adapters.system_clock import SystemClock
from agent.adapters.tus import TusStore
from agent.adapters.unlock_program import ProgramUnlocker
from agent.config import Config
from agent.daemon.asking import Asking
from agent.daemon.bay_board import BayBoard
from agent.daemon.bays import RECONCILE_S, Bays, Names
from agent.daemon.board_page import BoardPage
from agent.daemon.central_rounds import CentralRounds, calling_loop
from agent.daemon.loops import Loop
from agent.daemon.metrics_page import MetricsPage
from agent.daemon.opening import FALLBACK, mounter_of, only_one, open_memory, sources_of, switched
from agent.daemon.snapshot import gather_heartbeat, snapshot
from agent.daemon.status_page import Latest, StatusPage
from agent.daemon.vitals import ConfigNews, vitals
from agent.daemon.watch_keeping import proofs
from agent.daemon.watch_notes import note_crash, note_stop
from agent.errors import DockError, NeedsOperator
from agent.ledger.read import LedgerView
from agent.ledger.recover import take_over_spool
from agent.pipeline.bench import Bench, Settings
from agent.pipeline.growing import Growing
from agent.pipeline.keep_spool import SpoolKeeper
from agent.pipeline.recheck import Recheck
from agent.pipeline.settle_spool import settle_spool, take_up_copy
from agent.pipeline.transfer import Transfer
from agent.pipeline.unlocking import Unlocking
from agent.reporting.heartbeat import Pulse
from agent.reporting.history import HistoryWatch
from agent.reporting.not_seen import NotSeenReports
from agent.reporting.outbox import Outbox
from agent.reporting.predecessor import name_predecessor
from agent.reporting.renewal import Renewal
from agent.reporting.roster import RosterKeeper
from agent.rules.backoff import after_attempt, after_boot
from agent.rules.bandwidth import Limit, minutes_of
from agent.rules.pinging import Ping, Word, after_heartbeat
from agent.rules.profiles import Profile, digest_input, in_zone
from protocol.messages import Heartbeat

log = structlog.get_logger(__name__)

ALIVE_S = 5.0
"""How often the ledger notes how far this station has watched, if that is any further: after a crash, whatever came
since the last note was not watched."""
NOT_SEEN_S = 1.0
SNAPSHOT_S = 1.0
CALLING = ("heartbeat", "outbox")
"""The loops that call central."""
STOP_WITHIN_S = 8.0


class Order(Enum):
    """What a station is told from outside, also by signal handlers."""

    STOP = "stop"
    RELOAD = "reload"


class Station:
    """One dock station. `start` returns when it listens and has listed; whoever runs it obeys its `orders`."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.state = config.state
        self.clock = SystemClock()
        self.failure: DockError | None = None
        """Why it cannot go on."""
        self.orders: SimpleQueue[Order] = SimpleQueue()  # the one queue that a signal handler may put into
        self.profile_set = read_profiles(config.site_profiles)
        self.config_news = ConfigNews(profile_problems=self.profile_set.problems)
        self.hung: tuple[str, ...] = ()
        """Loops that make no progress; whoever feeds the watchdog finds out."""
        self.facts: dict[str, Any] = {}
        """The latest snapshot."""
        self._noted: datetime | None = None
        self._lock = only_one(self.state)
        self.credential = CredentialFile(config.credential_file, self.state)
        if self.credential.station != config.station.id:
            raise NeedsOperator(
                f"This PC is enrolled as {self.credential.station!r}, the configuration says {config.station.id!r}.",
                code="station_mismatch",
                hint="Correct station.id, or enroll again with a code for this station.",
            )
        for problem in self.profile_set.problems:
            log.error("profile_refused", problem=problem)
        profiles = switched(self.profile_set, config)
        self._open_memory()
        self._open_central()
        self._open_bays(tuple(in_zone(profile, local_zone()) for profile in profiles))
        self._open_loops(profiles)

    # --- building -------------------------------------------------------------------------------------

    def _open_memory(self) -> None:
        self.spool = SpoolFolder(self.state / "spool", self.config.spool.min_free)
        swept = self.spool.sweep()
        path = self.state / "ledger.db"
        self.ledger = open_memory(
            self.state,
            self.config.station.id,
            self.clock.now(),
            is_replacement=self.credential.held.replaces,
            has_copies=any(True for _ in self.spool.sidecars()),
        )
        self.view = LedgerView(path)
        taken = take_over_spool(
            self.ledger,
            self.spool,
            self.clock.now(),
            lambda asset, why: log.warning("copy_not_taken_over", asset=str(asset), reason=why),
        )
        settled = settle_spool(self.ledger, self.spool, self.clock)
        log.info(
            "ledger_opened",
            ledger=str(self.ledger.uuid),
            rebuilt=self.ledger.rebuilt,
            partial_copies_removed=swept,
            copies_taken_over=taken,
            copies_settled=settled,
        )

    def _open_central(self) -> None:
        central = self.config.central
        self.http = HttpSession(
            central.url,
            verify=central.ca_file or True,
            credential=lambda: self.credential.token,
            workers=self.config.upload.workers + 6,
            stall_s=central.stall,
        )
        self.central = CentralApi(self.http, central.url)
        keys = PinnedKeys(self.credential.held.receipt_keys)
        self.history = HistoryWatch(self.ledger, self.clock)
        self.outbox = Outbox(self.ledger, self.central, self.history)
        self.roster = RosterKeeper(self.ledger, self.central, self.clock)
        self.asking = Asking(
            self.central, self.clock, self.config.station.id, self.history, lambda: self.pulse.store_epoch
        )
        keep = timedelta(seconds=self.config.spool.keep)
        self.keeper = SpoolKeeper(self.ledger, self.spool, self.clock, keep, self.asking.receipts_stand)
        self.recheck = Recheck(self.ledger, self.clock, self.asking.are_held)
        self.pulse = Pulse(self.ledger, self.central, self.clock, self._heartbeat, self.history)
        self.renewal = Renewal(self.credential, lambda wish: renew(self.http, central.url, wish), self.clock)
        self.bays: Bays
        self.transfer = Transfer(
            ledger=self.ledger,
            spool=self.spool,
            store=TusStore(self.http, uploads_url(central.url)),
            central=self.central,
            keys=keys,
            clock=self.clock,
            station=self.config.station.id,
            limits=timetable(self.config),
            workers=self.config.upload.workers,
            when_verified=lambda _asset: self.bays.nudge(),
            interrupt=self.http.interrupt,
            growing=Growing(self.config.upload.follow_from),
        )

    def _open_bays(self, profiles: tuple[Profile, ...]) -> None:
        config = self.config
        fallback = next(profile for profile in profiles if profile.name == FALLBACK)
        names = Names()
        self.bench = Bench(
            clock=self.clock,
            ledger=self.ledger,
            mounter=mounter_of(config),
            settings=Settings(
                station=config.station.id,
                bay_labels=config.bays,
                erase_after_receipt=config.erase.policy == "after-receipt",
                erase_min_age=timedelta(seconds=config.erase.min_age),
                profiles=[profile for profile in profiles if profile.name != FALLBACK],
                fallback=fallback,
            ),
            start_work=lambda: CardWorker(self.spool, self.clock, stall_s=self.config.card.stall),
            ask_central=self.asking.epoch,
            ask_about=self.asking.about,
            staged=self.transfer.wake,
            name_camera=names.claim,
            is_contested=names.is_contested,
            old_id=self._old_id,
            take_up=lambda asset_id: take_up_copy(self.ledger, self.spool, self.clock, asset_id),
            growing=self.transfer.growing,
        )
        every_s = min(RECONCILE_S, config.heartbeat.interval)
        unlocking = Unlocking(self.clock, self.ledger, ProgramUnlocker(config.profile))
        sources = sources_of(config, self.clock, profiles)
        self.bays = Bays(sources, self.bench, names, self.fail, every_s, unlocking)
        self.not_seen = NotSeenReports(self.ledger, self.clock, lambda: self.bays.watch().told)

    def _open_loops(self, profiles: tuple[Profile, ...]) -> None:
        self._started_ns = self.clock.now().monotonic_ns
        self._profiles_digest = hashlib.sha256(digest_input(profiles)).hexdigest()
        self.rounds = CentralRounds(
            ledger=self.ledger,
            pulse=self.pulse,
            outbox=self.outbox,
            refresh_roster=self.roster.refresh,
            roster_confirmed=self.roster.confirmed,
            when_back=self._central_is_back,
            renewal=self.renewal,
            interval_s=self.config.heartbeat.interval,
            jitter=random.random,
        )
        steps = {
            "bays": self.bays.reconcile,
            "outbox": self._send_events,
            "heartbeat": self._beat,
            "spool": self._keep_spool,
            "alive": self._note_alive,
            "not_seen": self._report_not_seen,
            "status": self._write_status,
        }
        # The wait is drawn once: a station's first calls go together, those of many stations apart.
        uptime_s, interval_s = self._started_ns / 1e9, self.config.heartbeat.interval
        spread_s = after_boot(uptime_s, interval_s, random.random())  # noqa: S311 - spreads, guards nothing
        self._first_call_s = max(spread_s, after_attempt(self._unanswered_s(), interval_s))
        self.pings = Pings(self.config.heartbeat.ping_urls)
        self.loops = [
            calling_loop(name, step, self.fail, random.random, interval_s, self._first_call_s)
            if name in CALLING
            else Loop(name, step, self.fail, random.random)
            for name, step in steps.items()
        ]
        self.by_name = {loop.name: loop for loop in self.loops}
        self.board = BayBoard(self.config.station.id, self.config.bays, self.clock, self.ledger, self.view)
        self.latest = Latest()
        pages = {"/": BoardPage(self.latest.facts).answer, "/status": self.latest.as_json}
        pages["/metrics"] = MetricsPage(self.latest.facts).answer
        self.page = StatusPage(self.config.status.listen, pages)

    # --- running --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Subscribe to every source, list what is there, then start everything else."""
        note_crash(self.ledger, self.clock)
        self.transfer.start(self._first_call_s)
        self.bays.start(self.by_name["bays"].nudge)
        self._note_alive()
        for loop in self.loops:
            loop.start()
        self.page.start()
        self.pings.start()
        self.pings.tell(Ping(Word.START, f"dock-agent {__version__} on {self.config.station.id} begins"))
        log.info("station_ready", station=self.config.station.id, version=__version__, pid=os.getpid())

    def fail(self, error: DockError) -> None:
        """Without its ledger a station may promise nothing: it stops, and systemd starts it again."""
        if self.failure is None:
            log.error(error.code, error=str(error))
            self.failure = error
        self.orders.put(Order.STOP)

    def stop(self) -> None:
        """Stop within seconds; whatever is under way is taken up by the next start."""
        self.clock.stop()
        for loop in self.loops:
            loop.stop()
        self.page.stop()
        self.pings.stop()
        deadline = time.monotonic() + STOP_WITHIN_S
        self.transfer.stop(STOP_WITHIN_S / 2)
        self.http.interrupt()  # heartbeats, events and a session that asks central
        self.bays.stop()
        for loop in self.loops:
            loop.join(max(0.1, deadline - time.monotonic()))
        if self.failure is None:
            note_stop(self.ledger, self.clock, self.bays.watch())
        self.view.close()
        self.ledger.close()
        self.http.close()
        self._lock.close()
        log.info("station_stopped", station=self.config.station.id)

    def _report_not_seen(self) -> float:
        self.not_seen.round()
        return NOT_SEEN_S

    # --- rounds of the loops --------------------------------------------------------------------------

    def _note_alive(self) -> float:
        watch = self.bays.watch()
        if watch.told is not None and watch.told != self._noted:
            self.ledger.remember(**proofs(watch))
            self._noted = watch.told
        return ALIVE_S

    def _send_events(self) -> float:
        name_predecessor(self.ledger, self.central, self.clock)
        return self.rounds.send_events()

    def _beat(self) -> float:
        """A heartbeat; the checkers of IT learn whether work was done."""
        try:
            wait_s = self.rounds.beat()
        except DockError as error:
            if self.pulse.failed:
                self.pings.tell(after_heartbeat(self.pulse.failed, str(error), {}, ""))
            raise
        others = {loop.name: loop.age_s for loop in self.loops if loop.name != "heartbeat"}
        self.pings.tell(after_heartbeat(0, "", others, self.facts.get("summary", "")))
        return wait_s

    def _unanswered_s(self) -> float | None:
        since = self.pulse.unanswered_since
        return None if since is None else (self.clock.now().wall - since).total_seconds()

    def _central_is_back(self) -> None:
        self.transfer.central_answered()
        self.bays.nudge()

    def _heartbeat(self, sequence: int) -> Heartbeat:
        return gather_heartbeat(
            sequence,
            clock=self.clock,
            ledger=self.ledger,
            spool=self.spool,
            bays=self.bays,
            loops=lambda: self.loops,
            view=self.view,
            started_ns=self._started_ns,
            config_digest=hashlib.sha256(self.config.digest_input()).hexdigest(),
            ages_s=self.transfer.ages_s(),
            profiles_digest=self._profiles_digest,
            credential_days=self.renewal.days_left(),
        )

    def _keep_spool(self) -> float:
        epoch = self.pulse.store_epoch
        self.keeper.round(
            epoch,
            lambda: self.asking.epoch().store_epoch,
            went_back=self.history.went_back(epoch),
            wanted=self.bays.space_wanted(),
        )
        self.recheck.round(epoch)
        return 10.0

    def _write_status(self) -> float:
        content = snapshot(
            station=self.config.station.id,
            clock=self.clock,
            bays=self.bays,
            spool=self.spool,
            outbox=self.outbox,
            pulse=self.pulse,
            loops=self.loops,
            view=self.view,
            transfer=self.transfer.status(),
            not_seen=self.not_seen.outlook,
            board=self.board,
        )
        content |= vitals(self.config, self.pulse, self.config_news, self.hung, content)
        content |= {"pid": os.getpid(), "credential_days": self.renewal.days_left()}
        self.facts = content
        temporary = self.state / "status.json.new"
        temporary.write_bytes(self.latest.put(content))
        temporary.replace(self.state / "status.json")
        return SNAPSHOT_S

    # --- what sessions ask ----------------------------------------------------------------------------

    def _old_id(self, camera: str, path: bytes, sha256: str, size: int) -> UUID | None:
        try:
            return self.central.lookup([(camera, path, sha256, size)])[0]
        except DockError:
            return None


def timetable(config: Config) -> list[Limit]:
    """When uploads may go how fast."""
    return [Limit(minutes_of(limit.from_), minutes_of(limit.to), limit.rate) for limit in config.upload.limits]
