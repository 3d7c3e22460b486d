"""The cameras of one station: made, docked, undocked, watched at every instant, and judged at the end."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from simulator.demo import exports, promises
from simulator.demo.ledgers import LedgerFile
from simulator.demo.objects import ObjectFolder
from simulator.demo.promises import Verdict
from simulator.demo.receipts import pinned_keys
from simulator.demo.watcher import Pin, Watcher
from tests.acceptance.exported import exported
from tests.card.fuse_camera import FuseCamera
from tests.central_server import CentralServer
from tests.dock_station import DockStation, eventually

SETTLED = {"VERIFIED", "ERASED", "KEPT", "QUARANTINED", "GONE"}


class Docks:
    """Every camera that was ever docked here. `judge` at the end says what the watcher and the records object to."""

    def __init__(self, home: Path, central: CentralServer, station: DockStation) -> None:
        home.mkdir()
        self.central = central
        self.station = station
        self.docked: list[str] = []
        self.objects = ObjectFolder(central.data_dir / "objects")
        self.pin = Pin(LedgerFile(station.state / "ledger.db"), pinned_keys(station.state / "credential.json"))
        self.watcher = Watcher(self.objects, [self.pin])
        self.faulty: dict[str, FuseCamera] = {}
        self._home = home
        self._cards: dict[str, Path] = {}
        self._count = 0

    def watch(self) -> None:
        """From now on, several hundred times a second."""
        self.watcher.start()

    def dock(self, chance: random.Random, *, files: int, size: int) -> str:
        """A new camera, in its bay in one instant."""
        serial, card = self._new(chance, files, size)
        self.watcher.hold(serial, card)
        self._cards[serial] = card.rename(self.station.cameras / serial)
        self.docked.append(serial)
        return serial

    def dock_faulty(self, chance: random.Random, *, files: int, size: int, **fault: object) -> str:
        """A new camera behind FUSE, with this fault from the first moment on."""
        serial, card = self._new(chance, files, size)
        self.watcher.hold(serial, card)
        self._cards[serial] = card
        self.faulty[serial] = FuseCamera(card, self.station.cameras / serial, **fault)
        self.docked.append(serial)
        return serial

    def undock(self, serial: str) -> None:
        """Take it out of its bay."""
        self.docked.remove(serial)
        if serial in self.faulty:
            self.faulty.pop(serial).pull()
        else:
            self._cards[serial] = self._cards[serial].rename(self._home / serial)

    def pull(self, serial: str) -> None:
        """A faulty camera is taken out too early; it will come back."""
        self.faulty.pop(serial).pull()

    def put_back(self, serial: str) -> None:
        """The camera that was pulled, in good health."""
        self.faulty[serial] = FuseCamera(self._cards[serial], self.station.cameras / serial)

    def safe(self) -> list[str]:
        """The cameras whose bays say so."""
        return [serial for serial in self.docked if self.station.says(serial) == "safe to remove"]

    def card(self, serial: str) -> Path:
        """Where this camera's files are, past every fault."""
        return self._cards[serial]

    def held(self, serial: str) -> dict[bytes, str]:
        """The digests of what it held when it was docked."""
        return {path: held.sha256 for path, held in self.watcher.cards[serial].held.items()}

    def wait_until_settled(self, within_s: float) -> None:
        """Faults have stopped: every bay says a last word, every file has a receipt or a named quarantine, and
        central has heard of it all."""

        def is_settled() -> bool:
            seen = self.station.snapshot()
            return (
                len(self.safe()) == len(self.docked)
                and set(self.station.counts()) <= SETTLED
                and not seen["central"]["events_unsent"]
            )

        try:
            eventually(is_settled, within_s=within_s)
        except AssertionError:
            bays = [(bay["camera"], bay["says"], bay["note"]) for bay in self.station.snapshot().get("bays", [])]
            words = "\n".join(self.station.log.read_text().splitlines()[-15:])
            pytest.fail(f"not settled: {self.docked}, {bays}, {self.station.counts()}\n{words}")

    def judge(self, *, broken: str = "", salvaged: int = 0, docked_twice: str = "") -> list[Verdict]:
        """Every promise, judged from outside; call when everything is settled and before anything stops.

        The card of `broken` keeps its files; `salvaged` of the objects at central are parts of files that could not
        be read; the camera `docked_twice` was pulled in between.
        """
        self.watcher.look()
        cards = self.watcher.cards
        emptied = {serial: card for serial, card in cards.items() if serial != broken}
        verified = self.station.command("verify")
        return [
            promises.left_only_when_safe(self.watcher),
            promises.all_footage_is_at_central(cards, self.objects),
            _besides(salvaged, promises.one_object_for_each_digest(cards, self.objects)),
            promises.receipts_are_signed([self.pin]),
            exports.export_of_assets(emptied, exported(self.central, "assets")),
            self._one_dock_each(exported(self.central, "docks"), docked_twice),
            promises.stations_verify({self.station.name: (verified.returncode, verified.stdout + verified.stderr)}),
        ]

    def _one_dock_each(self, rows: list[dict[str, object]], docked_twice: str) -> Verdict:
        """A dock that outlived a run of the agent is still one dock. A folder that a mount then covers is two."""
        counted = Counter(str(row["camera_serial"]) for row in rows if row["files"])
        wanted = {serial: 2 if serial == docked_twice else 1 for serial in self._cards}
        broken = [
            f"{serial} docked {counted[serial]} times" for serial in wanted if counted[serial] != wanted[serial]
        ]
        return Verdict("each camera was docked once", tuple(broken), f"{len(rows)} docks")

    def close(self) -> None:
        self.watcher.stop()
        for camera in self.faulty.values():
            camera.close()

    def _new(self, chance: random.Random, files: int, size: int) -> tuple[str, Path]:
        self._count += 1
        serial = f"BWC{self._count:04d}"
        card = self._home / serial
        write_card(card, serial, chance, files=files, size=size)
        return serial, card


