"""A hold that is placed before the erase keeps the file on its camera: a real station, a real central, real files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.central_server import CentralServer
from tests.dock_station import DockStation, eventually, files_below


@pytest.fixture
def station(tmp_path: Path) -> Iterator[DockStation]:
    central = CentralServer(tmp_path / "central")
    central.init()
    said = central.command("user", "add", "chief@x", "--role", "admin", "--password-stdin", stdin="correct horse 9\n")
    assert said.returncode == 0, said.stderr
    central.start()
    one = DockStation(tmp_path, central)
    one.enroll()
    yield one
    one.kill()
    central.kill()


def test_a_hold_placed_before_the_erase_keeps_the_file_and_its_release_lets_it_go(station: DockStation) -> None:
    central = station.central
    station.write_config('[erase]\npolicy = "never"\n')
    station.start()
    card = station.dock("BWC7", "--files", "2", "--size", "200KiB")
    station.wait_safe("BWC7")
    held = files_below(card)
    undock_and_stop(station)
    video = next(row for row in exported(central) if row["kind"] == "video")
    stem = str(video["source_path"]).rpartition(".")[0]
    who = ("--by", "chief@x", "--reason", "subpoena")
    placed = central.command("hold", "place", str(video["asset_id"]), "--request", "CV-17", *who)
    assert placed.returncode == 0, placed.stderr

    station.write_config('[erase]\npolicy = "after-receipt"\n')
    station.start()
    station.dock("BWC7")
    stays = {name: digest for name, digest in held.items() if name == "BWC.ID" or name.startswith(stem)}
    eventually(lambda: files_below(card) == stays, why="all goes but the marker, the video on hold and its sidecar")
    assert eventually(lambda: reason_of(central, video) == "hold")
    assert files_below(card) == stays
    undock_and_stop(station)

    over = central.command("hold", "release", placed.stdout.strip(), *who)
    assert over.returncode == 0, over.stderr
    station.start()
    station.dock("BWC7")
    eventually(lambda: set(files_below(card)) == {"BWC.ID"}, why="a receipt without a hold lets it go")
    assert station.command("verify").returncode == 0
    assert set(held.values()) <= set(central.objects())


def exported(central: CentralServer) -> list[dict[str, object]]:
    return list(json.loads(central.command("export", "assets", "--format", "json").stdout))


def reason_of(central: CentralServer, video: dict[str, object]) -> object:
    return next(row["kept_reason"] for row in exported(central) if row["asset_id"] == video["asset_id"])


def undock_and_stop(station: DockStation) -> None:
    station.undock("BWC7")
    eventually(lambda: not station.snapshot()["bays"], why="the station sees that it is gone")
    station.stop()
