"""A power cut at every step of a copy, on a disk that forgets: what was acknowledged is whole."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from simulator.disk import MemoryDisk, PowerCut
from simulator.spool import COPY, PARTIAL, SIDECAR, MemorySpool

CONTENT = bytes(range(256)) * 10
SIDECAR_BYTES = b"{" + b"s" * 900 + b"}"
SEEDS = range(20)
STEPS = 14


def _cut_at(step: int) -> Callable[[str], None]:
    left = [step]

    def before_step(_name: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise PowerCut

    return before_step


def _store(spool: MemorySpool, asset_id: UUID) -> bool:
    """Whether the commit was acknowledged before the power went."""
    try:
        copy = spool.begin(asset_id, len(CONTENT))
        copy.write(memoryview(CONTENT[:1000]))
        copy.write(memoryview(CONTENT[1000:]))
        copy.commit(SIDECAR_BYTES, len(CONTENT))
    except PowerCut:
        return False
    return True


@pytest.mark.parametrize("step", range(STEPS))
def test_a_copy_is_whole_with_its_sidecar_or_not_there_wherever_the_power_goes(step: int) -> None:
    endings = set()
    for seed in SEEDS:
        spool = MemorySpool()
        earlier, asset_id = uuid4(), uuid4()
        assert _store(spool, earlier)
        spool.disk.before_step = _cut_at(step)
        acknowledged = _store(spool, asset_id)
        spool.disk.before_step = lambda _name: None
        spool.crash(random.Random(seed))
        spool.sweep()
        copies = dict(spool.sidecars())
        assert copies[earlier] == SIDECAR_BYTES
        assert spool.open(earlier).read_at(0, 9999) == CONTENT
        assert acknowledged <= (asset_id in copies)
        assert (spool.size(asset_id) is not None) == (asset_id in copies)
        if asset_id in copies:
            assert copies[asset_id] == SIDECAR_BYTES
            assert spool.open(asset_id).read_at(0, 9999) == CONTENT
        assert len(spool.disk.names) == 2 * len(copies)
        endings.add(asset_id in copies)
    assert endings == ({False} if step < 12 else {True, False} if step == 12 else {True})


@pytest.mark.parametrize("step", range(6))
def test_a_release_cut_short_leaves_no_copy_without_its_sidecar(step: int) -> None:
    for seed in SEEDS:
        spool = MemorySpool()
        asset_id = uuid4()
        _store(spool, asset_id)
        spool.disk.before_step = _cut_at(step)
        with contextlib.suppress(PowerCut):
            spool.release(asset_id)
        spool.disk.before_step = lambda _name: None
        spool.crash(random.Random(seed))
        if spool.size(asset_id) is not None:
            assert dict(spool.sidecars()) == {asset_id: SIDECAR_BYTES}
            assert spool.open(asset_id).read_at(0, 9999) == CONTENT
        spool.release(asset_id)
        assert spool.disk.names == {}


def _skip_sync(disk: MemoryDisk, name: str) -> None:
    inode = disk.create(f"{name}{PARTIAL}")
    disk.write(inode, CONTENT)
    disk.rename(f"{name}{PARTIAL}", f"{name}{COPY}")
    disk.sync_names()


def _skip_name_sync(disk: MemoryDisk, name: str) -> None:
    inode = disk.create(f"{name}{PARTIAL}")
    disk.write(inode, CONTENT)
    disk.sync(inode)
    disk.rename(f"{name}{PARTIAL}", f"{name}{COPY}")


def _sidecar_last(disk: MemoryDisk, name: str) -> None:
    _skip_name_sync(disk, name)
    beside = disk.create(f"{name}{SIDECAR}")
    disk.write(beside, SIDECAR_BYTES)
    disk.sync(beside)
    disk.rename(f"{name}{SIDECAR}", f"{name}{SIDECAR}.x")


@pytest.mark.parametrize("wrong_order", [_skip_sync, _skip_name_sync, _sidecar_last])
def test_the_disk_punishes_every_order_that_is_not_safe(wrong_order: Callable[[MemoryDisk, str], None]) -> None:
    """Else the tests above would prove nothing."""
    lost = 0
    for seed in SEEDS:
        disk = MemoryDisk(1 << 20)
        wrong_order(disk, "a")
        disk.crash(random.Random(seed))
        copy = disk.names.get(f"a{COPY}")
        sidecar = disk.names.get(f"a{SIDECAR}.x")
        is_whole = copy is not None and bytes(copy.content) == CONTENT
        lost += not is_whole or (wrong_order is _sidecar_last and sidecar is None)
    assert lost > len(SEEDS) // 4


def test_what_was_synced_survives_any_number_of_power_cuts() -> None:
    disk = MemoryDisk(1 << 20)
    inode = disk.create("a")
    disk.write(inode, CONTENT)
    disk.sync(inode)
    disk.sync_names()
    for seed in SEEDS:
        disk.crash(random.Random(seed))
        assert bytes(disk.names["a"].content) == CONTENT


def test_bytes_that_were_not_synced_are_torn_at_sectors() -> None:
    pieces = set()
    for seed in SEEDS:
        disk = MemoryDisk(1 << 20)
        inode = disk.create("a")
        disk.sync_names()
        disk.write(inode, b"x" * 2048)
        disk.crash(random.Random(seed))
        content = bytes(disk.names["a"].content)
        sectors = [content[at : at + 512] for at in range(0, len(content), 512)]
        assert all(set(sector) in ({0}, {ord("x")}) for sector in sectors)
        pieces.add(tuple(sector[:1] for sector in sectors))
    assert len(pieces) > 3
