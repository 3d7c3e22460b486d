"""The rows of `export units`: whom each unit's notices go to, as `supervisors import` takes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from central.roster.models import Unit
from central.roster.supervisors import ADDRESSES

UNIT_COLUMNS = ("unit", *ADDRESSES)


def unit_rows() -> Iterator[list[Any]]:
    for unit in Unit.objects.order_by("pk"):
        yield [unit.pk, *(getattr(unit, name) or None for name in ADDRESSES)]
