"""An installer in a terminal, USB cameras, a real agent, a real central."""

from __future__ import annotations

import tomllib
from collections.abc import Callable

import pytest

from tests.acceptance.test_usb_cameras import USB, Bus
from tests.central_server import CentralServer
from tests.commissioning.terminal import Terminal
from tests.dock_station import DockStation, eventually

pytestmark = [pytest.mark.part("umockdev"), pytest.mark.part("loop")]

COMMENTED = """
# Who changes this file: ring 4711.
[bays]                      # as printed on the dock
"1-2" = "Bay 1"             # the broken one, mended in May
# "1-3" is behind the door

[profile.generic-msc]
erase = false               # not before June
"""

Start = Callable[..., Terminal]


def test_an_installer_labels_bays_docks_a_camera_and_gets_a_sheet(
    station: DockStation, central: CentralServer, bus: Bus, card: Callable[[str], str], terminal: Start
) -> None:
    station.write_config(COMMENTED, source=USB)
    before = station.config.read_text()
    node = card("BWC0412")
    seat = terminal("--sheet", str(station.home / "sheet.txt"), alone=True, **bus.environment)
    seat.expect("Your name")
    seat.type("Pat Example")
    seat.expect("1-2 is Bay 1 already")

    bus.do("plug", port="1-1.4", node=node)
    seat.expect("1-1.4 lights up: camera BWC0412")
    seat.expect("[Bay 2]:")
    seat.type("Bay 1")
    seat.expect("1-2 is Bay 1 already; no two bays")
    seat.type("")
    seat.expect("Bay 2 is done")
    assert station.snapshot()["bays_configured"]["1-1.4"] == "Bay 2", "the running agent uses it at once"
    bus.do("yank", port="1-1.4")
    eventually(lambda: not station.snapshot()["bays"] or station.snapshot()["bays"][0]["says"] == "put back")

    bus.do("plug", port="1-1.5", node=node)
    seat.expect("1-1.5 lights up")
    seat.type('Door "left"')
    seat.expect('Door "left" is done')
    seat.type("f")
    seat.expect("3 of 4")
    assert seat.ends() == 0, seat.said

    text = station.config.read_text()
    assert [line for line in text.splitlines() if line not in before.splitlines()] == [
        '"1-1.4" = "Bay 2"',
        '"1-1.5" = "Door \\"left\\""',
    ]
    assert [line for line in before.splitlines() if line not in text.splitlines()] == []
    assert station.config.with_name("agent.toml.old").read_text() == before
    sheet = seat.stdout()
    assert sheet == (station.home / "sheet.txt").read_text()
    assert "Everything that commissioning asks for was seen." in sheet
    assert "by Pat Example" in sheet
    assert float(sheet.partition(" s after the dock")[0].rpartition(" ")[2]) > 0
    assert "Camera                    BWC0412 in Bay 2," in sheet, "where it was copied, though it was moved since"
    rows = [line.split() for line in sheet.splitlines()]
    assert any(row[:4] == ["Bay", "2", "1-1.4", "BWC0412"] for row in rows)
    receipted = {row[-2] for row in rows if row[-1:] == ["stands"]}
    assert receipted
    assert receipted <= set(central.objects())
    page = (station.home / "sheet.html").read_text()
    assert "Door &quot;left&quot;" in page
    assert "<script" not in page


def test_who_stops_half_way_finds_his_bays_done_and_goes_on(
    station: DockStation, bus: Bus, card: Callable[[str], str], terminal: Start
) -> None:
    station.write_config(source=USB)
    seat = terminal("--by", "Pat", alone=True, **bus.environment)
    seat.expect("Plug one camera")
    bus.do("plug", port="1-1.1", node=card("BWC0413"))
    seat.expect("[Bay 1]:")
    seat.type("")
    seat.expect("Bay 1 is done")
    bus.do("plug", port="1-1.2", node=card("BWC0414"))
    seat.expect("[Bay 2]:")
    seat.interrupt()
    assert seat.ends() == 130
    assert "1 bays have a label and keep it" in seat.said
    assert not seat.stdout()
    assert tomllib.loads(station.config.read_text())["bays"] == {"1-1.1": "Bay 1"}
    assert {path.name for path in station.home.iterdir()} >= {"agent.toml", "agent.toml.old"}
    assert not station.config.with_name("agent.toml.new").exists()

    again = terminal(alone=True, **bus.environment)
    again.expect("1-1.1 is Bay 1 already")
    again.expect("without a label: 1-1.2")
    again.type("f")
    assert again.ends() == 1, again.said
    sheet = again.stdout()
    assert "NOT COMPLETE" in sheet
    assert "Bays in use without a label: 1-1.2." in sheet
    assert "BWC0413" in sheet, "what the first run saw in Bay 1"

    last = terminal("--yes", "--label", "1-1.2=Bay 2", alone=True, **bus.environment)
    assert last.ends() == 0, last.said
