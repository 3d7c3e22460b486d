"""Files that are empty, full of holes, damaged, or dated by a clock that was never set."""

from __future__ import annotations

import hashlib
import os
import random

import pytest

from agent.rules.bay_words import BayState
from agent.rules.footage import State
from tests.hostile.bay import HostileBay, digests, write
from tests.hostile.boxes import CLIP

MIB = 1024 * 1024
NAME = b"DCIM/MOVI0001.MP4"
UNSET_NS = 5_000_000_000
"""1970-01-01 00:00:05: what a clock that was never set says a few seconds after the camera was switched on."""


def test_empty_files_and_files_of_holes_arrive_as_what_they_are(bay: HostileBay) -> None:
    for number in range(5):
        write(bay.card, b"empty%d.mp4" % number, b"")
    for size in (1, 4095, 4096, MIB, 5 * MIB + 1):
        write(bay.card, b"hole%d.mp4" % size, b"")
        os.truncate(bay.card / f"hole{size}.mp4", size)
    with (bay.card / "islands.mp4").open("wb") as file:
        for offset in (0, 3 * MIB, 6 * MIB + 17):
            file.seek(offset)
            file.write(b"island")
    before = digests(bay.card)
    bay.to_the_end()
    bay.reckon(before)
    assert digests(bay.card) == {}
    assert bay.says() is BayState.SAFE_TO_REMOVE
    assert len(bay.central.objects[hashlib.sha256(bytes(MIB)).hexdigest()]) == MIB
    assert {bay.at(b"empty%d.mp4" % number)[0].state for number in range(5)} == {State.ERASED}


def test_a_file_too_large_for_the_spool_keeps_no_other_waiting(bay: HostileBay) -> None:
    """A damaged folder entry may claim any size: the newest file of the card, and more than any disk holds."""
    for number in range(3):
        write(bay.card, b"%d.mp4" % number, b"footage %d" % number)
    write(bay.card, b"huge.mp4", b"")
    os.truncate(bay.card / "huge.mp4", 1 << 43)
    os.utime(bay.card / "huge.mp4", ns=(1, 1 << 62))
    bay.dock()
    bay.deliver()
    bay.round()
    assert {bay.at(b"%d.mp4" % number)[0].state for number in range(3)} == {State.VERIFIED}
    assert bay.at(b"huge.mp4")[0].state is State.FOUND
    assert bay.session is not None
    assert bay.session.board.note.startswith("spool full")
    assert len(list(bay.card.iterdir())) == 4, "while a file waits nothing is erased"
    assert bay.says() is BayState.DO_NOT_REMOVE


def test_damaged_clips_travel_like_sound_ones(bay: HostileBay) -> None:
    chance = random.Random(11)
    for number in range(40):
        damaged = bytearray(CLIP)
        for _ in range(chance.randrange(1, 30)):
            damaged[chance.randrange(len(damaged))] = chance.choice([0, 1, 0x7F, 0xFF])
        del damaged[chance.randrange(1, len(damaged) + 1) :]
        write(bay.card, b"%02d.mp4" % number, bytes(damaged))
    before = digests(bay.card)
    bay.to_the_end()
    bay.reckon(before)
    assert digests(bay.card) == {}


# --- a clock that was never set, and names that begin anew ------------------------------------------------


def record(bay: HostileBay, content: bytes) -> None:
    write(bay.card, NAME, content)
    os.utime(bay.card / os.fsdecode(NAME), ns=(UNSET_NS, UNSET_NS))


def test_the_same_name_size_and_time_with_other_content_in_every_dock_is_another_asset(bay: HostileBay) -> None:
    clips = [b"clip of the first day!", b"clip of the second day", b"clip of the third day."]
    assert len({len(clip) for clip in clips}) == 1
    for clip in clips:
        record(bay, clip)
        before = digests(bay.card)
        bay.dock()
        bay.to_the_end()
        bay.reckon(before)
        assert digests(bay.card) == {}
    assert {bytes(stored) for stored in bay.central.objects.values()} == set(clips)
    assert [asset.state for asset in bay.at(NAME)] == [State.ERASED] * 3
    record(bay, clips[0])
    bay.dock()
    bay.to_the_end()
    assert len(bay.at(NAME)) == 3, "the same bytes under the same name are the same asset"
    assert digests(bay.card) == {}


def test_content_swapped_between_two_docks_before_it_was_erased_is_read_before_anything_is_unlinked(
    bay: HostileBay,
) -> None:
    record(bay, b"receipted already")
    bay.dock()
    bay.deliver()
    bay.undock()
    record(bay, b"not receipted yet")
    bay.dock()
    bay.round()
    assert digests(bay.card).keys() == {NAME}
    before = digests(bay.card)
    bay.to_the_end()
    bay.reckon(before)
    assert len(bay.central.objects) == 2


@pytest.mark.parametrize("mtime_ns", [-(10**18), -1, 0, UNSET_NS, 315_532_800 * 10**9, 15_032_385_535 * 10**9])
def test_a_file_time_of_any_era_is_kept_as_it_is_and_an_unset_one_is_no_recording_time(
    bay: HostileBay, mtime_ns: int
) -> None:
    write(bay.card, NAME, b"footage")
    os.utime(bay.card / os.fsdecode(NAME), ns=(mtime_ns, mtime_ns))
    kept_ns = min((bay.card / os.fsdecode(NAME)).stat().st_mtime_ns, 2**63 - 1)
    before = digests(bay.card)
    bay.to_the_end()
    bay.reckon(before)
    (asset,) = bay.at(NAME)
    assert (asset.state, asset.mtime_ns) == (State.ERASED, kept_ns)
    assert asset.recorded_at is None or asset.recorded_at.year >= 1990
