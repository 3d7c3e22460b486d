"""One bay that serves a real card: real card process, real spool, real ledger; central, uploads and time in memory.

A test builds a hostile card in a folder (or mounts one), lets the bay serve it to the end, and `reckon`s: every
regular file is held by central byte for byte or is still where it was, and nothing else was touched.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from agent.adapters.card_worker import CardWorker
from agent.adapters.mounts import FolderMounter
from agent.adapters.spool_disk import SpoolFolder
from agent.adapters.system_clock import SystemClock
from agent.errors import CardError
from agent.ledger.store import SqliteLedger, open_ledger
from agent.pipeline.bench import Bench, Settings
from agent.pipeline.dock_session import CameraSession
from agent.pipeline.settle_spool import take_up_copy
from agent.pipeline.upload import SliceEnd, UploadDoors, UploadPlace, upload_slice
from agent.pipeline.verify import VerifyDoors, verify_asset
from agent.ports import CardWork
from agent.rules.bay_words import BayState, bay_says
from agent.rules.erasure import CentralFacts
from agent.rules.footage import Asset, Presence, State
from agent.rules.profiles import Profile
from protocol.events import decode_body
from simulator.central import MemoryCentral
from simulator.clock import SimulatedClock
from tests.pipeline.dock import PROFILE, STATION, UNKNOWN

CAMERA = "BWC1"
Digests = dict[bytes, str]


class HostileBay:
    """Docks the folder `card`. `to_the_end` plays everything until nothing changes any more."""

    def __init__(
        self,
        home: Path,
        card: Path,
        profiles: Sequence[Profile] = (PROFILE,),
        facts: Mapping[str, str] | None = None,
    ) -> None:
        """`facts`: what the source knows of this camera."""
        self.card = card
        self._facts = dict(facts or {"source": "folder", "folder_name": CAMERA})
        self.clock = SimulatedClock()
        self.clock.measured(0.0, 5.0)
        self.spool = SpoolFolder(home / "spool", 0)
        self.ledger: SqliteLedger = open_ledger(
            home / "ledger.sqlite", STATION, self.clock.now(), expects_predecessor=False
        )
        self.ledger.remember(store_epoch="1")
        self.central = MemoryCentral(self.clock, STATION)
        self.works: list[CardWork] = []
        self._bench = Bench(
            clock=self.clock,
            ledger=self.ledger,
            mounter=FolderMounter(),
            settings=Settings(
                station=STATION,
                bay_labels={},
                erase_after_receipt=True,
                erase_min_age=timedelta(0),
                profiles=profiles,
                fallback=UNKNOWN,
                look_again=timedelta(0),
                retry_bay=timedelta(0),
            ),
            start_work=self._start_work,
            ask_central=self._ask,
            ask_about=lambda _asset: self._ask(),
            take_up=lambda asset_id: take_up_copy(self.ledger, self.spool, self.clock, asset_id),
            staged=lambda: None,
            name_camera=lambda _camera, _session: None,
        )
        self._docks = 0
        self.session: CameraSession | None = None

    def _ask(self) -> CentralFacts:
        return CentralFacts(STATION, self.central.store_epoch, self.clock.now().offset_ms)

    def _start_work(self) -> CardWork:
        self.works.append(CardWorker(self.spool, SystemClock()))
        return self.works[-1]

    def close(self) -> None:
        for work in self.works:
            work.close()
        self.ledger.close()

    # --- what a test does -----------------------------------------------------------------------------------

    def dock(self) -> CameraSession:
        """Another plugging-in of the same camera; the first round is done."""
        self.undock()
        self._docks += 1
        self.session = CameraSession(self._bench, self._presence(), uuid4())
        self.session.round(self.session.begin())
        return self.session

    def undock(self) -> None:
        for work in self.works:
            work.close()
        self.works.clear()
        self.clock.advance(60)

    def _presence(self) -> Presence:
        return Presence(
            key=f"plug-{self._docks}",
            source=self._facts["source"],
            bay=f"folder:{CAMERA}",
            seen_at=self.clock.now(),
            absent_until=None,
            directory=str(self.card),
            settle_s=0.0,
            facts=self._facts,
        )

    def round(self) -> None:
        """One look at the card. A card in trouble is opened anew, as the session's own thread does."""
        session = self.session
        assert session is not None, "nothing was docked"
        self.clock.advance(3)
        try:
            session.round(session._card.list())
        except CardError:
            session._card.close()
            session.round(session.begin())

    def deliver(self) -> None:
        """Everything that is staged arrives at central and is receipted."""
        up = UploadDoors(self.ledger, self.spool, self.central, self.clock)
        down = VerifyDoors(self.ledger, self.central, self.central, self.spool, self.clock, STATION)
        while staged := self.ledger.assets_in(State.STAGED):
            for asset in staged:
                place = UploadPlace()
                while upload_slice(self.asset(asset), place, up).end is not SliceEnd.UPLOADED:
                    pass
                verify_asset(self.asset(asset), down)

    def to_the_end(self, rounds: int = 4) -> None:
        """Stage, upload, verify, erase. `rounds` must suffice for cards of up to `ROUND` erasable files each."""
        if self.session is None:
            self.dock()
        for _ in range(rounds):
            self.deliver()
            self.round()

    # --- what a test sees -------------------------------------------------------------------------------------

    def asset(self, asset: Asset) -> Asset:
        fresh = self.ledger.asset(asset.asset_id)
        assert fresh is not None
        return fresh

    def at(self, path: bytes) -> tuple[Asset, ...]:
        assert self.session is not None
        docked = self.session.docked
        return self.ledger.assets_at(docked.camera if docked else CAMERA, path)

    def says(self) -> BayState:
        assert self.session is not None
        return bay_says(self.session.board.view)

    def events(self) -> list[str]:
        count = self.ledger.head()
        return [type(decode_body(event.body)).__name__ for event in self.ledger.events_after(0, count.number)]  # type: ignore[union-attr]

    def refusals(self) -> dict[bytes, str]:
        """Every entry that the latest listing refused, and why."""
        assert self.session is not None
        stock = self.session._stock
        assert stock is not None
        assert stock.listing is not None
        return {entry.path: entry.reason for entry in stock.listing.refused}

    def reckon(self, before: Digests, after: Digests | None = None) -> None:
        """`before`: every regular file of the card and its digest, when it was docked.

        What is gone from the card was receipted for exactly its bytes; what is left is untouched; central holds
        every one of them; and nothing new is on the card."""
        now = digests(self.card) if after is None else after
        receipted = {
            (asset.path, asset.sha256) for path in before for asset in self.at(path) if asset.receipt is not None
        }
        for path, sha256 in before.items():
            assert sha256 in self.central.objects, f"central does not hold {path!r}"
            assert hashlib.sha256(self.central.objects[sha256]).hexdigest() == sha256
            if path in now:
                assert now[path] == sha256, f"{path!r} was changed"
            else:
                assert (path, sha256) in receipted, f"{path!r} is gone and was never receipted"
        assert now.keys() <= before.keys(), "something new is on the card"


def digests(root: Path) -> Digests:
    """SHA-256 of every regular file below `root`, by its path as bytes. Reached through folder handles: a path may
    be longer than the kernel takes at once."""
    found: Digests = {}

    def visit(folder: int, above: bytes) -> None:
        for name in (os.fsencode(name) for name in os.listdir(folder)):
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
            if stat.S_ISREG(mode):
                with os.fdopen(os.open(name, os.O_RDONLY, dir_fd=folder), "rb") as file:
                    found[above + name] = hashlib.file_digest(file, "sha256").hexdigest()
            elif stat.S_ISDIR(mode):
                _inside(name, folder, lambda below, name=name: visit(below, above + name + b"/"))  # type: ignore[misc]

    top = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        visit(top, b"")
    finally:
        os.close(top)
    return found


def _inside(name: bytes, folder: int, work: Callable[[int], None]) -> None:
    below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
    try:
        work(below)
    finally:
        os.close(below)


def write(root: Path, path: bytes, content: bytes) -> None:
    """A file of any name, with the folders above it."""
    target = os.fsencode(root) + b"/" + path
    os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120 - names that are no text
    with open(target, "wb") as file:  # noqa: PTH123
        file.write(content)
