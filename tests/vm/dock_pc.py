"""A dock PC with our package installed, enrolled at a central that runs on the host behind a TLS front."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.central_server import CentralServer
from tests.dock_station import files_below
from tests.vm.camera_cards import CameraCard
from tests.vm.guest import Guest
from tests.vm.shell import CommandFailed

CONFIG = "/etc/dock-agent/agent.toml"
STATE = "/var/lib/dock-agent"
UNIT = "dock-agent"
WITHIN_S = 600.0
"""For whatever the agent does: everything here is ten to twenty times slower than on a real PC."""
READS_LEDGER = """
import sqlite3
ledger = sqlite3.connect("file:/var/lib/dock-agent/ledger.db?mode=ro", uri=True, timeout=60)
for state, path in ledger.execute("SELECT state, path FROM assets"):
    print(state, path.decode())
"""
ERASES = "[profile.generic-msc]\nerase = true\n"


class DockPc:
    """One guest with one agent, and the central it reports to."""

    def __init__(self, guest: Guest, central: CentralServer, url: str) -> None:
        self.guest, self.central, self.url = guest, central, url
        self.shell, self.usb = guest.shell, guest.usb

    # --- the agent ------------------------------------------------------------------------------------

    def configure(self, extra: str = ERASES) -> None:
        """The few lines that IT edits, and what a test wants besides."""
        self.shell.write(
            CONFIG,
            f'[station]\nid = "east-1"\n[central]\nurl = "{self.url}"\nca_file = "/etc/dock-agent/site-ca.pem"\n'
            f'[spool]\nmin_free = "64MiB"\n[heartbeat]\ninterval = "5s"\n[[source]]\nkind = "usb"\n{extra}',
        )

    def start(self) -> None:
        """Returns when it said READY: it listens to the bus and has listed it."""
        self.shell.run(f"systemctl start {UNIT}", within_s=WITHIN_S)

    def stop(self) -> float:
        """Seconds that it took, by the guest's clock within one login: each login costs seconds."""
        clock = "cut -d' ' -f1 /proc/uptime"
        began, ended = self.shell.ask(f"{clock} && systemctl stop {UNIT} && {clock}", within_s=WITHIN_S).split()
        return float(ended) - float(began)

    def property(self, name: str) -> str:
        """What systemd says of the unit."""
        return self.shell.ask(f"systemctl show -P {name} {UNIT}")

    def status(self) -> dict[str, Any]:
        """The agent's own snapshot; empty until it has written one."""
        said = self.shell.run(f"cat {STATE}/status.json", must=False)
        return dict(json.loads(said.out)) if said.status == 0 and said.out else {}

    def bay_of(self, camera: str) -> dict[str, Any]:
        return next((bay for bay in self.status().get("bays", []) if bay["camera"] == camera), {})

    def counts(self) -> dict[str, int]:
        return {state: count for state, count in self.status().get("assets", {}).items() if count}

    def paths(self, state: str) -> list[str]:
        """The files on cards that are in this state, as the ledger has them."""
        return [line.split(" ", 1)[1] for line in self._ledger() if line.startswith(f"{state} ")]

    def _ledger(self) -> list[str]:
        """`STATE PATH` of every asset."""
        return self.shell.ask("python3 -", given=READS_LEDGER).splitlines()

    def wait_until(self, question: Callable[[], Any], why: str, within_s: float = WITHIN_S) -> Any:
        """Ask until the answer is true, and return it. Fails with what the agent said last."""
        deadline = time.monotonic() + within_s
        while not (answer := question()):
            assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {why}\n{self.trouble()}"
            time.sleep(1.0)  # each question costs the guest a third of a second
        return answer

    def wait_until_it_says(self, camera: str, word: str, within_s: float = WITHIN_S) -> None:
        """`word` is what the camera's bay says."""
        self.wait_until(lambda: self.bay_of(camera).get("says") == word, f"{camera}: {word}", within_s)

    def wait_until_it_copies(self, camera: str, least: int = 1) -> None:
        """A file of this camera is half read: so many bytes of it at least."""
        assert least > 0, "of a camera that nobody has seen yet, 0 bytes are read as well"
        self.wait_until(lambda: (self.bay_of(camera).get("file_done") or 0) >= least, f"{camera} is being copied")

    def wait_for_log(self, event: str, within_s: float = WITHIN_S) -> dict[str, Any]:
        """The first entry of this name; waits for it."""
        self.wait_until(lambda: self.logged(event), f"{event} in the log", within_s)
        return self.logged(event)[0]

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The entries of this name in the agent's journal, of all boots, oldest first."""
        return [json.loads(line["MESSAGE"]) for line in self.journal() if line.get("EVENT") == event]

    def journal(self) -> list[dict[str, Any]]:
        said = self.shell.run(f"journalctl -q -u {UNIT} -o json", must=False)
        return [json.loads(line) for line in said.out.splitlines()]

    def trouble(self) -> str:
        """For the message of a test that fails."""
        try:
            bays = self.status().get("bays")
            tail = self.shell.ask(
                f"journalctl -q -u {UNIT} -o cat -n 25; lsblk -f; grep media /proc/mounts", must=False
            )
        except CommandFailed as error:
            return str(error)
        return f"bays: {bays}\nassets: {self.counts()}\n{tail}"

    # --- cameras --------------------------------------------------------------------------------------

    def dock(self, card: CameraCard, name: str = "camera", **how: Any) -> None:
        """Put the camera in; `how` as in `Plug`."""
        self.usb.plug(name, card.image, how.pop("serial", card.serial), **how)

    def undock(self, name: str = "camera") -> None:
        self.usb.pull(name)

    def mounts(self) -> list[str]:
        """What is mounted of any camera, seen from outside the service: `NODE WHERE TYPE OPTIONS`."""
        return [line for line in self.shell.ask("cat /proc/mounts").splitlines() if line.startswith("/dev/sd")]

    def wait_until_receipted(self, card: CameraCard) -> None:
        """Central has signed for every file of this card, the only one so far."""
        self.wait_until(lambda: self._receipted() == len(card.held), "every file is receipted")

    def _receipted(self) -> int:
        counts = self.counts()
        return sum(counts.get(state, 0) for state in ("VERIFIED", "KEPT", "ERASED"))

    def wait_until_it_writes(self, then: str = "true") -> None:
        """A camera is mounted for writing, and the command was run at once: from outside one comes too late."""
        looks = "until grep -q '^/dev/sd[^ ]* [^ ]* [^ ]* rw' /proc/mounts; do sleep 0.05; done"
        self.shell.run(f"{looks}; {then}", within_s=WITHIN_S)

    def fill_exfat(self, card: CameraCard, tree: Path) -> None:
        """Put files on an empty exFAT card; nobody but the kernel of the guest knows how."""
        with_card = self._plugged_for_us(card)
        self.shell.run("mkdir -p /root/tree /mnt/exfat")
        for entry in sorted(tree.iterdir()):
            self.shell.put(entry, "/root/tree/")
        self.shell.run(
            f"mount -t exfat {with_card} /mnt/exfat && cp -rp /root/tree/. /mnt/exfat/ && umount /mnt/exfat"
        )
        self.shell.run("rm -rf /root/tree")
        self.usb.pull("for-us")

    def exfat_holds(self, card: CameraCard) -> dict[str, str]:
        """What is on it now."""
        node = self._plugged_for_us(card)
        self.shell.run(f"mkdir -p /mnt/exfat && mount -o ro -t exfat {node} /mnt/exfat")
        said = self.shell.ask("cd /mnt/exfat && find . -type f -exec sha256sum {} +; umount -l /mnt/exfat")
        self.usb.pull("for-us")
        return {path[2:]: digest for digest, path in (line.split("  ", 1) for line in said.splitlines())}

    def _plugged_for_us(self, card: CameraCard) -> str:
        self.usb.plug("for-us", card.image, "FOR-US")
        node = self.shell.until("ls /dev/disk/by-id/usb-*FOR-US*-part1")
        self.shell.run("udevadm settle")
        return node

    # --- the promise ----------------------------------------------------------------------------------

    def at_central(self) -> set[str]:
        """SHA-256 of everything that central stores whole, by our own reading of it."""
        return {
            digest
            for path, digest in files_below(self.central.data_dir / "objects").items()
            if Path(path).name == digest
        }

    def beginnings_of(self, content: bytes) -> bool:
        """Whether central stores a part of these bytes, from their first on."""
        stored = [path.read_bytes() for path in (self.central.data_dir / "objects").glob("??/*")]
        return any(one and content.startswith(one) for one in stored)

    def in_spool(self) -> set[str]:
        said = self.shell.ask(f"find {STATE}/spool -type f -exec sha256sum {{}} +", must=False)
        return {line.split("  ", 1)[0] for line in said.splitlines()}
