"""Tells systemd how this service is doing (sd_notify), by datagrams to the socket that the environment names."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import MutableMapping
from contextlib import suppress

SEND_WITHIN_S = 1.0
"""systemd reads at once. Nobody who works may wait for one that does not."""


class Notifier:
    """Says nothing when nobody asked to be told; never raises for a listener that went away."""

    def __init__(self, environment: MutableMapping[str, str], pid: int) -> None:
        """Takes `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` out of `environment`: they are meant for this
        process, not for the children that it starts."""
        self._address = _address(environment.pop("NOTIFY_SOCKET", ""))
        period, owner = environment.pop("WATCHDOG_USEC", ""), environment.pop("WATCHDOG_PID", "")
        is_ours = not owner or owner == str(pid)
        self.watchdog_s = int(period) / 1e6 if is_ours and period.isdecimal() and int(period) else None
        """Seconds after which systemd takes this service for hung; None: it does not watch."""

    def ready(self, status: str) -> None:
        """It subscribed and listed; or it goes on with the configuration that counts after a reload."""
        self._send("READY=1", f"STATUS={_one_line(status)}")

    def reloading(self) -> None:
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        self._send("STOPPING=1", "STATUS=stopping; whatever is under way is taken up by the next start")

    def status(self, status: str) -> None:
        self._send(f"STATUS={_one_line(status)}")

    def alive(self) -> None:
        """Feeds the watchdog."""
        if self.watchdog_s is not None:
            self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaker:
            speaker.settimeout(SEND_WITHIN_S)
            speaker.sendto("\n".join(lines).encode(), self._address)


def _address(named: str) -> str | bytes:
    """A path, or with `@` a name in the abstract namespace, which begins with a zero byte."""
    return b"\0" + os.fsencode(named[1:]) if named.startswith("@") else named


def _one_line(text: str) -> str:
    return " ".join(text.split())
