"""What the kernel says about a card, in the agent's words."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from agent.adapters.card_errno import card_error, is_device_present
from agent.errors import CardGone, CardUnreadable, Refused

NO_DISK = os.makedev(0, 77)
"""As network and FUSE file systems have it: there is no disk that could be pulled."""
PULLED = os.makedev(8, 1_000_000)
"""The number of a disk that the kernel does not know."""


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.EIO, CardUnreadable),
        (errno.EACCES, CardUnreadable),
        (errno.EUCLEAN, CardUnreadable),
        (errno.ENODEV, CardGone),
        (errno.ENXIO, CardGone),
        (errno.ESTALE, CardGone),
        (errno.ENOTCONN, CardGone),
        (errno.ENOMEDIUM, CardGone),
        (errno.ELOOP, Refused),
        (errno.ENOTDIR, Refused),
        (errno.ENOENT, FileNotFoundError),
    ],
)
def test_every_errno_has_one_name(number: int, expected: type[Exception]) -> None:
    assert type(card_error(OSError(number, os.strerror(number)), b"clip.mp4", NO_DISK)) is expected


def test_an_io_error_of_a_disk_that_is_no_longer_there_is_a_pulled_card() -> None:
    assert type(card_error(OSError(errno.EIO, "I/O error"), b"clip.mp4", PULLED)) is CardGone


def test_a_disk_is_present_while_the_kernel_lists_it() -> None:
    listed = [Path(entry).name.split(":") for entry in Path("/sys/dev/block").iterdir()]
    assert all(is_device_present(os.makedev(int(major), int(minor))) for major, minor in listed)
    assert is_device_present(NO_DISK)
    assert not is_device_present(PULLED)
