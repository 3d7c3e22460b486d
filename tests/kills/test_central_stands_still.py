"""SIGSTOP of central: every connection stays open and nobody answers. The station must not stand still with it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from tests.central_server import CentralServer
from tests.dock_station import DockStation, eventually
from tests.kills.docks import Docks
from tests.scale import amount

STALL_S = 2
STANDS_STILL_S = amount(ci=9, soak=300)
"""Several times as long as the station waits for one answer."""
LOCAL_LOOPS = ("bays", "spool", "alive", "status")
"""What a station does without central. None of them may wait for an answer."""
HOLD_UP_S = 25.0
"""The longest that any of these loops rests by itself is 15 s."""


@pytest.mark.soak
@pytest.mark.timeout(amount(ci=240, soak=1200))
def test_while_central_stands_still_the_station_goes_on_staging_and_afterwards_ends_the_job(
    docks: Docks, station: DockStation, central: CentralServer, tally: Callable[[str], None]
) -> None:
    chance = random.Random(7)
    station.write_config(
        "[upload]\nlimits = [{from = '00:00', to = '24:00', rate = '3MiB/s'}]\n", stall=f"{STALL_S}s"
    )
    docks.watch()
    station.start()
    first = docks.dock(chance, files=3, size=1_500_000)
    eventually(lambda: station.snapshot().get("uploads", {}).get("now"), why="an upload is in flight")

    central.pause()
    docks.watcher.central_died()
    stopped_at = time.monotonic()
    later = [docks.dock(chance, files=2, size=300_000) for _ in range(2)]
    eventually(
        lambda: all(station.says(serial) == "may be taken" for serial in later),
        why="cameras docked while central stands still are copied all the same",
    )
    trouble = eventually(
        lambda: station.snapshot()["uploads"]["trouble"], within_s=STALL_S * 15, why="the status says what is wrong"
    )
    assert "stopped answering" in trouble
    oldest: dict[str, float] = {}
    while time.monotonic() < stopped_at + STANDS_STILL_S:
        ages = station.snapshot()["loops"]
        oldest = {name: max(oldest.get(name, 0.0), ages[name]["age_s"]) for name in LOCAL_LOOPS}
        time.sleep(0.2)
    assert max(oldest.values()) < HOLD_UP_S, oldest
    assert station.snapshot()["central"]["events_unsent"] > 0
    assert docks.watcher.vanished_while_down == []

    docks.watcher.central_returns()
    central.resume()
    docks.wait_until_settled(within_s=100 + STANDS_STILL_S)
    assert [str(verdict) for verdict in docks.judge() if not verdict.held] == []
    assert len(station.logged("station_ready")) == 1, "nobody restarted it"
    assert first in docks.safe()
    tally(
        f"central stood still for {time.monotonic() - stopped_at:.0f} s with an answer awaited for {STALL_S} s: "
        f"oldest local loop {max(oldest.values()):.1f} s"
    )
