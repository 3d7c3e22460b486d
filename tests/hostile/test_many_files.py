"""A card of 20,000 small files: listed, found and staged in time that grows with their number, in little memory."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from agent.errors import IllegalMove
from agent.ledger.store import open_ledger
from agent.pipeline.bench import Bench, Settings
from agent.pipeline.dock_session import CameraSession
from agent.pipeline.grouped_records import AT_ONCE, SMALL, Ended, GroupedRecords
from agent.ports import SpoolCopy
from agent.rules import changes as c
from agent.rules.erasure import CentralFacts
from agent.rules.footage import CardFile, FileKind, State
from simulator.card_work import MemoryCardWork
from simulator.cards import MemoryCard
from simulator.clock import SimulatedClock
from simulator.sources import MemoryMounter, ScriptedSource
from tests.card.conftest import mounted
from tests.hostile.bay import CAMERA, HostileBay, digests, write
from tests.pipeline.dock import PROFILE, STATION, UNKNOWN, Dock
from tests.scale import amount

MANY = 20_000
MIB = 1024 * 1024


class NoDisk:
    """A spool that only counts: what is measured here is the work around it."""

    def __init__(self) -> None:
        self.kept: dict[UUID, int] = {}

    def begin(self, asset_id: UUID, size: int) -> SpoolCopy:
        return NoCopy(self, asset_id)


class NoCopy:
    def __init__(self, disk: NoDisk, asset_id: UUID) -> None:
        self._disk, self._asset_id, self._written = disk, asset_id, 0

    def write(self, data: memoryview) -> None:
        self._written += len(data)

    def commit(self, sidecar: bytes, expected_size: int) -> None:
        assert self._written == expected_size
        self._disk.kept[self._asset_id] = expected_size

    def commit_as(self, asset_id: UUID, sidecar: bytes, expected_size: int) -> None:
        raise AssertionError("nothing is salvaged here")

    def abandon(self) -> None:
        raise AssertionError("nothing is abandoned here")


@pytest.mark.timeout(900)
def test_twenty_thousand_small_files_are_staged_in_time_that_grows_with_their_number(
    tmp_path: Path, tally: Callable[[str], None]
) -> None:
    clock, mounter, disk = SimulatedClock(), MemoryMounter(), NoDisk()
    source = ScriptedSource(clock)
    clock.measured(0.0, 5.0)
    ledger = open_ledger(tmp_path / "ledger.sqlite", STATION, clock.now(), expects_predecessor=False)
    marks: list[float] = []
    bench = Bench(
        clock=clock,
        ledger=ledger,
        mounter=mounter,
        settings=Settings(STATION, {}, True, timedelta(0), [PROFILE], UNKNOWN, retry_bay=timedelta(0)),
        start_work=lambda: MemoryCardWork(mounter, disk, clock),  # type: ignore[arg-type]
        ask_central=lambda: CentralFacts(STATION, 1, 0.0),
        ask_about=lambda _asset: CentralFacts(STATION, 1, 0.0),
        take_up=lambda _asset_id: False,
        staged=lambda: marks.append(time.process_time()),
        name_camera=lambda _camera, _session: None,
    )
    presence = source.dock(CAMERA)
    mounter.insert(presence, MemoryCard({b"DCIM/%05d.mp4" % n: b"clip %d" % n for n in range(MANY)}))
    try:
        session = CameraSession(bench, presence, uuid4())
        started = time.process_time()
        session.round(session.begin())
        took = time.process_time() - started
        head = ledger.head()
        assert head is not None
        assert len(disk.kept) == len(marks) == MANY
        assert len(ledger.assets_in(State.STAGED, limit=MANY + 1)) == MANY
        assert session.board.view.not_copied == 0
    finally:
        ledger.close()
    quarter = MANY // 4
    first, last = marks[quarter] - marks[0], marks[-1] - marks[-quarter]
    assert last < 3 * first, (
        "the last quarter of the files costs more than the first: something grows with the square"
    )
    tally(f"{MANY} small files on one card: {took * 1000 / MANY:.2f} ms of CPU each")


@pytest.mark.soak
def test_a_real_card_process_lists_and_stages_many_files_in_little_memory(
    bay: HostileBay, tally: Callable[[str], None]
) -> None:
    """Every one is listed; as many are staged as the run allows. The other files wait, and nothing is lost."""
    count = amount(ci=400, soak=MANY)
    for number in range(count):
        write(bay.card, b"DCIM/%03d/%05d.mp4" % (number // 500, number), b"clip %d" % number)
    started = time.monotonic()
    bay.dock()
    took = time.monotonic() - started
    status = Path(f"/proc/{bay.works[-1].pid}/status").read_text()  # type: ignore[attr-defined]
    peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
    staged = bay.ledger.assets_in(State.STAGED, limit=count + 1)
    assert {asset.sha256 for asset in staged} == set(digests(bay.card).values())
    assert peak < 100 * MIB
    tally(f"{count} small files by a real card process: {count / took:.0f} a second, peak {peak // MIB} MiB")


def test_a_listing_of_twenty_thousand_files_costs_the_card_process_little(bay: HostileBay) -> None:
    folder = bay.card / "DCIM"
    folder.mkdir()
    for number in range(MANY):
        (folder / f"{number:05}.mp4").touch()
    work = bay._start_work()
    work.open(mounted(bay.card))
    listing = work.list()
    assert len(listing.files) == MANY
    assert listing.complete
    status = Path(f"/proc/{work.pid}/status").read_text()  # type: ignore[attr-defined]
    assert int(status.split("VmHWM:")[1].split()[0]) * 1024 < 100 * MIB


# --- records in groups ------------------------------------------------------------------------------------


def docked() -> Dock:
    dock = Dock()
    dock.serve({})
    return dock


def ended(dock: Dock, number: int, size: int = 10) -> Ended:
    """A file that was found and copied, and is not recorded as staged yet."""
    asset_id, at = uuid4(), dock.clock.now()
    path = b"%d.mp4" % number
    dock.ledger.commit(
        c.AssetFound(
            at=at,
            asset_id=asset_id,
            session=dock.session.session,
            camera="BWC1",
            bay="folder:BWC1",
            path=path,
            size=size,
            mtime_ns=1,
            kind=FileKind.VIDEO,
            flagged=False,
            docked_at=at.wall,
        )
    )
    sha256 = hashlib.sha256(path).hexdigest()
    staged = c.AssetStaged(at=at, asset_id=asset_id, sha256=sha256, size=size, recorded_at=None, recorded_source="")
    return Ended(CardFile(path, size, 1), asset_id, staged)


def test_small_files_are_recorded_together_and_told_of_only_then() -> None:
    dock, told = docked(), list[Ended]()
    records = GroupedRecords(dock.bench, told.append)
    entered = [ended(dock, number) for number in range(AT_ONCE)]
    for one in entered[:-1]:
        records.enter(one)
    assert told == []
    assert dock.states() == ["FOUND"] * AT_ONCE
    records.enter(entered[-1])
    assert told == entered
    assert dock.states() == ["STAGED"] * AT_ONCE


def test_a_large_file_and_one_that_follows_late_wait_for_nobody() -> None:
    dock, told = docked(), list[Ended]()
    records = GroupedRecords(dock.bench, told.append)
    records.enter(ended(dock, 0, SMALL + 1))
    assert len(told) == 1
    records.enter(ended(dock, 1))
    dock.clock.advance(1)
    assert len(told) == 1
    records.enter(ended(dock, 2))
    assert len(told) == 3


def test_one_file_that_was_overtaken_keeps_no_other_of_its_group_from_the_ledger() -> None:
    dock, told = docked(), list[Ended]()
    records = GroupedRecords(dock.bench, told.append)
    entered = [ended(dock, number) for number in range(3)]
    for one in entered:
        records.enter(one)
    dock.ledger.commit(
        c.AssetQuarantined(at=dock.clock.now(), asset_id=entered[1].asset_id, reason="a person was faster")
    )
    with pytest.raises(IllegalMove):
        records.flush()
    assert dock.states() == ["STAGED", "QUARANTINED", "STAGED"]
    assert told == [entered[0], entered[2]]
    records.flush()
    assert len(told) == 2


def test_a_card_pulled_in_the_middle_of_a_group_leaves_what_was_copied_recorded() -> None:
    dock = Dock()
    dock.plug({b"%02d.mp4" % number: b"clip %d" % number for number in range(20)})
    listing = dock.begin()
    dock.card.files[b"07.mp4"].on_read = lambda _offset: setattr(dock.card, "gone", True)
    with pytest.raises(Exception, match="no longer"):
        dock.session.round(listing)
    assert dock.states() == ["STAGED"] * 7 + ["FOUND"] * 13
    dock.card.files[b"07.mp4"].on_read = None
    dock.plug()
    dock.session.round(dock.begin())
    assert dock.states() == ["STAGED"] * 20
    dock.deliver()
    dock.round()
    assert dock.card.files == {}
