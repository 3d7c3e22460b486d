"""Several threads, full disks, broken disks and killed processes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from agent.adapters.spool_disk import SpoolFolder
from agent.errors import IllegalMove, LedgerBroken
from agent.ledger.group_commit import LARGEST_GROUP
from agent.ledger.store import SqliteLedger
from agent.ledger.verify import Verification, Verifying, verify
from agent.rules import changes as c
from agent.rules.footage import State
from tests.ledger.story import STATION, Station, at, found, is_signed

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def held_up(path: Path) -> Iterator[None]:
    """Nobody can commit meanwhile: what callers want piles up into one group."""
    outside = sqlite3.connect(path, isolation_level=None)
    outside.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        outside.execute("ROLLBACK")
        outside.close()


def all_waiting(futures: list[Future[UUID]]) -> None:
    """Return once every caller is running, and has had a moment to hand in its work."""
    pause = threading.Event()
    for _ in range(1000):
        if all(future.running() for future in futures):
            break
        pause.wait(0.01)
    pause.wait(0.2)


def commits_of(station: Station) -> int:
    """SQLite's own count of changes to the file."""
    content = station.path.read_bytes()
    return int.from_bytes(content[24:28], "big")


def test_callers_that_wait_together_share_one_durable_commit(station: Station) -> None:
    callers = 20
    before = commits_of(station)
    with ThreadPoolExecutor(callers) as pool:
        with held_up(station.path):
            futures = [pool.submit(station.find, str(n).encode()) for n in range(callers)]
            all_waiting(futures)
        ids = {future.result(10) for future in futures}
    assert {a.asset_id for a in station.ledger.assets_in(State.FOUND)} == ids
    assert commits_of(station) - before < callers / 2
    assert callers < LARGEST_GROUP


def test_a_refused_caller_fails_alone_in_its_group(station: Station) -> None:
    with ThreadPoolExecutor(12) as pool:
        with held_up(station.path):
            good = [pool.submit(station.find, str(n).encode()) for n in range(8)]
            bad = [pool.submit(_commit_unlawful, station) for _ in range(3)]
            all_waiting(good)
        assert all(isinstance(future.exception(10), IllegalMove) for future in bad)
        ids = {future.result(10) for future in good}
    assert {a.asset_id for a in station.ledger.assets_in(State.FOUND)} == ids
    assert verified(station).sound


def _commit_unlawful(station: Station) -> None:
    asset_id = uuid4()
    station.ledger.commit(
        found(asset_id, station.session), c.AssetErased(at=at(), asset_id=asset_id, session=uuid4())
    )


def verified(station: Station) -> Verification:
    return verify(station.path, Verifying(spool=station.spool, is_signed=is_signed))


def test_many_threads_leave_one_gapless_chain(station: Station) -> None:
    def life(n: int) -> UUID:
        return station.erase(f"{n}.MP4".encode(), str(n).encode())

    before = station.ledger.head()
    assert before is not None
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(life, range(40)))
    assert {a.asset_id for a in station.ledger.assets_in(State.ERASED)} == set(ids)
    head = station.ledger.head()
    assert head is not None
    assert head.number == before.number + 40 * 7
    result = verified(station)
    assert (result.findings, result.events, result.assets) == ((), head.number, 40)


def test_a_full_disk_fails_every_caller_and_writes_nothing_and_later_goes_on(station: Station) -> None:
    writer = station.ledger._writer._connection
    station.find(b"before")
    head = station.ledger.head()
    writer.execute(f"PRAGMA max_page_count = {writer.execute('PRAGMA page_count').fetchone()[0]}")
    with ThreadPoolExecutor(6) as pool:
        with held_up(station.path):
            futures = [pool.submit(station.find, bytes([n]) * 9000) for n in range(65, 71)]
            all_waiting(futures)
        codes = [getattr(future.exception(10), "code", None) for future in futures]
    assert codes == ["ledger_disk_full"] * 6
    assert station.ledger.head() == head
    assert len(station.ledger.assets_in(State.FOUND)) == 1
    writer.execute("PRAGMA max_page_count = 1073741823")
    station.find(b"after")
    assert verified(station).sound


BROKEN_DISK = """
import resource, signal, sys
from pathlib import Path
from agent.errors import LedgerBroken
from tests.ledger.story import station_at
station = station_at(Path(sys.argv[1]))
station.find(b"before")
here = station.path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (here, resource.RLIM_INFINITY))
codes = []
for _ in range(2):
    try:
        for n in range(50):
            station.find(b"x" * 3000 + bytes([n]))
    except LedgerBroken as error:
        codes.append(error.code)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(*codes)
"""


def test_after_an_io_error_nothing_more_is_written_until_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "east-1"
    said = subprocess.run(
        [sys.executable, "-c", BROKEN_DISK, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert said.stdout.split() == ["ledger_broken", "ledger_broken"]
    again = SqliteLedger(folder / "ledger.db", STATION)
    assert again.assets_at("cam-1", b"before")
    again.close()


KILLED = """
import sys, threading
from pathlib import Path
from tests.ledger.story import station_at
station = station_at(Path(sys.argv[1]))
lock = threading.Lock()
def work(name):
    n = 0
    while True:
        n += 1
        asset_id = station.verified(f"{name}/{n}".encode(), f"{name}/{n}".encode())
        with lock:
            print(asset_id, flush=True)
for name in "abcd":
    threading.Thread(target=work, args=(name,)).start()
"""


@pytest.mark.parametrize("acknowledged", [1, 13, 60])
def test_what_was_acknowledged_survives_sigkill(tmp_path: Path, acknowledged: int) -> None:
    folder = tmp_path / "east-1"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        said = [child.stdout.readline().strip() for _ in range(acknowledged)]
        child.kill()
        said += child.stdout.read().split("\n")
    ids = {UUID(line) for line in said if len(line) == 36}
    assert len(ids) >= acknowledged
    again = SqliteLedger(folder / "ledger.db", STATION)
    assert ids <= {a.asset_id for a in again.assets_in(State.VERIFIED)}
    station = Station(folder, again, SpoolFolder(folder / "spool", min_free=0), uuid4())
    assert verified(station).findings == ()
    again.close()


def test_a_second_process_may_commit_beside_us(station: Station) -> None:
    visitor = SqliteLedger(station.path, STATION, check=False)
    one = station.find(b"1")
    visitor.commit(c.AssetQuarantined(at=at(2), asset_id=one, reason="unreadable"))
    station.ledger.commit(c.AssetReturned(at=at(3), asset_id=one))
    visitor.close()
    assert verified(station).sound


def test_a_reader_beside_us_sees_only_whole_commits(station: Station) -> None:
    stop = threading.Event()
    torn: list[int] = []

    def watch() -> None:
        while not stop.is_set():
            with station.ledger.readers.snapshot() as connection:
                assets = connection.execute("SELECT count(*) FROM assets").fetchone()[0]
                events = connection.execute("SELECT count(*) FROM custody_events").fetchone()[0]
            if events != assets + 2:
                torn.append(events)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for n in range(40):
        station.ledger.commit(*(found(uuid4(), station.session, f"{n}/{m}".encode()) for m in range(5)))
    stop.set()
    watcher.join()
    assert torn == []


def test_a_broken_ledger_says_what_is_safe_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LedgerBroken) as caught:
        SqliteLedger(tmp_path, STATION)
    assert "untouched" in str(caught.value)
    assert "restart" in str(caught.value)
