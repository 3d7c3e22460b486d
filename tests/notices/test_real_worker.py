"""`dock-central serve` by itself: a camera stays out, its supervisor gets a mail, it docks, he gets the end of it."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

from tests.central_server import ROOT, CentralServer
from tests.mailing.post_office import PostOffice

WITHIN_S = 60

TOML = """\
[web]
base_url = "https://dock.pd.example"
[mail]
host = "127.0.0.1"
port = {port}
from = "dock@pd.example"
[lateness]
grace = "1s"
[notices]
digest_delay = "1s"
reminders = "1s"
[stations]
stale_after = "30s"
offline_after = "60s"
"""


def wait_for(office: PostOffice, words: str) -> EmailMessage:
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        for _, mail in list(office.taken):
            if words in str(mail["Subject"]):
                return mail
        time.sleep(0.05)
    raise TimeoutError(f"no mail of {words!r}: {[str(mail['Subject']) for _, mail in office.taken]}")


def test_a_late_camera_reaches_its_supervisor_by_mail_and_so_does_its_return(
    tmp_path: Path, post_office: Callable[..., PostOffice]
) -> None:
    office = post_office()
    with CentralServer(tmp_path / "central") as central:
        central.init()
        (central.data_dir / "central.toml").write_text(TOML.format(port=office.port))
        central.start()
        central.wait_for_log("alert_worker_started", WITHIN_S)
        env = {"DOCK_CENTRAL_DATA": str(central.data_dir), "DJANGO_SETTINGS_MODULE": "central.settings"}
        with subprocess.Popen(
            [sys.executable, "-m", "tests.notices.station_beside"],
            cwd=ROOT,
            env={**os.environ, **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as station:
            assert station.stdin is not None
            first = wait_for(office, "1 camera not docked")
            reminder = wait_for(office, "eminder")
            station.stdin.write("dock\n")
            station.stdin.flush()
            cleared = wait_for(office, "Cleared: C1 docked")
            station.stdin.close()
        exported = central.command("export", "notices", "--format", "csv")
    assert first["To"] == "chen@pd.example"
    assert first["Message-ID"] in str(reminder["References"])
    assert first["Message-ID"] in str(cleared["References"])
    assert first["Auto-Submitted"] == "auto-generated"
    assert "dock.pd.example" in str(first["Message-ID"])
    rows = list(csv.DictReader(io.StringIO(exported.stdout)))
    assert {row["shift_id"] for row in rows} == {"S1"}
    assert {row["message_id"] for row in rows} >= {str(first["Message-ID"]), str(cleared["Message-ID"])}
    assert (rows[0]["kind"], rows[-1]["kind"]) == ("first", "cleared")
    assert all(row["sent_at"] for row in rows)
