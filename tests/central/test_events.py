"""Custody events: idempotent, contiguous, forks noticed, nothing thrown away."""

from __future__ import annotations

import base64
import json
import sqlite3
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from protocol import events as e
from protocol.messages import EventEnvelope, LedgerHead
from tests.central.station_client import NOON, Chain, StationClient, clock_at, sha256
from tests.central_server import CentralServer


def opened() -> e.LedgerOpened:
    return e.LedgerOpened(at=clock_at(), reason="new")


def highest(answer: Any) -> int:
    assert answer.status_code == 200, answer.text
    return int(answer.json()["highest_contiguous"])


def exported(central: CentralServer, what: str) -> list[dict[str, Any]]:
    done = central.command("export", what, "--format", "json")
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def life_of(asset_id: uuid.UUID, data: bytes, session: uuid.UUID) -> list[e.Event]:
    """Dock, find, stage, drain, erase, undock."""
    at, path = clock_at(), b"DCIM/a.mp4"
    receipt = uuid.uuid4()
    return [
        e.CameraDocked(
            at=at,
            session=session,
            camera="C7",
            identity_source="marker",
            identity_unique=True,
            bay="1-1.4",
            bay_label="Bay 7",
            source="usb",
            absent_until=NOON,
            seen_at=NOON + timedelta(seconds=1),
            clock_offset_s=-3.5,
        ),
        e.AssetFound(
            at=at,
            asset_id=asset_id,
            session=session,
            camera="C7",
            path=path.decode(),
            path_b64=base64.b64encode(path).decode(),
            size=len(data),
            mtime_ns=1,
            kind="video",
        ),
        e.AssetStaged(
            at=at,
            asset_id=asset_id,
            sha256=sha256(data),
            size=len(data),
            staged_at=NOON + timedelta(seconds=2),
            recorded_at=NOON - timedelta(hours=1),
            recorded_source="container",
        ),
        e.CameraDrained(at=at, session=session, camera="C7", drained_at=NOON + timedelta(seconds=3)),
        e.EraseStarted(at=at, asset_id=asset_id, session=session, receipt_id=receipt),
        e.AssetErased(
            at=at, asset_id=asset_id, session=session, receipt_id=receipt, erased_at=NOON + timedelta(minutes=1)
        ),
        e.CameraUndocked(at=at, session=session, camera="C7", absent_at=NOON + timedelta(minutes=2)),
    ]


def test_sending_events_twice_changes_nothing(station: StationClient) -> None:
    chain = Chain()
    batch = [chain.add(opened()) for _ in range(3)]
    assert [highest(station.send_events(*batch)) for _ in range(2)] == [3, 3]
    assert highest(station.send_events(batch[2], chain.add(opened()))) == 4


def test_nothing_past_a_gap_is_accepted_until_the_gap_is_filled(
    own_central: CentralServer, joined: Callable[[], StationClient]
) -> None:
    station, chain = joined(), Chain()
    batch = [chain.add(opened()) for _ in range(5)]
    assert highest(station.send_events(batch[0], batch[3], batch[4])) == 1
    assert gap_of(own_central, chain) == 4
    assert highest(station.send_events(*batch)) == 5
    assert gap_of(own_central, chain) is None


def gap_of(central: CentralServer, chain: Chain) -> int | None:
    with closing_database(central) as database:
        return database.execute(
            "SELECT gap_until FROM fleet_ledger WHERE ledger_uuid = ?", (chain.ledger_uuid.hex,)
        ).fetchone()[0]


class closing_database:  # noqa: N801 - reads like contextlib.closing
    def __init__(self, central: CentralServer) -> None:
        self.path = central.data_dir / "central.sqlite3"

    def __enter__(self) -> sqlite3.Connection:
        self.database = sqlite3.connect(self.path)
        return self.database

    def __exit__(self, *_: object) -> None:
        self.database.close()


def test_another_event_at_a_taken_place_is_a_fork_and_both_are_kept(
    own_central: CentralServer, joined: Callable[[], StationClient]
) -> None:
    station, chain = joined(), Chain()
    first = chain.add(opened())
    station.send_events(first)
    forged = EventEnvelope(
        ledger_uuid=first.ledger_uuid, number=1, previous_hash=first.previous_hash, body=first.body + " "
    )
    for _ in range(2):
        answer = station.send_events(forged)
        assert (answer.status_code, answer.json()["code"]) == (409, "fork")
    assert highest(station.send_events(first, chain.add(opened()))) == 2
    with closing_database(own_central) as database:
        rows = database.execute("SELECT number, offered_body FROM custody_fork").fetchall()
        kept = database.execute("SELECT body FROM custody_custodyevent WHERE number = 1").fetchall()
    assert (rows, kept) == ([(1, forged.body)], [(first.body,)])


