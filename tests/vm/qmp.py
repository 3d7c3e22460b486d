"""Just enough of qemu's machine protocol: commands, and events that are kept until somebody waits for them."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Message = dict[str, Any]
ANSWER_WITHIN_S = 120.0
LISTENS_WITHIN_S = 60.0


class QemuRefused(Exception):
    """qemu is gone, or said no."""


class Qmp:
    """Commands of one thread to one qemu. `close` it."""

    def __init__(self, path: Path) -> None:
        self._socket = _connected(path)
        self._socket.settimeout(ANSWER_WITHIN_S)
        self._lines = self._socket.makefile("rwb")
        self._events: list[Message] = []
        self._read()  # its greeting
        self.do("qmp_capabilities")

    def do(self, command: str, /, **arguments: object) -> Any:
        """Run a command and return its answer; `_` in a name stands for `-`, arguments of None are left out.

        Raises:
            QemuRefused: qemu's own words.
        """
        given = {name.replace("_", "-"): value for name, value in arguments.items() if value is not None}
        self._lines.write(json.dumps({"execute": command, "arguments": given}).encode() + b"\n")
        self._lines.flush()
        while True:
            message = self._read()
            if "event" in message:
                self._events.append(message)
            elif "error" in message:
                raise QemuRefused(f"{command}: {message['error']['desc']}")
            else:
                return message["return"]

    def wait_for(self, event: str, matches: Callable[[Message], bool]) -> Message:
        """The first such event since the last wait for one like it."""
        while True:
            for place, message in enumerate(self._events):
                if message["event"] == event and matches(message.get("data", {})):
                    return self._events.pop(place)
            self._events.append(self._read())

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def _read(self) -> Message:
        line = self._lines.readline()
        if not line:
            raise QemuRefused("qemu is gone")
        return dict(json.loads(line))


def _connected(path: Path) -> socket.socket:
    deadline = time.monotonic() + LISTENS_WITHIN_S
    while True:
        one = socket.socket(socket.AF_UNIX)
        try:
            one.connect(str(path))
        except OSError:
            one.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return one
