"""Is this receipt about exactly our bytes? The signature is checked elsewhere; here every field must match."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from agent.rules.footage import Asset, Receipt

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class ReceiptFields:
    """What a receipt states. Fields that we do not know are ignored."""

    asset_id: UUID
    station: str
    sha256: str
    size: int
    stored_at: datetime
    store_epoch: int
    hold: bool
    receipt_id: UUID
    key_id: str


def read_receipt(content: bytes) -> ReceiptFields:
    """The fields of a receipt.

    Raises:
        ValueError: it is not a receipt: not JSON, a field missing, doubled or of another type.
    """
    fields = json.loads(content.decode("utf-8"), object_pairs_hook=_once)
    if not isinstance(fields, dict):
        raise ValueError("a receipt is an object")
    stored_at = datetime.fromisoformat(_text(fields, "stored_at"))
    if stored_at.tzinfo is None:
        raise ValueError("stored_at has no offset")
    sha256 = _text(fields, "sha256")
    if not _SHA256.fullmatch(sha256):
        raise ValueError("sha256 is not a digest")
    return ReceiptFields(
        asset_id=UUID(_text(fields, "asset_id")),
        station=_text(fields, "station"),
        sha256=sha256,
        size=_number(fields, "size"),
        stored_at=stored_at,
        store_epoch=_number(fields, "store_epoch"),
        hold=_truth(fields, "hold"),
        receipt_id=UUID(_text(fields, "receipt_id")),
        key_id=_text(fields, "key_id"),
    )


def check(fields: ReceiptFields, asset: Asset, station: str, epoch: int, key_id: str) -> str | None:
    """Why this receipt is not one for `asset`; None when every field matches.

    `key_id` is the key whose signature was found good.
    """
    expected = (
        ("asset", fields.asset_id, asset.asset_id),
        ("station", fields.station, station),
        ("sha256", fields.sha256, asset.sha256),
        ("size", fields.size, asset.size),
        ("key", fields.key_id, key_id),
        ("epoch", fields.store_epoch, epoch),
    )
    for name, stated, ours in expected:
        if stated != ours:
            return f"other_{name}"
    return None


def kept(fields: ReceiptFields, content: bytes, signature: bytes) -> Receipt:
    """The receipt as the ledger keeps it: the signed bytes verbatim, and the fields beside them."""
    return Receipt(
        content=content,
        signature=signature,
        key_id=fields.key_id,
        asset_id=fields.asset_id,
        station=fields.station,
        sha256=fields.sha256,
        size=fields.size,
        stored_at=fields.stored_at,
        store_epoch=fields.store_epoch,
        hold=fields.hold,
        receipt_id=fields.receipt_id,
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Two readers of a doubled field may see two values: such a receipt says nothing.
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field is doubled")
    return fields


def _field(fields: dict[str, Any], name: str, kind: type) -> Any:
    value = fields.get(name)
    if type(value) is not kind:  # bool is an int to isinstance, but never a size
        raise ValueError(f"{name} is missing or of another type")
    return value


def _text(fields: dict[str, Any], name: str) -> str:
    return str(_field(fields, name, str))


def _number(fields: dict[str, Any], name: str) -> int:
    return int(_field(fields, name, int))


def _truth(fields: dict[str, Any], name: str) -> bool:
    return bool(_field(fields, name, bool))
