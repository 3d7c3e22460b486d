"""Names of people in rows, as they are or as pseudonyms."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

OF_PEOPLE = frozenset({"officer_id", "officer_ids", "exception_said_by", "exception_approved_by"})
FREE_NAMES = frozenset({"source_path", "path_b64"})
"""A camera may write its officer's number into the names of its files."""


class Pseudonyms:
    """The same person has the same pseudonym in every package of one central; only who has its key can tell whose."""

    def __init__(self, key: bytes | None) -> None:
        """`key` None: everything stays as it is."""
        self._key = key

    @property
    def are_used(self) -> bool:
        return self._key is not None

    def of(self, columns: Sequence[str], row: Sequence[Any]) -> list[Any]:
        if self._key is None:
            return list(row)
        return [self._cell(column, value) for column, value in zip(columns, row, strict=True)]

    def _cell(self, column: str, value: Any) -> Any:
        if column in FREE_NAMES:
            return None
        if column not in OF_PEOPLE or not value:
            return value
        return [self._name(one) for one in value] if isinstance(value, list) else self._name(value)

    def _name(self, value: Any) -> str:
        assert self._key is not None  # noqa: S101 - `of` asks
        return "p-" + hmac.new(self._key, f"officer {value}".encode(), hashlib.sha256).hexdigest()[:16]
