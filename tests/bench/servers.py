"""The servers that uploads go to, each in processes of its own whose CPU can be told."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agent.adapters.central_api import enroll
from agent.adapters.http_session import HttpSession
from protocol.messages import EnrollAnswer
from simulator.network.certificates import new_authority
from tests.bench.processes_cpu import cpu_of_tree
from tests.central_server import CentralServer
from tests.upload.foreign import SeaweedFs, TusNode
from tests.upload.station import STATION


@dataclass(frozen=True, slots=True)
class Door:
    """Where tus uploads are made."""

    name: str
    url: str
    """Central's base URL, or a foreign server's tus endpoint."""
    pid: int
    enrolled: EnrollAnswer | None = None
    ca_file: Path | None = None

    def cpu_s(self) -> float:
        """What the server's processes have used so far."""
        return cpu_of_tree(self.pid)


@contextmanager
def our_central(folder: Path) -> Iterator[tuple[CentralServer, Door]]:
    with CentralServer(folder / "central") as central:
        central.init()
        code = central.add_station(STATION)
        central.start()
        enrolled = enroll(HttpSession(central.url), central.url, code, os.urandom(32))
        assert central.process is not None
        yield central, Door("our central", central.url, central.process.pid, enrolled)


@contextmanager
def tus_node(folder: Path) -> Iterator[Door]:
    with TusNode(folder / "tus-node") as server:
        assert server._process is not None
        yield Door("@tus/server", server.endpoint, server._process.pid)


@contextmanager
def seaweed(folder: Path) -> Iterator[tuple[SeaweedFs, Door]]:
    server = SeaweedFs(folder / "weed")
    server.with_s3 = True
    with server:
        assert server._process is not None
        yield server, Door("SeaweedFS", server.endpoint, server._process.pid)


NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; client_max_body_size 0;
  server {{
    listen 127.0.0.1:{port} ssl; ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    location / {{
      proxy_pass {backend}; proxy_request_buffering off; proxy_buffering off; proxy_http_version 1.1;
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto https; proxy_read_timeout 600s;
    }}
  }}
}}
"""


@contextmanager
def tls_front(folder: Path, backend: Door) -> Iterator[Door]:
    """nginx with TLS before another server, as docs/network.md has it."""
    folder.mkdir()
    authority = new_authority(folder, "bench-ca")
    key, certificate = authority.pair("127.0.0.1")
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    (folder / "key.pem").write_bytes(private)
    (folder / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    port = _free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, backend=backend.url))
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen(
        [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL
    )
    url = f"https://127.0.0.1:{port}"
    try:
        _wait_for(url, authority.file)
        yield Door(f"{backend.name} behind nginx with TLS", url, backend.pid, backend.enrolled, authority.file)
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(url: str, ca_file: Path) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            requests.get(f"{url}/healthz", verify=str(ca_file), timeout=5).close()
        except requests.RequestException:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
