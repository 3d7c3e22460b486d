"""What lies beside every copy in the spool, so that footage outlives the ledger that knew it.

The parent drafts it when it orders a copy; the card process completes it with what it read. JSON; fields that
this version does not know are accepted.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from protocol.messages import Sha256Hex, Size

SIDECAR_VERSION = 1


class Sidecar(Struct, kw_only=True):
    """One copy in the spool: whose file it is, where it came from, and which bytes it must hold."""

    version: int = SIDECAR_VERSION
    asset_id: UUID
    station: str
    ledger_uuid: UUID
    """The ledger that ordered the copy."""
    camera: str
    path_b64: str
    """The path on the card, raw bytes, base64."""
    size: Size
    """Bytes of the copy; of a draft, of the file on the card."""
    mtime_ns: int
    kind: str
    """`video`, `sidecar`, `marker`, `other`."""
    flagged: bool = False
    salvage: bool = False
    """The part of an unreadable file that could be read."""
    session: UUID | None = None
    bay: str = ""
    docked_at: datetime | None = None
    sha256: Sha256Hex | None = None
    """None only in a draft."""
    recorded_at: datetime | None = None
    recorded_source: str = ""
    recorded_until: datetime | None = None
    """When the recording ended, where its container tells its length."""
    staged_at: datetime | None = None
    """None only in a draft."""

    @property
    def path(self) -> bytes:
        """Raises ValueError when it is not base64."""
        return b64decode(self.path_b64, validate=True)


def encode_path(path: bytes) -> str:
    return b64encode(path).decode()


def encode_sidecar(sidecar: Sidecar) -> bytes:
    return msgspec.json.encode(sidecar)


def complete_sidecar(
    draft: bytes,
    *,
    sha256: str,
    size: int,
    staged_at: datetime,
    recorded_at: datetime | None = None,
    recorded_source: str = "",
    recorded_until: datetime | None = None,
    salvage: bool = False,
) -> bytes:
    """The draft with what the copying found out, ready to be stored.

    Raises:
        ValueError: the draft is not a sidecar.
    """
    sidecar: Sidecar = msgspec.json.decode(draft, type=Sidecar)
    sidecar.sha256, sidecar.size, sidecar.staged_at = sha256, size, staged_at
    sidecar.recorded_at, sidecar.recorded_source = recorded_at, recorded_source
    sidecar.recorded_until = recorded_until
    sidecar.salvage = salvage or sidecar.salvage
    return encode_sidecar(sidecar)


def decode_sidecar(content: bytes) -> Sidecar:
    """A completed sidecar.

    Raises:
        ValueError: it is not JSON, lacks a field, or is a draft only.
    """
    sidecar: Sidecar = msgspec.json.decode(content, type=Sidecar)
    if sidecar.sha256 is None or sidecar.staged_at is None:
        raise ValueError("the sidecar is a draft: its copy was never completed")
    if not sidecar.path:
        raise ValueError("the sidecar names no path")
    return sidecar
