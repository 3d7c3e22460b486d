"""The configuration's file, changed as a whole or not at all; the old one is kept beside it."""

from __future__ import annotations

import os
from pathlib import Path

from agent import config
from agent.adapters.file_calls import KERNEL, sync_folder
from agent.errors import ConfigError, NeedsOperator, Refused

OLD = ".old"
NEW = ".new"


class ConfigFile:
    """One `agent.toml`, edited by one person at a time. The file as it was before the first change is kept as
    `agent.toml.old`."""

    def __init__(self, path: Path) -> None:
        self.path = Path(os.path.realpath(path))
        """Where it lies: a link to it stays one."""
        self._is_kept = False

    def text(self) -> str:
        """Its letters. Raises NeedsOperator."""
        try:
            return self.path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise NeedsOperator(f"{self.path} cannot be read: {error}.", code="config_unreadable") from error

    def trouble(self) -> str:
        """Why this user may not change it; empty when he may."""
        found = self.path.stat()
        if not os.access(self.path.parent, os.W_OK | os.X_OK):
            return f"this user may not write in {self.path.parent}"
        if os.geteuid() not in (0, found.st_uid):
            return f"{self.path} belongs to another user"
        return ""

    def replace(self, seen: str, text: str) -> None:
        """Put `text` in place of `seen`: checked first, durable on return, with the same owner and mode.

        Raises:
            Refused: somebody changed the file since `seen` was read, or the new text would not be accepted. The
                file is as it was.
            NeedsOperator: it could not be written. The file is as it was.
        """
        fresh = self.path.with_name(self.path.name + NEW)
        try:
            self._write(fresh, text)
            try:
                config.load(fresh)
            except ConfigError as error:
                told = "\n".join(error.problems).replace(str(fresh), str(self.path))
                raise Refused(f"The new {self.path.name} would not be accepted:\n{told}") from error
            if self.text() != seen:
                raise Refused(f"{self.path} was changed by somebody else a moment ago.", hint="Try again.")
            if not self._is_kept:
                self._write(self.path.with_name(self.path.name + OLD), seen)
                self._is_kept = True
            fresh.replace(self.path)
            sync_folder(self.path.parent, KERNEL)
        except OSError as error:
            raise NeedsOperator(
                f"{self.path} could not be written ({error.strerror}). It is as it was.",
                code="config_unwritable",
                hint="Run this as root, or as the user who owns the file.",
            ) from error
        finally:
            fresh.unlink(missing_ok=True)

    def _write(self, path: Path, text: str) -> None:
        like = self.path.stat()
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            if os.geteuid() == 0:
                os.fchown(handle, like.st_uid, like.st_gid)
            os.fchmod(handle, like.st_mode & 0o7777)
            content = text.encode("utf-8")
            while content:
                content = content[os.write(handle, content) :]
            os.fsync(handle)
        finally:
            os.close(handle)
