"""Whatever a card calls its entries: staged under a generated name, or refused with a reason; nothing is followed."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from agent.adapters.camera_card import CameraCard
from agent.adapters.card_folders import MAX_DEPTH
from agent.errors import CardGone, Refused
from agent.ports import EraseOrder
from agent.rules.footage import CardFile, EraseVerdict, Listing, StageVerdict
from protocol.sidecar import decode_sidecar
from tests.card.conftest import Dock, listed, mounted, order_for

HOSTILE_NAMES = [
    "Überwachung 🎥.mp4".encode(),
    b"x" * 255,
    b"two\nlines.mp4",
    b"\xff\xfe not utf-8 \x80.mp4",
    b"CLIP.MP4",
    b"clip.mp4",
    b" leading and trailing ",
    b"-rf",
    b"...",
    b"a\\..\\b:c*?<>|\"'`$(id).mp4",
    "decomposed e\u0301.mp4".encode(),
    "\u00e9 composed.mp4".encode(),
    b"\x1b[31mred\x07.mp4",
]


def write_bytes(root: Path, path: bytes, content: bytes) -> None:
    (root / os.fsdecode(path)).write_bytes(content)


def listing_of(root: Path) -> Listing:
    with CameraCard(str(root)) as card:
        return card.list()


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=repr)
def test_a_hostile_name_is_staged_byte_for_byte_under_a_generated_name(dock: Dock, name: bytes) -> None:
    write_bytes(dock.card, name, b"footage of " + name)
    (file,) = listing_of(dock.card).files
    assert file.path == name
    order = order_for(file)
    assert dock.staged(order).verdict is StageVerdict.STAGED
    assert dock.content(order.asset_id) == b"footage of " + name
    assert dock.names() == [f"{order.asset_id}.footage", f"{order.asset_id}.json"]
    ((_, sidecar),) = dock.spool.sidecars()
    assert decode_sidecar(sidecar).path == name


def test_hostile_names_survive_the_way_through_the_child_process(dock: Dock) -> None:
    for name in HOSTILE_NAMES:
        write_bytes(dock.card, name, b"footage of " + name)
    worker = dock.worker()
    listing = worker.list()
    assert {file.path for file in listing.files} == set(HOSTILE_NAMES)
    for file in listing.files:
        order = order_for(file)
        assert worker.stage(order, lambda _done: None).verdict is StageVerdict.STAGED
        assert dock.content(order.asset_id) == b"footage of " + file.path


def test_links_pipes_and_sockets_are_refused_by_name_and_never_followed(dock: Dock, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.pem").write_text("private")
    dock.write("DCIM/real.mp4", b"real")
    (dock.card / "passwd").symlink_to("/etc/passwd")
    (dock.card / "up").symlink_to("..")
    (dock.card / "DCIM" / "folder").symlink_to(tmp_path / "secret")
    (dock.card / "dangling").symlink_to("nowhere")
    os.mkfifo(dock.card / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(dock.card / "s"))
        listing = listing_of(dock.card)
    assert [file.path for file in listing.files] == [b"DCIM/real.mp4"]
    assert {entry.path: entry.reason for entry in listing.refused} == {
        b"passwd": "symlink",
        b"up": "symlink",
        b"DCIM/folder": "symlink",
        b"dangling": "symlink",
        b"fifo": "fifo",
        b"s": "socket",
    }
    assert listing.complete


@pytest.mark.part("root")
def test_device_nodes_are_refused(dock: Dock) -> None:
    os.mknod(dock.card / "zero", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    os.mknod(dock.card / "disk", 0o600 | stat.S_IFBLK, os.makedev(7, 0))
    listing = listing_of(dock.card)
    assert [(entry.path, entry.reason) for entry in sorted(listing.refused, key=lambda e: e.path)] == [
        (b"disk", "device"),
        (b"zero", "device"),
    ]
    with CameraCard(str(dock.card)) as card, pytest.raises(Refused):
        card.open(b"zero")


@pytest.mark.part("root")
def test_a_volume_mounted_inside_the_card_is_not_entered(dock: Dock, tmp_path: Path) -> None:
    inside = dock.card / "inside"
    inside.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(inside)], check=True)
    try:
        (inside / "other.mp4").write_bytes(b"not of this card")
        listing = listing_of(dock.card)
        with CameraCard(str(dock.card)) as card, pytest.raises(Refused):
            card.open(b"inside/other.mp4")
    finally:
        subprocess.run(["umount", str(inside)], check=True)
    assert listing.files == ()
    assert [(entry.path, entry.reason) for entry in listing.refused] == [(b"inside", "other_volume")]


@pytest.mark.parametrize(
    "path", [b"../secret", b"DCIM/../../secret", b"/etc/passwd", b"", b".", b"DCIM//x", b"DCIM/.", b"x\0y"], ids=repr
)
def test_a_path_that_was_never_listed_is_refused(dock: Dock, tmp_path: Path, path: bytes) -> None:
    (tmp_path / "secret").write_text("private")
    dock.write("DCIM/x", b"")
    with CameraCard(str(dock.card)) as card:
        with pytest.raises(Refused):
            card.open(path)
        with pytest.raises(Refused):
            card.unlink(path)
    assert (tmp_path / "secret").read_text() == "private"


def test_a_file_swapped_for_a_link_after_the_listing_is_not_read(dock: Dock, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"private")
    file = dock.write("clip.mp4", b"footage")
    os.utime(secret, ns=(file.mtime_ns, file.mtime_ns))
    (dock.card / "clip.mp4").unlink()
    (dock.card / "clip.mp4").symlink_to(secret)
    order = order_for(file)
    assert dock.staged(order).verdict is StageVerdict.CHANGED
    assert dock.names() == []


def test_a_folder_swapped_for_a_link_after_the_listing_is_not_entered(dock: Dock, tmp_path: Path) -> None:
    file = dock.write("DCIM/clip.mp4", b"footage")
    (dock.card / "DCIM").rename(tmp_path / "outside")
    (dock.card / "DCIM").symlink_to(tmp_path / "outside")
    assert dock.staged(order_for(file)).verdict is StageVerdict.CHANGED
    erase = EraseOrder(file, "0" * 64)
    assert dock.erased(erase).verdict is EraseVerdict.DIFFERS
    assert (tmp_path / "outside" / "clip.mp4").read_bytes() == b"footage"


def test_a_file_swapped_for_a_pipe_after_the_listing_does_not_make_us_wait(dock: Dock) -> None:
    file = dock.write("clip.mp4", b"footage")
    (dock.card / "clip.mp4").unlink()
    os.mkfifo(dock.card / "clip.mp4")
    assert dock.staged(order_for(file)).verdict is StageVerdict.CHANGED


def test_folders_deeper_than_any_camera_makes_are_refused_and_the_rest_is_listed(dock: Dock) -> None:
    dock.write("top.mp4", b"top")
    dock.write("/".join(["d"] * MAX_DEPTH) + "/deep.mp4", b"deep")
    dock.write("/".join(["d"] * (MAX_DEPTH + 1)) + "/too deep.mp4", b"too deep")
    listing = listing_of(dock.card)
    assert [file.path for file in listing.files] == [b"d/" * MAX_DEPTH + b"deep.mp4", b"top.mp4"]
    assert [(entry.path, entry.reason) for entry in listing.refused] == [(b"d/" * MAX_DEPTH + b"d", "too_deep")]


def test_a_root_that_was_moved_away_is_gone_even_while_its_handle_is_open(dock: Dock, tmp_path: Path) -> None:
    dock.write("clip.mp4", b"footage")
    volume = mounted(dock.card).volume
    with CameraCard(str(dock.card)) as card:
        card.prove(volume)
        dock.card.rename(tmp_path / "elsewhere")
        with pytest.raises(CardGone):
            card.list()
        dock.card.mkdir()
        with pytest.raises(CardGone):
            card.prove(volume)


def test_another_folder_in_the_same_place_is_another_volume(dock: Dock, tmp_path: Path) -> None:
    file: CardFile = dock.write("clip.mp4", b"footage")
    worker = dock.worker()
    dock.card.rename(tmp_path / "elsewhere")
    dock.card.mkdir()
    (dock.card / "clip.mp4").write_bytes(b"footage")
    os.utime(dock.card / "clip.mp4", ns=(file.mtime_ns, file.mtime_ns))
    with pytest.raises(CardGone):
        worker.list()
    with pytest.raises(CardGone):
        worker.stage(order_for(file), lambda _done: None)
    with pytest.raises(CardGone):
        worker.erase(EraseOrder(file, "0" * 64), lambda _done: None)
    assert listed(dock.card, b"clip.mp4").size == 7
