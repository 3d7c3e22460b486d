"""Turns what the stations record of themselves into sentences."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from uuid import UUID

from msgspec import DecodeError

from protocol import events as e
from simulator.demo.telling import DIM, GREEN, RED, YELLOW, Teller
from simulator.demo.world import LABELS, Station
from simulator.sizes import show_size

LOOK_EVERY_S = 0.3
TELL_EVERY_S = 1.0
"""Copies, receipts and erases of one camera are told together this often."""
_COLOURS = {"safe to remove": GREEN, "put back": RED, "leave in bay": RED, "use another bay": RED}


@dataclass
class _Dock:
    """What is known of one dock session so far, and what was not told yet."""

    camera: str
    bay: str
    files: int = 0
    bytes: int = 0
    copied: int = 0
    bytes_copied: int = 0
    fresh_copies: bool = False
    receipted: list[UUID] = field(default_factory=list)
    erased: list[UUID] = field(default_factory=list)
    kept: list[tuple[UUID, str]] = field(default_factory=list)
    told_at: float = 0.0


@dataclass
class _File:
    path: str
    size: int
    kind: str
    dock: _Dock
    sha256: str = ""


class Follower:
    """Tells one station's story from its ledger and its status, in a thread of its own."""

    def __init__(self, station: Station, teller: Teller) -> None:
        self._station, self._teller = station, teller
        self._number = 0
        self._docks: dict[UUID, _Dock] = {}
        self._files: dict[UUID, _File] = {}
        self._said: dict[str, str] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"following {station.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Idempotent."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            with self._lock:
                self._look()

    def look(self) -> None:
        """Tell all that was recorded so far."""
        with self._lock:
            self._look()
            self._tell_work(patience_s=0.0)

    def _look(self) -> None:
        for number, body in self._station.ledger.events_after(self._number):
            self._number = number
            try:
                self._take(e.decode_body(body))
            except DecodeError:
                continue  # of a newer station: nothing we could say about it
        self._tell_work()
        self._tell_bays()

    def _take(self, event: e.Event) -> None:
        match event:
            case e.CameraDocked():
                dock = self._docks[event.session] = _Dock(event.camera, event.bay_label)
                self._say(dock, "docked")
            case e.CardListed(session=session) if session in self._docks:
                self._listed(self._docks[session], event)
            case e.FileRefused(session=session) if session in self._docks:
                self._say(self._docks[session], f"refused {event.path} ({event.reason})", YELLOW)
            case e.AssetFound(session=session) if session in self._docks:
                dock = self._docks[session]
                self._files[event.asset_id] = _File(event.path, event.size, event.kind, dock)
            case e.AssetStaged(asset_id=asset) if asset in self._files:
                self._files[asset].sha256 = event.sha256
                self._copied(self._files[asset].dock, event.size)
            case e.AssetSeenAgain(session=session, asset_id=asset) if session in self._docks and asset in self._files:
                self._copied(self._docks[session], self._files[asset].size)
            case e.AssetVerified(asset_id=asset) if asset in self._files:
                self._files[asset].dock.receipted.append(asset)
            case e.AssetErased(session=session, asset_id=asset) if session in self._docks:
                self._docks[session].erased.append(asset)
            case e.AssetKept(asset_id=asset) if asset in self._files:
                self._files[asset].dock.kept.append((asset, event.reason))
            case _:
                self._take_rarer(event)

    def _take_rarer(self, event: e.Event) -> None:
        match event:
            case e.CameraDrained(session=session) if session in self._docks:
                self._tell_work(patience_s=0.0)
                self._say(self._docks[session], "every file is durable in the station's spool")
            case e.CameraUndocked(session=session) if session in self._docks:
                self._tell_work(patience_s=0.0)
                left = event.files_not_copied
                self._say(self._docks[session], f"undocked, {left} files not copied" if left else "undocked")
            case e.AssetQuarantined(asset_id=asset) if asset in self._files:
                file = self._files[asset]
                self._say(file.dock, f"quarantined {file.path}: {event.reason}", RED)
            case e.WatchStopped(reason="crashed"):
                self._teller.say(self._station.name, "knows that its last run ended unannounced", colour=YELLOW)

    def _listed(self, dock: _Dock, event: e.CardListed) -> None:
        if not dock.files:
            self._say(dock, f"{event.files} files, {show_size(event.bytes)} on the card")
        dock.files, dock.bytes = max(dock.files, event.files), max(dock.bytes, event.bytes)

    def _copied(self, dock: _Dock, size: int) -> None:
        dock.copied += 1
        dock.bytes_copied += size
        dock.fresh_copies = True

    def _tell_work(self, patience_s: float = TELL_EVERY_S) -> None:
        now = time.monotonic()
        for dock in self._docks.values():
            if now - dock.told_at < patience_s or not self._has_news(dock):
                continue
            dock.told_at = now
            if dock.fresh_copies:
                share = 100 * dock.bytes_copied // max(dock.bytes, 1)
                self._say(dock, f"copied {dock.copied} of {dock.files} files ({min(share, 100)} %)")
            if dock.receipted:
                self._tell_receipts(dock)
            for asset, reason in dock.kept:
                self._say(dock, f"keeps {self._files[asset].path} on the card ({reason})", DIM)
            if dock.erased:
                self._say(dock, f"erased {_count(len(dock.erased))} from the card")
            dock.fresh_copies = False
            dock.receipted, dock.kept, dock.erased = [], [], []

    @staticmethod
    def _has_news(dock: _Dock) -> bool:
        return bool(dock.fresh_copies or dock.receipted or dock.kept or dock.erased)

    def _tell_receipts(self, dock: _Dock) -> None:
        largest, *others = sorted((self._files[asset] for asset in dock.receipted), key=lambda file: -file.size)
        more = f", and for {_count(len(others))} more" if others else ""
        self._say(dock, f"receipt for {largest.path} (sha256 {largest.sha256[:6]}…){more}")

    def _tell_bays(self) -> None:
        bays = self._station.snapshot().get("bays", [])
        for bay in bays:
            if bay["says"] != self._said.get(bay["label"], "identifying"):
                self._tell_work(patience_s=0.0)
                dock = _Dock(bay["camera"] or "", bay["label"])
                self._say(dock, f"the bay says: {bay['says']}", _COLOURS.get(bay["says"], ""))
        self._said = {bay["label"]: bay["says"] for bay in bays}

    def _say(self, dock: _Dock, text: str, colour: str = "") -> None:
        bay = dock.bay if dock.bay in LABELS.values() else ""
        self._teller.say(f"{self._station.name} {bay}", text, camera=dock.camera, colour=colour)


def _count(files: int) -> str:
    return "1 file" if files == 1 else f"{files} files"
