"""One bay of a station made of doubles: a test decides when a round, an upload or a heartbeat happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from agent.daemon.bays import Names
from agent.pipeline.bench import Bench, Settings
from agent.pipeline.dock_session import CameraSession
from agent.pipeline.settle_spool import take_up_copy
from agent.pipeline.upload import SliceEnd, UploadDoors, UploadPlace, upload_slice
from agent.pipeline.verify import VerifyDoors, verify_asset
from agent.ports import EraseOrder, Progress
from agent.rules.bay_words import BayState, bay_says
from agent.rules.erasure import CentralFacts
from agent.rules.footage import Asset, EraseOutcome, FileKind, Listing, MountedCard, Presence, State
from agent.rules.profiles import IdentitySource, Match, Profile
from protocol.events import decode_body
from simulator.card_work import MemoryCardWork
from simulator.cards import MemoryCard
from simulator.central import MemoryCentral
from simulator.clock import SimulatedClock
from simulator.ledger import MemoryLedger
from simulator.sources import MemoryMounter, ScriptedSource
from simulator.spool import MemorySpool

STATION = "east-1"
VIDEO, SIDECAR = b"DCIM/BWC1_0001.MP4", b"DCIM/BWC1_0001.JSON"
PROFILE = Profile(
    name="folder",
    match=(Match(source="folder"),),
    identity=(IdentitySource("folder_name", unique=True),),
    video=("*.mp4",),
    sidecar=("*.json",),
    marker=("BWC.ID",),
    erase_kinds=frozenset({FileKind.VIDEO, FileKind.SIDECAR}),
    erase_enabled=True,
)
UNKNOWN = Profile(name="unknown")


class WatchedWork(MemoryCardWork):
    """Notes what the bay says whenever a file is about to be unlinked."""

    dock: Dock

    def open(self, card: MountedCard) -> None:
        self.dock.opened.append((card.writable, self.dock.says()))
        super().open(card)

    def erase(self, order: EraseOrder, progress: Progress) -> EraseOutcome:
        self.dock.before_erase()
        return super().erase(order, progress)


class Dock:
    """A camera, its card and all that serves it."""

    def __init__(self, *, rebuilt: bool = False, **settings: object) -> None:
        self.clock = SimulatedClock()
        self.clock.measured(0.0, 5.0)
        self.ledger = MemoryLedger(self.clock.now(), rebuilt=rebuilt)
        self.ledger.remember(store_epoch="1")
        self.spool = MemorySpool()
        self.central = MemoryCentral(self.clock, STATION)
        self.source = ScriptedSource(self.clock)
        self.mounter = MemoryMounter()
        self.names = Names()
        self.opened: list[tuple[bool, BayState]] = []
        self.bench = Bench(
            clock=self.clock,
            ledger=self.ledger,
            mounter=self.mounter,
            settings=self._settings(**settings),
            start_work=self._start_work,
            ask_central=self.ask,
            ask_about=lambda _asset: self.ask(),
            take_up=lambda asset_id: take_up_copy(self.ledger, self.spool, self.clock, asset_id),
            staged=lambda: None,
            name_camera=self.names.claim,
            is_contested=self.names.is_contested,
        )
        self.card = MemoryCard()
        self._session: CameraSession | None = None

    @property
    def session(self) -> CameraSession:
        assert self._session is not None, "nothing was docked"
        return self._session

    @session.setter
    def session(self, session: CameraSession) -> None:
        self._session = session

    def _settings(
        self, *, policy: str = "after-receipt", min_age_s: float = 0, profile: Profile = PROFILE
    ) -> Settings:
        return Settings(
            station=STATION,
            bay_labels={},
            erase_after_receipt=policy == "after-receipt",
            erase_min_age=timedelta(seconds=min_age_s),
            profiles=[profile],
            fallback=UNKNOWN,
            look_again=timedelta(0),
            retry_bay=timedelta(0),
        )

    def _start_work(self) -> WatchedWork:
        work = WatchedWork(self.mounter, self.spool, self.clock)
        work.dock = self
        return work

    def before_erase(self) -> None:
        """A test puts here what happens just before an unlink."""

    def ask(self) -> CentralFacts:
        away = self.central.faults.away
        return CentralFacts(STATION, None if away else self.central.store_epoch, self.clock.now().offset_ms)

    # --- what a test does ---------------------------------------------------------------------------------

    def plug(
        self, files: dict[bytes, bytes] | None = None, *, settle_s: float = 0.0, beside: bool = False
    ) -> Presence:
        """Dock the camera; with `files` on a new card. `beside`: another of the same name stays where it is."""
        if self._session is not None and not beside:
            self.names.free(self._session.session)
        if files is not None:
            self.card = MemoryCard(files)
        self.card.gone = False
        presence = replace(self.source.dock("BWC1", "other" if beside else ""), settle_s=settle_s)
        self.mounter.insert(presence, self.card)
        self.session = CameraSession(self.bench, presence, uuid4())
        return presence

    def begin(self) -> Listing:
        return self.session.begin()

    def round(self, times: int = 1) -> None:
        for _ in range(times):
            self.session.round(self.session._card.list())

    def serve(self, files: dict[bytes, bytes] | None = None) -> None:
        """Plug in, and do the first round."""
        self.plug(files)
        self.session.round(self.begin())

    def again(self) -> None:
        """The card is opened anew in the same dock, as after any trouble."""
        self.session._card.close()
        self.session.round(self.begin())

    def restart(self) -> None:
        """The agent is started again beside the docked camera."""
        docked = self.ledger.session(self.session.session)
        self.session = CameraSession(self.bench, self.session.presence, self.session.session, docked)
        self.session.round(self.begin())

    def upload(self) -> None:
        """Everything that is staged arrives at central."""
        doors = UploadDoors(self.ledger, self.spool, self.central, self.clock)
        for asset in self.ledger.assets_in(State.STAGED):
            place = UploadPlace()
            while upload_slice(self.asset(asset.asset_id), place, doors).end is not SliceEnd.UPLOADED:
                pass

    def receipt(self) -> None:
        """Everything that is uploaded is proven."""
        doors = VerifyDoors(self.ledger, self.central, self.central, self.spool, self.clock, STATION)
        for asset in self.ledger.assets_in(State.UPLOADED):
            verify_asset(asset, doors)

    def deliver(self) -> None:
        self.upload()
        self.receipt()
        self.clock.advance(1)

    # --- what a test sees ---------------------------------------------------------------------------------

    def says(self) -> BayState:
        return bay_says(self.session.board.view)

    def asset(self, asset_id: UUID) -> Asset:
        found = self.ledger.asset(asset_id)
        assert found is not None
        return found

    def at(self, path: bytes = VIDEO) -> Asset:
        """The newest asset of a path."""
        return self.ledger.assets_at("BWC1", path)[0]

    def states(self) -> list[str]:
        return [asset.state.value for asset in self.ledger._assets()]

    def events(self) -> list[str]:
        return [type(decode_body(event.body)).__name__ for event in self.ledger.events_after(0, 10_000)]
