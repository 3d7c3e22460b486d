"""Once for each shift and deadline a station reports a camera of its roster that it did not see."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from agent.reporting.not_seen import NotSeenReports, outlook_of
from agent.reporting.roster import RosterKeeper
from agent.rules import changes as c
from protocol import events as e
from protocol.events import decode_body
from protocol.messages import RosterAnswer, RosterShift
from simulator.clock import SimulatedClock
from simulator.ledger import MemoryLedger

HOUR = timedelta(hours=1)


class Desk:
    """A station that has watched from noon on; hours are counted from there."""

    def __init__(self, *, first_watch: float = 0) -> None:
        self.clock = SimulatedClock()
        self.noon = self.clock.now().wall
        self.ledger = MemoryLedger(self.clock.now())
        self.ledger.remember(first_watch=self.at(first_watch).isoformat())
        self.told_until: datetime | None = self.noon
        self.reports = self.opened()

    def opened(self) -> NotSeenReports:
        """As after a start of the agent."""
        return NotSeenReports(self.ledger, self.clock, lambda: self.told_until)

    def at(self, hour: float) -> datetime:
        return self.noon + hour * HOUR

    def roster(self, *shifts: tuple[str, str, float, float], etag: str = "1") -> None:
        """Shift, camera, end, deadline."""
        told = [
            RosterShift(
                shift_id=shift,
                officer_id="7",
                camera_serial=camera,
                starts_at=self.at(ends - 8),
                ends_at=self.at(ends),
                deadline_at=self.at(deadline),
            )
            for shift, camera, ends, deadline in shifts
        ]
        body = msgspec.json.encode(RosterAnswer(policy_revision="p1", generated_at=self.noon, shifts=told)).decode()
        self.ledger.remember(roster=body, roster_etag=etag, roster_at=self.noon.isoformat())

    def pass_until(self, hour: float) -> int:
        """Time passes, everything is told, and a round is made; how many shifts were due."""
        self.clock.advance((self.at(hour) - self.clock.now().wall).total_seconds())
        self.told_until = self.clock.now().wall
        return self.reports.round()

    def dock(self, camera: str, hour: float, until: float | None = None, bay: str = "1-1") -> UUID:
        session = uuid4()
        docked = c.CameraDocked(
            at=self.clock.now(),
            session=session,
            key=str(session),
            source="usb",
            bay=bay,
            bay_label=bay,
            camera=camera,
            identity_source="marker",
            identity_unique=True,
            profile="generic",
            proves_dock=True,
            seen_at=self.at(hour),
            absent_until=None,
        )
        self.ledger.commit(docked)
        if until is not None:
            left = c.CameraUndocked(
                at=self.clock.now(),
                session=session,
                camera=camera,
                last_present_at=self.at(until),
                absent_at=self.at(until),
                files_not_copied=0,
            )
            self.ledger.commit(left)
        return session

    def told(self) -> list[e.CameraNotSeen]:
        bodies = [decode_body(event.body) for event in self.ledger.events_after(0, 10_000)]
        return [body for body in bodies if isinstance(body, e.CameraNotSeen)]


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.roster(("S-1", "C1", 4, 28))
    return made


def test_nothing_is_said_before_the_deadline_is_known_to_have_passed(desk: Desk) -> None:
    assert desk.pass_until(28) == 0
    desk.told_until = desk.at(27)  # a dock that is not recorded yet holds the claim back
    desk.clock.advance(7200)
    assert desk.reports.round() == 0
    desk.told_until = None
    assert desk.reports.round() == 0


def test_a_camera_that_was_not_seen_is_reported_once(desk: Desk) -> None:
    desk.pass_until(28.1)
    desk.pass_until(29)
    (report,) = desk.told()
    assert (report.shift_id, report.camera, report.deadline_at) == ("S-1", "C1", desk.at(28))
    assert (report.policy_revision, report.roster_at) == ("p1", desk.noon)
    assert (report.watched_from, report.watched_until) == (None, desk.at(28.1))
    assert report.unwatched == []


def test_after_a_restart_it_is_not_reported_again(desk: Desk) -> None:
    desk.pass_until(28.1)
    desk.reports = desk.opened()
    assert desk.pass_until(30) == 0
    assert len(desk.told()) == 1


def test_a_deadline_that_moved_is_reported_anew(desk: Desk) -> None:
    desk.pass_until(28.1)
    desk.roster(("S-1", "C1", 8, 32), etag="2")
    assert desk.pass_until(31) == 0
    desk.pass_until(32.1)
    assert [report.deadline_at for report in desk.told()] == [desk.at(28), desk.at(32)]


@pytest.mark.parametrize(
    ("docked", "undocked", "is_seen"),
    [
        (3, None, True),
        (3, 4, True),
        (3, 3.9, False),
        (1, 1.5, False),
        (10, 10.01, True),
        (28, None, True),
        (28.01, None, False),
    ],
)
def test_a_dock_counts_that_held_it_at_some_instant_from_the_end_to_the_deadline(
    desk: Desk, docked: float, undocked: float | None, *, is_seen: bool
) -> None:
    desk.dock("C1", docked, undocked)
    desk.dock("C2", 20)
    desk.pass_until(28.1)
    assert (desk.told() == []) is is_seen


def test_it_says_when_it_was_last_here_and_in_which_bay(desk: Desk) -> None:
    desk.dock("C1", 1, 1.5, bay="1-1")
    desk.dock("C1", 2, 2.5, bay="1-2")
    desk.pass_until(28.1)
    (report,) = desk.told()
    assert (report.last_seen_at, report.last_bay) == (desk.at(2.5), "1-2")


def test_gaps_between_the_end_and_the_deadline_travel_with_the_report(desk: Desk) -> None:
    watch = [(1, 2), (10, 11), (27, None)]
    for since, until in watch:
        desk.pass_until(since)
        stopped = c.WatchStopped(at=desk.clock.now(), reason="folder_gone", until=desk.at(since), sources=("shelf",))
        desk.ledger.commit(stopped)
        if until is not None:
            desk.pass_until(until)
            desk.ledger.commit(c.WatchStarted(at=desk.clock.now(), reason="resumed", sources=("shelf",)))
    desk.pass_until(28.1)
    (report,) = desk.told()
    told = [(gap.source, gap.reason, gap.since, gap.until) for gap in report.unwatched]
    assert told == [
        ("shelf", "folder_gone", desk.at(10), desk.at(11)),
        ("shelf", "folder_gone", desk.at(27), None),
    ]


def test_a_deadline_before_this_ledger_had_watched_at_all_is_nobodys_to_report() -> None:
    desk = Desk(first_watch=30)
    desk.roster(("S-1", "C1", 4, 28), ("S-2", "C2", 4, 31))
    desk.pass_until(40)
    (report,) = desk.told()
    assert (report.shift_id, report.watched_from) == ("S-2", desk.at(30))


def test_days_without_central_change_nothing_and_all_come_in_order_of_their_deadlines(desk: Desk) -> None:
    shifts = [(f"S-{number}", f"C{number}", 4 + 8 * number, 28 + 8 * number) for number in range(12)]
    desk.roster(*shifts[::-1])  # type: ignore[arg-type]
    for hour in range(20, 140, 3):
        desk.pass_until(hour)
    assert [report.shift_id for report in desk.told()] == [shift for shift, *_ in shifts]


def test_what_fell_due_while_the_station_was_off_is_reported_with_the_gap(desk: Desk) -> None:
    desk.roster(("S-2", "C2", 5, 30), ("S-1", "C1", 4, 28))
    desk.ledger.commit(c.WatchStopped(at=desk.clock.now(), reason="crashed", until=desk.at(2)))
    desk.clock.advance(60 * 3600)
    desk.ledger.commit(c.WatchStarted(at=desk.clock.now(), reason="started", sources=("usb",)))
    desk.reports = desk.opened()
    desk.pass_until(60.1)
    assert [report.shift_id for report in desk.told()] == ["S-1", "S-2"]
    assert {(gap.since, gap.until) for report in desk.told() for gap in report.unwatched} == {
        (desk.at(2), desk.at(60))
    }


def test_a_large_roster_that_is_due_at_once_goes_out_in_several_rounds(desk: Desk) -> None:
    desk.roster(*[(f"S-{number}", f"C{number}", 4, 28) for number in range(450)])
    rounds = 0
    while desk.pass_until(28.1 + rounds / 1000):
        rounds += 1
    assert rounds == 3
    assert len({report.shift_id for report in desk.told()}) == 450


def test_the_stations_clock_is_compared_with_deadlines_by_its_measured_offset(desk: Desk) -> None:
    desk.clock.measured(3_600_000, 5)  # one hour ahead of central
    desk.dock("C1", 28.5)  # 27.5 by central's clock
    assert desk.pass_until(28.9) == 0
    desk.pass_until(29.1)
    assert desk.told() == []


def test_a_roster_that_cannot_be_read_is_no_roster(desk: Desk) -> None:
    desk.ledger.remember(roster="{", roster_etag="9")
    desk.pass_until(40)
    assert (desk.told(), desk.reports.outlook.roster) == ([], None)


def test_the_outlook_shows_what_would_be_reported_and_what_was_and_its_dock(desk: Desk) -> None:
    desk.roster(("S-1", "C1", 4, 28), ("S-2", "C2", 20, 44), ("S-3", "C3", 21, 45))
    desk.dock("C3", 22)
    desk.pass_until(28.1)
    outlook = desk.reports.outlook
    assert [shift.shift_id for shift in outlook.awaited] == ["S-2"]
    assert [(shift.shift_id, docked) for shift, docked in outlook.reported] == [("S-1", None)]
    desk.dock("C1", 28.5)
    desk.pass_until(29)
    assert [docked for _, docked in desk.reports.outlook.reported] == [desk.at(28.5)]
    assert outlook_of(desk.ledger, desk.at(29)) == desk.reports.outlook, "the same without a running agent"


def test_a_roster_is_as_old_as_centrals_last_word_of_it(desk: Desk) -> None:
    keeper = RosterKeeper(desk.ledger, None, desk.clock)  # type: ignore[arg-type]
    desk.clock.advance(60)
    keeper.confirmed()
    assert desk.ledger.note("roster_at") == desk.noon.isoformat(), "not written down with every heartbeat"
    desk.clock.advance(600)
    keeper.confirmed()
    assert desk.ledger.note("roster_at") == (desk.noon + timedelta(seconds=660)).isoformat()
