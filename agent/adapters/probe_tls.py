"""Looks at the certificate that a server shows, whether or not it is trusted. Sends nothing over the connection."""

from __future__ import annotations

import socket
import ssl
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from agent.rules.diagnosis.network import CertificateFacts

WITHIN_S = 10.0
_WRONG_NAME = (62, 64)
"""X509_V_ERR_HOSTNAME_MISMATCH and IP_ADDRESS_MISMATCH."""


def certificate(host: str, port: int, trust: Path | None, *, within_s: float = WITHIN_S) -> CertificateFacts:
    """What `host` shows, judged with the CA file or folder `trust` (None: Python's own choice).

    Raises:
        OSError: no TLS connection came about.
    """
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
    if trust is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(*((None, str(trust)) if trust.is_dir() else (str(trust), None)))
    trusted, why, code = True, "", 0
    try:
        shown, sent = _shown(host, port, context, within_s)
    except ssl.SSLCertVerificationError as error:
        trusted, why, code = False, error.verify_message, error.verify_code
        shown, sent = _shown(host, port, _believing(), within_s)
    return _described(f"{host}:{port}", shown, sent, trusted, why, code)


def _believing() -> ssl.SSLContext:
    """Believes anybody: only to read the certificate, nothing is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _shown(host: str, port: int, context: ssl.SSLContext, within_s: float) -> tuple[bytes, int | None]:
    with (
        socket.create_connection((host, port), timeout=within_s) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        inner = getattr(secure, "_sslobj", None)  # the chain is public only from Python 3.13 on
        chain = getattr(inner, "get_unverified_chain", lambda: None)()
        return secure.getpeercert(binary_form=True) or b"", len(chain) if chain else None


def _described(host: str, shown: bytes, sent: int | None, trusted: bool, why: str, code: int) -> CertificateFacts:
    found = x509.load_der_x509_certificate(shown)
    return CertificateFacts(
        host=host,
        trusted=trusted,
        why_not=why,
        subject=_name(found.subject),
        issuer=_name(found.issuer),
        names=_names(found),
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
        self_signed=found.subject == found.issuer,
        sent=sent,
        name_matches=code not in _WRONG_NAME,
    )


def _name(name: x509.Name) -> str:
    """Common name and organisation."""
    oids = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
    words = [str(one.value) for oid in oids for one in name.get_attributes_for_oid(oid)]
    return ", ".join(words) or name.rfc4514_string()


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = found.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except x509.ExtensionNotFound:
        return ()
    value = extension.value
    if not isinstance(value, x509.SubjectAlternativeName):
        return ()
    addresses = value.get_values_for_type(x509.IPAddress)
    return (*value.get_values_for_type(x509.DNSName), *(str(ip_address(str(one))) for one in addresses))
