"""The hash chain of custody events: how a station and central agree, byte for byte, on what was said."""

from __future__ import annotations

import hashlib
from uuid import UUID

GENESIS = bytes(32)
"""The previous hash of event number 1 of every ledger."""

_DOMAIN = b"bwc-dock custody event v1\n"


def event_hash(ledger_uuid: UUID, number: int, previous_hash: bytes, body: bytes) -> bytes:
    """The SHA-256 that names one event at its place in one ledger.

    `body` is opaque: it is hashed exactly as it was stored and sent, never re-encoded. `number` counts from 1
    without gaps. The ledger's UUID and the number are hashed too, so that an event cannot be replayed in
    another ledger or at another place.

    Raises:
        ValueError: `number` is below 1 or `previous_hash` is not 32 bytes long.
    """
    if number < 1:
        raise ValueError(f"events are numbered from 1, not {number}")
    if len(previous_hash) != 32:
        raise ValueError("previous_hash must be 32 bytes")
    digest = hashlib.sha256(_DOMAIN)
    digest.update(ledger_uuid.bytes)
    digest.update(number.to_bytes(8, "big"))
    digest.update(previous_hash)
    digest.update(body)
    return digest.digest()
