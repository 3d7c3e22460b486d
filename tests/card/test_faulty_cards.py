"""Cards that fail: unreadable places, vanished devices, reads that never return. Each costs itself only."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from agent.adapters.camera_card import CameraCard
from agent.adapters.spool_disk import SpoolFolder
from agent.errors import CardGone, CardStalled, SpoolBroken
from agent.pipeline.stage import copy_file, digest_file
from agent.ports import EraseOrder
from agent.rules.footage import EraseVerdict, StageOutcome, StageVerdict
from protocol.sidecar import decode_sidecar
from tests.card.conftest import STAGED_AT, Dock, eventually, listed, mounted, no_pause, order_for, quiet
from tests.card.fuse_camera import FuseCamera

pytestmark = pytest.mark.part("fuse")
Plug = Callable[..., FuseCamera]
MIB = 1024 * 1024
FOOTAGE = os.urandom(3 * MIB + 12345)


@pytest.fixture
def camera(dock: Dock, fuse: Plug) -> FuseCamera:
    dock.write("DCIM/clip.mp4", FOOTAGE)
    return fuse(dock.card)


def copied(dock: Dock, root: Path, path: bytes, **extra: object) -> tuple[StageOutcome, list[int]]:
    """Staged in this process from the mount, and the sizes that were reported on the way."""
    progress: list[int] = []
    order = order_for(listed(root, path), **extra)
    with CameraCard(str(root)) as card:
        volume = mounted(root).volume
        outcome = copy_file(
            card, dock.spool, order, progress.append, volume=volume, now=lambda: STAGED_AT, pause=no_pause
        )
    return outcome, progress


@pytest.mark.parametrize("readable", [4096, 65536, MIB, 2 * MIB + 8192])
def test_an_unreadable_place_leaves_a_salvage_of_every_byte_before_it(
    dock: Dock, camera: FuseCamera, readable: int
) -> None:
    camera.fault(mode="eio", after=readable)
    outcome, _ = copied(dock, camera.mount, b"DCIM/clip.mp4")
    assert outcome.verdict is StageVerdict.SALVAGED
    assert outcome.size == readable
    assert outcome.sha256 == hashlib.sha256(FOOTAGE[:readable]).hexdigest()
    ((asset_id, sidecar),) = dock.spool.sidecars()
    assert dock.content(asset_id) == FOOTAGE[:readable]
    assert decode_sidecar(sidecar).salvage
    assert decode_sidecar(sidecar).size == readable


def test_a_salvage_gets_the_name_of_its_own_asset(dock: Dock, camera: FuseCamera) -> None:
    camera.fault(mode="eio", after=8192)
    salvage_id = uuid4()
    outcome, _ = copied(dock, camera.mount, b"DCIM/clip.mp4", salvage_id=salvage_id)
    assert outcome.verdict is StageVerdict.SALVAGED
    assert dock.names() == [f"{salvage_id}.footage", f"{salvage_id}.json"]
    ((_, sidecar),) = dock.spool.sidecars()
    assert decode_sidecar(sidecar).asset_id == salvage_id


def test_a_file_whose_first_byte_is_unreadable_leaves_nothing(dock: Dock, camera: FuseCamera) -> None:
    camera.fault(mode="eio", after=0)
    outcome, _ = copied(dock, camera.mount, b"DCIM/clip.mp4")
    assert outcome.verdict is StageVerdict.UNREADABLE
    assert dock.names() == []


def test_a_place_that_can_be_read_at_the_second_attempt_costs_nothing(dock: Dock, camera: FuseCamera) -> None:
    camera.fault(mode="eio", after=MIB)
    order = order_for(listed(camera.mount, b"DCIM/clip.mp4"))
    with CameraCard(str(camera.mount)) as card:
        outcome = copy_file(
            card,
            dock.spool,
            order,
            quiet,
            volume=mounted(camera.mount).volume,
            now=lambda: STAGED_AT,
            pause=lambda _seconds: camera.fault(mode="ok"),
        )
    assert outcome.verdict is StageVerdict.STAGED
    assert dock.content(order.asset_id) == FOOTAGE


def test_a_file_with_an_unreadable_place_is_neither_recognised_nor_erased(dock: Dock, camera: FuseCamera) -> None:
    camera.fault(mode="eio", after=MIB)
    file = listed(camera.mount, b"DCIM/clip.mp4")
    volume = mounted(camera.mount).volume
    with CameraCard(str(camera.mount)) as card:
        outcome = digest_file(card, file, quiet, volume=volume, pause=no_pause)
    assert outcome.verdict is StageVerdict.UNREADABLE
    assert outcome.sha256 is None
    worker = dock.worker(camera.mount)
    receipted = EraseOrder(file, hashlib.sha256(FOOTAGE).hexdigest())
    assert worker.erase(receipted, quiet).verdict is EraseVerdict.UNREADABLE
    assert (dock.card / "DCIM/clip.mp4").read_bytes() == FOOTAGE


def test_a_camera_pulled_in_the_middle_of_a_copy_is_gone_and_not_salvaged(dock: Dock, camera: FuseCamera) -> None:
    worker = dock.worker(camera.mount)
    (file,) = worker.list().files
    camera.fault(mode="hang")
    caught: list[BaseException] = []

    def stage() -> None:
        try:
            worker.stage(order_for(file), quiet)
        except CardGone as error:
            caught.append(error)

    thread = threading.Thread(target=stage)
    thread.start()
    eventually(lambda: any(name.endswith(".part") for name in dock.names()), "the copy began")
    camera.fault(mode="gone")
    thread.join(20)
    assert len(caught) == 1
    assert dock.names() == []


def test_a_vanished_camera_is_gone_and_its_listing_is_never_empty(dock: Dock, camera: FuseCamera) -> None:
    worker = dock.worker(camera.mount)
    camera.fault(mode="gone")
    with pytest.raises(CardGone):
        worker.list()


def test_an_unreadable_folder_makes_the_listing_incomplete_and_says_so(dock: Dock, camera: FuseCamera) -> None:
    dock.write("top.mp4", b"top")
    camera.fault(mode="eio_list", match="/DCIM")
    listing = dock.worker(camera.mount).list()
    assert [file.path for file in listing.files] == [b"top.mp4"]
    assert not listing.complete
    assert len(listing.io_errors) == 1
    assert [(entry.path, entry.reason) for entry in listing.refused] == [(b"DCIM", "unreadable")]


def test_a_hanging_card_costs_its_own_bay_only(dock: Dock, camera: FuseCamera, fuse: Plug, tmp_path: Path) -> None:
    healthy = []
    for name in ("second", "third"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "clip.mp4").write_bytes(FOOTAGE)
        healthy.append(dock.worker(fuse(tmp_path / name, f"fuse-{name}").mount))
    hanging = dock.worker(camera.mount, stall_s=4)
    (stuck,) = hanging.list().files
    camera.fault(mode="hang")
    errors: list[BaseException] = []

    def stage_stuck() -> None:
        try:
            hanging.stage(order_for(stuck), quiet)
        except CardStalled as error:
            errors.append(error)

    thread = threading.Thread(target=stage_stuck)
    thread.start()
    eventually(lambda: any(name.endswith(".part") for name in dock.names()), "the stuck copy began")
    for worker in healthy:
        (file,) = worker.list().files
        order = order_for(file)
        assert worker.stage(order, quiet).verdict is StageVerdict.STAGED
        assert dock.content(order.asset_id) == FOOTAGE
    thread.join(20)
    assert [error.code for error in errors if isinstance(error, CardStalled)] == ["card_stalled"]
    started = time.monotonic()
    hanging.close()
    assert time.monotonic() - started < 2
    assert not any(name.endswith(".part") for name in dock.names())


def test_closing_from_another_thread_wakes_a_call_on_a_hanging_card_at_once(dock: Dock, camera: FuseCamera) -> None:
    worker = dock.worker(camera.mount, stall_s=600)
    (file,) = worker.list().files
    camera.fault(mode="hang")
    woken: list[float] = []

    def stage() -> None:
        try:
            worker.stage(order_for(file), quiet)
        except CardGone:
            woken.append(time.monotonic())

    thread = threading.Thread(target=stage)
    thread.start()
    eventually(lambda: any(name.endswith(".part") for name in dock.names()), "the copy began")
    closed_at = time.monotonic()
    worker.close()
    thread.join(5)
    assert woken
    assert woken[0] - closed_at < 0.5
    assert dock.names() == []


def test_a_failed_fsync_drops_the_copy_and_is_not_repeated(dock: Dock, fuse: Plug, tmp_path: Path) -> None:
    (tmp_path / "disk" / "spool").mkdir(parents=True)
    disk = fuse(tmp_path / "disk", "failing-disk")
    dock.spool = SpoolFolder(disk.mount / "spool", min_free=0)
    order = order_for(dock.write("clip.mp4", b"footage"))
    disk.fault(mode="eio_sync")
    assert dock.staged(order).verdict is StageVerdict.SPOOL_BROKEN
    assert dock.names() == []
    copy = dock.spool.begin(order.asset_id, 7)
    copy.write(memoryview(b"footage"))
    with pytest.raises(SpoolBroken):
        copy.commit(b"{}", 7)
    assert dock.names() == []
    disk.fault(mode="ok")
    assert dock.staged(order).verdict is StageVerdict.STAGED
    assert dock.content(order.asset_id) == b"footage"


def test_a_spool_disk_that_is_slow_to_sync_is_no_stalled_card(dock: Dock, fuse: Plug, tmp_path: Path) -> None:
    (tmp_path / "disk" / "spool").mkdir(parents=True)
    disk = fuse(tmp_path / "disk", "slow-disk")
    dock.spool = SpoolFolder(disk.mount / "spool", min_free=0)
    stall_s = 3.0
    worker = dock.worker(stall_s=stall_s)
    order = order_for(dock.write("clip.mp4", b"footage"))
    disk.fault(mode="hang_sync")
    awake = threading.Timer(2 * stall_s, lambda: disk.fault(mode="ok"))
    awake.start()
    started = time.monotonic()
    assert worker.stage(order, quiet).verdict is StageVerdict.STAGED
    assert time.monotonic() - started > stall_s
    awake.join()
    assert dock.content(order.asset_id) == b"footage"
    assert worker.stage(order_for(dock.write("next.mp4", b"more")), quiet).verdict is StageVerdict.STAGED
