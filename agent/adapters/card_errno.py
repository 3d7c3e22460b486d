"""What an errno on a card means: the camera is gone, a part of it cannot be read, or it is not what was listed."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.errors import CardGone, CardUnreadable, Refused

GONE = frozenset(
    {
        errno.ENODEV,
        errno.ENXIO,
        errno.ESTALE,
        errno.ENOTCONN,
        errno.ESHUTDOWN,
        errno.ECONNABORTED,
        errno.ENOMEDIUM,
    }
)
ABSENT = frozenset({errno.ENOENT})
NOT_AS_LISTED = frozenset({errno.ELOOP, errno.ENOTDIR})
NOT_WRITABLE = frozenset({errno.EROFS})
BLOCK_DEVICES = Path("/sys/dev/block")


def is_device_present(device: int) -> bool:
    """Whether the disk behind this `st_dev` is still attached. File systems without a disk always are.

    FAT answers `stat`, `statvfs` and cached reads after a stick was pulled; the kernel's list of disks is honest.
    """
    if os.major(device) == 0 or not BLOCK_DEVICES.is_dir():
        return True
    return (BLOCK_DEVICES / f"{os.major(device)}:{os.minor(device)}").exists()


def card_error(error: OSError, path: bytes, device: int) -> Exception:
    """The agent's name for an OSError met at `path` of a card."""
    what = f"{path!r}: {error.strerror or error}"
    if error.errno in ABSENT:
        return FileNotFoundError(errno.ENOENT, "not on the card", path)
    if error.errno in GONE or not is_device_present(device):
        return CardGone(f"The camera is no longer there ({what}).")
    if error.errno in NOT_AS_LISTED:
        return Refused(f"{what}: a link or something else stands where the listing had a file.", code="not_as_listed")
    return CardUnreadable(f"The card could not be read at {what}.", hint="What could be read is kept.")


@contextmanager
def card_errors(path: bytes, device: int) -> Iterator[None]:
    """Translates every OSError inside.

    Raises:
        FileNotFoundError, CardGone, CardUnreadable, Refused.
    """
    try:
        yield
    except OSError as error:
        raise card_error(error, path, device) from error
