"""Where everything of one central lives under its DIR, and with which permissions."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DataDir:
    """The names inside one data directory. Nothing here reads or writes but `create` and `write_private`."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "central.toml"

    @property
    def database(self) -> Path:
        return self.root / "central.sqlite3"

    @property
    def secret_key(self) -> Path:
        return self.root / "secret_key"

    @property
    def receipt_key(self) -> Path:
        return self.root / "receipt_key.pem"

    @property
    def serve_lock(self) -> Path:
        return self.root / "serve.lock"

    @property
    def outbox_lock(self) -> Path:
        """Held by the one process that hands mail over."""
        return self.root / "outbox.lock"

    @property
    def notices_lock(self) -> Path:
        """Held by the one process that decides who is written to."""
        return self.root / "notices.lock"

    @property
    def last_round(self) -> Path:
        """Changed whenever the alert worker has completed a round: its age is the worker's."""
        return self.root / "last_round"

    @property
    def measures(self) -> Path:
        """Figures that were counted for the page of measures. May be deleted at any time."""
        return self.root / "measures"

    @property
    def up_since(self) -> Path:
        """Since when central works, and when it last did: what it says, and when it was changed."""
        return self.root / "up_since"

    @property
    def clock_in_doubt(self) -> Path:
        """There while central's own clock is not to be believed."""
        return self.root / "clock_in_doubt"

    @property
    def objects(self) -> Path:
        """Verified footage: whole plain files, `aa/<sha256>`."""
        return self.root / "objects"

    @property
    def parts(self) -> Path:
        """Uploads that are under way, one file each."""
        return self.root / "parts"

    @property
    def rotten(self) -> Path:
        """Objects that no longer had the bytes of their name, moved aside and kept."""
        return self.root / "rotten"

    def is_initialised(self) -> bool:
        return self.database.exists() and self.receipt_key.exists() and self.secret_key.exists()

    def create(self) -> None:
        """Make the directories, mode 0700; existing ones are kept."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)
        for folder in (self.objects, self.parts, self.rotten):
            folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(self.root)


def write_private(path: Path, content: bytes, *, mode: int = 0o600) -> bool:
    """Write a new file durably and never overwrite one: False when `path` was there already."""
    if path.exists():
        return False
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
