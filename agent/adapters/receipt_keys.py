"""The keys that central signs receipts with, pinned at enrolment. Nothing else makes a receipt believable."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agent.errors import NeedsOperator
from agent.ports import SignedStatement
from protocol.messages import ReceiptKey


class PinnedKeys:
    """Implements ReceiptKeys. A key id names one key; an unknown id is never believed."""

    def __init__(self, keys: Iterable[ReceiptKey]) -> None:
        """Raises:
        NeedsOperator: one of them is no Ed25519 key.
        """
        self._keys = {key.key_id: _public_key(key) for key in keys}

    def is_signed(self, statement: SignedStatement) -> bool:
        """See ReceiptKeys."""
        key = self._keys.get(statement.key_id)
        if key is None:
            return False
        try:
            key.verify(statement.signature, statement.content)
        except InvalidSignature:
            return False
        return True


def _public_key(key: ReceiptKey) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(b64decode(key.public_key, validate=True))
    except (binascii.Error, ValueError) as error:
        raise NeedsOperator(
            f"The pinned receipt key {key.key_id!r} is no Ed25519 key: {error}.",
            code="receipt_key_invalid",
            hint="No receipt is believed and nothing is erased until the station is enrolled again.",
        ) from error
