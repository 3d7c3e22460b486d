"""ext's own folder for what a repair finds is root's: an agent that is an ordinary user may not open it."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from agent.adapters.camera_card import CameraCard
from agent.adapters.file_calls import KernelCalls, Name
from agent.rules.stock import may_hide_footage


class OrdinaryUser(KernelCalls):
    """May open everything but folders of this name."""

    def __init__(self, shut: bytes) -> None:
        self._shut = shut

    def open(self, path: Name, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        if path == self._shut:
            raise PermissionError(errno.EACCES, "Permission denied")
        return super().open(path, flags, mode, dir_fd=dir_fd)


@pytest.mark.parametrize(
    ("folder", "reason", "complete"),
    [("lost+found", "lost_and_found", True), ("DCIM", "unreadable", False), ("DCIM/lost+found", "unreadable", False)],
)
def test_only_the_roots_own_lost_and_found_may_stay_shut_without_hiding_footage(
    tmp_path: Path, folder: str, reason: str, complete: bool
) -> None:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "A.MP4").touch()
    with CameraCard(str(tmp_path), files=OrdinaryUser(Path(folder).name.encode())) as card:
        listing = card.list()
    assert [(entry.path, entry.reason) for entry in listing.refused] == [(folder.encode(), reason)]
    assert [file.path for file in listing.files] == [b"A.MP4"]
    assert listing.complete is complete
    assert bool(may_hide_footage(listing.refused)) is not complete
