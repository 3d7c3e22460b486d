"""One file fails again and again: it is put aside with its reason, its neighbours do not notice, `retry` helps it."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from agent.errors import DockError, ProtocolViolation, Refused, RetryLater, UploadLocked
from agent.pipeline.central_gate import CentralGate
from agent.pipeline.throttle import Throttle
from agent.pipeline.transfer import Transfer
from agent.pipeline.upload import UploadDoors
from agent.pipeline.upload_work import UploadWork
from agent.ports import Mismatch, SignedStatement, UploadIntent, UploadState, VerifyAnswer
from agent.rules.changes import AssetReturned
from agent.rules.footage import State
from agent.rules.poison import TRIES
from simulator.central import MemoryCentral
from tests.poison.hurried import transfer, wait_for
from tests.upload.station import STATION, Station

NEIGHBOURS = 12


class Allergic(MemoryCentral):
    """A central that is well, but for one file."""

    def __init__(self, station: Station) -> None:
        super().__init__(station.clock, STATION)
        self.poison: UUID | None = None
        self.at_create: DockError | None = None
        self.at_verify: DockError | VerifyAnswer | None = None
        self.forgets = False
        self.asked = Counter[UUID]()
        self._one_at_a_time = threading.RLock()

    def create(self, intent: UploadIntent, first: bytes) -> UploadState:
        with self._one_at_a_time:
            self.asked[intent.asset_id] += 1
            if intent.asset_id == self.poison and self.at_create is not None:
                raise self.at_create
            return super().create(intent, first)

    def verify(self, asset_id: UUID, sha256: str, size: int) -> VerifyAnswer:
        with self._one_at_a_time:
            if asset_id == self.poison:
                if self.forgets:
                    self.forget(asset_id)
                elif isinstance(self.at_verify, DockError):
                    raise self.at_verify
                elif self.at_verify is not None:
                    return self.at_verify
            return super().verify(asset_id, sha256, size)


def is_aside(station: Station, asset_id: UUID) -> bool:
    return station.asset(asset_id).state is State.QUARANTINED


def bring_back(station: Station, running: Transfer, asset_id: UUID) -> None:
    station.ledger.commit(AssetReturned(at=station.clock.now(), asset_id=asset_id))
    running.wake()


def with_poison(station: Station) -> tuple[Allergic, UUID, list[UUID]]:
    central = Allergic(station)
    poison = station.stage(b"poison", flagged=True)
    neighbours = [station.stage(os.urandom(2000), camera=f"C{number % 3}") for number in range(NEIGHBOURS)]
    central.poison = poison
    return central, poison, neighbours


def feed(station: Station, running: Transfer, stop: threading.Event) -> None:
    """Cameras go on being docked, so that others go on getting through."""
    while not stop.is_set():
        station.stage(os.urandom(100))
        running.wake()
        stop.wait(0.05)


@pytest.mark.parametrize(
    "trouble",
    [
        Refused("Central refused the request (400).", code="upload_refused"),
        UploadLocked("An earlier connection still holds the upload (423)."),
        RetryLater("The connection broke.", code="connection_lost"),
        RetryLater("Central answered 503.", code="central_busy"),
        ProtocolViolation("A proxy in between answers this one file with a page."),
    ],
    ids=lambda trouble: trouble.code,
)
def test_a_file_whose_upload_always_fails_is_put_aside_by_its_reason_and_comes_back(
    station: Station, trouble: DockError
) -> None:
    central, poison, neighbours = with_poison(station)
    central.at_create = trouble
    stop = threading.Event()
    with transfer(station, central) as running:
        feeding = threading.Thread(target=feed, args=(station, running, stop))
        feeding.start()
        try:
            wait_for(lambda: all(station.asset(one).state is State.VERIFIED for one in neighbours))
            wait_for(lambda: is_aside(station, poison))
        finally:
            stop.set()
            feeding.join()
        assert station.asset(poison).reason == trouble.code
        assert TRIES <= central.asked[poison] <= 3 * TRIES, "it backed off and it was bounded"
        assert station.spool.size(poison) == len(b"poison"), "its copy stays"
        central.at_create = None
        bring_back(station, running, poison)
        wait_for(lambda: station.asset(poison).state is State.VERIFIED)


def test_an_outage_puts_nobody_aside(station: Station) -> None:
    central = Allergic(station)
    assets = [station.stage(os.urandom(10)) for _ in range(5)]
    central.faults.retry_after_s = 0.0
    with transfer(station, central) as running:
        wait_for(lambda: sum(one.attempts for one in running.status().in_trouble) > 3 * TRIES)
        assert not any(is_aside(station, one) for one in assets)
        central.faults.retry_after_s = None
        wait_for(lambda: all(station.asset(one).state is State.VERIFIED for one in assets))


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (lambda: Mismatch(hashlib.sha256(b"other").hexdigest(), 5), "digest_mismatch"),
        (lambda: Refused("Central refuses to verify this.", code="bad_request"), "bad_request"),
    ],
    ids=["409 for ever", "400 for ever"],
)
def test_a_file_that_central_never_confirms_is_put_aside_and_comes_back(
    station: Station, told: Callable[[], VerifyAnswer | DockError], reason: str
) -> None:
    central, poison, neighbours = with_poison(station)
    central.at_verify = told()
    with transfer(station, central) as running:
        wait_for(lambda: is_aside(station, poison))
        wait_for(lambda: all(station.asset(one).state is State.VERIFIED for one in neighbours))
        assert station.asset(poison).reason == reason
        central.at_verify = None
        bring_back(station, running, poison)
        wait_for(lambda: station.asset(poison).state is State.VERIFIED)


def test_a_receipt_for_another_file_puts_the_file_aside_not_everyone(station: Station) -> None:
    central, _, neighbours = with_poison(station)
    with transfer(station, central) as running:
        wait_for(lambda: all(station.asset(one).state is State.VERIFIED for one in neighbours))
        other = station.asset(neighbours[0]).receipt
        assert other is not None
        late = station.stage(b"late")
        central.poison = late
        central.at_verify = SignedStatement(other.content, other.signature, other.key_id)
        running.wake()
        wait_for(lambda: is_aside(station, late))
        assert station.asset(late).reason == "receipt_refused"
        assert station.asset(late).receipt is None


def test_a_file_that_central_loses_each_time_is_not_sent_for_ever(station: Station) -> None:
    central, poison, neighbours = with_poison(station)
    central.forgets = True
    with transfer(station, central) as running:
        wait_for(lambda: is_aside(station, poison))
        assert station.asset(poison).reason == "upload_gone"
        assert central.asked[poison] <= TRIES + 1
        central.forgets = False
        bring_back(station, running, poison)
        wait_for(lambda: station.asset(poison).state is State.VERIFIED)
        assert all(station.asset(one).state is State.VERIFIED for one in neighbours)


@pytest.mark.parametrize("on_card", [True, False], ids=["on its card", "card away"])
def test_a_copy_that_cannot_be_read_is_given_up_and_the_others_go_on(station: Station, on_card: bool) -> None:
    central, poison, neighbours = with_poison(station)
    if not on_card:
        station.take_off_card(poison)
    copy = station.folder / "spool" / f"{poison}.footage"
    copy.chmod(0o600)
    copy.unlink()
    copy.mkdir()  # opening it works, reading it does not
    with transfer(station, central):
        wait_for(lambda: station.asset(poison).state is not State.STAGED)
        wait_for(lambda: all(station.asset(one).state is State.VERIFIED for one in neighbours))
    given_up = station.asset(poison)
    assert given_up.state is (State.FOUND if on_card else State.QUARANTINED)
    assert on_card or given_up.reason in ("copy_unreadable", "copy_rotten")


def test_neighbours_are_as_fast_beside_poison_as_without_it(tmp_path: Path, tally: Callable[[str], None]) -> None:
    station = Station(tmp_path / "real time")
    station.ledger.remember(store_epoch="1")
    central = Allergic(station)
    central.at_create = RetryLater("Central answered 503.", code="central_busy")

    def seconds(running: Transfer) -> float:
        assets = [station.stage(os.urandom(1000), camera=f"C{number % 3}") for number in range(40)]
        running.wake()
        return wait_for(lambda: all(station.asset(one).state is State.VERIFIED for one in assets))

    try:
        with transfer(station, central, workers=4) as running:
            alone = min(seconds(running) for _ in range(3))
            central.poison = station.stage(b"poison", flagged=True)
            running.wake()
            wait_for(lambda: central.asked[central.poison] > 0)
            beside = min(seconds(running) for _ in range(3))
            assert station.asset(central.poison).state is State.STAGED, "it was there all the time"
    finally:
        station.close()
    tally(f"40 files beside a poisoned one: {beside:.2f} s, without it {alone:.2f} s")
    assert beside < 2 * alone + 2.0, (beside, alone)


def test_files_that_are_put_aside_are_no_proof_that_central_works_for_the_others(station: Station) -> None:
    central = Allergic(station)
    doors = UploadDoors(station.ledger, station.spool, central, station.clock)
    work = UploadWork(doors, CentralGate(), Throttle((), station.clock, lambda: False), lambda: True)
    busy = station.stage(b"central answers 503 for this one")
    for _ in range(TRIES + 1):
        central.poison, central.at_create = busy, RetryLater("Central answered 503.", code="central_busy")
        work.work_on(busy)
        central.poison = station.stage(os.urandom(9))
        central.at_create = Refused("Central refused the request (400).", code="upload_refused")
        for _ in range(TRIES):
            work.work_on(central.poison)
        assert is_aside(station, central.poison)
    assert not is_aside(station, busy)