def test_a_continuation_of_another_history_is_a_fork(station: StationClient) -> None:
    chain, other = Chain(), Chain()
    other.ledger_uuid = chain.ledger_uuid
    station.send_events(chain.add(opened()))
    other.add(e.LedgerOpened(at=clock_at(), reason="rebuilt"))
    answer = station.send_events(other.add(opened()))
    assert (answer.status_code, answer.json()["code"]) == (409, "fork")


def test_events_before_a_fork_in_the_same_batch_are_kept(station: StationClient) -> None:
    chain = Chain()
    first, second = chain.add(opened()), chain.add(opened())
    forged = EventEnvelope(ledger_uuid=chain.ledger_uuid, number=2, previous_hash="ab" * 32, body=second.body)
    assert station.send_events(first, forged).status_code == 409
    assert highest(station.send_events(second)) == 2


STRANGE = [
    "not json",
    "{}",
    '{"type":"camera_teleported","at":{}}',
    '{"type":"asset_gone"}',
    "[" * 5000,
    "",
    "nul \x00 inside",
]


def test_strange_bodies_are_parked_verbatim_and_block_nothing(
    own_central: CentralServer, joined: Callable[[], StationClient]
) -> None:
    station, chain, asset_id = joined(), Chain(), uuid.uuid4()
    naive = e.AssetErased(
        at=clock_at(),
        asset_id=asset_id,
        session=asset_id,
        receipt_id=asset_id,
        erased_at=datetime(2026, 1, 1),  # noqa: DTZ001
    )
    huge = e.CardListed(at=clock_at(), session=asset_id, files=10**30, bytes=1, refused=0, listing_sha256="")
    docked = life_of(asset_id, b"", asset_id)[0]
    batch = [chain.add(body) for body in [*STRANGE, naive, docked, huge]]
    kept = e.AssetKept(at=clock_at(), asset_id=asset_id, reason="policy")
    assert highest(station.send_events(*batch, chain.add(kept))) == len(batch) + 1
    with closing_database(own_central) as database:
        parked = database.execute(
            "SELECT body FROM custody_custodyevent e JOIN custody_parkedevent p ON e.id = event_id ORDER BY number"
        ).fetchall()
    assert [body for (body,) in parked] == [*STRANGE, e.encode_body(naive), e.encode_body(huge)]
    assert exported(own_central, "assets")[0]["state"] == "KEPT"


def test_a_station_cannot_write_into_the_ledger_of_another(
    station: StationClient, other_station: StationClient
) -> None:
    chain = Chain()
    station.send_events(chain.add(opened()))
    answer = other_station.send_events(chain.add(opened()))
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_ledger")


def test_an_event_about_the_asset_of_another_station_is_parked_and_changes_nothing(
    own_central: CentralServer, joined: Callable[[], StationClient]
) -> None:
    owner, thief, chain = joined(), joined(), Chain()
    asset_id = owner.deliver(b"mine")
    erased = e.AssetErased(
        at=clock_at(), asset_id=asset_id, session=uuid.uuid4(), receipt_id=uuid.uuid4(), erased_at=NOON
    )
    assert highest(thief.send_events(chain.add(erased))) == 1
    (row,) = exported(own_central, "assets")
    assert (row["station_id"], row["erased_at"]) == (owner.enrolled.station, None)


@pytest.mark.parametrize("batch", ["empty", "two ledgers", "descending"])
def test_a_batch_that_is_no_batch_is_refused_whole(station: StationClient, batch: str) -> None:
    chain = Chain()
    first, second = chain.add(opened()), chain.add(opened())
    envelopes = {"empty": [], "two ledgers": [first, Chain().add(opened())], "descending": [second, first]}[batch]
    answer = station.send_events(*envelopes)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_batch")
    assert station.call("GET", "/ledgers").json()["heads"] == []


