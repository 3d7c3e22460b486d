"""A command in a terminal of its own, as an installer sits before it: what it says, what is typed, Ctrl-C."""

from __future__ import annotations

import os
import pty
import select
import time
from pathlib import Path

from tests import leaving_nothing
from tests.dock_station import DOCK_AGENT, ROOT, DockStation

WITHIN_S = 90.0
ALONE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
"""No other process of this PC is seen: doctor rightly takes other tests' agents for rivals over the same USB bus."""


class Terminal:
    """`dock-agent commission` of one station. stderr and the keys are the terminal; stdout goes to a file."""

    def __init__(self, station: DockStation, *options: str, alone: bool = False, **environment: str) -> None:
        self.out = station.home / "stdout"
        self._master, slave = pty.openpty()
        with self.out.open("wb") as out:
            self._process = leaving_nothing.start(
                [
                    "setsid",
                    "-c",
                    *(ALONE if alone else ()),
                    *DOCK_AGENT,
                    "commission",
                    "--config",
                    str(station.config),
                    *options,
                ],
                cwd=ROOT,
                stdin=slave,
                stdout=out,
                stderr=slave,
                env={**os.environ, **environment},
            )
        os.close(slave)
        self.said = ""
        self._read = 0

    def expect(self, words: str, within_s: float = WITHIN_S) -> str:
        """Wait until these words were said after those that were expected last; what came up to them."""
        until = time.monotonic() + within_s
        while words not in self.said[self._read :]:
            assert time.monotonic() < until, f"{words!r} was not said within {within_s} s:\n{self.said}"
            self._hear(0.2, words)
        at = self.said.index(words, self._read)
        before, self._read = self.said[self._read : at], at + len(words)
        return before

    def type(self, line: str) -> None:
        os.write(self._master, line.encode() + b"\n")

    def interrupt(self) -> None:
        os.write(self._master, b"\x03")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def ends(self, within_s: float = WITHIN_S) -> int:
        """Its exit code, once it has ended."""
        until = time.monotonic() + within_s
        while self._process.poll() is None:
            assert time.monotonic() < until, f"it does not end:\n{self.said}"
            self._hear(0.1, "")
        self._hear(0.1, "")
        return int(self._process.returncode)

    def stdout(self) -> str:
        return Path(self.out).read_text("utf-8")

    def close(self) -> None:
        if self._process.poll() is None:
            self.kill()
        os.close(self._master)

    def _hear(self, within_s: float, words: str) -> None:
        readable, _, _ = select.select([self._master], [], [], within_s)
        if not readable:
            return
        try:
            self.said += os.read(self._master, 65536).decode("utf-8", "replace").replace("\r\n", "\n")
        except OSError:  # the other end is closed
            assert not words or words in self.said[self._read :], f"{words!r} was never said:\n{self.said}"
            time.sleep(0.02)
