"""A power cut at every call while the credential is written: the old one or the new one, whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.adapters.credential_file import write_private
from simulator.volume import LOSSES, Volume
from tests.crash.world import Numbered

PATH = Path("/state/agent/credential.json")
OLD, NEW = b"old" * 300, b"new" * 500


def _left_by_cuts(before: bytes | None) -> tuple[list[bytes | None], bytes | None, int]:
    """What each cut leaves while NEW is written; what is left after it was; and how many cuts that was."""
    disk = Volume("/", 70)
    disk.put("state/.keep", b"")
    if before is not None:
        write_private(PATH, before, disk)
    left: list[bytes | None] = []

    def cut(_name: str) -> None:
        left.extend(disk.after(loss).files().get("state/agent/credential.json") for loss in LOSSES)

    write_private(PATH, NEW, Numbered(disk, "disk", cut))
    after = {disk.after(loss).files().get("state/agent/credential.json") for loss in LOSSES}
    return left, after.pop() if len(after) == 1 else b"it depends", len(left) // len(LOSSES)


@pytest.mark.parametrize("before", [None, OLD])
def test_a_credential_is_the_old_one_or_the_new_one_wherever_the_power_goes(
    before: bytes | None, tally: Callable[[str], None]
) -> None:
    left, after, points = _left_by_cuts(before)
    assert set(left) == {before, NEW}
    assert after == NEW
    tally(f"crash points, credential {'replaced' if before else 'written first'}: {points}, all whole")


def test_a_half_written_one_of_an_earlier_cut_is_no_hindrance() -> None:
    disk = Volume("/", 70)
    disk.put("state/agent/credential.json.new", OLD * 9)
    write_private(PATH, NEW, disk)
    assert disk.files()["state/agent/credential.json"] == NEW


def test_it_would_be_seen_if_the_bytes_were_not_durable_before_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Volume, "fsync", _only_folders(Volume.fsync))
    left, _, _ = _left_by_cuts(OLD)
    assert set(left) - {OLD, NEW}


def _only_folders(inner: Callable[[Volume, int], None]) -> Callable[[Volume, int], None]:
    def fsync(self: Volume, fd: int) -> None:
        if hasattr(self._handles[fd].what, "entries"):
            inner(self, fd)

    return fsync
