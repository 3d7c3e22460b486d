"""A file is unlinked only while it is, byte for byte, what central gave a receipt for."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.adapters.camera_card import CameraCard
from agent.ports import EraseOrder
from agent.rules.footage import CardFile, EraseVerdict, StageVerdict
from tests.card.conftest import Dock, order_for, quiet
from tests.card.test_changing_files import CHANGES, WatchedCard

FOOTAGE = os.urandom(3 * 1024 * 1024 + 17)


def receipted(file: CardFile, content: bytes) -> EraseOrder:
    return EraseOrder(file, hashlib.sha256(content).hexdigest())


def test_a_file_that_is_what_was_receipted_is_unlinked_alone(dock: Dock) -> None:
    file = dock.write("DCIM/clip.mp4", FOOTAGE)
    dock.write("DCIM/other.mp4", FOOTAGE)
    assert dock.erased(receipted(file, FOOTAGE)).verdict is EraseVerdict.UNLINKED
    assert [entry.name for entry in (dock.card / "DCIM").iterdir()] == ["other.mp4"]
    assert dock.erased(receipted(file, FOOTAGE)).verdict is EraseVerdict.ABSENT


def test_a_file_with_one_other_bit_is_not_unlinked(dock: Dock) -> None:
    changed = bytearray(FOOTAGE)
    changed[-1] ^= 1
    file = dock.write("clip.mp4", bytes(changed))
    assert dock.erased(receipted(file, FOOTAGE)).verdict is EraseVerdict.DIFFERS
    assert (dock.card / "clip.mp4").read_bytes() == changed


@pytest.mark.parametrize("delta", [(1, 0), (0, 1)], ids=["size", "time"])
def test_a_file_of_another_size_or_time_is_not_unlinked(dock: Dock, delta: tuple[int, int]) -> None:
    file = dock.write("clip.mp4", FOOTAGE)
    order = receipted(CardFile(file.path, file.size + delta[0], file.mtime_ns + delta[1]), FOOTAGE)
    assert dock.erased(order).verdict is EraseVerdict.DIFFERS
    assert (dock.card / "clip.mp4").exists()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_file_that_changes_while_it_is_compared_is_not_unlinked(
    dock: Dock, change: Callable[[Path], Callable[[], None]]
) -> None:
    file = dock.write("clip.mp4", FOOTAGE)
    card = WatchedCard(dock.card, change(dock.card / "clip.mp4"), len(FOOTAGE))
    assert dock.erased(receipted(file, FOOTAGE), card).verdict is EraseVerdict.DIFFERS
    assert (dock.card / "clip.mp4").exists()


def test_a_file_swapped_between_comparison_and_unlink_is_not_unlinked(dock: Dock) -> None:
    file = dock.write("clip.mp4", FOOTAGE)

    class SwappingCard(CameraCard):
        def unlink(self, path: bytes) -> None:
            (dock.card / "clip.mp4").rename(dock.card / "old.mp4")
            (dock.card / "clip.mp4").write_bytes(b"newer footage")
            super().unlink(path)

    assert dock.erased(receipted(file, FOOTAGE), SwappingCard(str(dock.card))).verdict is EraseVerdict.DIFFERS
    assert (dock.card / "clip.mp4").read_bytes() == b"newer footage"


def test_nothing_is_unlinked_on_a_card_that_is_mounted_read_only_or_not_clean(dock: Dock) -> None:
    file = dock.write("clip.mp4", FOOTAGE)
    worker = dock.worker(writable=False)
    assert worker.erase(receipted(file, FOOTAGE), quiet).verdict is EraseVerdict.NOT_WRITABLE
    assert (dock.card / "clip.mp4").exists()


@pytest.mark.part("root")
def test_a_read_only_file_system_answers_not_writable(dock: Dock) -> None:

    file = dock.write("clip.mp4", FOOTAGE)
    subprocess.run(["mount", "--bind", str(dock.card), str(dock.card)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(dock.card)], check=True)
        assert dock.erased(receipted(file, FOOTAGE)).verdict is EraseVerdict.NOT_WRITABLE
        assert dock.staged(order_for(file)).verdict is StageVerdict.STAGED
    finally:
        subprocess.run(["umount", str(dock.card)], check=True)
    assert (dock.card / "clip.mp4").exists()