def test_ledger_heads_are_told_oldest_first(station: StationClient) -> None:
    chains = [Chain(), Chain()]
    for chain in chains:
        station.send_events(chain.add(opened()))
    told = station.call("GET", "/ledgers").json()["heads"]
    assert told == [{"ledger_uuid": str(c.ledger_uuid), "number": 1, "hash": c.head.hex()} for c in chains]


def test_the_database_itself_refuses_to_change_or_delete_an_event(
    own_central: CentralServer, joined: Callable[[], StationClient]
) -> None:
    joined().send_events(Chain().add(opened()))
    with closing_database(own_central) as database:
        for attack in ("UPDATE custody_custodyevent SET body = 'x'", "DELETE FROM custody_custodyevent"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                database.execute(attack)


@pytest.mark.parametrize("upload_first", [True, False])
def test_an_asset_is_told_in_full_whichever_comes_first(
    own_central: CentralServer, joined: Callable[[], StationClient], upload_first: bool
) -> None:
    station, chain, data = joined(), Chain(), b"footage"
    asset_id, session = uuid.uuid4(), uuid.uuid4()
    batch = [chain.add(event) for event in life_of(asset_id, data, session)]

    def upload() -> None:
        station.create(asset_id, len(data), body=data, camera="C7", path=b"DCIM/a.mp4")
        assert station.verify(asset_id, sha256(data), len(data)).status_code == 200

    if upload_first:
        upload()
    assert highest(station.send_events(*batch)) == len(batch)
    if not upload_first:
        upload()
    (row,) = exported(own_central, "assets")
    assert row["state"] == "ERASED"
    assert (row["sha256"], row["size"], row["camera_serial"]) == (sha256(data), len(data), "C7")
    assert row["recorded_at"] == "2026-11-20T11:00:00Z"
    assert row["docked_at"] == "2026-11-20T12:00:01Z"
    assert row["staged_at"] == "2026-11-20T12:00:02Z"
    assert row["erased_at"] == "2026-11-20T12:01:00Z"
    assert row["uploaded_at"].endswith("Z")
    assert row["verified_at"].endswith("Z")
    sources = [row[f"{step}_source"] for step in ("recorded", "staged", "uploaded", "verified", "erased")]
    assert sources == ["container", "station", "central", "central", "station"]
    assert row["camera_clock_offset_s"] == -3.5
    assert row["marks"] == ["unknown_camera", "no_officer"]
    (dock,) = exported(own_central, "docks")
    assert {name: dock[name] for name in ("camera_serial", "bay", "absent_until", "docked_at", "drained_at")} == {
        "camera_serial": "C7",
        "bay": "Bay 7",
        "absent_until": "2026-11-20T12:00:00Z",
        "docked_at": "2026-11-20T12:00:01Z",
        "drained_at": "2026-11-20T12:00:03Z",
    }
    assert dock["undocked_at"] == "2026-11-20T12:02:00Z"


def test_a_rebuilt_ledger_finds_its_assets_again(station: StationClient, other_station: StationClient) -> None:
    asset_id, session, data, chain = uuid.uuid4(), uuid.uuid4(), uuid.uuid4().bytes, Chain()
    station.send_events(*[chain.add(event) for event in life_of(asset_id, data, session)])
    claim = {
        "camera": "C7",
        "path_b64": base64.b64encode(b"DCIM/a.mp4").decode(),
        "sha256": sha256(data),
        "size": len(data),
    }
    wanted = {"claims": [claim, {**claim, "sha256": sha256(b"other")}]}
    assert station.http.post(f"{station.url}/api/v1/assets/lookup", json=wanted).json()["assets"] == [
        str(asset_id),
        None,
    ]
    assert other_station.http.post(f"{station.url}/api/v1/assets/lookup", json=wanted).json()["assets"] == [
        None,
        None,
    ]


def test_a_successor_names_its_predecessor(own_central: CentralServer, joined: Callable[[], StationClient]) -> None:
    station, old, new = joined(), Chain(), Chain()
    station.send_events(old.add(opened()))
    head = LedgerHead(ledger_uuid=old.ledger_uuid, number=1, hash=old.head.hex())
    succeeds = e.LedgerSucceeds(at=clock_at(), predecessor=head)
    station.send_events(new.add(opened()), new.add(succeeds))
    with closing_database(own_central) as database:
        found = database.execute("SELECT predecessor FROM fleet_ledger ORDER BY sequence DESC").fetchone()
    assert found == (old.ledger_uuid.hex,)
