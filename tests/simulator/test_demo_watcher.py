"""The watcher objects to every way in which a file can leave a card too early."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from simulator.demo.promises import left_only_when_safe, nothing_left_while_central_was_down
from simulator.demo.story import Played
from tests.simulator.demo_world import CAMERA, CONTENT, VIDEO, SmallWorld

KILLED_AT_WORK = Played(unreceipted_when_killed=3, bytes_under_way=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SmallWorld]:
    one = SmallWorld(tmp_path)
    yield one
    one.watcher.stop()


def test_a_file_that_is_whole_at_central_and_receipted_may_leave_its_card(world: SmallWorld) -> None:
    world.erase(VIDEO)
    verdict = left_only_when_safe(world.watcher)
    assert verdict.held, verdict
    assert "1 files left, 2 looks" in str(verdict)
    assert str(verdict).startswith("✓")


def test_a_file_that_left_before_central_had_it_is_found_out_even_if_it_arrives_later(world: SmallWorld) -> None:
    stored = world.object_of(VIDEO).read_bytes()
    world.object_of(VIDEO).unlink()
    world.erase(VIDEO)
    world.store(stored)
    world.watcher.look()
    verdict = left_only_when_safe(world.watcher)
    assert str(verdict).startswith("✗")
    assert "central has no object" in str(verdict)


def test_an_object_with_other_bytes_is_found_out(world: SmallWorld) -> None:
    world.object_of(VIDEO).write_bytes(CONTENT[VIDEO][:-1] + b"X")
    world.erase(VIDEO)
    assert "holds other bytes" in str(left_only_when_safe(world.watcher))


def test_an_object_that_rots_after_it_was_looked_at_once_is_hashed_again(world: SmallWorld) -> None:
    assert world.stored.content_of(world.object_of(VIDEO).name) is not None
    world.object_of(VIDEO).write_bytes(CONTENT[VIDEO][:-1] + b"X")
    world.erase(VIDEO)
    assert not left_only_when_safe(world.watcher).held


def test_a_missing_receipt_is_found_out(world: SmallWorld) -> None:
    world.change_ledger("DELETE FROM receipts WHERE asset_id = ?", VIDEO.decode())
    world.erase(VIDEO)
    verdict = left_only_when_safe(world.watcher)
    assert "without a receipt" in str(verdict)
    assert "no station has one" in str(verdict)


@pytest.mark.parametrize("key_id", ["k1", "k2"])
def test_a_receipt_that_another_key_signed_is_none(world: SmallWorld, key_id: str) -> None:
    world.change_ledger("DELETE FROM receipts WHERE asset_id = ?", VIDEO.decode())
    world.receipt(VIDEO, CONTENT[VIDEO], signer=Ed25519PrivateKey.generate(), key_id=key_id)
    world.erase(VIDEO)
    assert "without a receipt" in str(left_only_when_safe(world.watcher))


def test_a_receipt_for_other_bytes_is_none(world: SmallWorld) -> None:
    world.change_ledger("DELETE FROM receipts WHERE asset_id = ?", VIDEO.decode())
    world.receipt(VIDEO, b"another clip of the same name")
    world.erase(VIDEO)
    assert "it is for other bytes" in str(left_only_when_safe(world.watcher))


def test_a_file_that_changes_on_the_card_is_found_out(world: SmallWorld) -> None:
    (world.card / VIDEO.decode()).write_bytes(b"shorter")
    world.erase(b"BWC.ID")
    assert "was changed on the card" in str(left_only_when_safe(world.watcher))


def test_a_file_that_changes_while_the_camera_is_on_the_road_is_found_out_by_its_hash(world: SmallWorld) -> None:
    card = world.watcher.cards[CAMERA]
    card.held[VIDEO] = type(card.held[VIDEO])("0" * 64, card.held[VIDEO].size, card.held[VIDEO].mtime_ns)
    world.watcher.hold(CAMERA, world.card)
    assert world.watcher.unsafe == ["BWC0412 DCIM/1/a.MP4 was changed on the card"]


def test_a_camera_is_watched_wherever_it_is_carried(world: SmallWorld) -> None:
    world.object_of(VIDEO).unlink()
    carried = world.card.rename(world.card.with_name("in another bay"))
    (carried / VIDEO.decode()).unlink()
    world.watcher.look()
    assert not left_only_when_safe(world.watcher).held


def test_whatever_leaves_a_card_while_central_is_down_is_found_out(world: SmallWorld) -> None:
    world.watcher.central_died()
    world.erase(VIDEO)
    verdict = nothing_left_while_central_was_down(world.watcher, KILLED_AT_WORK)
    assert "left the card while central was down" in str(verdict)
    assert left_only_when_safe(world.watcher).held, "it was safe all the same"


def test_an_erase_that_central_still_answered_for_may_end_just_after_its_death(world: SmallWorld) -> None:
    before = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    world.change_ledger("UPDATE assets SET erase_started_at = ?", before)
    world.watcher.central_died()
    world.erase(VIDEO)
    assert nothing_left_while_central_was_down(world.watcher, KILLED_AT_WORK).held


def test_what_leaves_a_card_after_central_returned_is_no_objection(world: SmallWorld) -> None:
    world.watcher.central_died()
    world.watcher.central_returns()
    world.erase(VIDEO)
    assert nothing_left_while_central_was_down(world.watcher, KILLED_AT_WORK).held
    assert not nothing_left_while_central_was_down(world.watcher, Played()).held, "then nothing was shown"


def test_a_watcher_that_saw_nothing_or_failed_proves_nothing(world: SmallWorld) -> None:
    assert "saw no file leave" in str(left_only_when_safe(world.watcher))
    world.erase(VIDEO)
    world.watcher.failure = OSError("too many open files")
    assert "the watcher failed" in str(left_only_when_safe(world.watcher))


def test_the_watcher_looks_by_itself_until_it_is_stopped(world: SmallWorld) -> None:
    world.watcher.start()
    world.watcher.central_died()
    (world.card / VIDEO.decode()).unlink()
    world.watcher.central_returns()
    world.watcher.stop()
    assert world.watcher.failure is None
    assert VIDEO in world.watcher.cards[CAMERA].gone
