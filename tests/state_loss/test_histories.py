"""What a station makes of central's word about its ledger: agreement, a fork, a set-back, or a lie."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.errors import LedgerEnded, ProtocolViolation, Refused
from agent.ports import StoredEvent
from agent.reporting.heartbeat import Pulse
from agent.reporting.history import HistoryWatch
from agent.reporting.outbox import BATCH, STRIKES, Outbox
from agent.rules.changes import CentralWentBack, WatchStarted
from agent.rules.history import History, compare
from protocol.events import decode_body
from protocol.messages import ClockReading, Heartbeat, LedgerHead, encode
from simulator.central import MemoryCentral
from simulator.clock import SimulatedClock
from simulator.ledger import MemoryLedger

H, OTHER = b"h" * 32, b"o" * 32


@pytest.mark.parametrize(
    ("head", "acknowledged", "held", "held_hash", "own_hash", "says"),
    [
        (0, 0, 0, bytes(32), None, History.AGREES),
        (9, 0, 0, bytes(32), None, History.AGREES),
        (9, 5, 5, H, H, History.AGREES),
        (9, 5, 7, H, H, History.AGREES),  # an answer was lost: it holds more than we knew
        (9, 5, 4, H, H, History.WENT_BACK),
        (9, 5, 0, bytes(32), None, History.WENT_BACK),
        (9, 5, 5, OTHER, H, History.FORKED),
        (9, 5, 4, OTHER, H, History.FORKED),
        (9, 5, 10, H, None, History.FORKED),  # our disk was put back
    ],
)
def test_central_s_head_of_our_ledger_says_one_thing(
    head: int, acknowledged: int, held: int, held_hash: bytes, own_hash: bytes | None, says: History
) -> None:
    told = compare(head=head, acknowledged=acknowledged, held=held, held_hash=held_hash, own_hash=own_hash)
    assert told is says


class Picky(MemoryCentral):
    """A central that refuses one event's body for good."""

    refuses: int | None = None
    largest = 10_000

    def __init__(self, clock: SimulatedClock) -> None:
        super().__init__(clock)
        self.batches: list[list[int]] = []

    def post_events(self, events: tuple[StoredEvent, ...], ledger_uuid, withheld: str = "") -> int:  # type: ignore[no-untyped-def]
        self.batches.append([event.number for event in events])
        if not withheld and self.refuses in self.batches[-1]:
            raise Refused("The body is no EventBatch.", code="bad_request")
        if len(events) > self.largest:
            raise Refused("The body is larger than central reads at once.", code="too_large")
        return super().post_events(events, ledger_uuid, withheld)


class Desk:
    """One ledger and its central, and what passes between them."""

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self.ledger = MemoryLedger(self.clock.now())
        self.central = Picky(self.clock)
        self.history = HistoryWatch(self.ledger, self.clock)
        self.outbox = Outbox(self.ledger, self.central, self.history)
        self.pulse = Pulse(self.ledger, self.central, self.clock, self._gather, self.history)

    def write(self, events: int) -> None:
        for _ in range(events):
            self.ledger.commit(WatchStarted(at=self.clock.now(), reason="test", sources=()))

    def send(self) -> None:
        """As the loop does: refused or not, it comes again."""
        for _ in range(200):
            try:
                if self.outbox.send() == 0:
                    return
            except Refused:
                continue

    def held(self) -> int:
        return {uuid: number for uuid, number, _ in self.central.ledger_heads()}.get(self.ledger.uuid, 0)

    def _gather(self, sequence: int) -> Heartbeat:
        now, head = self.clock.now(), self.ledger.head()
        named = LedgerHead(ledger_uuid=self.ledger.uuid, number=head.number, hash=head.hash.hex()) if head else None
        return Heartbeat(
            sequence=sequence,
            version="1",
            at=ClockReading(wall=now.wall, monotonic_ns=0, boot_id="b"),
            uptime_s=1.0,
            head=named,
        )

    def set_backs(self) -> list[int]:
        told = [decode_body(event.body) for event in self.ledger.events_after(0, 10_000)]
        return [one.held for one in told if type(one).__name__ == CentralWentBack.__name__]


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.write(20)
    made.pulse.beat()
    return made


def test_an_event_that_central_refuses_for_good_goes_as_its_hash_and_the_rest_flows(desk: Desk) -> None:
    desk.central.refuses = 7
    desk.write(BATCH)
    desk.send()
    head = desk.ledger.head()
    assert head is not None
    assert desk.held() == head.number == desk.outbox.acknowledged, "no number is lost from the chain"
    bodies = desk.central.event_bodies(desk.ledger.uuid)
    assert [number for number, body in enumerate(bodies, start=1) if not body] == [7]
    assert list(desk.outbox.withheld) == [7]
    assert "bad_request" in desk.outbox.withheld[7]
    assert sum(batch == [7] for batch in desk.central.batches) == STRIKES + 1
    desk.write(3)
    desk.send()
    assert desk.outbox.unsent == 0


