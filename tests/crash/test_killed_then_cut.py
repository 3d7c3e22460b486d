"""A process is killed, a new one finds what it left, and then the power goes: two blows that are not one.

A kill takes nothing that was written, synced or not. So the next process may find a copy whose name is not durable
yet, count on it, and lose it with the power.
"""

from __future__ import annotations

from uuid import UUID

import pytest

from agent.adapters.spool_disk import SpoolFolder
from simulator.volume import LOSSES, Loss, Volume
from tests.crash.world import Numbered

ASSET = UUID(int=7)
CONTENT, SIDECAR = b"footage " * 300, b'{"a sidecar": 1}'
SPOOL = "/state/spool"


class Killed(BaseException):
    """Nobody handles it, as nobody handles SIGKILL."""


def killed_at(call: int | None) -> tuple[Volume, int]:
    """The disk after the card process was killed at this call of its copy; and the calls that it made."""
    disk, calls = Volume("/", 70), 0
    disk.put("state/.keep", b"")

    def point(_name: str) -> None:
        nonlocal calls
        calls += 1
        if call is not None and calls > call:
            raise Killed

    SpoolFolder(SPOOL, 0, disk)
    try:
        copy = SpoolFolder(SPOOL, 0, Numbered(disk, "disk", point)).begin(ASSET, len(CONTENT))  # type: ignore[arg-type]
        copy.write(memoryview(CONTENT))
        copy.commit(SIDECAR, len(CONTENT))
    except Killed:
        pass
    return disk, calls


def survives(disk: Volume, loss: Loss) -> bool:
    """Whether the copy is whole, with its sidecar, on the disk that a power cut leaves."""
    left = SpoolFolder(SPOOL, 0, disk.after(loss))
    left.sweep()
    return left.size(ASSET) == len(CONTENT) and dict(left.sidecars()) == {ASSET: SIDECAR}


@pytest.mark.parametrize("assured", ["sweep", "sync"])
def test_a_copy_that_a_killed_process_left_is_counted_only_once_no_power_cut_can_take_it(assured: str) -> None:
    _, calls = killed_at(None)
    found = 0
    for call in range(calls + 1):
        disk, _ = killed_at(call)
        spool = SpoolFolder(SPOOL, 0, disk)
        getattr(spool, assured)()
        if spool.size(ASSET) is not None:
            found += 1
            assert all(survives(disk, loss) for loss in LOSSES), f"killed at call {call} of {calls}"
    assert found > 1, "there is an instant between the copy's name and its being durable"


def test_without_that_the_power_would_take_it() -> None:
    _, calls = killed_at(None)
    named = [
        disk for call in range(calls + 1) if f"{SPOOL[1:]}/{ASSET}.footage" in (disk := killed_at(call)[0]).files()
    ]
    assert not all(survives(disk, loss) for disk in named for loss in LOSSES)
