"""How Debian's UDisks2, polkit and sandbox treat an ordinary user. Our mounter and our units are built on this."""

from __future__ import annotations

import pytest

from tests.vm.camera_cards import CardMaker
from tests.vm.guest import Guest
from tests.vm.porter import MOUNT, OTHER_SEAT, Porter, plug

SANDBOX = (
    "--uid=porter -p ProtectSystem=strict -p PrivateDevices=yes -p NoNewPrivileges=yes -p CapabilityBoundingSet= "
    "-p ReadWritePaths=/var/lib/porter"
)
LISTENS = """
import select, socket, struct
one = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
one.bind((0, 2))
print("listening", flush=True)
print("heard" if select.select([one], [], [], 15)[0] else "heard nothing", flush=True)
"""


@pytest.fixture
def porter(guest: Guest) -> Porter:
    return Porter(guest.shell)


def test_a_user_without_a_seat_needs_two_rights_to_mount_and_none_to_unmount(
    guest: Guest, porter: Porter, cards: CardMaker
) -> None:
    node = plug(guest, cards.card("BWC0412"))
    assert "NotAuthorized" in porter.try_to_mount(node).err
    porter.allow(MOUNT)
    assert "NotAuthorizedCanObtain" in porter.try_to_mount(node).err
    porter.allow(MOUNT, OTHER_SEAT)
    where = porter.mount(node)
    assert where == "/media/porter/BWC"
    said = guest.shell.ask(f"findmnt -no OPTIONS {where}").split(",")
    assert {"ro", "nosuid", "nodev", "flush", "utf8"} <= set(said)
    assert "noexec" not in said, "it is not the default: ask for it"
    assert porter.try_to_mount(node, "remount,rw").status, "from reading to writing is unmount and mount"
    porter.unmount(node)
    assert {"noexec", "rw"} <= set(
        guest.shell.ask(f"findmnt -no OPTIONS {porter.mount(node, 'rw,noexec')}").split(",")
    )


def test_two_cards_of_one_label_and_number_get_two_folders_and_one_link(
    guest: Guest, porter: Porter, cards: CardMaker
) -> None:
    porter.allow(MOUNT, OTHER_SEAT)
    first = plug(guest, cards.card("BWC0412", number="0000BEEF"), "first")
    second = plug(guest, cards.card("BWC0413", number="0000BEEF"), "second")
    assert [porter.mount(first), porter.mount(second)] == ["/media/porter/BWC", "/media/porter/BWC1"]
    assert guest.shell.ask("readlink -f /dev/disk/by-uuid/0000-BEEF") in (first, second), "it cannot tell them apart"


def test_a_service_that_starts_while_a_card_is_mounted_for_writing_sees_it_read_only(
    guest: Guest, porter: Porter, cards: CardMaker
) -> None:
    porter.allow(MOUNT, OTHER_SEAT)
    where = porter.mount(plug(guest, cards.card("BWC0412")), "rw")
    writes = f"--wait --pipe {SANDBOX} touch {where}/written"
    assert "Read-only file system" in guest.shell.run(f"systemd-run -q {writes}", must=False).err
    guest.shell.run(f"systemd-run -q -p ReadWritePaths=-/media {writes}")


def test_a_service_in_the_sandbox_sees_mounts_come_and_go_but_no_device(
    guest: Guest, porter: Porter, cards: CardMaker
) -> None:
    porter.allow(MOUNT, OTHER_SEAT)
    guest.shell.run(f"systemd-run -q --unit=looker {SANDBOX} sleep 600")
    inside = f"nsenter -t {guest.shell.ask('systemctl show -P MainPID looker')} -m"
    node = plug(guest, cards.card("BWC0412"))
    where = porter.mount(node)
    assert "BWC.ID" in guest.shell.ask(f"{inside} ls {where}")
    assert guest.shell.run(f"{inside} ls {node}", must=False).status, "the device itself is hidden"
    guest.usb.pull("camera")
    guest.shell.until(f"! {inside} grep {where} /proc/self/mounts", 30)


@pytest.mark.parametrize(
    ("restriction", "hears"), [("PrivateNetwork=yes", "heard nothing"), ("PrivateUsers=yes", "heard")]
)
def test_a_service_hears_of_plugs_only_in_the_network_of_the_host(
    guest: Guest, porter: Porter, cards: CardMaker, restriction: str, hears: str
) -> None:
    guest.shell.write("/var/lib/porter/listens.py", LISTENS)
    run = f"systemd-run -q --wait --pipe {SANDBOX} -p {restriction} python3 /var/lib/porter/listens.py"
    with guest.shell.running(run) as listening:
        assert listening.stdout is not None
        assert listening.stdout.readline() == b"listening\n"
        plug(guest, cards.card("BWC0412"))
        assert listening.stdout.readline().decode().strip() == hears
