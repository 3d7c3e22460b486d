"""What verification finds in the spool, and what it must not call a finding."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from agent.errors import LedgerBroken
from agent.ledger.findings import SHOWN_PER_CODE
from agent.ledger.spool_check import sha256_of
from agent.ports import SpooledFile
from agent.rules import changes as c
from tests.ledger.story import Station, at, staged
from tests.ledger.tampering import check, codes, subjects, tamper

# --- the spool ----------------------------------------------------------------------------------------


def copy_of(station: Station, asset_id: UUID) -> Path:
    return station.folder / "spool" / f"{asset_id}.footage"


def test_a_deleted_copy_is_named(station: Station) -> None:
    asset_id = station.stage()
    copy_of(station, asset_id).unlink()
    result = check(station)
    assert subjects(result, "copy_missing") == [f"asset {asset_id}"]


def test_a_flipped_bit_in_a_copy_is_named_when_copies_are_read(station: Station) -> None:
    asset_id = station.stage(content=b"a" * 3_000_000)
    copy = copy_of(station, asset_id)
    copy.chmod(0o600)
    with copy.open("r+b") as file:
        file.seek(2_000_000)
        file.write(b"b")
    assert check(station, deep=False).sound
    result = check(station)
    assert codes(result) == {"copy_rotten"}
    assert subjects(result, "copy_rotten") == [f"asset {asset_id}"]


def test_a_shortened_copy_is_named_without_reading_it(station: Station) -> None:
    asset_id = station.stage(content=b"abcdef")
    copy = copy_of(station, asset_id)
    copy.chmod(0o600)
    os.truncate(copy, 3)
    assert codes(check(station, deep=False)) == {"copy_size"}


def test_a_stranger_in_the_spool_is_named(station: Station) -> None:
    (station.folder / "spool" / "holiday.jpg").write_bytes(b"x")
    station.copy(stranger := uuid4(), b"abc")
    result = check(station)
    assert subjects(result, "spool_orphan") == ["holiday.jpg"]
    assert subjects(result, "copy_unknown") == [f"asset {stranger}"]
    assert copy_of(station, stranger).exists()


def test_a_sidecar_that_is_gone_or_tells_of_another_file_is_named(station: Station) -> None:
    one, two, three = station.stage(b"1"), station.stage(b"2"), station.stage(b"3")
    spool = station.folder / "spool"
    (spool / f"{one}.json").unlink()
    (spool / f"{two}.json").chmod(0o600)
    (spool / f"{two}.json").write_bytes((spool / f"{three}.json").read_bytes())
    (spool / f"{three}.json").chmod(0o600)
    (spool / f"{three}.json").write_bytes(b"{")
    result = check(station)
    assert subjects(result, "sidecar_missing") == [f"asset {one}"]
    assert subjects(result, "sidecar_differs") == [f"asset {two}"]
    assert subjects(result, "sidecar_unreadable") == [f"asset {three}"]


def test_a_copy_that_stayed_after_its_release_is_named(station: Station) -> None:
    asset_id = station.verified()
    station.ledger.commit(c.CopyReleased(at=at(9), asset_id=asset_id, reason="kept"))
    assert subjects(check(station), "copy_unreleased") == [f"asset {asset_id}"]


# --- work in flight is no finding ---------------------------------------------------------------------


def test_a_copy_being_written_is_no_finding(station: Station) -> None:
    copy = station.spool.begin(uuid4(), 10)
    copy.write(memoryview(b"half"))
    assert check(station).sound
    copy.abandon()


def test_a_copy_between_the_spool_and_the_ledger_is_no_finding(station: Station) -> None:
    asset_id = station.find()
    station.copy(asset_id, b"abc")
    assert check(station).sound
    station.ledger.commit(staged(asset_id, b"abc"))
    assert check(station).sound


def test_a_copy_released_while_we_look_is_no_finding(station: Station) -> None:
    asset_id = station.verified()
    station.spool.release(asset_id)  # the copy goes first, the event follows

    def settle() -> None:
        station.ledger.commit(c.CopyReleased(at=at(9), asset_id=asset_id, reason="kept"))

    assert check(station, settle=settle).sound
    assert not check(station, settle=lambda: None).counts.get("copy_missing")


def test_files_staged_and_released_while_copies_are_read_are_no_finding(station: Station) -> None:
    first, released = station.verified(b"1", b"one"), station.verified(b"2", b"two")
    calls: list[int] = []

    def digest(copy: SpooledFile) -> str:
        if not calls:
            station.stage(b"new", b"new")
            station.ledger.commit(c.CopyReleased(at=at(9), asset_id=released, reason="kept"))
            station.spool.release(released)
        calls.append(1)
        return sha256_of(copy)

    result = check(station, digest=digest)
    assert result.findings == ()
    assert result.events == station.ledger.head().number  # type: ignore[union-attr]
    assert station.ledger.asset(first) is not None


def test_a_working_station_is_sound_at_every_moment(station: Station) -> None:
    stop = threading.Event()

    def work() -> None:
        n = 0
        while not stop.is_set() and n < 500:
            n += 1
            station.erase(str(n).encode(), str(n).encode())

    worker = threading.Thread(target=work)
    worker.start()
    try:
        results = [check(station)]
        while len(results) < 5 or (results[-1].assets == results[0].assets and worker.is_alive()):
            results.append(check(station))
    finally:
        stop.set()
        worker.join()
    assert [result.findings for result in results] == [()] * len(results)
    assert results[-1].assets > results[0].assets


# --- small print --------------------------------------------------------------------------------------


def test_very_many_findings_are_counted_but_not_all_listed(station: Station) -> None:
    for n in range(SHOWN_PER_CODE + 20):
        station.ledger.commit(c.WatchStopped(at=at(n), reason="stopped"))
    tamper(station, "UPDATE custody_events SET body = CAST(body || x'20' AS BLOB) WHERE number > 2")
    result = check(station)
    assert result.counts["event_altered"] == SHOWN_PER_CODE + 20
    assert len(subjects(result, "event_altered")) == SHOWN_PER_CODE


def test_verify_needs_a_ledger(tmp_path: Path, station: Station) -> None:
    station.folder = tmp_path
    with pytest.raises(LedgerBroken, match="no ledger"):
        check(station)


def test_verify_changes_nothing(station: Station) -> None:
    station.erase()
    content = station.path.read_bytes()
    check(station)
    assert station.path.read_bytes() == content
