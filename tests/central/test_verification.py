"""A receipt only for bytes that were stored, read back and hashed just now."""

from __future__ import annotations

import stat
import uuid
from collections.abc import Callable

from tests.central.station_client import StationClient, sha256
from tests.central_server import CentralServer


def tamper(central: CentralServer, digest: str, data: bytes) -> None:
    path = central.objects()[digest]
    path.chmod(0o600)
    path.write_bytes(data)


def test_a_receipt_is_signed_and_names_exactly_the_bytes(central: CentralServer, station: StationClient) -> None:
    data = uuid.uuid4().bytes
    asset_id = station.deliver(data)
    receipt = station.receipt_of(station.verify(asset_id, sha256(data), len(data)))
    assert (receipt.asset_id, receipt.station) == (asset_id, station.enrolled.station)
    assert (receipt.sha256, receipt.size, receipt.hold) == (sha256(data), len(data), False)
    assert receipt.key_id == station.enrolled.receipt_key.key_id
    path = central.objects()[sha256(data)]
    assert path.read_bytes() == data
    assert stat.S_IMODE(path.stat().st_mode) == 0o440


def test_asking_again_gives_the_same_receipt(station: StationClient) -> None:
    data = uuid.uuid4().bytes
    asset_id = station.deliver(data)
    first = station.verify(asset_id, sha256(data), len(data)).json()
    assert station.verify(asset_id, sha256(data), len(data)).json() == first
    assert station.call("GET", f"/assets/{asset_id}/receipt").json() == first


def test_other_bytes_than_claimed_end_the_upload_and_a_new_one_begins(
    central: CentralServer, station: StationClient
) -> None:
    good, bad = b"right " + uuid.uuid4().bytes, b"wrong " + uuid.uuid4().bytes
    asset_id = uuid.uuid4()
    dead = station.create(asset_id, len(bad), body=bad).headers["Location"]
    for _ in range(2):
        answer = station.verify(asset_id, sha256(good), len(good))
        assert (answer.status_code, answer.json()["sha256"]) == (409, sha256(bad))
    assert station.head(dead).status_code == 410
    assert station.call("GET", f"/assets/{asset_id}/receipt").status_code == 404
    assert sha256(bad) not in central.objects()
    fresh = station.create(asset_id, len(good), body=good)
    assert fresh.headers["Location"] != dead
    assert station.receipt_of(station.verify(asset_id, sha256(good), len(good))).sha256 == sha256(good)


def test_the_right_digest_with_another_size_is_no_match(station: StationClient) -> None:
    data = uuid.uuid4().bytes
    asset_id = station.deliver(data)
    assert station.verify(asset_id, sha256(data), len(data) + 1).status_code == 409


def test_an_unfinished_upload_gets_no_receipt_and_stays_alive(station: StationClient) -> None:
    asset_id = uuid.uuid4()
    location = station.create(asset_id, 10).headers["Location"]
    station.patch(location, 0, b"01234")
    answer = station.verify(asset_id, sha256(b"0123456789"), 10)
    assert (answer.status_code, answer.json()["code"]) == (422, "upload_incomplete")
    assert station.patch(location, 5, b"56789").status_code == 204
    assert station.verify(asset_id, sha256(b"0123456789"), 10).status_code == 200


def test_a_station_cannot_ask_about_the_assets_of_another(
    station: StationClient, other_station: StationClient
) -> None:
    data = uuid.uuid4().bytes
    asset_id = station.deliver(data)
    station.verify(asset_id, sha256(data), len(data))
    assert other_station.verify(asset_id, sha256(data), len(data)).status_code == 404
    assert other_station.call("GET", f"/assets/{asset_id}/receipt").status_code == 404


def test_two_assets_with_the_same_bytes_share_one_object_and_keep_two_custodies(
    central: CentralServer, station: StationClient, other_station: StationClient
) -> None:
    data = uuid.uuid4().bytes
    receipts = []
    for who in (station, other_station):
        asset_id = who.deliver(data)
        receipts.append(who.receipt_of(who.verify(asset_id, sha256(data), len(data))))
    assert receipts[0].receipt_id != receipts[1].receipt_id
    assert receipts[0].asset_id != receipts[1].asset_id
    assert central.objects()[sha256(data)].read_bytes() == data


