"""What central stored, read by ourselves: never by name alone."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path

_Mark = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Content:
    sha256: str
    size: int


class ObjectFolder:
    """The folder of objects under central's DIR. A file is hashed again whenever its inode changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hashed: dict[_Mark, Content] = {}
        self._lock = threading.Lock()

    def content_of(self, sha256: str) -> Content | None:
        """What the object of this name really holds; None when there is none."""
        return self._content(self._folder / sha256[:2] / sha256)

    def all(self) -> dict[Path, Content]:
        """Every file below the folder with what it holds."""
        found = {path: self._content(path) for path in sorted(self._folder.rglob("*")) if path.is_file()}
        return {path: content for path, content in found.items() if content is not None}

    def _content(self, path: Path) -> Content | None:
        try:
            with path.open("rb") as file:
                found = path.stat()
                mark = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
                with self._lock:
                    known = self._hashed.get(mark)
                if known is None:
                    known = Content(hashlib.file_digest(file, "sha256").hexdigest(), found.st_size)
                    with self._lock:
                        self._hashed[mark] = known
                return known
        except FileNotFoundError:
            return None
