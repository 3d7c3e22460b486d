# ruff: noqa: S608  (these statements are the attack)

from __future__ import annotations

import sqlite3
from uuid import uuid4

import pytest

from agent.rules import changes as c
from protocol.chain import event_hash
from tests.ledger.story import Station, at, receipt
from tests.ledger.tampering import check, codes, subjects, tamper


def test_a_busy_and_honest_life_is_sound(station: Station) -> None:
    station.erase(b"1", b"one")
    station.find(b"2")
    kept = station.verified(b"3", b"three")
    station.ledger.commit(c.AssetKept(at=at(8), asset_id=kept, reason="profile"))
    broken = station.upload(b"4", b"four")
    for attempt in (2, 3):
        station.ledger.commit(c.UploadMismatched(at=at(8), asset_id=broken, central_sha256="0" * 64))
        station.ledger.commit(c.UploadIntended(at=at(8), asset_id=broken, attempt=attempt))
        station.ledger.commit(c.AssetUploaded(at=at(9), asset_id=broken))
    station.ledger.commit(c.UploadMismatched(at=at(9), asset_id=broken, central_sha256="0" * 64))
    station.ledger.commit(c.AssetQuarantined(at=at(9), asset_id=broken, reason="digest_mismatch"))
    station.ledger.commit(c.AssetReturned(at=at(10), asset_id=broken))
    lost = station.stage(b"5", b"five")
    station.spool.release(lost)
    station.ledger.commit(c.CopyLost(at=at(9), asset_id=lost, reason="rotten"))
    forgotten = station.upload(b"6", b"six")
    station.ledger.commit(c.UploadDiscarded(at=at(9), asset_id=forgotten))
    voided = station.verified(b"7", b"seven")
    station.ledger.commit(c.ReceiptVoided(at=at(9), asset_id=voided, store_epoch=2))
    released = station.verified(b"8", b"eight")
    station.ledger.commit(c.CopyReleased(at=at(9), asset_id=released, reason="kept"))
    station.spool.release(released)
    again = station.erase(b"9", b"nine")
    station.ledger.commit(
        c.AssetSeenAgain(
            at=at(20),
            asset_id=again,
            session=station.session,
            sha256=station.ledger.asset(again).sha256,  # type: ignore[union-attr, arg-type]
            size=4,
            mtime_ns=5,
            docked_at=at(20).wall,
            bay="b",
        )
    )
    result = check(station)
    assert result.findings == ()
    assert result.sound
    assert (result.assets, result.copies) == (9, 6)
    assert result.bytes_read == len("onethreefoursixsevennine")
    assert result.events == station.ledger.head().number  # type: ignore[union-attr]


def test_a_new_ledger_is_sound(station: Station) -> None:
    assert check(station).findings == ()


# --- the chain ----------------------------------------------------------------------------------------


def test_an_edited_event_is_named(station: Station) -> None:
    station.erase()
    edited = "CAST(replace(CAST(body AS TEXT), 'Bay 1', 'Bay 2') AS BLOB)"
    tamper(station, f"UPDATE custody_events SET body = {edited} WHERE number = 2")
    result = check(station)
    assert codes(result) == {"event_altered"}
    assert subjects(result, "event_altered") == ["event 2"]


def test_a_dropped_event_is_named(station: Station) -> None:
    station.erase()
    tamper(station, "DELETE FROM custody_events WHERE number = 2")
    result = check(station)
    assert subjects(result, "event_missing") == ["events 2 to 2"]


def test_a_cut_off_end_is_named(station: Station) -> None:
    station.find()
    station.ledger.commit(c.WatchStopped(at=at(9), reason="stopped"))
    tamper(station, "DELETE FROM custody_events WHERE number = (SELECT max(number) FROM custody_events)")
    assert subjects(check(station), "event_missing") == ["events 4 to 4"]


