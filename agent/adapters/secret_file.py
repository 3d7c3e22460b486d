"""Secrets in files: never in the configuration, never where others can read them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from agent.errors import UnlockNotSetUp
from agent.ports import Password

LONGEST = 4096


def read_secret(name: str) -> Password:
    """The first line of the file, and all of it. A bare name is that of a systemd credential (`LoadCredential=`).

    Raises:
        UnlockNotSetUp: it cannot be read, is empty, or others may read it. The message never holds its content.
    """
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    is_credential = "/" not in name
    if is_credential and not folder:
        raise UnlockNotSetUp(
            f"password_file = {name!r} is the name of a systemd credential, and there are none.",
            hint="Add LoadCredential= to the unit, or give the path of a file.",
        )
    path = Path(folder) / name if is_credential else Path(name)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        raise UnlockNotSetUp(f"The password file {path} cannot be read: {error.strerror}.") from None
    try:
        if not is_credential:  # systemd keeps others from its credentials by other means than the mode
            _refuse_open_to_others(path, os.fstat(handle))
        text = os.read(handle, LONGEST).decode("utf-8", "replace")
    finally:
        os.close(handle)
    password = text.splitlines()[0].strip() if text.strip() else ""
    if not password:
        raise UnlockNotSetUp(f"The password file {path} is empty.")
    return Password(password, text)


def _refuse_open_to_others(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise UnlockNotSetUp(f"The password file {path} is no regular file.")
    if found.st_mode & 0o077:
        raise UnlockNotSetUp(
            f"The password file {path} can be read by others (mode {stat.S_IMODE(found.st_mode):04o}).",
            hint="Make it the agent's own, with mode 0400.",
        )
    if found.st_uid not in (0, os.geteuid()):
        raise UnlockNotSetUp(f"The password file {path} belongs to another user.")
