"""Our own central, seen from outside: enrolled once by plain HTTP, killed and started at one address."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import requests

from agent import __version__
from tests.central_server import CentralServer
from tests.conformance.server import file_beginning, file_with


class OurCentral:
    """Implements Server."""

    name = "our central"

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "data"
        self.headers: dict[str, str] = {}
        self._central = CentralServer(self.folder)
        self._listen = "127.0.0.1:0"

    def start(self) -> None:
        if not self.folder.exists():
            self._central.init()
        self._central.start(self._listen)
        self._listen = urlsplit(self._central.url).netloc
        if not self.headers:
            self._enroll()

    def kill(self) -> None:
        self._central.kill()

    def version(self) -> str:
        return __version__

    def creation_url(self, key: UUID) -> str:
        return f"{self._central.url}/api/v1/uploads"

    def holds(self, url: str, data: bytes) -> bool:
        return file_with(self.folder, data)

    def part_of(self, data: bytes) -> Path | None:
        return file_beginning(self.folder, data)

    def _enroll(self) -> None:
        code = self._central.add_station("conformance")
        request = {"code": code, "public_key": base64.b64encode(bytes(32)).decode()}
        answer = requests.post(f"{self._central.url}/api/v1/enroll", json=request, timeout=30)
        assert answer.status_code == 200, answer.text
        self.headers["Authorization"] = f"Bearer {answer.json()['credential']}"
