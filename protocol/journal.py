"""The journal's own socket: one datagram for each event, its facts as fields that `journalctl` can match.

    journalctl -u dock-agent -p warning EVENT=asset_quarantined BAY="Bay 7"

Of what systemd publishes as the journal's native protocol this speaks just what a log needs.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import sys
from collections.abc import Mapping
from typing import IO

ADDRESS = "/run/systemd/journal/socket"
PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "exception": 3, "critical": 2}
"""As syslog numbers them."""

FIELDS = ("event", "station", "bay", "camera", "asset")
"""What of an event becomes a field of its own, in capitals. MESSAGE is the whole JSON line, as a stream gets it."""

SEND_WITHIN_S = 1.0
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL


def is_journal(stream: IO[str], environment: Mapping[str, str]) -> bool:
    """Whether what is written to `stream` goes to the journal: then systemd named it in JOURNAL_STREAM."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):  # closed, or no file at all
        return False
    return environment.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def entry(identifier: str, level: str, line: str, facts: Mapping[str, object]) -> bytes:
    """One event as the journal takes it. `line` is its MESSAGE."""
    fields = {"MESSAGE": line, "PRIORITY": str(priority(level)), "SYSLOG_IDENTIFIER": identifier}
    fields |= {name.upper(): str(facts[name]) for name in FIELDS if facts.get(name) not in (None, "")}
    return b"".join(_field(name, value.encode("utf-8", "backslashreplace")) for name, value in fields.items())


def priority(level: str) -> int:
    """An unknown level is not hidden among the unimportant ones."""
    return PRIORITIES.get(level, PRIORITIES["warning"])


def _field(name: str, value: bytes) -> bytes:
    """A value of several lines is counted, not ended."""
    if b"\n" in value:
        return name.encode() + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"
    return name.encode() + b"=" + value + b"\n"


class Journal:
    """Where events of this process go. For any thread, and for a forked child."""

    def __init__(self, identifier: str, address: str = ADDRESS) -> None:
        self._identifier = identifier
        self._address = address

    def send(self, level: str, line: str, facts: Mapping[str, object]) -> bool:
        """Whether the journal took it. False: write it to the stream, which systemd keeps open for us."""
        content = entry(self._identifier, level, line, facts)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaker:
            speaker.settimeout(SEND_WITHIN_S)
            try:
                speaker.sendto(content, self._address)
            except OSError as error:
                return error.errno == errno.EMSGSIZE and self._send_in_memory(speaker, content)
        return True

    def _send_in_memory(self, speaker: socket.socket, content: bytes) -> bool:
        """What is too large for a datagram goes as a sealed file in memory."""
        try:
            with os.fdopen(os.memfd_create("entry", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "wb") as file:
                file.write(content)
                file.flush()
                fcntl.fcntl(file, fcntl.F_ADD_SEALS, _SEALS)
                rights = file.fileno().to_bytes(4, sys.byteorder)
                # not send_fds: it forgets the address
                speaker.sendmsg([], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)], 0, self._address)
        except OSError:
            return False
        return True
