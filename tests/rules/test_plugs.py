"""Is it still the same plug?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.rules.plugs import FolderMark, is_same_plug

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
