"""What the ledger promises its callers."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import zlib
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from agent.errors import IllegalMove, LedgerBroken
from agent.ledger.connection import journal_mode
from agent.ledger.queries import QUERIES, parse_queries
from agent.ledger.read import LedgerView
from agent.ledger.store import SqliteLedger, open_ledger
from agent.rules import changes as c
from agent.rules.footage import FileKind, State
from protocol.chain import event_hash
from protocol.events import AssetStaged, decode_body
from tests.ledger.story import STATION, Station, at, docked, found, receipt, staged


def test_a_new_ledger_begins_with_its_opening(station: Station) -> None:
    first = station.ledger.events_after(0, 1)[0]
    assert first.number == 1
    assert first.previous_hash == bytes(32)
    assert decode_body(first.body).reason == "new"  # type: ignore[attr-defined]
    assert not station.ledger.rebuilt


def test_a_ledger_that_had_a_predecessor_says_that_it_was_rebuilt_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    for expects_predecessor in (True, False):
        ledger = open_ledger(path, STATION, at(), expects_predecessor=expects_predecessor)
        assert ledger.rebuilt
        assert len(ledger.events_after(0, 10)) == 1
        ledger.close()


def test_everything_is_there_after_reopening(station: Station) -> None:
    asset_id = station.erase()
    before, events = station.ledger.asset(asset_id), station.ledger.events_after(0, 100)
    station.ledger.close()
    again = open_ledger(station.path, STATION, at(99), expects_predecessor=True)
    assert again.uuid == station.ledger.uuid
    assert again.asset(asset_id) == before
    assert before is not None
    assert before.receipt is not None
    assert again.events_after(0, 100) == events
    again.close()


def test_every_event_is_chained_to_the_one_before(station: Station) -> None:
    station.erase()
    previous = bytes(32)
    for number, event in enumerate(station.ledger.events_after(0, 100), start=1):
        assert event.number == number
        assert event.previous_hash == previous
        assert event.hash == event_hash(station.ledger.uuid, number, previous, event.body)
        previous = event.hash
    assert station.ledger.head() == event


def test_an_asset_comes_back_exactly_as_it_was_recorded(station: Station) -> None:
    asset_id = station.find(b"caf\xe9/\n\xff.MP4", b"12345", kind=FileKind.SIDECAR, flagged=True)
    asset = station.ledger.asset(asset_id)
    assert asset is not None
    assert (asset.path, asset.size, asset.kind, asset.flagged) == (b"caf\xe9/\n\xff.MP4", 5, FileKind.SIDECAR, True)
    assert asset.found_at == at(1).wall
    assert asset.docked_at == at().wall
    assert asset.session == station.session


def test_a_refused_change_takes_the_whole_commit_back(station: Station) -> None:
    asset_id, head = uuid4(), station.ledger.head()
    with pytest.raises(IllegalMove):
        station.ledger.commit(
            found(asset_id, station.session),
            c.AssetUploaded(at=at(2), asset_id=asset_id),
        )
    assert station.ledger.asset(asset_id) is None
    assert station.ledger.head() == head
    station.ledger.commit(found(asset_id, station.session))
    assert station.ledger.head().number == head.number + 1  # type: ignore[union-attr]


def test_an_asset_of_an_unknown_dock_session_is_refused(station: Station) -> None:
    with pytest.raises(IllegalMove, match="FOREIGN KEY"):
        station.ledger.commit(found(uuid4(), uuid4()))


def test_steps_of_an_upload_move_state_and_leave_no_event(station: Station) -> None:
    asset_id = station.stage()
    station.ledger.commit(c.UploadIntended(at=at(3), asset_id=asset_id, attempt=1))
    head = station.ledger.head()
    station.ledger.commit(c.UploadOpened(at=at(3), asset_id=asset_id, url="https://c/1"))
    station.ledger.commit(c.UploadAdvanced(at=at(3), asset_id=asset_id, offset=2))
    asset = station.ledger.asset(asset_id)
    assert asset is not None
    assert (asset.upload_url, asset.upload_offset) == ("https://c/1", 2)
    assert station.ledger.head() == head


def test_a_receipt_is_kept_verbatim_also_after_it_was_voided(station: Station) -> None:
    asset_id = station.upload()
    first, second = receipt(asset_id, b"abc"), receipt(asset_id, b"abc", store_epoch=2)
    station.ledger.commit(c.AssetVerified(at=at(5), asset_id=asset_id, receipt=first))
    station.ledger.commit(c.ReceiptVoided(at=at(6), asset_id=asset_id, store_epoch=2))
    assert station.ledger.asset(asset_id).receipt is None  # type: ignore[union-attr]
    station.ledger.commit(c.UploadIntended(at=at(7), asset_id=asset_id, attempt=2))
    station.ledger.commit(c.AssetUploaded(at=at(8), asset_id=asset_id))
    station.ledger.commit(c.AssetVerified(at=at(9), asset_id=asset_id, receipt=second))
    assert station.ledger.asset(asset_id).receipt == second  # type: ignore[union-attr]
    with sqlite3.connect(station.path) as outside:
        kept = {row[0] for row in outside.execute("SELECT content FROM receipts")}
    outside.close()
    assert kept == {first.content, second.content}


def test_a_receipt_id_that_comes_back_with_another_content_is_refused(station: Station) -> None:
    one, two = station.upload(b"1"), station.upload(b"2")
    first = receipt(one, b"abc")
    station.ledger.commit(c.AssetVerified(at=at(5), asset_id=one, receipt=first))
    replayed = receipt(two, b"abc", receipt_id=first.receipt_id)
    with pytest.raises(IllegalMove, match="another content"):
        station.ledger.commit(c.AssetVerified(at=at(5), asset_id=two, receipt=replayed))


def test_a_recovered_asset_is_staged_and_says_where_it_came_from(station: Station) -> None:
    asset_id = uuid4()
    station.ledger.commit(
        c.AssetRecovered(
            at=at(1),
            asset_id=asset_id,
            camera="cam-9",
            path=b"x\xff",
            size=1,
            mtime_ns=1,
            kind=FileKind.VIDEO,
            flagged=True,
            sha256="0" * 64,
            salvage=True,
            recorded_at=None,
            recorded_source="",
            docked_at=None,
            staged_at=at(-9).wall,
        )
    )
    asset = station.ledger.asset(asset_id)
    assert asset is not None
    assert (asset.state, asset.session, asset.spooled, asset.flagged) == (State.STAGED, None, True, True)
    body = decode_body(station.ledger.head().body)  # type: ignore[union-attr]
    assert isinstance(body, AssetStaged)
    assert (body.recovered, body.camera, body.salvage) == (True, "cam-9", True)


# --- dock sessions ------------------------------------------------------------------------------------


def test_a_dock_session_is_opened_drained_troubled_and_closed(station: Station) -> None:
    ledger, session = station.ledger, station.session
    ledger.commit(c.CardTroubled(at=at(1), session=session, bay="folder:cam-1", reason="dirty"))
    ledger.commit(c.CameraDrained(at=at(2), session=session, camera="cam-1"))
    assert [s.session for s in ledger.open_sessions()] == [session]
    ledger.commit(
        c.CameraUndocked(
            at=at(9),
            session=session,
            camera="cam-1",
            last_present_at=at(7).wall,
            absent_at=at(8).wall,
            files_not_copied=2,
        )
    )
    kept = ledger.session(session)
    assert kept is not None
    assert (kept.io_error, kept.drained_at) == (True, at(2).wall)
    assert (kept.last_present_at, kept.undocked_at) == (at(7).wall, at(8).wall)
    assert ledger.open_sessions() == ()
    assert b'"bay_trouble"' in ledger.events_after(2, 1)[0].body


def test_a_session_cannot_be_closed_twice_or_unopened(station: Station) -> None:
    def undocked(session: UUID) -> c.CameraUndocked:
        return c.CameraUndocked(
            at=at(), session=session, camera="c", last_present_at=at().wall, absent_at=at().wall, files_not_copied=0
        )

    station.ledger.commit(undocked(station.session))
    for session in (station.session, uuid4()):
        with pytest.raises(IllegalMove):
            station.ledger.commit(undocked(session))


def test_two_cameras_of_one_identity_lose_their_uniqueness(station: Station) -> None:
    other = uuid4()
    station.ledger.commit(docked(other))
    station.ledger.commit(c.IdentityClash(at=at(), session=station.session, camera="cam-1", other_session=other))
    assert [s.identity_unique for s in station.ledger.open_sessions()] == [False, False]


def test_a_listing_is_kept_once_under_its_digest(station: Station) -> None:
    listing = b'["a","b"]' * 100
    digest = hashlib.sha256(listing).hexdigest()
    for _ in range(2):
        station.ledger.commit(
            c.CardListed(
                at=at(),
                session=station.session,
                files=2,
                total_bytes=3,
                refused=0,
                listing_sha256=digest,
                complete=True,
                listing=listing,
            )
        )
    with sqlite3.connect(station.path) as outside:
        rows = outside.execute("SELECT sha256, size, content FROM listings").fetchall()
    outside.close()
    assert [(row[0], row[1], zlib.decompress(row[2])) for row in rows] == [(digest, len(listing), listing)]


def test_a_camera_is_known_once_it_was_docked(station: Station) -> None:
    assert station.ledger.known_camera("cam-1")
    assert not station.ledger.known_camera("cam-2")


# --- questions ----------------------------------------------------------------------------------------


def test_assets_at_a_path_come_newest_first(station: Station) -> None:
    ids = [station.find(b"same") for _ in range(3)]
    station.find(b"other")
    assert [a.asset_id for a in station.ledger.assets_at("cam-1", b"same")] == ids[::-1]
    assert station.ledger.assets_at("cam-2", b"same") == ()


def test_assets_in_a_state_come_oldest_first_and_no_more_than_asked(station: Station) -> None:
    ids = [station.find(str(n).encode()) for n in range(4)]
    station.stage(b"elsewhere")
    assert [a.asset_id for a in station.ledger.assets_in(State.FOUND, limit=3)] == ids[:3]


def test_assets_of_a_session_are_on_its_card_or_were_staged_from_it(station: Station) -> None:
    erased, waiting, vanished = station.erase(b"1"), station.find(b"2"), station.find(b"3")
    station.ledger.commit(c.AssetGone(at=at(3), asset_id=vanished, session=station.session))
    assert {a.asset_id for a in station.ledger.assets_of(station.session)} == {erased, waiting}
    assert [a.asset_id for a in station.ledger.assets_on_card("cam-1")] == [waiting]


def test_only_receipted_copies_older_than_asked_are_releasable(station: Station) -> None:
    receipted, _uploaded = station.verified(b"1"), station.upload(b"2")
    assert station.ledger.releasable(at(4).wall) == ()
    assert [a.asset_id for a in station.ledger.releasable(at(4).wall + timedelta(seconds=1))] == [receipted]
    station.ledger.commit(c.CopyReleased(at=at(9), asset_id=receipted, reason="kept long enough"))
    assert station.ledger.releasable(at(99).wall) == ()


def test_notes_are_remembered_across_a_restart(station: Station) -> None:
    station.ledger.remember(acknowledged="17", roster_etag='"x"')
    station.ledger.remember(acknowledged="18")
    station.ledger.close()
    again = SqliteLedger(station.path, STATION)
    assert (again.note("acknowledged"), again.note("roster_etag"), again.note("nothing")) == ("18", '"x"', None)
    again.close()


def test_every_question_about_assets_is_answered_from_an_index(station: Station) -> None:
    values = {
        "asset_id": "",
        "camera": "",
        "path": b"",
        "session": "",
        "state": "",
        "limit": 1,
        "verified_before": "",
        "seq": 0,
    }
    names = "asset assets_at assets_of assets_on_card assets_in releasable assets_after events_of_asset"
    with station.ledger.readers.connection() as connection:
        for name in (*names.split(), "known_camera", "receipts_of_asset", "open_sessions", "session"):
            plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {QUERIES[name]}", values))
            assert "USING" in plan, (name, plan)
            assert "TEMP B-TREE" not in plan, (name, plan)


# --- what cannot be written ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE custody_events SET body = 'x' WHERE number = 1",
        "DELETE FROM custody_events WHERE number = 1",
        "INSERT OR REPLACE INTO custody_events SELECT * FROM custody_events WHERE number = 1",
        "INSERT INTO custody_events SELECT number + 5, previous_hash, hash, body, asset_id FROM custody_events",
        "UPDATE receipts SET hold = 1",
        "DELETE FROM receipts",
        "DELETE FROM assets",
        "UPDATE assets SET state = 'ERASED', on_card = 0, erased_at = 'now' WHERE receipt_id IS NULL",
        "UPDATE assets SET state = 'SAFE'",
        "UPDATE assets SET receipt_id = NULL WHERE state = 'VERIFIED'",
        "UPDATE assets SET sha256 = printf('%064d', 1) WHERE state = 'VERIFIED'",
        "UPDATE assets SET size = 99 WHERE state = 'VERIFIED'",
        "UPDATE assets SET state = 'QUARANTINED' WHERE state = 'STAGED'",
        "UPDATE assets SET upload_offset = size + 1",
        "UPDATE assets SET spooled = 0 WHERE state = 'STAGED'",
    ],
)
def test_the_file_itself_refuses_bad_rows(station: Station, statement: str) -> None:
    station.verified(b"1")
    station.stage(b"2")
    outside = sqlite3.connect(station.path)
    outside.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(sqlite3.IntegrityError):
        outside.execute(statement)
    outside.close()


def test_a_value_that_cannot_be_written_is_refused_and_the_ledger_goes_on(station: Station) -> None:
    with pytest.raises(IllegalMove):
        station.find(mtime_ns=2**70)
    assert station.find() is not None


# --- opening ------------------------------------------------------------------------------------------


def test_a_damaged_ledger_is_not_opened_and_not_deleted(station: Station) -> None:
    for n in range(50):
        station.find(str(n).encode())
    station.ledger.close()
    content = bytearray(station.path.read_bytes())
    content[8192:40960] = os.urandom(40960 - 8192)
    station.path.write_bytes(content)
    with pytest.raises(LedgerBroken, match="aside"):
        open_ledger(station.path, STATION, at(), expects_predecessor=True)
    assert station.path.read_bytes() == content


def test_a_file_that_is_no_database_is_not_opened_and_not_deleted(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(LedgerBroken):
        open_ledger(path, STATION, at(), expects_predecessor=True)
    assert path.read_bytes() == b"not a database" * 1000


def test_another_stations_ledger_is_not_opened(station: Station) -> None:
    station.ledger.close()
    with pytest.raises(LedgerBroken, match="west-7"):
        SqliteLedger(station.path, "west-7")


def test_a_ledger_of_a_newer_agent_is_not_touched(station: Station) -> None:
    station.ledger.close()
    outside = sqlite3.connect(station.path)
    outside.execute("PRAGMA user_version = 999")
    outside.close()
    content = station.path.read_bytes()
    with pytest.raises(LedgerBroken, match="999"):
        SqliteLedger(station.path, STATION)
    assert station.path.read_bytes() == content


def test_an_older_ledger_is_counted_once_when_it_is_upgraded(station: Station) -> None:
    station.stage(b"1")
    station.find(b"2")
    station.ledger.close()
    outside = sqlite3.connect(station.path)
    for old in ("TRIGGER assets_counted_in", "TRIGGER assets_counted_over", "TABLE asset_counts"):
        outside.execute(f"DROP {old}")
    outside.execute("PRAGMA user_version = 2")
    outside.close()
    SqliteLedger(station.path, STATION).close()
    with LedgerView(station.path) as view:
        assert {state: count for state, count in view.counts().items() if count} == {State.STAGED: 1, State.FOUND: 1}


def test_a_visit_does_not_create_a_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerBroken):
        SqliteLedger(tmp_path / "ledger.db", STATION)
    assert list(tmp_path.iterdir()) == []


def test_the_ledger_belongs_to_its_owner_alone_and_syncs_fully(station: Station) -> None:
    assert station.path.stat().st_mode & 0o777 == 0o600
    assert journal_mode((3, 51, 2)) == "TRUNCATE"
    assert journal_mode((3, 51, 3)) == "WAL"


def test_after_close_nothing_is_left_open(station: Station) -> None:
    station.ledger.asset(uuid4())
    station.ledger.close()
    station.ledger.close()
    opened = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _is_link(fd)]  # noqa: PTH115, PTH208
    assert not [name for name in opened if name.startswith(str(station.folder))]
    with pytest.raises(LedgerBroken):
        station.ledger.commit(staged(uuid4(), b""))
    with pytest.raises(LedgerBroken):
        station.ledger.asset(uuid4())


def _is_link(fd: str) -> bool:
    return Path(f"/proc/self/fd/{fd}").is_symlink()


def test_every_statement_has_a_name_and_a_purpose() -> None:
    assert len(QUERIES) > 20
    with pytest.raises(ValueError, match="orphan"):
        parse_queries("-- name: orphan\nSELECT 1")
    with pytest.raises(ValueError, match="twice"):
        parse_queries("-- name: twice\n-- why\nSELECT 1\n-- name: twice\n-- why\nSELECT 2")