def test_two_events_that_changed_places_are_named(station: Station) -> None:
    station.erase()
    tamper(
        station,
        "UPDATE custody_events SET number = 999 WHERE number = 4",
        "UPDATE custody_events SET number = 4 WHERE number = 5",
        "UPDATE custody_events SET number = 5 WHERE number = 999",
    )
    result = check(station)
    assert {"event_altered", "event_unchained"} <= codes(result)
    assert subjects(result, "event_altered") == ["event 4", "event 5"]


def test_an_inserted_event_is_named(station: Station) -> None:
    station.erase()
    tamper(
        station,
        "UPDATE custody_events SET number = -number - 1 WHERE number > 4",
        "UPDATE custody_events SET number = -number WHERE number < 0",
        "INSERT INTO custody_events "
        "SELECT 5, previous_hash, hash, body, asset_id FROM custody_events WHERE number = 4",
    )
    result = check(station)
    assert "event 5" in subjects(result, "event_altered")
    assert "event_inserted" in codes(result)


def test_an_event_hung_onto_the_end_is_named_even_if_it_is_chained(station: Station) -> None:
    head = station.ledger.head()
    assert head is not None
    body = (
        b'{"type":"watch_stopped","at":{"wall":"2026-01-01T00:00:00Z","monotonic_ns":1,"boot_id":"b"},"reason":"x"}'
    )
    number = head.number + 1
    digest = event_hash(station.ledger.uuid, number, head.hash, body)
    tamper(
        station,
        "INSERT INTO custody_events VALUES (:number, :previous, :hash, :body, NULL)",
        number=number,
        previous=head.hash,
        hash=digest,
        body=body,
    )
    assert subjects(check(station), "event_inserted") == [f"events {number} to {number}"]


def test_a_history_rewritten_with_all_its_hashes_is_betrayed_by_central(station: Station) -> None:
    station.find()
    seen = {event.number: event.hash for event in station.ledger.events_after(0, 100)}
    previous = seen[1]
    for event in station.ledger.events_after(1, 100):
        body = event.body.replace(b"Bay 1", b"Bay 2")
        digest = event_hash(station.ledger.uuid, event.number, previous, body)
        tamper(
            station,
            "UPDATE custody_events SET body = :body, previous_hash = :previous, hash = :hash WHERE number = :number",
            "UPDATE ledger SET head_hash = :hash",
            body=body,
            previous=previous,
            hash=digest,
            number=event.number,
        )
        previous = digest
    assert check(station).sound  # it holds in itself …
    result = check(station, witnesses={3: seen[3]})
    assert codes(result) == {"history_rewritten"}
    assert subjects(result, "history_rewritten") == ["event 3"]


def test_an_event_filed_under_another_asset_is_named(station: Station) -> None:
    one, two = station.find(b"1"), station.find(b"2")
    tamper(station, f"UPDATE custody_events SET asset_id = '{two}' WHERE asset_id = '{one}'")
    assert "event_misfiled" in codes(check(station))


@pytest.mark.parametrize("name", ["custody_events_never_change", "custody_events_never_go", "assets_state"])
def test_a_guard_that_was_taken_away_is_named(station: Station, name: str) -> None:
    kind = "INDEX" if name == "assets_state" else "TRIGGER"
    outside = sqlite3.connect(station.path)
    outside.execute(f"DROP {kind} {name}")
    outside.close()
    result = check(station)
    assert codes(result) == {"schema_altered"}
    assert subjects(result, "schema_altered") == [f"{kind.lower()} {name}"]


def test_a_count_that_is_not_that_of_the_rows_is_named(station: Station) -> None:
    station.stage()
    tamper(station, "UPDATE asset_counts SET assets = 7 WHERE state = 'STAGED'")
    result = check(station)
    assert codes(result) == {"count_differs"}
    assert subjects(result, "count_differs") == ["state STAGED"]


