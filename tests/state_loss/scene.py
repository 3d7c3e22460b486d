"""A station, its central and their copies: what a test of lost state does and looks at."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.central_server import CentralServer
from tests.dock_station import DockStation, eventually, files_below

FILES = 3
SIZE = 60_000


@dataclass
class Scene:
    home: Path
    central: CentralServer
    pc: DockStation
    held: dict[str, dict[str, str]] = field(default_factory=dict)
    """What was on each camera when it was docked: digests by path. The truth, kept by the test."""
    _pcs: list[DockStation] = field(default_factory=list)

    def dock(self, serial: str, pc: DockStation | None = None) -> Path:
        """A camera with a few files that no other camera has. What they hold does not matter here."""
        at = pc or self.pc
        made = at.away / serial
        (made / "DCIM").mkdir(parents=True)
        for number in range(FILES):
            (made / "DCIM" / f"{serial}_{number}.MP4").write_bytes(os.urandom(SIZE))
        self.held[serial] = files_below(made)
        return made.rename(at.cameras / serial)

    def another_pc(self, name: str) -> DockStation:
        """Another PC that is the same station; its disk is empty."""
        made = DockStation(self.home / name, self.central)
        self._pcs.append(made)
        return made

    def close(self) -> None:
        for pc in [self.pc, *self._pcs]:
            pc.kill()
        self.central.kill()

    # --- central's copies ---------------------------------------------------------------------------------

    def back_up_central(self) -> Path:
        """Yesterday's copy of DIR, taken from a stopped central that goes on at its address."""
        self.central.stop()
        copy = shutil.copytree(self.central.data_dir, self.home / "yesterday")
        self.restart_central()
        return copy

    def empty_central(self) -> Path:
        """A copy from before anyone enrolled: with the same keys."""
        copy = shutil.copytree(self.central.data_dir, self.home / "yesterday")
        for path in copy.glob("central.sqlite3*"):
            path.unlink()
        shutil.rmtree(copy / "objects")
        made = CentralServer(copy)
        made.init()
        return copy

    def restore_central(self, copy: Path, *, raise_epoch: bool) -> None:
        self.central.kill()
        shutil.rmtree(self.central.data_dir)
        shutil.copytree(copy, self.central.data_dir)
        self.central.data_dir.chmod(0o700)
        if raise_epoch:
            assert self.central.command("epoch", "raise").returncode == 0
        self.restart_central()

    def restart_central(self) -> None:
        self.central.start(listen=self.central.url.removeprefix("http://"))

    # --- what everyone may look at ------------------------------------------------------------------------

    def export(self, what: str, *, told_by: DockStation | None = None) -> list[dict[str, Any]]:
        """The rows, after this PC has sent all its events."""
        if told_by is not None:
            eventually(lambda: told_by.snapshot().get("central", {}).get("events_unsent") == 0, within_s=60)
        done = self.central.command("export", what, "--format", "json")
        assert done.returncode == 0, done.stderr
        return list(json.loads(done.stdout))

    def digests(self, *serials: str) -> set[str]:
        return {digest for serial in serials or self.held for digest in self.held[serial].values()}

    def wait_at_central(self, *serials: str, within_s: float = 60.0) -> None:
        wanted = self.digests(*serials)
        eventually(lambda: wanted <= set(self.central.objects()), within_s=within_s, why="all bytes at central")

    def check_bytes(self) -> None:
        """Every byte ever seen on a camera is at central, whole; nothing left a card that is not there."""
        at_central = files_below(self.central.data_dir / "objects")
        assert {Path(name).name: digest for name, digest in at_central.items()} == {
            digest: digest for digest in at_central.values()
        }
        assert self.digests() <= set(at_central.values())

    def gone_from(self, card: Path) -> set[str]:
        """Digests that have left a card."""
        held = self.held[card.name]
        return {held[name] for name in held.keys() - files_below(card).keys()}


def ledger_of(pc: DockStation) -> str:
    return str(pc.snapshot()["ledger"]["uuid"])


def told(pc: DockStation) -> str:
    """What `dock-agent status` says to a person."""
    done = pc.command("status")
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split())
