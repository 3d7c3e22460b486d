"""Promise: on every link that moves bytes the upload makes progress, and each committed byte is sent only once."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.network.place import MIB, Place, until

MBIT = 1_000_000 / 8


def test_a_link_that_is_cut_before_any_chunk_fits_still_finishes(place: Place, tally: Callable[[str], None]) -> None:
    """Every link that moves bytes makes progress. (2 Mbit/s, cut every few minutes, at a scale of 1:100: the link
    dies after each 300 KiB, where a first chunk is 4 MiB and central throws away a chunk that arrived in part.)"""
    place.link.bandwidth, place.link.cut_every = 20 * MBIT, 300 * 1024
    place.stage(MIB + 1)
    place.stage(MIB // 2, seed=2)
    with place.transferring():
        place.assert_all_arrived()
    assert place.link.cuts >= 3
    tally(f"network: 1.5 MiB over a link that died {place.link.cuts} times, each time after 300 KiB")


def test_a_chunk_grown_on_a_fast_link_shrinks_when_the_link_turns_bad(place: Place) -> None:
    """Progress is made on every link that moves bytes, also by an upload that was used to a better one."""
    place.link.bandwidth = 400 * MBIT
    place.stage(16 * MIB)
    with place.transferring():
        until(lambda: place.link.carried > 6 * MIB, "the chunk has grown")
        before, place.link.cut_every = place.committed(), MIB
        until(lambda: place.committed() > before + MIB, "more than any one life of the link carries got through")
        place.heal()
        place.assert_all_arrived()


def test_one_cut_costs_one_chunk_and_no_more(place: Place) -> None:
    """After any failure central is asked where it stands, and nothing that it committed is sent again."""
    place.link.cut_after = 6 * MIB
    place.stage(12 * MIB)
    with place.transferring():
        place.assert_all_arrived()
    assert place.link.cuts == 1
    assert place.link.carried < 12 * MIB + 5 * MIB, "the first chunk has 4 MiB, the second at most 8"


@pytest.mark.parametrize(
    "quality",
    [
        {"latency_s": 0.4},
        {"bandwidth": 2 * MBIT},
        {"slice_size": 1400, "slice_gap_s": 0.0005},
        {"latency_s": 0.2, "bandwidth": 4 * MBIT, "slice_size": 4000, "slice_gap_s": 0.0001},
    ],
    ids=["latency", "bandwidth", "slicer", "all_three"],
)
def test_a_slow_link_is_slow_and_nothing_else(place_at: Callable[..., Place], quality: dict[str, float]) -> None:
    """A healthy connection is never given up for being slow: the stall limit counts silence only."""
    place = place_at(stall_s=3.0)
    for name, value in quality.items():
        setattr(place.link, name, value)
    place.stage(MIB)
    place.stage(100, seed=2)
    with place.transferring():
        place.assert_all_arrived()
    assert place.link.cuts == 0
    patches = len(place.proxy.seen("PATCH")) + len(place.proxy.seen("POST"))
    assert patches <= 6, "nothing was sent twice"


@pytest.mark.parametrize("fault", ["half_close_after", "hang_up_after"])
def test_a_half_closed_connection_costs_one_chunk(place: Place, fault: str) -> None:
    """A connection of which only one half still works is a broken one: it neither hangs nor counts as an answer."""
    setattr(place.link, fault, MIB)
    place.stage(5 * MIB)
    with place.transferring():
        until(lambda: getattr(place.link, fault) is None, "it happened")
        started = time.monotonic()
        place.assert_all_arrived()
    assert time.monotonic() - started < 30


def test_a_link_that_half_closes_every_chunk_still_finishes(place: Place) -> None:
    """Progress is made on every link that moves bytes, also when central's answer to the torn chunk gets through."""
    place.stage(MIB + MIB // 2)
    with place.transferring():
        while not place.is_done():
            if place.link.half_close_after is None:
                place.link.half_close_after = 400 * 1024
            time.sleep(0.01)
        place.assert_all_arrived()


def test_a_black_hole_is_noticed_named_and_survived(place_at: Callable[..., Place]) -> None:
    """Silence ends after the stall limit, is called `stalled`, and is asked about once in a while, not in circles."""
    place = place_at(stall_s=1.0)
    place.stage(6 * MIB)
    place.stage(10, seed=2)
    place.link.bandwidth = 30 * MBIT
    with place.transferring():
        until(lambda: place.link.carried > MIB, "it is under way")
        place.link.black_hole = True
        place.until_named("stalled")
        before = place.requests()
        until(lambda: place.requests() >= before + 2, "it asks again")
        assert place.requests() - before <= 4
        place.assert_nothing_lost()
        place.heal()
        place.assert_all_arrived()


def test_a_lost_answer_doubles_nothing(place: Place) -> None:
    """Central did as it was asked and nobody heard of it: the same upload goes on from where it stands."""
    place.link.swallow_answer = True
    place.stage(3 * MIB)
    with place.transferring():
        until(lambda: not place.link.swallow_answer, "an answer was lost")
        until(lambda: place.proxy.seen("PATCH"), "bytes flow")
        place.link.swallow_answer = True
        place.assert_all_arrived()
    assert len({request.path for request in place.proxy.seen("PATCH")}) == 1, "one upload"
