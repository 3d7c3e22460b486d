"""The contract of `Clock`."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from agent.adapters.system_clock import SystemClock
from simulator.clock import SimulatedClock

AnyClock = SystemClock | SimulatedClock


@pytest.fixture(params=[SystemClock, SimulatedClock])
def clock(request: pytest.FixtureRequest) -> AnyClock:
    made: AnyClock = request.param()
    return made


def test_an_instant_is_utc_and_names_its_boot(clock: AnyClock) -> None:
    now = clock.now()
    assert now.wall.utcoffset() == timedelta(0)
    assert now.boot_id
    assert clock.now().boot_id == now.boot_id
    assert (now.offset_ms, now.uncertainty_ms) == (None, None)


def test_what_was_measured_travels_with_every_instant_from_then_on(clock: AnyClock) -> None:
    clock.measured(-250.0, 12.5)
    assert (clock.now().offset_ms, clock.now().uncertainty_ms) == (-250.0, 12.5)


def test_a_wait_lets_that_much_time_pass(clock: AnyClock) -> None:
    before = clock.now()
    clock.wait(0.2)
    after = clock.now()
    assert 0.2e9 <= after.monotonic_ns - before.monotonic_ns + 1e6 < 5e9
    assert timedelta(seconds=0.19) < after.wall - before.wall < timedelta(seconds=5)


def test_a_wait_ends_when_its_question_is_true(clock: AnyClock) -> None:
    before = clock.now().monotonic_ns
    clock.wait(600.0, lambda: True)
    assert clock.now().monotonic_ns - before < 5e9


def test_a_wait_ends_when_its_question_becomes_true(clock: AnyClock) -> None:
    asked: list[int] = []

    def third_time() -> bool:
        asked.append(1)
        return len(asked) >= 3

    before = clock.now().monotonic_ns
    clock.wait(60.0, third_time)
    assert len(asked) == 3
    assert clock.now().monotonic_ns - before < 5e9


def test_a_wait_ends_when_news_come(clock: AnyClock) -> None:
    news, is_so = threading.Event(), threading.Event()

    def come() -> None:
        is_so.set()
        news.set()

    threading.Timer(0.05, come).start()
    started = time.monotonic()
    clock.wait(600.0, is_so.is_set, news)
    assert time.monotonic() - started < 60


def test_news_from_before_the_wait_do_not_end_it(clock: AnyClock) -> None:
    news, before = threading.Event(), clock.now().monotonic_ns
    news.set()
    clock.wait(0.2, lambda: False, news)
    assert clock.now().monotonic_ns - before > 0.19e9


def test_every_wait_ends_when_the_station_stops(clock: AnyClock) -> None:
    clock.stop()
    started = time.monotonic()
    before = clock.now().monotonic_ns
    clock.wait(600.0)
    clock.wait(600.0, lambda: False)
    clock.wait(600.0, lambda: False, threading.Event())
    assert time.monotonic() - started < 5
    assert clock.now().monotonic_ns - before < 5e9