def test_a_rotten_object_is_replaced_and_not_deduplicated_onto(
    own_central: CentralServer, joined: Callable[[], StationClient]
) -> None:
    station, data = joined(), b"footage " * 1000
    first = station.deliver(data)
    station.verify(first, sha256(data), len(data))
    tamper(own_central, sha256(data), b"rotten! " * 1000)
    second = station.deliver(data, path=b"b.mp4")
    assert station.verify(second, sha256(data), len(data)).status_code == 200
    assert own_central.objects()[sha256(data)].read_bytes() == data
    (aside,) = (own_central.data_dir / "rotten").iterdir()
    assert aside.read_bytes() == b"rotten! " * 1000
    assert station.verify(first, sha256(data), len(data)).status_code == 200


def test_a_receipted_object_that_rotted_gets_no_second_receipt_until_it_is_uploaded_again(
    own_central: CentralServer, joined: Callable[[], StationClient]
) -> None:
    station, data = joined(), b"footage " * 1000
    asset_id = station.deliver(data)
    assert station.verify(asset_id, sha256(data), len(data)).status_code == 200
    tamper(own_central, sha256(data), b"short")
    answer = station.verify(asset_id, sha256(data), len(data))
    assert (answer.status_code, answer.json()["sha256"], answer.json()["size"]) == (409, sha256(b"short"), 5)
    assert station.call("GET", f"/assets/{asset_id}/receipt").status_code == 404
    assert own_central.wait_for_log("object_rotten")["sha256"] == sha256(data)
    assert station.create(asset_id, len(data), body=data).headers["Upload-Offset"] == str(len(data))
    assert station.verify(asset_id, sha256(data), len(data)).status_code == 200
    assert own_central.objects()[sha256(data)].read_bytes() == data


def test_a_vanished_object_is_noticed(own_central: CentralServer, joined: Callable[[], StationClient]) -> None:
    station, data = joined(), b"here today"
    asset_id = station.deliver(data)
    station.verify(asset_id, sha256(data), len(data))
    own_central.objects()[sha256(data)].unlink()
    answer = station.verify(asset_id, sha256(data), len(data))
    assert (answer.status_code, answer.json()["size"]) == (409, 0)


def test_an_empty_object_that_vanished_is_noticed_and_sent_again(
    own_central: CentralServer, joined: Callable[[], StationClient]
) -> None:
    station, nothing = joined(), sha256(b"")
    asset_id = station.deliver(b"")
    assert station.verify(asset_id, nothing, 0).status_code == 200
    own_central.objects()[nothing].unlink()
    for _ in range(2):
        answer = station.verify(asset_id, nothing, 0)
        assert (answer.status_code, answer.json()["code"]) == (422, "no_upload")
    assert station.create(asset_id, 0).status_code == 201
    assert station.verify(asset_id, nothing, 0).status_code == 200
    assert own_central.objects()[nothing].read_bytes() == b""


def test_a_wrong_claim_about_good_bytes_changes_nothing(central: CentralServer, station: StationClient) -> None:
    data = uuid.uuid4().bytes
    asset_id = station.deliver(data)
    given = station.verify(asset_id, sha256(data), len(data)).json()
    assert station.verify(asset_id, sha256(b"something else"), len(data)).status_code == 409
    assert station.call("GET", f"/assets/{asset_id}/receipt").json() == given
    assert central.objects()[sha256(data)].read_bytes() == data


def test_receipts_of_an_older_epoch_are_not_given_out_any_more(
    own_central: CentralServer, joined: Callable[[], StationClient]
) -> None:
    station, data = joined(), b"before the restore"
    asset_id = station.deliver(data)
    old = station.receipt_of(station.verify(asset_id, sha256(data), len(data)))
    raised = [int(own_central.command("epoch", "raise").stdout) for _ in range(2)]
    assert old.store_epoch < raised[0] < raised[1]
    assert station.call("GET", f"/assets/{asset_id}/receipt").status_code == 404
    new = station.receipt_of(station.verify(asset_id, sha256(data), len(data)))
    assert (new.store_epoch, new.sha256) == (raised[1], sha256(data))
    assert new.receipt_id != old.receipt_id
