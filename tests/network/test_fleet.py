"""Promise: a thousand stations that come back together do not knock central down again."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import structlog

from agent.errors import RetryLater
from agent.rules.backoff import JUST_BOOTED_S, after_boot
from simulator.network.fleet import Fleet, chance
from simulator.network.fleet_station import INTERVAL_S
from tests.scale import amount, seed

pytestmark = pytest.mark.timeout(900)  # all of it is computing, and the machine may be busy

STATIONS = 1000
GONE = RetryLater("Nobody there.", code="unreachable")
LONGEST_S = 4 * 3600.0


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """A thousand stations' logs are nobody's reading."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@dataclass(frozen=True)
class Recovery:
    """Requests of all stations in each second, from the return of central until 95 % of the stations are through."""

    seconds: list[int]

    @property
    def mean(self) -> float:
        return sum(self.seconds) / len(self.seconds)

    @property
    def ratio(self) -> float:
        """The busiest single second against the mean of all."""
        return max(self.seconds) / self.mean

    def __str__(self) -> str:
        return (
            f"{len(self.seconds)} s, {sum(self.seconds)} requests, mean {self.mean:.0f}/s, "
            f"peak {max(self.seconds)}/s = {self.ratio:.2f} of it"
        )


def recover(fleet: Fleet) -> Recovery:
    """From now on central serves."""
    fleet.trouble = None
    fleet.forget()
    began = int(fleet.clock.at_ns / 1e9)
    ended = fleet.run(began + LONGEST_S, fleet.has_recovered)
    assert fleet.has_recovered(), "they all came back and brought everything"
    return Recovery([fleet.asked.get(began + second, 0) for second in range(max(int(ended - began), 1))])


def begin(files: int) -> Fleet:
    fleet = Fleet(STATIONS, files, seed(7))
    for station in fleet.stations:
        station.start(after_boot(0.0, INTERVAL_S, random.random()))
    return fleet


@pytest.mark.soak
@pytest.mark.parametrize(
    ("outage_s", "files"),
    [(10, 0), (30, 0), (120, 0), (1800, 0), (900, amount(ci=1, soak=12))],
    ids=["blink", "restart", "reboot", "half_an_hour", "a_quarter_of_an_hour_with_footage"],
)
def test_after_an_outage_the_busiest_second_is_below_three_times_the_mean(
    outage_s: int, files: int, tally: Callable[[str], None]
) -> None:
    """1000 stations, cut off in the middle of their work, come back without a herd. All requests count: heartbeats,
    events, uploads, verifications, rosters, and the questions before an erase."""
    with chance(seed(7)):
        fleet = begin(files)
        fleet.run(INTERVAL_S)
        fleet.trouble, fleet.is_counted = GONE, False
        fleet.run(INTERVAL_S + outage_s)
        recovery = recover(fleet)
    tally(f"fleet: {STATIONS} stations, {outage_s} s outage, {files} files each: {recovery}")
    assert recovery.ratio < 3


@pytest.mark.soak
@pytest.mark.parametrize("files", [0, amount(ci=1, soak=12)], ids=["idle", "with_footage"])
def test_when_power_comes_back_everywhere_at_once_the_calls_spread(files: int, tally: Callable[[str], None]) -> None:
    """1000 PCs that boot in the same instant do not call in the same instant."""
    with chance(seed(7)):
        recovery = recover(begin(files))
    tally(f"fleet: {STATIONS} stations boot at once, {files} files each: {recovery}")
    assert recovery.ratio < 3


def test_without_the_spread_after_boot_the_same_fleet_is_a_herd() -> None:
    """The measure can fail: stations that begin in one instant call in one second."""
    with chance(seed(7)):
        fleet = Fleet(STATIONS, 0, seed(7))
        for station in fleet.stations:
            station.start(0.0)
        fleet.run(INTERVAL_S)
    calls = [fleet.asked.get(second, 0) for second in range(int(INTERVAL_S))]
    assert max(calls) > 3 * sum(calls) / len(calls)


def test_a_busy_central_is_asked_no_sooner_than_it_said(tally: Callable[[str], None]) -> None:
    """503 with Retry-After from a central that is up: 1000 stations ask about once in that time, and not in step."""
    with chance(seed(7)):
        fleet = begin(0)
        fleet.run(INTERVAL_S)
        fleet.trouble = RetryLater("busy", code="central_busy", retry_after_s=30)
        fleet.run(3 * INTERVAL_S)
        fleet.forget()
        fleet.run(5 * INTERVAL_S)
        calls = [fleet.asked.get(second, 0) for second in range(int(3 * INTERVAL_S), int(5 * INTERVAL_S))]
        recovery = recover(fleet)
    mean = sum(calls) / len(calls)
    assert mean <= STATIONS / 30
    assert max(calls) < 3 * mean
    assert recovery.ratio < 3
    tally(f"fleet: {STATIONS} stations told Retry-After: 30 make {mean:.0f} calls a second; then {recovery}")


def test_only_a_pc_that_has_just_booted_waits_before_its_first_call() -> None:
    """An agent that is restarted, or crashes again and again, goes to work at once."""
    assert after_boot(JUST_BOOTED_S, 60.0, 0.9) == 0.0
    assert after_boot(30.0, 60.0, 0.5) == 30.0
    assert 0.0 <= after_boot(0.0, 60.0, 0.999) < 60.0
