"""Looks at the cards from outside, as often as it can: what is gone must be safe at that very instant."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from simulator.demo.ledgers import KeptReceipt, LedgerFile, LedgerUnreadable
from simulator.demo.objects import ObjectFolder
from simulator.demo.receipts import PinnedKeys, objection_to

LEDGER_WITHIN_S = 30.0
"""How long a ledger may be unreadable (its writer was killed in a commit) before a receipt counts as missing."""
REST_S = 0.002
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Held:
    """One file as the camera held it before it was docked."""

    sha256: str
    size: int
    mtime_ns: int

    @property
    def shown(self) -> str:
        return f"{self.sha256[:12]}…, {self.size} bytes"


@dataclass(frozen=True, slots=True)
class Gone:
    """A file that left its card."""

    camera: str
    path: bytes
    last_seen_at: datetime
    missed_at: datetime


@dataclass
class WatchedCard:
    camera: str
    handle: int
    """On the card's root: it stays the same card wherever the camera is carried."""
    held: dict[bytes, Held] = field(default_factory=dict)
    """Every file that was ever on it."""
    gone: dict[bytes, Gone] = field(default_factory=dict)
    last_seen_at: datetime = _NEVER


@dataclass(frozen=True, slots=True)
class Pin:
    """One station's ledger and the keys that it pinned."""

    ledger: LedgerFile
    keys: PinnedKeys


class Watcher:
    """`hold` a card before it is docked; then `start`, or `look` yourself. What it objects to is in the lists."""

    def __init__(self, objects: ObjectFolder, pins: Sequence[Pin]) -> None:
        self.cards: dict[str, WatchedCard] = {}
        self.looks = 0
        self.longest_pause_s = 0.0
        self.unsafe: list[str] = []
        """Files that left a card, or changed on it, without being safe."""
        self.vanished_while_down: list[str] = []
        self.failure: BaseException | None = None
        self._objects = objects
        self._pins = pins
        self._lock = threading.Lock()
        self._central_died_at: datetime | None = None
        self._looked_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def hold(self, camera: str, card: Path) -> int:
        """Hash every regular file of a card that is in no bay; how many there are."""
        held = held_on(card)
        with self._lock:
            known = self.cards.get(camera)
            if known is None:
                known = self.cards[camera] = WatchedCard(camera, os.open(card, os.O_RDONLY | os.O_DIRECTORY))
            changed = [path for path in held if path in known.held and known.held[path] != held[path]]
            self.unsafe.extend(f"{_named(camera, path)} was changed on the card" for path in changed)
            known.held.update(held)
            known.last_seen_at = datetime.now(UTC)
        return len(held)

    def central_died(self) -> None:
        """From now on, until `central_returns`, nothing may leave a card."""
        with self._lock:
            self._central_died_at = datetime.now(UTC)

    def central_returns(self) -> None:
        self.look()
        with self._lock:
            self._central_died_at = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Idempotent."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        for card in self.cards.values():
            if card.handle >= 0:
                os.close(card.handle)
                card.handle = -1

    def look(self) -> None:
        """Look at every file of every card once."""
        with self._lock:
            began = time.monotonic()
            if self._looked_at:
                self.longest_pause_s = max(self.longest_pause_s, began - self._looked_at)
            for card in self.cards.values():
                self._look_at(card)
            self._looked_at = time.monotonic()
            self.looks += 1

    def _run(self) -> None:
        try:
            while not self._stopping.wait(REST_S):
                self.look()
        except BaseException as error:  # noqa: BLE001 - whoever waits for the story is told
            self.failure = error

    def _look_at(self, card: WatchedCard) -> None:
        at = datetime.now(UTC)
        for path, held in card.held.items():
            if path in card.gone:
                continue
            try:
                found = os.stat(path, dir_fd=card.handle, follow_symlinks=False)
            except FileNotFoundError:
                gone = card.gone[path] = Gone(card.camera, path, card.last_seen_at, datetime.now(UTC))
                self._judge(gone, held)
                continue
            if not stat.S_ISREG(found.st_mode) or (found.st_size, found.st_mtime_ns) != (held.size, held.mtime_ns):
                self.unsafe.append(f"{_named(card.camera, path)} was changed on the card")
                card.gone[path] = Gone(card.camera, path, card.last_seen_at, datetime.now(UTC))
        card.last_seen_at = at

    def _judge(self, gone: Gone, held: Held) -> None:
        named = _named(gone.camera, gone.path)
        stored = self._objects.content_of(held.sha256)
        if stored is None:
            self.unsafe.append(f"{named} left the card, and central has no object {held.shown}")
        elif (stored.sha256, stored.size) != (held.sha256, held.size):
            self.unsafe.append(f"{named} left the card, and central's object {held.shown} holds other bytes")
        receipts, why = self._receipts(gone, held)
        if not receipts:
            self.unsafe.append(f"{named} left the card without a receipt for {held.shown} ({why})")
        died_at = self._central_died_at
        if died_at is not None and not any(_begun_before(receipt, died_at) for receipt in receipts):
            self.vanished_while_down.append(f"{named} left the card while central was down")

    def _receipts(self, gone: Gone, held: Held) -> tuple[list[KeptReceipt], str]:
        """The valid receipts for a file that is gone, or why there is none."""
        deadline = time.monotonic() + LEDGER_WITHIN_S
        while True:
            found, objections, is_answer = self._ask_ledgers(gone, held)
            if found or is_answer or self._stopping.wait(0.05) or time.monotonic() > deadline:
                return found, "; ".join(dict.fromkeys(objections)) or "no station has one"

    def _ask_ledgers(self, gone: Gone, held: Held) -> tuple[list[KeptReceipt], list[str], bool]:
        """Valid receipts, objections to others, and whether every ledger could be read."""
        found, objections, is_answer = [], [], True
        for pin in self._pins:
            try:
                receipts = pin.ledger.receipts_for(gone.camera, gone.path)
            except LedgerUnreadable as error:
                objections.append(str(error))
                is_answer = False
                continue
            for receipt in receipts:
                objection = objection_to(receipt, pin.keys, held.sha256, held.size)
                if objection:
                    objections.append(objection)
                else:
                    found.append(receipt)
        return found, objections, is_answer


def _begun_before(receipt: KeptReceipt, died_at: datetime) -> bool:
    """An erase that central answered for while it lived may end a moment after its death."""
    return receipt.erase_started_at is not None and datetime.fromisoformat(receipt.erase_started_at) <= died_at


def held_on(card: Path) -> dict[bytes, Held]:
    """Every regular file on a card, hashed by us. Links are not followed."""
    return {
        os.fsencode(path.relative_to(card)): _held(path)
        for path in sorted(card.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def _held(path: Path) -> Held:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    found = path.stat()
    return Held(digest, found.st_size, found.st_mtime_ns)


def _named(camera: str, path: bytes) -> str:
    return f"{camera} {os.fsdecode(path)}"