def test_a_batch_that_is_too_large_for_central_is_halved_until_it_fits_and_nothing_is_withheld(desk: Desk) -> None:
    desk.central.largest = 3
    desk.write(30)
    desk.send()
    assert (desk.outbox.unsent, desk.outbox.withheld) == (0, {})


@pytest.mark.parametrize("told_by", ["heartbeat", "outbox"])
def test_a_central_that_holds_less_than_it_confirmed_stops_every_erase_until_its_epoch_is_raised(
    desk: Desk, told_by: str
) -> None:
    desk.send()
    backup = desk.central.store.backup()
    desk.write(5)
    desk.send()
    before = desk.held()
    desk.central.store.held = backup
    if told_by == "heartbeat":
        desk.pulse.beat()
    else:
        desk.write(1)
        desk.outbox.send()
    assert desk.history.went_back(1)
    assert desk.set_backs() == [before - 5]
    desk.send()
    assert desk.outbox.unsent == 0, "what it lost is sent again"
    desk.pulse.beat()
    assert desk.history.went_back(1), "that it was sent again does not bring back footage"
    assert not desk.history.went_back(2)


def test_a_central_that_says_by_a_higher_epoch_that_it_was_restored_is_believed(desk: Desk) -> None:
    desk.send()
    backup = desk.central.store.backup()
    desk.write(5)
    desk.send()
    desk.central.store.restore(backup)
    desk.pulse.beat()
    assert not desk.history.went_back(2)
    assert len(desk.set_backs()) == 1
    desk.send()
    assert desk.outbox.unsent == 0


def test_a_restore_before_the_first_epoch_was_ever_heard_puts_no_receipt_in_doubt() -> None:
    """Found by the roaming model: nothing was ever erased again, for the epoch looked as if nobody had raised it."""
    desk = Desk()
    desk.write(3)
    backup = desk.central.store.backup()
    desk.send()  # the outbox was quicker than the first heartbeat
    desk.central.store.restore(backup)
    desk.pulse.beat()
    assert desk.set_backs() == [0]
    assert not desk.history.went_back(2)
    desk.send()
    assert desk.outbox.unsent == 0


def test_an_epoch_that_comes_down_is_a_restore_that_nobody_declared(desk: Desk) -> None:
    desk.central.store_epoch = 900
    desk.pulse.beat()
    desk.central.store_epoch = 3
    desk.pulse.beat()
    assert desk.history.went_back(3)
    assert not desk.history.went_back(901)


def test_a_heartbeat_answered_while_events_were_confirmed_is_no_set_back(desk: Desk) -> None:
    late = desk.central.post_heartbeat(encode(desk._gather(2)))
    desk.send()
    desk.history.heard(late, acknowledged=0)
    assert desk.set_backs() == []


def test_a_ledger_that_was_put_back_ends_at_the_first_contact(desk: Desk) -> None:
    desk.send()
    copy = desk.ledger._memory.copied()
    notes = dict(desk.ledger._notes)
    desk.write(5)
    desk.send()
    desk.ledger._memory, desk.ledger._notes = copy, notes
    with pytest.raises(LedgerEnded):
        desk.pulse.beat()
    assert desk.ledger.note("ended") == "forked"
    desk.write(1)
    with pytest.raises(LedgerEnded):
        desk.outbox.send()


def test_a_fork_of_a_ledger_that_central_does_not_know_is_a_lie_and_ends_nothing(desk: Desk) -> None:
    def lie(*_: object, **__: object) -> int:
        raise Refused("Another event stands at number 1.", code="fork")

    desk.central.post_events = lie  # type: ignore[method-assign]
    with pytest.raises(Refused):
        desk.outbox.send()
    assert desk.ledger.note("ended") is None


def test_more_than_was_ever_written_is_not_believed(desk: Desk) -> None:
    desk.central.post_events = lambda *_, **__: 4711  # type: ignore[method-assign]
    with pytest.raises(ProtocolViolation):
        desk.outbox.send()
    assert desk.outbox.acknowledged == 0


def test_a_confirmation_whose_answer_was_lost_is_found_again_after_smaller_batches(desk: Desk) -> None:
    desk.central.post_events(desk.ledger.events_after(0, 20), desk.ledger.uuid)
    desk.outbox._batch = 4
    desk.outbox.send()
    assert desk.outbox.acknowledged == 20


def test_a_head_with_another_hash_than_ours_ends_the_ledger(desk: Desk) -> None:
    desk.send()
    reply = desk.central.post_heartbeat(encode(desk._gather(9)))
    with pytest.raises(LedgerEnded):
        desk.history.heard(replace(reply, held_hash=OTHER), acknowledged=desk.outbox.acknowledged)
