"""A camera of several volumes as one card: real file systems on loop devices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from agent.adapters.card_volumes import opened
from agent.adapters.kernel_mounts import KernelMounter
from agent.adapters.mounts import EveryVolume
from agent.errors import CardGone, MountRefused
from agent.rules.footage import CameraVolume, Presence
from agent.rules.volumes import is_same_card
from tests.leaving_nothing import loop_device
from tests.sources.loop_cards import EXT4_STATE, card_image, is_mounted, run, usb_presence

pytestmark = pytest.mark.part("loop")


def nothing() -> None: ...


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[str]]:
    """Two volumes with one file each under the same path."""
    with ExitStack() as stack:
        made = []
        for name in ("one", "two"):
            made.append(stack.enter_context(loop_device(card_image(tmp_path / name, "ext4"))))
            place = tmp_path / f"fill-{name}"
            place.mkdir()
            run("mount", made[-1], str(place))
            (place / "A.MP4").write_text(name)
            run("umount", str(place))
        yield made


@pytest.fixture
def mounter(tmp_path: Path) -> EveryVolume:
    return EveryVolume(KernelMounter(tmp_path / "mounts"))


def camera(nodes: list[str], *dark: CameraVolume) -> Presence:
    second = CameraVolume("[2]", nodes[1], {"fs_type": "ext4", "fs_uuid": "U2"})
    return replace(usb_presence(nodes[0], "ext4"), volumes=(second, *dark))


def test_every_volume_is_listed_and_read_under_its_name(mounter: EveryVolume, nodes: list[str]) -> None:
    dark = CameraVolume("[3]", "/dev/none", no_file_system=True)
    mounted = mounter.mount(camera(nodes, dark), writable=False)
    with opened(mounted, nothing) as card:
        card.prove(mounted.volume)
        listing = card.list()
        assert [file.path for file in listing.files] == [b"A.MP4", b"[2]/A.MP4"]
        assert ([entry.path for entry in listing.refused], listing.complete) == ([b"[3]"], True)
        for file, content in zip(listing.files, (b"one", b"two"), strict=True):
            reader = card.open(file.path)
            buffer = bytearray(9)
            assert reader.stat() == file
            assert buffer[: reader.read_into(memoryview(buffer))] == content
            reader.close()
    mounter.release(mounted)
    mounter.release(mounted)
    assert not any(is_mounted(root) for root in (mounted.root, mounted.others[0].root))


def test_an_unlink_goes_to_its_own_volume_and_is_seen_on_fresh_mounts(mounter: EveryVolume, nodes: list[str]) -> None:
    first = mounter.mount(camera(nodes), writable=False)
    mounter.release(first)
    writable = mounter.mount(camera(nodes), writable=True)
    assert is_same_card(first, writable)
    with opened(writable, nothing) as card:
        card.open(b"[2]/A.MP4").close()
        card.unlink(b"[2]/A.MP4")
        card.sync()
    mounter.release(writable)
    again = mounter.mount(camera(nodes), writable=False)
    with opened(again, nothing) as card:
        assert [file.path for file in card.list().files] == [b"A.MP4"]
    mounter.release(again)


def test_a_camera_that_lost_one_of_its_volumes_is_not_the_one_that_was_mounted(
    mounter: EveryVolume, nodes: list[str]
) -> None:
    mounted = mounter.mount(camera(nodes), writable=False)
    run("umount", mounted.others[0].root)
    with opened(mounted, nothing) as card, pytest.raises(CardGone):
        card.list()
    mounter.release(mounted)


def test_a_volume_that_cannot_be_mounted_is_named_and_the_others_are_served_but_not_written_to(
    mounter: EveryVolume, nodes: list[str]
) -> None:
    Path(nodes[1]).write_bytes(bytes(1 << 20))
    mounted = mounter.mount(camera(nodes), writable=False)
    (unread,) = mounted.unread
    assert (unread.name, unread.reason) == ("[2]", "not_mounted")
    with opened(mounted, nothing) as card:
        listing = card.list()
    assert ([file.path for file in listing.files], listing.complete) == ([b"A.MP4"], False)
    mounter.release(mounted)
    with pytest.raises(MountRefused):
        mounter.mount(camera(nodes), writable=True)
    assert not is_mounted(mounted.root)


def test_one_that_cannot_be_mounted_first_leaves_the_second_under_its_own_name(
    mounter: EveryVolume, nodes: list[str]
) -> None:
    Path(nodes[0]).write_bytes(bytes(1 << 20))
    mounted = mounter.mount(camera(nodes), writable=False)
    assert (mounted.name, mounted.unread[0].name) == ("[2]", "")
    with opened(mounted, nothing) as card:
        assert [file.path for file in card.list().files] == [b"[2]/A.MP4"]
    mounter.release(mounted)


def test_one_dirty_volume_keeps_the_whole_camera_from_being_written_to(
    mounter: EveryVolume, nodes: list[str], tmp_path: Path
) -> None:
    with Path(nodes[1]).open("r+b") as device:
        device.seek(EXT4_STATE)
        device.write(b"\x00\x00")
    mounted = mounter.mount(camera(nodes), writable=False)
    assert mounted.dirty
    mounter.release(mounted)
    with pytest.raises(MountRefused):
        mounter.mount(camera(nodes), writable=True)


def test_a_folder_that_is_called_like_another_volume_is_refused_and_named(
    mounter: EveryVolume, nodes: list[str], tmp_path: Path
) -> None:
    place = tmp_path / "again"
    place.mkdir()
    run("mount", nodes[0], str(place))
    (place / "[2]").mkdir()
    (place / "[2]" / "A.MP4").write_text("which")
    run("umount", str(place))
    mounted = mounter.mount(camera(nodes), writable=False)
    with opened(mounted, nothing) as card:
        listing = card.list()
        assert [file.path for file in listing.files] == [b"A.MP4", b"[2]/A.MP4"]
        assert [(entry.path, entry.reason) for entry in listing.refused] == [(b"./[2]", "name_refused")]
    mounter.release(mounted)