def _besides(salvaged: int, verdict: Verdict) -> Verdict:
    """The same verdict, when exactly so many objects were on no card because they are parts of what was."""
    strange = [words for words in verdict.broken if words.endswith("was on no card")]
    others = tuple(words for words in verdict.broken if words not in strange)
    return replace(verdict, broken=others if len(strange) == salvaged else verdict.broken)


def parts_in_use(data_dir: Path) -> list[str]:
    """Parts at central that belong to no upload that a later attempt has replaced: those are kept for people."""
    with closing(sqlite3.connect(data_dir / "central.sqlite3", timeout=30)) as connection:
        rows = connection.execute("SELECT upload_id FROM custody_upload WHERE state = 'dead'")
        replaced = {UUID(row[0]) for row in rows}
    names = [part.name.removesuffix(".refused") for part in (data_dir / "parts").iterdir()]
    return [name for name in names if UUID(name) not in replaced]


def write_card(card: Path, serial: str, chance: random.Random, *, files: int, size: int) -> None:
    """A card with `files` videos of about `size` bytes each, their sidecars, and the marker. The bytes play nowhere:
    nothing here looks into them, and they cost nothing to make."""
    folder = card / "DCIM"
    folder.mkdir(parents=True)
    (card / "BWC.ID").write_text(f"{serial}\n")
    for number in range(files):
        stem = folder / f"{serial}_{number:04d}"
        stem.with_suffix(".MP4").write_bytes(chance.randbytes(chance.randint(size // 2, size * 3 // 2)))
        stem.with_suffix(".JSON").write_text(f'{{"clip": "{stem.name}"}}')
        for suffix in (".MP4", ".JSON"):
            at = time.time() - 3600 - 60 * (files - number)
            os.utime(stem.with_suffix(suffix), (at, at))
