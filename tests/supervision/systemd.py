"""Stands in for systemd's end of the notification socket: a real datagram socket that keeps what it is told."""

from __future__ import annotations

import os
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4


@dataclass(frozen=True)
class Told:
    at: float
    """Monotonic seconds."""
    words: dict[str, str]


class Systemd:
    """Close it. `environment` is what systemd gives to the service."""

    def __init__(self, path: Path | None = None, watchdog_s: float = 0.0) -> None:
        """Without `path` in the abstract namespace."""
        self.name = str(path) if path else f"@dock-{uuid4()}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.name if path else b"\0" + self.name[1:].encode())
        self._socket.settimeout(0.1)
        self.environment = {"NOTIFY_SOCKET": self.name}
        if watchdog_s:
            self.environment["WATCHDOG_USEC"] = str(int(watchdog_s * 1e6))
        self.told: list[Told] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self._socket.close()

    def values(self, word: str) -> list[str]:
        return [one.words[word] for one in list(self.told) if word in one.words]

    def fed_since(self, at: float) -> int:
        return sum("WATCHDOG" in one.words and one.at > at for one in list(self.told))

    def _read(self) -> None:
        while not self._closing.is_set():
            try:
                datagram = self._socket.recv(65536)
            except TimeoutError:
                continue
            words = dict(line.split("=", 1) for line in datagram.decode().split("\n"))
            self.told.append(Told(time.monotonic(), words))


def environ_of(pid: int) -> set[str]:
    """Names of the variables that a process was started with."""
    raw = Path(f"/proc/{pid}/environ").read_bytes()
    return {os.fsdecode(pair.split(b"=", 1)[0]) for pair in raw.split(b"\0") if pair}
