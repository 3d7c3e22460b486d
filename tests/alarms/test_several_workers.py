"""Several workers on one database file, each with its own connection."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.central_server import ROOT, CentralServer

WORKERS = 6
AT_ONCE = f"""
import django; django.setup()
import json, threading
from datetime import UTC, datetime, timedelta
from django.conf import settings
from django.db import connection
from central.alarms.models import Alarm
from central.alarms.watch import AlarmWatch
from central.fleet.heartbeats import keep_heartbeat
from central.fleet.models import Credential, Station
from central.notices.models import Notice
from protocol import messages

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
def beat(name, at):
    clock = messages.ClockReading(wall=at, monotonic_ns=1, boot_id="b")
    keep_heartbeat(name, messages.Heartbeat(sequence=1, version="1", at=clock, uptime_s=1.0), "{{}}", at)
for name in ("east", "west"):
    station = Station.objects.create(station_id=name, added_at=NOON)
    Credential.objects.create(station=station, token_sha256=name, public_key="k", created_at=NOON)
    beat(name, NOON)
barrier, errors = threading.Barrier({WORKERS}), []

def work():
    one = AlarmWatch(settings.CONFIG, NOON - timedelta(days=1))
    def look(minute):
        barrier.wait(30)
        one.look(NOON + timedelta(minutes=minute), NOON + timedelta(minutes=minute))
    try:
        for minute in (15, 17):
            look(minute)
        if barrier.wait(30) == 0:
            beat("east", NOON + timedelta(minutes=18))
            beat("west", NOON + timedelta(minutes=18))
        for minute in (18, 20):
            look(minute)
    except BaseException as error:
        errors.append(repr(error))
        barrier.abort()
    finally:
        connection.close()

threads = [threading.Thread(target=work) for _ in range({WORKERS})]
[one.start() for one in threads]
[one.join() for one in threads]
print(json.dumps([errors, Alarm.objects.count(), [one.subject for one in Notice.objects.order_by("pk")]]))
"""


def test_several_workers_open_tell_and_end_one_alarm_of_each_station(tmp_path: Path) -> None:
    central = CentralServer(tmp_path / "central")
    central.init()
    (central.data_dir / "central.toml").write_text(
        '[notices]\nit_recipients = ["it@example"]\n[alarms]\ndisk_low = "0B"\nweekly = ""\n'
    )
    told = {"DOCK_CENTRAL_DATA": str(central.data_dir), "DJANGO_SETTINGS_MODULE": "central.settings"}
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE],
        cwd=ROOT,
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    errors, alarms, subjects = json.loads(done.stdout.splitlines()[-1])
    assert errors == []
    assert alarms == 2
    assert [subject.split(" | ")[0] for subject in subjects] == [
        "[Dock] IT: 2 stations silent",
        "[Dock] Over: 2 stations are back",
    ]
