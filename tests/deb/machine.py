"""A small PC with a real systemd as its first process: a container over a throw-away layer of a minimal Debian."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from tests import leaving_nothing
from tests.dock_station import eventually as eventually_within

PATIENCE_S = 240.0
"""A busy machine needs minutes for what an idle one does in seconds."""

CLEAN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def eventually(what: Callable[[], Any], why: Callable[[], str] | None = None) -> Any:
    """Wait until `what()` is true and return it; else fail, with what `why` tells then."""
    try:
        return eventually_within(what, within_s=PATIENCE_S)
    except AssertionError as error:
        raise AssertionError(f"{error}: {why() if why else ''}") from None


class Machine:
    """Booted on `with`, gone afterwards. It shares the host's network: a central on loopback is its central."""

    def __init__(self, base: Path, home: Path) -> None:
        self.root = home / "root"
        layers = [home / "upper", home / "work", self.root]
        for folder in layers:
            folder.mkdir(parents=True)
        options = f"lowerdir={base},upperdir={layers[0]},workdir={layers[1]}"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, self.root], check=True)
        self._name = f"dock-{uuid4().hex[:12]}"
        self._boot_log = (home / "boot.log").open("wb")

    def __enter__(self) -> Self:
        self._nspawn = leaving_nothing.start(
            [
                "systemd-nspawn",
                "-q",
                "-D",
                str(self.root),
                "-b",
                "--register=no",
                "--keep-unit",
                "--console=pipe",
                "-M",
                self._name,
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._boot_log,
            stderr=self._boot_log,
        )
        eventually(self._is_up)
        return self

    def __exit__(self, _t: type[BaseException] | None, _e: BaseException | None, _b: TracebackType | None) -> None:
        os.kill(self._first, signal.SIGKILL)  # of a container this is its end, and with it everyone's in it
        self._nspawn.wait(30)
        self._boot_log.close()
        subprocess.run(["umount", "-l", self.root], check=True)

    def _is_up(self) -> bool:
        """Looks up the first process each time: for a moment nspawn has another child, which only prepares."""
        pid = self._nspawn.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self._first = int(children[0]) if children else 0
        if not self._first:
            return False
        return self.try_run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded")

    def try_run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """As root inside, whatever comes of it."""
        enter = ["nsenter", "-t", str(self._first), "-m", "-u", "-i", "-p", "-C", "--"]
        return subprocess.run(
            [*enter, *command],
            env=CLEAN,
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def run(self, *command: str) -> str:
        """As root inside; what it said. Fails the test when the command fails."""
        done = self.try_run(*command)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout

    def install(self, package: Path) -> subprocess.CompletedProcess[str]:
        """`dpkg -i`, as apt does it in the end."""
        shutil.copy(package, self.root / "root" / package.name)
        return self.try_run("dpkg", "-i", f"/root/{package.name}")

    def agent(self, command: str, *words: str) -> str:
        return self.run("dock-agent", command, "--config", "/etc/dock-agent/agent.toml", *words)

    def unit(self, name: str) -> str:
        """A property of the agent's unit, as systemd has it."""
        return self.run("systemctl", "show", "-P", name, "dock-agent.service").strip()

    def log(self, *matches: str) -> str:
        return self.run("journalctl", "-q", "--no-pager", "-o", "cat", "-u", "dock-agent", *matches)
