"""A real central, a real station that is killed and comes back, a real mail server, a real webhook."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.alarms.receiver import Receiver
from tests.central_server import CentralServer
from tests.dock_station import DockStation, eventually
from tests.mailing.post_office import PostOffice
from tests.roster.rows import as_file, shift

TOML = """\
[mail]
host = "127.0.0.1"
port = {port}
from = "dock@pd.example"
[lateness]
grace = "2s"
[notices]
it_recipients = ["it@pd.example"]
digest_delay = "1s"
[stations]
stale_after = "3s"
offline_after = "8s"
[alarms]
webhook = "{webhook}"
disk_low = "0B"
weekly = ""
"""


def subjects(office: PostOffice) -> list[str]:
    return [str(mail["Subject"]).split(" | ")[0] for _, mail in list(office.taken)]


def rows(central: CentralServer, what: str) -> list[dict[str, Any]]:
    done = central.command("export", what, "--format", "json")
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


@pytest.mark.timeout(240)
def test_a_killed_station_is_one_mail_to_it_and_its_return_another_and_no_officer_is_named(
    tmp_path: Path, post_office: Callable[..., PostOffice], receiver: Receiver
) -> None:
    office = post_office()
    with CentralServer(tmp_path / "central") as central:
        central.init()
        (central.data_dir / "central.toml").write_text(TOML.format(port=office.port, webhook=receiver.url))
        central.start()
        east = DockStation(tmp_path, central, "east-1")
        try:
            east.enroll()
            east.start()
            eventually(lambda: rows(central, "stations")[0]["watched_until"], why="east-1 watches")
            ends = datetime.now(UTC) + timedelta(seconds=2)
            usual = {"starts_at": ends - timedelta(hours=8), "ends_at": ends, "stations": ("east-1",)}
            (central.data_dir / "roster" / "tonight.csv").write_bytes(as_file([shift("S1", **usual)]))
            eventually((central.data_dir / "roster" / "done" / "tonight.csv").exists, why="the roster is in")
            east.kill()
            eventually(lambda: subjects(office), why="IT is told")
            east.start()
            eventually(lambda: len(subjects(office)) > 1, why="IT is told that it is back")
            assert subjects(office)[0].startswith("[Dock] IT: east-1 silent since ")
            assert subjects(office)[1:] == ["[Dock] Over: east-1 is back"]
            first, second = (mail for _, mail in office.taken)
            assert second["In-Reply-To"] == first["Message-ID"]
            eventually(lambda: len(receiver.posts) > 1, why="the webhook is told of both")
            assert receiver.events() == ["station_silent east-1 opened", "station_silent east-1 ended"]
            assert {row["kind"] for row in rows(central, "notices")} == {"it_alert"}
            assert requests.get(central.url + "/healthz", timeout=20).json()["alert_worker_age_s"] < 60
        finally:
            east.kill()


def test_while_the_mail_server_is_dead_the_webhook_and_the_page_tell(tmp_path: Path, receiver: Receiver) -> None:
    with CentralServer(tmp_path / "central") as central:
        central.init()
        toml = TOML.format(port=9, webhook=receiver.url).replace('disk_low = "0B"', 'disk_low = "900TiB"')
        (central.data_dir / "central.toml").write_text(toml)
        central.start()
        eventually(lambda: "mail_failing central opened" in receiver.events(), why="the webhook is told")
        done = central.command("alarm", "list", "--format", "json")
        assert {row["kind"] for row in json.loads(done.stdout)} == {"central_disk_low", "mail_failing"}
        number = json.loads(done.stdout)[0]["number"]
        done = central.command("alarm", "silence", str(number), "--until", "8h", "--reason", "moving", "--by", "pat")
        assert done.returncode == 0, done.stderr
        assert [row["silenced_by"] for row in rows(central, "alarms") if row["number"] == number] == ["pat"]
