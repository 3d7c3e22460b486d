"""A real `dock-agent run` for tests: its own process, state folder and folder of cameras."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.cli import enroll
from tests import leaving_nothing
from tests.central_server import CentralServer

ROOT = Path(__file__).resolve().parent.parent
DOCK_AGENT = (sys.executable, "-m", "agent")
DOCK_SIM = (sys.executable, "-m", "simulator")


def eventually(what: Callable[[], Any], *, within_s: float = 40.0, why: str = "") -> Any:
    """Wait until `what()` is true and return it; fail with what was seen last."""
    deadline = time.monotonic() + within_s
    seen: Any = None
    while time.monotonic() < deadline:
        seen = what()
        if seen:
            return seen
        time.sleep(0.05)
    raise AssertionError(f"not within {within_s} s: {why or what}; last seen: {seen!r}")


def files_below(folder: Path) -> dict[str, str]:
    """SHA-256 of every regular file below a folder, by relative path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


class DockStation:
    """One station PC below `home`. `enroll` once, then `start`; `kill` and `start` again as you like."""

    def __init__(self, home: Path, central: CentralServer, name: str = "east-1", extra: str = "") -> None:
        self.home = home / name
        self.name = name
        self.central = central
        self.cameras = self.home / "cameras"
        self.away = self.home / "away"
        self.state = self.home / "state"
        self.config = self.home / "agent.toml"
        self.log = self.home / "agent.log"
        self.process: subprocess.Popen[bytes] | None = None
        for folder in (self.cameras, self.away):
            folder.mkdir(parents=True)
        self.write_config(extra)

    def write_config(self, extra: str = "", *, source: str | None = None, stall: str = "60s") -> None:
        folder = f'[[source]]\nkind = "folder"\npath = "{self.cameras}"\nsettle = "300ms"\n'
        self.config.write_text(
            f'[station]\nid = "{self.name}"\n[central]\nurl = "{self.central.url}"\nstall = "{stall}"\n'
            f'[paths]\nstate = "{self.state}"\n[heartbeat]\ninterval = "1s"\n'
            f'[status]\nlisten = "127.0.0.1:0"\n'
            + ("" if "[spool]" in extra else '[spool]\nmin_free = "1MiB"\n')
            + (source if source is not None else folder)
            + extra
        )

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*DOCK_AGENT, arguments[0], "--config", str(self.config), *arguments[1:]],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def enroll(self) -> None:
        """As `dock-agent enroll` does it, in this process: a second for each story is saved."""
        code = self.central.add_station(self.name)
        enroll.main(Namespace(config=self.config, central=self.central.url, code=code))

    def start(self, **environment: str) -> None:
        assert self.process is None, "it runs already"
        with self.log.open("ab") as log:
            self.process = leaving_nothing.start(
                [*DOCK_AGENT, "run", "--config", str(self.config)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, **environment},
            )

    def kill(self) -> None:
        """SIGKILL the agent and all its card processes, as a power cut would."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> int:
        if self.process is None:
            return 0
        self.process.terminate()
        try:
            status = self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self.process = None
        return status

    def dock(self, serial: str, *options: str, at: Path | None = None) -> Path:
        """Write a new card with videos and dock it in one instant."""
        card = self.away / serial
        if not card.exists():
            done = subprocess.run(
                [*DOCK_SIM, "camera", str(card), "--serial", serial, *options],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
        return card.rename((at or self.cameras) / serial)

    def undock(self, serial: str) -> Path:
        return (self.cameras / serial).rename(self.away / serial)

    def status(self) -> dict[str, Any]:
        done = self.command("status", "--json")
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    def snapshot(self) -> dict[str, Any]:
        """The running agent's own snapshot, without starting a command."""
        try:
            return dict(json.loads((self.state / "status.json").read_text()))
        except (FileNotFoundError, ValueError):
            return {}

    def says(self, serial: str) -> str:
        """What the bay of this camera says now."""
        return next((bay["says"] for bay in self.snapshot().get("bays", []) if bay["camera"] == serial), "")

    def counts(self) -> dict[str, int]:
        return {name: count for name, count in self.snapshot().get("assets", {}).items() if count}

    def logged(self, event: str) -> list[dict[str, Any]]:
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        found = []
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if entry.get("event") == event:
                found.append(entry)
        return found

    def wait_safe(self, serial: str, within_s: float = 60.0) -> None:
        eventually(lambda: self.says(serial) == "safe to remove", within_s=within_s, why=f"{serial} safe to remove")
