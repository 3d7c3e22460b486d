"""`dock-agent check`: the rule as a table, and the command beside a real agent."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

import pytest

from agent.cli.arguments import main
from agent.rules.checking import Bounds, Level, StationFacts, Thresholds, judge, line, not_running, span
from tests.acceptance.conftest import central, new_central, station
from tests.dock_station import DockStation, eventually

__all__ = ["central", "new_central", "station"]

GIB = 2**30
WELL = StationFacts(
    summary="2 of 8 bays busy; 0 files waiting; central reachable",
    loop_ages_s={"bays": 3.0, "heartbeat": 9000.0},
    disk_free=100 * GIB,
    disk_min_free=10 * GIB,
    clock_offset_s=-0.2,
    roster_age_s=60.0,
    credential_days=90.0,
)


def told(facts: StationFacts, limits: Thresholds | None = None) -> tuple[Level, str]:
    return line(judge(facts, limits or Thresholds()), facts.summary)


def test_a_station_that_is_well_is_ok_with_every_figure() -> None:
    level, text = told(WELL)
    assert level is Level.OK
    words, _, figures = text.partition(" | ")
    assert words == "DOCK OK - 2 of 8 bays busy; 0 files waiting; central reachable"
    assert figures.split() == [
        "loop_age=3s;120;300",
        f"disk_free={100 * GIB}B;{20 * GIB}:;{10 * GIB}:",
        "oldest=0s;86400;259200",
        "quarantined=0;1;10",
        "central_away=0s;900;14400",
        "clock_offset=0.2s;60;300",
        "roster_age=60s;86400;259200",
        "credential_days=90;14:;3:",
    ]


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        ({"loop_ages_s": {"bays": 130.0}}, Level.WARNING, "loop bays completed no round for 2 min"),
        ({"loop_ages_s": {"bays": 300.0}}, Level.CRITICAL, "loop bays completed no round for 5 min"),
        ({"disk_free": 19 * GIB}, Level.WARNING, "19.0 GiB of disk left"),
        ({"disk_free": 9 * GIB}, Level.CRITICAL, "9.0 GiB of disk left"),
        ({"oldest_s": 90000.0}, Level.WARNING, "a file waits for its receipt since 25.0 h"),
        ({"oldest_s": 259200.0}, Level.CRITICAL, "a file waits for its receipt since 3 days"),
        ({"quarantined": 1}, Level.WARNING, "1 files put aside"),
        ({"quarantined": 10}, Level.CRITICAL, "10 files put aside"),
        ({"unanswered_s": 1000.0}, Level.WARNING, "central does not answer since 17 min"),
        ({"unanswered_s": 14400.0}, Level.CRITICAL, "central does not answer since 4.0 h"),
        ({"unanswered_s": None}, Level.CRITICAL, "central never answered"),
        ({"clock_offset_s": -61.0}, Level.WARNING, "the clock is 61 s off central's"),
        ({"clock_offset_s": 301.0}, Level.CRITICAL, "the clock is 5 min off central's"),
        ({"roster_age_s": 90000.0}, Level.WARNING, "the roster is 25.0 h old"),
        ({"credential_days": 13.0}, Level.WARNING, "the credential is good for 13 days"),
        ({"credential_days": 2.0}, Level.CRITICAL, "the credential is good for 2 days"),
        ({"hung": ("status",)}, Level.CRITICAL, "hung: status"),
        ({"config_problems": 2}, Level.WARNING, "the new configuration was refused, the old one counts"),
        ({"history_trouble": "a fork"}, Level.CRITICAL, "a fork"),
    ],
)
def test_each_trouble_has_its_level_and_its_words(change: dict[str, object], level: Level, words: str) -> None:
    found, text = told(replace(WELL, **change))  # type: ignore[arg-type]
    assert found is level
    assert text.startswith(f"DOCK {level.name} - {words}; 2 of 8 bays busy")


def test_the_gravest_comes_first_and_what_nobody_can_say_is_not_judged() -> None:
    level, text = told(replace(WELL, quarantined=1, hung=("bays",), clock_offset_s=None, roster_age_s=None))
    assert level is Level.CRITICAL
    assert text.startswith("DOCK CRITICAL - hung: bays; 1 files put aside; ")
    assert "clock_offset" not in text
    assert "roster_age" not in text


def test_a_threshold_of_ones_own_counts() -> None:
    limits = Thresholds(quarantined=Bounds(5, 6), disk=Bounds(1, 0, low=True))
    assert told(replace(WELL, quarantined=4, disk_free=2), limits)[0] is Level.OK


def test_no_agent_is_critical() -> None:
    assert line([not_running("")], "")[0] is Level.CRITICAL
    assert "last sign of life is of 04:10" in line([not_running("04:10")], "")[1]
    assert [span(seconds) for seconds in (45, 720, 7200 * 2, 86400 * 3)] == ["45 s", "12 min", "4.0 h", "3 days"]


def test_wrong_usage_and_a_broken_configuration_are_unknown(
    capsys: pytest.CaptureFixture[str], station: DockStation
) -> None:
    assert main(["check"]) == 3
    assert main(["check", "--config", str(station.config), "--warn-oldest", "soon"]) == 3
    broken = station.home / "broken.toml"
    broken.write_text("[station]\n")
    assert main(["check", "--config", str(broken)]) == 3
    assert "DOCK UNKNOWN - " in capsys.readouterr().out


def test_beside_a_real_agent_it_says_how_that_does_and_without_it_is_critical(
    capsys: pytest.CaptureFixture[str], station: DockStation
) -> None:
    check = ["check", "--config", str(station.config)]
    assert main(check) == 2
    assert "it never ran here" in capsys.readouterr().out
    station.start()
    assert station.process is not None
    eventually(lambda: main([*check, "--warn-disk", "1", "--crit-disk", "0"]) == 0, why="all is well")
    assert "central reachable | loop_age=" in capsys.readouterr().out
    assert main([*check, "--warn-disk", "999999GiB", "--crit-disk", "1"]) == 1
    os.kill(station.process.pid, signal.SIGSTOP)
    long_ago = (station.state / "status.json").stat().st_mtime - 60
    os.utime(station.state / "status.json", (long_ago, long_ago))
    assert main(check) == 2
    assert "the agent runs, but its last sign of life is of 20" in capsys.readouterr().out
    station.kill()
    assert main(check) == 2
    assert "its last sign of life is of 20" in capsys.readouterr().out
