"""A dock PC in a virtual machine: a Debian guest that is booted, resumed, cut off from power and from the network."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from tests import leaving_nothing
from tests.vm.qmp import QemuRefused, Qmp
from tests.vm.shell import CommandFailed, Shell
from tests.vm.usb import UsbPorts

ACCELERATOR = os.environ.get("DOCK_VM_ACCEL", "tcg,thread=multi,tb-size=512")
"""Software emulation works everywhere. A machine with hardware support may say `kvm`."""
MEMORY_MIB = 1024
WARM = "warm"
"""The name of the snapshot inside a warm disk."""
# Loaded for devices that nobody uses here, and slow to load under emulation.
NEEDLESS = "cfg80211,rfkill,kvm_amd,kvm,ccp,iTCO_wdt,pcspkr,psmouse,serio_raw,evdev,lpc_ich,drm,efi_pstore"


class Guest:
    """`folder` gets disk.qcow2, console.log and qemu.log; `made` is what build-guest made. `close` it."""

    def __init__(self, folder: Path, made: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.made = folder, made
        self.disk = folder / "disk.qcow2"
        self._sockets = Path(tempfile.mkdtemp(prefix="guest-"))  # a socket's path must be short
        self._door = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._qmp: Qmp | None = None
        self.shell = Shell(made / "key", self._door, self._sockets / "ssh")
        self.usb = UsbPorts(lambda: self._qmp)

    def boot(self) -> float:
        """Power on and wait until systemd has nothing left to start; seconds. The first time on a new disk."""
        began = time.monotonic()
        if not self.disk.exists():
            base = ["-F", "raw", "-b", str(self.made / "root.raw")]
            _run("qemu-img", "create", "-q", "-f", "qcow2", *base, str(self.disk))
        self._power_on()
        self.shell.run("systemctl is-system-running --wait", must=False, within_s=400)
        return time.monotonic() - began

    def resume(self, warm: Path) -> float:
        """Go on, on a fresh disk, from where `keep_warm` left; seconds."""
        began = time.monotonic()
        _run("cp", "--reflink=auto", "--sparse=always", str(warm), str(self.disk))
        self._power_on("-loadvm", WARM)
        # Its clock stood still since then.
        self.shell.run(f"date -us @{time.time():.3f}")
        return time.monotonic() - began

    def keep_warm(self, target: Path) -> None:
        """Keep memory and disk of the running guest for `resume`, and end it. Nothing may be plugged."""
        assert not self.usb.plugged
        assert self._qmp is not None
        self.shell.run("sync")
        self.shell.close()
        time.sleep(1)  # for the guest's sshd to see it
        said = self._qmp.do("human-monitor-command", command_line=f"savevm {WARM}")
        if said:
            raise QemuRefused(f"savevm: {said}")
        self.power_cut()
        shutil.move(self.disk, target)

    def power_cut(self) -> None:
        """What the guest had not flushed is gone."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self.shell.close()
        if self._qmp is not None:
            self._qmp.close()
        self._process = self._qmp = None

    def unplug_network(self) -> None:
        self._link(up=False)

    def plug_network(self) -> None:
        self._link(up=True)

    def close(self) -> None:
        self.power_cut()
        shutil.rmtree(self._sockets, ignore_errors=True)

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _link(self, *, up: bool) -> None:
        assert self._qmp is not None
        self._qmp.do("set_link", name="cable", up=up)

    def _power_on(self, *more: str) -> None:
        assert self._process is None, "it has power already"
        control = self._sockets / "qmp"
        control.unlink(missing_ok=True)
        with (self.folder / "qemu.log").open("ab") as log:
            self._process = leaving_nothing.start(
                [*self._argv(control), *more],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._qmp = Qmp(control)
            for name, one in self.usb.plugged.items():
                self.usb.attach(name, one)
            self._qmp.do("cont")
            self.shell.open(self.alive)
        except (CommandFailed, QemuRefused, OSError):
            self.power_cut()
            raise

    def _argv(self, control: Path) -> list[str]:
        # Its fsync is ours: what it flushed survives the cut, what it did not does not.
        direct: dict[str, Any] = {"direct": True, "no-flush": False}
        file = {"driver": "file", "filename": str(self.disk), "aio": "threads", "cache": direct}
        disk = {"driver": "qcow2", "node-name": "disk", "discard": "unmap", "cache": direct, "file": file}
        kernel = f"root=/dev/vda rw console=ttyS0 quiet mitigations=off net.ifnames=0 panic=-1 \
systemd.show_status=0 module_blacklist={NEEDLESS}"
        door = f"user,id=door,net=10.0.3.0/24,restrict=on,hostfwd=tcp:127.0.0.1:{self._door}-10.0.3.15:22"
        return [
            *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-S"),
            *("-machine", "q35,sata=off,smbus=off", "-accel", ACCELERATOR, "-cpu", "max"),
            *("-smp", "2", "-m", str(MEMORY_MIB), "-rtc", "base=utc"),
            *("-kernel", str(self.made / "vmlinux"), "-initrd", str(self.made / "initrd.cpio"), "-append", kernel),
            *("-blockdev", json.dumps(disk), "-device", "virtio-blk-pci,drive=disk,write-cache=on"),
            *("-device", "virtio-rng-pci", "-netdev", door),
            *("-device", "virtio-net-pci,netdev=door,mac=52:54:00:00:03:0f,romfile="),
            *("-netdev", "user,id=station,net=10.0.2.0/24"),
            *("-device", "virtio-net-pci,id=cable,netdev=station,mac=52:54:00:00:02:0f,romfile="),
            *("-device", "qemu-xhci,id=usb,p2=8,p3=8"),
            *(
                "-chardev",
                f"file,id=console,path={self.folder / 'console.log'},append=on",
                "-serial",
                "chardev:console",
            ),
            *("-qmp", f"unix:{control},server=on,wait=off"),
        ]


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
