"""The contract of `Ledger`: all or nothing, one event per outcome, an unbroken chain, no illegal move."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from agent.errors import IllegalMove
from agent.ledger.store import SqliteLedger, open_ledger
from agent.rules import changes as c
from agent.rules.footage import FileKind, Instant, Receipt, State
from protocol import events as e
from protocol.chain import GENESIS, event_hash
from protocol.events import decode_body
from simulator.ledger import MemoryLedger

AnyLedger = SqliteLedger | MemoryLedger
NOW = Instant(datetime(2026, 11, 22, 15, 0, tzinfo=UTC), 1_000, "boot-1")
CONTENT = b"the footage"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(params=["memory", "sqlite"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnyLedger]:
    made: AnyLedger = (
        MemoryLedger(NOW)
        if request.param == "memory"
        else open_ledger(tmp_path / "ledger.sqlite", "east-1", NOW, expects_predecessor=False)
    )
    with closing(made):
        yield made


def _docked(session: UUID, camera: str = "BWC1") -> c.CameraDocked:
    return c.CameraDocked(
        at=NOW,
        session=session,
        key=f"key-{session}",
        source="folder",
        bay="folder:BWC1",
        bay_label="Bay 7",
        camera=camera,
        identity_source="folder_name",
        identity_unique=True,
        profile="folder",
        proves_dock=True,
        seen_at=NOW.wall,
        absent_until=NOW.wall - timedelta(seconds=1),
    )


def _found(session: UUID, asset_id: UUID, path: bytes = b"DCIM/a.MP4", camera: str = "BWC1") -> c.AssetFound:
    return c.AssetFound(
        at=NOW,
        asset_id=asset_id,
        session=session,
        camera=camera,
        bay="folder:BWC1",
        path=path,
        size=len(CONTENT),
        mtime_ns=17,
        kind=FileKind.VIDEO,
        flagged=False,
        docked_at=NOW.wall,
    )


def _staged(asset_id: UUID) -> c.AssetStaged:
    return c.AssetStaged(
        at=NOW,
        asset_id=asset_id,
        sha256=SHA256,
        size=len(CONTENT),
        recorded_at=NOW.wall - timedelta(hours=1),
        recorded_source="container",
    )


def _receipt(asset_id: UUID, stored_at: datetime = NOW.wall) -> Receipt:
    return Receipt(
        b"signed", b"s" * 64, "key-1", asset_id, "east-1", SHA256, len(CONTENT), stored_at, 1, False, uuid4()
    )


def _to_uploaded(asset_id: UUID) -> tuple[c.Change, ...]:
    return (
        _staged(asset_id),
        c.UploadIntended(at=NOW, asset_id=asset_id, attempt=1),
        c.UploadOpened(at=NOW, asset_id=asset_id, url="http://central/1"),
        c.UploadAdvanced(at=NOW, asset_id=asset_id, offset=5),
        c.AssetUploaded(at=NOW, asset_id=asset_id),
    )


@pytest.fixture
def session(ledger: AnyLedger) -> UUID:
    made = uuid4()
    ledger.commit(_docked(made))
    return made


@pytest.fixture
def asset_id(ledger: AnyLedger, session: UUID) -> UUID:
    made = uuid4()
    ledger.commit(_found(session, made))
    return made


def _kinds(ledger: AnyLedger) -> list[str]:
    return [type(decode_body(event.body)).__name__ for event in ledger.events_after(0, 1000)]


def _everything(ledger: AnyLedger, asset_id: UUID) -> object:
    return ledger.asset(asset_id), ledger.events_after(0, 1000), ledger.open_sessions()


def test_a_new_ledger_opens_its_chain(ledger: AnyLedger) -> None:
    (first,) = ledger.events_after(0, 10)
    opened = decode_body(first.body)
    assert isinstance(opened, e.LedgerOpened)
    assert opened.reason == "new"
    assert (first.number, first.previous_hash) == (1, GENESIS)
    assert ledger.head() == first
    assert not ledger.rebuilt


def test_the_chain_holds_from_the_first_event_to_the_last(ledger: AnyLedger, asset_id: UUID) -> None:
    ledger.commit(*_to_uploaded(asset_id))
    ledger.commit(c.AssetVerified(at=NOW, asset_id=asset_id, receipt=_receipt(asset_id)))
    previous, number = GENESIS, 0
    for event in ledger.events_after(0, 1000):
        number += 1
        assert (event.number, event.previous_hash) == (number, previous)
        assert event.hash == event_hash(ledger.uuid, number, previous, event.body)
        previous = event.hash
    assert ledger.head() == ledger.events_after(number - 1, 1)[0]


def test_each_outcome_leaves_one_event_and_an_upload_in_between_leaves_none(
    ledger: AnyLedger, asset_id: UUID
) -> None:
    ledger.commit(*_to_uploaded(asset_id))
    assert _kinds(ledger) == [
        *("LedgerOpened", "CameraDocked", "AssetFound", "AssetStaged", "UploadIntended", "AssetUploaded")
    ]
    asset = ledger.asset(asset_id)
    assert asset is not None
    assert (asset.state, asset.upload_url, asset.upload_attempt) == (State.UPLOADED, "http://central/1", 1)


def test_a_whole_life_ends_in_an_erase_that_names_its_receipt(
    ledger: AnyLedger, session: UUID, asset_id: UUID
) -> None:
    receipt = _receipt(asset_id)
    ledger.commit(*_to_uploaded(asset_id), c.AssetVerified(at=NOW, asset_id=asset_id, receipt=receipt))
    ledger.commit(c.EraseStarted(at=NOW, asset_id=asset_id, session=session))
    ledger.commit(c.AssetErased(at=NOW, asset_id=asset_id, session=session))
    asset = ledger.asset(asset_id)
    assert asset is not None
    assert (asset.state, asset.on_card, asset.receipt) == (State.ERASED, False, receipt)
    head = ledger.head()
    assert head is not None
    erased = decode_body(head.body)
    assert isinstance(erased, e.AssetErased)
    assert erased.receipt_id == receipt.receipt_id


def test_an_illegal_move_leaves_nothing_written_of_the_whole_commit(
    ledger: AnyLedger, session: UUID, asset_id: UUID
) -> None:
    before = _everything(ledger, asset_id)
    other = uuid4()
    with pytest.raises(IllegalMove):
        ledger.commit(
            _found(session, other, b"DCIM/b.MP4"),
            _staged(asset_id),
            c.AssetErased(at=NOW, asset_id=asset_id, session=session),
        )
    assert _everything(ledger, asset_id) == before
    assert ledger.asset(other) is None
    ledger.commit(_staged(asset_id))
    assert _kinds(ledger)[-1] == "AssetStaged"


@pytest.mark.parametrize("reached", range(6))
def test_no_shortcut_leads_to_an_erase(ledger: AnyLedger, session: UUID, asset_id: UUID, reached: int) -> None:
    """Not even a verified asset is erased before its intent is recorded."""
    life = (*_to_uploaded(asset_id), c.AssetVerified(at=NOW, asset_id=asset_id, receipt=_receipt(asset_id)))
    steps = [life[:0], life[:1], life[:2], life[:4], life[:5], life]
    if steps[reached]:
        ledger.commit(*steps[reached])
    before = _everything(ledger, asset_id)
    with pytest.raises(IllegalMove):
        ledger.commit(c.AssetErased(at=NOW, asset_id=asset_id, session=session))
    assert _everything(ledger, asset_id) == before


@pytest.mark.parametrize("other", [{"sha256": "0" * 64}, {"size": 1}, {"asset_id": UUID(int=1)}])
def test_a_receipt_for_other_bytes_verifies_nothing(
    ledger: AnyLedger, asset_id: UUID, other: dict[str, object]
) -> None:
    ledger.commit(*_to_uploaded(asset_id))
    before = _everything(ledger, asset_id)
    with pytest.raises(IllegalMove):
        ledger.commit(
            c.AssetVerified(at=NOW, asset_id=asset_id, receipt=replace(_receipt(asset_id), **other))  # type: ignore[arg-type]
        )
    assert _everything(ledger, asset_id) == before


def test_a_receipt_is_kept_byte_for_byte(ledger: AnyLedger, asset_id: UUID) -> None:
    receipt = replace(_receipt(asset_id), content=b'{ "odd":  "spacing\\u00fc" }', signature=bytes(range(64)))
    ledger.commit(*_to_uploaded(asset_id), c.AssetVerified(at=NOW, asset_id=asset_id, receipt=receipt))
    asset = ledger.asset(asset_id)
    assert asset is not None
    assert asset.receipt == receipt


def test_an_outcome_replayed_is_refused(ledger: AnyLedger, session: UUID, asset_id: UUID) -> None:
    ledger.commit(_staged(asset_id))
    before = _everything(ledger, asset_id)
    for again in (_staged(asset_id), c.AssetQuarantined(at=NOW, asset_id=uuid4(), reason="x"), _docked(session)):
        with pytest.raises(IllegalMove):
            ledger.commit(again)
    assert _everything(ledger, asset_id) == before


def test_an_asset_names_a_dock_session_that_is_known(ledger: AnyLedger) -> None:
    asset_id = uuid4()
    with pytest.raises(IllegalMove):
        ledger.commit(_found(uuid4(), asset_id))
    assert ledger.asset(asset_id) is None
    assert _kinds(ledger) == ["LedgerOpened"]


def test_a_dock_session_ends_once(ledger: AnyLedger, session: UUID) -> None:
    ended = c.CameraUndocked(
        at=NOW, session=session, camera="BWC1", last_present_at=NOW.wall, absent_at=NOW.wall, files_not_copied=0
    )
    assert [one.session for one in ledger.open_sessions()] == [session]
    ledger.commit(c.CameraDrained(at=NOW, session=session, camera="BWC1"), ended)
    assert ledger.open_sessions() == ()
    kept = ledger.session(session)
    assert kept is not None
    assert (kept.drained_at, kept.undocked_at, kept.bay_label) == (NOW.wall, NOW.wall, "Bay 7")
    for wrong in (ended, replace(ended, session=uuid4())):
        with pytest.raises(IllegalMove):
            ledger.commit(wrong)
    assert _kinds(ledger)[-1] == "CameraUndocked"
    assert ledger.session(uuid4()) is None


def test_trouble_with_a_card_is_remembered_with_its_session(ledger: AnyLedger, session: UUID) -> None:
    ledger.commit(c.CardTroubled(at=NOW, session=session, bay="folder:BWC1", reason="io_error"))
    kept = ledger.session(session)
    assert kept is not None
    assert kept.io_error
    assert _kinds(ledger)[-1] == "BayTrouble"


def test_two_cameras_that_claim_one_identity_are_both_doubted(ledger: AnyLedger, session: UUID) -> None:
    other = uuid4()
    ledger.commit(_docked(other), c.IdentityClash(at=NOW, session=session, camera="BWC1", other_session=other))
    assert [one.identity_unique for one in ledger.open_sessions()] == [False, False]


def test_a_listing_is_kept_only_under_its_own_digest(ledger: AnyLedger, session: UUID) -> None:
    listed = c.CardListed(
        at=NOW,
        session=session,
        files=1,
        total_bytes=3,
        refused=0,
        listing_sha256=hashlib.sha256(b"abc").hexdigest(),
        complete=True,
        listing=b"abc",
    )
    ledger.commit(listed)
    ledger.commit(listed)
    assert _kinds(ledger)[-2:] == ["CardListed", "CardListed"]
    with pytest.raises(IllegalMove):
        ledger.commit(replace(listed, listing=b"abd"))


def test_assets_are_found_by_place_session_card_and_state(ledger: AnyLedger, session: UUID) -> None:
    one, two, three = uuid4(), uuid4(), uuid4()
    ledger.commit(
        _found(session, one), _found(session, two, b"DCIM/\xff\n.MP4"), _found(session, three, b"x", camera="BWC2")
    )

    def ids(assets: object) -> list[UUID]:
        return [asset.asset_id for asset in assets]  # type: ignore[attr-defined]

    assert ids(ledger.assets_at("BWC1", b"DCIM/\xff\n.MP4")) == [two]
    assert ids(ledger.assets_at("BWC1", b"nothing")) == []
    assert ids(ledger.assets_of(session)) == [one, two, three]
    assert ids(ledger.assets_on_card("BWC1")) == [one, two]
    assert ids(ledger.assets_in(State.FOUND)) == [one, two, three]
    assert ids(ledger.assets_in(State.FOUND, limit=2)) == [one, two]
    ledger.commit(c.AssetGone(at=NOW, asset_id=two, session=session), _staged(one))
    ledger.commit(c.AssetGone(at=NOW, asset_id=one, session=session))
    assert ids(ledger.assets_on_card("BWC1")) == []
    assert ids(ledger.assets_of(session)) == [one, three], "staged ones stay with their session"
    assert ids(ledger.assets_in(State.GONE)) == [two]


def test_several_assets_of_one_place_come_newest_first(ledger: AnyLedger, session: UUID) -> None:
    ids = [uuid4() for _ in range(3)]
    for asset_id in ids:
        ledger.commit(_found(session, asset_id))
    assert [asset.asset_id for asset in ledger.assets_at("BWC1", b"DCIM/a.MP4")] == ids[::-1]


def test_a_copy_is_releasable_once_receipted_long_enough_and_only_while_it_is_there(
    ledger: AnyLedger, session: UUID
) -> None:
    old, new, unverified = uuid4(), uuid4(), uuid4()
    day = timedelta(days=1)
    for asset_id, age in ((new, 1), (old, 9)):
        ledger.commit(_found(session, asset_id), *_to_uploaded(asset_id))
        receipt = _receipt(asset_id, NOW.wall - age * day)
        ledger.commit(c.AssetVerified(at=NOW, asset_id=asset_id, receipt=receipt))
    ledger.commit(_found(session, unverified), *_to_uploaded(unverified))
    assert [asset.asset_id for asset in ledger.releasable(NOW.wall)] == [old, new]
    assert [asset.asset_id for asset in ledger.releasable(NOW.wall, limit=1)] == [old]
    assert [asset.asset_id for asset in ledger.releasable(NOW.wall - 7 * day)] == [old]
    ledger.commit(c.CopyReleased(at=NOW, asset_id=old, reason="kept_long_enough"))
    assert ledger.releasable(NOW.wall - 7 * day) == ()
    with pytest.raises(IllegalMove):
        ledger.commit(c.CopyReleased(at=NOW, asset_id=unverified, reason="pressure"))


def test_a_camera_is_known_once_it_was_docked(ledger: AnyLedger, session: UUID) -> None:
    assert ledger.known_camera("BWC1")
    assert not ledger.known_camera("BWC2")


def test_notes_are_remembered_and_leave_no_event(ledger: AnyLedger) -> None:
    assert ledger.note("store_epoch") is None
    ledger.remember(store_epoch="3", acknowledged="17")
    ledger.remember(store_epoch="4")
    assert (ledger.note("store_epoch"), ledger.note("acknowledged")) == ("4", "17")
    assert _kinds(ledger) == ["LedgerOpened"]


def test_events_are_read_in_slices(ledger: AnyLedger, session: UUID) -> None:
    for _ in range(5):
        ledger.commit(_found(session, uuid4()))
    assert [event.number for event in ledger.events_after(0, 3)] == [1, 2, 3]
    assert [event.number for event in ledger.events_after(3, 100)] == [4, 5, 6, 7]
    assert ledger.events_after(7, 100) == ()


def test_a_batch_is_durable_at_its_end_and_a_failure_in_it_undoes_no_other_commit(
    ledger: AnyLedger, session: UUID
) -> None:
    asset_id = uuid4()
    with ledger.batch():
        ledger.commit(_found(session, asset_id))
        with pytest.raises(IllegalMove):
            ledger.commit(_staged(uuid4()))
        ledger.commit(_staged(asset_id))
    assert _kinds(ledger)[-2:] == ["AssetFound", "AssetStaged"]


def test_commits_of_several_threads_make_one_unbroken_chain_and_one_failure_costs_only_its_own(
    ledger: AnyLedger, session: UUID
) -> None:
    failures: list[Exception] = []

    def work() -> None:
        for number in range(10):
            asset_id = uuid4()
            ledger.commit(_found(session, asset_id, f"{number}.MP4".encode()), _staged(asset_id))
            try:
                ledger.commit(_staged(asset_id))
            except IllegalMove as error:
                failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failures) == 40
    assert len(ledger.assets_in(State.STAGED)) == 40
    events = ledger.events_after(0, 1000)
    assert [event.number for event in events] == list(range(1, 83))
    assert all(later.previous_hash == event.hash for event, later in itertools.pairwise(events))


# --- what was not watched, and what was not seen --------------------------------------------------------


def _at(seconds: float) -> Instant:
    return replace(
        NOW, wall=NOW.wall + timedelta(seconds=seconds), monotonic_ns=NOW.monotonic_ns + int(seconds * 1e9)
    )


def _gaps(ledger: AnyLedger, since: float = -1e6) -> list[tuple[str, str, str, float, float | None]]:
    def ago(wall: datetime) -> float:
        return (wall - NOW.wall).total_seconds()

    return [
        (gap.source, gap.bay, gap.reason, ago(gap.since), None if gap.until is None else ago(gap.until))
        for gap in ledger.unwatched_since(_at(since).wall)
    ]


def test_a_station_that_stopped_was_not_watching_until_it_started_again(ledger: AnyLedger) -> None:
    ledger.commit(c.WatchStopped(at=_at(9), reason="crashed", until=_at(2).wall))
    assert _gaps(ledger) == [("", "", "crashed", 2, None)]
    ledger.commit(c.WatchStarted(at=_at(10), reason="started", sources=("usb",)))
    assert _gaps(ledger) == [("", "", "crashed", 2, 10)]
    assert _gaps(ledger, since=10) == []


def test_a_source_that_is_deaf_takes_no_other_source_with_it(ledger: AnyLedger) -> None:
    ledger.commit(c.WatchStopped(at=_at(3), reason="folder_gone", until=_at(2).wall, sources=("folder:/a",)))
    ledger.commit(c.WatchStopped(at=_at(4), reason="monitor_lost", until=_at(3).wall, sources=("usb",)))
    ledger.commit(c.WatchStarted(at=_at(5), reason="resumed", sources=("usb",)))
    assert _gaps(ledger) == [("folder:/a", "", "folder_gone", 2, None), ("usb", "", "monitor_lost", 3, 5)]


def test_a_start_of_the_agent_listens_to_every_source_but_does_not_empty_a_bay(ledger: AnyLedger) -> None:
    bay = c.BayUnwatched(at=_at(3), source="usb", bay="1-1", reason="over_current", since=_at(1).wall)
    ledger.commit(bay, c.WatchStopped(at=_at(3), reason="monitor_lost", until=_at(2).wall, sources=("usb",)))
    ledger.commit(c.WatchStarted(at=_at(5), reason="started", sources=("usb",)))
    assert _gaps(ledger) == [("usb", "1-1", "over_current", 1, None), ("usb", "", "monitor_lost", 2, 5)]
    ledger.commit(c.BayWatched(at=_at(6), source="usb", bay="1-1", reason="no_file_system"))
    assert _gaps(ledger, since=5) == [("usb", "1-1", "over_current", 1, None)], "that was another reason"
    ledger.commit(c.BayWatched(at=_at(7), source="usb", bay="1-1", reason="over_current"))
    assert _gaps(ledger, since=7) == []


def test_a_gap_that_is_told_twice_keeps_its_first_beginning(ledger: AnyLedger) -> None:
    for second in (3, 5):
        gap = c.BayUnwatched(at=_at(9), source="usb", bay="1-1", reason="over_current", since=_at(second).wall)
        ledger.commit(gap)
    assert _gaps(ledger) == [("usb", "1-1", "over_current", 3, None)]


def _not_seen(deadline_s: float) -> c.CameraNotSeen:
    return c.CameraNotSeen(
        at=_at(90),
        shift_id="S-1",
        camera="BWC1",
        ends_at=_at(0).wall,
        deadline_at=_at(deadline_s).wall,
        policy_revision="p",
        roster_at=None,
        watched_from=None,
        watched_until=_at(89).wall,
    )


def test_a_camera_is_reported_once_for_each_shift_and_deadline(ledger: AnyLedger) -> None:
    ledger.commit(_not_seen(60))
    head = ledger.head()
    with pytest.raises(IllegalMove):
        ledger.commit(_not_seen(60))
    assert ledger.head() == head
    ledger.commit(_not_seen(70))
    assert ledger.told_not_seen() == {("S-1", _at(60).wall), ("S-1", _at(70).wall)}


def test_docks_that_had_not_ended_by_an_instant_are_found(ledger: AnyLedger) -> None:
    first, second = uuid4(), uuid4()
    ledger.commit(_docked(first, "BWC1"), _docked(second, "BWC2"))
    ledger.commit(
        c.CameraUndocked(
            at=_at(5),
            session=first,
            camera="BWC1",
            last_present_at=_at(4).wall,
            absent_at=_at(5).wall,
            files_not_copied=0,
        )
    )
    assert [one.session for one in ledger.sessions_since(_at(4).wall)] == [first, second]
    assert [one.session for one in ledger.sessions_since(_at(5).wall)] == [second]
