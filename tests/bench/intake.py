"""What central takes in, beside two other servers fed by the same client on the same disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from tests.bench.linked_station import digest_of
from tests.bench.racing import race
from tests.bench.rows import Row, Run
from tests.bench.servers import Door, our_central, seaweed, tus_node
from tests.bench.uploading import GIB, Load, drive, send

DURABLE = "central syncs each piece to the disk before it answers; the peer does not"


def intake_rows(folder: Path, size: int, many: int, runs: int) -> list[Row]:
    loads = [
        Load(folder / "intake-one", f"take in {size >> 20} MiB", 1, size),
        Load(folder / "intake-many", f"take in {many} × 5 MiB", many, 5 << 20),
    ]
    rows: list[Row] = []
    with our_central(folder) as (_, ours), tus_node(folder) as node, seaweed(folder) as (_, weed):
        for peer in (node, weed):
            for load in loads:
                rows += _pair(load, ours, peer, runs)
        rows.append(_receipts(loads[1], ours, runs))
        rows += [row for load in loads for row in _waits(load, ours, runs)]
    return rows


def _pair(load: Load, ours: Door, peer: Door, runs: int) -> list[Row]:
    mine, theirs = race(_at(ours, load), _at(peer, load), runs)
    return [
        Row(
            load.name,
            "MB/s",
            tuple(load.bytes / 1e6 / run.wall_s for run in mine),
            peer.name,
            tuple(load.bytes / 1e6 / run.wall_s for run in theirs),
            note=DURABLE,
        ),
        Row(
            f"{load.name}, server CPU",
            "CPU s/GiB",
            tuple(run.cpu_s * GIB / load.bytes for run in mine),
            peer.name,
            tuple(run.cpu_s * GIB / load.bytes for run in theirs),
            more_is_better=False,
            note=DURABLE,
        ),
    ]


def _at(door: Door, load: Load) -> Callable[[], Run]:
    """One sending, with the CPU of the server instead of ours."""

    def measured() -> Run:
        used = door.cpu_s()
        run = send(load, door)
        return Run(run.wall_s, door.cpu_s() - used)

    return measured


def _receipts(load: Load, ours: Door, runs: int) -> Row:
    """Sending until every receipt is there, beside sending alone: what reading back and signing add."""
    mine, theirs = race(lambda: send(load, ours, receipts=True), lambda: send(load, ours), runs)
    return Row(
        f"{load.name} and receipt each",
        "files/s",
        tuple(len(load.files) / run.wall_s for run in mine),
        "our central, without receipts",
        tuple(len(load.files) / run.wall_s for run in theirs),
    )


def _waits(load: Load, ours: Door, runs: int) -> list[Row]:
    """From the last byte of a file to its receipt in the ledger, beside reading and hashing that file once: central
    may not answer earlier than it has read back what it stored."""
    waits, reads = [], []
    for _ in range(runs):
        waits.append(_receipt_waits(load, ours))
        began = time.perf_counter()
        for file in load.files:
            digest_of(file)
        reads.append(1000 * (time.perf_counter() - began) / len(load.files))
    shares = (("p50", 0.5), ("p95", 0.95)) if len(load.files) > 1 else (("", 0.5),)
    return [
        Row(
            f"receipt after the last byte, {load.name.removeprefix('take in ')} {word}".rstrip(),
            "ms",
            tuple(1000 * sorted(run)[int(share * (len(run) - 1))] for run in waits),
            "hashing the file once",
            tuple(reads),
            more_is_better=False,
        )
        for word, share in shares
    ]


def _receipt_waits(load: Load, ours: Door) -> list[float]:
    """Seconds, of each file."""
    since: dict[UUID, float] = {}
    waits: list[float] = []
    with load.linked() as station:
        drive(
            station,
            ours,
            receipts=True,
            uploaded=lambda asset_id: since.setdefault(asset_id, time.perf_counter()) and None,
            verified=lambda asset_id: waits.append(time.perf_counter() - since[asset_id]),
        )
    return waits
