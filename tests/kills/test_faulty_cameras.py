"""Every kind of faulty camera at one station at once: each ends in a receipt or a named quarantine, and none holds up
its neighbours."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from tests.dock_station import DockStation, eventually
from tests.kills.docks import SETTLED, Docks

pytestmark = [pytest.mark.part("fuse"), pytest.mark.timeout(300)]

NEIGHBOUR_WITHIN_S = 45.0
"""A sound camera among faulty ones takes a second or two on an idle machine."""
VIDEO = "*_0000.MP4"


def test_cameras_that_fail_gone_hang_and_crawl_end_in_receipts_or_named_quarantines_and_hold_up_nobody(
    docks: Docks, station: DockStation, tally: Callable[[str], None]
) -> None:
    chance = random.Random(11)
    station.write_config('[card]\nstall = "2s"\n')
    docks.watch()
    broken = docks.dock_faulty(chance, files=2, size=600_000, mode="eio", match=VIDEO, after=131_072)
    gone = docks.dock_faulty(chance, files=2, size=600_000, mode="gone_at", match=VIDEO, after=131_072)
    hanging = docks.dock_faulty(chance, files=2, size=600_000, mode="hang", match=VIDEO)
    crawling = docks.dock_faulty(chance, files=2, size=600_000, mode="crawl", rate=300_000)
    station.start()
    took_s = [_dock_neighbour(docks, station, chance) for _ in range(3)]

    eventually(lambda: station.says(hanging) == "use another bay", why="the hanging bay says so")
    eventually(lambda: station.says(gone) == "use another bay", why="so does the bay whose camera does not answer")
    eventually(lambda: station.says(broken) == "leave in bay", why="a file needs IT")
    eventually(lambda: station.says(crawling) == "safe to remove", within_s=90, why="slow is not broken")
    (aside,) = station.snapshot()["quarantined"]
    assert (aside["camera"], aside["reason"]) == (broken, "unreadable")
    assert set(docks.held(broken)) <= _there(docks, broken), "a card with an I/O error is not written to"
    took_s.append(_dock_neighbour(docks, station, chance))

    for serial in (gone, hanging):
        docks.faulty[serial].fault(mode="ok")
    eventually(lambda: {gone, hanging} <= set(docks.safe()), within_s=90, why="they answer again and are served")
    docks.faulty[broken].fault(mode="ok")
    assert station.command("retry", aside["asset"]).returncode == 0
    stored = docks.objects.content_of
    eventually(lambda: all(stored(digest) for digest in docks.held(broken).values()), within_s=60)
    eventually(lambda: set(station.counts()) <= SETTLED and not station.snapshot()["central"]["events_unsent"])
    verdicts = docks.judge(broken=broken, salvaged=1)
    assert [str(verdict) for verdict in verdicts if not verdict.held] == []
    assert max(took_s) < NEIGHBOUR_WITHIN_S, took_s
    tally(f"4 faulty cameras (EIO, ENODEV, hang, crawl); sound neighbours took at most {max(took_s):.1f} s each")


def test_a_camera_that_goes_away_while_it_is_read_is_taken_whole_at_its_next_dock(
    docks: Docks, station: DockStation
) -> None:
    chance = random.Random(12)
    docks.watch()
    station.start()
    serial = docks.dock_faulty(chance, files=3, size=600_000, mode="gone_at", match=VIDEO, after=131_072)
    eventually(lambda: station.says(serial) == "use another bay")
    docks.pull(serial)
    eventually(lambda: station.says(serial) == "put back", why="its footage is not all here")
    docks.put_back(serial)
    eventually(lambda: station.says(serial) == "safe to remove", within_s=60)
    docks.wait_until_settled(within_s=60)
    verdicts = docks.judge(docked_twice=serial)
    assert [str(verdict) for verdict in verdicts if not verdict.held] == []


def _dock_neighbour(docks: Docks, station: DockStation, chance: random.Random) -> float:
    """Seconds from its dock until it may be taken for good."""
    began = time.monotonic()
    serial = docks.dock(chance, files=2, size=200_000)
    eventually(lambda: station.says(serial) == "safe to remove", within_s=2 * NEIGHBOUR_WITHIN_S)
    return time.monotonic() - began


def _there(docks: Docks, serial: str) -> set[bytes]:
    return {path for path in docks.held(serial) if (docks.card(serial) / path.decode()).exists()}
