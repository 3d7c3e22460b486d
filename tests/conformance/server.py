"""A tus server as the suite sees it: an address, a folder, a process that can be killed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from uuid import UUID

SMALLEST_PART = 1024
"""Bytes. Smaller files are a server's notes, not footage."""


class Server(Protocol):
    """One server over one folder. `kill` is SIGKILL; `start` after it comes back at the same address."""

    name: str
    headers: Mapping[str, str]
    """Sent with every request: its credential, where it wants one."""
    folder: Path

    def start(self) -> None: ...
    def kill(self) -> None: ...
    def version(self) -> str: ...
    def creation_url(self, key: UUID) -> str: ...
    def holds(self, url: str, data: bytes) -> bool:
        """Whether exactly `data` is stored for this upload."""

    def part_of(self, data: bytes) -> Path | None:
        """The file that holds the beginning of `data`; None when footage does not lie in files of its own."""


def file_with(folder: Path, data: bytes) -> bool:
    """Whether some file below `folder` has exactly these bytes."""
    return any(path.stat().st_size == len(data) and path.read_bytes() == data for path in _files(folder))


def file_beginning(folder: Path, data: bytes) -> Path | None:
    """The file that begins as `data` does, and goes on so to its end or the data's."""
    for path in _files(folder):
        content = path.read_bytes()
        common = min(len(content), len(data))
        if common >= SMALLEST_PART and content[:common] == data[:common]:
            return path
    return None


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
