"""Which user this process works as. Root owns nothing of a station: what it left there the agent could not use."""

from __future__ import annotations

import os
import pwd
from contextlib import suppress
from pathlib import Path


def become_owner_of(folder: Path) -> None:
    """From here on be the user that owns `folder`, for good, when this is root and that is somebody else.

    So `sudo dock-agent enroll` leaves what the agent can read, and no command sees more than the agent does.
    """
    with suppress(FileNotFoundError):
        owner = folder.stat()
        if os.geteuid() != 0 or owner.st_uid == 0:
            return
        try:
            os.initgroups(pwd.getpwuid(owner.st_uid).pw_name, owner.st_gid)
        except KeyError:  # a folder of a user that this PC does not know
            os.setgroups([owner.st_gid])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
