"""Stations by command: forty at once, lists, sites, revoking; every change is kept."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
import requests

from central import clock
from central.fleet.credentials import Worth, shown
from central.fleet.enrolment import CodeRefused, spend_code
from central.fleet.models import AdminEvent, Station
from central.refusals import CommandRefused
from protocol import messages
from tests.administration.running import run
from tests.central.station_client import StationClient, clock_at
from tests.central_server import CentralServer

FORTY = "station_id,site,label\n" + "".join(f"st-{n},Site {n % 4},Desk {n}\n" for n in range(40))

pytestmark = pytest.mark.django_db


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def kept() -> list[tuple[str, str]]:
    return list(AdminEvent.objects.order_by("number").values_list("what", "subject"))


def test_forty_stations_of_one_file_enrol_and_are_shown(tmp_path: Path) -> None:
    central = CentralServer(tmp_path / "central")
    central.init()
    (tmp_path / "stations.csv").write_text(FORTY)
    done = central.command("station", "add", "--csv", str(tmp_path / "stations.csv"))
    assert (done.returncode, done.stderr) == (0, "")
    codes = rows_of(done.stdout)
    assert len({row["code"] for row in codes}) == 40
    assert (codes[7]["station_id"], codes[7]["site"], codes[7]["label"]) == ("st-7", "Site 3", "Desk 7")
    listed = json.loads(central.command("station", "list", "--format", "json").stdout)
    assert [row["state"] for row in listed] == ["not_enrolled"] * 40
    admin = rows_of(central.command("export", "admin", "--format", "csv").stdout)
    assert sum(row["what"] == "station_added" for row in admin) == 40
    assert not {row["code"] for row in codes} & set(json.dumps(admin).split('"'))

    central.command("user", "add", "it@dock.example", "--role", "it", "--password-stdin", stdin="a long word")
    with central:
        central.start()
        for row in codes:
            station = StationClient(central.url, row["code"])
            assert station.enrolled.station == row["station_id"]
            assert station.call("POST", "/heartbeats", a_heartbeat()).status_code == 200
            station.close()
        told = json.loads(central.command("export", "stations", "--format", "json").stdout)
        assert {row["station_id"]: (row["state"], row["site"], row["label"]) for row in told} == {
            row["station_id"]: ("online", row["site"], row["label"]) for row in codes
        }
        page = stations_page(central.url)
    shown = re.findall(r'href="/stations/(st-\d+)"', page)
    assert set(shown) == {row["station_id"] for row in codes}


def a_heartbeat() -> messages.Heartbeat:
    return messages.Heartbeat(sequence=1, version="1.0", at=clock_at(), uptime_s=1.0, loop_ages_s={"bays": 1.0})


def stations_page(url: str) -> str:
    """As somebody of IT sees it who has just logged in."""
    with requests.Session() as browser:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(f"{url}/login", timeout=20).text)
        assert token is not None
        form = {"username": "it@dock.example", "password": "a long word", "csrfmiddlewaretoken": token[1]}
        browser.post(f"{url}/login", form, headers={"Referer": url}, timeout=20)
        answer = browser.get(f"{url}/stations/", timeout=20)
        assert answer.status_code == 200
        return answer.text


def test_a_file_again_gives_a_fresh_code_to_who_waits_and_none_to_who_is_enrolled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "s.csv").write_text("station_id,site\neast-1,East\nwest-1,West\n")
    run("station", "add", "--csv", str(tmp_path / "s.csv"))
    east, west = rows_of(capsys.readouterr().out)
    spend_code(east["code"], "key", "pc", clock.now())
    run("station", "add", "--csv", str(tmp_path / "s.csv"))
    east_again, west_again = rows_of(capsys.readouterr().out)
    assert (east_again["code"], east_again["site"]) == ("", "East")
    with pytest.raises(CodeRefused):
        spend_code(west["code"], "key", "pc", clock.now())
    assert spend_code(west_again["code"], "key", "pc", clock.now()).station == "west-1"


def test_a_file_with_one_wrong_row_adds_no_station(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("station_id\neast-1\n/west\n")
    with pytest.raises(CommandRefused, match="row 3"):
        run("station", "add", "--csv", str(tmp_path / "s.csv"))
    assert not Station.objects.exists()
    assert kept() == []


@pytest.mark.parametrize("words", [(), ("east-1", "--csv", "s.csv"), ("--csv", "s.csv", "--site", "East")])
def test_one_station_or_one_file_is_added_and_not_both_or_neither(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandRefused, match="nothing was changed"):
        run("station", "add", *words)


def test_a_stations_site_and_label_are_set_apart_and_only_news_is_kept() -> None:
    run("station", "add", "east-1", "--site", "East")
    run("station", "set", "east-1", "--label", "Front desk")
    run("station", "set", "east-1", "--label", "Front desk")
    east = Station.objects.get(pk="east-1")
    assert (east.site, east.label) == ("East", "Front desk")
    assert [what for what, _ in kept()] == ["station_added", "code_made", "station_changed", "station_changed"]
    last = AdminEvent.objects.latest("number")
    assert last.detail == {"label": "Front desk", "label_before": ""}
    assert last.by
    for wrong in (("nowhere", "--site", "x"), ("east-1", "--site", "x" * 65), ("east-1",)):
        with pytest.raises(CommandRefused):
            run("station", "set", *wrong)


def test_a_revoked_station_is_nobody_any_more_and_its_reason_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    run("station", "add", "east-1")
    enrolled = spend_code(capsys.readouterr().out, "key", "pc", clock.now())
    assert shown(enrolled.credential, clock.now()).station == "east-1"
    run("station", "revoke", "east-1", "--reason", "stolen")
    assert shown(enrolled.credential, clock.now()).worth is Worth.REVOKED
    assert [what for what, _ in kept()] == ["station_added", "code_made", "station_enrolled", "station_revoked"]
    assert AdminEvent.objects.latest("number").detail == {"reason": "stolen"}
    with pytest.raises(CommandRefused, match="nothing was changed"):
        run("station", "revoke", "east-1", "--reason", "again")


def test_revoking_a_station_that_waits_for_its_pc_spoils_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    run("station", "add", "east-1")
    code = capsys.readouterr().out.strip()
    run("station", "revoke", "east-1", "--reason", "never built")
    with pytest.raises(CodeRefused):
        spend_code(code, "key", "pc", clock.now())
