"""A private D-Bus that stands in for the system's, and the UDisks2 double on it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests import leaving_nothing
from tests.sources.clock import eventually
from tests.sources.test_udev import Process

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_type="method_call"/>
    <allow send_destination="*"/><allow receive_sender="*"/><allow eavesdrop="false"/>
  </policy>
</busconfig>
"""


class DockBus:
    """`folder` must have a short path: it gets the bus's socket. `end` it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "bus"
        self.environment = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.socket}"}
        self._config = folder / "bus.conf"
        self._config.write_text(CONFIG.format(socket=self.socket))
        self.start_bus()
        self.udisks: Process | None = None
        self._known: list[dict[str, Any]] = []
        self.start_udisks()

    def start_bus(self) -> None:
        self.socket.unlink(missing_ok=True)
        self._bus = leaving_nothing.start(
            ["dbus-daemon", f"--config-file={self._config}", "--nofork", "--nopidfile"], stderr=subprocess.DEVNULL
        )
        eventually(self.socket.exists)

    def start_udisks(self) -> None:
        """It finds what is plugged in, as the real one does."""
        command = (sys.executable, "-m", "tests.sources.udisks_double", str(self.folder))
        self.udisks = Process(*command, env=self.environment)
        for order in self._known:
            self.udisks.ask(order)

    def kill_udisks(self) -> None:
        if self.udisks is not None:
            os.kill(self.udisks.pid, 9)
            self.udisks.end()
            self.udisks = None

    def kill_bus(self) -> None:
        self._bus.kill()
        self._bus.wait()
        self.kill_udisks()

    def add(self, node: str, kind: str = "ext4", uuid: str = "", label: str = "") -> None:
        order = {"do": "add", "node": node, "kind": kind, "uuid": uuid, "label": label}
        self._known = [known for known in self._known if known["node"] != node] + [order]
        self.ask(order)

    def remove(self, node: str) -> None:
        self._known = [known for known in self._known if known["node"] != node]
        self.ask({"do": "remove", "node": node})

    def fault(self, name: str, value: Any) -> None:
        self.ask({"do": "fault", "name": name, "value": value})

    def calls(self) -> list[Any]:
        return list(self.ask({"do": "calls"}))

    def ask(self, order: dict[str, Any]) -> Any:
        assert self.udisks is not None
        return self.udisks.ask(order)

    def end(self) -> None:
        self.kill_udisks()
        self._bus.kill()
        self._bus.wait()
        for point in sorted((self.folder / "media").glob("*")):
            subprocess.run(["umount", "-l", str(point)], check=False, capture_output=True)
