"""A real `dock-central serve` for tests: its own process, its own directory, a free port."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from central.custody.signing import new_key_pem
from central.data_dir import DataDir, write_private
from tests import leaving_nothing
from tests.made_once import made_once

ROOT = Path(__file__).resolve().parent.parent
DOCK_CENTRAL = (sys.executable, "-m", "central")
START_WITHIN_S = 60.0
STOP_WITHIN_S = 30.0


class CentralServer:
    """One central under `data_dir`. Call `init` once, then `start`; `kill` and `start` again as you like."""

    def __init__(self, data_dir: Path, *, serve_options: tuple[str, ...] = ()) -> None:
        self.data_dir = Path(data_dir)
        self.serve_options = serve_options
        self.url = ""
        self.process: subprocess.Popen[bytes] | None = None
        self.log: list[dict[str, object]] = []
        self.added: dict[str, str] = {}
        """Codes of stations that were added beforehand: a command for each would cost half a second."""
        self._reader: threading.Thread | None = None

    def command(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run one `dock-central` command for this DIR and return what it said."""
        return subprocess.run(
            [*DOCK_CENTRAL, *arguments, "--data", str(self.data_dir)],
            cwd=ROOT,
            env=self._environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def init(self) -> None:
        """As `dock-central init` leaves a new DIR, with keys of its own; the schema is built once in a run."""
        made = None if self.data_dir.exists() else made_once("new-central", _make_new_central)
        if made is None:
            self._must("init")
            return
        new = DataDir(shutil.copytree(made, self.data_dir))
        for path, content in ((new.receipt_key, new_key_pem()), (new.secret_key, os.urandom(32).hex().encode())):
            path.unlink()
            write_private(path, content)

    def add_station(self, station_id: str) -> str:
        """The one-time enrolment code of a new station."""
        return self.added.pop(station_id, "") or self._must("station", "add", station_id).strip()

    def start(self, listen: str = "127.0.0.1:0") -> str:
        """Start serving and wait until it listens; returns the URL, which is also `self.url`."""
        assert self.process is None, "it runs already"
        self.process = leaving_nothing.start(
            [*DOCK_CENTRAL, "serve", "--listen", listen, *self.serve_options, "--data", str(self.data_dir)],
            cwd=ROOT,
            env=self._environment(),
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        listening: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read_log, args=(self.process, listening), daemon=True)
        self._reader.start()
        self.url = listening.get(timeout=START_WITHIN_S)
        if not self.url:
            self.kill()
            raise RuntimeError(f"central did not start: {self.log[-5:]}")
        return self.url

    def stop(self) -> int:
        """Ask it to stop and wait; returns the exit status. Nothing happens when it does not run."""
        if self.process is None:
            return 0
        self.process.terminate()
        return self._wait()

    def kill(self) -> None:
        """kill -9, parent and worker at once."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self._wait()

    def pause(self) -> None:
        """SIGSTOP, parent and worker: connections stay open, and nobody answers."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGCONT)

    def restart(self) -> None:
        """Start again, after `kill` or `stop`, at the same address."""
        self.start(listen=self.url.removeprefix("http://"))

    def objects(self) -> dict[str, Path]:
        """The stored objects by the digest that is their name. Whether they hold it is for the test to check."""
        return {path.name: path for path in sorted((self.data_dir / "objects").glob("??/*"))}

    def wait_for_log(self, event: str, within_s: float = 10.0) -> dict[str, object]:
        """The first log entry of this name; waits for it."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            for entry in list(self.log):
                if entry.get("event") == event:
                    return entry
            time.sleep(0.02)
        raise TimeoutError(f"no {event!r} in the log of central: {self.log[-5:]}")

    def __enter__(self) -> CentralServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _wait(self) -> int:
        assert self.process is not None
        status = self.process.wait(STOP_WITHIN_S)
        if self._reader is not None:
            self._reader.join(STOP_WITHIN_S)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None
        return status

    def _read_log(self, process: subprocess.Popen[bytes], listening: queue.Queue[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            try:
                entry = json.loads(line)
            except ValueError:
                entry = {"event": "not_json", "line": line.decode(errors="replace")}
            self.log.append(entry)
            if entry.get("event") == "central_listening":
                listening.put(str(entry["url"]))
        listening.put("")

    def _must(self, *arguments: str) -> str:
        done = self.command(*arguments)
        if done.returncode != 0:
            raise RuntimeError(f"dock-central {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def _make_new_central(folder: Path) -> None:
    CentralServer(folder)._must("init")
