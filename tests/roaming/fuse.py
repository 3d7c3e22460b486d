"""Something happens in the middle of a step: at the n-th call through a door the fuse blows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class ProcessGone(BaseException):
    """The agent's process died at this call. Not an Exception: no error handling runs in a process that is gone."""


class Fuse:
    """Counts the calls of one process through its doors."""

    def __init__(self) -> None:
        self.dead = False
        self._left = 0
        self._door = ""
        self._blow: Callable[[str], None] = lambda _door: None

    def set(self, door: str, calls: int, blow: Callable[[str], None]) -> None:
        """`blow` is called just before the `calls`-th call from now on of a door whose name begins with `door`."""
        self._door, self._left, self._blow = door, calls, blow

    def take_out(self) -> bool:
        """Whether it had blown."""
        blown, self._left = self._left == 0, 0
        return blown

    def tick(self, door: str = "") -> None:
        """Raises ProcessGone in a process that died, so that none of its `finally` touches the world."""
        if self.dead:
            raise ProcessGone(door)
        if self._left and door.startswith(self._door):
            self._left -= 1
            if not self._left:
                self._blow(door)
                if self.dead:
                    raise ProcessGone(door)


class Door:
    """A port whose named calls tick, before they are made and, where the answer may be lost, after."""

    def __init__(self, behind: Any, fuse: Fuse, before: frozenset[str], after: frozenset[str] = frozenset()) -> None:
        self._behind, self._fuse = behind, fuse
        self._before, self._after = before, after

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._behind, name)
        if name not in self._before:
            return real

        def ticking(*arguments: Any, **named: Any) -> Any:
            self._fuse.tick(name)
            answer = real(*arguments, **named)
            if name in self._after:
                self._fuse.tick(f"answer of {name}")
            return answer

        # Found here from the next call on, without asking again.
        self.__dict__[name] = ticking
        return ticking


LEDGER = frozenset({"commit", "remember"})
CENTRAL = frozenset(
    {"create", "resume", "append", "verify", "lookup", "post_events", "standing", "standing_of", "post_heartbeat"}
    | {"ledger_heads", "roster"}
)
MOUNTER = frozenset({"mount", "release"})
SOURCE = frozenset({"truth"})
