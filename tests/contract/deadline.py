"""Deadlines instead of sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable

WITHIN_S = 10.0


def eventually(question: Callable[[], bool]) -> None:
    """Return as soon as it is true.

    Raises:
        AssertionError: it was not true within ten seconds.
    """
    deadline = time.monotonic() + WITHIN_S
    while not question():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)
