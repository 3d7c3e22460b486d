"""A hub resets, and two cameras come back with their device nodes exchanged: nobody reads one as the other."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agent.errors import CardGone
from agent.pipeline.open_card import OpenCard
from agent.rules.footage import Instant, MountedCard, Presence, VolumeId

HERE = MountedCard("/media/BWC", VolumeId(2049, 1, "0000-0001", disk="8:1#41"), writable=False)


class Mounter:
    """Mounts whatever has the node now, as the kernel does."""

    def __init__(self) -> None:
        self.there = HERE

    def mount(self, presence: Presence, *, writable: bool) -> MountedCard:
        return replace(self.there, writable=writable)

    def release(self, card: MountedCard) -> None: ...


@pytest.fixture
def mounter() -> Mounter:
    return Mounter()


@pytest.fixture
def card(mounter: Mounter) -> OpenCard:
    work = SimpleNamespace(open=lambda _: None, close=lambda: None)
    bench = cast("Any", SimpleNamespace(mounter=mounter, start_work=lambda: work))
    seen = Instant(wall=cast("Any", None), monotonic_ns=0, boot_id="b")
    return OpenCard(bench, Presence("usb:1-1.2@7", "usb", "1-1.2", seen, None))


def test_a_card_that_is_opened_again_is_not_another_one_that_has_its_node_and_is_imaged_alike(
    card: OpenCard, mounter: Mounter
) -> None:
    card.open()
    mounter.there = replace(HERE, volume=replace(HERE.volume, disk="8:1#42"))
    for _ in range(2):
        with pytest.raises(CardGone, match="Another camera has taken the place"):
            card.open()
    mounter.there = HERE
    assert card.open() == HERE


def test_what_nobody_can_tell_apart_is_opened_again(card: OpenCard, mounter: Mounter) -> None:
    mounter.there = replace(HERE, volume=VolumeId(40, 1))
    card.open()
    mounter.there = replace(HERE, volume=VolumeId(41, 1))
    assert card.open().volume.device == 41
