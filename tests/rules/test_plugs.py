"""Is it still the same plug?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.rules.plugs import FolderMark, is_same_plug
from agent.rules.usb_devices import may_hold_footage, refused_interfaces

MARK = FolderMark(device=1, inode=2, born_ns=3, changed_ns=10, modified_ns=10)


@pytest.mark.parametrize(
    ("now", "left", "same"),
    [
        pytest.param(MARK, False, True, id="nothing happened"),
        pytest.param(MARK, True, True, id="a late event about an earlier folder"),
        pytest.param(replace(MARK, changed_ns=11, modified_ns=11), False, True, id="work on the card"),
        pytest.param(replace(MARK, changed_ns=11), False, False, id="moved away and back"),
        pytest.param(replace(MARK, changed_ns=11, modified_ns=11), True, False, id="moved, filled, moved back"),
        pytest.param(replace(MARK, inode=9), False, False, id="another folder"),
        pytest.param(replace(MARK, born_ns=9), False, False, id="made again with the same inode"),
        pytest.param(replace(MARK, device=9, mount=7), False, False, id="something mounted on it"),
    ],
)
def test_a_folder_is_the_same_plug_unless_it_was_moved_made_again_or_mounted_on(
    now: FolderMark, left: bool, same: bool
) -> None:
    assert is_same_plug(MARK, now, left=left) is same


@pytest.mark.parametrize(
    ("interfaces", "refused"),
    [
        (":080650:", False),
        (":080650:ff4201:", False),
        (":080650:0e0100:", False),
        (":080650:030101:", True),
        (":080650:020600:0a0000:", True),
        (":080650:e00103:", True),
        (":080650:ef0401:", True),
        (":030101:", False),
        ("", False),
    ],
)
def test_storage_that_is_also_a_keyboard_or_a_network_is_refused(interfaces: str, refused: bool) -> None:
    assert bool(refused_interfaces(interfaces)) is refused


@pytest.mark.parametrize(
    ("interfaces", "may"),
    [(":060101:", True), (":ff4201:", True), (":080650:", True), ("", True), (":030101:", False)],
)
def test_phones_and_locked_cameras_are_worth_a_word_and_keyboards_are_not(interfaces: str, may: bool) -> None:
    assert may_hold_footage(interfaces) is may
