"""A real agent, a real notification socket: what keeps the watchdog fed, what starves it, reloads, stops."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import central, new_central, station
from tests.central_server import CentralServer
from tests.dock_station import DockStation, eventually, files_below
from tests.kills.in_flight import Phase, card_processes, in_flight, is_alive
from tests.supervision.systemd import Systemd, environ_of
from tests.supervision.test_pings import Checker, checker

__all__ = ["central", "checker", "new_central", "station"]

WATCHDOG_S = 4.0
CRAWLING = "[upload]\nlimits = [{from = '00:00', to = '24:00', rate = '4kB/s'}]\n"
"""However slow the machine is, its uploads are still under way."""
SLOW = "[upload]\nlimits = [{from = '00:00', to = '24:00', rate = '200kB/s'}]\n"


@pytest.fixture
def systemd() -> Iterator[Systemd]:
    one = Systemd(watchdog_s=WATCHDOG_S)
    yield one
    one.close()


def test_a_hung_bay_and_a_dead_central_feed_the_watchdog_and_a_hung_loop_starves_it(
    station: DockStation, central: CentralServer, systemd: Systemd
) -> None:
    station.write_config(SLOW)
    station.dock("CAM-1", "--files", "2", "--size", "400kB")
    station.start(**systemd.environment)
    assert station.process is not None
    agent = station.process.pid
    eventually(lambda: systemd.values("READY"), why="ready")
    assert station.logged("status_page_unavailable") == []
    (child,) = eventually(lambda: card_processes(agent), why="the docked camera's process")
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC"} & environ_of(child)
    eventually(lambda: any("1 bay busy" in line for line in systemd.values("STATUS")), why="the status is readable")

    os.kill(child, signal.SIGSTOP)
    central.pause()
    since = time.monotonic()
    eventually(lambda: time.monotonic() > since + 2.5 * WATCHDOG_S)
    fed = [one.at for one in systemd.told if "WATCHDOG" in one.words and one.at > since]
    assert max(later - earlier for earlier, later in itertools.pairwise(fed)) < WATCHDOG_S

    blocked = station.state / "status.json.new"  # a write to it never returns: the loop hangs in the kernel
    eventually(lambda: _made_a_fifo(blocked), why="a pipe nobody reads")
    eventually(lambda: any("HUNG: status" in line for line in systemd.values("STATUS")), why="it is named")
    last = time.monotonic()
    eventually(lambda: time.monotonic() > last + 1.5)
    assert systemd.fed_since(last) == 0
    assert station.logged("loops_hang")[0]["loops"] == ["status"]
    central.resume()


def test_a_good_reload_counts_at_once_and_a_bad_one_changes_nothing(
    station: DockStation, systemd: Systemd, checker: Checker
) -> None:
    station.dock("CAM-1", "--files", "1", "--size", "64KiB")
    station.start(**systemd.environment)
    assert station.process is not None
    station.wait_safe("CAM-1")
    before = eventually(lambda: _digest(station.central), why="a heartbeat")

    good = station.config.read_text()
    station.config.write_text(good + '[bays]\n"CAM-1" = "Bay 7"\n[uplaod]\nworkers = 0\n')
    os.kill(station.process.pid, signal.SIGHUP)
    refused = eventually(lambda: station.logged("config_refused"), why="refused")
    assert "did you mean 'upload'?" in refused[0]["problems"][0]
    eventually(lambda: station.snapshot()["config"]["problems"], why="the status says so")
    assert "old one counts" in station.snapshot()["summary"]
    assert any("configuration refused" in line for line in systemd.values("STATUS"))
    assert _digest(station.central) == before

    bay = station.snapshot()["bays"][0]["bay"]
    station.config.write_text(
        good.replace('"1s"', f'"1s"\nping_urls = ["{checker.url}"]')
        + f'[bays]\n"{bay}" = "Bay 7"\n[upload]\nworkers = 2\n'
    )
    os.kill(station.process.pid, signal.SIGHUP)
    eventually(lambda: station.snapshot()["bays"][0]["label"] == "Bay 7", why="a docked camera's bay has its label")
    assert station.snapshot()["config"] | {"read_at": ""} == {
        "read_at": "",
        "problems": [],
        "need_restart": ["upload.workers"],
        "profile_problems": [],
    }
    eventually(lambda: ("/abc", "1 of 1 bay busy") in [(at, body[:15]) for at, body in checker.heard], why="pinged")
    eventually(lambda: _digest(station.central) != before, why="central sees another digest")
    assert [one.words.get("RELOADING") for one in systemd.told if "MONOTONIC_USEC" in one.words] == ["1", "1"]
    assert len(systemd.values("READY")) == 3
    assert len(station.logged("station_ready")) == 1, "nobody restarted it"
    assert station.stop() == 0
    assert systemd.values("STOPPING") == ["1"]


def test_told_to_stop_amid_copies_uploads_and_erases_it_ends_within_ten_seconds_and_loses_nothing(
    station: DockStation, systemd: Systemd
) -> None:
    station.write_config('[erase]\nmin_age = "1h"\n')
    filmed = files_below(station.dock("CAM-1", "--files", "24", "--size", "64KiB"))
    station.start(**systemd.environment)
    assert station.process is not None
    agent = station.process.pid
    eventually(lambda: station.counts().get("VERIFIED", 0) >= 24, why="every receipt is there, and too young")
    station.write_config('[erase]\nmin_age = "1h"\n' + CRAWLING)
    os.kill(agent, signal.SIGHUP)
    eventually(lambda: station.logged("config_reloaded"), why="uploads are slow now")
    filmed |= files_below(station.dock("CAM-2", "--files", "4", "--size", "400kB"))
    eventually(lambda: station.snapshot()["uploads"]["now"], why="uploads")
    others = set(card_processes(agent))
    station.dock("CAM-3", "--files", "4", "--size", "400kB")
    (third,) = eventually(lambda: set(card_processes(agent)) - others)
    os.kill(third, signal.SIGSTOP)  # whatever it copies hangs half-way
    station.write_config(CRAWLING)
    os.kill(agent, signal.SIGHUP)
    until = time.monotonic() + 30
    while Phase.ERASING not in in_flight(station):
        assert time.monotonic() < until, "no erase was seen"
    assert Phase.UPLOADING in in_flight(station)
    children = card_processes(agent)

    filmed |= files_below(station.cameras)
    before = time.monotonic()
    assert station.stop() == 0
    took = time.monotonic() - before
    assert took < 10
    eventually(lambda: not any(is_alive(child) for child in children), why="the card processes are gone")
    assert systemd.values("STOPPING") == ["1"]
    station.write_config()
    station.start()
    for serial in ("CAM-1", "CAM-2", "CAM-3"):
        station.wait_safe(serial)
    stored = {hashlib.sha256(path.read_bytes()).hexdigest() for path in station.central.objects().values()}
    assert {digest for name, digest in filmed.items() if name.endswith(".MP4")} <= stored
    assert station.command("verify").returncode == 0


def test_after_a_restart_the_last_attempt_and_the_last_answer_are_still_known(
    station: DockStation, central: CentralServer
) -> None:
    station.start()
    eventually(lambda: station.snapshot().get("heartbeat", {}).get("answered_at"), why="answered")
    central.kill()
    eventually(lambda: station.snapshot()["heartbeat"]["failed"], why="unanswered")
    station.kill()
    earlier = station.snapshot()["heartbeat"]
    (station.state / "status.json").unlink()
    station.start()
    again = eventually(lambda: station.snapshot().get("heartbeat"), why="the next run's first snapshot")
    assert again["answered_at"] == earlier["answered_at"]
    assert again["attempted_at"] >= earlier["attempted_at"]
    assert again["sequence"] >= earlier["sequence"]


def test_a_heartbeat_is_sent_also_when_the_spool_s_disk_cannot_be_asked(
    station: DockStation, central: CentralServer
) -> None:
    station.start()
    eventually(lambda: _heartbeat(central).get("disk_total"), why="a disk is told")
    spool = station.state / "spool"
    spool.rename(spool.with_name("away"))
    eventually(lambda: _heartbeat(central).get("disk_total") == 0, why="heartbeats go on, without a disk")
    spool.with_name("away").rename(spool)
    eventually(lambda: _heartbeat(central).get("disk_total"), why="the disk is back")
    assert {"upload", "verify", "bays"} <= _heartbeat(central)["loop_ages_s"].keys()


def _made_a_fifo(path: Path) -> bool:
    try:
        os.mkfifo(path)
    except FileExistsError:
        return False
    return True


def _digest(central: CentralServer) -> str:
    """Of the configuration, as the latest heartbeat told it."""
    return str(_heartbeat(central).get("config_digest", ""))


def _heartbeat(central: CentralServer) -> dict[str, Any]:
    """The latest one, as it came."""
    with closing(sqlite3.connect(f"file:{central.data_dir / 'central.sqlite3'}?mode=ro", uri=True)) as database:
        row = database.execute("SELECT body FROM fleet_heartbeat").fetchone()
    return {} if row is None else dict(json.loads(row[0]))
