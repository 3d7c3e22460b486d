"""Cold card → durable spool with SHA-256, beside what else copies files."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from uuid import uuid4

from agent.adapters.card_worker import CardWorker
from agent.adapters.spool_disk import SpoolFolder
from agent.adapters.system_clock import SystemClock
from agent.ports import StageOrder
from agent.rules.footage import CardFile, MountedCard, StageVerdict, VolumeId
from protocol.sidecar import Sidecar, encode_path, encode_sidecar
from tests.bench.processes_cpu import cpu_of_tree, own_cpu
from tests.bench.racing import command, forget, race, random_file
from tests.bench.rows import Row, Run

GIB = 1 << 30


def staging_rows(folder: Path, size: int, runs: int) -> list[Row]:
    """One large file, against cp with and without a hash, rsync and rclone."""
    card = folder / "card"
    card.mkdir()
    source = random_file(card / "BWC0412_0001.MP4", size)
    target = folder / "copy.mp4"

    def ours() -> Run:
        return _stage(card, folder / "spool")

    def cold(*words: str) -> Run:
        target.unlink(missing_ok=True)
        forget(source)
        return command(["sh", "-c", " ".join(words)])

    copy = f"cp {source} {target} && sync {target} {folder}"
    peers = [
        ("cp, then fsync", 0.9, copy),
        # a hash over what the page cache holds: it proves less, and is the most that cp can be made to do
        ("cp, fsync, then sha256sum of both", 2.0, f"{copy} && sha256sum {source} {target}"),
        ("rsync --checksum, then fsync", 1.0, f"rsync --checksum {source} {target} && sync {target} {folder}"),
    ]
    if shutil.which("rclone"):
        peers.append(
            (
                "rclone copyto --checksum, then fsync",
                1.0,
                f"rclone --config /dev/null copyto --checksum {source} {target} && sync {target} {folder}",
            )
        )
    rows = []
    for name, goal, words in peers:
        mine, theirs = race(ours, lambda words=words: cold(words), runs)  # type: ignore[misc]
        rows.append(_speed(f"stage {size >> 20} MiB", mine, name, theirs, size, goal))
        rows.append(_cpu(f"stage {size >> 20} MiB, CPU", mine, name, theirs, size))
    return rows


def small_files_row(folder: Path, count: int, runs: int) -> Row:
    """Very many small files by one card process, against `cp -r` and a sync."""
    card = folder / "small-card"
    card.mkdir()
    for number in range(count):
        below = card / f"{number // 500:03}"
        below.mkdir(exist_ok=True)
        (below / f"{number:05}.bin").write_bytes(os.urandom(100))
    os.sync()
    target = folder / "small-copy"

    def theirs() -> Run:
        shutil.rmtree(target, ignore_errors=True)
        forget(card)
        return command(["sh", "-c", f"cp -r {card} {target} && find {target} -type f -exec sync {{}} +"])

    mine, other = race(lambda: _stage(card, folder / "small-spool"), theirs, runs)
    return Row(
        f"stage {count} files of 100 B",
        "files/s",
        tuple(count / run.wall_s for run in mine),
        "cp -r, then fsync of each",
        tuple(count / run.wall_s for run in other),
    )


def _stage(card: Path, spool: Path) -> Run:
    """The card process alone, as one docked camera has it: list, then every file, each durable before the next."""
    shutil.rmtree(spool, ignore_errors=True)
    spool.mkdir()
    forget(card)
    found = card.stat()
    worker = CardWorker(SpoolFolder(spool, 0), SystemClock())
    try:
        worker.open(MountedCard(str(card), VolumeId(found.st_dev, found.st_ino), writable=False))
        began, used = time.perf_counter(), cpu_of_tree(worker.pid) + own_cpu()
        for file in worker.list().files:
            outcome = worker.stage(_order(file), lambda _done: None)
            if outcome.verdict is not StageVerdict.STAGED:
                raise RuntimeError(f"{file.path!r}: {outcome.verdict} ({outcome.detail})")
        return Run(time.perf_counter() - began, cpu_of_tree(worker.pid) + own_cpu() - used)
    finally:
        worker.close()


def _order(file: CardFile) -> StageOrder:
    asset_id = uuid4()
    draft = Sidecar(
        asset_id=asset_id,
        station="east-1",
        ledger_uuid=uuid4(),
        camera="BWC0412",
        path_b64=encode_path(file.path),
        size=file.size,
        mtime_ns=file.mtime_ns,
        kind="video",
    )
    return StageOrder(asset_id, file, encode_sidecar(draft))


def _speed(name: str, mine: list[Run], peer: str, theirs: list[Run], size: int, goal: float | None) -> Row:
    return Row(
        name,
        "MB/s",
        tuple(size / 1e6 / run.wall_s for run in mine),
        peer,
        tuple(size / 1e6 / run.wall_s for run in theirs),
        goal,
    )


def _cpu(name: str, mine: list[Run], peer: str, theirs: list[Run], size: int) -> Row:
    return Row(
        name,
        "CPU s/GiB",
        tuple(run.cpu_s * GIB / size for run in mine),
        peer,
        tuple(run.cpu_s * GIB / size for run in theirs),
        None,
        more_is_better=False,
    )
