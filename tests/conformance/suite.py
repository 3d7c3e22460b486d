"""All rows, and how one of them ends at one server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import requests

from tests.conformance import rows_protocol, rows_trouble
from tests.conformance.client import Client, Differs, NotOffered
from tests.conformance.server import Server


@dataclass(frozen=True)
class Row:
    group: str
    run: Callable[[Client], None]

    @property
    def title(self) -> str:
        return self.run.__name__.replace("_", " ").replace("sha1", "SHA-1").replace("head ", "HEAD ", 1)


ROWS = tuple(
    Row(group, run)
    for part in (rows_protocol.ROWS, rows_trouble.ROWS)
    for group, rows in part.items()
    for run in rows
)


@dataclass(frozen=True)
class Outcome:
    """`holds`, `differs` with how, or `not offered`."""

    word: str
    how: str = ""


HOLDS, NOT_OFFERED = Outcome("holds"), Outcome("not offered")


def outcome(row: Row, server: Server) -> Outcome:
    """Play one row. The server runs before and after, whatever happened."""
    client = Client(server)
    try:
        row.run(client)
    except Differs as error:
        return Outcome("differs", str(error))
    except NotOffered:
        return NOT_OFFERED
    except (requests.ConnectionError, ConnectionError):
        return Outcome("differs", "breaks the connection off")
    except (requests.Timeout, TimeoutError):
        return Outcome("differs", "does not answer")
    finally:
        client.close()
    return HOLDS
