"""A PATCH whose body can stop half-way: what requests will not do."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from tests.central.station_client import STREAM, StationClient


class RawPatch:
    """Sends the head of a PATCH and then only as many bytes as asked."""

    def __init__(self, station: StationClient, location: str, offset: int, length: int, **headers: str) -> None:
        where = urlsplit(station.url)
        self.socket = socket.create_connection((where.hostname, where.port), timeout=20)
        station.to_close.append(self.socket)
        told = {
            "Host": where.netloc,
            "Authorization": str(station.http.headers["Authorization"]),
            "Tus-Resumable": "1.0.0",
            "Content-Type": STREAM,
            "Upload-Offset": str(offset),
            "Content-Length": str(length),
            **headers,
        }
        lines = [f"PATCH {location} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()), "", ""]
        self.socket.sendall("\r\n".join(lines).encode())

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def status(self) -> int:
        """The status of the answer."""
        return int(self.socket.recv(4096).split(b" ", 2)[1])

    def hang_up(self) -> None:
        self.socket.close()

    def reset(self) -> None:
        """Close with RST instead of FIN, as a yanked cable's NAT would."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.socket.close()
