"""Telling the server to close the connection of the request that this thread is answering.

gunicorn reads away at most 64 KiB of a body that a view left unread and then closes a connection that it had just
announced to keep. Its clients then see their next request die. `serving` puts the means here, doors use it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

_this = threading.local()


def remember(close: Callable[[], None]) -> None:
    """Keep the function that makes the present answer say `Connection: close`."""
    _this.close = close


def close_after_answer() -> None:
    """The present answer is the last one on its connection. Without a server around it, nothing happens."""
    close: Callable[[], None] | None = getattr(_this, "close", None)
    if close is not None:
        close()
