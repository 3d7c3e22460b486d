"""The same questions to a ledger of years and to an empty one: what must not grow with what lies behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

from agent.daemon.snapshot import ledger_facts
from agent.ledger.asset_check import cases, check_case
from agent.ledger.chain_check import Witness, check_chain
from agent.ledger.findings import Findings
from agent.ledger.read import LedgerView
from agent.ledger.store import SqliteLedger
from agent.rules import changes as c
from agent.rules.footage import State
from tests.bench.large_ledger import large_ledger
from tests.bench.rows import Row
from tests.ledger.story import STATION, at, docked, found, is_signed, receipt, staged, station_at

FLAT = 0.67
"""Half as long again is noise of a busy machine; an operation that grows with the ledger is off by hundreds."""
ROUNDS = 15
CARD = 100
"""Files of the known card."""
_CHECKED = 2000
"""Assets, and twice as many events, of which `verify` is timed."""


class Memory:
    """One ledger with its readers, and a camera whose card it knows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ledger = SqliteLedger(path, STATION, check=False)
        self.view = LedgerView(path)
        self.camera = f"known-{uuid4()}"
        self.sha256 = ""
        self._remember_card()

    def close(self) -> None:
        self.view.close()
        self.ledger.close()

    def _remember_card(self) -> None:
        """A card of so many files, all receipted and kept by policy."""
        session, ids = uuid4(), [uuid4() for _ in range(CARD)]
        changes: list[c.Change] = [docked(session, self.camera)]
        for number, asset_id in enumerate(ids):
            copy = staged(asset_id, b"abc")
            self.sha256 = copy.sha256
            changes += [
                found(asset_id, session, self._path(number), camera=self.camera),
                copy,
                c.UploadIntended(at=at(3), asset_id=asset_id, attempt=1),
                c.AssetUploaded(at=at(4), asset_id=asset_id),
                c.AssetVerified(at=at(5), asset_id=asset_id, receipt=receipt(asset_id, b"abc")),
                c.CopyReleased(at=at(6), asset_id=asset_id, reason="kept_long_enough"),
            ]
        self.ledger.commit(*changes, self._undocked(session))

    def _path(self, number: int) -> bytes:
        return b"DCIM/K%03d.MP4" % number

    def _undocked(self, session: UUID) -> c.CameraUndocked:
        return c.CameraUndocked(
            at=at(9),
            session=session,
            camera=self.camera,
            last_present_at=at(8).wall,
            absent_at=at(9).wall,
            files_not_copied=0,
        )

    def dock(self) -> None:
        """Everything a session asks of the ledger and tells it, for a card on which nothing is new."""
        session, ledger = uuid4(), self.ledger
        ledger.known_camera(self.camera)
        ledger.commit(docked(session, self.camera))
        ledger.assets_on_card(self.camera)
        seen: list[c.Change] = []
        for number in range(CARD):
            (known,) = ledger.assets_at(self.camera, self._path(number))
            seen.append(
                c.AssetSeenAgain(
                    at=at(7),
                    asset_id=known.asset_id,
                    session=session,
                    sha256=self.sha256,
                    size=known.size,
                    mtime_ns=known.mtime_ns,
                    docked_at=at(7).wall,
                    bay=known.bay,
                )
            )
        ledger.commit(*seen)
        ledger.assets_on_card(self.camera)
        ledger.commit(c.CameraDrained(at=at(8), session=session, camera=self.camera))
        ledger.commit(self._undocked(session))

    def status(self) -> None:
        """What the snapshot of every second, and `dock-agent status` without a running agent, read."""
        ledger_facts(self.view)
        self.view.recent_docks(20)
        self.view.open_sessions()

    def filling(self) -> None:
        """How fast the spool fills: asked once a minute."""
        now = datetime.now(UTC)
        for span in (timedelta(days=1), timedelta(days=7)):
            self.view.filling(now - span, now)

    def heartbeat(self) -> None:
        """Sequence, queue and head; two commits, as the pulse makes them."""
        sequence = int(self.ledger.note("heartbeat_sequence") or 0) + 1
        self.ledger.remember(heartbeat_sequence=str(sequence))
        self.view.queue()
        self.ledger.head()
        self.ledger.unwatched_since(datetime.now(UTC))
        self.ledger.remember(heartbeat_answered_at=str(sequence))

    def work(self) -> None:
        """What uploads, receipts, the outbox and the keeper of the spool look for in each of their rounds."""
        head = self.ledger.head()
        assert head is not None
        self.ledger.events_after(head.number - 50, 50)
        for state in (State.STAGED, State.UPLOADED):
            self.ledger.assets_in(state)
        self.ledger.releasable(datetime.now(UTC), 200)

    def verify(self) -> None:
        """A stretch of the chain, and a stretch of assets, each slice with all that `verify` recomputes."""
        findings = Findings()
        first = self.ledger.events_after(max(0, (self._end() - 2 * _CHECKED) - 1), 1)[0]
        check_chain(self.view.readers, self.ledger.uuid, Witness(first.number, first.hash), findings, {})
        for case in islice(cases(self.view.readers), _CHECKED):
            check_case(case, STATION, is_signed, findings)
        if findings.counts:
            raise RuntimeError(f"the ledger does not hold: {findings.listed[:3]}")

    def _end(self) -> int:
        head = self.ledger.head()
        return head.number if head else 0


ASKED: dict[str, Callable[[Memory], None]] = {
    f"dock of a known card of {CARD} files": Memory.dock,
    "status, read every second": Memory.status,
    "heartbeat": Memory.heartbeat,
    "next upload, receipt, events, release": Memory.work,
    "fill rate of the spool, once a minute": Memory.filling,
}


def scale_rows(folder: Path, assets: int) -> list[Row]:
    """A ledger of so many assets beside an empty one; for `verify`, which walks, beside one of 2,000."""
    path = large_ledger(assets)
    with ExitStack() as open_:
        empty_station = station_at(folder / "empty")
        empty_station.ledger.close()
        large, empty, small = (
            open_.enter_context(closing(Memory(one))) for one in (path, empty_station.path, large_ledger(_CHECKED))
        )
        rows = [_row(name, ask, large, empty, assets, "an empty ledger") for name, ask in ASKED.items()]
        rows.append(
            _row(f"verify, each {_CHECKED:,} assets", Memory.verify, large, small, assets, "a ledger of 2,000", 3)
        )
    return rows


def _row(
    name: str,
    ask: Callable[[Memory], None],
    large: Memory,
    other: Memory,
    assets: int,
    peer: str,
    rounds: int = ROUNDS,
) -> Row:
    mine: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds + 1):
        mine.append(_timed(ask, large))
        theirs.append(_timed(ask, other))
    # One more round than counts: the first reads the disk.
    pairs = [_thirds(times[1:]) for times in (mine, theirs)]
    return Row(f"ledger of {assets:,}: {name}", "ms", pairs[0], peer, pairs[1], FLAT, more_is_better=False)


def _thirds(times: list[float]) -> tuple[float, ...]:
    """Three medians, in milliseconds: single rounds are ruled by whoever else syncs to this disk."""
    return tuple(1000 * median(times[start::3]) for start in range(3))


def _timed(ask: Callable[[Memory], None], memory: Memory) -> float:
    began = time.perf_counter()
    ask(memory)
    return time.perf_counter() - began
