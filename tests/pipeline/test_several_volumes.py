"""What a dock session makes of a camera with more than one volume."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.errors import CardGone
from agent.rules.bay_words import BayState
from agent.rules.footage import CameraVolume, MountedCard, Presence, RefusedEntry
from tests.pipeline.dock import Dock

FIRST, SECOND = b"DCIM/BWC1_0001.MP4", b"[2]/DCIM/BWC1_0001.MP4"


def on_second(dock: Dock) -> set[tuple[str, bool]]:
    """State of what the ledger holds to be on the second volume, and whether it still is on the card."""
    docked = dock.session.docked
    assert docked is not None
    return {(asset.state.value, asset.on_card) for asset in dock.ledger.assets_at(docked.camera, SECOND)}


def test_what_lies_on_a_volume_that_has_not_been_announced_yet_is_not_called_gone_before_a_minute_is_over() -> None:
    dock = Dock()
    dock.serve({FIRST: b"one", SECOND: b"two"})
    del dock.card.files[SECOND]
    for _ in range(11):
        dock.clock.advance(5)
        dock.round()
        assert on_second(dock) == {("STAGED", True)}
    dock.clock.advance(5)
    dock.round(2)
    dock.clock.advance(5)
    dock.round()
    assert on_second(dock) == {("STAGED", False)}


def test_a_file_of_a_volume_that_is_there_is_called_gone_at_once() -> None:
    dock = Dock()
    dock.serve({FIRST: b"one", SECOND: b"two"})
    del dock.card.files[FIRST]
    for _ in range(2):
        dock.clock.advance(5)
        dock.round()
    docked = dock.session.docked
    assert docked is not None
    assert [asset.on_card for asset in dock.ledger.assets_at(docked.camera, FIRST)] == [False]


@pytest.mark.parametrize(("dark", "end"), [(True, {("STAGED", True)}), (False, {("STAGED", False)})])
def test_what_lies_on_a_volume_that_nobody_can_read_today_is_not_called_gone(
    dark: bool, end: set[tuple[str, bool]]
) -> None:
    dock = Dock()
    dock.serve({FIRST: b"one", SECOND: b"two"})
    assert on_second(dock) == {("STAGED", True)}
    del dock.card.files[SECOND]
    if dark:
        dock.card.refused.append(RefusedEntry(b"[2]", "no_file_system"))
    for _ in range(15):
        dock.clock.advance(5)
        dock.round()
    assert on_second(dock) == end
    if dark:
        assert dock.says() is BayState.LEAVE_IN_BAY


def test_a_file_of_the_second_volume_is_erased_like_any_other() -> None:
    dock = Dock()
    dock.serve({FIRST: b"one", SECOND: b"two"})
    dock.deliver()
    dock.round(2)
    assert dock.card.files == {}
    assert dock.says() is BayState.SAFE_TO_REMOVE


def test_another_volume_found_behind_the_camera_when_it_is_mounted_for_erasing_is_not_written_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dock = Dock()
    dock.serve({FIRST: b"one"})
    dock.deliver()
    mount = dock.mounter.mount

    def mount_another(presence: Presence, *, writable: bool) -> MountedCard:
        if writable:
            dock.card.volume = replace(dock.card.volume, device=99)
        return mount(presence, writable=writable)

    monkeypatch.setattr(dock.mounter, "mount", mount_another)
    with pytest.raises(CardGone):
        dock.round()
    assert FIRST in dock.card.files
    assert not any(writable for writable, _ in dock.opened)


def test_a_volume_that_comes_up_later_lets_the_card_be_opened_anew_with_all_of_it() -> None:
    dock = Dock()
    dock.serve({FIRST: b"one"})
    grown = replace(dock.session.presence, volumes=(CameraVolume("[2]", "/dev/sda2"),))
    dock.card.files[SECOND] = type(dock.card.files[FIRST])(b"two")
    before = len(dock.opened)
    dock.session.shows(grown)
    dock.session.turn()
    assert len(dock.opened) == before + 1
    assert dock.session.presence == grown
    assert on_second(dock) == {("STAGED", True)}
