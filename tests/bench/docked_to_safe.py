"""From dock to safe with a throttled card and a throttled wire, beside the slower of the two alone.

Everything is real: `dock-agent run`, a card process, `dock-central serve`. The card is a FUSE mount that reads at
CARD bytes a second, the wire the agent's own bandwidth limit. *Safe*: every file has its receipt. *Emptied*: the card
was read once more and every file is erased.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from protocol.events import AssetErased, AssetVerified, CameraDocked, decode_body
from tests.bench.racing import forget, random_file
from tests.bench.rows import Row
from tests.card.fuse_camera import FuseCamera
from tests.central_server import CentralServer
from tests.dock_station import DockStation, eventually

MB = 1_000_000
CARD = 35 * MB
WIRES = (12 * MB, 35 * MB, 110 * MB)
"""100 Mbit/s, as fast as the card, and 1 Gbit/s."""
GOAL = 1 / 1.10
SERIAL = "BWC0001"
BLOCK = 1 << 20
NEVER = "1TiB"
"""As the smallest file that is followed: what it was like before uploads followed."""


@dataclass(frozen=True, slots=True)
class Card:
    """What is on a camera's card, and where it is kept."""

    name: str
    folder: Path
    files: int
    bytes: int


def _filled(folder: Path, name: str, count: int, size: int) -> Card:
    (folder / "DCIM").mkdir(parents=True)
    for number in range(count):
        random_file(folder / "DCIM" / f"{SERIAL}_{number:04}.MP4", size)
    return Card(name, folder, count, count * size)


@contextmanager
def _throttled(folder: Path, mount: Path, rate: int) -> Iterator[Path]:
    """The card in `folder`, cold, as a camera that reads it at `rate` bytes a second."""
    forget(folder)
    camera = FuseCamera(folder, mount, mode="crawl", rate=rate)
    try:
        yield mount
    finally:
        camera.close()
        mount.rmdir()


@dataclass(frozen=True, slots=True)
class Speeds:
    """Bytes a second, and from which size on uploads follow."""

    card: int
    wire: int
    follow_from: str


def docked_to_safe_rows(
    folder: Path, size: int, small: int, runs: int, *, slower: int = 1, follow_from: str = "64MiB"
) -> list[Row]:
    """One file of `size` bytes, forty that are together as large, and `small` of 64 KiB.

    `slower`: card and wires are all so many times slower, on a machine that others use as well: what we add to the
    slower of the two is then less than what its load adds.
    """
    cards = [
        ("one", f"one file of {size >> 20} MiB", 1, size),
        ("forty", f"forty of {(size >> 20) // 40} MiB", 40, size // 40 >> 20 << 20),
        ("small", f"{small} of 64 KiB", small, 64 << 10),
    ]
    rows: list[Row] = []
    for part, name, count, each in cards:
        card = _filled(folder / part / "card", name, count, each)
        read_s = tuple(_read_alone(card, folder / part / "read", CARD // slower) for _ in range(runs))
        for wire in WIRES:
            speeds = Speeds(CARD // slower, wire // slower, follow_from)
            rows += _rows(folder / part, card, speeds, read_s)
        shutil.rmtree(folder / part)
    return rows


def _rows(folder: Path, card: Card, speeds: Speeds, read_s: tuple[float, ...]) -> list[Row]:
    docks = [_dock(folder / f"{speeds.wire}-{number}", card, speeds) for number in range(len(read_s))]
    wire_s = card.bytes / speeds.wire
    floor = tuple(max(one, wire_s) for one in read_s)
    name = f"dock to safe, {card.name}, card {speeds.card / MB:g}, wire {speeds.wire / MB:g} MB/s"
    slower = f"{'card' if median(read_s) > wire_s else 'wire'} alone"
    return [
        Row(name, "s", tuple(safe for safe, _ in docks), slower, floor, GOAL, more_is_better=False),
        Row(f"{name}: emptied", "s", tuple(empty for _, empty in docks), slower, floor, more_is_better=False),
    ]


def _read_alone(card: Card, mount: Path, rate: int) -> float:
    """Seconds to read it from its first byte to its last, and do nothing with it."""
    with _throttled(card.folder, mount, rate) as there:
        began = time.perf_counter()
        for file in sorted((there / "DCIM").iterdir()):
            with file.open("rb", buffering=0) as opened:
                while opened.read(BLOCK):
                    pass
        return time.perf_counter() - began


def _dock(home: Path, card: Card, speeds: Speeds) -> tuple[float, float]:
    """Seconds from the dock to the last receipt, and to the last erase."""
    there = card.folder.with_name("docked")
    shutil.copytree(card.folder, there)  # it will be emptied
    home.mkdir()
    with CentralServer(home / "central") as central:
        central.init()
        central.start()
        station = DockStation(home, central)
        source = f'[[source]]\nkind = "folder"\npath = "{station.cameras}"\nsettle = "0s"\n'
        limits = f"[{{from = '00:00', to = '24:00', rate = '{speeds.wire // 1000}kB/s'}}]"
        station.write_config(f'[upload]\nfollow_from = "{speeds.follow_from}"\nlimits = {limits}\n', source=source)
        station.enroll()
        with _throttled(there, station.cameras / SERIAL, speeds.card):
            station.start()
            try:
                ledger = station.state / "ledger.db"
                eventually(lambda: not list((there / "DCIM").iterdir()), within_s=3600)
                times = eventually(lambda: _times(ledger, card.files), within_s=60)
            finally:
                station.kill()
        central.kill()
    shutil.rmtree(home)
    shutil.rmtree(there)
    return times


def _times(ledger: Path, files: int) -> tuple[float, float] | None:
    """By the station's clock, from the events that it tells central; None: not every erase is recorded yet."""
    with closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
        events = [decode_body(body) for (body,) in connection.execute("SELECT body FROM custody_events")]
    docked = next(event.seen_at for event in events if isinstance(event, CameraDocked))
    safe = [event.at.wall for event in events if isinstance(event, AssetVerified)]
    erased = [event.at.wall for event in events if isinstance(event, AssetErased)]
    if len(erased) < files:
        return None
    return (max(safe) - docked).total_seconds(), (max(erased) - docked).total_seconds()
