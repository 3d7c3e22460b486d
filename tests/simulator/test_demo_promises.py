"""Each promise of the demo can be broken, and its check says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.demo import exports, promises
from simulator.demo.moves import DockPlayed
from simulator.demo.story import Played
from tests.simulator.demo_world import CAMERA, CONTENT, MARKER, SIDECAR, VIDEO, SmallWorld

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SmallWorld]:
    """A camera whose videos were erased as they should be."""
    one = SmallWorld(tmp_path)
    one.erase(VIDEO, SIDECAR)
    yield one
    one.watcher.stop()


# --- what is stored -----------------------------------------------------------------------------------


def test_footage_is_at_central_only_if_its_object_has_its_bytes(world: SmallWorld) -> None:
    cards = world.watcher.cards
    assert promises.all_footage_is_at_central(cards, world.stored).held
    world.object_of(VIDEO).write_bytes(b"rot" * 500)
    assert "is other bytes at central" in str(promises.all_footage_is_at_central(cards, world.stored))
    world.object_of(VIDEO).unlink()
    assert "is not at central" in str(promises.all_footage_is_at_central(cards, world.stored))


def test_an_object_stored_twice_misnamed_or_of_no_card_is_found_out(world: SmallWorld) -> None:
    cards = world.watcher.cards
    assert promises.one_object_for_each_digest(cards, world.stored).held
    (world.objects / "copy").write_bytes(CONTENT[VIDEO])
    assert "is stored 2 times" in str(promises.one_object_for_each_digest(cards, world.stored))
    (world.objects / "copy").unlink()
    world.store(b"what a link led to")
    assert "was on no card" in str(promises.one_object_for_each_digest(cards, world.stored))


# --- what is left on the cards --------------------------------------------------------------------------


def _left(world: SmallWorld) -> promises.Verdict:
    return promises.cards_hold_only_what_is_kept(world.watcher.cards, lambda _: world.card)


def test_a_card_that_holds_only_what_is_kept_is_as_promised(world: SmallWorld) -> None:
    assert str(_left(world)).endswith("2 erased, 1 kept")


def test_a_video_that_is_still_on_the_card_is_found_out(world: SmallWorld) -> None:
    (world.card / os.fsdecode(VIDEO)).write_bytes(CONTENT[VIDEO])
    assert "is still on the card" in str(_left(world))


def test_a_kept_file_that_is_gone_or_changed_is_found_out(world: SmallWorld) -> None:
    (world.card / os.fsdecode(MARKER)).write_bytes(b"BWC0413\n")
    assert "should have stayed" in str(_left(world))
    (world.card / os.fsdecode(MARKER)).unlink()
    assert "should have stayed" in str(_left(world))


def test_a_file_that_somebody_wrote_onto_the_card_is_found_out(world: SmallWorld) -> None:
    (world.card / "agent.tmp").touch()
    assert "was written onto the card" in str(_left(world))


def test_a_link_that_was_followed_or_not_recorded_is_found_out(tmp_path: Path) -> None:
    outside, link = tmp_path / "outside.txt", tmp_path / "latest.MP4"
    outside.write_bytes(b"secret")
    link.symlink_to(outside)
    assert promises.the_link_was_refused(link, outside, b"secret", ["DCIM/latest.MP4"]).held
    assert not promises.the_link_was_refused(link, outside, b"secret", []).held
    assert not promises.the_link_was_refused(link, outside, b"other", ["DCIM/latest.MP4"]).held
    link.unlink()
    assert not promises.the_link_was_refused(link, outside, b"secret", ["DCIM/latest.MP4"]).held


# --- receipts and words ---------------------------------------------------------------------------------


def test_every_receipt_must_bear_a_good_signature(world: SmallWorld) -> None:
    assert str(promises.receipts_are_signed([world.pin])).endswith("3 signatures verified")
    world.change_ledger("UPDATE receipts SET signature = zeroblob(64) WHERE asset_id = ?", VIDEO.decode())
    assert "its signature is not good" in str(promises.receipts_are_signed([world.pin]))
    world.change_ledger("DELETE FROM receipts")
    assert "there are no receipts" in str(promises.receipts_are_signed([world.pin]))
    world.database.unlink()
    assert not promises.receipts_are_signed([world.pin]).held


def test_a_station_that_does_not_verify_no_mail_or_a_story_without_trouble_break_their_promises() -> None:
    assert promises.stations_verify({"east-1": (0, "fine")}).held
    assert "exits 1: - chain" in str(promises.stations_verify({"east-1": (0, "fine"), "west-1": (1, "- chain")}))
    assert not promises.stations_verify({}).held
    assert promises.mail_arrived(["[Dock] Test mail"]).held
    assert not promises.mail_arrived(["Lunch"]).held
    played = Played(told_to_put_back=True, left_when_pulled=3, uncopied_when_agent_died=2)
    assert promises.the_story_was_played(played).held
    assert not promises.the_story_was_played(replace(played, told_to_put_back=False)).held
    assert not promises.the_story_was_played(replace(played, left_when_pulled=0)).held
    assert not promises.the_story_was_played(replace(played, uncopied_when_agent_died=0)).held


# --- exports --------------------------------------------------------------------------------------------


def _asset_rows(world: SmallWorld) -> list[dict[str, Any]]:
    card = world.watcher.cards[CAMERA]
    rows = []
    for path, held in card.held.items():
        erased = card.gone.get(path)
        rows.append(
            {
                "camera_serial": CAMERA,
                "path_b64": None,
                "source_path": os.fsdecode(path),
                "sha256": held.sha256,
                "size": held.size,
                "state": "ERASED" if erased else "KEPT",
                "recorded_at": NOON.isoformat(),
                "erased_at": erased.missed_at.isoformat() if erased else None,
            }
            | {step: (NOON + timedelta(seconds=place)).isoformat() for place, step in enumerate(exports.STEPS)}
        )
    return rows


def test_the_export_of_assets_that_tells_what_happened_agrees(world: SmallWorld) -> None:
    verdict = exports.export_of_assets(world.watcher.cards, _asset_rows(world))
    assert verdict.held, verdict


@pytest.mark.parametrize(
    "lie",
    [
        {"state": "VERIFIED"},
        {"sha256": "0" * 64},
        {"camera_serial": "BWC0413"},
        {"source_path": "DCIM/1/b.MP4"},
        {"size": 1},
        {"recorded_at": None},
        {"staged_at": None},
        {"uploaded_at": (NOON + timedelta(days=1)).isoformat()},
        {"erased_at": None},
        {"erased_at": (NOON - timedelta(days=10000)).isoformat()},
    ],
)
def test_an_export_of_assets_that_tells_anything_else_is_found_out(world: SmallWorld, lie: dict[str, object]) -> None:
    rows = [row | lie if row["source_path"] == VIDEO.decode() else row for row in _asset_rows(world)]
    assert not exports.export_of_assets(world.watcher.cards, rows).held


DOCKS = [
    DockPlayed(CAMERA, "east-1", "Bay 1", NOON, NOON + timedelta(milliseconds=1), NOON + timedelta(minutes=1)),
    DockPlayed(CAMERA, "west-1", "Bay 1", NOON + timedelta(hours=1), NOON + timedelta(hours=1, milliseconds=1)),
]


def _dock_rows() -> list[dict[str, Any]]:
    return [
        {
            "camera_serial": dock.camera,
            "station_id": dock.station,
            "bay": dock.bay,
            "absent_until": (dock.before_dock - timedelta(milliseconds=300)).isoformat(),
            "docked_at": (dock.after_dock + timedelta(milliseconds=300)).isoformat(),
            "undocked_at": (dock.before_undock + timedelta(seconds=1)).isoformat() if dock.before_undock else None,
        }
        for dock in DOCKS
    ]


def test_the_export_of_docks_that_tells_what_we_did_agrees() -> None:
    verdict = exports.export_of_docks(DOCKS, list(reversed(_dock_rows())))
    assert verdict.held, verdict


@pytest.mark.parametrize(
    "lie",
    [
        {"bay": "Bay 2"},
        {"station_id": "west-1"},
        {"docked_at": (NOON - timedelta(seconds=1)).isoformat()},
        {"absent_until": (NOON + timedelta(seconds=1)).isoformat()},
        {"undocked_at": None},
        {"undocked_at": NOON.isoformat()},
    ],
)
def test_an_export_of_docks_that_tells_anything_else_is_found_out(lie: dict[str, object]) -> None:
    first, second = _dock_rows()
    assert not exports.export_of_docks(DOCKS, [first | lie, second]).held


def test_a_dock_that_never_was_or_is_missing_is_found_out() -> None:
    first, second = _dock_rows()
    assert not exports.export_of_docks(DOCKS, [first]).held
    assert not exports.export_of_docks(DOCKS, [first, second, second]).held


def test_a_station_that_is_offline_missing_or_invented_is_found_out() -> None:
    online = {"station_id": "east-1", "state": "online"}
    assert exports.export_of_stations(["east-1"], [online]).held
    assert not exports.export_of_stations(["east-1"], [online | {"state": "stale"}]).held
    assert not exports.export_of_stations(["east-1", "west-1"], [online]).held
    assert not exports.export_of_stations([], [online]).held
