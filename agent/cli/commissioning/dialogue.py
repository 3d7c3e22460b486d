"""Talks with the installer: lines out, lines in, and never a wait that the world cannot end."""

from __future__ import annotations

import os
import select
import sys
import time

LONGEST_LINE = 4096


class Stopped(Exception):
    """The installer left (end of input). What was done stays done."""


class Dialogue:
    """Speaks on stderr, so that stdout carries the sheet alone."""

    def __init__(self, keys: int | None) -> None:
        """`keys`: the file descriptor that lines are read from; None: nobody is there, every default counts."""
        self._keys = keys
        self._buffer = b""
        self.is_alone = keys is None

    def tell(self, *lines: str) -> None:
        for line in lines:
            print(line, file=sys.stderr, flush=True)

    def head(self, title: str) -> None:
        self.tell("", f"── {title}")

    def ask(self, question: str, default: str) -> str:
        """What was typed, or the default for an empty line. Raises Stopped."""
        if self.is_alone:
            return default
        print(f"{question} [{default}]: ", end="", file=sys.stderr, flush=True)
        while True:
            if (line := self.typed(60.0)) is not None:
                return line or default

    def typed(self, within_s: float) -> str | None:
        """The next line, without the spaces around it; None when none came in time. Raises Stopped."""
        if self._keys is None:
            time.sleep(within_s)
            return None
        until = time.monotonic() + within_s
        while b"\n" not in self._buffer:
            readable, _, _ = select.select([self._keys], [], [], max(0.0, until - time.monotonic()))
            if not readable:
                return None
            try:
                piece = os.read(self._keys, LONGEST_LINE)
            except OSError:  # the terminal is gone
                piece = b""
            if not piece:
                raise Stopped
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode("utf-8", "replace").strip()
