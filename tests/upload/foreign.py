"""Tus servers that other people wrote, each in a process of its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
READY_WITHIN_S = 60.0

RESUMABLE_UPLOAD = """
import sys
from http.server import ThreadingHTTPServer
from resumable_upload import SQLiteStorage, TusServer
from resumable_upload.server.http_handler import TusHTTPRequestHandler
folder, port = sys.argv[1], int(sys.argv[2])
storage = SQLiteStorage(db_path=f"{folder}/uploads.db", upload_dir=folder)
TusHTTPRequestHandler.tus_server = TusServer(
    storage=storage, base_path="/files", checksum_algorithms=("sha1", "sha256")
)
server = ThreadingHTTPServer(("127.0.0.1", port), TusHTTPRequestHandler)
print("READY", server.server_address[1], flush=True)
server.serve_forever()
"""

TUSPYSERVER = """
import socket, sys
import uvicorn
from fastapi import FastAPI
from tuspyserver import create_tus_router
folder, port = sys.argv[1], int(sys.argv[2])
app = FastAPI()
app.include_router(create_tus_router(prefix="files", files_dir=folder))
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen(64)
print("READY", listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listener])
"""


class ForeignServer:
    """One server process over `folder`; `kill` and `start` again as you like: it keeps its port."""

    endpoint = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._process: subprocess.Popen[str] | None = None
        self._port = 0

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline().split()
        assert line[:1] == ["READY"], f"{type(self).__name__} did not start"
        self._port = int(line[1])
        self.endpoint = f"http://127.0.0.1:{self._port}/files"

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def stored(self) -> list[bytes]:
        """The content of every finished or unfinished upload."""
        raise NotImplementedError

    def _command(self) -> list[str]:
        raise NotImplementedError

    def __enter__(self) -> ForeignServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


class TusNode(ForeignServer):
    """`@tus/server` with its file store."""

    def _command(self) -> list[str]:
        parts = ROOT / ".parts"
        return ["node", str(HERE / "tus-server.mjs"), str(parts), str(self.folder), str(self._port)]

    def stored(self) -> list[bytes]:
        return [path.read_bytes() for path in self.folder.iterdir() if path.suffix != ".json"]


class ResumableUpload(ForeignServer):
    """`resumable-upload`: every extension, checks checksums."""

    def _command(self) -> list[str]:
        return [sys.executable, "-c", RESUMABLE_UPLOAD, str(self.folder), str(self._port)]

    def stored(self) -> list[bytes]:
        return [path.read_bytes() for path in self.folder.rglob("*") if path.is_file() and ".db" not in path.name]


class TusPyServer(ForeignServer):
    """`tuspyserver`, a router for FastAPI, in a virtual environment of its own."""

    def _command(self) -> list[str]:
        python = ROOT / ".parts/conformance/bin/python"
        return [str(python), "-c", TUSPYSERVER, str(self.folder), str(self._port)]


class SeaweedFs(ForeignServer):
    """The filer of SeaweedFS, whose tus door is at `/.tus/`."""

    with_s3 = False
    """Whether its S3 door opens as well, at `s3`, for anybody."""
    _ports: tuple[tuple[int, int], ...] = ()

    def start(self) -> None:
        weed = shutil.which("weed") or str(ROOT / ".venv/bin/weed")
        self._ports = self._ports or tuple(_free_port() for _ in range(4))
        master, volume, filer, s3 = self._ports
        self._process = subprocess.Popen(
            [
                weed,
                "server",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                f"-dir={self.folder}",
                f"-master.port={master[0]}",
                f"-master.port.grpc={master[1]}",
                f"-volume.port={volume[0]}",
                f"-volume.port.grpc={volume[1]}",
                "-filer",
                f"-filer.port={filer[0]}",
                f"-filer.port.grpc={filer[1]}",
                *([f"-s3.port={s3[0]}", f"-s3.port.grpc={s3[1]}", "-s3"] if self.with_s3 else []),
                "-master.telemetry=false",
                f"-volume.max={40 if self.with_s3 else 4}",  # each bucket takes volumes of its own
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.base = f"http://127.0.0.1:{filer[0]}"
        self.endpoint = f"{self.base}/.tus/footage/"
        self.s3 = f"http://127.0.0.1:{s3[0]}"
        _wait_until(lambda: _is_up(f"{self.base}/"))

    def read(self, path: str) -> bytes:
        return requests.get(f"{self.base}{path}", timeout=20).content


def _free_port() -> tuple[int, int]:
    """Two ports that were free a moment ago."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _is_up(url: str) -> bool:
    try:
        requests.get(url, timeout=2).close()
    except requests.RequestException:
        return False
    return True


def _wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while not is_so():
        assert time.monotonic() < until, "the server did not come up"
        time.sleep(0.1)
