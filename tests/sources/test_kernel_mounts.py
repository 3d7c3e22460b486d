"""Real file systems on loop devices, mounted by the real mount(8)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from agent.adapters.kernel_mounts import KernelMounter
from agent.adapters.mounts import FolderMounter, MounterBySource
from agent.errors import CardGone, MountRefused
from agent.rules.footage import Presence
from tests.leaving_nothing import loop_device
from tests.sources.clock import RealClock
from tests.sources.loop_cards import EXFAT_FLAGS, EXT4_STATE, KINDS, card_image, is_mounted, run, usb_presence

Card = Callable[..., Presence]


@pytest.fixture
def mounts(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "mounts"
    for root in (tmp_path / "mounts").glob("*"):
        subprocess.run(["umount", "-l", str(root)], check=False, capture_output=True)


@pytest.fixture
def card(tmp_path: Path, mounts: Path) -> Iterator[Card]:
    with ExitStack() as stack:

        def make(kind: str, *, spoil: tuple[int, bytes] | None = None, read_only: bool = False) -> Presence:
            image = card_image(tmp_path / f"{kind}.img", kind, spoil)
            # As a mocked udev says it: DEVNAME=/dev/loopN.
            return usb_presence(stack.enter_context(loop_device(image, *(["-r"] if read_only else []))), kind)

        yield make


@pytest.fixture
def mounter(mounts: Path) -> KernelMounter:
    return KernelMounter(mounts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_is_written_on_one_mount_and_read_on_the_next(mounter: KernelMounter, card: Card, kind: str) -> None:
    presence = card(kind)
    writable = mounter.mount(presence, writable=True)
    (Path(writable.root) / "A.MP4").write_bytes(b"footage")
    mounter.release(writable)
    assert not is_mounted(writable.root)
    reading = mounter.mount(presence, writable=False)
    assert (Path(reading.root) / "A.MP4").read_bytes() == b"footage"
    assert (reading.writable, reading.dirty, reading.volume.fs_uuid) == (False, False, "AAAA-0001")
    assert reading.volume.device == Path(reading.root).stat().st_dev
    with pytest.raises(OSError, match="Read-only"):
        (Path(reading.root) / "B.MP4").touch()
    mounter.release(reading)
    mounter.release(reading)
    assert not Path(reading.root).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_on_a_card_can_be_run_or_be_a_device(mounter: KernelMounter, card: Card, kind: str) -> None:
    mounted = mounter.mount(card(kind), writable=False)
    (line,) = [line for line in Path("/proc/self/mounts").read_text().splitlines() if mounted.root in line]
    mounter.release(mounted)
    assert {"ro", "nosuid", "nodev", "noexec"} <= set(line.split()[3].split(","))


SPOILS = [
    pytest.param("ext4", (EXT4_STATE, b"\x00\x00"), marks=pytest.mark.part("loop"), id="ext4 not clean"),
    pytest.param("ext4", (EXT4_STATE, b"\x03\x00"), marks=pytest.mark.part("loop"), id="ext4 with errors"),
    pytest.param("exfat", (EXFAT_FLAGS, b"\x02\x00"), marks=pytest.mark.part("exfat"), id="exfat dirty"),
    pytest.param("exfat", (EXFAT_FLAGS, b"\x04\x00"), marks=pytest.mark.part("exfat"), id="exfat media failure"),
]


@pytest.mark.parametrize(("kind", "spoil"), SPOILS)
def test_a_dirty_card_is_served_never_written_to_and_not_one_byte_of_it_changes(
    mounter: KernelMounter, card: Card, tmp_path: Path, kind: str, spoil: tuple[int, bytes]
) -> None:
    presence = card(kind, spoil=spoil)
    before = (tmp_path / f"{kind}.img").read_bytes()
    with pytest.raises(MountRefused) as refusal:
        mounter.mount(presence, writable=True)
    assert "not left clean" in str(refusal.value)
    mounted = mounter.mount(presence, writable=False)
    assert mounted.dirty
    mounter.release(mounted)
    assert (tmp_path / f"{kind}.img").read_bytes() == before


@pytest.mark.part("loop")
def test_a_card_pulled_while_it_was_written_to_is_dirty_and_its_journal_is_left_alone(
    mounter: KernelMounter, card: Card, tmp_path: Path
) -> None:
    writable = mounter.mount(card("ext4"), writable=True)
    (Path(writable.root) / "A.MP4").write_bytes(b"footage")
    os.sync()
    # What the card holds at this instant is what a pull leaves behind.
    pulled = (tmp_path / "ext4.img").read_bytes()
    mounter.release(writable)
    (tmp_path / "pulled.img").write_bytes(pulled)
    with loop_device(tmp_path / "pulled.img") as node:
        presence = Presence("other", "usb", "1-2", RealClock().now(), None, device=node)
        mounted = mounter.mount(presence, writable=False)
        assert mounted.dirty
        mounter.release(mounted)
    assert (tmp_path / "pulled.img").read_bytes() == pulled


@pytest.mark.part("loop")
def test_a_write_protected_card_is_not_quietly_mounted_read_only(mounter: KernelMounter, card: Card) -> None:
    with pytest.raises(MountRefused):
        mounter.mount(card("ext4", read_only=True), writable=True)


@pytest.mark.part("loop")
def test_what_a_crashed_run_left_mounted_is_unmounted_at_the_next_start(
    mounter: KernelMounter, card: Card, mounts: Path
) -> None:
    presence = card("ext4")
    left = mounter.mount(presence, writable=False)
    again = KernelMounter(mounts)
    assert not is_mounted(left.root)
    assert list(mounts.iterdir()) == []
    again.release(again.mount(presence, writable=False))


@pytest.mark.part("loop")
def test_a_card_that_something_else_mounted_is_refused(mounter: KernelMounter, card: Card, tmp_path: Path) -> None:
    presence = card("ext4")
    elsewhere = tmp_path / "media"
    elsewhere.mkdir()
    run("mount", "-r", str(presence.device), str(elsewhere))
    try:
        with pytest.raises(MountRefused) as refusal:
            mounter.mount(presence, writable=False)
    finally:
        run("umount", str(elsewhere))
    assert str(elsewhere) in str(refusal.value)


@pytest.mark.part("loop")
def test_a_busy_card_is_released_all_the_same(mounter: KernelMounter, card: Card) -> None:
    mounted = mounter.mount(card("ext4"), writable=False)
    held = os.open(mounted.root, os.O_RDONLY)
    try:
        mounter.release(mounted)
        assert not is_mounted(mounted.root)
    finally:
        os.close(held)


@pytest.mark.part("loop")
def test_a_device_without_a_file_system_is_refused_and_leaves_no_folder(
    mounter: KernelMounter, card: Card, mounts: Path
) -> None:
    with pytest.raises(MountRefused) as refusal:
        mounter.mount(card("nothing"), writable=False)
    assert "FAT, exFAT or ext" in str(refusal.value)
    assert list(mounts.iterdir()) == []


@pytest.mark.part("root")
def test_a_device_that_is_no_longer_there_is_a_card_gone(mounter: KernelMounter) -> None:
    presence = Presence("key", "usb", "1-1", RealClock().now(), None, device="/dev/no-such-card")
    with pytest.raises(CardGone):
        mounter.mount(presence, writable=False)


@pytest.mark.part("loop")
def test_the_mounter_is_chosen_by_the_source(mounter: KernelMounter, card: Card, tmp_path: Path) -> None:
    chooser = MounterBySource({"usb": mounter, "folder": FolderMounter()})
    usb = chooser.mount(card("ext4"), writable=False)
    folder = chooser.mount(
        Presence("f", "folder", "folder:A", RealClock().now(), None, directory=str(tmp_path)), writable=False
    )
    assert is_mounted(usb.root)
    assert folder.root == str(tmp_path)
    chooser.release(usb)
    chooser.release(folder)
    assert not is_mounted(usb.root)
    with pytest.raises(MountRefused):
        chooser.mount(Presence("x", "other", "?", RealClock().now(), None), writable=False)
