"""Loads the named statements of `queries.sql`."""

from __future__ import annotations

import re
from importlib.resources import files

_HEADING = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def parse_queries(text: str) -> dict[str, str]:
    """The statements of a file by their names. Every statement needs a line that says what it is for.

    Raises:
        ValueError: a name is used twice, or a statement has no purpose.
    """
    parts = _HEADING.split(text)[1:]
    queries: dict[str, str] = {}
    for name, block in zip(parts[::2], parts[1::2], strict=True):
        purpose, _, statement = block.strip().partition("\n")
        if not purpose.startswith("-- ") or name in queries:
            raise ValueError(f"query {name}: its name must be new and its first line must say what it is for")
        queries[name] = statement.strip()
    return queries


QUERIES = parse_queries((files("agent.ledger") / "queries.sql").read_text(encoding="utf-8"))
