"""Devices that are more than a disk: a keyboard types commands, a network carries them. Neither is served."""

from __future__ import annotations

import hashlib

import pytest

from tests.vm.camera_cards import CardMaker
from tests.vm.dock_pc import DockPc
from tests.vm.gadgets import KEYBOARD, NETWORK, plug_gadget, pull_gadget


@pytest.mark.parametrize("beside", [KEYBOARD, NETWORK])
def test_a_camera_that_is_a_keyboard_or_a_network_too_is_refused_and_never_mounted(
    dock_pc: DockPc, cards: CardMaker, beside: str
) -> None:
    card = cards.card("BWC0412", files=1)
    dock_pc.start()
    plug_gadget(dock_pc.shell, card, beside=[beside], vendor=0x1234, product=0x5678)
    dock_pc.wait_until(
        lambda: any(bay["says"] == "not our camera" for bay in dock_pc.status().get("bays", [])), "it is refused"
    )
    dock_pc.shell.run("sleep 20")
    assert dock_pc.mounts() == []
    assert dock_pc.counts() == {}
    said = dock_pc.shell.ask("sha256sum </var/tmp/gadget.img").split()[0]
    assert said == hashlib.sha256(card.image.read_bytes()).hexdigest()


def test_a_camera_with_ids_of_its_own_is_served_like_any_other(dock_pc: DockPc, cards: CardMaker) -> None:
    card = cards.card("BWC0412", files=1)
    dock_pc.start()
    plug_gadget(dock_pc.shell, card, vendor=0x1234, product=0x5678)
    dock_pc.wait_until_it_says("BWC0412", "safe to remove")
    pull_gadget(dock_pc.shell)
    dock_pc.wait_until(lambda: not dock_pc.bay_of("BWC0412"), "its bay is free")
    assert set(card.held.values()) <= dock_pc.at_central()
