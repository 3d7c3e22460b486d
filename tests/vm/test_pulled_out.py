"""Cameras are pulled at the worst moment, put back and mixed up: no byte is lost, none called erased wrongly."""

from __future__ import annotations

import pytest

from tests.vm.camera_cards import CardMaker
from tests.vm.dock_pc import DockPc

SLOW = 250_000
"""Bytes per second: a file of some megabytes takes long enough to be interrupted."""


@pytest.mark.parametrize("after", [1, 500_000, 980_000], ids=["at its first bytes", "half copied", "nearly copied"])
def test_a_camera_pulled_while_it_is_copied_is_asked_back_and_loses_nothing(
    dock_pc: DockPc, cards: CardMaker, after: int
) -> None:
    card = cards.card("BWC0412", files=2, size=1_000_000)
    dock_pc.start()
    dock_pc.dock(card, bytes_per_s=SLOW)
    dock_pc.wait_until_it_copies("BWC0412", after)
    dock_pc.undock()
    dock_pc.wait_until_it_says("BWC0412", "put back")
    assert "ERASED" not in dock_pc.counts()
    assert "GONE" not in dock_pc.counts(), "a card that lists nothing because it went has lost no file"
    assert card.holds() == card.held
    dock_pc.dock(card)
    dock_pc.wait_until_it_says("BWC0412", "safe to remove")
    dock_pc.undock()
    assert set(card.held.values()) <= dock_pc.at_central()
    assert set(card.holds()) == {"BWC.ID"}


def test_a_camera_pulled_while_it_is_erased_keeps_what_is_not_said_to_be_erased(
    dock_pc: DockPc, cards: CardMaker
) -> None:
    """Unlinking on a card that is gone says ENOENT, as if it had worked."""
    card = cards.card("BWC0412", files=4, size=60_000)
    dock_pc.configure('[profile.generic-msc]\nerase = true\n[erase]\nmin_age = "20s"\n')
    dock_pc.start()
    dock_pc.dock(card)
    dock_pc.wait_until_it_says("BWC0412", "may be taken")
    dock_pc.wait_until_receipted(card)
    dock_pc.usb.slow("camera", 20_000)
    dock_pc.wait_until_it_writes()
    dock_pc.undock()
    dock_pc.wait_until(lambda: not dock_pc.bay_of("BWC0412"), "its bay is free")
    still_there = card.holds()
    assert not set(dock_pc.paths("ERASED")) & set(still_there)
    assert still_there.items() <= card.held.items()
    assert set(card.held.values()) <= dock_pc.at_central()
    assert card.is_dirty(), "it was pulled while it was mounted for writing"
    before = card.image.read_bytes()
    dock_pc.dock(card)
    dock_pc.wait_until_it_says("BWC0412", "leave in bay")
    dock_pc.undock()
    assert card.image.read_bytes() == before, "a dirty card is only ever read"
    dock_pc.wait_until(lambda: not dock_pc.bay_of("BWC0412"), "its bay is free")
    card.repair()
    dock_pc.dock(card)
    dock_pc.wait_until_it_says("BWC0412", "safe to remove")
    dock_pc.undock()
    assert not ({*card.held} - {"BWC.ID"}) & {*card.holds()}


def test_a_camera_that_comes_back_under_another_name_goes_on(dock_pc: DockPc, cards: CardMaker) -> None:
    card = cards.card("BWC0412", files=1, size=1_000_000)
    dock_pc.start()
    dock_pc.dock(card, bytes_per_s=SLOW)
    dock_pc.wait_until_it_copies("BWC0412")
    with dock_pc.shell.running("exec 3</dev/sda; echo held; exec sleep 900") as holding:
        assert holding.stdout is not None
        assert holding.stdout.readline() == b"held\n"
        dock_pc.undock()
        dock_pc.wait_until_it_says("BWC0412", "put back")
        dock_pc.dock(card)
        dock_pc.wait_until_it_says("BWC0412", "safe to remove")
        assert dock_pc.mounts()[0].startswith("/dev/sdb1 ")
    dock_pc.undock()
    assert set(card.held.values()) <= dock_pc.at_central()
    assert set(card.holds()) == {"BWC.ID"}


def test_two_cameras_of_one_label_number_and_usb_serial_stay_two(dock_pc: DockPc, cards: CardMaker) -> None:
    alike = {"label": "BWC", "number": "0000BEEF"}
    first, second = cards.card("BWC0412", **alike), cards.card("BWC0413", **alike)
    dock_pc.start()
    dock_pc.dock(first, "first", serial="0123456789")
    dock_pc.dock(second, "second", serial="0123456789")
    for camera in ("BWC0412", "BWC0413"):
        dock_pc.wait_until_it_says(camera, "safe to remove")
    dock_pc.undock("first")
    dock_pc.undock("second")
    assert {*first.held.values(), *second.held.values()} <= dock_pc.at_central()
    assert set(first.holds()) == set(second.holds()) == {"BWC.ID"}


def test_eight_cameras_at_once_are_all_emptied(dock_pc: DockPc, cards: CardMaker) -> None:
    docked = [cards.card(f"BWC042{number}", files=1, size=60_000) for number in range(8)]
    dock_pc.start()
    for number, card in enumerate(docked):
        dock_pc.dock(card, f"camera{number}")
    for card in docked:
        dock_pc.wait_until_it_says(card.serial, "safe to remove")
    for number, card in enumerate(docked):
        dock_pc.undock(f"camera{number}")
        assert set(card.held.values()) <= dock_pc.at_central()
        assert set(card.holds()) == {"BWC.ID"}
