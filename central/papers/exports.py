"""The rows of `export papers`: every custody record that was issued, to whom and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from central.papers.models import Paper

PAGE = 1000
PAPER_COLUMNS = (
    "number",
    "at",
    "by",
    "roles",
    "paper_id",
    "asset_id",
    "sha256",
    "key_id",
    "reason",
    "request_number",
    "peer",
)


def paper_rows() -> Iterator[list[Any]]:
    """Oldest first; a thousand at a time so that a running server is never held up."""
    last = 0
    while page := list(Paper.objects.filter(number__gt=last).defer("content").order_by("number")[:PAGE]):
        for one in page:
            yield [
                *(one.number, one.at, one.by, one.roles, one.paper_id, one.asset_id, one.sha256, one.key_id),
                *(one.reason, one.request_number or None, one.peer or None),
            ]
        last = page[-1].number
