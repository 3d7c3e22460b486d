"""Real processes: each in a session of its own, logging to a file, and killed by the kernel should we die."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import simulator
from simulator.demo.failures import StoryFailed

DOCK_CENTRAL = (sys.executable, "-m", "central")
DOCK_AGENT = (sys.executable, "-m", "agent")
DOCK_SIM = (sys.executable, "-m", "simulator")
COMMAND_WITHIN_S = 120.0

_PR_SET_PDEATHSIG = 1
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_children: list[subprocess.Popen[bytes]] = []
"""Every child of this process that may still live: none is forgotten, however we end."""
_libc = ctypes.CDLL(None)
_CODE = str(Path(simulator.__file__).resolve().parent.parent)


class Process:
    """One long-running process. Start it from the main thread: the kernel ends it with the thread that made it."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, command: Sequence[str]) -> None:
        if self._process is not None:
            raise RuntimeError(f"{self.name} runs already")
        with self.log.open("ab") as log:
            self._process = _popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    @property
    def is_wanted(self) -> bool:
        return self._process is not None

    @property
    def ended_with(self) -> int | None:
        """The exit status of a process that should run and does not."""
        return None if self._process is None else self._process.poll()

    def kill(self) -> None:
        """kill -9 for it and all its children, as a power cut would; returns when it is dead."""
        if self._process is None:
            return
        _kill_session(self._process)
        self._process = None

    def ask_to_stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def stop(self, within_s: float) -> None:
        """Wait for an end that was asked for, then insist."""
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(max(within_s, 0.0))
            self.kill()

    def last_words(self, lines: int = 8) -> list[str]:
        try:
            return self.log.read_text(errors="replace").splitlines()[-lines:]
        except FileNotFoundError:
            return []


class Command:
    """One command that ends by itself, begun now and awaited later."""

    def __init__(self, command: Sequence[str]) -> None:
        self._words = command
        pipe = subprocess.PIPE
        self._process = _popen(command, stdin=pipe, stdout=pipe, stderr=pipe)

    def finish(self, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Its end, whatever the exit status. Raises StoryFailed when it takes far too long."""
        try:
            out, err = self._process.communicate(stdin.encode(), timeout=COMMAND_WITHIN_S)
        except subprocess.TimeoutExpired:
            raise StoryFailed(f"{self.shown} did not end within {COMMAND_WITHIN_S:.0f} s") from None
        finally:
            self.kill()
        return subprocess.CompletedProcess(
            self._words, self._process.returncode, out.decode(errors="replace"), err.decode(errors="replace")
        )

    def output(self, stdin: str = "") -> str:
        """What it printed. Raises StoryFailed when it did not succeed."""
        done = self.finish(stdin)
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            raise StoryFailed(f"{self.shown} ended with status {done.returncode}: {said[-2000:]}")
        return done.stdout

    def kill(self) -> None:
        """Idempotent; it may have ended long ago."""
        if self._process.poll() is None:
            _kill_session(self._process)

    @property
    def shown(self) -> str:
        """`python -m central init` is `dock-central init` to people."""
        module, *words = self._words[2:]
        return " ".join([{"simulator": "dock-sim"}.get(module, f"dock-{module}"), *words])


def stop_all(processes: Sequence[Process], within_s: float) -> None:
    """Ask all at once, wait together, then insist."""
    deadline = time.monotonic() + within_s
    for process in processes:
        process.ask_to_stop()
    for process in processes:
        process.stop(deadline - time.monotonic())


def kill_children() -> None:
    """Kill whatever this process ever started and that still lives, also what nobody holds any more."""
    while _children:
        _kill_session(_children.pop())


def _popen(command: Sequence[str], **streams: object) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(filter(None, [_CODE, os.environ.get("PYTHONPATH", "")]))
    with _signals_wait():
        child: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]
            list(command),
            start_new_session=True,
            preexec_fn=_die_with_parent,
            env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
            **streams,
        )
        _children[:] = [one for one in _children if one.poll() is None]
        _children.append(child)
    return child


@contextlib.contextmanager
def _signals_wait() -> Iterator[None]:
    """Ctrl-C in the middle of a start would leave a child that nobody knows: it takes effect afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    before = {number: signal.signal(number, lambda got, _: arrived.append(got)) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for got in arrived[:1]:
            signal.raise_signal(got)


def _die_with_parent() -> None:
    # Runs between fork and exec of a process with threads: nothing here may allocate much or take a lock.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:  # else its number may be another's by now; what it started dies with it by itself
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
