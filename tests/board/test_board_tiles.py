"""What a tile shows, and how many stand side by side."""

from __future__ import annotations

import math

import pytest

from agent.rules.bay_words import BayState, BayView, bay_says
from agent.rules.board_tiles import (
    TALL,
    WIDE,
    Copying,
    columns_for,
    detail_of,
    not_live_because,
    short_camera,
    short_label,
    view_of_unwatched,
)

HERE = BayView(occupied=True, identified=True, not_copied=1)


@pytest.mark.parametrize(
    ("doing", "copying", "words"),
    [
        ("copying", Copying(63, 230.0), "copying 63 %, 4 min"),
        ("copying", Copying(0, None), "copying 0 %, …"),
        ("copying", Copying(99, 12.0), "copying 99 %, <1 min"),
        ("copying", Copying(None, None), "copying, …"),
        ("erasing", Copying(), "erasing"),
        ("", Copying(), "not all copied yet"),
    ],
)
def test_do_not_remove_says_why_and_for_how_long(doing: str, copying: Copying, words: str) -> None:
    assert detail_of(BayState.DO_NOT_REMOVE, HERE, doing, copying, waits_for_space=False) == words


def test_a_camera_that_waits_for_space_says_so() -> None:
    assert detail_of(BayState.DO_NOT_REMOVE, HERE, "", Copying(), waits_for_space=True) == "waits for space"


@pytest.mark.parametrize(("left", "words"), [(1, "1 file not copied"), (3, "3 files not copied")])
def test_put_back_says_how_much_is_missing(left: int, words: str) -> None:
    view = BayView(occupied=False, left_behind=left)
    assert detail_of(BayState.PUT_BACK, view, "", Copying(), waits_for_space=False) == words


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("no_file_system", BayState.NOT_OUR_CAMERA),
        ("extra_interfaces", BayState.NOT_OUR_CAMERA),
        ("symlink", BayState.NOT_OUR_CAMERA),
        ("over_current", BayState.USE_ANOTHER_BAY),
        ("failed_enumeration", BayState.USE_ANOTHER_BAY),
        ("unreadable", BayState.USE_ANOTHER_BAY),
        ("a reason of tomorrow", BayState.USE_ANOTHER_BAY),
    ],
)
def test_what_no_session_serves_is_not_shown_as_a_free_bay(reason: str, says: BayState) -> None:
    assert bay_says(view_of_unwatched(reason)) is says


def test_of_a_long_name_the_end_is_shown() -> None:
    assert short_camera("AX-0004711") == "AX-0004711"
    assert short_camera("0781:5567:0123456789-1A2B") == "…456789-1A2B"
    assert len(short_camera("x" * 90)) == 12


def test_a_folder_is_not_named_twice() -> None:
    assert short_label("folder:AX-1", "AX-1") == "folder"
    assert short_label("Bay 7", "AX-1") == "Bay 7"
    assert short_label("folder:other", "AX-1") == "folder:other"


@pytest.mark.parametrize("room", [WIDE, TALL])
def test_every_number_of_bays_fits_in_tiles_that_can_be_read(room: tuple[float, float]) -> None:
    for tiles in range(49):
        columns = columns_for(tiles, room)
        rows = math.ceil(max(tiles, 1) / columns)
        width, height = room[0] / columns, room[1] / rows
        assert columns * rows >= tiles
        assert columns <= max(tiles, 1)
        assert tiles < 4 or 0.7 < width / height < 3.2, (tiles, columns)


def test_a_portrait_screen_has_fewer_tiles_side_by_side() -> None:
    assert columns_for(8, WIDE) == 3
    assert columns_for(8, TALL) == 2


@pytest.mark.parametrize(
    ("bays_age_s", "deaf_s", "is_live"), [(3, 0, True), (16, 9, True), (61, 0, False), (3, 11, False)]
)
def test_fresh_tiles_of_bays_that_nobody_looks_at_are_not_live(
    bays_age_s: float, deaf_s: float, is_live: bool
) -> None:
    assert (not_live_because(bays_age_s, deaf_s) == "") is is_live
