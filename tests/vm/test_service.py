"""The unit as systemd runs it: shut in, watched, reloaded, stopped, killed."""

from __future__ import annotations

from tests.vm.camera_cards import CardMaker
from tests.vm.dock_pc import ERASES, UNIT, DockPc

DROP_IN = "/etc/systemd/system/dock-agent.service.d"


def test_the_unit_is_shut_in_and_works_as_its_own_user(dock_pc: DockPc) -> None:
    told = dock_pc.shell.ask(f"systemd-analyze security --no-pager {UNIT}.service | tail -1")
    assert float(told.split(": ")[1].split()[0]) <= 1.5, told
    dock_pc.start()
    pid = dock_pc.property("MainPID")
    assert dock_pc.shell.ask(f"ps -o user= -p {pid}") == "dock-agent"
    assert "CapEff:\t0000000000000000" in dock_pc.shell.ask(f"cat /proc/{pid}/status")


def test_it_is_ready_only_when_it_knows_what_is_docked(dock_pc: DockPc, cards: CardMaker) -> None:
    card = cards.card("BWC0412")
    dock_pc.dock(card)
    dock_pc.shell.until("ls /dev/disk/by-id/usb-*_BWC0412-*-part1 && udevadm settle")
    dock_pc.start()
    assert dock_pc.property("ActiveState") == "active"
    entries = dock_pc.journal()
    ready = next(line for line in entries if line.get("EVENT") == "station_ready")
    started = next(line for line in entries if str(line["MESSAGE"]).startswith("Started "))
    assert int(ready["__MONOTONIC_TIMESTAMP"]) <= int(started["__MONOTONIC_TIMESTAMP"])
    dock_pc.wait_until_it_says("BWC0412", "safe to remove")


def test_an_agent_that_hangs_is_started_again_by_the_watchdog_and_goes_on(dock_pc: DockPc, cards: CardMaker) -> None:
    dock_pc.shell.write(f"{DROP_IN}/watchdog.conf", "[Service]\nWatchdogSec=30s\n")
    dock_pc.shell.run("systemctl daemon-reload")
    card = cards.card("BWC0412", files=1, size=800_000)
    dock_pc.start()
    dock_pc.dock(card, bytes_per_s=250_000)
    dock_pc.wait_until_it_copies("BWC0412")
    dock_pc.shell.run(f"kill -STOP {dock_pc.property('MainPID')}")
    dock_pc.wait_until(lambda: int(dock_pc.property("NRestarts")) >= 1, "systemd starts it again")
    dock_pc.usb.slow("camera", 0)
    dock_pc.wait_until_it_says("BWC0412", "safe to remove")
    dock_pc.undock()
    assert "watchdog" in dock_pc.shell.ask(f"journalctl -q -u {UNIT} -o cat").lower()
    assert set(card.held.values()) <= dock_pc.at_central()
    assert set(card.holds()) == {"BWC.ID"}


def test_an_agent_killed_while_a_card_is_mounted_for_writing_finishes_it_afterwards(
    dock_pc: DockPc, cards: CardMaker
) -> None:
    """Started then, a shut-in service would see that mount read-only."""
    card = cards.card("BWC0412", files=4, size=60_000)
    dock_pc.configure(f'{ERASES}[erase]\nmin_age = "20s"\n')
    dock_pc.start()
    dock_pc.dock(card)
    dock_pc.wait_until_receipted(card)
    dock_pc.usb.slow("camera", 20_000)
    dock_pc.wait_until_it_writes(then=f"systemctl kill -s KILL {UNIT}")
    dock_pc.usb.slow("camera", 0)
    dock_pc.wait_until(lambda: int(dock_pc.property("NRestarts")) >= 1, "systemd starts it again")
    dock_pc.wait_until_it_says("BWC0412", "safe to remove")
    dock_pc.undock()
    assert set(card.held.values()) <= dock_pc.at_central()
    assert set(card.holds()) == {"BWC.ID"}


def test_it_stops_within_ten_seconds_in_the_middle_of_a_copy_and_goes_on_later(
    dock_pc: DockPc, cards: CardMaker
) -> None:
    card = cards.card("BWC0412", files=1, size=800_000)
    dock_pc.start()
    dock_pc.dock(card, bytes_per_s=100_000)
    dock_pc.wait_until_it_copies("BWC0412")
    assert dock_pc.stop() < 10
    assert dock_pc.property("Result") == "success"
    assert dock_pc.mounts() == []
    dock_pc.usb.slow("camera", 0)
    dock_pc.start()
    dock_pc.wait_until_it_says("BWC0412", "safe to remove")
    dock_pc.undock()
    assert set(card.held.values()) <= dock_pc.at_central()


def test_a_reload_labels_a_bay_at_once_and_the_journal_knows_its_camera(dock_pc: DockPc, cards: CardMaker) -> None:
    dock_pc.start()
    dock_pc.dock(cards.card("BWC0412"))
    dock_pc.wait_until_it_says("BWC0412", "safe to remove")
    port = dock_pc.bay_of("BWC0412")["bay"]
    dock_pc.configure(f'{ERASES}[bays]\n"{port}" = "Bay 7"\n')
    dock_pc.shell.run(f"systemctl reload {UNIT}")
    dock_pc.wait_until(lambda: dock_pc.bay_of("BWC0412").get("label") == "Bay 7", "the label counts")
    found = dock_pc.shell.ask(f"journalctl -q -u {UNIT} -o json EVENT=camera_docked CAMERA=BWC0412 -n 1")
    assert '"PRIORITY":"6"' in found.replace('" : "', '":"')
