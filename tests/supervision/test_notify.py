"""What systemd hears, over real sockets."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from agent.adapters.notify import Notifier
from tests.dock_station import eventually
from tests.supervision.systemd import Systemd


@pytest.mark.parametrize("kind", ["a path", "an abstract name"])
def test_each_word_arrives_in_a_datagram_of_its_own(kind: str, tmp_path: Path) -> None:
    systemd = Systemd(tmp_path / "n" if kind == "a path" else None, watchdog_s=3)
    notifier = Notifier(systemd.environment, pid=7)
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notifier.ready("two\nlines")
    notifier.alive()
    notifier.reloading()
    notifier.status("2 of 8 bays busy")
    notifier.stopping()
    told = eventually(lambda: systemd.told if len(systemd.told) == 5 else None, within_s=10)
    systemd.close()
    ready, alive, reloading, status, stopping = (one.words for one in told)
    assert ready == {"READY": "1", "STATUS": "two lines"}
    assert alive == {"WATCHDOG": "1"}
    assert reloading["RELOADING"] == "1"
    assert before <= int(reloading["MONOTONIC_USEC"]) <= before + 5_000_000
    assert status == {"STATUS": "2 of 8 bays busy"}
    assert stopping["STOPPING"] == "1"


def test_children_do_not_inherit_what_systemd_said() -> None:
    environment = {"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "7", "PATH": "/bin"}
    assert Notifier(environment, pid=7).watchdog_s == 1.0
    assert environment == {"PATH": "/bin"}


@pytest.mark.parametrize(
    ("period", "owner", "expected"),
    [
        ("", "", None),
        ("0", "", None),
        ("soon", "", None),
        ("2000000", "", 2.0),
        ("2000000", "7", 2.0),
        ("2000000", "8", None),
    ],
)
def test_the_watchdog_is_fed_only_when_it_watches_this_process(
    period: str, owner: str, expected: float | None
) -> None:
    systemd = Systemd()
    notifier = Notifier({**systemd.environment, "WATCHDOG_USEC": period, "WATCHDOG_PID": owner}, pid=7)
    assert notifier.watchdog_s == expected
    notifier.alive()
    notifier.status("after it")
    eventually(lambda: systemd.values("STATUS"), within_s=10)
    systemd.close()
    assert systemd.fed_since(0) == (1 if expected else 0)


def test_nobody_listens_and_nothing_happens(tmp_path: Path) -> None:
    for environment in ({}, {"NOTIFY_SOCKET": str(tmp_path / "gone")}, {"NOTIFY_SOCKET": "@nobody-here"}):
        Notifier(environment, pid=7).ready("works")
