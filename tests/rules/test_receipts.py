"""A receipt is believed when every field is there once, of its type, and about exactly our bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from agent.rules.footage import Receipt
from agent.rules.receipts import ReceiptFields, check, kept, read_receipt
from tests.rules.receipted import ASSET, ASSET_ID, OTHER_SHA, SHA

RECEIPT_ID = UUID("22222222-2222-4222-8222-222222222222")
STATED: dict[str, Any] = {
    "asset_id": str(ASSET_ID),
    "station": "east-1",
    "sha256": SHA,
    "size": 7,
    "stored_at": "2026-11-22T14:00:00Z",
    "store_epoch": 3,
    "hold": False,
    "receipt_id": str(RECEIPT_ID),
    "key_id": "key-1",
}
FIELDS = ReceiptFields(
    asset_id=ASSET_ID,
    station="east-1",
    sha256=SHA,
    size=7,
    stored_at=datetime(2026, 11, 22, 14, tzinfo=UTC),
    store_epoch=3,
    hold=False,
    receipt_id=RECEIPT_ID,
    key_id="key-1",
)


def written(**changes: object) -> bytes:
    return json.dumps(STATED | changes).encode()


def test_a_receipt_is_read_field_by_field_and_unknown_fields_are_ignored() -> None:
    assert read_receipt(written(comment="new in protocol 7")) == FIELDS


@pytest.mark.parametrize("hold", [True, False])
def test_a_hold_is_read_as_it_is_stated(hold: bool) -> None:
    assert read_receipt(written(hold=hold)).hold is hold


@pytest.mark.parametrize("name", STATED)
def test_a_receipt_without_one_of_its_fields_is_none(name: str) -> None:
    without = {key: value for key, value in STATED.items() if key != name}
    with pytest.raises(ValueError, match=f"^{name} is missing or of another type$"):
        read_receipt(json.dumps(without).encode())


@pytest.mark.parametrize("name", STATED)
@pytest.mark.parametrize("other", [None, 1.0, [], {}, ["x"]], ids=repr)
def test_a_field_of_another_type_makes_it_none(name: str, other: object) -> None:
    with pytest.raises(ValueError, match=f"^{name} is missing or of another type$"):
        read_receipt(written(**{name: other}))


@pytest.mark.parametrize(
    ("name", "other"), [("size", True), ("store_epoch", False), ("hold", 0), ("hold", "false"), ("size", "7")]
)
def test_a_truth_is_no_number_and_a_number_no_truth(name: str, other: object) -> None:
    with pytest.raises(ValueError, match=name):
        read_receipt(written(**{name: other}))


@pytest.mark.parametrize("name", STATED)
def test_a_doubled_field_makes_it_none(name: str) -> None:
    doubled = written()[:-1] + b', "%s": %s}' % (name.encode(), json.dumps(STATED[name]).encode())
    with pytest.raises(ValueError, match=r"^a field is doubled$"):
        read_receipt(doubled)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b'"receipt"', b"null", b"7"], ids=repr)
def test_what_is_no_object_is_no_receipt(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are the JSON reader's
        read_receipt(content)
    if content[:1] in (b"[", b'"', b"n", b"7"):
        with pytest.raises(ValueError, match=r"^a receipt is an object$"):
            read_receipt(content)


@pytest.mark.parametrize("sha256", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "a" * 64 + "\n", " " + "a" * 63])
def test_what_is_no_digest_makes_it_none(sha256: str) -> None:
    with pytest.raises(ValueError, match=r"^sha256 is not a digest$"):
        read_receipt(written(sha256=sha256))


def test_a_time_without_an_offset_makes_it_none() -> None:
    with pytest.raises(ValueError, match=r"^stored_at has no offset$"):
        read_receipt(written(stored_at="2026-11-22T14:00:00"))


@pytest.mark.parametrize("name", ["asset_id", "receipt_id", "stored_at"])
def test_an_identity_or_time_that_is_none_makes_it_none(name: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are the library's
        read_receipt(written(**{name: "neither"}))


def test_a_receipt_for_exactly_our_bytes_passes() -> None:
    assert check(FIELDS, ASSET, "east-1", 3, "key-1") is None


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"asset_id": RECEIPT_ID}, "other_asset"),
        ({"station": "west-1"}, "other_station"),
        ({"sha256": OTHER_SHA}, "other_sha256"),
        ({"size": 8}, "other_size"),
        ({"key_id": "key-2"}, "other_key"),
        ({"store_epoch": 2}, "other_epoch"),
        ({"store_epoch": 4}, "other_epoch"),
    ],
)
def test_one_other_field_is_enough_and_is_named(changed: dict[str, Any], reason: str) -> None:
    assert check(replace(FIELDS, **changed), ASSET, "east-1", 3, "key-1") == reason


def test_an_asset_without_a_digest_of_its_own_matches_no_receipt() -> None:
    assert check(FIELDS, replace(ASSET, sha256=None), "east-1", 3, "key-1") == "other_sha256"


def test_a_receipt_is_kept_verbatim_with_its_fields_beside_it() -> None:
    assert kept(replace(FIELDS, hold=True), b"signed bytes", b"signature") == Receipt(
        content=b"signed bytes",
        signature=b"signature",
        key_id="key-1",
        asset_id=ASSET_ID,
        station="east-1",
        sha256=SHA,
        size=7,
        stored_at=datetime(2026, 11, 22, 14, tzinfo=UTC),
        store_epoch=3,
        hold=True,
        receipt_id=RECEIPT_ID,
    )
