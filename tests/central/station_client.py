"""A station as small as can be: what the tests say to central over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import socket
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from protocol import events, messages
from protocol.chain import GENESIS, event_hash

STREAM = "application/offset+octet-stream"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def clock_at(wall: datetime = NOON) -> messages.ClockReading:
    return messages.ClockReading(wall=wall, monotonic_ns=1, boot_id="boot-1")


@dataclass
class Chain:
    """One ledger, growing."""

    ledger_uuid: uuid.UUID = field(default_factory=uuid.uuid4)
    number: int = 0
    head: bytes = GENESIS

    def add(self, event: events.Event | str) -> messages.EventEnvelope:
        body = event if isinstance(event, str) else events.encode_body(event)
        previous, self.number = self.head, self.number + 1
        self.head = event_hash(self.ledger_uuid, self.number, previous, body.encode())
        return messages.EventEnvelope(
            ledger_uuid=self.ledger_uuid, number=self.number, previous_hash=previous.hex(), body=body
        )


class StationClient:
    """Speaks for one station."""

    def __init__(self, url: str, code: str) -> None:
        self.url = url
        self.to_close: list[socket.socket] = []
        self.http = requests.Session()
        self.http.trust_env = False
        answer = self.http.post(
            f"{url}/api/v1/enroll", data=messages.encode(messages.EnrollRequest(code=code, public_key=b64(bytes(32))))
        )
        assert answer.status_code == 200, answer.text
        self.enrolled = msgspec.json.decode(answer.content, type=messages.EnrollAnswer)
        self.http.headers["Authorization"] = f"Bearer {self.enrolled.credential}"
        self.http.headers["Tus-Resumable"] = "1.0.0"

    def close(self) -> None:
        self.http.close()
        for one in self.to_close:
            one.close()

    def call(self, method: str, path: str, message: messages.Message | None = None, **more: Any) -> requests.Response:
        data = None if message is None else messages.encode(message)
        return self.http.request(method, f"{self.url}/api/v1{path}", data=data, timeout=30, **more)

    def send_events(self, *envelopes: messages.EventEnvelope) -> requests.Response:
        return self.call("POST", "/events", messages.EventBatch(events=list(envelopes)))

    def create(
        self,
        asset_id: uuid.UUID,
        length: int,
        *,
        body: bytes | None = None,
        camera: str = "C1",
        path: bytes = b"a.mp4",
        attempt: int = 1,
    ) -> requests.Response:
        told = {
            "asset_id": str(asset_id).encode(),
            "camera": camera.encode(),
            "path": path,
            "attempt": str(attempt).encode(),
        }
        headers = {
            "Idempotency-Key": str(asset_id),
            "Upload-Length": str(length),
            "Upload-Metadata": ",".join(f"{key} {b64(value)}" for key, value in told.items()),
        }
        if body is not None:
            headers["Content-Type"] = STREAM
        return self.http.post(f"{self.url}/api/v1/uploads", data=body, headers=headers, timeout=30)

    def patch(self, location: str, offset: int, data: bytes, **headers: str) -> requests.Response:
        told = {"Content-Type": STREAM, "Upload-Offset": str(offset), **headers}
        return self.http.patch(self.url + location, data=data, headers=told, timeout=60)

    def head(self, location: str) -> requests.Response:
        return self.http.head(self.url + location, timeout=30)

    def verify(self, asset_id: uuid.UUID, digest: str, size: int) -> requests.Response:
        """Ask until central is done hashing."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            wanted = messages.VerifyRequest(sha256=digest, size=size)
            answer = self.call("POST", f"/assets/{asset_id}/verify", wanted)
            if answer.status_code != 202:
                return answer
        raise TimeoutError("central hashes for ever")

    def deliver(self, data: bytes, *, camera: str = "C1", path: bytes = b"a.mp4") -> uuid.UUID:
        """Upload a whole asset and return its id; not verified yet."""
        asset_id = uuid.uuid4()
        answer = self.create(asset_id, len(data), body=data, camera=camera, path=path)
        assert answer.status_code == 201, answer.text
        assert answer.headers["Upload-Offset"] == str(len(data))
        return asset_id

    def receipt_of(self, answer: requests.Response) -> messages.ReceiptContent:
        """The content of a receipt whose signature holds under the key that was pinned at enrolment."""
        signed = msgspec.json.decode(answer.content, type=messages.SignedReceipt)
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(self.enrolled.receipt_key.public_key))
        key.verify(base64.b64decode(signed.signature), signed.receipt.encode())
        return msgspec.json.decode(signed.receipt, type=messages.ReceiptContent)
