"""With the ledger lost, no footage is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from agent.ledger.recover import take_over_spool
from agent.ledger.store import SqliteLedger, open_ledger
from agent.ledger.verify import Verifying, verify
from agent.rules.footage import FileKind, State
from protocol.events import AssetStaged, decode_body
from protocol.sidecar import complete_sidecar, decode_sidecar
from tests.ledger.story import STATION, Station, at, is_signed


@pytest.fixture
def rebuilt(station: Station) -> Iterator[SqliteLedger]:
    """A second ledger, beside the first that the tests fill the spool with and then forget."""
    ledger = open_ledger(station.folder / "rebuilt.db", STATION, at(100), expects_predecessor=True)
    yield ledger
    ledger.close()


def test_every_copy_becomes_the_same_asset_again(station: Station, rebuilt: SqliteLedger) -> None:
    ids = {station.stage(f"caf\udce9/{n}".encode("utf-8", "surrogateescape"), str(n).encode()) for n in range(5)}
    assert rebuilt.rebuilt
    assert rebuilt.uuid != station.ledger.uuid
    assert take_over_spool(rebuilt, station.spool, at(101)) == 5
    for asset_id in ids:
        old, new = station.ledger.asset(asset_id), rebuilt.asset(asset_id)
        assert old is not None
        assert new is not None
        assert new.state is State.STAGED
        for name in ("camera", "path", "size", "sha256", "mtime_ns", "kind", "docked_at", "recorded_at", "staged_at"):
            assert getattr(new, name) == getattr(old, name), name
        assert (new.flagged, new.session, new.on_card, new.kind) == (True, None, False, FileKind.VIDEO)
    event = decode_body(rebuilt.events_after(1, 1)[0].body)
    assert isinstance(event, AssetStaged)
    assert event.recovered


def test_taking_over_twice_is_taking_over_once(station: Station, rebuilt: SqliteLedger) -> None:
    station.stage()
    assert take_over_spool(rebuilt, station.spool, at(101)) == 1
    head = rebuilt.head()
    assert take_over_spool(rebuilt, station.spool, at(102)) == 0
    assert rebuilt.head() == head


def test_what_was_taken_over_verifies(station: Station, rebuilt: SqliteLedger) -> None:
    station.stage(b"1", b"one")
    station.stage(b"2", b"two")
    take_over_spool(rebuilt, station.spool, at(101))
    result = verify(rebuilt.path, Verifying(spool=station.spool, is_signed=is_signed))
    assert (result.findings, result.copies) == ((), 2)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda spool, asset: _write(spool / f"{asset}.json", b"{half"), "JSON"),
        (lambda spool, asset: _write(spool / f"{asset}.footage", b"longer than before"), "18 bytes"),
        (lambda spool, asset: _edit(spool / f"{asset}.json", b'"kind":"video"', b'"kind":"poem"'), "poem"),
        (lambda spool, asset: _edit(spool / f"{asset}.json", str(asset).encode(), str(uuid4()).encode()), "that of"),
        (lambda spool, asset: _edit(spool / f"{asset}.json", b'"path_b64":"', b'"path_b64":"!'), ""),
    ],
    ids=["no json", "another size", "unknown kind", "another asset", "no path"],
)
def test_a_copy_that_cannot_be_believed_is_reported_and_stays(
    station: Station, rebuilt: SqliteLedger, damage: object, told: str
) -> None:
    good, bad = station.stage(b"good"), station.stage(b"bad")
    damage(station.folder / "spool", bad)  # type: ignore[operator]
    reports: list[tuple[UUID, str]] = []
    assert take_over_spool(rebuilt, station.spool, at(101), lambda *report: reports.append(report)) == 1
    assert rebuilt.asset(good) is not None
    assert rebuilt.asset(bad) is None
    assert [asset_id for asset_id, _ in reports] == [bad]
    assert told in reports[0][1]
    assert (station.folder / "spool" / f"{bad}.footage").exists()


def _write(path: Path, content: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(content)


def _edit(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    _write(path, content.replace(old, new))


def test_more_copies_than_fit_one_commit_are_taken_over(
    station: Station, rebuilt: SqliteLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.ledger.recover.AT_ONCE", 3)
    for n in range(7):
        station.copy(uuid4(), str(n).encode(), str(n).encode())
    assert take_over_spool(rebuilt, station.spool, at(101)) == 7
    assert len(rebuilt.assets_in(State.STAGED)) == 7


def test_a_draft_is_no_sidecar_until_it_is_completed_and_unknown_fields_are_accepted() -> None:
    draft = (
        b'{"asset_id":"00000000-0000-0000-0000-000000000007","station":"s","camera":"c","path_b64":"YQ==",'
        b'"ledger_uuid":"00000000-0000-0000-0000-000000000008","size":9,"mtime_ns":1,"kind":"video","later":[1]}'
    )
    with pytest.raises(ValueError, match="draft"):
        decode_sidecar(draft)
    done = decode_sidecar(complete_sidecar(draft, sha256="0" * 64, size=3, staged_at=at().wall, salvage=True))
    assert (done.size, done.sha256, done.staged_at, done.salvage, done.path) == (3, "0" * 64, at().wall, True, b"a")
