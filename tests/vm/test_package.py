"""The package's life on a PC that runs systemd: installed, upgraded in the middle of work, removed, purged."""

from __future__ import annotations

from pathlib import Path

import pytest

from debian.build import build
from tests.vm.camera_cards import CardMaker
from tests.vm.dock_pc import STATE, UNIT, DockPc

APT = "DEBIAN_FRONTEND=noninteractive apt-get -y -q"


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("newer"), version="99.0", compression="none")


def test_an_installed_package_runs_nothing_until_it_says_so(dock_pc: DockPc) -> None:
    assert dock_pc.property("ActiveState") == "inactive"
    assert dock_pc.shell.run(f"systemctl is-enabled {UNIT}", must=False).out.strip() == "disabled"
    assert dock_pc.shell.ask(f"stat -c '%U %a' {STATE}") == "dock-agent 700"
    assert dock_pc.shell.ask("stat -c '%U %G %a' /etc/dock-agent/agent.toml") == "root dock-agent 640"
    dock_pc.shell.run(f"systemctl enable --now {UNIT}", within_s=600)
    assert dock_pc.property("ActiveState") == "active"


def test_an_upgrade_in_the_middle_of_a_copy_loses_nothing(dock_pc: DockPc, cards: CardMaker, newer: Path) -> None:
    card = cards.card("BWC0412", files=3, size=700_000)
    dock_pc.shell.put(newer, "/root/newer.deb")
    dock_pc.shell.run(f"systemctl enable {UNIT}")
    dock_pc.start()
    dock_pc.dock(card, bytes_per_s=15_000)
    dock_pc.wait_until(lambda: dock_pc.counts().get("STAGED") or dock_pc.counts().get("VERIFIED"), "it has begun")
    dock_pc.shell.run(f"{APT} install /root/newer.deb", within_s=1800)
    assert dock_pc.shell.ask("dpkg-query -W -f '${Version}' dock-agent") == "99.0"
    assert dock_pc.property("ActiveState") == "active", "it ran before, so it runs again"
    assert "ERASED" not in dock_pc.counts(), "the copy was still under way"
    dock_pc.usb.slow("camera", 0)
    dock_pc.wait_until_it_says("BWC0412", "safe to remove")
    dock_pc.undock()
    assert set(card.held.values()) <= dock_pc.at_central()
    assert set(card.holds()) == {"BWC.ID"}


def test_a_purge_keeps_what_central_has_not_receipted_and_a_new_installation_sends_it(
    dock_pc: DockPc, cards: CardMaker
) -> None:
    card = cards.card("BWC0412", files=1)
    dock_pc.start()
    dock_pc.guest.unplug_network()
    dock_pc.dock(card)
    dock_pc.wait_until_it_says("BWC0412", "may be taken")
    dock_pc.undock()
    said = dock_pc.shell.run(f"{APT} purge dock-agent", within_s=900)
    assert "KEPT" in said.out + said.err
    assert set(card.held.values()) <= dock_pc.in_spool()
    dock_pc.guest.plug_network()
    dock_pc.shell.run(f"{APT} install /root/dock-agent.deb", within_s=1800)
    dock_pc.shell.run("test -e /etc/dock-agent/site-ca.pem")
    dock_pc.configure()
    dock_pc.start()
    dock_pc.wait_until(lambda: set(card.held.values()) <= dock_pc.at_central(), "central has it")


def test_a_purge_of_a_station_whose_footage_is_all_receipted_leaves_nothing(
    dock_pc: DockPc, cards: CardMaker
) -> None:
    card = cards.card("BWC0412", files=1)
    dock_pc.start()
    dock_pc.dock(card)
    dock_pc.wait_until_it_says("BWC0412", "safe to remove")
    dock_pc.undock()
    dock_pc.shell.run(f"{APT} remove dock-agent", within_s=900)
    assert dock_pc.shell.run(f"test -e {STATE}/ledger.db").status == 0
    dock_pc.shell.run(f"{APT} purge dock-agent", within_s=900)
    assert dock_pc.shell.run(f"test -e {STATE}", must=False).status == 1
    assert set(card.held.values()) <= dock_pc.at_central()
