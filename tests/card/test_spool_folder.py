"""The spool on real disks: private, reserved first, durable or not there."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from agent.adapters.camera_card import CameraCard
from agent.adapters.spool_copy import SpooledCopy
from agent.adapters.spool_disk import SpoolFolder
from agent.errors import SpoolBroken, SpoolFull
from agent.pipeline.stage import copy_file
from agent.rules.footage import StageVerdict
from tests.card.conftest import STAGED_AT, Dock, mounted, no_pause, order_for, quiet

MIB = 1024 * 1024
FOOTAGE = os.urandom(3 * MIB + 17)


@pytest.fixture
def small_disk(dock: Dock, tmp_path: Path) -> Iterator[Path]:
    """The spool on a file system of 8 MiB."""

    disk = tmp_path / "small"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)], check=True)
    dock.spool = SpoolFolder(disk / "spool", min_free=2 * MIB)
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.part("root")
def test_a_full_spool_refuses_before_the_first_byte_and_leaves_nothing(dock: Dock, small_disk: Path) -> None:
    free = dock.spool.space().free
    file = dock.write("clip.mp4", bytes(7 * MIB))
    outcome = dock.staged(order_for(file))
    assert outcome.verdict is StageVerdict.SPOOL_FULL
    assert dock.names() == []
    assert dock.spool.space().free == free


@pytest.mark.part("root")
def test_a_disk_that_fills_up_under_a_copy_drops_it(dock: Dock, small_disk: Path) -> None:
    file = dock.write("clip.mp4", FOOTAGE)
    order = order_for(file)
    copy = dock.spool.begin(order.asset_id, 1)  # less than is written: the reservation does not help
    (small_disk / "log").write_bytes(bytes(dock.spool.space().free - MIB))

    with pytest.raises(SpoolFull):
        copy.write(memoryview(FOOTAGE))
    copy.abandon()
    assert dock.names() == []
    (small_disk / "log").unlink()
    assert dock.staged(order).verdict is StageVerdict.STAGED


@pytest.mark.part("root")
def test_many_bays_at_once_never_take_the_reserve(dock: Dock, small_disk: Path) -> None:
    def begin(_number: int) -> SpooledCopy | None:
        try:
            return dock.spool.begin(uuid4(), MIB)
        except SpoolFull:
            return None

    with ThreadPoolExecutor(12) as bays:
        copies = [copy for copy in bays.map(begin, range(12)) if copy is not None]
    assert len(copies) in (5, 6)  # of 8 MiB, less the reserve of 2 and what the file system needs itself
    assert dock.spool.space().free >= 2 * MIB
    for copy in copies:
        copy.abandon()
    assert dock.names() == []


@pytest.mark.part("loop")
def test_a_full_disk_of_an_ordinary_file_system_leaves_nothing_over(dock: Dock, tmp_path: Path) -> None:
    image, disk = tmp_path / "disk.img", tmp_path / "disk"
    with image.open("wb") as file:
        file.truncate(24 * MIB)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    disk.mkdir()
    subprocess.run(["mount", "-o", "loop", str(image), str(disk)], check=True)
    try:
        dock.spool = SpoolFolder(disk / "spool", min_free=0)
        free = dock.spool.space().free
        verdicts = [dock.staged(order_for(dock.write(f"{n}.mp4", FOOTAGE))).verdict for n in range(9)]
        assert set(verdicts) == {StageVerdict.STAGED, StageVerdict.SPOOL_FULL}
        kept = [asset_id for asset_id, _ in dock.spool.sidecars()]
        assert len(kept) == verdicts.count(StageVerdict.STAGED)
        assert len(dock.names()) == 2 * len(kept)
        for asset_id in kept:
            assert dock.content(asset_id) == FOOTAGE
            dock.spool.release(asset_id)
        assert dock.names() == []
        assert dock.spool.space().free >= free - MIB
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_sweep_removes_what_a_crash_left_and_nothing_durable(dock: Dock) -> None:
    whole = order_for(dock.write("whole.mp4", FOOTAGE))
    assert dock.staged(whole).verdict is StageVerdict.STAGED
    half = order_for(dock.write("half.mp4", FOOTAGE))
    dock.spool.begin(half.asset_id, len(FOOTAGE)).write(memoryview(FOOTAGE)[:100])
    between = order_for(dock.write("between.mp4", FOOTAGE))
    (dock.spool.path / f"{between.asset_id}.json").write_bytes(b"{}")
    (dock.spool.path / "notes.txt").write_bytes(b"somebody's")
    assert dock.spool.sweep() == 2
    assert dock.names() == sorted([f"{whole.asset_id}.footage", f"{whole.asset_id}.json", "notes.txt"])
    assert dock.spool.orphans() == ["notes.txt"]
    assert dock.spool.sweep() == 0
    dock.spool.release(whole.asset_id)
    dock.spool.release(whole.asset_id)
    assert dock.names() == ["notes.txt"]


def test_the_spool_is_private_and_its_copies_are_read_only(dock: Dock) -> None:
    order = order_for(dock.write("clip.mp4", FOOTAGE))
    dock.staged(order)
    assert dock.spool.path.stat().st_mode & 0o777 == 0o700
    assert (dock.spool.path / f"{order.asset_id}.footage").stat().st_mode & 0o777 == 0o400
    assert (dock.spool.path / f"{order.asset_id}.json").stat().st_mode & 0o777 == 0o600


def test_a_copy_of_another_length_than_was_read_is_dropped(dock: Dock) -> None:

    order = order_for(dock.write("clip.mp4", FOOTAGE))
    copy = dock.spool.begin(order.asset_id, 10)
    copy.write(memoryview(b"123"))
    with pytest.raises(SpoolBroken):
        copy.commit(b"{}", 10)
    assert dock.names() == []


def test_an_interrupted_copy_of_the_same_asset_is_begun_anew(dock: Dock) -> None:
    order = order_for(dock.write("clip.mp4", FOOTAGE))
    dock.spool.begin(order.asset_id, len(FOOTAGE)).write(memoryview(b"rubbish"))
    with CameraCard(str(dock.card)) as card:
        volume = mounted(dock.card).volume
        outcome = copy_file(card, dock.spool, order, quiet, volume=volume, now=lambda: STAGED_AT, pause=no_pause)
    assert outcome.verdict is StageVerdict.STAGED
    assert dock.content(order.asset_id) == FOOTAGE


def test_a_copy_gets_its_name_last_and_every_step_before_is_durable(
    dock: Dock, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[tuple[str, str]] = []

    def spied(name: str) -> None:
        real = getattr(os, name)

        def step(what: int | Path, *rest: Path) -> None:
            path = Path(f"/proc/self/fd/{what}").readlink() if isinstance(what, int) else rest[0]
            steps.append((name, path.name))
            real(what, *rest)

        monkeypatch.setattr(os, name, step)

    order = order_for(dock.write("clip.mp4", FOOTAGE))
    copy = dock.spool.begin(order.asset_id, len(FOOTAGE))
    copy.write(memoryview(FOOTAGE))
    spied("fsync")
    spied("rename")
    copy.commit(b"{}", len(FOOTAGE))
    asset, folder = str(order.asset_id), dock.spool.path.name
    assert steps == [
        ("fsync", f"{asset}.part"),
        ("fsync", f"{asset}.json.part"),
        ("rename", f"{asset}.json"),
        ("fsync", folder),
        ("rename", f"{asset}.footage"),
        ("fsync", folder),
    ]
