"""A proxy between station and central that is as bad as a network, a middlebox or an impostor can be.

Bytes suffer what `link` says. A request may be answered by `intercept` instead of central: at once, while its body is
still on the way, or after the body was taken. With `tls` the station speaks TLS to the proxy; central never does.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from weakref import WeakSet

from simulator.network.http_messages import RequestHead, read_head
from simulator.network.link import Link

LOOK_AGAIN_S = 0.01
LONGEST_HEAD = 16384
RECEIVE_BUFFER = 128 * 1024


class Then(StrEnum):
    """What the proxy does with the connection once it has answered in central's place."""

    READ_ON = "read_on"
    """Takes the rest of the body and the next request."""
    CLOSE = "close"
    """Closes at once; with body bytes unread the kernel makes that a reset."""
    IGNORE = "ignore"
    """Reads no more and keeps the connection open."""


@dataclass(frozen=True)
class Reply:
    """An answer in central's place."""

    raw: bytes
    after_body: bool = False
    """Take the whole body first, as an honest server would."""
    then: Then = Then.READ_ON


Intercept = Callable[[RequestHead], Reply | None]
"""Called for each request; None lets it through to central."""


class FaultProxy:
    """Listens on a free port of this machine from its making until `close`. Every attribute may be set any time."""

    def __init__(self, host: str, port: int, *, tls: ssl.SSLContext | None = None, listen: int = 0) -> None:
        self.link = Link()
        self.intercept: Intercept = lambda _: None
        self.requests: list[RequestHead] = []
        """Every request that came, answered by whomever."""
        self.target = (host, port)
        self.writers: WeakSet[asyncio.StreamWriter] = WeakSet()
        """Every connection, either side."""
        self._tls = tls
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Small, so that a body is still on its way when it is answered early: the kernel would swallow megabytes.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self._listener.bind(("127.0.0.1", listen))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fault-proxy", daemon=True)
        ready = threading.Event()
        self._loop.call_soon(ready.set)
        self._listener.listen(128)
        self._thread.start()
        ready.wait(10)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def seen(self, method: str) -> list[RequestHead]:
        return [request for request in list(self.requests) if request.method == method]

    def heal(self) -> None:
        """From now on an honest proxy on a healthy link."""
        self.link.heal()
        self.intercept = lambda _: None

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
        self._listener.close()

    def __enter__(self) -> FaultProxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the loop's own thread ------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda *_: None)  # connections that we broke complain
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, sock=self._listener, ssl=self._tls, limit=LONGEST_HEAD)
        )
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._end_all())
        self._loop.close()

    async def _end_all(self) -> None:
        tasks = asyncio.all_tasks(self._loop) - {asyncio.current_task(self._loop)}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in self.writers:
            writer.transport.abort()
        await asyncio.sleep(LOOK_AGAIN_S)  # an aborted transport closes its socket in the rounds after

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        await _Passage(self, reader, writer).carry()


class _Passage:
    """One connection of a station, and its counterpart at central."""

    def __init__(self, proxy: FaultProxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._link = proxy.link
        self._reader = reader
        self._writer = writer
        self._central: asyncio.StreamWriter | None = None
        self._answers: asyncio.StreamReader
        self._is_deaf = False
        self._is_broken = False
        """The link broke it, rather than either side ending it in good order."""

    async def carry(self) -> None:
        """Until either side, or the link, ends it."""
        up = asyncio.ensure_future(self._up())
        watch = asyncio.ensure_future(self._watch())
        down: asyncio.Future[None] | None = None
        try:
            await self._open()
            if self._central is not None:
                down = asyncio.ensure_future(self._down())
            parts = [part for part in (up, down, watch) if part is not None]
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass
        finally:
            for part in (up, down, watch):
                if part is not None:
                    part.cancel()
            for writer in (self._writer, self._central):
                if writer is not None:
                    _break(writer) if self._is_broken else writer.close()

    async def _open(self) -> None:
        self._answers, self._central = await asyncio.open_connection(*self._proxy.target)
        self._proxy.writers.add(self._central)

    async def _watch(self) -> None:
        """Ends, and the connection with it, as soon as the link is away or is cut."""
        cuts = self._link.cuts
        while not self._link.away and self._link.cuts == cuts:
            await asyncio.sleep(LOOK_AGAIN_S)
        self._is_broken = True

    async def _up(self) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            while True:
                head = await self._reader.readuntil(b"\r\n\r\n")
                request = read_head(head[:-4], time.monotonic())
                self._proxy.requests.append(request)
                reply = self._proxy.intercept(request)
                if reply is None:
                    await self._forward(head, request.length)
                elif not await self._answer(reply, request.length):
                    return

    async def _forward(self, head: bytes, length: int) -> None:
        await asyncio.sleep(self._link.latency_s)  # the body follows its head closely
        await self._send_up(head)
        while length:
            data = await self._reader.read(min(self._link.piece(), length))
            if not data:
                raise ConnectionResetError
            length -= len(data)
            await self._send_up(data)

    async def _send_up(self, data: bytes) -> None:
        link = self._link
        await self._while_black_hole()
        await link.admit(len(data))
        await self._while_black_hole()
        if link.is_cut_by(len(data)):
            self._is_broken = True
            raise ConnectionResetError
        while self._central is None:
            await asyncio.sleep(LOOK_AGAIN_S)
        if link.closes_half("half_close_after", len(data)):
            self._central.write_eof()
            self._is_deaf = True
        if link.closes_half("hang_up_after", len(data)):
            self._writer.write_eof()
            self._is_deaf = True
        if not self._is_deaf:
            self._central.write(data)
            await self._central.drain()

    async def _answer(self, reply: Reply, length: int) -> bool:
        """Answer in central's place; whether another request may come on this connection."""
        if reply.after_body:
            await self._take(length)
        self._writer.write(reply.raw)
        await self._writer.drain()
        if reply.then is Then.IGNORE:
            await asyncio.Event().wait()
        if reply.then is Then.READ_ON and not reply.after_body:
            await self._take(length)
        return reply.then is Then.READ_ON

    async def _take(self, length: int) -> None:
        while length and (data := await self._reader.read(min(65536, length))):
            length -= len(data)

    async def _down(self) -> None:
        link = self._link
        with contextlib.suppress(OSError):
            while data := await self._answers.read(65536):
                await self._while_black_hole()
                if link.swallow_answer:
                    link.swallow_answer, self._is_broken = False, True
                    return
                await asyncio.sleep(link.latency_s)
                self._writer.write(data)
                await self._writer.drain()

    async def _while_black_hole(self) -> None:
        while self._link.black_hole:
            await asyncio.sleep(LOOK_AGAIN_S)


def _break(writer: asyncio.StreamWriter) -> None:
    """Reset, so that nobody takes it for an orderly end."""
    if not writer.transport.is_closing():
        with contextlib.suppress(OSError):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
