"""What enrolment left on this PC: the credential, the pinned receipt key, and the PC's own key pair."""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from agent.adapters.file_calls import KERNEL, FileCalls, make_folder, sync_folder
from agent.errors import NeedsOperator
from protocol.messages import EnrollAnswer, ReceiptKey

LARGEST = 64 * 1024


class Credential(msgspec.Struct, kw_only=True):
    """Kept readable by the agent alone."""

    station: str
    central_url: str
    token: str
    receipt_keys: list[ReceiptKey]
    enrolled_at: str
    replaces: bool = False
    """This PC took the place of an older one."""
    expires_at: datetime | None = None
    """As central said when it was made. None: it has no end."""
    next_token: str = ""
    """The one that is to take its place: made and kept before central is asked to take it."""


class CredentialFile:
    """Implements CredentialBook: the credential as it lies on the disk. What it says is durable when it returns."""

    def __init__(self, path: Path, key_folder: Path, files: FileCalls = KERNEL) -> None:
        """Raises NeedsOperator: see `read`."""
        self._path, self._key_folder, self._files = path, key_folder, files
        self.held = read(path, files)

    @property
    def token(self) -> str:
        return self.held.token

    @property
    def station(self) -> str:
        return self.held.station

    @property
    def expires_at(self) -> datetime | None:
        return self.held.expires_at

    @property
    def next_token(self) -> str:
        return self.held.next_token

    def intend(self) -> str:
        """See CredentialBook."""
        if not self.held.next_token:
            self._replace(msgspec.structs.replace(self.held, next_token=secrets.token_urlsafe(32)))
        return self.held.next_token

    def adopt(self, expires_at: datetime | None) -> None:
        """See CredentialBook."""
        new = self.held.next_token
        self._replace(msgspec.structs.replace(self.held, token=new, next_token="", expires_at=expires_at))

    def sign(self, content: bytes) -> bytes:
        """See CredentialBook."""
        path = self._key_folder / "station.key"
        try:
            return Ed25519PrivateKey.from_private_bytes(path.read_bytes()).sign(content)
        except (OSError, ValueError) as error:
            raise NeedsOperator(
                f"The key of this PC, {path}, cannot be used ({error}); the credential cannot be renewed with it.",
                code="credential_invalid",
                hint="Nothing was changed, and the credential works until its end. Enrol the station again.",
            ) from error

    def _replace(self, new: Credential) -> None:
        try:
            if read(self._path, self._files).token != self.held.token:
                raise NeedsOperator(
                    f"This PC was enrolled anew while it ran: {self._path} has another credential.",
                    code="credential_invalid",
                    hint="Restart the agent: it uses the new one then.",
                )
            write_private(self._path, _as_text(new), self._files)
        except OSError as error:
            raise NeedsOperator(
                f"The credential {self._path} cannot be renewed: {error}.",
                code="credential_invalid",
                hint="The old one goes on. Look at the disk and its rights.",
            ) from error
        self.held = new


def read(path: Path, files: FileCalls = KERNEL) -> Credential:
    """Raises NeedsOperator: this PC is not enrolled, or the file cannot be used."""
    try:
        return msgspec.json.decode(_content(path, files), type=Credential)
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
        expires_at=answer.credential_expires_at,
    )
    write_private(path, _as_text(credential))


def _as_text(credential: Credential) -> bytes:
    return msgspec.json.format(msgspec.json.encode(credential), indent=2)


def _content(path: Path, files: FileCalls) -> bytes:
    handle = files.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return files.pread(handle, LARGEST, 0)
    finally:
        files.close(handle)


def own_public_key(folder: Path) -> bytes:
    """The 32 bytes of this PC's public key; the pair is made when there is none yet."""
    return _own_key(folder).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _own_key(folder: Path) -> Ed25519PrivateKey:
    path = folder / "station.key"
    if path.exists():
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    key = Ed25519PrivateKey.generate()
    write_private(path, key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    return key


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
