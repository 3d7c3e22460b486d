"""Cards that are damaged, dirty, partitioned oddly, or somebody else's business."""

from __future__ import annotations

import hashlib

from tests.vm.camera_cards import CardMaker
from tests.vm.dock_pc import DockPc


def test_a_card_that_was_not_left_clean_is_copied_and_never_written_to(dock_pc: DockPc, cards: CardMaker) -> None:
    card = cards.card("BWC0412")
    card.mark_dirty()
    before = card.image.read_bytes()
    dock_pc.start()
    dock_pc.dock(card)
    dock_pc.wait_until(lambda: set(card.held.values()) <= dock_pc.at_central(), "all of it is at central")
    dock_pc.wait_until(lambda: not {"STAGED", "UPLOADED", "FOUND"} & set(dock_pc.counts()), "all of it is receipted")
    dock_pc.undock()
    assert "ERASED" not in dock_pc.counts()
    assert card.image.read_bytes() == before


def test_what_can_be_read_of_a_file_with_a_bad_sector_travels_and_nothing_of_that_card_is_erased(
    dock_pc: DockPc, cards: CardMaker
) -> None:
    tree = cards.tree("BWC0412", files=2, size=600_000)
    card = cards.card("BWC0412", tree)
    hurt = sorted(tree.rglob("*.MP4"))[0].read_bytes()
    before = card.image.read_bytes()
    dock_pc.start()
    dock_pc.dock(card, bad_sector=card.sector_of(hurt, 400_000))
    dock_pc.wait_until_it_says("BWC0412", "leave in bay")
    whole = {digest for path, digest in card.held.items() if (tree / path).read_bytes() != hurt}
    dock_pc.wait_until(lambda: whole <= dock_pc.at_central(), "every whole file is at central")
    dock_pc.wait_until(lambda: dock_pc.beginnings_of(hurt), "what could be read of the other is there, too")
    dock_pc.undock()
    assert hashlib.sha256(hurt).hexdigest() not in dock_pc.at_central()
    assert "ERASED" not in dock_pc.counts()
    assert card.image.read_bytes() == before


def test_both_volumes_of_a_card_are_copied_and_erased(dock_pc: DockPc, cards: CardMaker) -> None:
    card = cards.card("BWC0412", cards.tree("BWC0412"), cards.tree("BWC0412"))
    held = {digest for volume in card.volumes for digest in volume.held.values()}
    dock_pc.start()
    dock_pc.dock(card)
    dock_pc.wait_until_it_says("BWC0412", "safe to remove")
    dock_pc.undock()
    assert held <= dock_pc.at_central()
    assert set(card.holds(0)) == set(card.holds(1)) == {"BWC.ID"}


def test_a_partition_that_nobody_can_read_is_named_and_the_camera_is_never_called_safe(
    dock_pc: DockPc, cards: CardMaker
) -> None:
    card = cards.card("BWC0412", cards.tree("BWC0412"), cards.tree("BWC0412"))
    card.blot_out(1)
    dock_pc.start()
    dock_pc.dock(card)
    dock_pc.wait_until_it_says("BWC0412", "leave in bay")
    dock_pc.wait_until(lambda: set(card.volumes[0].held.values()) <= dock_pc.at_central(), "the other is at central")
    said = dock_pc.shell.ask(
        "runuser -u dock-agent -- dock-agent doctor --config /etc/dock-agent/agent.toml", must=False
    )
    assert "✓ mounter" in said, said
    assert "✓ automounter" in said, said
    dock_pc.undock()


def test_an_ext4_card_of_another_owner_is_copied_and_what_may_not_be_removed_stays(
    dock_pc: DockPc, cards: CardMaker
) -> None:
    card = cards.card("BWC0412", kind="ext4")
    dock_pc.start()
    dock_pc.dock(card)
    dock_pc.wait_until(lambda: set(card.held.values()) <= dock_pc.at_central(), "all of it is at central")
    dock_pc.wait_until(lambda: not {"STAGED", "UPLOADED", "FOUND"} & set(dock_pc.counts()), "all of it is receipted")
    dock_pc.undock()
    dock_pc.wait_until(lambda: not dock_pc.bay_of("BWC0412"), "its bay is free")
    assert "ERASED" not in dock_pc.counts()
    assert card.holds() == card.held


def test_no_automounter_is_invited_and_a_card_that_somebody_mounted_is_not_served(
    dock_pc: DockPc, cards: CardMaker
) -> None:
    card = cards.card("BWC0412")
    dock_pc.dock(card)
    node = dock_pc.shell.until("ls /dev/disk/by-id/usb-*_BWC0412-*-part1 && udevadm settle")
    told = dock_pc.shell.ask(f"udisksctl info -b {node}")
    assert "HintAuto:                   false" in told
    assert "HintIgnore:                 true" in told
    dock_pc.shell.run(f"udisksctl mount -b {node} -o ro")
    before = card.image.read_bytes()
    dock_pc.start()
    dock_pc.wait_until(lambda: "already mounted" in str(dock_pc.status().get("bays")), "it says who is in the way")
    assert dock_pc.counts() == {}
    assert card.image.read_bytes() == before
    dock_pc.shell.run(f"udisksctl unmount -b {node}")
    dock_pc.wait_until_it_says("BWC0412", "safe to remove")
    dock_pc.undock()
    assert set(card.held.values()) <= dock_pc.at_central()


def test_a_camera_docked_while_udisks_is_away_is_served_when_it_is_back(dock_pc: DockPc, cards: CardMaker) -> None:
    card = cards.card("BWC0412")
    dock_pc.shell.run("systemctl mask --runtime --now udisks2")
    dock_pc.start()
    dock_pc.dock(card)
    dock_pc.wait_until(lambda: "UDisks2" in str(dock_pc.status().get("bays")), "it says what is missing")
    dock_pc.shell.run("systemctl unmask --runtime udisks2")
    dock_pc.wait_until_it_says("BWC0412", "safe to remove")
    dock_pc.undock()
    assert set(card.held.values()) <= dock_pc.at_central()
    assert set(card.holds()) == {"BWC.ID"}


def test_udisks_restarted_while_a_camera_is_copied_disturbs_nothing(dock_pc: DockPc, cards: CardMaker) -> None:
    card = cards.card("BWC0412", files=2, size=800_000)
    dock_pc.start()
    dock_pc.dock(card, bytes_per_s=250_000)
    dock_pc.wait_until_it_copies("BWC0412")
    dock_pc.shell.run("systemctl kill -s KILL udisks2; systemctl start udisks2")
    dock_pc.wait_until_it_says("BWC0412", "safe to remove")
    dock_pc.undock()
    assert set(card.held.values()) <= dock_pc.at_central()
    assert set(card.holds()) == {"BWC.ID"}
