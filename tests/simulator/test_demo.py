"""The demo's surroundings: nothing is left behind, however it ends; what it prints is fit for a terminal."""

from __future__ import annotations

import io
import os
import signal
import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.demo.failures import StoryFailed
from simulator.demo.mailbox import Mailbox
from simulator.demo.processes import Command, Process, stop_all
from simulator.demo.running import Demo
from simulator.demo.story import write_hostile_files
from simulator.demo.telling import GREEN, Teller, printable
from simulator.demo.world import Central

ROOT = Path(__file__).resolve().parents[2]
SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-uc",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(600)",
]


def eventually(what: Callable[[], object], within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not what():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


def processes_about(folder: Path) -> list[str]:
    """Command lines of living processes that name this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in words:
            found.append(words)
    return found


# --- however it ends --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "options", "awaited", "status"),
    [
        (signal.SIGINT, ["--once"], b"watches its bays", 130),
        (signal.SIGINT, [], b"A small world", 0),
        (signal.SIGTERM, ["--once"], b"listens at", 143),
    ],
)
def test_an_interrupted_demo_leaves_no_process_and_no_file(
    tmp_path: Path, how: signal.Signals, options: list[str], awaited: bytes, status: int
) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "simulator", "demo", *options],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert demo.stdout is not None
    with demo, demo.stdout:
        try:
            for line in demo.stdout:
                if awaited in line:
                    break
            eventually(lambda: processes_about(tmp_path))
            demo.send_signal(how)
            said = demo.stdout.read()
            assert demo.wait(30) == status, said.decode()
        finally:
            demo.kill()
    assert list(tmp_path.iterdir()) == []
    assert processes_about(tmp_path) == []
    assert b"Traceback" not in said


def test_a_process_dies_with_the_demo_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from simulator.demo.processes import Process\n"
        "Process('sleeper', Path(sys.argv[1]) / 'log').start([sys.executable, '-c', 'import time; time.sleep(600)',"
        " sys.argv[1]])\n"
        "print('started', flush=True); time.sleep(600)"
    )
    demo = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
    assert demo.stdout is not None
    with demo, demo.stdout:
        try:
            demo.stdout.readline()
            eventually(lambda: len(processes_about(tmp_path)) == 2)
        finally:
            demo.kill()
    eventually(lambda: processes_about(tmp_path) == [], within_s=10)


def test_a_process_that_will_not_stop_is_killed(tmp_path: Path) -> None:
    stubborn = Process("stubborn", tmp_path / "log")
    stubborn.start(STUBBORN)
    eventually(lambda: stubborn.last_words() == ["deaf"])
    began = time.monotonic()
    stop_all([stubborn], 0.2)
    assert time.monotonic() - began < 5
    assert not stubborn.is_wanted


def test_a_process_that_ends_by_itself_breaks_the_story_off_with_its_last_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = io.StringIO()
    demo = Demo(tmp_path, Teller(out))
    try:
        central = demo.world.central = Central(tmp_path, mail_port=25)
        central.process.start([sys.executable, "-c", "print('no room left on the disk'); raise SystemExit(3)"])
        with pytest.raises(StoryFailed, match="central ended by itself with status 3") as failure:
            demo.world.until(lambda: False, "never", within_s=30)
        assert demo.tell_failure(failure.value) == 1
    finally:
        demo.stop()
    assert "no room left on the disk" in out.getvalue()
    assert "broke off: central ended by itself" in capsys.readouterr().err


def test_a_command_that_is_refused_says_why() -> None:
    with pytest.raises(StoryFailed, match=r"dock-sim camera /dev/null .* status 1: .* is not a folder"):
        Command([sys.executable, "-m", "simulator", "camera", "/dev/null", "--serial", "BWC1"]).output()


def test_waiting_in_vain_ends_with_what_was_waited_for(tmp_path: Path) -> None:
    demo = Demo(tmp_path, Teller(io.StringIO()))
    try:
        with pytest.raises(StoryFailed, match="waited in vain: the moon"):
            demo.world.until(lambda: False, "the moon", within_s=0.05)
    finally:
        demo.stop()


# --- what is in it --------------------------------------------------------------------------------------


def test_the_mailbox_keeps_what_arrives_and_tells_its_subject(tmp_path: Path) -> None:
    told, arrived = [], threading.Event()
    box = Mailbox(tmp_path / "mail", lambda to, subject: (told.append((to, subject)), arrived.set()))
    box.open()
    try:
        head = "Subject: [Dock] Hello\r\nMessage-ID: <2@d>\r\nIn-Reply-To: <1@d>\r\nReferences: <0@d> <1@d>"
        with smtplib.SMTP("127.0.0.1", box.port, timeout=10) as mail:
            mail.sendmail("dock@dock.example", ["it@dock.example"], f"{head}\r\n\r\nHello.\r\n")
        assert arrived.wait(10)
        assert told == [("it@dock.example", "[Dock] Hello")]
        assert box.subjects_for("it@dock.example") == ["[Dock] Hello"]
        assert box.subjects_for("somebody@dock.example") == []
        (kept,) = box.mails
        assert (kept.text.strip(), kept.message_id, kept.thread) == ("Hello.", "<2@d>", {"<0@d>", "<1@d>"})
        assert len(list((tmp_path / "mail/new").iterdir())) == 1
    finally:
        box.close()
    box.close()


def test_hostile_files_are_a_video_of_their_own_a_log_and_a_link_that_leads_out(tmp_path: Path) -> None:
    card = tmp_path / "card"
    (card / "DCIM/20261122").mkdir(parents=True)
    (card / "DCIM/20261122/a.MP4").write_bytes(b"video")
    write_hostile_files(card, tmp_path / "outside.txt")
    names = {str(path.relative_to(card)): path for path in card.rglob("*")}
    hostile = next(path for name, path in names.items() if "\n" in name)
    assert hostile.read_bytes() not in (b"video", b"")
    assert names["DCIM/20261122/latest.MP4"].resolve() == tmp_path / "outside.txt"


def test_names_cannot_move_the_cursor_and_colours_are_for_terminals_only() -> None:
    assert printable("night\nshift\x1b[2J – Zoë 夜") == "night\\nshift\\x1b[2J – Zoë 夜"
    plain, coloured = io.StringIO(), io.StringIO()
    Teller(plain).say("east-1 Bay 1", "safe to remove", camera="BWC0412", colour=GREEN)
    Teller(coloured, colours=True).say("east-1 Bay 1", "safe to remove", camera="BWC0412", colour=GREEN)
    assert plain.getvalue() == "00:00  east-1 Bay 1   BWC0412  safe to remove\n"
    assert "\x1b[32msafe to remove\x1b[0m" in coloured.getvalue()


def test_a_reader_that_goes_away_is_noticed() -> None:
    class Closed(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    teller = Teller(Closed())
    teller.plain("anybody there?")
    assert teller.audience_left
