"""kill -9 of the agent, of a card process and of central, at random instants while work is under way."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests.dock_station import DockStation
from tests.kills.docks import Docks, parts_in_use
from tests.kills.in_flight import Phase, card_processes, in_flight, kill
from tests.scale import amount, seed

LOTS = 4
KILLS = amount(ci=25, soak=500)
"""For each lot."""
VICTIMS = (*("agent",) * 2, *("card process",) * 3, *("central",) * 2, "agent and central")
BUSY_BAYS = 3
LIE_IN_WAIT_S = 15.0
AT_MOST_IDLE = KILLS // 5
"""At four fifths of the kills, at least, something must have been under way."""
LIMIT = "[upload]\nfollow_from = '100kB'\nlimits = [{from = '00:00', to = '24:00', rate = '1MiB/s'}]\n"
"""The larger half of the files is uploaded while it is copied."""

pytestmark = [pytest.mark.part("fuse"), pytest.mark.soak]


class Killer:
    """Keeps the bays busy and kills. Half of the kills are blind, half lie in wait for a phase."""

    def __init__(self, docks: Docks, station: DockStation, chance: random.Random) -> None:
        self.docks = docks
        self.station = station
        self.chance = chance
        self.struck: Counter[str] = Counter()
        self.victims: Counter[str] = Counter()

    def run(self, kills: int) -> None:
        for number in range(kills):
            self._fill_bays()
            phases = self._wait(list(Phase)[number // 2 % len(Phase)] if number % 2 else None)
            self.struck.update(phases or ["idle"])
            self._kill(VICTIMS[self.chance.randrange(len(VICTIMS))])

    def _fill_bays(self) -> None:
        for serial in self.docks.safe():
            self.docks.undock(serial)
        while len(self.docks.docked) < BUSY_BAYS:
            self.docks.dock(self.chance, files=self.chance.randint(1, 4), size=300_000)

    def _wait(self, wanted: Phase | None) -> frozenset[Phase]:
        """Until the moment has come; what is under way then."""
        if wanted is None:
            if self.chance.random() < 0.9:  # else it may strike a station that is only starting
                self._wait_for(lambda phases: bool(phases))
            until = time.monotonic() + self.chance.uniform(0.0, 1.5)
            while time.monotonic() < until:
                time.sleep(0.02)
            return in_flight(self.station)
        if wanted is Phase.STAGING:
            # Slow enough to be met, and not resting since the last kill: a bay whose card process died does.
            self.docks.dock_faulty(self.chance, files=3, size=200_000, mode="crawl", rate=250_000)
        return self._wait_for(lambda phases: wanted in phases)

    def _wait_for(self, is_met: Callable[[frozenset[Phase]], bool]) -> frozenset[Phase]:
        until = time.monotonic() + LIE_IN_WAIT_S
        while not is_met(phases := in_flight(self.station)) and time.monotonic() < until:
            time.sleep(0.02)
        return phases

    def _kill(self, victim: str) -> None:
        central = self.docks.central
        if victim == "card process":
            agent = self.station.process
            pids = card_processes(agent.pid) if agent else []
            if pids:
                kill(self.chance.choice(pids), signal.SIGKILL)
                self.victims[victim] += 1
                return
            victim = "agent"
        self.victims[victim] += 1
        if "agent" in victim:
            self.station.kill()
        if "central" in victim:
            central.kill()
            self.docks.watcher.central_died()
        time.sleep(self.chance.uniform(0.0, 0.3))
        if "agent" in victim:
            self.station.start()
        if "central" in victim:
            self.docks.watcher.central_returns()
            central.restart()


@pytest.mark.timeout(amount(ci=420, soak=43_200))
@pytest.mark.parametrize("lot", range(LOTS))
def test_killed_at_random_while_work_is_in_flight_nothing_is_lost_and_all_ends_well(
    lot: int, docks: Docks, station: DockStation, tally: Callable[[str], None]
) -> None:
    station.write_config(LIMIT)
    docks.watch()
    station.start()
    killer = Killer(docks, station, random.Random(seed(2026) + lot))
    killer.run(KILLS)
    for camera in docks.faulty.values():
        camera.fault(mode="ok")
    docks.wait_until_settled(within_s=150)
    verdicts = docks.judge()
    assert [str(verdict) for verdict in verdicts if not verdict.held] == []
    assert docks.watcher.vanished_while_down == []
    assert sum(killer.victims.values()) == KILLS
    idle = killer.struck["idle"]
    tally(
        f"kills, lot {lot}: {KILLS} ({_shown(killer.victims)}), in flight at {KILLS - idle} of them "
        f"({_shown(killer.struck)}); {docks.watcher.looks} looks at {len(docks.watcher.cards)} cards"
    )
    assert idle <= AT_MOST_IDLE
    assert all(killer.struck[phase] for phase in Phase), killer.struck
    assert not list((station.state / "spool").glob("*.part"))
    assert parts_in_use(docks.central.data_dir) == []


def _shown(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counted.items()))
