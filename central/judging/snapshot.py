"""Reading many rows as they stood at one instant, without keeping anybody from writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def one_snapshot() -> Iterator[None]:
    """All that is read inside is of one instant; nothing may be written.

    Facts that were read at different instants accuse wrongly: a dock that came between the docks and the watch is in
    neither. A transaction of Django's would take the lock that stations' events wait for.
    """
    if connection.in_atomic_block or connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
