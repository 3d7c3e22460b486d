"""The pure rules of a service: what hangs, what a line says, when a checker is pinged, when to call again."""

from __future__ import annotations

import pytest

from agent.rules.backoff import after_attempt
from agent.rules.pinging import BODY_LIMIT, Word, after_heartbeat, url_for
from agent.rules.status_words import Doing, status_line
from agent.rules.watchdog import CALLING_LIMIT_S, OWN_LIMIT_S, LoopPulse, hung


def test_a_loop_hangs_when_its_round_does_not_end_or_its_thread_is_gone() -> None:
    loops = [
        LoopPulse("bays", is_alive=True, round_s=OWN_LIMIT_S + 1),
        LoopPulse("alive", is_alive=True, round_s=OWN_LIMIT_S - 1),
        LoopPulse("status", is_alive=False, round_s=0),
        LoopPulse("not_seen", is_alive=True, round_s=0),
    ]
    assert hung(loops) == ("bays", "status")


@pytest.mark.parametrize("name", ["heartbeat", "outbox", "spool"])
def test_a_central_that_is_slow_to_answer_makes_no_loop_hang_but_half_an_hour_does(name: str) -> None:
    assert hung([LoopPulse(name, is_alive=True, round_s=OWN_LIMIT_S * 5)], own_limit_s=2.0) == ()
    assert hung([LoopPulse(name, is_alive=True, round_s=CALLING_LIMIT_S + 1)], own_limit_s=2.0) == (name,)
    assert hung([LoopPulse(name, is_alive=False, round_s=0)]) == (name,)


@pytest.mark.parametrize(
    ("doing", "line"),
    [
        (Doing(2, 8, 14, True), "2 of 8 bays busy; 14 files waiting; central reachable"),
        (Doing(1, 0, 1, True), "1 bay busy; 1 file waiting; central reachable"),
        (Doing(3, 2, 0, True), "3 bays busy; 0 files waiting; central reachable"),
        (
            Doing(0, 4, 9, False),
            "0 of 4 bays busy; 9 files waiting; central unreachable: docking counts, uploads wait",
        ),
        (Doing(0, 1, 0, True, hung=["bays"]), "HUNG: bays; 0 of 1 bay busy; 0 files waiting; central reachable"),
        (
            Doing(0, 0, 0, True, config_refused=True, needs_restart=1),
            "0 bays busy; 0 files waiting; central reachable; "
            "new configuration refused, the old one counts (see the log)",
        ),
        (
            Doing(0, 0, 0, True, profiles_refused=2),
            "0 bays busy; 0 files waiting; central reachable; 2 problems in camera profiles (see check-config)",
        ),
        (
            Doing(0, 0, 0, True, needs_restart=1),
            "0 bays busy; 0 files waiting; central reachable; configuration changed: restart needed",
        ),
    ],
)
def test_one_line_says_how_the_station_does(doing: Doing, line: str) -> None:
    assert status_line(doing) == line


def test_a_checker_hears_success_only_when_central_answered_and_every_loop_worked() -> None:
    ping = after_heartbeat(0, "", {"bays": 15.0, "spool": 179.0}, "2 bays busy")
    assert ping is not None
    assert (ping.word, ping.body) == (Word.SUCCESS, "2 bays busy")
    ping = after_heartbeat(0, "", {"bays": 200.0, "spool": 1.0}, "2 bays busy")
    assert ping is not None
    assert (ping.word, ping.body) == (Word.FAIL, "no work was done by: bays (200 s); 2 bays busy")


def test_a_lost_heartbeat_says_nothing_and_the_third_in_a_row_says_why_briefly() -> None:
    assert after_heartbeat(1, "x", {}, "") is None
    assert after_heartbeat(2, "x", {}, "") is None
    ping = after_heartbeat(3, "x" * 5000, {}, "")
    assert ping is not None
    assert ping.word is Word.FAIL
    assert ping.body.startswith("central did not answer 3 heartbeats in a row: xxx")
    assert len(ping.body) == BODY_LIMIT


@pytest.mark.parametrize(
    ("word", "url"),
    [
        (Word.START, "https://c.example/ping/abc/start?rid=1"),
        (Word.SUCCESS, "https://c.example/ping/abc?rid=1"),
        (Word.FAIL, "https://c.example/ping/abc/fail?rid=1"),
    ],
)
def test_the_word_is_appended_to_the_path_and_the_query_stays(word: Word, url: str) -> None:
    assert url_for("https://c.example/ping/abc?rid=1", word) == url
    assert url_for("https://c.example/ping/abc/?rid=1", word) == url


def test_after_a_crash_an_unanswered_call_is_not_repeated_at_once() -> None:
    assert after_attempt(None, 60.0) == 0.0
    assert after_attempt(0.0, 60.0) == 10.0
    assert after_attempt(7.0, 60.0) == 3.0
    assert after_attempt(3600.0, 60.0) == 0.0
    assert after_attempt(-5.0, 60.0) == 0.0, "the clock was set back"
