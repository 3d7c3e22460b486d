"""What a log line becomes in the journal, told to a socket of ours and to a real systemd-journald."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.journal import Journal, entry, is_journal, priority

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "socket"))
        ear.settimeout(5)
        yield ear


def test_an_event_has_its_level_and_what_people_look_for_as_fields(listening: socket.socket) -> None:
    facts = {"event": "bay_trouble", "bay": "Bay 7", "camera": "C1", "station": "east-1", "asset": None, "size": 4}
    assert Journal("dock-agent", listening.getsockname()).send("warning", '{"event":"bay_trouble"}', facts)
    assert listening.recv(65536).decode().splitlines() == [
        'MESSAGE={"event":"bay_trouble"}',
        "PRIORITY=4",
        "SYSLOG_IDENTIFIER=dock-agent",
        "EVENT=bay_trouble",
        "STATION=east-1",
        "BAY=Bay 7",
        "CAMERA=C1",
    ]


def test_a_value_of_several_lines_cannot_forge_a_field() -> None:
    sent = entry("dock-agent", "info", "x", {"camera": "C1\nPRIORITY=0"})
    assert sent.endswith(b"CAMERA\n" + (13).to_bytes(8, "little") + b"C1\nPRIORITY=0\n")


def test_a_name_that_is_no_text_is_sent_all_the_same() -> None:
    assert b"CAMERA=C\\udcff\n" in entry("dock-agent", "info", "x", {"camera": "C\udcff"})


def test_an_unknown_level_is_not_hidden() -> None:
    assert [priority(level) for level in ("info", "error", "loud")] == [6, 3, 4]


def test_a_large_event_goes_as_a_sealed_file(listening: socket.socket) -> None:
    line = "x" * 4_000_000
    assert Journal("dock-agent", listening.getsockname()).send("error", line, {"event": "bug"})
    _, handles, _, _ = socket.recv_fds(listening, 16, 1)
    with os.fdopen(handles[0], "rb") as file:
        content = os.pread(file.fileno(), 8_000_000, 0)
        with pytest.raises(PermissionError):
            os.write(file.fileno(), b"x")
    assert content.startswith(b"MESSAGE=xxx")
    assert content.endswith(b"EVENT=bug\n")


def test_a_journal_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert not Journal("dock-agent", str(tmp_path / "nobody")).send("info", "x", {})


def test_only_the_stream_that_systemd_named_is_the_journal(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as stream:
        status = os.fstat(stream.fileno())
        assert is_journal(stream, {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
        assert not is_journal(stream, {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino + 1}"})
        assert not is_journal(stream, {})
    assert not is_journal(io.StringIO(), {"JOURNAL_STREAM": "1:2"})


REAL = """
mount -t tmpfs none /run && mount -t tmpfs none /var/log || exit 1
mkdir -p /run/systemd/journal /run/log/journal
"$1" & journald=$!
for _ in $(seq 200); do [ -S /run/systemd/journal/socket ] && break; sleep 0.05; done
exec 4>/run/stream
export JOURNAL_STREAM=$(stat -Lc %d:%i /run/stream)
shift; "$@" >&4
kill $journald; wait $journald 2>/dev/null
journalctl -q -D /run/log/journal -p warning -o json _TRANSPORT=journal
"""

SAYS = """
import structlog, logging
from agent.cli import logs
logs.to_stdout("east-1")
log = structlog.get_logger("agent").bind(bay="Bay 7")
log.info("camera_docked", camera="C1")
try:
    raise OSError("gone")
except OSError:
    log.exception("bay_trouble", camera="C1")
from central.logs import set_up_logs
import sys
set_up_logs(sys.stdout)
structlog.get_logger().warning("station_forked", station="west-1")
logging.getLogger("gunicorn.error").error("worker %s", 7)
"""


@pytest.mark.part("journald")
def test_journalctl_finds_agents_and_centrals_events_by_level_and_field(tmp_path: Path) -> None:
    journald = "/lib/systemd/systemd-journald"
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", REAL, "sh", journald]
    ran = subprocess.run(
        [*command, sys.executable, "-c", SAYS], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    told = [(one["SYSLOG_IDENTIFIER"], one["PRIORITY"], one.get("EVENT"), one.get("STATION")) for one in found]
    assert told == [
        ("dock-agent", "3", "bay_trouble", "east-1"),
        ("dock-central", "4", "station_forked", "west-1"),
        ("dock-central", "3", None, None),
    ], ran.stderr
    assert (found[0]["BAY"], found[0]["CAMERA"]) == ("Bay 7", "C1")
    assert json.loads(found[0]["MESSAGE"])["exception"][0]["exc_value"] == "gone"
    assert json.loads(found[2]["MESSAGE"])["event"] == "worker 7"
