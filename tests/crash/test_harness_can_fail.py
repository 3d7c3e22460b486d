"""Each order that keeps footage safe is broken once, in the product's own code: the harness must see it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.adapters import spool_copy
from agent.adapters.camera_card import CameraCard
from agent.adapters.spool_copy import PARTIAL, SpooledCopy
from agent.adapters.spool_disk import SpoolFolder
from agent.pipeline.keep_spool import SpoolKeeper
from agent.reporting.outbox import BATCH, Outbox
from agent.rules.changes import Change, CopyReleased
from agent.rules.footage import State
from simulator import card_work
from simulator import ledger as memory_ledger
from simulator.clock import SimulatedClock
from simulator.ledger import MemoryLedger
from tests.crash import station
from tests.crash.exploring import explore
from tests.crash.manners import IN_TURN

Patch = pytest.MonkeyPatch
Breaking = Callable[[Patch], None]


def copy_without_fsync(patch: Patch) -> None:
    def not_durable(self: SpooledCopy, _expected_size: int) -> None:
        fd, self._fd = self._fd, -1
        self._files.close(fd)

    patch.setattr(SpooledCopy, "_make_durable", not_durable)


def name_without_fsync_of_its_folder(patch: Patch) -> None:
    patch.setattr(spool_copy, "sync_folder", lambda _folder, _files: None)


def spool_without_fsync_of_its_parent(patch: Patch) -> None:
    def made(folder: Path, mode: int, files: object) -> None:
        files.mkdir(folder, mode) if folder.name not in files.listdir(folder.parent) else None  # type: ignore[attr-defined]

    patch.setattr("agent.adapters.spool_disk.make_folder", made)


def copy_named_before_its_bytes_are_durable(patch: Patch) -> None:
    def committed(self: SpooledCopy, sidecar: bytes, _expected_size: int) -> None:
        self._write_sidecar(sidecar)
        self._files.rename(self._name(PARTIAL), self._name(".footage"))
        spool_copy.sync_folder(self._folder, self._files)
        self._files.fsync(self._fd)
        self._files.close(self._fd)

    patch.setattr(SpooledCopy, "commit", committed)


def copy_named_before_its_sidecar(patch: Patch) -> None:
    patch.setattr(SpooledCopy, "_write_sidecar", lambda _self, _sidecar: None)


def card_erased_when_staged(patch: Patch) -> None:
    inner = card_work.copy_file

    def moved(card: CameraCard, spool: SpoolFolder, order: object, *rest: object, **more: object) -> object:
        outcome = inner(card, spool, order, *rest, **more)  # type: ignore[arg-type]
        card._files.writable = True  # type: ignore[attr-defined]
        card._files._what.writable = True  # type: ignore[attr-defined]
        card.unlink(order.file.path)  # type: ignore[attr-defined]
        card.sync()
        return outcome

    patch.setattr(card_work, "copy_file", moved)


def unlink_without_sync(patch: Patch) -> None:
    patch.setattr(CameraCard, "_sync_folder", lambda _self, _folder: None)
    patch.setattr(CameraCard, "sync", lambda _self: None)


def copy_released_when_uploaded(patch: Patch) -> None:
    inner = station.settle_spool

    def settled(ledger: MemoryLedger, spool: SpoolFolder, clock: SimulatedClock) -> int:
        for asset in ledger.assets_in(State.UPLOADED):
            spool.release(asset.asset_id)
        return inner(ledger, spool, clock)

    patch.setattr(station, "settle_spool", settled)


def files_gone_before_their_release_is_recorded(patch: Patch) -> None:
    inner = SpoolKeeper.round

    class Late:
        def __init__(self, keeper: SpoolKeeper) -> None:
            self._keeper, self._ledger = keeper, keeper._ledger

        def __getattr__(self, name: str) -> object:
            return getattr(self._ledger, name)

        def commit(self, *changes: Change) -> None:
            for change in changes:
                if isinstance(change, CopyReleased):
                    self._keeper._spool.release(change.asset_id)
            self._ledger.commit(*changes)

    def round_(self: SpoolKeeper, *rest: object, **more: object) -> object:
        ledger, self._ledger = self._ledger, Late(self)  # type: ignore[assignment]
        try:
            return inner(self, *rest, **more)  # type: ignore[arg-type]
        finally:
            self._ledger = ledger

    patch.setattr(SpoolKeeper, "round", round_)


def state_without_event(patch: Patch) -> None:
    inner = memory_ledger.event_of
    patch.setattr(
        memory_ledger,
        "event_of",
        lambda change, *rest: None if type(change).__name__ == "AssetStaged" else inner(change, *rest),
    )


def events_acknowledged_before_they_are_sent(patch: Patch) -> None:
    def send(self: Outbox) -> int:
        events = self._ledger.events_after(self.acknowledged, BATCH)
        if events:
            self._ledger.remember(acknowledged=str(events[-1].number))
            self._central.post_events(events, self._ledger.uuid)
        return self.unsent

    patch.setattr(Outbox, "send", send)


def heartbeats_counted_from_one_at_each_start(patch: Patch) -> None:
    inner, counted = MemoryLedger.remember, "heartbeat_sequence"

    def remember(self: MemoryLedger, **notes: str) -> None:
        vars(self).setdefault("_beats", {}).update({counted: notes[counted]} if counted in notes else {})
        inner(self, **{name: value for name, value in notes.items() if name != counted})

    def note(self: MemoryLedger, name: str) -> str | None:
        return vars(self).get("_beats", {}).get(name) if name == counted else known(self, name)

    known = MemoryLedger.note
    patch.setattr(MemoryLedger, "remember", remember)
    patch.setattr(MemoryLedger, "note", note)


def partial_copies_never_swept(patch: Patch) -> None:
    patch.setattr(SpoolFolder, "sweep", lambda _self: 0)


BREAKINGS: tuple[tuple[Breaking, str, int], ...] = (
    (copy_without_fsync, "I6", 1),
    (name_without_fsync_of_its_folder, "I6", 1),
    (spool_without_fsync_of_its_parent, "I6", 1),
    (copy_named_before_its_bytes_are_durable, "I6", 2),
    (copy_named_before_its_sidecar, "I6", 1),
    (card_erased_when_staged, "I1", 1),
    (unlink_without_sync, "I6", 1),
    (copy_released_when_uploaded, "I6", 2),
    (files_gone_before_their_release_is_recorded, "I6", 1),
    (state_without_event, "I6", 1),
    (events_acknowledged_before_they_are_sent, "I4", 1),
    (heartbeats_counted_from_one_at_each_start, "I7", 1),
    (partial_copies_never_swept, "I4", 1),
)
"""What is broken, which invariant must tell, and after how many cuts: some wrong orders only harm a recovery. A
number that central never acknowledged looks as if central had been set back: nothing is erased any more."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("breaking", "invariant", "cuts"), BREAKINGS, ids=[breaking.__name__ for breaking, _, _ in BREAKINGS]
)
def test_the_harness_sees_that_an_order_is_broken(
    breaking: Breaking, invariant: str, cuts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking(monkeypatch)
    found = explore(IN_TURN, cuts=cuts, enough=1).broken
    assert any(what.startswith(invariant) for what in found), found
