"""One video, receipted for exactly its bytes an hour ago: what tests of rules start from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from agent.rules.footage import Asset, FileKind, Receipt, State

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
AGE = timedelta(hours=1)
ASSET_ID = UUID("11111111-1111-4111-8111-111111111111")
SHA, OTHER_SHA = "a" * 64, "b" * 64

RECEIPT = Receipt(
    content=b"signed",
    signature=b"s" * 64,
    key_id="key-1",
    asset_id=ASSET_ID,
    station="east-1",
    sha256=SHA,
    size=7,
    stored_at=NOW - AGE,
    store_epoch=3,
    hold=False,
    receipt_id=uuid4(),
)
ASSET = Asset(
    asset_id=ASSET_ID,
    camera="BWC1",
    session=uuid4(),
    path=b"DCIM/a.MP4",
    size=7,
    mtime_ns=17,
    kind=FileKind.VIDEO,
    state=State.VERIFIED,
    found_at=NOW - 2 * AGE,
    sha256=SHA,
    spooled=True,
    verified_at=NOW - AGE,
    receipt=RECEIPT,
)
