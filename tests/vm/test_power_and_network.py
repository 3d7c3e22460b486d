"""The power goes, the cable goes. What was durable stays, what was under way goes on, hashes at central are equal."""

from __future__ import annotations

import os

import pytest

from tests.vm.camera_cards import CardMaker
from tests.vm.dock_pc import ERASES, DockPc

CUTS = int(os.environ.get("DOCK_VM_CUTS", "3"))
"""How often the power goes in the story of random instants; each costs a boot of a minute."""


def test_the_power_goes_while_a_camera_is_copied(dock_pc: DockPc, cards: CardMaker) -> None:
    card = cards.card("BWC0412", files=2, size=800_000)
    dock_pc.shell.run("systemctl enable dock-agent")
    dock_pc.start()
    dock_pc.dock(card, bytes_per_s=250_000)
    dock_pc.wait_until_it_copies("BWC0412", 300_000)
    dock_pc.guest.power_cut()
    assert card.holds() == card.held
    dock_pc.guest.boot()
    dock_pc.wait_until_it_says("BWC0412", "safe to remove")
    dock_pc.undock()
    assert set(card.held.values()) <= dock_pc.at_central()
    assert set(card.holds()) == {"BWC.ID"}


def test_the_power_goes_while_a_camera_is_erased(dock_pc: DockPc, cards: CardMaker) -> None:
    card = cards.card("BWC0412", files=4, size=60_000)
    dock_pc.configure(f'{ERASES}[erase]\nmin_age = "20s"\n')
    dock_pc.shell.run("systemctl enable dock-agent")
    dock_pc.start()
    dock_pc.dock(card)
    dock_pc.wait_until_receipted(card)
    dock_pc.usb.slow("camera", 20_000)
    dock_pc.wait_until_it_writes()
    dock_pc.guest.power_cut()
    assert set(card.held.values()) <= dock_pc.at_central(), "whatever the card lost"
    assert card.is_dirty(), "it was mounted for writing"
    before = card.image.read_bytes()
    dock_pc.guest.boot()
    dock_pc.wait_until_it_says("BWC0412", "leave in bay")
    dock_pc.undock()
    assert card.image.read_bytes() == before, "a dirty card is only ever read"
    assert not set(dock_pc.paths("ERASED")) & set(card.holds())
    assert set(card.held.values()) <= dock_pc.at_central()


@pytest.mark.timeout(600 + 600 * CUTS)
def test_the_power_goes_again_and_again_and_every_byte_is_accounted_for_each_time(
    dock_pc: DockPc, cards: CardMaker
) -> None:
    card = cards.card("BWC0412", files=6, size=500_000)
    dock_pc.shell.run("systemctl enable dock-agent")
    dock_pc.start()
    dock_pc.dock(card, bytes_per_s=150_000)
    for cut in range(1, CUTS + 1):
        dock_pc.wait_until(lambda: sum(dock_pc.counts().values()), "it has begun")
        dock_pc.shell.run(f"sleep {3 * cut}")
        dock_pc.guest.power_cut()
        cut_in_an_erase = card.is_dirty()
        dock_pc.guest.boot()
        somewhere = {*card.holds().values(), *dock_pc.at_central(), *dock_pc.in_spool()}
        assert set(card.held.values()) <= somewhere, f"after cut {cut}"
    dock_pc.usb.slow("camera", 0)
    dock_pc.wait_until_it_says("BWC0412", "leave in bay" if cut_in_an_erase else "safe to remove")
    dock_pc.undock()
    assert set(card.held.values()) <= dock_pc.at_central()


def test_without_a_network_a_camera_may_be_taken_and_nothing_is_erased_until_it_is_back(
    dock_pc: DockPc, cards: CardMaker
) -> None:
    card = cards.card("BWC0412")
    dock_pc.start()
    dock_pc.wait_until(lambda: dock_pc.status().get("central", {}).get("reachable"), "central is there")
    dock_pc.guest.unplug_network()
    dock_pc.dock(card)
    dock_pc.wait_until_it_says("BWC0412", "may be taken")
    dock_pc.shell.run("sleep 60", within_s=300)
    assert dock_pc.counts() == {"STAGED": len(card.held)}
    assert set(card.held.values()) <= dock_pc.in_spool()
    dock_pc.guest.plug_network()
    dock_pc.wait_until_it_says("BWC0412", "safe to remove", within_s=600)
    dock_pc.undock()
    assert set(card.held.values()) <= dock_pc.at_central()
    assert set(card.holds()) == {"BWC.ID"}
