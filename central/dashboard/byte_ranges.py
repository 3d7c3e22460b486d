"""What part of a file a browser asks for (RFC 9110, section 14). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass


class NotSatisfiable(Exception):
    """The file has no such bytes."""


@dataclass(frozen=True)
class Part:
    """`count` bytes from `first` on."""

    first: int
    count: int

    def content_range(self, size: int) -> str:
        return f"bytes {self.first}-{self.first + self.count - 1}/{size}"


def asked_part(header: str | None, size: int) -> Part | None:
    """The part that is asked for; None: the whole file, also where the header is not understood or asks for several
    parts, which a server may answer so.

    Raises:
        NotSatisfiable: it begins behind the file's end.
    """
    found = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", (header or "").replace(" ", ""))
    if found is None or found.groups() == ("", ""):
        return None
    begins, ends = found.groups()
    if not begins:
        count = min(int(ends), size)
        if count == 0:
            raise NotSatisfiable
        return Part(size - count, count)
    first = int(begins)
    last = min(int(ends), size - 1) if ends else size - 1
    if ends and int(ends) < first:
        return None
    if first >= size:
        raise NotSatisfiable
    return Part(first, last - first + 1)
