"""A real mail server on a free port of this machine that keeps what it takes and says no as a test plans."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Plan = Callable[[str], str | None]
"""The address of one recipient in, the answer out; None: as usual. `hang up` and `stall` are no answers but deeds."""


def as_usual(_: str) -> None:
    return None


@dataclass
class PostOffice:
    """Listens between `open` and `close`. What is asked at each step is answered by a plan."""

    at_mail: Plan = as_usual
    at_rcpt: Plan = as_usual
    at_data: Plan = as_usual
    """Asked when the content is here: `hang up` after it was kept is the unknown outcome."""
    leaves_after: int = 0
    """So many letters per connection, then it parts at the next MAIL with 421. 0: never."""
    passwords: dict[str, str] = field(default_factory=dict)
    """Who may sign in. Empty: nobody need."""
    certificate: Path | None = None
    """With its key in one PEM file."""
    tls_at_once: bool = False
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    connections: int = 0
    resets: int = 0
    port: int = 0

    def open(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="post office", daemon=True)
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> int:
        context = self._context()
        self._server = await self._loop.create_server(
            lambda: self._session(context), "127.0.0.1", 0, ssl=context if self.tls_at_once else None
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)
        self._loop.stop()

    def _session(self, context: ssl.SSLContext | None) -> SMTP:
        self.connections += 1
        starttls = context is not None and not self.tls_at_once
        return SMTP(
            _Clerk(self),
            loop=self._loop,
            hostname="post.example",
            tls_context=context if starttls else None,
            require_starttls=starttls,
            authenticator=self._authenticate if self.passwords else None,
            auth_required=bool(self.passwords),
            auth_require_tls=False,
        )

    def _context(self) -> ssl.SSLContext | None:
        if self.certificate is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        return context

    def _authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, said: Any) -> AuthResult:
        assert isinstance(said, LoginPassword)
        right = self.passwords.get(said.login.decode()) == said.password.decode()
        return AuthResult(success=right, handled=False)


class _Clerk:
    """What aiosmtpd asks at each step."""

    def __init__(self, office: PostOffice) -> None:
        self._office = office
        self._letters = 0

    async def handle_MAIL(self, server: Any, _s: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        if self._office.leaves_after and self._letters >= self._office.leaves_after:
            return "421 4.7.0 enough for one connection"
        return await self._play(server, self._office.at_mail(address)) or "250 ok"

    async def handle_RCPT(self, server: Any, _s: Any, envelope: Any, address: str, _options: list[str]) -> str:  # noqa: N802
        answer = await self._play(server, self._office.at_rcpt(address))
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 ok"

    async def handle_RSET(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        self._office.resets += 1
        return "250 forgotten"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        [to] = envelope.rcpt_tos
        plan = self._office.at_data(to)
        if plan is None or plan == "hang up":
            mail = message_from_bytes(envelope.content.replace(b"\r\n", b"\n"), policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self._office.taken.append((to, mail))
            self._letters += 1
        return await self._play(server, plan) or "250 kept"

    async def _play(self, server: Any, plan: str | None) -> str | None:
        if plan == "hang up":
            server.transport.abort()
            return "250 nobody hears this"
        if plan == "stall":
            await asyncio.sleep(60)
        return plan


def certificate_for(host: str, folder: Path) -> Path:
    """A self-made certificate and its key in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    try:
        known_as: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        known_as = x509.DNSName(host)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([known_as]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
