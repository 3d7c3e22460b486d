"""What a program sees when a card vanishes under it, and what udev tells. The agent must not fall for any of it."""

from __future__ import annotations

import pytest

from tests.vm.camera_cards import CardMaker
from tests.vm.guest import Guest
from tests.vm.porter import MOUNT, OTHER_SEAT, Porter, plug

LOOKS = """
import errno, os, sys, time
where = sys.argv[1]
print("ready", flush=True)
while os.path.exists("/dev/sda"):
    time.sleep(0.02)
try:
    said = os.listdir(where)
except OSError as error:
    said = errno.errorcode[error.errno]
print(said, flush=True)
"""
READS = """
import errno, os, sys
print("ready", flush=True)
try:
    with open(sys.argv[1], "rb", buffering=0) as file:
        while file.read(65536):
            pass
    print("whole", flush=True)
except OSError as error:
    print(errno.errorcode[error.errno], flush=True)
"""
WRITES = """
import errno, os, sys, time
os.chdir(sys.argv[1])
folder = os.open(".", os.O_RDONLY)
print("ready", flush=True)
while os.path.exists("/dev/sda"):
    time.sleep(0.02)
for what in (lambda: os.unlink("BWC.ID"), lambda: os.fsync(folder)):
    try:
        what()
        print("done", flush=True)
    except OSError as error:
        print(errno.errorcode[error.errno], flush=True)
"""


@pytest.fixture
def porter(guest: Guest) -> Porter:
    one = Porter(guest.shell)
    one.allow(MOUNT, OTHER_SEAT)
    return one


def told(guest: Guest, program: str, argument: str) -> list[str]:
    """What a program of the porter's prints after it said `ready` and the card was pulled."""
    guest.shell.write("/var/lib/porter/program.py", program)
    with guest.shell.running(f"python3 /var/lib/porter/program.py {argument}", user="porter") as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"ready\n"
        guest.usb.pull("camera")
        return [line.decode().strip() for line in running.stdout]


def test_a_read_of_a_pulled_card_fails_and_udisks_tidies_up(guest: Guest, porter: Porter, cards: CardMaker) -> None:
    card = cards.card("BWC0412", files=1, size=4_000_000)
    where = porter.mount(plug(guest, card, bytes_per_s=300_000))
    video = next(path for path in card.held if path.endswith("MP4"))
    assert told(guest, READS, f"{where}/{video}") == ["EIO"]
    guest.shell.until(f"! grep {where} /proc/mounts && ! ls {where}", 30)


def test_without_udisks_a_pulled_card_lists_as_empty_and_without_an_error(
    guest: Guest, porter: Porter, cards: CardMaker
) -> None:
    """With UDisks2 the same holds for about a second: nothing that lists as empty is empty for that."""
    node = plug(guest, cards.card("BWC0412"))
    where = porter.mount(node)
    guest.shell.run("systemctl stop udisks2; echo 2 >/proc/sys/vm/drop_caches")
    assert told(guest, LOOKS, f"{where}/DCIM") in (["[]"], ["EIO"], ["ENOENT"])
    assert guest.shell.ask(f"grep -c {where} /proc/mounts") == "1", "it stays mounted until UDisks2 runs again"
    guest.shell.run("systemctl start udisks2")
    guest.shell.until(f"! grep {where} /proc/mounts", 60)


def test_an_unlink_on_a_pulled_card_looks_as_if_the_file_was_gone(
    guest: Guest, porter: Porter, cards: CardMaker
) -> None:
    card = cards.card("BWC0412")
    where = porter.mount(plug(guest, card), "rw")
    said = told(guest, WRITES, where)
    assert said[0] in ("ENOENT", "EIO"), said
    assert said[1] == "EIO", "only the flush tells"
    assert card.holds() == card.held


def test_a_card_that_somebody_has_open_comes_back_under_another_name(
    guest: Guest, porter: Porter, cards: CardMaker
) -> None:
    card = cards.card("BWC0412")
    node = plug(guest, card)
    where = porter.mount(node)
    holds = f"exec 3<{where}/BWC.ID; echo held; exec sleep 300"
    with guest.shell.running(holds, user="porter") as holding:
        assert holding.stdout is not None
        assert holding.stdout.readline() == b"held\n"
        guest.usb.pull("camera")
        guest.shell.until(f"! test -e {node}", 30)
        assert (node, plug(guest, card)) == ("/dev/sda1", "/dev/sdb1")


def test_udev_tells_of_mounts_as_changes_and_names_no_serial_when_a_camera_goes(
    guest: Guest, porter: Porter, cards: CardMaker
) -> None:
    guest.shell.run("systemd-run -q --unit=listener sh -c 'udevadm monitor --udev --property >/run/heard'")
    guest.shell.until("grep -q UDEV /run/heard", 30)
    node = plug(guest, cards.card("BWC0412"))
    porter.mount(node)
    porter.unmount(node)
    guest.usb.pull("camera")
    guest.shell.until("grep -q 'remove.*(usb)' /run/heard && sleep 1", 30)
    blocks = [dict(_pairs(block)) for block in guest.shell.ask("cat /run/heard").split("\n\n")]
    changed = [one for one in blocks if one.get("ACTION") == "change" and one.get("DEVNAME") == node]
    assert len(changed) >= 2, "once for the mount, once for the unmount"
    gone = [one for one in blocks if one.get("ACTION") == "remove" and one.get("DEVTYPE") == "usb_device"]
    assert gone
    assert all("ID_SERIAL_SHORT" not in one and "PRODUCT" in one and "DEVPATH" in one for one in gone)


def test_only_what_was_fsynced_survives_a_power_cut_also_behind_a_rename(guest: Guest) -> None:
    guest.shell.run("sync")
    program = """
import os
os.chdir("/root")
for name, careful in (("careful", True), ("careless", False)):
    file = os.open(name + ".new", os.O_CREAT | os.O_WRONLY)
    os.write(file, b"x" * 300000)
    if careful:
        os.fsync(file)
    os.rename(name + ".new", name)
    if careful:
        os.fsync(os.open(".", os.O_RDONLY))
"""
    guest.shell.run("python3 -", given=program)
    guest.power_cut()
    guest.boot()
    assert guest.shell.ask("stat -c %s /root/careful") == "300000"
    assert guest.shell.run("stat -c %s /root/careless", must=False).out.strip() in ("", "0")


def _pairs(block: str) -> list[tuple[str, str]]:
    return [(line.split("=", 1)[0], line.split("=", 1)[1]) for line in block.splitlines() if "=" in line]
