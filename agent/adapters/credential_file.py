"""What enrolment left on this PC: the credential, the pinned receipt key, and the PC's own key pair."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from agent.adapters.file_calls import KERNEL, FileCalls, make_folder, sync_folder
from agent.errors import NeedsOperator
from protocol.messages import EnrollAnswer, ReceiptKey


class Credential(msgspec.Struct, kw_only=True):
    """Kept readable by the agent alone."""

    station: str
    central_url: str
    token: str
    receipt_keys: list[ReceiptKey]
    enrolled_at: str
    replaces: bool = False
    """This PC took the place of an older one."""


def read(path: Path) -> Credential:
    """Raises NeedsOperator: this PC is not enrolled, or the file cannot be used."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Credential)
    except FileNotFoundError:
        raise NeedsOperator(
            f"This station is not enrolled: {path} does not exist.",
            code="not_enrolled",
            hint="Run `dock-central station add ID` at central, then `dock-agent enroll` here with its code.",
        ) from None
    except (OSError, msgspec.DecodeError) as error:
        raise NeedsOperator(
            f"The credential {path} cannot be used: {error}.",
            code="credential_invalid",
            hint="Enroll again with a new code (`dock-central station replace ID`). Footage stays where it is.",
        ) from error


def write(path: Path, central_url: str, answer: EnrollAnswer) -> None:
    """Durably: a power cut after enrolment must not cost the one-time code."""
    credential = Credential(
        station=answer.station,
        central_url=central_url,
        token=answer.credential,
        receipt_keys=[answer.receipt_key],
        enrolled_at=answer.server_time.isoformat(),
        replaces=answer.replaces,
    )
    write_private(path, msgspec.json.format(msgspec.json.encode(credential), indent=2))


def own_public_key(folder: Path) -> bytes:
    """The 32 bytes of this PC's public key; the pair is made when there is none yet."""
    path = folder / "station.key"
    if path.exists():
        key = Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    else:
        key = Ed25519PrivateKey.generate()
        write_private(path, key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def write_private(path: Path, content: bytes, files: FileCalls = KERNEL) -> None:
    """Replace the file as a whole, durably: a power cut leaves the old one or the new one. Raises OSError."""
    make_folder(path.parent, 0o700, files)
    temporary = path.with_name(path.name + ".new")
    handle = files.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        while content:
            content = content[files.write(handle, content) :]
        files.fsync(handle)
    finally:
        files.close(handle)
    files.rename(temporary, path)
    sync_folder(path.parent, files)
