"""A camera goes from plug to erased on a real dock PC, as the ordinary user dock-agent in its hardened unit."""

from __future__ import annotations

import pytest

from tests.vm.camera_cards import CameraCard, CardMaker
from tests.vm.dock_pc import DockPc

KEPT = {"BWC.ID"}
"""No rule of the profile lets the marker be erased."""


def holds(pc: DockPc, card: CameraCard, volume: int = 0) -> dict[str, str]:
    return pc.exfat_holds(card) if card.volumes[volume].kind == "exfat" else card.holds(volume)


@pytest.mark.parametrize(
    ("kind", "table"),
    [("fat32", True), ("fat32", False), ("exfat", True)],
    ids=["fat32", "no-partition-table", "exfat"],
)
def test_a_plugged_camera_is_copied_receipted_erased_and_seen_empty_on_a_fresh_mount(
    dock_pc: DockPc, cards: CardMaker, kind: str, table: bool
) -> None:
    tree = cards.tree("BWC0412")
    card = cards.card("BWC0412", tree, kind=kind, table=table)
    if kind == "exfat":
        dock_pc.fill_exfat(card, tree)
    dock_pc.start()
    dock_pc.dock(card)
    dock_pc.wait_until_it_says("BWC0412", "safe to remove")
    assert all(" ro," in mount for mount in dock_pc.mounts())
    dock_pc.undock()
    assert set(card.held.values()) <= dock_pc.at_central()
    assert set(holds(dock_pc, card)) == KEPT
    assert dock_pc.shell.ask("ps -o user= -p $(systemctl show -P MainPID dock-agent)") == "dock-agent"


def test_a_camera_that_was_docked_before_the_pc_started_is_found(dock_pc: DockPc, cards: CardMaker) -> None:
    card = cards.card("BWC0412")
    dock_pc.shell.run("systemctl enable dock-agent")
    dock_pc.shell.run("sync")
    dock_pc.guest.power_cut()
    dock_pc.dock(card)
    dock_pc.guest.boot()
    dock_pc.wait_until_it_says("BWC0412", "safe to remove")
    dock_pc.undock()
    assert set(card.held.values()) <= dock_pc.at_central()
    assert set(card.holds()) == KEPT
