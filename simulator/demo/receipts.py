"""Is this a receipt for exactly these bytes? Checked with the pinned key alone, by none of the agent's code."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from simulator.demo.ledgers import KeptReceipt

PinnedKeys = Mapping[str, Ed25519PublicKey]


def pinned_keys(credential: Path) -> PinnedKeys:
    """The keys that a station pinned when it enrolled, by their id."""
    keys = json.loads(credential.read_bytes())["receipt_keys"]
    return {key["key_id"]: Ed25519PublicKey.from_public_bytes(b64decode(key["public_key"])) for key in keys}


def objection_to(receipt: KeptReceipt, keys: PinnedKeys, sha256: str, size: int) -> str:
    """Why it is no receipt for a file of this digest and size (bytes); empty when it is one."""
    if receipt.key_id not in keys:
        return f"signed with {receipt.key_id}, a key that was never pinned"
    try:
        keys[receipt.key_id].verify(receipt.signature, receipt.content)
    except InvalidSignature:
        return "its signature is not good"
    stated = json.loads(receipt.content)
    if (stated["sha256"], stated["size"]) != (sha256, size):
        return f"it is for other bytes ({stated['sha256'][:12]}…, {stated['size']} bytes)"
    return ""
