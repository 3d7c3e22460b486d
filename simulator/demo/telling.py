"""Prints what happens, one plain sentence a line, with the time since the start."""

from __future__ import annotations

import threading
import time
from typing import TextIO

GREEN, RED, YELLOW, BOLD, DIM = "32", "31", "33", "1", "2"


class Teller:
    """Prints whole lines from any thread. Colours only on a terminal."""

    def __init__(self, out: TextIO, *, colours: bool | None = None) -> None:
        self._out = out
        self._colours = out.isatty() if colours is None else colours
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self.audience_left = False

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._started

    def scene(self, title: str) -> None:
        self._print(f"\n{self._dyed('── ' + title, BOLD)}")

    def say(self, who: str, text: str, *, camera: str = "", colour: str = "") -> None:
        """`00:04  east-1 Bay 1   BWC0412  docked`"""
        minutes, seconds = divmod(int(self.elapsed_s), 60)
        at = self._dyed(f"{minutes:02}:{seconds:02}", DIM)
        self._print(f"{at}  {who:<13}  {camera:<8} {self._dyed(printable(text), colour)}")

    def plain(self, text: str = "", *, colour: str = "") -> None:
        self._print(self._dyed(text, colour))

    def _dyed(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if colour and self._colours else text

    def _print(self, line: str) -> None:
        with self._lock:
            try:
                self._out.write(line + "\n")
                self._out.flush()
            except BrokenPipeError:
                self.audience_left = True


def printable(text: str) -> str:
    """The text on one line: a file name may hold anything, also what moves a terminal's cursor."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
