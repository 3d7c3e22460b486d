"""Which failures count against a file, and how many."""

from __future__ import annotations

from agent.rules.poison import TRIES, Strikes


def failed(times: int, code: str = "upload_refused", *, everyones: bool = False, finished: int = 0) -> Strikes:
    strikes = Strikes()
    for number in range(times):
        strikes = strikes.failed(code, may_be_everyones=everyones, finished=finished * number)
    return strikes


def test_a_trouble_of_its_own_counts_each_time() -> None:
    assert not failed(TRIES - 1).is_poison
    assert failed(TRIES).is_poison


def test_an_outage_however_long_puts_nobody_aside() -> None:
    assert failed(1000, "unreachable", everyones=True).count == 0


def test_what_everyone_may_meet_counts_when_others_got_through_in_between() -> None:
    assert not failed(TRIES, "connection_lost", everyones=True, finished=1).is_poison
    assert failed(TRIES + 1, "connection_lost", everyones=True, finished=1).is_poison


def test_a_long_outage_followed_by_one_more_failure_is_one_strike_not_hundreds() -> None:
    after_outage = failed(500, "central_busy", everyones=True)
    assert after_outage.failed("central_busy", may_be_everyones=True, finished=7).count == 1


def test_what_the_station_does_not_know_yet_is_no_file_s_fault() -> None:
    assert failed(1000, "epoch_unknown").count == 0
