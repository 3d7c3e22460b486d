"""What a station costs while nothing happens, and how long it takes until something does."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.bench.processes_cpu import descendants
from tests.bench.racing import command, random_file
from tests.bench.rows import Row
from tests.central_server import CentralServer
from tests.dock_station import DockStation, eventually

WINDOW_S = 15.0
IDLE_MIB, CARD_MIB, IDLE_CPU_PERCENT = 60.0, 20.0, 0.2
FULL_DOCK = 64
GOAL = "the goal"


def idle_rows(folder: Path, runs: int) -> list[Row]:
    """A real `dock-agent run` with a real central beside it, and the settings that it has by itself."""
    with CentralServer(folder / "central") as central:
        central.init()
        central.start()
        station = DockStation(folder, central)
        station.enroll()
        _as_shipped(station)
        rows = [_start_row(station, runs)]
        with _running(station):
            rows += _idle_rows(station, runs)
            rows += _plugged_rows(station, runs)
        with _running(station):
            rows += _full_dock_rows(station)
    return rows


def _as_shipped(station: DockStation) -> None:
    """Tests hurry; what is measured here is what an IT person gets."""
    text = station.config.read_text()
    hurried = ('[heartbeat]\ninterval = "1s"\n', 'settle = "300ms"\n')
    assert all(words in text for words in hurried)
    text = text.replace(hurried[0], "").replace(hurried[1], 'settle = "0s"\n')
    station.config.write_text(text)


def _start_row(station: DockStation, runs: int) -> Row:
    """Until READY=1, the word that systemd waits for; beside a Python that only starts."""
    mine, theirs = [], []
    for _ in range(runs + 1):
        mine.append(_until_ready(station))
        station.stop()
        theirs.append(command([sys.executable, "-c", "import requests, structlog, msgspec"]).wall_s)
    return Row(
        "start to READY",
        "s",
        tuple(mine[1:]),
        "a Python that imports requests",
        tuple(theirs[1:]),
        more_is_better=False,
    )


def _until_ready(station: DockStation) -> float:
    address = station.home / "notify"
    address.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(address))
        listener.settimeout(60)
        began = time.perf_counter()
        station.start(NOTIFY_SOCKET=str(address))
        while b"READY=1" not in listener.recv(4096):
            pass
        return time.perf_counter() - began


@contextmanager
def _running(station: DockStation) -> Iterator[None]:
    _until_ready(station)
    try:
        yield
    finally:
        station.stop()


def _idle_rows(station: DockStation, runs: int) -> list[Row]:
    pid = _pid(station)
    eventually(lambda: station.snapshot().get("central", {}).get("reachable"), within_s=120)
    time.sleep(5)  # what follows a start is over
    memory, cpu, wakes = [], [], []
    for _ in range(runs):
        used, woken, began = _cpu_ns(pid), _wakes(pid), time.monotonic()
        time.sleep(WINDOW_S)
        spent = time.monotonic() - began
        cpu.append(100 * (_cpu_ns(pid) - used) / 1e9 / spent)
        wakes.append((_wakes(pid) - woken) / spent)
        memory.append(_mib(pid, "VmRSS"))
    return [
        _goal_row("idle, resident memory", "MiB", memory, IDLE_MIB),
        _goal_row("idle, CPU of one core", "%", cpu, IDLE_CPU_PERCENT),
        Row("idle, wake-ups", "/s", tuple(wakes), "one of its loops", (1.0,) * runs, more_is_better=False),
    ]


def _plugged_rows(station: DockStation, runs: int) -> list[Row]:
    """A folder that appears, with a file of 64 MiB; beside the start of a bare card process."""
    pid, spool = _pid(station), station.state / "spool"
    waits, cards, starts = [], [], []
    for number in range(runs + 1):
        before = set(os.listdir(spool))  # noqa: PTH208 - asked a thousand times a second below
        card = _card(station, f"BWC{number:04}", 64 << 20)
        began = time.perf_counter()
        card.rename(station.cameras / card.name)
        while not set(os.listdir(spool)) - before:  # noqa: PTH208
            time.sleep(0.001)
        waits.append(1000 * (time.perf_counter() - began))
        station.wait_safe(card.name)
        cards.append(max(_mib(child, "VmHWM") for child in _card_processes(pid)))
        station.undock(card.name)
        eventually(lambda: not _card_processes(pid), within_s=30)
        starts.append(1000 * command([sys.executable, "-m", "agent.card_process", "--help"]).wall_s)
    return [
        _goal_row("card process, most memory over 64 MiB", "MiB", cards[1:], CARD_MIB),
        Row(
            "plug to first byte",
            "ms",
            tuple(waits[1:]),
            "a bare start of the card process",
            tuple(starts[1:]),
            more_is_better=False,
        ),
    ]


def _full_dock_rows(station: DockStation) -> list[Row]:
    """64 cameras that are docked and done."""
    for number in range(FULL_DOCK):
        card = _card(station, f"FULL{number:04}", 1 << 20)
        card.rename(station.cameras / card.name)
    eventually(lambda: _all_safe(station), within_s=300, why="64 cameras safe")
    pid = _pid(station)
    children = _card_processes(pid)
    shares = [_proportional_mib(child) for child in children]
    return [
        _goal_row(f"{FULL_DOCK} docked cameras, the agent", "MiB", [_mib(pid, "VmRSS")], IDLE_MIB, judged=False),
        _goal_row(
            f"{FULL_DOCK} docked cameras, a card process", "MiB", [max(_mib(c, "VmRSS") for c in children)], CARD_MIB
        ),
        _goal_row(
            f"{FULL_DOCK} docked cameras, each, its share of shared pages",
            "MiB",
            [median(shares)],
            CARD_MIB,
        ),
    ]


def _all_safe(station: DockStation) -> bool:
    says = [bay["says"] for bay in station.snapshot().get("bays", []) if (bay["camera"] or "").startswith("FULL")]
    return len(says) == FULL_DOCK and set(says) == {"safe to remove"}


def _card(station: DockStation, serial: str, size: int) -> Path:
    card = station.away / serial
    (card / "DCIM").mkdir(parents=True)
    random_file(card / "DCIM" / "0001.MP4", size)
    return card


def _goal_row(name: str, unit: str, values: list[float], most: float, *, judged: bool = True) -> Row:
    goal = 1.0 if judged else None
    return Row(name, unit, tuple(values), GOAL, (most,) * len(values), goal, more_is_better=False)


# --- what /proc says --------------------------------------------------------------------------------------


def _pid(station: DockStation) -> int:
    assert station.process is not None
    return station.process.pid


def _card_processes(pid: int) -> list[int]:
    return [child for child in descendants(pid) if b"agent.card_process" in _bytes(child, "cmdline")]


def _mib(pid: int, name: str) -> float:
    for line in _bytes(pid, "status").decode().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} tells no {name}")


def _proportional_mib(pid: int) -> float:
    lines = _bytes(pid, "smaps_rollup").decode().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def _cpu_ns(pid: int) -> int:
    """Exact, where /proc/PID/stat counts in hundredths of a second."""
    return _of_threads(pid, lambda folder: int((folder / "schedstat").read_text().split()[0]))


def _wakes(pid: int) -> int:
    """How often a thread of it went to sleep: as often it was woken."""
    return _of_threads(pid, lambda folder: _switches((folder / "status").read_text()))


def _switches(status: str) -> int:
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("voluntary_ctxt_switches"))


def _of_threads(pid: int, figure: Callable[[Path], int]) -> int:
    return sum(figure(folder) for folder in Path(f"/proc/{pid}/task").iterdir())


def _bytes(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
