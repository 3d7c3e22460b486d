"""The board's last line: what of the network is true, since when, and how long the space will do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent.rules.network_words import (
    Filling,
    Network,
    Reach,
    Since,
    fill_rate,
    held_since,
    is_outage,
    local_words,
    network_of,
    network_words,
    space_words,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = 3600.0
GB = 1_000_000_000


@pytest.mark.parametrize(
    ("reach", "network"),
    [
        (Reach(answered=False), Network.ASKING),
        (Reach(answered=True), Network.UP),
        (Reach(answered=True, round_trip_s=0.3), Network.UP),
        (Reach(answered=True, round_trip_s=6.0), Network.SLOW),
        (Reach(answered=False, heartbeat_trouble="unreachable"), Network.DOWN),
        (Reach(answered=False, heartbeat_trouble="stalled"), Network.DOWN),
        (Reach(answered=False, heartbeat_trouble="tls"), Network.DOWN),
        (Reach(answered=False, heartbeat_trouble="central_busy"), Network.SLOW),
        (Reach(answered=False, heartbeat_trouble="auth_refused"), Network.REFUSED),
        (Reach(answered=False, heartbeat_trouble="ledger_ended"), Network.REFUSED),
        (Reach(answered=False, heartbeat_trouble="protocol_violation"), Network.STRANGE),
        (Reach(answered=True, upload_trouble="unreachable"), Network.DOWN),
        (Reach(answered=True, upload_trouble="connection_lost"), Network.SLOW),
        (Reach(answered=True, upload_trouble="central_full"), Network.SLOW),
        (Reach(answered=True, upload_trouble="auth_refused"), Network.REFUSED),
        (Reach(answered=False, heartbeat_trouble="unreachable", upload_trouble="auth_refused"), Network.REFUSED),
    ],
)
def test_each_situation_has_its_word(reach: Reach, network: Network) -> None:
    assert network_of(reach) is network


def test_an_outage_keeps_the_hour_at_which_it_began() -> None:
    down = held_since(Since(Network.UP, NOON), Network.DOWN, NOON + timedelta(hours=1))
    assert down == Since(Network.DOWN, NOON + timedelta(hours=1))
    assert held_since(down, Network.DOWN, NOON + timedelta(hours=9)) == down


def test_a_restart_of_the_agent_does_not_end_an_outage() -> None:
    remembered = Since(Network.DOWN, NOON)
    assert held_since(remembered, Network.ASKING, NOON + timedelta(hours=5)) == remembered
    assert held_since(remembered, Network.UP, NOON + timedelta(hours=5)).network is Network.UP


def test_after_a_restart_nobody_claims_that_the_network_is_up() -> None:
    assert held_since(Since(Network.UP, NOON), Network.ASKING, NOON).network is Network.ASKING
    assert held_since(None, Network.ASKING, NOON).network is Network.ASKING


def test_whatever_keeps_footage_from_central_says_that_docking_counts() -> None:
    for network in Network:
        words = network_words(Since(network, NOON), "04:10", waiting=3, room=GB * 620, rate=GB * 10 / HOUR)
        assert ("Docking counts." in words) == (network is not Network.UP), words
        assert ("since 04:10" in words) == is_outage(network), words
        assert ("Space for 62 h." in words) == (network is not Network.UP), words


def test_a_network_that_is_down_reads_as_in_the_handbook() -> None:
    words = network_words(Since(Network.DOWN, NOON), "04:10", waiting=3, room=GB * 620, rate=GB * 10 / HOUR)
    assert words == "Network down since 04:10. Docking counts. Space for 62 h."


def test_a_network_that_is_up_says_what_is_on_the_way() -> None:
    def words(waiting: int, room: int = GB) -> str:
        return network_words(Since(Network.UP, NOON), "", waiting=waiting, room=room, rate=None)

    assert words(0) == "Network up. Everything is at central."
    assert words(1) == "Network up. 1 file is on the way to central."
    assert words(12) == "Network up. 12 files are on the way to central."
    assert words(12, room=0) == "Network up. No space: footage waits on the cameras."


@pytest.mark.parametrize(
    ("room", "rate", "words"),
    [
        (0, None, "No space: footage waits on the cameras."),
        (-5, 10.0, "No space: footage waits on the cameras."),
        (41 * GB, None, "41 GB of space."),
        (41 * GB, 41 * GB / HOUR * 2, "Space for less than 1 h."),
        (41 * GB, 41 * GB / HOUR, "Space for 1 h."),
        (int(62.9 * GB), GB / HOUR, "Space for 62 h."),
        (800 * GB, GB / HOUR, "Space for more than 30 days."),
    ],
)
def test_space_is_rounded_down(room: int, rate: float | None, words: str) -> None:
    assert space_words(room, rate) == words


def test_the_busier_of_the_spans_counts_and_an_empty_one_does_not() -> None:
    assert fill_rate([]) is None
    assert fill_rate([Filling(0, 86_400)]) is None
    assert fill_rate([Filling(86_400, 86_400), Filling(86_400, 7 * 86_400)]) == 1.0
    assert fill_rate([Filling(0, 86_400), Filling(604_800, 7 * 86_400)]) == 1.0


def test_the_first_minutes_of_a_station_are_not_taken_for_its_rate() -> None:
    assert fill_rate([Filling(3_600, 5)]) == 1.0


def test_a_time_of_another_day_bears_its_day() -> None:
    assert local_words(NOON.replace(hour=4, minute=10), NOON) == "04:10"
    assert local_words(NOON - timedelta(days=1), NOON) == "Sun 12:00"
    assert local_words(NOON - timedelta(days=9), NOON) == "14 Nov"
