"""What a PC signs when it asks for a new credential. The same bytes on both sides."""

from __future__ import annotations

import hashlib


def digest_of(credential: str) -> str:
    """By which a credential is named: it never travels in a renewal itself."""
    return hashlib.sha256(credential.encode()).hexdigest()


def proof_of(station: str, old_sha256: str, new_sha256: str) -> bytes:
    """To be signed with the PC's own key. Who repeats it asks for the same once more, and gains nothing."""
    return "\n".join(("bwc-dock renew credential 1", station, old_sha256, new_sha256)).encode()
