"""Only what a pinned key signed, under its own name, is believed."""

from __future__ import annotations

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from agent.adapters.receipt_keys import PinnedKeys
from agent.errors import NeedsOperator
from agent.ports import SignedStatement
from protocol.messages import ReceiptKey

CONTENT = b'{"sha256":"..."}'
OLD, NEW, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2, 3))


def named(key_id: str, key: Ed25519PrivateKey) -> ReceiptKey:
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return ReceiptKey(key_id=key_id, public_key=b64encode(raw).decode())


KEYS = PinnedKeys([named("old", OLD), named("new", NEW)])


@pytest.mark.parametrize(("key_id", "key"), [("old", OLD), ("new", NEW)])
def test_each_pinned_key_is_believed_under_its_own_name(key_id: str, key: Ed25519PrivateKey) -> None:
    assert KEYS.is_signed(SignedStatement(CONTENT, key.sign(CONTENT), key_id)) is True


@pytest.mark.parametrize(
    ("key_id", "key"), [("new", OLD), ("old", NEW), ("old", STRANGER), ("unknown", OLD), ("", OLD)]
)
def test_a_signature_under_another_name_or_of_another_key_is_not_believed(
    key_id: str, key: Ed25519PrivateKey
) -> None:
    assert KEYS.is_signed(SignedStatement(CONTENT, key.sign(CONTENT), key_id)) is False


def test_one_changed_bit_of_content_or_signature_is_not_believed() -> None:
    signature = OLD.sign(CONTENT)
    assert KEYS.is_signed(SignedStatement(CONTENT + b" ", signature, "old")) is False
    for place in (0, 31, 32, 63):
        forged = bytearray(signature)
        forged[place] ^= 1
        assert KEYS.is_signed(SignedStatement(CONTENT, bytes(forged), "old")) is False


@pytest.mark.parametrize("signature", [b"", b"short", bytes(64), bytes(65)], ids=len)
def test_a_signature_of_another_length_is_not_believed(signature: bytes) -> None:
    assert KEYS.is_signed(SignedStatement(CONTENT, signature, "old")) is False


def test_a_station_without_keys_believes_nothing() -> None:
    assert PinnedKeys([]).is_signed(SignedStatement(CONTENT, OLD.sign(CONTENT), "old")) is False


@pytest.mark.parametrize("text", ["", "no base64!", "AAAA", "A" * 42 + "=A", named("x", OLD).public_key + "\n"])
def test_what_is_no_key_is_said_at_once_and_by_name(text: str) -> None:
    with pytest.raises(NeedsOperator, match=r"^The pinned receipt key 'k7' is no Ed25519 key: ") as raised:
        PinnedKeys([named("old", OLD), ReceiptKey(key_id="k7", public_key=text)])
    assert raised.value.code == "receipt_key_invalid"
    assert raised.value.hint == ("No receipt is believed and nothing is erased until the station is enrolled again.")
