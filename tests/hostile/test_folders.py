"""Folders that loop, that reach deeper than any path, that list differently each time; cards without one file."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from agent.adapters import card_folders
from agent.adapters.camera_card import CameraCard
from agent.adapters.card_folders import MAX_DEPTH
from agent.rules.bay_words import BayState
from agent.rules.footage import State
from tests.hostile.bay import HostileBay, digests, write
from tests.hostile.odd_volume import OddVolume

SPECIAL = 60
VIDEO = b"DCIM/clip.mp4"
Odd = tuple[OddVolume, HostileBay]


# --- deep -----------------------------------------------------------------------------------------------


def dig(root: Path, names: list[bytes], file: bytes, content: bytes) -> None:
    """Folders one in the other, and a file at the bottom, however long the path becomes."""
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for name in names:
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=at)
        os.close(at)
        at = below
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, dir_fd=at), "wb") as written:
        written.write(content)
    os.close(at)


def test_a_path_longer_than_the_kernel_takes_at_once_is_staged_and_erased(bay: HostileBay) -> None:
    folders = [b"%03d" % number + b"n" * 252 for number in range(MAX_DEPTH)]
    dig(bay.card, folders, b"deep.mp4", b"at the bottom")
    before = digests(bay.card)
    (path,) = before
    assert len(path) > 8000
    bay.to_the_end()
    bay.reckon(before)
    assert digests(bay.card) == {}
    assert bay.says() is BayState.SAFE_TO_REMOVE


def test_below_the_deepest_folder_that_is_served_nothing_is_lost_and_the_bay_says_so(bay: HostileBay) -> None:
    write(bay.card, VIDEO, b"an ordinary one")
    dig(bay.card, [b"d"] * 200, b"too deep.mp4", b"never read")
    before = digests(bay.card)
    bay.to_the_end()
    after = digests(bay.card)
    assert [path for path in before if path not in after] == [VIDEO]
    bay.reckon({VIDEO: before[VIDEO]}, {})
    assert bay.refusals() == {b"/".join([b"d"] * (MAX_DEPTH + 1)): "too_deep"}
    assert bay.says() is BayState.LEAVE_IN_BAY


# --- loops ----------------------------------------------------------------------------------------------


@pytest.mark.part("fuse")
def test_a_folder_that_holds_itself_ends_the_listing_and_costs_no_footage(odd: Odd) -> None:
    volume, bay = odd
    below = bay.card.parent / "card"
    write(below, b"clip.mp4", b"seen in every turn of the loop")
    write(below, b"other.mp4", b"the other")
    before = digests(below)
    volume.be(loop=True)
    bay.to_the_end()
    bay.reckon(before, digests(below))
    assert digests(below) == {}, "one unlink took each name away in every turn"
    assert len(bay.central.objects) == 2
    turns = [b"LOOP/" * turn + b"clip.mp4" for turn in range(MAX_DEPTH)]
    assert {bay.at(path)[0].state for path in turns} <= {State.ERASED, State.GONE}
    assert set(bay.refusals().values()) == {"too_deep"}
    assert bay.says() is BayState.LEAVE_IN_BAY


def test_a_volume_of_more_entries_than_any_card_has_is_not_believed_and_never_written_to(
    bay: HostileBay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two folders that hold each other twice double with every level: no depth ends that soon enough."""
    monkeypatch.setattr(card_folders, "MAX_ENTRIES", 40)
    for number in range(60):
        write(bay.card, b"%02d/clip.mp4" % number, b"x")
    with CameraCard(str(bay.card)) as card:
        listing = card.list()
    assert not listing.complete
    assert any("damaged" in error for error in listing.io_errors)


# --- special files --------------------------------------------------------------------------------------


def fill_with_specials(root: Path) -> dict[bytes, str]:
    expected = {}
    for number in range(SPECIAL):
        os.mkfifo(root / f"fifo{number}.mp4")
        expected[b"fifo%d.mp4" % number] = "fifo"
        (root / f"link{number}.mp4").symlink_to("/etc/passwd" if number % 2 else "DCIM/clip.mp4")
        expected[b"link%d.mp4" % number] = "symlink"
        os.mknod(root / f"null{number}.mp4", 0o600 | stat.S_IFCHR, os.makedev(1, 3 + number % 6))
        expected[b"null%d.mp4" % number] = "device"
        os.mknod(root / f"disk{number}.mp4", 0o600 | stat.S_IFBLK, os.makedev(7, number))
        expected[b"disk%d.mp4" % number] = "device"
        with socket.socket(socket.AF_UNIX) as server:
            here = Path.cwd()
            os.chdir(root)  # a socket's path is short
            try:
                server.bind(f"s{number}.mp4")
            finally:
                os.chdir(here)
        expected[b"s%d.mp4" % number] = "socket"
    return expected


@pytest.mark.part("root")
def test_a_card_full_of_pipes_devices_sockets_and_links_hangs_nobody_and_each_is_named(bay: HostileBay) -> None:
    expected = fill_with_specials(bay.card)
    bay.dock()
    assert bay.refusals() == expected
    assert bay.events().count("FileRefused") == len(expected)
    assert bay.says() is BayState.SAFE_TO_REMOVE
    write(bay.card, VIDEO, b"the one clip")
    before = digests(bay.card)
    bay.to_the_end()
    bay.reckon(before)
    assert bay.refusals() == expected
    assert len(list(bay.card.iterdir())) == len(expected) + 1, "nothing but the clip was touched"
    assert not (bay.card / "DCIM/clip.mp4").exists()


# --- a folder that lists differently each time ----------------------------------------------------------


@pytest.mark.part("fuse")
def test_a_card_that_lists_differently_each_time_loses_nothing(odd: Odd) -> None:
    volume, bay = odd
    below = bay.card.parent / "card"
    for number in range(14):
        write(below, b"DCIM/%02d.mp4" % number, b"footage %d" % number)
        write(below, b"%02d.json" % number, b"{%d}" % number)
    before = digests(below)
    volume.be(shifts=3, phantoms=2)
    for _ in range(12):
        bay.to_the_end(rounds=1)
        there = digests(below)
        for path in before.keys() - there.keys():
            assert before[path] in bay.central.objects, f"{path!r} went before central had it"
    volume.be()
    bay.dock()
    bay.to_the_end(rounds=6)
    bay.reckon(before, digests(below))
    assert digests(below) == {}
    assert bay.says() is BayState.SAFE_TO_REMOVE
