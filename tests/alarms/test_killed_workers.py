"""Real alert workers on one database, killed at any instant: each silence is one flip, one alarm, one mail, and one
of each when it is over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.central_server import ROOT, CentralServer

WORKERS, KILLS = 3, 12
STORY = f"""
import django; django.setup()
import json, os, random, signal, time, traceback
from datetime import timedelta
from django.conf import settings
from django.db import connections
from central import clock
from central.alarms.models import Alarm
from central.alarms.watch import AlarmWatch
from central.fleet.heartbeats import keep_heartbeat
from central.fleet.models import Credential, Flip, Station
from central.notices.models import Notice
from protocol import messages

LIMITS, NAMES = settings.CONFIG.stations, [f"st-{{n}}" for n in range(6)]
UP_SINCE = clock.now() - timedelta(days=1)

def beat(*names):
    for name in names:
        now = clock.now()
        at = messages.ClockReading(wall=now, monotonic_ns=1, boot_id="b")
        said = messages.Heartbeat(sequence=1, version="1", at=at, uptime_s=1.0)
        keep_heartbeat(name, said, "{{}}", now, LIMITS)

def start():
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    try:
        while True:
            one = AlarmWatch(settings.CONFIG, UP_SINCE)
            one.look(clock.now(), clock.now())
            time.sleep(0.05)
    except BaseException:
        traceback.print_exc()
    os._exit(1)

def until(told, why):
    deadline = time.monotonic() + 60
    while not told():
        assert time.monotonic() < deadline, why
        beat(NAMES[0])
        victim = random.randrange({WORKERS})
        if len(killed) < {KILLS} or random.random() < 0.1:
            os.kill(workers[victim], signal.SIGKILL)
            killed.append(os.waitpid(workers[victim], 0)[1])
            workers[victim] = start()
        time.sleep(random.uniform(0, 0.1))

for name in NAMES:
    station = Station.objects.create(station_id=name, added_at=clock.now())
    Credential.objects.create(station=station, token_sha256=name, public_key="k", created_at=clock.now())
beat(*NAMES)
killed, workers = [], [start() for _ in range({WORKERS})]
until(lambda: Alarm.objects.exclude(told_at=None).count() == 5, "five are silent and told")
beat(*NAMES)
until(lambda: not Alarm.objects.filter(end_told_at=None).exists() or beat(*NAMES), "all are back and that is told")
for pid in workers:
    os.kill(pid, signal.SIGKILL)
    killed.append(os.waitpid(pid, 0)[1])
print(json.dumps({{
    "killed": sorted(set(killed)), "kills": len(killed),
    "flips": {{name: [one.after for one in Flip.objects.filter(station=name).order_by("number")] for name in NAMES}},
    "alarms": sorted(one.subject for one in Alarm.objects.all()),
    "mails": [one.subject.split(" | ")[0] for one in Notice.objects.order_by("pk")],
}}))
"""


def test_workers_that_are_killed_again_and_again_tell_each_silence_once_and_each_return_once(tmp_path: Path) -> None:
    central = CentralServer(tmp_path / "central")
    central.init()
    (central.data_dir / "central.toml").write_text(
        '[notices]\nit_recipients = ["it@example"]\n[stations]\nstale_after = "2s"\noffline_after = "5s"\n'
        '[alarms]\ndisk_low = "0B"\nweekly = ""\nwait = "500ms"\n'
    )
    told = {"DOCK_CENTRAL_DATA": str(central.data_dir), "DJANGO_SETTINGS_MODULE": "central.settings"}
    done = subprocess.run(
        [sys.executable, "-c", STORY],
        cwd=ROOT,
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        check=False,
        timeout=160,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["killed"] == [9], "no worker ended by itself"
    assert said["kills"] >= KILLS
    once = ["online", "stale", "offline", "online"]
    assert [said["flips"][f"st-{number}"] for number in range(1, 6)] == [once] * 5
    assert "offline" not in said["flips"]["st-0"]
    assert said["alarms"] == [f"st-{number}" for number in range(1, 6)]
    counted = [mail for mail in said["mails"] if "silent" in mail]
    assert counted == ["[Dock] IT: 5 of 6 stations silent: likely the network or central"], said["mails"]
    assert [mail for mail in said["mails"] if "back" in mail] == ["[Dock] Over: 5 stations are back"]
