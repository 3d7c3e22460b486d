"""The agent tells which source and which bay it did not watch, and claims nothing beyond what it has told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from agent.daemon.bays import Bays
from agent.ports import Truth
from agent.rules.footage import Instant
from agent.rules.watching import BayGap, Unwatched, begun_and_ended, reaching_into
from protocol import events as e
from simulator.cards import MemoryCard
from simulator.sources import ScriptedSource
from tests.pipeline.dock import VIDEO
from tests.pipeline.test_bays import Station, eventually


class TwoSources(Station):
    """A second shelf beside the first."""

    def __init__(self) -> None:
        super().__init__()
        self.shelf = ScriptedSource(self.dock.clock, "shelf")
        self.bays = Bays([self.dock.source, self.shelf], self.bench, self.dock.names, self.failed.append)

    def round(self, after_s: float = 15) -> None:
        self.dock.clock.advance(after_s)
        self.bays.reconcile()


@pytest.fixture
def station() -> Iterator[TwoSources]:
    made = TwoSources()
    made.start()
    made.bays.reconcile()
    yield made
    made.bays.stop()


def test_a_deaf_source_is_told_when_it_begins_and_the_other_one_goes_on(station: TwoSources) -> None:
    heard = station.dock.clock.now().wall
    station.shelf.lose_watch("folder_gone")
    station.round()
    (stopped,) = station.told(e.WatchStopped)
    assert isinstance(stopped, e.WatchStopped)
    assert (stopped.sources, stopped.reason, stopped.until) == (["shelf"], "folder_gone", heard)
    station.round()
    assert len(station.told(e.WatchStopped)) == 1, "told once"
    watch = station.bays.watch()
    assert watch.told == station.dock.clock.now().wall, "what was not watched is told as well"
    assert watch.until == heard, "but not proven to have been watched"
    station.shelf.regain_watch("folder_gone")
    station.round()
    assert len(station.told(e.WatchStarted)) == 1, "the first look after the gap still belongs to it"
    station.round()
    resumed = station.told(e.WatchStarted)[-1]
    assert isinstance(resumed, e.WatchStarted)
    assert (resumed.reason, resumed.sources) == ("resumed", ["shelf"])
    assert station.bays.watch().until == station.dock.clock.now().wall


def test_while_a_source_is_deaf_it_is_looked_at_again_soon(station: TwoSources) -> None:
    assert station.bays.reconcile() == 15
    station.shelf.lose_watch()
    assert station.bays.reconcile() == 1


def test_a_gap_that_is_over_before_anybody_looked_is_told_whole(station: TwoSources) -> None:
    heard = station.dock.clock.now().wall
    station.dock.clock.advance(5)
    station.shelf.lose_watch()
    station.shelf.regain_watch()
    station.round()
    station.round(1)
    (stopped,) = station.told(e.WatchStopped)
    assert isinstance(stopped, e.WatchStopped)
    assert stopped.until == heard
    assert station.told(e.WatchStarted)[-1].at.wall == station.dock.clock.now().wall


def test_a_bay_with_something_unrecognisable_in_it_is_unwatched_until_that_is_gone(station: TwoSources) -> None:
    begun = station.dock.clock.now().wall
    station.shelf.trouble("1-4", "over_current")
    station.round()
    station.round()
    (gap,) = station.told(e.BayUnwatched)
    assert isinstance(gap, e.BayUnwatched)
    assert (gap.source, gap.bay, gap.reason, gap.since) == ("shelf", "1-4", "over_current", begun)
    station.shelf.unwatched.clear()
    station.round()
    (over,) = station.told(e.BayWatched)
    assert isinstance(over, e.BayWatched)
    assert (over.source, over.bay, over.reason) == ("shelf", "1-4", "over_current")
    assert station.bays.watch().told == station.dock.clock.now().wall


def test_a_camera_without_a_name_of_its_own_makes_its_bay_unwatched_while_it_is_there(station: TwoSources) -> None:
    """It might be any camera: also one whose officer is asked for it."""
    docked_at = station.dock.clock.now().wall
    station.plug({VIDEO: b"footage"})
    other = station.dock.source.dock("BWC1", bay="folder:other")
    station.dock.mounter.insert(other, MemoryCard({VIDEO: b"other footage"}))
    station.round(0)
    eventually(lambda: len(station.told(e.CameraDocked)) == 2)
    # A round between the record and the session's own knowledge of it claims nothing, and tells of the bay later.
    eventually(lambda: all(live.session.docked for live in station.bays._live.values()))
    station.round(1)
    gaps = [gap for gap in station.told(e.BayUnwatched) if isinstance(gap, e.BayUnwatched)]
    assert {gap.bay for gap in gaps} == {"folder:BWC1", "folder:other"}, "two claim one name: both are in doubt"
    assert {(gap.reason, gap.since) for gap in gaps} == {("unidentified", docked_at)}
    station.dock.mounter.pull(other)
    station.dock.source.undock(other)
    station.round()
    ended = [gap.bay for gap in station.told(e.BayWatched) if isinstance(gap, e.BayWatched)]
    assert ended == ["folder:other"], "nobody knows yet which of the two the other one was"


def test_a_device_of_which_nobody_knows_yet_what_it_is_holds_the_claim_back(station: TwoSources) -> None:
    station.round()
    held = station.dock.clock.now()
    _unsettle(station, (held,))
    station.round()
    assert station.bays.watch().told == held.wall
    _unsettle(station, (None,))
    station.round()
    assert station.bays.watch().told == held.wall, "nobody knows since when it is there: no further claim at all"
    _unsettle(station, ())
    station.round()
    assert station.bays.watch().told == station.dock.clock.now().wall


def _unsettle(station: TwoSources, unsettled: tuple[Instant | None, ...]) -> None:
    truth = ScriptedSource.truth

    def told() -> Truth:
        return replace(truth(station.shelf), unsettled=unsettled)

    station.shelf.truth = told  # type: ignore[method-assign]


def test_the_next_start_knows_which_bays_were_in_trouble(station: TwoSources) -> None:
    station.shelf.trouble("1-4", "no_file_system")
    station.shelf.trouble("1-5", "no_file_system")
    station.round()
    station.bays.stop()
    del station.shelf.unwatched["1-5"]
    second = Bays([station.dock.source, station.shelf], station.bench, station.dock.names, station.failed.append)
    second.start(lambda: None)
    second.stop()
    assert len(station.told(e.BayUnwatched)) == 2, "still the same trouble, not a new one"
    assert [gap.bay for gap in station.told(e.BayWatched) if isinstance(gap, e.BayWatched)] == ["1-5"]


def test_a_drop_folder_says_that_it_cannot_show_absence() -> None:
    station = TwoSources()
    truth = ScriptedSource.truth
    station.shelf.truth = lambda: replace(truth(station.shelf), proves_absence=False)  # type: ignore[method-assign]
    station.start()
    station.bays.stop()
    (started,) = station.told(e.WatchStarted)
    assert isinstance(started, e.WatchStarted)
    assert (started.sources, started.blind) == ([station.dock.source.name, "shelf"], ["shelf"])


# --- the rule -------------------------------------------------------------------------------------------


def test_a_deaf_source_says_nothing_of_its_bays_in_trouble() -> None:
    known = {("usb", "1-1", "over_current"), ("shelf", "a", "symlink")}
    assert begun_and_ended(known, [], deaf={"usb"}) == ([], [("shelf", "a", "symlink")])


def test_two_reasons_for_one_bay_begin_and_end_apart(station: TwoSources) -> None:
    now = station.dock.clock.now().wall
    two = [BayGap("usb", "1-1", reason, now) for reason in ("over_current", "no_file_system")]
    begun, ended = begun_and_ended({("usb", "1-1", "over_current")}, two, deaf=())
    assert ([gap.reason for gap in begun], ended) == (["no_file_system"], [])
    begun, ended = begun_and_ended({gap.place for gap in two}, two[:1], deaf=())
    assert (begun, ended) == ([], [("usb", "1-1", "no_file_system")])


def test_a_gap_that_only_touches_a_span_does_not_reach_into_it(station: TwoSources) -> None:
    now = station.dock.clock.now().wall
    station.dock.clock.advance(60)
    later = station.dock.clock.now().wall
    gaps = [Unwatched("usb", "", "x", now, later), Unwatched("usb", "", "y", later, None)]
    assert [gap.reason for gap in reaching_into(gaps, now, later)] == ["x"]
