"""The workers together: real threads, ledger and spool; central in memory, in every kind of trouble."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from agent.adapters.http_session import HttpSession
from agent.adapters.system_clock import SystemClock
from agent.adapters.tus import TusStore
from agent.errors import AuthRefused, DockError, RetryLater
from agent.pipeline.central_gate import CentralGate
from agent.pipeline.retrying import GaveWay, retrying
from agent.pipeline.throttle import Throttle
from agent.pipeline.transfer import Transfer
from agent.ports import UploadIntent, UploadState
from agent.rules.bandwidth import Limit
from agent.rules.footage import State
from simulator.central import MemoryCentral
from simulator.clock import SimulatedClock
from tests.upload.liar import Liar, Request
from tests.upload.station import STATION, Station

MIB = 1 << 20


class Moody(MemoryCentral):
    """A central that can be away, and counts who asks."""

    def __init__(self, station: Station) -> None:
        super().__init__(station.clock, STATION)
        self.trouble: DockError | None = None
        self.trouble_for: dict[UUID, DockError] = {}
        self.asked = Counter[UUID]()
        self.asking = 0
        self.most_asking = 0
        self.order: list[UUID] = []
        self._count = threading.Lock()

    def create(self, intent: UploadIntent, first: bytes) -> UploadState:
        with self._count:
            self.asked[intent.asset_id] += 1
            self.order.append(intent.asset_id)
            self.asking += 1
            self.most_asking = max(self.most_asking, self.asking)
        try:
            trouble = self.trouble or self.trouble_for.get(intent.asset_id)
            if trouble is not None:
                time.sleep(0.02)  # long enough for others to come in between
                raise trouble
            with self._count:
                return super().create(intent, first)
        finally:
            with self._count:
                self.asking -= 1


@contextmanager
def transfer(station: Station, central: Any, **more: Any) -> Iterator[Transfer]:
    running = Transfer(
        ledger=station.ledger,
        spool=station.spool,
        store=more.pop("store", central),
        central=central,
        keys=central,
        clock=station.clock,
        station=STATION,
        **more,
    )
    running.start()
    try:
        yield running
    finally:
        assert running.stop(), "every worker ends in time"


def wait_for(is_so: Callable[[], bool], within_s: float = 20.0) -> None:
    until = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


def all_verified(station: Station, assets: list[UUID]) -> bool:
    return all(station.asset(asset_id).state is State.VERIFIED for asset_id in assets)


def test_everything_staged_before_and_during_the_run_ends_verified(station: Station) -> None:
    central = Moody(station)
    verified: list[UUID] = []
    assets = [station.stage(os.urandom(size), camera=f"C{size % 3}") for size in (0, 1, 1000, 3 * MIB, 9 * MIB)]
    with transfer(station, central, when_verified=verified.append) as running:
        assets += [station.stage(os.urandom(100)) for _ in range(20)]
        running.wake()
        wait_for(lambda: all_verified(station, assets))
        wait_for(lambda: len(verified) == len(assets))
        # A reading of the ledger that was under way may show one for a moment that has moved on.
        wait_for(lambda: running.status().waiting_files == running.status().verifying_files == 0)
        status = running.status()
    assert (status.central, status.in_trouble) == ("", ())
    assert set(verified) == set(assets)


def test_while_central_is_away_one_probe_at_a_time_goes_out(station: Station) -> None:
    central = Moody(station)
    central.trouble = RetryLater("Nobody there.", code="unreachable")
    assets = [station.stage(os.urandom(10)) for _ in range(30)]
    with transfer(station, central, workers=4) as running:
        wait_for(lambda: running.gate.is_away)
        wait_for(lambda: central.asking == 0)  # those still in flight when the gate shut
        before = sum(central.asked.values())
        central.most_asking = 0
        wait_for(lambda: sum(central.asked.values()) > before)
        assert central.most_asking == 1
        assert sum(central.asked.values()) < 15, "an outage is not asked about once per file"
        assert running.status().central == "unreachable"
        central.trouble = None
        wait_for(lambda: all_verified(station, assets))
        assert running.status().central == ""


def test_a_heartbeat_that_got_through_opens_the_gate(station: Station) -> None:
    central = Moody(station)
    central.trouble = RetryLater("Nobody there.", code="unreachable")
    asset = station.stage(b"x")
    with transfer(station, central) as running:
        wait_for(lambda: running.gate.trouble is not None)
        central.trouble = None
        running.central_answered()
        wait_for(lambda: all_verified(station, [asset]))


def test_a_refused_credential_pauses_uploads_and_says_so(station: Station) -> None:
    central = Moody(station)
    central.trouble = AuthRefused("Not yours.")
    assets = [station.stage(os.urandom(10)) for _ in range(10)]
    with transfer(station, central) as running:
        wait_for(lambda: running.status().central == "auth_refused")
        assert all(station.asset(asset).state is State.STAGED for asset in assets)
        central.trouble = None
        wait_for(lambda: all_verified(station, assets))


@pytest.mark.parametrize(
    "trouble",
    [
        RetryLater("500 for this one file only", code="central_failed"),
        RetryLater("locked", code="upload_locked"),
        DockError("refused", code="upload_refused"),
        ValueError("a bug of ours"),
    ],
    ids=lambda trouble: str(trouble)[:10],
)
def test_one_files_trouble_never_holds_up_the_others(station: Station, trouble: Any) -> None:
    central = Moody(station)
    bad = station.stage(os.urandom(10), flagged=True)
    central.trouble_for[bad] = trouble
    good = [station.stage(os.urandom(10), camera=f"C{n % 3}") for n in range(12)]
    with transfer(station, central, workers=2) as running:
        started = time.monotonic()
        wait_for(lambda: all_verified(station, good))
        assert time.monotonic() - started < 15
        wait_for(lambda: bad in {one.asset_id for one in running.status().in_trouble})
        central.trouble_for.clear()
        wait_for(lambda: all_verified(station, [bad]))


def test_a_file_in_trouble_keeps_its_place_on_the_backoff_curve(station: Station) -> None:
    central = Moody(station)
    bad = station.stage(os.urandom(10))
    central.trouble_for[bad] = RetryLater("locked", code="upload_locked")
    with transfer(station, central) as running:
        wait_for(lambda: central.asked[bad] >= 3)
        more = [station.stage(os.urandom(10)) for _ in range(3)]
        running.wake()
        wait_for(lambda: all_verified(station, more))
        wait_for(lambda: bool(running.status().in_trouble))
        (parked,) = running.status().in_trouble
        assert parked.attempts >= 3
        assert parked.reason == "upload_locked"


def test_flagged_files_go_first_and_cameras_take_turns(station: Station) -> None:
    central = Moody(station)
    for camera in ("A", "B"):
        for _ in range(5):
            station.stage(os.urandom(1000), camera=camera)
    flagged = station.stage(os.urandom(1000), camera="B", flagged=True)
    with transfer(station, central, workers=1):
        wait_for(lambda: len(central.order) == 11)
    cameras = [station.asset(asset).camera for asset in central.order[1:]]
    assert central.order[0] == flagged
    assert abs(cameras[:6].count("A") - 3) <= 1


def test_the_limit_holds_for_all_workers_together(station: Station) -> None:
    central = Moody(station)
    assets = [station.stage(os.urandom(100_000), camera=f"C{n}") for n in range(4)]
    started = time.monotonic()
    with transfer(station, central, limits=[Limit(0, 1440, 400_000.0)]) as running:
        wait_for(lambda: running.status().limit == 400_000.0)
        wait_for(lambda: all_verified(station, assets))
    assert time.monotonic() - started > 0.8


def test_stop_ends_workers_that_wait_for_a_silent_server(station: Station) -> None:
    gone = threading.Event()

    def silent(request: Request) -> None:
        gone.wait(30)

    for _ in range(4):
        station.stage(os.urandom(2 * MIB))
    with Liar(silent, receive_buffer=8192) as liar:
        http = HttpSession(liar.url, stall_s=60)
        store = TusStore(http, f"{liar.url}/uploads")
        with transfer(station, Moody(station), store=store, interrupt=http.interrupt):
            wait_for(lambda: len(liar.seen("POST")) >= 2)
            started = time.monotonic()
        took = time.monotonic() - started
        gone.set()
    assert took < 3


def test_an_upload_that_central_always_loses_is_not_sent_in_a_tight_circle(station: Station) -> None:
    central = Moody(station)
    asset = station.stage(os.urandom(10))
    answer = central.verify

    def loses(asset_id: UUID, sha256: str, size: int) -> Any:
        central.forget(asset_id)
        return answer(asset_id, sha256, size)

    central.verify = loses  # type: ignore[method-assign]
    with transfer(station, central):
        wait_for(lambda: central.asked[asset] >= 2)
        first = central.asked[asset]
        time.sleep(0.5)
        assert central.asked[asset] - first <= 1
        central.verify = answer  # type: ignore[method-assign]
        wait_for(lambda: all_verified(station, [asset]))


# --- the gate, the retry layer and the throttle alone ---------------------------------------------------

AWAY = RetryLater("Nobody there.", code="unreachable")
A, B, C = uuid4(), uuid4(), uuid4()
SECOND = 1_000_000_000


def test_the_gate_asks_for_a_second_opinion_at_once_and_then_keeps_to_the_curve() -> None:
    gate = CentralGate(jitter=lambda: 0.5)
    assert gate.may_enter(A, 0)
    gate.failed(A, AWAY, 0)
    assert not gate.may_enter(A, 0), "the one that failed waits"
    assert gate.may_enter(B, 0), "another may be luckier"
    assert not gate.may_enter(C, 0), "one probe at a time"
    gate.failed(B, AWAY, 0)
    assert not gate.may_enter(C, 1 * SECOND), "two have failed: now everyone keeps to the curve"
    assert gate.may_enter(C, 2 * SECOND)
    gate.left(C)
    assert gate.may_enter(A, 2 * SECOND), "a probe that says nothing makes room for another"
    gate.passed()
    assert gate.may_enter(B, 2 * SECOND)
    assert gate.may_enter(C, 2 * SECOND)
    assert gate.trouble is None


def test_the_gate_waits_as_long_as_central_asked() -> None:
    gate = CentralGate(jitter=lambda: 0.0)
    for asset in (A, B):
        assert gate.may_enter(asset, 0)
        gate.failed(asset, RetryLater("busy", code="central_busy", retry_after_s=100), 0)
    assert not gate.may_enter(C, 99 * SECOND)
    gate.connected()
    assert not gate.may_enter(C, 99 * SECOND), "a heartbeat does not overrule what was asked for"
    assert gate.may_enter(C, 100 * SECOND)


def test_one_retry_layer_waits_on_our_curve_and_never_gives_up() -> None:
    clock, tries = SimulatedClock(), 0

    def fails() -> str:
        nonlocal tries
        tries += 1
        if tries < 30:
            raise RetryLater("not yet", retry_after_s=3600 if tries == 5 else None)
        return "done"

    started = clock.now().monotonic_ns
    assert retrying(clock, stopping=lambda: False, jitter=lambda: 0.5)(fails) == "done"
    waited = (clock.now().monotonic_ns - started) / 1e9
    doubling = sum(2**n for n in (0, 1, 2, 3, 5, 6, 7, 8))
    assert waited == pytest.approx(doubling + 3600 * 1.05 + 20 * 300)


def test_only_a_passing_trouble_is_tried_again() -> None:
    clock, tries = SimulatedClock(), 0

    def refuses() -> None:
        nonlocal tries
        tries += 1
        raise AuthRefused("no")

    with pytest.raises(AuthRefused):
        retrying(clock, stopping=lambda: False)(refuses)
    assert tries == 1


def test_giving_way_tells_how_many_tries_there_were_and_what_is_still_to_wait() -> None:
    clock = SimulatedClock()
    others_wait = threading.Event()
    clock.plan(10.0, others_wait.set)

    def fails() -> None:
        raise RetryLater("not yet")

    with pytest.raises(GaveWay) as raised:
        retrying(
            clock,
            stopping=lambda: False,
            give_way=others_wait.is_set,
            attempts_before=3,
            jitter=lambda: 0.5,
        )(fails)
    # The 4th try is followed by 8 s, the 5th by 16 s: after 10 s there are 14 s left of those.
    assert raised.value.attempts == 5
    assert raised.value.wait_s == pytest.approx(14)


def test_a_closed_window_lets_nothing_through_and_says_when_to_ask_again() -> None:
    clock = SimulatedClock(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
    throttle = Throttle([Limit(600, 840, 0.0)], clock, lambda: False, lambda wall: wall)
    with pytest.raises(RetryLater) as raised:
        throttle.grant(10)
    assert raised.value.code == "bandwidth_closed"
    clock.advance(2 * 3600)
    assert throttle.grant(10) == 10


def test_the_throttle_gives_way_to_a_stop() -> None:
    stopping = threading.Event()
    throttle = Throttle([Limit(0, 1440, 1.0)], SystemClock(), stopping.is_set)
    threading.Timer(0.1, stopping.set).start()
    with pytest.raises(RetryLater) as raised:
        throttle.grant(1000)
    assert raised.value.code == "stopping"
