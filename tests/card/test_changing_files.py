"""A camera may write while we read, and someone may swap what was receipted: then nothing is kept, nothing erased."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.adapters.camera_card import CameraCard, CameraFile
from agent.pipeline.stage import digest_file
from agent.rules.footage import StageVerdict
from protocol.sidecar import decode_sidecar
from tests.card.conftest import STAGED_AT, Dock, listed, mounted, order_for, quiet

MIB = 1024 * 1024
FOOTAGE = os.urandom(3 * MIB + 17)


class WatchedCard(CameraCard):
    """A real card on which something happens when the file was read up to a place."""

    def __init__(self, root: Path, happens: Callable[[], None], after: int) -> None:
        super().__init__(str(root))
        self._happens, self._after = happens, after

    def open(self, path: bytes) -> CameraFile:
        file = super().open(path)
        read, seen = file.read_into, 0

        def read_into(buffer: memoryview) -> int:
            nonlocal seen
            got = read(buffer)
            if seen < self._after <= seen + got:
                self._happens()
            seen += got
            return got

        file.read_into = read_into  # type: ignore[method-assign]
        return file


def grow(file: Path) -> Callable[[], None]:
    def append() -> None:
        with file.open("ab") as clip:
            clip.write(b"more")

    return append


def rewrite(file: Path) -> Callable[[], None]:
    def change() -> None:
        at = file.stat().st_mtime_ns + 2_000_000_000
        with file.open("r+b") as clip:
            clip.write(b"new header")
        os.utime(file, ns=(at, at))

    return change


CHANGES: dict[str, Callable[[Path], Callable[[], None]]] = {
    "grows": grow,
    "is rewritten in place": rewrite,
    "is truncated": lambda file: lambda: os.truncate(file, 2 * MIB),
    "is emptied": lambda file: lambda: os.truncate(file, 0),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("after", [1, len(FOOTAGE)])
def test_a_file_that_changes_under_us_is_dropped_and_staged_again_later(
    dock: Dock, change: Callable[[Path], Callable[[], None]], after: int
) -> None:
    order = order_for(dock.write("clip.mp4", FOOTAGE))
    clip = dock.card / "clip.mp4"
    assert dock.staged(order, WatchedCard(dock.card, change(clip), after)).verdict is StageVerdict.CHANGED
    assert dock.names() == []
    again = order_for(listed(dock.card, b"clip.mp4"), order.asset_id)
    assert dock.staged(again).verdict is StageVerdict.STAGED
    assert dock.content(order.asset_id) == clip.read_bytes()


def test_a_file_that_changed_since_it_was_listed_is_not_read(dock: Dock) -> None:
    file = dock.write("clip.mp4", FOOTAGE)
    grow(dock.card / "clip.mp4")()
    outcome = dock.staged(order_for(file))
    assert outcome.verdict is StageVerdict.CHANGED
    assert dock.names() == []


def test_a_file_that_is_no_longer_there_vanished(dock: Dock) -> None:
    file = dock.write("clip.mp4", FOOTAGE)
    (dock.card / "clip.mp4").unlink()
    assert dock.staged(order_for(file)).verdict is StageVerdict.VANISHED
    assert dock.names() == []


def test_a_digest_is_given_only_for_a_file_that_stayed_the_same(dock: Dock) -> None:
    file = dock.write("clip.mp4", FOOTAGE)
    volume = mounted(dock.card).volume
    with CameraCard(str(dock.card)) as card:
        outcome = digest_file(card, file, quiet, volume=volume)
    assert (outcome.verdict, outcome.size) == (StageVerdict.STAGED, len(FOOTAGE))
    assert outcome.sha256 == hashlib.sha256(FOOTAGE).hexdigest()
    with WatchedCard(dock.card, grow(dock.card / "clip.mp4"), 1) as card:
        assert digest_file(card, file, quiet, volume=volume).verdict is StageVerdict.CHANGED


@pytest.mark.parametrize("size", [0, 1, 4096, MIB - 1, MIB, MIB + 1, 9 * MIB])
def test_every_size_is_copied_whole_with_its_digest_and_its_completed_sidecar(dock: Dock, size: int) -> None:
    content = os.urandom(size)
    order = order_for(dock.write("clip.mp4", content))
    outcome = dock.staged(order)
    assert (outcome.verdict, outcome.size) == (StageVerdict.STAGED, size)
    assert outcome.sha256 == hashlib.sha256(content).hexdigest()
    assert dock.content(order.asset_id) == content
    ((asset_id, sidecar),) = dock.spool.sidecars()
    told = decode_sidecar(sidecar)
    assert (asset_id, told.asset_id, told.size, told.sha256) == (order.asset_id, order.asset_id, size, outcome.sha256)
    assert (told.staged_at, told.salvage, told.recorded_source) == (STAGED_AT, False, "mtime")


def test_the_camera_is_not_touched_by_a_copy(dock: Dock) -> None:
    file = dock.write("clip.mp4", FOOTAGE)
    os.utime(dock.card / "clip.mp4", ns=(1, file.mtime_ns))
    before = (dock.card / "clip.mp4").stat()
    assert dock.staged(order_for(listed(dock.card, b"clip.mp4"))).verdict is StageVerdict.STAGED
    assert (dock.card / "clip.mp4").stat() == before
