"""A spool copy that stands in memory."""

from __future__ import annotations


class BytesSource:
    """Implements SpooledFile, and counts what is read."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size = len(content)
        self.largest_read = 0

    def read_at(self, offset: int, length: int) -> bytes:
        self.largest_read = max(self.largest_read, length)
        return self.content[offset : offset + length]

    def close(self) -> None: ...
