"""How a story is made up: Hypothesis draws one event after the other."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.roaming.station import SteppedStation
from tests.roaming.story import LENGTHS, PATHS, Event, Story
from tests.roaming.world import CAMERAS, STATIONS

PARTS = (
    SteppedStation.everything,
    SteppedStation.everything_backwards,
    SteppedStation.everything_but_central_first,
    SteppedStation.serve,
    SteppedStation.serve,
    SteppedStation.upload,
    SteppedStation.verify,
    SteppedStation.beat,
    SteppedStation.keep,
    SteppedStation.tell,
    SteppedStation.look,
)
TROUBLES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("the network is down", {"away": True}),
    ("central is busy", {"retry_after_s": 30.0}),
    ("central does not accept the credential", {"refuses_credential": True}),
    ("central acknowledges more than it was sent", {"lies_about_offset": True}),
    ("central calls every upload complete", {"claims_all": True}),
    ("central stores other bytes than were sent", {"corrupts": True}),
    ("central signs with a key that nobody pinned", {"forges": True}),
    ("central answers with the oldest receipt that it has", {"replays": True}),
    ("an earlier connection holds every upload", {"locked": True}),
    ("the next two chunks arrive damaged", {"damages_chunks": 2}),
    ("the next two answers are lost", {"loses_answers": 2}),
    ("the next connection breaks after 20 bytes", {"cuts_after": 20}),
    ("central is still hashing", {"hashes_for": 2}),
    ("requests of more than 16 bytes are refused on the way", {"largest_chunk": 16}),
)

ORDERS = (
    SteppedStation.everything,
    SteppedStation.everything_but_central_first,
    SteppedStation.everything_backwards,
)

stations = st.sampled_from(STATIONS)
titles = st.sampled_from(tuple(CAMERAS))
parts = st.sampled_from(PARTS)
seeds = st.integers(0, 7)
rarely = st.sampled_from((False, False, False, True))
FILE_DEEDS = (
    "grow",
    "change unnoticed",
    "change unnoticed",
    "remove",
    "same footage",
    "read error",
    "heal",
    "no listing",
)
STATION_DEEDS = ("disk full", "disk freed", "disk freed", "clock jump", "clock right", "retry")
ENDS = ("stop", "kill", "power loss", "crash while starting", "power loss while starting")
moments = st.tuples(st.just(""), st.integers(1, 40)) | st.tuples(
    st.sampled_from(
        ("commit", "card", "sync", "rename", "unlink", "answer", "verify", "append", "standing", "mount")
    ),
    st.integers(1, 5),
)
"""The n-th call of a door: of any one, or of a chosen one."""


@st.composite
def _one(draw: st.DrawFn, name: str, arguments: dict[str, st.SearchStrategy[Any]]) -> Event:
    return Event(name, draw(st.fixed_dictionaries(arguments)))


def _event(name: str, weight: int = 1, **arguments: st.SearchStrategy[Any]) -> list[st.SearchStrategy[Event]]:
    # Anew each time: of equal strategies one_of would take one.
    return [_one(name, arguments) for _ in range(weight)]


EVENTS: st.SearchStrategy[Event] = st.one_of(
    *_event(
        "record",
        4,
        title=titles,
        path=st.sampled_from(PATHS),
        length=st.sampled_from(LENGTHS),
        later=st.booleans(),
        bad_from=st.sampled_from((None, None, None, 0, 4096)),
    ),
    *_event("file_changes", 4, title=titles, deed=st.sampled_from(FILE_DEEDS), seed=seeds),
    *_event("dock", 3, title=titles, station=stations),
    *_event("undock", seed=seeds),
    *_event("work", 4, station=stations, part=parts),
    *_event("everybody_works", 3, order=st.sampled_from(ORDERS)),
    *_event(
        "interrupted",
        4,
        station=stations,
        kind=st.sampled_from(("crash", "power", "pull", "write", "network")),
        moment=moments,
        title=titles,
        path=st.none() | st.sampled_from(PATHS),
        seed=seeds,
    ),
    *_event(
        "restart", 2, station=stations, how=st.sampled_from(ENDS), seed=seeds, ledger_lost=rarely, moment=moments
    ),
    *_event("station_suffers", 2, station=stations, deed=st.sampled_from(STATION_DEEDS), seed=seeds),
    *_event("central_errs", 2, station=stations, trouble=st.none() | st.sampled_from(TROUBLES)),
    *_event("central_changes", 3, deed=st.sampled_from(("backup", "restore", "restore", "rot")), seed=seeds),
    *_event("time_passes", 2, seconds=st.sampled_from((5.0, 120.0, 8 * 86400.0))),
)
"""One strategy of all events instead of a rule for each: Hypothesis leaves whole rules out of a story, and a story
without recordings or without work tells nothing."""


class Roaming(RuleBasedStateMachine):
    """A story, and how it began and went on, so that it can be told again without Hypothesis."""

    told: ClassVar[Counter[str]] = Counter()
    """How often each kind of step was taken, over all stories."""
    latest: ClassVar[list[Event]] = []

    def __init__(self) -> None:
        super().__init__()
        self.latest.clear()
        self.story = Story(note, lambda kind: self.told.update([kind]))
        self.is_broken = False

    @initialize(
        footage=st.lists(st.tuples(titles, st.sampled_from(PATHS), st.sampled_from(LENGTHS)), max_size=8),
        docked=st.lists(st.tuples(titles, stations), max_size=3, unique_by=lambda pair: pair[0]),
    )
    def begins(self, footage: list[tuple[str, bytes, int]], docked: list[tuple[str, str]]) -> None:
        self._tell(Event("begin", {"footage": footage, "docked": docked}))

    @rule(event=EVENTS)
    def happens(self, event: Event) -> None:
        self._tell(event)

    def _tell(self, event: Event) -> None:
        self.latest.append(event)
        try:
            self.story.happens(event)
        except BaseException:
            self.is_broken = True
            raise

    def teardown(self) -> None:
        try:
            if not self.is_broken:
                self.story.end()
        finally:
            self.story.close()
