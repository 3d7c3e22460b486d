from __future__ import annotations

import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from agent.adapters.http_session import Body, HttpSession
from agent.errors import RetryLater
from tests.upload.liar import Liar, Request, answer

MIB = 1 << 20


def _certificate(path: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 that is its own CA, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, path.name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path.with_suffix(".pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    path.with_suffix(".key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    return path.with_suffix(".pem"), path.with_suffix(".key")


@pytest.fixture
def ours(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    certificate, key = _certificate(tmp_path / "ours")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


def _zeros(size: int) -> Body:
    left = size

    def read(wanted: int) -> bytes:
        nonlocal left
        block = bytes(min(wanted, left))
        left -= len(block)
        return block

    return Body(size, read)


def test_a_sites_own_ca_is_trusted_whatever_the_environment_says(
    ours: tuple[Path, ssl.SSLContext], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, _ = _certificate(tmp_path / "other")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(other))
    with Liar(lambda request: answer(200, str(len(request.body())).encode()), tls=ours[1]) as liar:
        http = HttpSession(liar.url, verify=str(ours[0]))
        for _ in range(2):
            assert http.request("PATCH", liar.url, body=_zeros(5 * MIB)).body == str(5 * MIB).encode()
        assert liar.connections == 1


@pytest.mark.parametrize("trusts", ["the_system", "another_ca"])
def test_a_certificate_we_do_not_trust_is_a_trouble_of_its_own(
    ours: tuple[Path, ssl.SSLContext], tmp_path: Path, trusts: str
) -> None:
    verify = True if trusts == "the_system" else str(_certificate(tmp_path / "other")[0])
    with Liar(lambda _: answer(200), tls=ours[1]) as liar, pytest.raises(RetryLater, match="ca_file") as raised:
        HttpSession(liar.url, verify=verify).request("GET", liar.url)
    assert raised.value.code == "tls"
    assert liar.requests == []


@pytest.mark.parametrize("refuses", [False, True])
def test_silence_under_tls_ends_after_the_stall_limit_and_an_early_refusal_is_read(
    ours: tuple[Path, ssl.SSLContext], refuses: bool
) -> None:
    gone = threading.Event()

    def silent(request: Request) -> None:
        if refuses:
            request.connection.sendall(answer(413))
        gone.wait(20)

    with Liar(silent, receive_buffer=8192, tls=ours[1]) as liar:
        http = HttpSession(liar.url, verify=str(ours[0]), stall_s=0.8)
        started = time.monotonic()
        if refuses:
            assert http.request("PATCH", liar.url, body=_zeros(64 * MIB)).status == 413
        else:
            with pytest.raises(RetryLater) as raised:
                http.request("PATCH", liar.url, body=_zeros(64 * MIB))
            assert raised.value.code == "stalled"
        gone.set()
    assert 0.5 < time.monotonic() - started < 6
