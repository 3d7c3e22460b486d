"""An ordinary user of the guest who mounts cameras by udisksctl: how the ground behaves."""

from __future__ import annotations

import json

from tests.vm.camera_cards import CameraCard
from tests.vm.guest import Guest
from tests.vm.shell import Said, Shell

USER = "porter"
RULES = "/etc/polkit-1/rules.d/50-porter.rules"
MOUNT, OTHER_SEAT = "filesystem-mount", "filesystem-mount-other-seat"


class Porter:
    """Has a home, /var/lib/porter, and the rights that `allow` gave last."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        shell.run(f"useradd --system --create-home --home-dir /var/lib/{USER} --shell /usr/sbin/nologin {USER}")

    def allow(self, *actions: str) -> None:
        """polkitd reads the rules again by itself, a moment later."""
        ids = json.dumps([f"org.freedesktop.udisks2.{action}" for action in actions])
        rule = f'if (subject.user == "{USER}" && {ids}.indexOf(action.id) >= 0) return polkit.Result.YES;'
        since = self.shell.ask("date +%s")
        self.shell.write(RULES, f"polkit.addRule(function(action, subject) {{ {rule} }});\n")
        self.shell.until(f"journalctl -q -u polkit --since @{since} -o cat | grep -q 'rules'", 30)

    def mount(self, node: str, options: str = "ro") -> str:
        """Where it is mounted now."""
        said = self.try_to_mount(node, options)
        assert said.status == 0, said.err
        return said.out.split(" at ")[1].strip()

    def try_to_mount(self, node: str, options: str = "ro") -> Said:
        return self.run(f"udisksctl mount --no-user-interaction -o {options} -b {node}", must=False)

    def unmount(self, node: str) -> None:
        self.run(f"udisksctl unmount --no-user-interaction -b {node}")

    def run(self, command: str, *, must: bool = True) -> Said:
        return self.shell.run(command, user=USER, must=must)

    def python(self, program: str) -> str:
        return self.shell.ask("python3 -", user=USER, given=program)


def plug(guest: Guest, card: CameraCard, name: str = "camera", **how: object) -> str:
    """Put a card in; the node of its first partition, once udev is through with it."""
    serial = str(how.pop("serial", card.serial))
    guest.usb.plug(name, card.image, serial, **how)
    node = guest.shell.until(f"ls /dev/disk/by-id/usb-*_{serial}-*-part1 && udevadm settle")
    return guest.shell.ask(f"readlink -f {node.splitlines()[-1]}")