# --- assets and receipts ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "edit",
    [
        "camera = 'cam-2'",
        "path = CAST('other' AS BLOB)",
        "recorded_at = '2020-01-01T00:00:00.000000Z'",
        "staged_at = '2020-01-01T00:00:00.000000Z'",
        "erased_at = '2020-01-01T00:00:00.000000Z'",
        "on_card = 1",
        "spooled = 0",
        "salvage = 1",
        "flagged = 1",
        "kind = 'other'",
        "mismatches = 2",
        "reason = 'policy'",
        "state = 'KEPT'",
        "state = 'VERIFIED', on_card = 1, erased_at = NULL",
    ],
)
def test_an_edited_row_of_an_asset_is_named(station: Station, edit: str) -> None:
    asset_id = station.erase()
    tamper(station, f"UPDATE assets SET {edit}")
    result = check(station)
    assert f"asset {asset_id}" in subjects(result, "asset_altered")


def test_a_row_called_erased_without_evidence_is_named(station: Station) -> None:
    asset_id = station.stage()
    tamper(station, "UPDATE assets SET state = 'ERASED', on_card = 0, erased_at = staged_at")
    result = check(station)
    assert subjects(result, "erased_without_evidence") == [f"asset {asset_id}"]
    what = next(finding.what for finding in result.findings if finding.code == "erased_without_evidence")
    assert "EraseStarted" in what
    assert "receipt" in what


def test_a_deleted_row_of_an_asset_is_named(station: Station) -> None:
    asset_id = station.find()
    tamper(station, "DELETE FROM assets")
    assert subjects(check(station), "asset_missing") == [f"asset {asset_id}"]


def test_a_row_without_any_event_is_named(station: Station) -> None:
    station.find()
    columns = (
        "camera, session, bay, path, size, mtime_ns, kind, state, found_at, flagged, salvage, on_card, spooled, "
    )
    columns += "recorded_source, upload_attempt, upload_offset, mismatches, reason"
    made_up = uuid4()
    tamper(station, f"INSERT INTO assets (asset_id, {columns}) SELECT '{made_up}', {columns} FROM assets")
    assert subjects(check(station), "asset_unproven") == [f"asset {made_up}"]


def test_a_row_with_nonsense_is_named_and_the_rest_is_still_checked(station: Station) -> None:
    one, two = station.find(b"1"), station.find(b"2")
    tamper(
        station,
        f"UPDATE assets SET found_at = 'yesterday' WHERE asset_id = '{one}'",
        f"UPDATE assets SET camera = 'x' WHERE asset_id = '{two}'",
    )
    result = check(station)
    assert subjects(result, "asset_unreadable") == [f"asset {one}"]
    assert subjects(result, "asset_altered") == [f"asset {two}"]


def test_a_forged_receipt_is_named(station: Station) -> None:
    station.erase()
    tamper(station, "UPDATE receipts SET signature = zeroblob(64)")
    assert codes(check(station)) == {"receipt_forged"}


def test_a_receipt_whose_columns_differ_from_what_was_signed_is_named(station: Station) -> None:
    station.erase()
    tamper(station, "UPDATE receipts SET store_epoch = 7")
    result = check(station)
    assert codes(result) == {"receipt_altered"}
    assert "store_epoch" in result.findings[0].what


def test_a_receipt_for_another_station_is_named(station: Station) -> None:
    asset_id = station.upload()
    foreign = receipt(asset_id, b"abc", station="west-7")
    station.ledger.commit(c.AssetVerified(at=at(5), asset_id=asset_id, receipt=foreign))
    assert codes(check(station)) == {"receipt_foreign"}


def test_a_receipt_that_was_taken_away_is_named(station: Station) -> None:
    asset_id = station.erase()
    tamper(station, "UPDATE assets SET receipt_id = NULL", "DELETE FROM receipts")
    result = check(station)
    assert subjects(result, "erased_without_evidence") == [f"asset {asset_id}"]
    assert subjects(result, "asset_unproven") == [f"asset {asset_id}"]
